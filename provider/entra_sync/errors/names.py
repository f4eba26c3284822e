"""Words that a program chooses from, and the error for a name that does not exist.

Nothing here imports pydantic, which takes longer to import than the command line's help takes to print.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from enum import EnumType
from typing import TYPE_CHECKING, Any

from entra_sync.errors.nearest import did_you_mean

if TYPE_CHECKING:
    # What type checkers know of enumerations, they know of these.
    from enum import EnumType as ToldWords

__all__ = ["ToldWords", "in_program", "missing_name"]


def in_program() -> bool:
    """Whether a Pulumi program runs: then there is a stack that its resources belong to."""
    settings = sys.modules.get("pulumi.runtime.settings")
    return settings is not None and settings.get_root_resource() is not None


def missing_name(title: str, name: str, known: Iterable[str]) -> AttributeError:
    """The error for a name that *title* does not have."""
    text = f'{title} has no "{name}"{did_you_mean(name, known)}'
    if name.startswith("_") or not in_program():
        return AttributeError(text, name=name)
    from entra_sync.errors.argument import UnknownName

    return UnknownName(text)


if not TYPE_CHECKING:

    class ToldWords(EnumType):
        """Metaclass of the words that programs choose from: one that does not exist is told in one line."""

        def __call__(cls, *arguments: Any, **named: Any) -> Any:
            """The word with a value."""
            try:
                return super().__call__(*arguments, **named)
            except (TypeError, ValueError):
                if not in_program():
                    raise
            from entra_sync.errors.argument import ArgumentError

            known = ", ".join(f"{cls.__name__}.{name}" for name in cls.__members__)
            raise ArgumentError(f"{cls.__name__}: takes one of its own values; known are {known}") from None

        def __getattr__(cls, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(name)
            raise missing_name(cls.__name__, name, cls.__members__)
