"""The command line ``entra-sync``: one module per area, each imported when its command is called."""

from __future__ import annotations

import sys

import typer

from entra_sync.errors import EntraSyncError, ExpressionError

__all__ = ["app", "main"]

app = typer.Typer(
    name="entra-sync",
    help="Microsoft Entra cross-cloud synchronization as code.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Entry point of the console script; a mistake is one message on standard error and exit code 2."""
    from entra_sync.cli import commands

    commands.register(app)
    try:
        app()
    except ExpressionError as error:
        print("error: " + error.pointed().replace("\n", "\n       "), file=sys.stderr)
        sys.exit(2)
    except EntraSyncError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
