"""How commands print: on a console or into a file, as text or JSON, with colors or without."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from entra_sync.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "FOUND",
    "INCOMPLETE",
    "AsJson",
    "console",
    "print_json",
    "print_table",
    "print_wrapped",
    "progress",
    "writing",
]

JSON = Any

FOUND = 3
"""Exit code if something was refused, or something to fix was found."""

INCOMPLETE = 4
"""Exit code if something could not be read, so that the answer is not complete."""

plain = False
"""Whether the command line asks for output without colors (``--no-color``)."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
"""The option that every command has whose answer is not JSON anyway."""


def console(file: TextIO | None = None, *, stderr: bool = False) -> Console:
    """Returns a console that takes names for names, and obeys ``--no-color`` and ``NO_COLOR``.

    What it prints as text may come from a tenant: terminals and pipelines obey nothing of it.
    """
    from rich.console import Console

    from entra_sync.errors.visible import visible_lines

    class Visible(Console):
        def print(self, *objects: Any, **options: Any) -> None:
            shown = (visible_lines(each) if isinstance(each, str) else each for each in objects)
            super().print(*shown, **options)

    return Visible(file=file, stderr=stderr, soft_wrap=True, highlight=False, no_color=True if plain else None)


def print_table(screen: Console, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints aligned columns, each as wide as its longest value: nothing is cut, and other programs can read it."""
    lines = [list(heads), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    for number, line in enumerate(lines):
        text = "  ".join(value.ljust(width) for value, width in zip(line, widths, strict=True)).rstrip()
        screen.print(text, markup=False, style="bold" if number == 0 else None)


def print_wrapped(screen: Console, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints a table that fits the terminal: long values go on in the next line, and nothing is cut."""
    from rich.table import Table
    from rich.text import Text

    from entra_sync.errors.visible import visible

    table = Table(*heads, box=None, pad_edge=False, header_style="bold")
    for column in table.columns:
        column.overflow = "fold"
    for row in rows:
        table.add_row(*(Text(visible(value)) for value in row))
    screen.print(table, soft_wrap=False)


def print_json(value: JSON, file: TextIO | None = None) -> None:
    """Prints a value as indented JSON in which nothing is hidden and nothing is a command for a pipeline."""
    from entra_sync.errors.visible import json_text

    print(json_text(value), file=file or sys.stdout)


@contextmanager
def progress(text: str) -> Iterator[Callable[[str], None]]:
    """Shows on standard error what is under way, on a terminal; the function that it gives changes the text."""
    from rich.status import Status
    from rich.text import Text

    from entra_sync.errors.visible import visible

    with Status(text, console=console(stderr=True)) as status:
        yield lambda shown: status.update(Text(visible(shown)))


@contextmanager
def writing(output: Path | None, *, private: bool) -> Iterator[TextIO]:
    """Gives standard output if no file is named, else the file; a new *private* one is for its owner only.

    Raises:
        ConfigurationError: The file cannot be written.
    """
    if output is None:
        yield sys.stdout
        return
    opener = partial(os.open, mode=0o600 if private else 0o666)
    try:
        with open(output, "w", encoding="utf-8", opener=opener) as file:
            yield file
    except OSError as problem:
        raise ConfigurationError(f"{output}: {problem.strerror}") from None
