"""How a mistake in a program is reported: one line, at the program's own line, without a traceback."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import pulumi

from entra_sync.errors import EntraSyncError
from entra_sync.errors.problems import Problem, in_line
from entra_sync.errors.visible import one_line

__all__ = ["ArgumentError", "UnknownName", "refusal"]


class ArgumentError(pulumi.RunError, EntraSyncError, ValueError):
    """Arguments that do not fit; the engine shows the message alone. It names the program's line that passed them.

    The message is one line, whatever it quotes. Only an expression and the carets below it have lines of their own.
    """

    def __init__(self, message: str, below: str = "") -> None:
        line = one_line(message)
        super().__init__(f"{line}{_program_line()}" + (f"\n{below}" if below else ""))
        self.reason, self._below = line, below

    @property
    def below(self) -> str:
        """Lines that point into the argument."""
        return self._below


class UnknownName(ArgumentError, AttributeError):
    """A name that does not exist, e.g. a misspelled method."""


def refusal(title: str, found: Sequence[Problem]) -> ArgumentError:
    """The error for the problems of what *title* names."""
    line, below = in_line(found)
    return ArgumentError(f"{title}: {line}", below)


def _program_line() -> str:
    """Where the program is: the nearest frame outside this package and the libraries below it."""
    frame = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "").partition(".")[0]
        if module in {"threading", "concurrent", "grpc", "asyncio"}:  # no program: a provider process checks inputs
            return ""
        if module not in {"entra_sync", "pulumi", "pydantic", "pydantic_core"}:
            return f" ({frame.f_code.co_filename}:{frame.f_lineno})"
        if frame.f_back is None:
            return ""
        frame = frame.f_back
    return ""
