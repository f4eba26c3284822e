"""``entra-sync doctor``: whether a program can run, and how to fix what stands in its way."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from entra_sync.cli.output import FOUND, INCOMPLETE, AsJson, console, print_json, progress
from entra_sync.operate.project.purpose import Purpose

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(doctor)


def doctor(
    program: Annotated[Path, typer.Option(help="Directory of the Pulumi program.")] = Path(),
    stack: Annotated[str | None, typer.Option(help="Stack of the program. Default: the selected stack.")] = None,
    purposes: Annotated[
        list[Purpose] | None,
        typer.Option("--for", help="What the permissions must allow. May be repeated. Default: up and destroy."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check credentials, permissions, tenants, both halves of each link, licenses and this machine.

    Nothing is changed. Each problem is shown with its fix.

    Exit codes: 0 no problem, 2 an error, 3 a problem was found, 4 no problem, but something could not be checked.
    """
    from entra_sync.cli.project.workspace import engine
    from entra_sync.errors import ConfigurationError
    from entra_sync.operate.doctor import Finding, State, diagnose, machine
    from entra_sync.operate.project.program import Program

    project = Program(program, stack, engine())
    chosen = purposes or [Purpose.UP, Purpose.DESTROY]
    with progress("checking this machine") as shown:
        findings = list(machine(project.version))
        try:
            declared = project.declared()
        except ConfigurationError as problem:
            findings.append(
                Finding(
                    "program",
                    "",
                    State.PROBLEM,
                    str(problem),
                    "Fix the program or its configuration, or choose another one with --program and --stack",
                )
            )
        else:
            findings.append(Finding("program", "", State.OK, f"it declares {len(declared)} resources"))
            for finding in diagnose(declared, chosen):
                findings.append(finding)
                shown(f"checking {finding.subject}")
    if as_json:
        print_json([each.as_json() for each in findings])
    else:
        screen = console()
        marks = {State.OK: ("ok", "green"), State.PROBLEM: ("problem", "red"), State.UNKNOWN: ("unknown", "yellow")}
        for each in findings:
            word, style = marks[each.state]
            screen.print(f"{word:8}", style=style, end="")
            about = f"{each.subject}: {each.check}" if each.subject else each.check
            screen.print(f" {about}: {each.text}", markup=False)
            if each.fix and each.state is not State.OK:
                screen.print(f"         → {each.fix}", markup=False)
    states = {each.state for each in findings}
    if State.PROBLEM in states:
        raise typer.Exit(FOUND)
    if State.UNKNOWN in states:
        raise typer.Exit(INCOMPLETE)
