"""The provisioning log as it is read."""

from __future__ import annotations

from typing import Any

import pytest

from entra_sync.impact.facts.provisioning_log import last_deleted, succeeded

JSON = Any


def entry(account: JSON, action: str = "create", status: str = "success") -> JSON:
    """An entry of the log."""
    return {
        "provisioningAction": action,
        "provisioningStatusInfo": {"status": status},
        "targetIdentity": account if account is None else {"id": account},
    }


@pytest.mark.parametrize(
    ("action", "expected"),
    [("", ("b", "a")), ("create", ("a",)), ("delete", ("b",)), ("update", ("b",))],
)
def test_accounts_are_those_of_entries_that_succeeded(action: str, expected: tuple[str, ...]) -> None:
    """In the order of the log, each once; entries that came to no account have none, and are no mistake."""
    log = [
        entry("b", "update"),
        entry("b", "delete"),
        entry(None),
        entry(""),
        entry("c", status="failure"),
        entry("a"),
    ]

    assert expected == succeeded(log, action)


def turn(action: str, status: str, account: JSON = "a", code: str = "") -> JSON:
    """An entry about one user."""
    found = entry(account, action, status)
    return {
        **found,
        "sourceIdentity": {"id": "ada"},
        "provisioningStatusInfo": {"status": status, "errorInformation": {"errorCode": code}},
    }


@pytest.mark.parametrize(
    ("newer", "unmanaged"),
    [
        ([], {("ada", "a")}),
        ([turn("other", "skipped", code="EntrySynchronizationSkipped")], {("ada", "a")}),
        ([turn("other", "skipped", code="RedundantExport")], set()),
        ([turn("update", "success")], set()),
        ([turn("disable", "failure", None, "EntryConflict")], set()),
    ],
    ids=["nothing", "not in scope", "not needed", "updated", "failed"],
)
def test_a_job_manages_an_account_again_if_its_user_was_in_scope_since(
    newer: list[JSON], unmanaged: set[tuple[str, str]]
) -> None:
    assert unmanaged == last_deleted([*newer, turn("delete", "success"), turn("create", "success")])
