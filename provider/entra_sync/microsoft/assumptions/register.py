"""The register: each thing that is taken for true about the service, with its source."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

__all__ = ["EMULATOR", "HOW_TO", "REGISTER", "Assumption", "Basis", "assume", "guesses"]

JSON = Any
T = TypeVar("T")

HOW_TO = "Configure cross-tenant synchronization using PowerShell or Microsoft Graph"
"""The page that most of the assumptions about links stand on."""

EMULATOR = "entra-sync emulate --facts"
"""What overrides an assumption that only the emulator makes."""


class Basis(StrEnum):
    """What an assumption stands on."""

    PAGE = "page"
    """A page or a file of Microsoft states it."""

    SEEN = "seen"
    """Answers of the real service that others published show it."""

    GUESS = "guess"
    """No source states it."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """One thing that is taken for true about the service.

    Attributes:
        key: Name, for files and tables.
        about: What it is, as a noun phrase.
        value: What is assumed, as JSON.
        basis: What it stands on.
        source: Page, file or report; for a guess, why there is none.
        override: What a program or setting can say instead; empty if nothing.
        unseen: Why ``entra-sync verify`` cannot compare it; empty if it does.
    """

    key: str
    about: str
    value: JSON
    basis: Basis
    source: str
    override: str = ""
    unseen: str = ""

    @property
    def checked(self) -> bool:
        """Whether ``entra-sync verify`` compares it."""
        return not self.unseen


REGISTER: dict[str, Assumption] = {}
"""Every assumption, by its key."""


def assume(key: str, about: str, value: T, basis: Basis, source: str, override: str = "", *, unseen: str = "") -> T:
    """Registers an assumption and returns its value."""
    REGISTER[key] = Assumption(key, about, value, basis, source, override, unseen)
    return value


def guesses() -> list[Assumption]:
    """Returns the assumptions that no source supports."""
    return [each for each in REGISTER.values() if each.basis is Basis.GUESS]
