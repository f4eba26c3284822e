"""The command line ``entra-sync``: one module per command, which imports what it needs when it is called."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from entra_sync.cli import mistakes, output
from entra_sync.errors import EntraSyncError, ExpressionError

__all__ = ["app", "main"]

_FOREIGN = (
    (r"^Value error, ", ""),
    (r"^Input should be (an?) valid (\w+), unable to parse string as an? \w+", r"must be \1 \2"),
    (r"^must be a integer", "must be an integer"),
    (r"^Input should be ", "must be "),
)
"""What Typer's checks of values say, and what we say."""


_TYPES = (
    (r"list\[(.*)\]", r"\1"),
    ("str", "text"),
    ("(int|float) range", "number"),
    ("int|float", "number"),
    ("Path", "path"),
)
"""What Typer's help calls the types of values, and what we call them."""


_WHOLE = 1000
"""Characters of a first sentence in the list of commands: more than any has, so that none is cut."""


class _Group(TyperGroup):
    """Commands whose wrong values are told in the words of all other messages, listed with their first sentences."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Returns a command whose help says in plain words which values it takes."""
        command = super().get_command(ctx, cmd_name)
        for parameter in command.params if command else ():
            if hasattr(parameter, "display_type") and "display_type" not in vars(parameter):
                setattr(parameter, "display_type", partial(_in_plain_words, parameter.display_type))  # noqa: B010
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Writes the list of commands; a sentence that is longer than its line is wrapped."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.get_short_help_str(_WHOLE)) for name, each in commands if each])

    def invoke(self, ctx: Any) -> Any:
        """Runs the command that the command line names."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as mistake:
            for theirs, ours in _FOREIGN:
                mistake.message = re.sub(theirs, ours, mistake.message)
            raise
        except EntraSyncError:
            raise
        except Exception as problem:
            error = mistakes.error_of(problem)
            if error is problem:
                raise
            raise error from None


def _in_plain_words(theirs: Callable[[Any], str], ctx: Any) -> str:
    """Returns the type of a value, as ``<number>``."""
    named = theirs(ctx).strip("<>")
    for pattern, ours in _TYPES:
        named = re.sub(rf"^(?:{pattern})$", ours, named)
    return f"<{named}>"


app = typer.Typer(
    name="entra-sync",
    cls=_Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # help in plain text: Rich's takes as long to import as all else together
)


def _version(wanted: bool) -> None:
    """Prints versions and ends."""
    if not wanted:
        return
    from importlib.metadata import version

    typer.echo(f"entra-sync {version('pulumi-entra-sync')}")
    raise typer.Exit


@app.callback()
def options(
    no_color: Annotated[
        bool, typer.Option("--no-color", help="Print without colors, as the environment variable NO_COLOR does.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Manage Microsoft Entra cross-cloud synchronization as code.

    Exit codes of all commands: 0 success, 2 an error or wrong arguments, 3 refused or something to fix was found,
    4 something could not be read, so the answer is not complete.
    """
    output.plain = no_color


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
    except OSError as problem:
        print(f"error: {mistakes.of_the_machine(problem)}", file=sys.stderr)
        sys.exit(2)
    except Exception as problem:
        mistakes.tell(problem)
        sys.exit(2)
