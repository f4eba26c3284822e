"""One preview of a user's program, as the engine's events tell it: steps, errors, and what policies say."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from entra_sync.base.kinds import name_of_urn
from entra_sync.base.preview import Step, planned_steps, reason
from entra_sync.cli.project.workspace import engine
from entra_sync.environment import Environment
from entra_sync.errors import ConfigurationError
from entra_sync.errors.visible import visible_lines
from entra_sync.impact.declared.file import LinkFile
from entra_sync.impact.report.planned import removed_links, renamed_links, unknown_links

__all__ = ["Previewed", "Violation", "left_in", "links_of", "preview_program"]

JSON = Any


@dataclass(frozen=True, slots=True)
class Violation:
    """What one rule of a policy pack says of one resource.

    Attributes:
        rule: Name of the rule.
        level: The engine's word: mandatory or advisory.
        resource: Name of the resource in the program.
        message: What is wrong, with the rule's description in the first line.
    """

    rule: str
    level: str
    resource: str
    message: str


@dataclass(frozen=True, slots=True)
class Previewed:
    """How a preview ended.

    Attributes:
        succeeded: Whether nothing stands against `up`: no error, and no mandatory rule.
        steps: What `up` will send, step by step; incomplete when the preview failed.
        errors: Messages of errors, in the engine's order.
        passed: Names of the rules that had nothing to say, sorted.
        violations: What the other rules say.
        removed: Links that the change removes.
        unknown: A sentence for each link whose impact is not known in preview.
        renamed: A sentence for each link that has a new name.
        stack: Project and stack, as in ``my-link/production``; None if the preview came to no resource.
    """

    succeeded: bool
    steps: Sequence[Step]
    errors: Sequence[str]
    passed: Sequence[str]
    violations: Sequence[Violation]
    removed: Sequence[LinkFile] = ()
    unknown: Sequence[str] = ()
    renamed: Sequence[str] = ()
    stack: str | None = None


def preview_program(
    program: Path,
    stack: str | None,
    links: Path,
    *,
    environment: Environment | None = None,
    policy_pack: Path | None = None,
    policy_config: Path | None = None,
    refresh: bool = False,
) -> Previewed:
    """Runs `pulumi preview` once, and reads its events. Its credentials need not be those that will write.

    Args:
        program: Directory of the program.
        stack: Name of the stack; None for the selected one.
        links: Directory in which the preview leaves a file for each link that it meets.
        environment: Settings of the preview. Default: the environment of this process.
        policy_pack: Directory of a policy pack.
        policy_config: Configuration file of the policy pack.
        refresh: Compare with what the tenants hold now, not with the state.

    Raises:
        ConfigurationError: There is no project, or the engine does not start, or ends before its first event.
    """
    places = [program.resolve(), *program.resolve().parents]
    if not any((place / name).is_file() for place in places for name in ("Pulumi.yaml", "Pulumi.yml")):
        raise ConfigurationError(f"{program} is not a Pulumi program: no Pulumi.yaml in it or its parent directories")
    options = [*(["--stack", stack] if stack else []), *(["--refresh"] if refresh else [])]
    options += ["--policy-pack", str(policy_pack.resolve())] if policy_pack else []
    options += ["--policy-pack-config", str(policy_config.resolve())] if policy_config else []
    review = replace(environment or Environment.read(), links=links, read_only=True)
    settings = {**review.variables(), "PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"}
    try:
        finished = subprocess.run(
            [*engine(), "preview", "--non-interactive", "--color", "never", "--json", *options],
            cwd=program,
            env={**os.environ, **settings},
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )
    except OSError as problem:
        raise ConfigurationError(f"the engine cannot be started: {problem.strerror}: {problem.filename}") from None
    events = [orjson.loads(line) for line in finished.stdout.splitlines() if line.startswith("{")]
    if not any("summaryEvent" in event for event in events):
        said = (finished.stderr or finished.stdout).strip().removeprefix("error: ")
        raise ConfigurationError(f"the program cannot be previewed: {said or 'the engine said nothing'}")
    return _previewed(events, succeeded=finished.returncode == 0)


def links_of(
    program: Path, stack: str | None, directory: Path, environment: Environment
) -> tuple[list[LinkFile], Previewed]:
    """The links of a program, as a preview of it leaves them, and how the preview ended.

    A preview that refuses a link has left it. One with errors may have ended before it came to others.

    Raises:
        ConfigurationError: It declares none, or fails before it comes to one.
    """
    previewed = preview_program(program, stack, directory, environment=environment)
    links = left_in(directory)
    if links or previewed.removed:
        return links, previewed
    if previewed.unknown:
        raise ConfigurationError("\n".join(previewed.unknown))
    if previewed.errors:
        raise ConfigurationError("the program's preview failed:\n" + "\n".join(previewed.errors))
    raise ConfigurationError(f"the program in {program} declares no CrossCloudLink, and its stack has none")


def left_in(directory: Path) -> list[LinkFile]:
    """The links that a preview has left in a directory."""
    return [LinkFile.read(path) for path in sorted(directory.glob("*.json"))]


def _previewed(events: Iterable[dict[str, JSON]], *, succeeded: bool) -> Previewed:
    steps: list[dict[str, JSON]] = []
    errors: list[str] = []
    violations: list[Violation] = []
    silent: set[str] = set()
    for event in events:
        match event:
            case {"resourcePreEvent": {"metadata": step}}:
                steps.append({**step, "oldState": step["old"], "newState": step["new"]})
            case {"diagnosticEvent": {"severity": "error", "message": message}}:
                errors.append(reason(message))
            case {"policyEvent": said}:
                urn = said.get("resourceUrn")
                name = name_of_urn(urn) if urn else ""
                message = visible_lines(said["message"].strip())
                violations.append(Violation(said["policyName"], said["enforcementLevel"], name, message))
            case {"policyAnalyzeSummaryEvent": summary} | {"policyAnalyzeStackSummaryEvent": summary}:
                silent.update(summary.get("passed") or ())
    if any(violation.level == "mandatory" for violation in violations):
        # The engine's last word where a mandatory rule stands against the change: no reason of its own.
        errors = [message for message in errors if message != "preview failed"]
    loud = {violation.rule for violation in violations}
    return Previewed(
        succeeded=succeeded,
        steps=planned_steps({"steps": steps}),
        errors=list(dict.fromkeys(filter(None, errors))),
        passed=sorted(silent - loud),
        violations=violations,
        removed=removed_links({"steps": steps}),
        unknown=unknown_links({"steps": steps}),
        renamed=renamed_links({"steps": steps}),
        stack=next((_stack(step["urn"]) for step in steps), None),
    )


def _stack(urn: str) -> str:
    """Project and stack that a URN names."""
    stack, project = urn.split(":")[2], urn.split("::")[1]
    return f"{project}/{stack}"
