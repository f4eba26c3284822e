"""``entra-sync graph``: the links of a program as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(graph)


def graph(
    program: Annotated[Path, typer.Option(help="Directory of the Pulumi program.")] = Path(),
    stack: Annotated[str | None, typer.Option(help="Stack of the program. Default: the selected stack.")] = None,
    output: Annotated[Path | None, typer.Option(help="SVG file to write. Default: standard output.")] = None,
) -> None:
    """Draw the links of a program as SVG: both tenants, scope, filter, mappings, and what the program manages.

    Nothing is read from a tenant. The picture has the object ids of the program, and no other data of users.

    Exit codes: 0 success, 2 an error.
    """
    from entra_sync.cli.output import writing
    from entra_sync.cli.project.workspace import engine
    from entra_sync.errors import ConfigurationError
    from entra_sync.operate.picture import drawn, links_in
    from entra_sync.operate.project.program import Program

    links = links_in(Program(program, stack, engine()).declared())
    if not links:
        raise ConfigurationError(f"the program in {program} declares no CrossCloudLink")
    with writing(output, private=False) as file:
        file.write(drawn(links))
