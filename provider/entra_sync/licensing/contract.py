"""Types of the license figures in a link's state, in reports and for policies (docs/reference/impact-json.md)."""

from __future__ import annotations

from typing import NotRequired, final

from typing_extensions import TypedDict

__all__ = ["LicenseFigures", "SeatFigures", "SideFigures", "Uncovered", "UnknownFigures"]


@final
class SeatFigures(TypedDict):
    """Seats of one plan."""

    needed: int
    total: int
    warning: int
    suspended: int
    assigned: int
    free: int
    shortfall: int
    unassigned: int


@final
class SideFigures(TypedDict):
    """Who needs a license and has it, before a change or after it; ``base``: the plan below an add-on."""

    people: int
    covered: int
    notCovered: int
    shortfall: int
    gaps: dict[str, int]
    seats: SeatFigures
    base: NotRequired[SeatFigures]


@final
class Uncovered(TypedDict):
    """A user without the license, and why."""

    id: str | None
    reason: str
    name: NotRequired[str | None]
    userPrincipalName: NotRequired[str | None]


@final
class LicenseFigures(TypedDict):
    """What synchronization requires, before a change and after it; ``uncovered`` only if people are asked for."""

    requires: str
    label: str
    now: SideFigures
    after: SideFigures
    notes: list[str]
    uncovered: NotRequired[list[Uncovered]]


@final
class UnknownFigures(TypedDict):
    """Why licenses could not be read."""

    unknown: str
    uncovered: NotRequired[list[Uncovered]]
