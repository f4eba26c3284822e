"""The provisioning log: what a job did, by its entries (provisioningObjectSummary)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["account", "deleted", "last_deleted", "passed_over", "succeeded"]

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


def deleted(entries: Iterable[JSON]) -> set[tuple[str, str]]:
    """Users and the accounts that the job deleted for them."""
    done = (entry for entry in entries if entry["provisioningStatusInfo"]["status"] == "success")
    deletions = [entry for entry in done if entry["provisioningAction"] == "delete"]
    pairs = ((entry["sourceIdentity"]["id"], account(entry)) for entry in deletions)
    return {(person, target) for person, target in pairs if target is not None}


def last_deleted(entries: Iterable[JSON]) -> set[tuple[str, str]]:
    """Users and accounts that the job has not managed since it deleted them; the entries come newest first.

    An entry about a failure may not name the account, so what counts is the newest entry of the user.
    """
    newest: dict[str, JSON] = {}
    for entry in entries:
        if _manages(entry):
            newest.setdefault(entry["sourceIdentity"]["id"], entry)
    return deleted(newest.values())


def passed_over(entries: Iterable[JSON]) -> set[str]:
    """Users that the job looked at last without a turn, because they were out of scope; the entries come newest first.

    "Analyze provisioning logs": a user is skipped as not entitled, or by the filter; RedundantExport is of one who is
    in scope.
    """
    newest: dict[str, JSON] = {}
    for entry in entries:
        newest.setdefault(entry["sourceIdentity"]["id"], entry)
    skipped = (
        entry for entry in newest.values() if entry["provisioningStatusInfo"]["status"] not in {"success", "failure"}
    )
    return {entry["sourceIdentity"]["id"] for entry in skipped if not _manages(entry)}


def _manages(entry: JSON) -> bool:
    """Whether an entry shows that its user was in scope, or that the account was deleted.

    The job only tries an update, which may fail or not be needed ("Analyze provisioning logs", RedundantExport), if the
    user is in scope, and then it manages the account ("How application provisioning works").
    """
    information = entry["provisioningStatusInfo"]
    match information["status"]:
        case "success":
            return True
        case "failure":
            return entry["provisioningAction"] in {"update", "disable"}
    return (information.get("errorInformation") or {}).get("errorCode") == "RedundantExport"
