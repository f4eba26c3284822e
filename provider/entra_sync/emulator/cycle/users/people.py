"""People as the synchronization engine sees them: attributes by the names that mappings and filters use."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from entra_sync.emulator.state.phones import signs_in_by_sms
from entra_sync.emulator.state.state import State
from entra_sync.emulator.state.store import Document, Entry
from entra_sync.expressions import GRAPH_PROPERTIES, Value

__all__ = ["source_attributes", "target_value", "write_target"]

_INDEXED = re.compile(r"(\w+)\[0\]\Z")
NO_EXTERNAL_IDENTITY = "None"
"""``alternativeSecurityIds`` and ``userState`` of an internal user, so that the built-in filters let them pass."""


@lru_cache(1000)
def _place(path: str) -> tuple[tuple[str, ...], bool]:
    """The names that lead to a value in a document, and whether the value is the first of a list."""
    indexed = _INDEXED.match(path)
    return ((indexed[1],), True) if indexed is not None else (tuple(path.split(".")), False)


def _read(doc: Document, path: str) -> Any:
    names, first = _place(path)
    value: Any = doc
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    if first:
        return value[0] if value else None
    return value


def source_attributes(state: State, tid: str, user: Entry, *, leaving: bool, role: str | None) -> dict[str, Value]:
    """A source user's attributes.

    Args:
        state: What the emulated service holds.
        tid: The source tenant.
        user: The user, who may be soft-deleted.
        leaving: Whether the user is out of scope or deleted.
        role: Name of the app role that puts the user into scope.

    ``IsSoftDeleted`` is true for a blocked user too ("Customize user provisioning attribute-mappings"), so an
    expression that reads it sees the block. The default row does not delete the account of a blocked user ("What is
    cross-tenant synchronization?"): the decision to delete is made for users who leave only.
    """
    doc = user.doc
    read = {name: _read(doc, path) for name, path in GRAPH_PROPERTIES.items() if name != "manager"}
    read.update(
        {name: value for name, value in doc.items() if name.startswith("extension_") and not isinstance(value, dict)}
    )
    found: dict[str, Value] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in read.items()
        if value not in (None, [])
    }
    managers = state.store.targets(tid, "manager", user.id)
    if managers:
        found["manager"] = managers[0]
    found["accountEnabled"] = doc.get("accountEnabled", True)
    found["IsSoftDeleted"] = leaving or found["accountEnabled"] is False
    found["netId"] = doc.get("_netId")
    found["alternativeSecurityIds"] = _identity(state, tid, user)
    found["userState"] = doc.get("externalUserState") or NO_EXTERNAL_IDENTITY
    if role is not None:
        found["appRoleAssignments"] = (role,)
    return found


def _identity(state: State, tid: str, user: Entry) -> str:
    """``alternativeSecurityIds`` of a source user.

    A user who signs in by SMS has one, so the built-in filter of external users leaves the user out ("Configure
    cross-tenant synchronization", "Users are skipped because SMS sign-in is enabled on the user"). No page shows its
    value.
    """
    identity = user.doc.get("_alternativeSecurityIds")
    if identity is None and signs_in_by_sms(state.directory(tid), user.id, user.doc):
        identity = state.store.facts["sms-sign-in.identity"]
    return str(identity or NO_EXTERNAL_IDENTITY)


def target_value(doc: Document, attribute: str) -> Any:
    """What a target user has for an attribute, in the property's own type."""
    if attribute == "alternativeSecurityIds":
        return doc.get("_alternativeSecurityIds")
    return _read(doc, GRAPH_PROPERTIES.get(attribute, attribute))


def write_target(doc: Document, attribute: str, value: Any) -> None:
    """Set an attribute of a target user's document."""
    if attribute == "alternativeSecurityIds":
        doc["_alternativeSecurityIds"] = value
        return
    (*parents, last), first = _place(GRAPH_PROPERTIES.get(attribute, attribute))
    if first:
        doc[last] = [value, *(doc.get(last) or [])[1:]]
        return
    place = doc
    for part in parents:
        place[part] = dict(place.get(part) or {})
        place = place[part]
    place[last] = value
