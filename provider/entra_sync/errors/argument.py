"""How a mistake in a program is reported: one line, at the program's own line, without a traceback."""

from __future__ import annotations

import sys

import pulumi

from entra_sync.errors import EntraSyncError

__all__ = ["ArgumentError", "UnknownName"]


class ArgumentError(pulumi.RunError, EntraSyncError, ValueError):
    """Arguments that do not fit; the engine shows the message alone. It names the program's line that passed them."""

    def __init__(self, message: str, details: str = "") -> None:
        below = f"\n{details}" if details else ""
        super().__init__(f"{message}{_program_line()}{below}")
        self.reason = f"{message}{below}"


class UnknownName(ArgumentError, AttributeError):
    """A name that does not exist, e.g. a misspelled method."""


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
