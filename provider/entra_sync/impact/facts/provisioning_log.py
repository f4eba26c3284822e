"""The provisioning log: what a job did, by its entries (provisioningObjectSummary)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["account", "last_deleted", "succeeded"]

JSON = Any


def account(entry: JSON) -> str | None:
    """The account in the target that an entry is about; None for one that came to none."""
    return (entry.get("targetIdentity") or {}).get("id") or None


def succeeded(entries: Iterable[JSON], action: str = "") -> tuple[str, ...]:
    """Accounts of the entries that succeeded, each once and in the order of the entries; of all or of one action."""
    accounts = (
        account(entry)
        for entry in entries
        if entry["provisioningStatusInfo"]["status"] == "success" and action in {"", entry["provisioningAction"]}
    )
    return tuple(dict.fromkeys(each for each in accounts if each))


def last_deleted(entries: Iterable[JSON]) -> set[str]:
    """Accounts of which the newest entry that succeeded is a deletion; the entries come newest first."""
    newest: dict[str, str] = {}
    for entry in entries:
        for each in succeeded([entry]):
            newest.setdefault(each, entry["provisioningAction"])
    return {each for each, action in newest.items() if action == "delete"}
