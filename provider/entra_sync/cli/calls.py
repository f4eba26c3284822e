"""``entra-sync calls``: the Graph calls that a preview lists, readable."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["register"]

REFUSED = 3
"""Exit code of a preview that failed or was refused."""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(calls)


def calls(
    preview: Annotated[
        Path | None, typer.Argument(help="Output of `pulumi preview --json`; standard input if not given.")
    ] = None,
    bodies: Annotated[bool, typer.Option(help="Show the bodies too.")] = True,
) -> None:
    """Show which users a change affects and list the Graph calls of `pulumi up`, from `pulumi preview --json`.

    Exit codes: 0 the preview succeeded, 2 an error, 3 the preview failed or was refused.
    """
    import sys

    import orjson
    from rich.console import Console

    from entra_sync.base.preview import planned_steps
    from entra_sync.base.rendering import render_steps
    from entra_sync.cli.previewing import failures
    from entra_sync.errors import ConfigurationError
    from entra_sync.impact.report.planned import planned_impacts

    text = preview.read_bytes() if preview else sys.stdin.buffer.read()
    try:
        plan = orjson.loads(text)
        errors = failures(plan)
        blocks, steps = planned_impacts(plan), planned_steps(plan)
    except (orjson.JSONDecodeError, AttributeError, KeyError, IndexError, TypeError) as error:
        raise ConfigurationError(f"this is not the output of `pulumi preview --json`: {error}") from None
    console = Console(soft_wrap=True)
    for block in blocks:
        console.print(block, markup=False)
    if errors:
        console.print("The preview failed, so `pulumi up` sends nothing:", markup=False)
        for message in errors:
            console.print(message, markup=False)
        raise typer.Exit(REFUSED)
    console.print(render_steps(steps, bodies=bodies))
