"""``entra-sync impact``: which users a change of a link affects, for people, pull requests and automation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from entra_sync.cli.output import FOUND, INCOMPLETE, AsJson

if TYPE_CHECKING:
    from entra_sync.environment import Environment
    from entra_sync.impact.declared.file import LinkFile
    from entra_sync.impact.planning.plan import ImpactPlan
    from entra_sync.impact.reading.users import Reading
    from entra_sync.impact.report.contract import ImpactReport, Made
    from entra_sync.impact.report.data import Who
    from entra_sync.licensing.contract import LicenseFigures, UnknownFigures

__all__ = ["declared_links", "register"]

JSON = Any


class ReportFormat(StrEnum):
    """How a report is rendered."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    JSON = "json"
    HTML = "html"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(impact)


def impact(
    program: Annotated[
        Path | None,
        typer.Option(
            help="Directory of a Pulumi program. The command plans each of its links. Default: the current directory."
        ),
    ] = None,
    link: Annotated[list[Path] | None, typer.Option(help="File with a declared link. May be repeated.")] = None,
    stack: Annotated[str | None, typer.Option(help="Stack of the program. Default: the selected stack.")] = None,
    format: Annotated[ReportFormat, typer.Option(help="Format of the report.")] = ReportFormat.TERMINAL,
    as_json: AsJson = False,
    output: Annotated[Path | None, typer.Option(help="File to write. Default: standard output.")] = None,
    people: Annotated[bool, typer.Option(help="Show names, addresses and values. This is personal data.")] = False,
    redact: Annotated[bool, typer.Option(help="Replace object ids by hashes.")] = False,
    redact_key: Annotated[
        str, typer.Option(envvar="ENTRA_SYNC_REDACT_KEY", help="Key of the hashes. Default: a random key.")
    ] = "",
    destroy: Annotated[bool, typer.Option(help="Show what destroying the link would do.")] = False,
    save: Annotated[Path | None, typer.Option(help="Directory in which the data is saved, for --offline.")] = None,
    offline: Annotated[Path | None, typer.Option(help="Plan from the data of --save, without requests.")] = None,
    cache: Annotated[
        bool | None,
        typer.Option(help="Read only changes since the last run.", show_default="yes, or $ENTRA_SYNC_NO_CACHE"),
    ] = None,
    cache_dir: Annotated[
        Path | None,
        typer.Option(help="Directory of the cache. Only its owner can read it.", show_default="$ENTRA_SYNC_CACHE"),
    ] = None,
    cache_hours: Annotated[
        float | None,
        typer.Option(
            help="Hours before the cache is discarded and all data is read again.",
            min=0,
            show_default="24, or $ENTRA_SYNC_CACHE_HOURS",
        ),
    ] = None,
) -> None:
    """Show which users a change would create, update, disable or delete, and which would conflict.

    Exit codes: 0 within the link's limits, 2 an error, 3 beyond the limits, 4 something could not be read, or the
    program's preview failed.
    """
    import secrets
    from dataclasses import replace

    from entra_sync.cli.output import writing
    from entra_sync.environment import Environment
    from entra_sync.errors import ConfigurationError
    from entra_sync.impact.report.data import Who

    if people and redact:
        raise ConfigurationError("--people and --redact exclude each other; use one of them")
    if save is not None and offline is not None:
        raise ConfigurationError("--offline and --save exclude each other; use one of them")
    said = Environment.read()
    environment = replace(
        said,
        cache=cache_dir or said.cache,
        cache_hours=said.cache_hours if cache_hours is None else cache_hours,
        no_cache=said.no_cache if cache is None else not cache,
    )
    declared = declared_links(program, link or [], stack, environment)
    number = len(declared.links) + len(declared.removed)
    if format is ReportFormat.HTML and number > 1:
        raise ConfigurationError(f"HTML shows one link, but the program has {number}; use --link FILE for one of them")
    who = Who(people=people, redact=redact, key=redact_key or secrets.token_hex(16))
    reports = _reports(declared, environment, who, destroy=destroy, save=save, offline=offline)
    with writing(output, private=people) as file:
        _render(reports, ReportFormat.JSON if as_json else format, file)
    if any(each["violations"] for each in reports):
        raise typer.Exit(FOUND)
    if not declared.whole or any(each["gaps"] for each in reports):
        raise typer.Exit(INCOMPLETE)


