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
    """List the Graph calls that `pulumi up` will send, from `pulumi preview --json`."""
    import sys

    import orjson
    from rich.console import Console

    from entra_sync.errors import ConfigurationError
    from entra_sync.preview import planned_steps
    from entra_sync.rendering import render_steps

    text = preview.read_bytes() if preview else sys.stdin.buffer.read()
    try:
        steps = planned_steps(orjson.loads(text))
    except (orjson.JSONDecodeError, AttributeError, KeyError) as error:
        raise ConfigurationError(f"this is not the output of `pulumi preview --json`: {error}") from None
    Console(soft_wrap=True).print(render_steps(steps, bodies=bodies))
