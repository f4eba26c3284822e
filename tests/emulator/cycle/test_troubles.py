"""Settings that no cycle can use are refused when they are saved, and one user's trouble stays with that user."""

from __future__ import annotations

import json
from typing import Any

import pytest

from entra_sync.emulator import Emulator
from tests.emulator.api import Api
from tests.emulator.linking import Link, connect, credentials

JSON = Any


@pytest.mark.parametrize(
    "clause",
    [
        ("country", "REGEX MATCH", "("),
        ("country", "REGEX MATCH", r"(?<a>.)(?'a"),
        ("country", "Greater_Than", "abc"),
        ("country", "SOUNDS LIKE", "US"),
    ],
)
def test_a_filter_that_cannot_be_evaluated_is_not_saved(link: Link, clause: tuple[str, str, str]) -> None:
    before = link.source.get(f"{link.job}/schema")
    (status, code, _) = link.source.error("PUT", f"{link.job}/schema", filtered(before, clause))

    assert (400, "schemaInvalid") == (status, code)
    assert before == link.source.get(f"{link.job}/schema")


@pytest.mark.parametrize("threshold", [None, "", "many", [5], {}, 1e400])
def test_a_threshold_that_is_no_number_is_not_saved(link: Link, threshold: JSON) -> None:
    notification = json.dumps({"DeleteThresholdEnabled": True, "DeleteThresholdValue": threshold})
    value = [*credentials(link.target), {"key": "SyncNotificationSettings", "value": notification}]
    (status, _, message) = link.source.error("PUT", f"{link.sync}/secrets", {"value": value})

    assert 400 == status
    assert "InvalidNotificationSettings" in message


def test_a_pattern_that_takes_too_long_fails_for_its_user_only(link: Link, contoso: Api) -> None:
    """The others are synchronized, and so are those of other jobs."""
    quick = contoso.user("Ada Lovelace", department="Research")
    slow = contoso.user("Charles Babbage", department="a" * 60 + "!")
    for user in (quick, slow):
        link.assign(user["id"])
    link.filter(("department", "REGEX MATCH", r"^((a|aa)\2?)+$|Research"))

    assert {"create": 1, "failure": 1} == link.cycle()
    assert link.account(quick) is not None
    assert "takes more than" in json.dumps(link.log(slow)[0])


def test_a_manager_of_an_account_that_goes_with_another_user_is_not_set(emulator: Emulator, contoso: Api) -> None:
    """Two users share an account: one gets another manager, the other leaves, both in one cycle."""
    emulator.add_tenant("other", "global")
    link = connect(contoso, Api(emulator, "other"))
    link.start()
    people = {name: contoso.user(name)["id"] for name in ("Boss", "Chief", "Ann", "Bob")}
    first, second = sorted((people["Ann"], people["Bob"]))
    assigned = {id: link.assign(id) for id in people.values()}
    managed_by(contoso, first, people["Boss"])
    link.cycle()
    store, tid = emulator.service.store, contoso.tenant.tenant_id
    links = [store.get(tid, "link", f"{link.job_id}/{id}") for id in (first, second)]
    account = links[0].doc["target"]
    store.replace(tid, "link", links[1].id, {**links[1].doc, "target": account}, keys={"link.target": account})
    managed_by(contoso, first, people["Chief"])
    link.unassign(assigned[second])

    assert {"skipped": 1, "delete": 1} == link.cycle()
    assert "Succeeded" == link.status()["lastExecution"]["state"]


def managed_by(tenant: Api, user: str, manager: str) -> None:
    """Sets a user's manager."""
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{manager}"}
    tenant.ok("PUT", f"/users/{user}/manager/$ref", reference)


def filtered(schema: JSON, clause: tuple[str, str, str]) -> JSON:
    """The schema with one clause in its scoping filter."""
    name, operator, value = clause
    scope = schema["synchronizationRules"][0]["objectMappings"][0]["scope"]
    operand = {"values": [value]}
    clauses = [{"operatorName": operator, "sourceOperandName": name, "targetOperand": operand}]
    changed: JSON = json.loads(json.dumps(schema))
    changed["synchronizationRules"][0]["objectMappings"][0]["scope"] = {
        **scope,
        "groups": [{"name": "Filter 1", "clauses": clauses}],
    }
    return changed