def _reports(
    declared: DeclaredLinks,
    environment: Environment,
    who: Who,
    *,
    destroy: bool,
    save: Path | None,
    offline: Path | None,
) -> list[ImpactReport]:
    """The report of each link, those that the program removes last."""
    from entra_sync.impact.report.data import report

    made = _made(declared.stack)
    reports = []
    for each, goes in [*((each, destroy) for each in declared.links), *((each, True) for each in declared.removed)]:
        plan = _plan(each, environment, destroy=goes, save=save, offline=offline)
        licensing = _licenses(each, plan, people=who.people) if offline is None and not goes else None
        reports.append(report(plan, each.limits, who, licensing=licensing, made=made))
    return reports


def _made(stack: str | None) -> Made:
    """When the report is made, of which stack, by which version: what a change record asks for."""
    from datetime import UTC, datetime
    from importlib.metadata import version

    time = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return {"time": time, "stack": stack, "version": version("pulumi-entra-sync")}


@dataclass(frozen=True)
class DeclaredLinks:
    """The links that a command is asked about.

    Attributes:
        links: Links that are declared.
        removed: Links that the program removes.
        whole: Whether these are all of the program.
        stack: Project and stack of the program; None for files.
    """

    links: list[LinkFile]
    removed: Sequence[LinkFile] = ()
    whole: bool = True
    stack: str | None = None


def declared_links(
    program: Path | None, files: list[Path], stack: str | None, environment: Environment
) -> DeclaredLinks:
    """The links that are asked about.

    If a preview fails, a warning says why.

    Raises:
        ConfigurationError: Both are given; the program has no link, or does not run.
    """
    import tempfile

    from entra_sync.cli.project.previewing import links_of
    from entra_sync.errors import ConfigurationError
    from entra_sync.impact.declared.file import LinkFile

    if program and files:
        raise ConfigurationError("choose one of --program and --link")
    if files:
        return DeclaredLinks([LinkFile.read(path) for path in files])
    program = program or Path()
    with tempfile.TemporaryDirectory() as directory:
        links, previewed = links_of(program, stack, Path(directory), environment)
    if previewed.errors:
        problem = "the preview stops with an error, so links that come after it may be missing here:"
        typer.echo("\n".join([f"warning: {problem}", *previewed.errors]), err=True)
    return DeclaredLinks(links, previewed.removed, not previewed.errors, previewed.stack)


def _plan(
    link: LinkFile, environment: Environment, *, destroy: bool, save: Path | None, offline: Path | None
) -> ImpactPlan:
    from entra_sync.cli.output import progress
    from entra_sync.graph.gateway import connect
    from entra_sync.impact.declared import saved
    from entra_sync.impact.declared.read import read_declared
    from entra_sync.impact.reading.cache import configured

    declared = None if destroy else link
    if offline is not None:
        return saved.redeclare(saved.load(offline / link.key), declared).plan()
    source, target = connect(link.source), connect(link.target)
    cache = configured(link.source, link.target, environment)
    with progress("reading both tenants") as shown:

        def show(reading: Reading) -> None:
            shown(f"{reading.tenant}: {reading.what}, {reading.people:,} users so far")

        read = read_declared(source, target, link.service_principal_id, declared, report=show, cache=cache)
        found = read.plan()
    if save is not None:
        saved.save(read, save / link.key)
    return found


def _licenses(link: LinkFile, plan: ImpactPlan, *, people: bool) -> LicenseFigures | UnknownFigures:
    from entra_sync.graph.gateway import connect
    from entra_sync.impact.report.licenses import licenses_of

    return licenses_of(connect(link.source), link.target.cloud, plan, link.groups, people=people)


def _render(reports: list[ImpactReport], format: ReportFormat, file: TextIO) -> None:
    from entra_sync.cli.output import console, print_json
    from entra_sync.impact.report.markdown import markdown
    from entra_sync.impact.report.page import page
    from entra_sync.impact.report.terminal import terminal

    match format:
        case ReportFormat.TERMINAL:
            for each in reports:
                terminal(each, console(file))
        case ReportFormat.JSON:
            print_json(reports, file)
        case ReportFormat.MARKDOWN:
            print("\n\n".join(markdown(each, 60_000 // len(reports)) for each in reports), file=file)
        case ReportFormat.HTML:
            print(page(reports[0]), file=file)
