"""``entra-sync calls``: the Graph calls that a preview lists, readable."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entra_sync.cli.output import FOUND, AsJson, console, print_json

if TYPE_CHECKING:
    from entra_sync.base.preview import Step

__all__ = ["register", "step_json"]

JSON = Any


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(calls)


def calls(
    preview: Annotated[
        Path | None, typer.Argument(help="Output of `pulumi preview --json`. Default: standard input.")
    ] = None,
    bodies: Annotated[bool, typer.Option(help="Show the body of each call.")] = True,
    as_json: AsJson = False,
) -> None:
    """Show which users a change affects and list the Graph calls of `pulumi up`, from `pulumi preview --json`.

    Exit codes: 0 the preview succeeded, 2 an error, 3 the preview failed or was refused.
    """
    import sys

    import orjson

    from entra_sync.base.preview import failures, planned_steps
    from entra_sync.base.rendering import render_steps
    from entra_sync.errors import ConfigurationError
    from entra_sync.impact.report.planned import planned_impacts

    try:
        text = preview.read_bytes() if preview else sys.stdin.buffer.read()
    except OSError as problem:
        raise ConfigurationError(f"{preview}: {problem.strerror}") from None
    try:
        plan = orjson.loads(text)
        errors = failures(plan)
        blocks, steps = planned_impacts(plan), planned_steps(plan)
    except orjson.JSONDecodeError as error:
        raise ConfigurationError(f"{preview or 'standard input'}: it is not JSON: {error}") from None
    except (AttributeError, KeyError, IndexError, TypeError, ValueError):
        raise ConfigurationError(
            f"{preview or 'standard input'}: it is not the output of `pulumi preview --json`"
        ) from None
    if as_json:
        print_json({"impact": blocks, "steps": [step_json(step, bodies=bodies) for step in steps], "errors": errors})
        if errors:
            raise typer.Exit(FOUND)
        return
    screen = console()
    for block in blocks:
        screen.print(block, markup=False)
    if errors:
        screen.print("The preview failed, so `pulumi up` sends nothing:", markup=False)
        for message in errors:
            screen.print(message, markup=False)
        raise typer.Exit(FOUND)
    screen.print(render_steps(steps, bodies=bodies))


def step_json(step: Step, *, bodies: bool) -> dict[str, JSON]:
    """A step as JSON; what `up` alone needs to send a call is left out."""
    from entra_sync.base.calls import listed

    shown = ("tenant", "call", "purpose", *(("body",) if bodies else ()))
    calls = [{name: call[name] for name in shown if name in call} for call in listed(step.calls)]
    return {"operation": step.operation, "type": step.kind, "name": step.name, "calls": calls}
