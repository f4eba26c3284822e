"""``entra-sync calls``: the Graph calls that a preview lists, readable."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(calls)


def calls(
    preview: Annotated[
        Path | None, typer.Argument(help="Output of `pulumi preview --json`; standard input if not given.")
    ] = None,
    bodies: Annotated[bool, typer.Option(help="Show the bodies too.")] = True,
) -> None:
    """Say whom a change touches and list the Graph calls of `pulumi up`, from `pulumi preview --json`."""
    import sys

    import orjson
    from rich.console import Console

    from entra_sync.base.preview import planned_steps
    from entra_sync.base.rendering import render_steps
    from entra_sync.errors import ConfigurationError
    from entra_sync.impact.report.planned import planned_impacts

    text = preview.read_bytes() if preview else sys.stdin.buffer.read()
    try:
        plan = orjson.loads(text)
        blocks, steps = planned_impacts(plan), planned_steps(plan)
    except (orjson.JSONDecodeError, AttributeError, KeyError) as error:
        raise ConfigurationError(f"this is not the output of `pulumi preview --json`: {error}") from None
    console = Console(soft_wrap=True)
    for block in blocks:
        console.print(block, markup=False)
    console.print(render_steps(steps, bodies=bodies))
