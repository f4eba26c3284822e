"""What is said about a plan as a whole, as values. The words for people are in :mod:`entra_sync.impact.words`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = ["Event", "Gap", "Note", "Remark", "Unknown", "recalled", "recorded"]


class Event(StrEnum):
    """What a change of a link is; the values are codes of the JSON report."""

    DESTROYED = "link-destroyed"
    SET_UP_PAUSED = "set-up-paused"
    FIRST_ENABLEMENT = "first-enablement"
    STARTED = "started"
    PAUSED = "paused"
    MAPPINGS = "mappings-change"
    FILTER = "filter-changes"
    EVERYONE = "all-users-in-scope"
    ASSIGNED_ONLY = "only-assigned-users-in-scope"
    COMES = "group-comes-into-scope"
    LEAVES = "group-leaves-scope"
    USERS_COME = "users-come-into-scope"
    USERS_LEAVE = "users-leave-scope"
    RESTARTED = "restarted"


class Note(StrEnum):
    """What a reader of a plan should know; the values are codes of the JSON report."""

    DESTROYED = "accounts-unmanaged"
    LAST_CYCLE = "last-cycle-finishes"
    PAUSED = "job-paused"
    LINKS_DROPPED = "links-dropped"
    NOT_AS_DECLARED = "not-as-declared"
    LEFT_AS_IT_IS = "left-as-it-is"
    FORMER_TARGET = "former-target"
    QUARANTINE = "quarantine"
    HELD_BACK = "deletions-held-back"
    SCHEMA_ASSUMED = "schema-assumed"
    CROSS_CLOUD = "cross-cloud-synchronization"
    INBOUND_UNREAD = "inbound-not-read"
    INVITATIONS_UNREAD = "invitations-not-read"
    OUTBOUND_CONSENT_UNREAD = "outbound-consent-not-read"
    INBOUND_CONSENT_UNREAD = "inbound-consent-not-read"
    SMS_POLICY_UNREAD = "sms-policy-not-read"
    SMS_UNREAD = "sms-sign-in-not-read"
    OUT_OF_SCOPE = "synchronized-out-of-scope"
    STRANGERS = "names-without-user"
    UNPREDICTABLE = "value-unpredictable"
    CASE_ALONE = "case-alone"
    READ_IN_FULL = "read-in-full"
    NOT_KEPT = "not-kept"
    LINKS_BY_NAME = "links-by-name"
    LINKS_READ_IN_FULL = "links-read-in-full"
    LINKS_NOT_KEPT = "links-not-kept"
    EARLIER = "kept-by-earlier-version"


class Gap(StrEnum):
    """What could not be read, so that the counts are not complete; the values are codes of the JSON report."""

    DELETED_USERS = "deleted-users"
    LINKS = "links-inferred"
    LINKS_BY_NAME = "links-by-name-differ"
    UNNAMED = "links-unnamed"
    SETTINGS = "settings-hidden"
    EARLIER = "kept-by-earlier-version"


class Unknown(StrEnum):
    """What is not known before `up`; the values are codes of the JSON report."""

    PRINCIPALS = "principals-not-created"
    EARLIER = "kept-by-earlier-version"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to say about a plan.

    Attributes:
        code: What it is; a code does not change its meaning.
        values: What it is about: names, numbers, or the text of an error; never the name of a person.
    """

    code: Event | Note | Gap | Unknown
    values: tuple[str | int, ...] = ()


def recorded(remarks: Iterable[Remark]) -> list[Any]:
    """Remarks as JSON."""
    return [[each.code, *each.values] for each in remarks]


def recalled(kind: type[Note] | type[Gap] | type[Unknown], found: Iterable[Any]) -> tuple[Remark, ...]:
    """What :func:`recorded` gave; versions before it kept sentences."""
    return tuple(
        Remark(kind.EARLIER, (each,)) if isinstance(each, str) else _recalled(kind, each[0], tuple(each[1:]))
        for each in found
    )


def _recalled(kind: type[Note] | type[Gap] | type[Unknown], code: str, values: tuple[str | int, ...]) -> Remark:
    if code == Note.CROSS_CLOUD and len(values) == 1:
        return Remark(Note.EARLIER, values)
    return Remark(kind(code), values)
