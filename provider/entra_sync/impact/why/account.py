"""The person's account in the target: whether it is there, who manages it, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl

from entra_sync.impact.facts.facts import Facts
from entra_sync.impact.facts.provisioning_log import succeeded
from entra_sync.impact.facts.users import PENDING, RESTORABLE, external_name, smtp_addresses
from entra_sync.impact.reading.connections import LOGGED
from entra_sync.impact.why.ask import Unread
from entra_sync.impact.why.contract import AccountAnswer, Deletion, Holder, Unreadable
from entra_sync.impact.why.user_facts import UserFacts

__all__ = ["account_of"]

JSON = Any


def account_of(seen: UserFacts, row: Mapping[str, JSON]) -> AccountAnswer | Unreadable:
    """The account: its ``state`` and what belongs to it.

    ``active``, ``disabled``, ``deleted`` (soft-deleted, can be restored for thirty days), ``gone`` (the job has linked
    an account that is there no longer), ``unmanaged`` (there, and not linked by the job), ``pending`` (invited by
    a user, not redeemed, not linked), ``none``.

    Args:
        seen: What was read.
        row: What the next cycle does with the person; where a value of another user is in the way, ``heldBy`` says
            whose.
    """
    facts = seen.facts
    if isinstance(facts, Unread):
        return {"unknown": facts.why}
    found, linked = _row(seen, facts)
    answer: AccountAnswer = {
        "state": "none" if not linked or found else "gone",
        "id": None,
        "userPrincipalName": None,
        "managed": linked,
        "everCreated": True if linked else _created(seen),
        "heldBy": _holder(facts, row),
    }
    if found is None:
        return answer
    answer |= {"id": found["id"], "userPrincipalName": found["userPrincipalName"], "state": _state(found, linked)}
    if found["deleted"] is not None:
        until = datetime.fromisoformat(found["deleted"]) + RESTORABLE
        answer |= {
            "deleted": found["deleted"],
            "restorableUntil": until.isoformat().replace("+00:00", "Z"),
            "deletedBy": _remover(seen, found["id"]),
        }
    return answer


def _row(seen: UserFacts, facts: Facts) -> tuple[JSON | None, bool]:
    """The account's record, and whether the job has linked it (or the one that is gone)."""
    accounts = facts.target.people
    links = facts.connections.filter(pl.col("person") == seen.person.id)["account"]
    if links.len():
        rows = accounts.filter(pl.col("id") == links[0])
        return (rows.row(0, named=True), True) if rows.height else (None, True)
    name = pl.select(external_name(pl.lit(seen.person.name), facts.domain)).item().lower()
    named = accounts.filter((pl.col("userPrincipalName").str.to_lowercase() == name) & pl.col("deleted").is_null())
    for rows in (named, *(accounts.filter(pl.col("id") == id) for id in seen.logged())):
        if rows.height:
            return rows.row(0, named=True), False
    return None, False


def _created(seen: UserFacts) -> bool | None:
    """Whether the log has the account's creation; None where it was not read, or not to its end."""
    if isinstance(seen.log, Unread):
        return None
    return bool(seen.logged("create")) or (False if len(seen.log) < LOGGED else None)


def _state(found: Mapping[str, JSON], linked: bool) -> str:
    if found["deleted"] is not None:
        return "deleted"
    if not linked:
        return "pending" if found["userState"] == PENDING else "unmanaged"
    return "active" if found["accountEnabled"] is not False else "disabled"


def _remover(seen: UserFacts, account: str) -> Deletion | Unreadable:
    """Who deleted the account: the job in a cycle, by its log, or an administrator."""
    if isinstance(seen.log, Unread):
        return {"unknown": seen.log.why}
    for entry in seen.log:
        if account in succeeded([entry], "delete"):
            return {"cycle": entry["cycleId"], "time": entry["activityDateTime"]}
    return {"cycle": None, "time": None}


def _holder(facts: Facts, row: Mapping[str, JSON]) -> Holder | None:
    """The user whose value is in the way of what the next cycle would write; None if there is no such user."""
    value = str(row.get("detail") or "").lower()
    if row.get("action") != "conflict" or not value:
        return None
    if value in facts.group_addresses:
        return {"kind": "group", "id": None, "userPrincipalName": None, "value": value}
    for account in facts.target.people.filter(pl.col("deleted").is_null()).iter_rows(named=True):
        addresses = {each.lower() for each in smtp_addresses(account["proxyAddresses"])}
        addresses |= {str(account["mail"]).lower(), str(account["userPrincipalName"]).lower()}
        if value in addresses and account["id"] != row.get("account"):
            kind = str(account["userType"] or "user").lower()
            name = account["userPrincipalName"]
            return {"kind": kind, "id": account["id"], "userPrincipalName": name, "value": value}
    return None
