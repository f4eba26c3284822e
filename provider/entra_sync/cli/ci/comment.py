"""``entra-sync comment``: what a reviewer of a pull request needs, as one comment."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from entra_sync.cli.output import FOUND

if TYPE_CHECKING:
    from entra_sync.cli.project.previewing import Previewed, Violation
    from entra_sync.impact.declared.file import LinkFile
    from entra_sync.impact.report.contract import ImpactReport

__all__ = ["MARKER", "marker", "register"]

MARKER = "<!-- entra-sync: {name} -->"
"""First line of the comment. By this line a later run finds the comment and replaces it."""

LONGEST = 65_000
"""Characters; GitHub takes 65,536, Azure DevOps 150,000, GitLab a million."""

FOR_IMPACT = 40_000
"""Characters of all links' reports; policies and Graph calls share the rest."""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(comment)


def comment(
    program: Annotated[Path, typer.Option(help="Directory of the Pulumi program.")] = Path(),
    stack: Annotated[str | None, typer.Option(help="Stack. Default: the selected stack.")] = None,
    policy_pack: Annotated[Path | None, typer.Option(help="Directory of a policy pack.")] = None,
    policy_config: Annotated[Path | None, typer.Option(help="Configuration of the policy pack.")] = None,
    output: Annotated[Path | None, typer.Option(help="File to write. Default: standard output.")] = None,
    people: Annotated[bool, typer.Option(help="Show names and addresses. This is personal data.")] = False,
) -> None:
    """Write preview, policy results and impact as one Markdown comment for a pull request. This changes nothing.

    Exit codes: 0 the change is allowed, 2 an error, 3 the preview, a policy or the limits refuse the change.
    """
    import tempfile

    from entra_sync.cli.output import writing
    from entra_sync.cli.project.previewing import left_in, preview_program

    if output is not None and output.is_file() and not output.is_symlink():
        # Where this run fails, nothing that lay there before is posted as its comment.
        output.unlink()
    with tempfile.TemporaryDirectory() as directory:
        previewed = preview_program(
            program, stack, Path(directory), policy_pack=policy_pack, policy_config=policy_config
        )
        reports = [_report(link, people=people) for link in left_in(Path(directory))]
        reports += [_report(link, people=people, goes=True) for link in previewed.removed]
    text = "\n".join([marker(program, stack), *_parts(previewed, reports)])
    if len(text) > LONGEST:
        text = text[: LONGEST - 40].rsplit("\n", 1)[0] + "\n\n_The rest is too long for a comment._"
    with writing(output, private=people) as file:
        print(text, file=file)
    if not previewed.succeeded or any(report["violations"] for report in reports):
        raise typer.Exit(FOUND)


def marker(program: Path, stack: str | None) -> str:
    """The first line: each stack of each program has a comment of its own."""
    name = program.as_posix() if program.name else program.resolve().name
    return MARKER.format(name=f"{name}, {stack}" if stack else name)


def _report(link: LinkFile, *, people: bool, goes: bool = False) -> ImpactReport:
    """The report of a link, or of the removal of one that *goes*."""
    from entra_sync.environment import Environment
    from entra_sync.graph.gateway import connect
    from entra_sync.impact.declared.read import read_declared
    from entra_sync.impact.reading.cache import configured
    from entra_sync.impact.report.data import Who, report
    from entra_sync.impact.report.licenses import licenses_of

    source = connect(link.source)
    cache = configured(link.source, link.target, Environment.read())
    declared = None if goes else link
    plan = read_declared(source, connect(link.target), link.service_principal_id, declared, cache=cache).plan()
    licensing = None if goes else licenses_of(source, link.target.cloud, plan, link.groups, people=people)
    return report(plan, link.limits, Who(people=people), licensing=licensing)


def _parts(previewed: Previewed, reports: Sequence[ImpactReport]) -> list[str]:
    """The comment's lines, most important first."""
    from entra_sync.base.rendering import render_steps
    from entra_sync.impact.report.markdown import markdown

    lines: list[str] = []
    for report in reports:
        lines += [markdown(report, FOR_IMPACT // len(reports)), ""]
    lines += [line for sentence in (*previewed.renamed, *previewed.unknown) for line in (f"**{sentence}.**", "")]
    if not reports and not previewed.unknown:
        lines += ["**The preview fails.**" if previewed.errors else "No link in this program.", ""]
    if previewed.errors:
        lines += ["**Error**: the preview fails, so `up` does nothing.", *_fenced("\n".join(previewed.errors)), ""]
    lines += _policies(previewed)
    if not previewed.errors:
        number = sum(len(step.calls) for step in previewed.steps)
        calls = _fenced(render_steps(previewed.steps, bodies=False).plain)
        lines += _folded(f"Graph calls that up will send ({number})", calls)
    return lines


def _policies(previewed: Previewed) -> list[str]:
    """Counts and the names of the mandatory rules that fail, then all that is said, folded."""
    if not previewed.passed and not previewed.violations:
        return []
    counts = [f"{len(previewed.passed)} passed"]
    for level in ("mandatory", "advisory"):
        rules = sorted({violation.rule for violation in previewed.violations if violation.level == level})
        names = f" ({', '.join(f'`{rule}`' for rule in rules)})" if level == "mandatory" else ""
        counts += [f"{len(rules)} {level} failed{names}"] if rules else []
    lines = [f"**Policies**: {', '.join(counts)}"]
    if previewed.violations:
        lines += _folded("What the policies say", _fenced("\n".join(map(_said, previewed.violations))))
    return lines


def _said(violation: Violation) -> str:
    return f"[{violation.level}] {violation.rule}, {violation.resource}\n{_indented(violation.message)}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


def _folded(title: str, lines: Sequence[str]) -> list[str]:
    return ["", "<details>", f"<summary>{title}</summary>", "", *lines, "", "</details>"]


def _fenced(text: str) -> list[str]:
    """Text as it stands, in a fence that nothing in it can end."""
    fence = "`" * max(3, max(map(len, re.findall("`+", text)), default=0) + 1)
    return [f"{fence}text", text, fence]
