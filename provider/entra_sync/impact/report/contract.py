"""Types of the impact in a link's state and of a report (``docs/reference/impact-json.md``).

A key that is documented is here, and ``tests/impact/report/test_contracts.py`` holds real output against these types.
"""

from __future__ import annotations

from typing import Literal, NotRequired, final

from typing_extensions import TypedDict

from entra_sync.licensing.contract import LicenseFigures, UnknownFigures

__all__ = [
    "AttributeChange",
    "AttributeCount",
    "CanaryFigures",
    "ExceededLimit",
    "Figures",
    "ImpactReport",
    "ImpactSummary",
    "Made",
    "ReportedUser",
    "Verdict",
]

Cycle = Literal["initial", "incremental", "none"]


class CanaryFigures(TypedDict):
    """What is to happen to one canary; ``attributes`` are names only."""

    action: str
    reason: str
    attributes: list[str]


class Figures(TypedDict):
    """What the impact in the state and the report have in common."""

    counts: dict[str, int]
    removed: int
    existing: int
    removedPercent: float
    changedPercent: float
    inScopeNow: int
    inScopeThen: int
    takenOver: int
    unmanaged: int | None
    reasons: dict[str, dict[str, int]]
    reasonCodes: dict[str, dict[str, int]]
    sample: dict[str, list[str]]
    cycle: Cycle
    events: list[str]
    eventCodes: list[str]
    held: int
    uncertain: int
    notes: list[str]
    noteCodes: list[str]
    gaps: list[str]
    gapCodes: list[str]
    unknown: list[str]
    unknownCodes: list[str]


class ImpactSummary(Figures):
    """The impact as it stands in the inputs of a link, where policies read it."""

    attributes: dict[str, int]
    canaries: NotRequired[dict[str, CanaryFigures]]


class ExceededLimit(TypedDict):
    """A limit that a plan exceeds."""

    kind: str
    count: int
    existing: int
    limit: int | None
    limitPercent: float | None
    text: str


class AttributeCount(TypedDict):
    """How many accounts get another value of an attribute."""

    attribute: str
    cause: str
    people: int


class AttributeChange(TypedDict):
    """Another value of an attribute of one account; the values only if people are asked for."""

    attribute: str
    cause: str
    old: NotRequired[str | None]
    new: NotRequired[str | None]


class ReportedUser(TypedDict):
    """A user that the change touches; name and detail only if people are asked for."""

    id: str | None
    account: str | None
    action: str
    reason: str | None
    reasonCode: str | None
    uncertain: str | None
    uncertainCode: str | None
    pending: bool
    held: bool
    sharesAccountWith: str | None
    attributes: list[AttributeChange]
    name: NotRequired[str | None]
    userPrincipalName: NotRequired[str | None]
    detail: NotRequired[str | None]


Verdict = Literal["refused", "incomplete", "within-limits", "not-judged"]
"""Beyond the limits; something could not be read; neither; or there are no limits."""


@final
class Made(TypedDict):
    """When a report was made, of which stack (None for a link file), by which version."""

    time: str
    stack: str | None
    version: str


class ImpactReport(Figures):
    """The report of a plan."""

    format: int
    made: Made | None
    source: str
    target: str
    effective: bool
    verdict: Verdict
    violations: list[ExceededLimit]
    attributes: list[AttributeCount]
    licensing: LicenseFigures | UnknownFigures | None
    people: list[ReportedUser]
    leftOut: list[ReportedUser]
    peopleListed: int
    peopleTouched: int
    personalData: bool
