"""Types of the answer of ``entra-sync why`` (``docs/reference/impact-json.md``)."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, final

from typing_extensions import TypedDict

__all__ = ["Answer", "NoAnswer"]


@final
class Unreadable(TypedDict):
    """A part that could not be read."""

    unknown: str


class AskedUser(TypedDict):
    """The user who is asked about; ``deleted``: since when in the source."""

    id: str
    userPrincipalName: str
    displayName: str | None
    mail: str | None
    deleted: str | None


@final
class NoJob(TypedDict):
    """There is no job yet."""

    state: Literal["none"]


@final
class JobAnswer(TypedDict):
    """The link's job."""

    id: str
    state: Literal["running", "paused"]
    quarantine: str | None
    quarantinedSince: str | None
    nextAttempt: str | None
    escrowed: int
    lastCycle: str | None
    deletionThreshold: int | None


class Assignment(TypedDict):
    """What brings the user into scope, or does not."""

    kind: str
    id: str | None
    name: str | None
    since: str | None


@final
class ScopeAnswer(TypedDict):
    """Whether the user is assigned; ``ignored``: assignments to which only a nested group leads."""

    inScope: bool
    by: list[Assignment]
    ignored: list[Assignment] | Unreadable


class FailingClause(TypedDict):
    """A clause of a filter that does not hold for the user."""

    set: str
    group: str
    attribute: str
    clause: str
    value: Any
    text: str


@final
class FilterAnswer(TypedDict):
    """Whether the filters let the user pass."""

    passes: bool
    failing: list[FailingClause]
    groups: int


class Holder(TypedDict):
    """Who has the address or name that is in the way."""

    kind: str
    id: str | None
    userPrincipalName: str | None
    value: str


@final
class Deletion(TypedDict):
    """The cycle of this job that deleted the account; null: not this job."""

    cycle: str | None
    time: str | None


@final
class AccountAnswer(TypedDict):
    """The account in the target."""

    state: str
    id: str | None
    userPrincipalName: str | None
    managed: bool
    everCreated: bool | None
    heldBy: Holder | None
    deleted: NotRequired[str]
    restorableUntil: NotRequired[str]
    deletedBy: NotRequired[Deletion | Unreadable]


class LogEntry(TypedDict):
    """An entry of the provisioning log."""

    time: str
    cycle: str
    action: str
    status: str
    code: str | None
    reason: str | None
    account: str | None


class ChangedValue(TypedDict):
    """Another value of an attribute."""

    attribute: str
    old: str | None
    new: str | None
    cause: str


@final
class UnknownTurn(TypedDict):
    """Why it is not known what a cycle does."""

    unknown: str
    cycle: NotRequired[str]
    events: NotRequired[list[str]]


@final
class Turn(TypedDict):
    """What a cycle does with the user; ``events`` after `up` only."""

    cycle: str
    action: str
    reason: str | None
    reasonCode: str | None
    detail: str | None
    uncertain: str | None
    uncertainCodes: list[str]
    heldBackBeyond: int | None
    sharesAccountWith: str | None
    account: str | None
    attributes: list[ChangedValue]
    notes: list[str]
    events: NotRequired[list[str]]


@final
class Answer(TypedDict):
    """Why one user is, or is not, synchronized by a link."""

    format: int
    source: str
    target: str
    found: bool
    person: AskedUser
    job: JobAnswer | NoJob | Unreadable
    scope: ScopeAnswer | Unreadable
    filter: FilterAnswer | Unreadable
    account: AccountAnswer | Unreadable
    log: list[LogEntry] | Unreadable
    nextCycle: Turn | UnknownTurn
    afterUp: Turn | UnknownTurn | None


@final
class NoAnswer(TypedDict):
    """A link that has no such user."""

    source: str
    target: str
    found: bool
    problem: str
