"""What provision on demand answered, held against what was planned.

Sources of the format: "synchronizationJob: provisionOnDemand", "Configure cross-tenant synchronization using
PowerShell or Microsoft Graph API", "provisioningObjectSummary resource type".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from entra_sync.errors import EntraSyncError
from entra_sync.impact.canaries.expected import Expected

__all__ = ["Answered", "Difference", "answered", "differences", "problem"]

JSON = Any

UNCOMPARED = frozenset({"issoftdeleted", "alternativesecurityids"})
"""What the service notes beside the values that it writes, in lower case."""

UNASSIGNED = "NotEffectivelyEntitled"

HARMLESS = frozenset({"True", "False", "Member", "Guest"})
"""Values that say nothing about a person."""

SHOWN = 6
"""Differences that a message has at most."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What the service says that it did with one person.

    Attributes:
        action: ``create``, ``update``, ``disable``, ``delete``, ``restore``, ``failed``, or ``nothing``.
        code: The service's code for why, e.g. ``RedundantExport``; may be empty.
        values: Attribute, in lower case → new value: personal data.
        reason: The service's sentence for why; may be empty.
        unassigned: The service does not know of an assignment of the person: a new one takes minutes to arrive.
    """

    action: str
    code: str
    values: Mapping[str, str]
    unassigned: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which the service did otherwise.

    Attributes:
        person: Object id in the source.
        attribute: Target attribute; empty where the action itself differs.
        planned: The plan's side: personal data where it is a value; None for nothing.
        answered: The service's side, likewise.
        hint: Where it may come from.
    """

    person: str
    attribute: str
    planned: str | None
    answered: str | None
    hint: str = ""

    def __str__(self) -> str:
        """Both sides without personal data: of a value its kind and length, and where the two part."""
        if not self.attribute:
            return f"user {self.person}: planned {self.planned}, the service says {self.answered}{self.hint}"
        sides = f"planned {_shape(self.planned)}, the service wrote {_shape(self.answered)}"
        if self.planned and self.answered and not {self.planned, self.answered} <= HARMLESS:
            sides += f", the same up to character {_common(self.planned, self.answered)}"
        return f"user {self.person}: {self.attribute}{self.hint}: {sides}"

    @property
    def in_full(self) -> str:
        """Both sides as they are: personal data."""
        return f"user {self.person}: {self.attribute or 'action'}: planned {self.planned!r}, answered {self.answered!r}"


def answered(person: str, body: JSON) -> Answered:
    """Reads the answer to one provisionOnDemand call.

    Args:
        person: Object id that was asked for.
        body: The answer: ``key`` and ``value``, the latter the text of a JSON list with one journey, or of the journey.

    Raises:
        EntraSyncError: It cannot be interpreted; that is not taken for "nothing happened".
    """

    def unclear(what: str) -> EntraSyncError:
        return EntraSyncError(f"the answer of provision on demand for user {person} cannot be interpreted: {what}")

    try:
        journeys = orjson.loads(body["value"])
    except (KeyError, TypeError, orjson.JSONDecodeError):
        raise unclear("its value is not JSON") from None
    if isinstance(journeys, dict):
        journeys = [journeys]
    if not isinstance(journeys, list) or len(journeys) != 1 or not isinstance(journeys[0], dict):
        raise unclear("it is not about one person")
    journey = journeys[0]
    if str((journey.get("sourceIdentity") or {}).get("id", "")).lower() != person.lower():
        raise unclear("it is about another user")
    information = journey.get("statusInfo") or {}
    status, code = str(information.get("status", "")).lower(), str(information.get("errorCode") or "")
    values = _values(journey.get("modifiedProperties"))
    if values is None:
        raise unclear("it has no list of modified properties")
    reason = str(information.get("reason") or "")
    if status == "failure":
        return Answered("failed", code, {}, reason=reason)
    if status == "skipped":
        unassigned = UNASSIGNED in {code, reason}
        return Answered("nothing", UNASSIGNED if unassigned else code, {}, unassigned, reason)
    action = str(journey.get("action", "")).lower()
    if status not in {"success", "warning"} or action not in {"create", "update", "disable", "delete", "stageddelete"}:
        raise unclear(f'its status is "{status}" and its action "{action}"')
    if action == "update" and values.get("issoftdeleted", "").lower() == "false":
        return Answered("restore", code, values)
    if action == "stageddelete":
        action = "delete"
    return Answered(action, code, values)


def _values(properties: JSON) -> dict[str, str] | None:
    """Attribute in lower case → new value; None where the list is not as documented."""
    if not isinstance(properties, list):
        return None
    found = {}
    for item in properties:
        if not isinstance(item, dict) or not isinstance(item.get("displayName"), str):
            return None
        found[item["displayName"].lower()] = "" if item.get("newValue") is None else str(item["newValue"])
    return found


def differences(planned: Expected, given: Answered) -> list[Difference]:
    """In what the service did otherwise than planned: the action, or else attributes one by one."""
    compared = {name.lower(): name for name in planned.compared if name.lower() not in UNCOMPARED}
    values = {compared[name]: value for name, value in given.values.items() if name in compared}
    action = "nothing" if given.action == "update" and not values else given.action
    if action != planned.action:
        hint = f" ({given.code})" if given.code else ""
        about = f"{planned.action}{f' ({planned.reason})' if planned.reason else ''}"
        return [Difference(planned.person, "", about, action, hint)]
    return list(_in_values(planned, values))


def _in_values(planned: Expected, values: Mapping[str, str]) -> Iterator[Difference]:
    for attribute in sorted({*planned.values, *values}):
        expected, given = planned.values.get(attribute), values.get(attribute)
        if expected is None and (planned.lenient or not given):
            continue
        if expected is None or given is None or not _same(expected, given):
            source = planned.sources.get(attribute)
            yield Difference(planned.person, attribute, expected, given, f" (mapped from {source})" if source else "")


def _same(expected: str, given: str) -> bool:
    if expected in {"True", "False"}:
        return expected.lower() == given.lower()
    return given in {expected, f'"{expected}"'}


def problem(found: Sequence[Difference]) -> str:
    """The message that stops an update."""
    shown = "; ".join(map(str, found[:SHOWN]))
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return (
        f"canary results differ from the plan: {shown}{more}. The job is paused and no other user is affected. Fix the "
        "mapping or the user and run again; the canaries are then provisioned again "
        "(ENTRA_SYNC_SHOW_VALUES=1 shows the values, which are personal data)"
    )


def _shape(value: str | None) -> str:
    if value is None:
        return "nothing"
    if value in HARMLESS:
        return value
    return f"a text of {len(value)} characters" if value else "an empty text"


def _common(one: str, other: str) -> int:
    """How many characters at the beginning are the same."""
    same = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        same += 1
    return same
