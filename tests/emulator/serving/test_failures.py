"""Failures on demand, throttling, and replicas that are behind: each repeatable."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import cycle
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from entra_sync.emulator import Emulator
from entra_sync.emulator.conditions.throttling import Throttling
from entra_sync.emulator.errors import Fault
from tests.emulator.api import Api
from tests.emulator.linking import connect

JSON = Any


def test_injected_status_answers_instead_of_acting(emulator: Emulator, contoso: Api) -> None:
    """The request fails as told, with Retry-After, and nothing was done; the next one succeeds."""
    emulator.fault(method="POST", path="/groups$", status=503, retry_after=2)
    answer = contoso.send("POST", "/groups", {"displayName": "x"})

    assert (503, "2") == (answer.status_code, answer.headers["Retry-After"])
    assert "ServiceUnavailable" == answer.json()["error"]["code"]
    assert contoso.group("Works")["id"]


def test_connection_dropped_before_the_commit_changed_nothing(emulator: Emulator, contoso: Api) -> None:
    """What was asked for was not done."""
    emulator.fault(method="POST", path="/groups", drop="before")
    with pytest.raises(httpx.RemoteProtocolError):
        contoso.group("Lost")

    assert [] == contoso.get("/groups?$filter=displayName eq 'Lost'")["value"]


def test_connection_dropped_after_the_commit_left_the_change(emulator: Emulator, contoso: Api) -> None:
    """What was asked for was done, although the answer was lost."""
    emulator.fault(method="POST", path="/groups", drop="after")
    with pytest.raises(httpx.RemoteProtocolError):
        contoso.group("Made")

    assert 1 == len(contoso.get("/groups?$filter=displayName eq 'Made'")["value"])
    assert 0 == emulator.requests.writes[-1].status


def test_rate_is_drawn_from_the_seed(emulator: Emulator, contoso: Api) -> None:
    """The same seed hits the same requests."""

    def hits() -> list[bool]:
        emulator.service.faults.clear()
        emulator.fault(path="/users", status=503, rate=0.5, seed=3, times=None)
        return [contoso.send("GET", "/users?$top=1").status_code == 503 for _ in range(20)]

    first = hits()
    assert first == hits()
    assert 3 < sum(first) < 17


def test_slow_answer_runs_into_the_clients_timeout(emulator: Emulator, contoso: Api) -> None:
    """A delay beyond the client's patience is a timeout, though the request was carried out."""
    emulator.fault(path="/organization", delay=30)
    client = httpx.Client(transport=emulator.transport(), timeout=5)
    with pytest.raises(httpx.ReadTimeout):
        client.get(
            "https://graph.microsoft.com/v1.0/organization", headers={"Authorization": f"Bearer {contoso.token}"}
        )


def test_fault_that_makes_no_sense_is_refused(emulator: Emulator) -> None:
    """A fault has to do something, and a status needs a code."""
    with pytest.raises(ValueError, match="needs a status, a drop or a delay"):
        emulator.fault(path="/users")
    with pytest.raises(ValueError, match="needs a code"):
        emulator.fault(status=418)


# Throttling


def test_resource_units_are_counted_and_refused(emulator: Emulator, contoso: Api) -> None:
    """A small tenant gives an application 3,500 resource units in ten seconds."""
    emulator.throttle()
    groups = "/groups?$select=id&$top=5"
    answers = [contoso.send("GET", groups) for _ in range(3501)]

    assert [answer.status_code for answer in answers[:3500]] == [200] * 3500
    refused = answers[3500]
    assert (429, "TooManyRequests") == (refused.status_code, refused.json()["error"]["code"])
    assert "429" == refused.json()["error"]["innerError"]["status"]
    assert "ResourceUnitLimitExceeded" == refused.headers["x-ms-throttle-information"]
    assert refused.headers["x-ms-throttle-scope"].startswith("Tenant_Application/ReadWrite/")
    assert "0.8" == answers[2799].headers["x-ms-throttle-limit-percentage"]
    assert "x-ms-throttle-limit-percentage" not in answers[2000].headers

    emulator.clock.advance(timedelta(seconds=float(refused.headers["Retry-After"]) + 0.01))
    assert 200 == contoso.send("GET", groups).status_code


@pytest.mark.parametrize(
    ("path", "units"),
    [
        ("/users", "2"),
        ("/users?$select=id", "1"),
        ("/users?$top=5&$select=id", "1"),
        ("/users?$expand=manager", "3"),
        ("/subscribedSkus", "3"),
        ("/groups", "1"),
    ],
)
def test_cost_of_a_request(contoso: Api, path: str, units: str) -> None:
    """Selecting and asking for little costs less, expanding more, and nothing less than one."""
    assert contoso.send("GET", path).headers["x-ms-resource-unit"] == units


def test_logs_allow_five_requests_in_ten_seconds(emulator: Emulator, contoso: Api) -> None:
    """Audit and provisioning logs have their own limit."""
    emulator.throttle()
    statuses = [contoso.send("GET", "/auditLogs/provisioning").status_code for _ in range(6)]

    assert statuses == [200] * 5 + [429]


@pytest.mark.parametrize(
    ("apps", "tenants", "writes", "scope"),
    [
        (1, 1, 3_000, "Tenant_Application"),
        (10, 1, 18_000, "Tenant"),
        (1, 30, 70_000, "Application"),
    ],
)
def test_writes_count_for_the_application_and_for_the_tenant(apps: int, tenants: int, writes: int, scope: str) -> None:
    """Also if many applications write in one tenant, or one application in many."""
    throttling, done = Throttling(), 0
    throttling.enabled = True
    moment = SimpleNamespace(now=lambda: datetime(2026, 1, 5, tzinfo=UTC))
    calls: JSON = [
        SimpleNamespace(
            claims=SimpleNamespace(appid=f"a{app}"),
            tid=f"t{tenant}",
            request=SimpleNamespace(method="POST", query={}),
            clock=moment,
            store=SimpleNamespace(query=lambda *_: [[501]]),
            header=lambda _: "",
        )
        for app in range(apps)
        for tenant in range(tenants)
    ]
    route: JSON = SimpleNamespace(key="POST /groups")
    with pytest.raises(Fault) as refused:
        for call in cycle(calls):
            throttling.charge(call, route)
            done += 1

    assert (writes, scope) == (done, refused.value.headers["x-ms-throttle-scope"].split("/")[0])


def test_low_priority_is_throttled_first(emulator: Emulator, contoso: Api) -> None:
    """x-ms-throttle-priority: low is refused from four fifths of a limit on."""
    emulator.throttle()
    for _ in range(2900):
        contoso.send("GET", "/groups?$select=id")

    assert 429 == contoso.send("GET", "/groups?$select=id", headers={"x-ms-throttle-priority": "low"}).status_code
    assert 200 == contoso.send("GET", "/groups?$select=id").status_code


def test_items_of_a_batch_are_throttled_one_by_one(emulator: Emulator, contoso: Api) -> None:
    """The batch answers 200; the items over the limit have 429 and their own Retry-After."""
    emulator.throttle()
    requests = [{"id": str(number), "method": "GET", "url": "/auditLogs/provisioning"} for number in range(7)]
    responses = contoso.post("/$batch", {"requests": requests})["responses"]

    assert [response["status"] for response in responses] == [200] * 5 + [429] * 2
    assert float(responses[5]["headers"]["Retry-After"]) > 0


def test_error_can_be_answered_although_the_work_was_done(emulator: Emulator, contoso: Api) -> None:
    """As the service at times answers a creation with 404."""
    emulator.fault(method="POST", path="/groups$", status=404, done=True)

    assert 404 == contoso.send("POST", "/groups", contoso_group("Made")).status_code
    assert ["Made"] == [group["displayName"] for group in contoso.get("/groups?$filter=displayName eq 'Made'")["value"]]


def contoso_group(name: str) -> JSON:
    """The body of a new security group."""
    return {"displayName": name, "mailEnabled": False, "mailNickname": name.lower(), "securityEnabled": True}


@pytest.mark.parametrize(
    ("fault", "status", "made"),
    [
        ({"status": 500}, 500, ["One", "Three"]),
        ({"status": 500, "done": True}, 500, ["One", "Three", "Two"]),
        ({"drop": "before"}, 504, ["One", "Three"]),
        ({"drop": "after"}, 504, ["One", "Three", "Two"]),
    ],
)
def test_single_items_of_a_batch_fail(
    emulator: Emulator, contoso: Api, fault: JSON, status: int, made: list[str]
) -> None:
    """One item is hit, with or without its work being done; the others succeed."""
    requests = [
        {
            "id": name,
            "method": "POST",
            "url": "/groups",
            "headers": {"Content-Type": "application/json"},
            "body": contoso_group(f"Batch {name}") | {"mailNickname": name},
        }
        for name in ("One", "Two", "Three")
    ]
    emulator.fault(method="POST", path="/groups$", skip=1, **fault)
    responses = contoso.post("/$batch", {"requests": requests})["responses"]
    found = contoso.get("/groups?$filter=startswith(displayName,'Batch')&$select=displayName")["value"]

    assert [201, status, 201] == [response["status"] for response in responses]
    assert [f"Batch {name}" for name in made] == sorted(group["displayName"] for group in found)


# Replication


def test_new_object_is_unknown_to_replicas_that_are_behind(emulator: Emulator, contoso: Api) -> None:
    """For a while some reads of a new object are 404, then all find it."""
    emulator.delay_replication(30)
    user = contoso.user("Late")
    statuses = {contoso.send("GET", f"/users/{user['id']}").status_code for _ in range(40)}
    assert {200, 404} == statuses
    listed = [len(contoso.get("/users?$filter=displayName eq 'Late'")["value"]) for _ in range(40)]
    assert {0, 1} == set(listed)

    emulator.clock.advance(timedelta(seconds=31))
    assert {200} == {contoso.send("GET", f"/users/{user['id']}").status_code for _ in range(40)}


def test_what_was_there_before_is_known_everywhere(emulator: Emulator, contoso: Api) -> None:
    """Only objects that are made after the switch are late."""
    user = contoso.user("Early")
    emulator.delay_replication(30)

    assert {200} == {contoso.send("GET", f"/users/{user['id']}").status_code for _ in range(40)}


def test_job_and_secrets_settle_late(emulator: Emulator, contoso: Api, federal: Api) -> None:
    """A new job is 404 on some reads, and saved secrets read as before on some."""
    link = connect(contoso, federal)
    emulator.delay_replication(30)
    link.secrets(sync_all=True)
    path = f"{link.sync}/secrets"

    def sync_all() -> str:
        return next(item["value"] for item in contoso.get(path)["value"] if item["key"] == "SyncAll")

    assert {"true", "false"} == {sync_all() for _ in range(40)}
    emulator.clock.advance(timedelta(seconds=31))
    assert {"true"} == {sync_all() for _ in range(40)}


# Answers


def test_error_body_has_the_services_inner_error(contoso: Api) -> None:
    """Request ids and a date without zone, and the client's own request id again."""
    answer = contoso.send("GET", "/users/nobody", headers={"client-request-id": "mine"})
    error = answer.json()["error"]

    assert {"code", "message", "innerError"} == set(error)
    assert error["innerError"]["client-request-id"] == answer.headers["client-request-id"] == "mine"
    assert error["innerError"]["request-id"] == answer.headers["request-id"]
    assert "2026-01-05T08:00:00" == error["innerError"]["date"]


def test_unknown_path_is_501_and_names_it(contoso: Api) -> None:
    """What is not emulated is never taken for an object that is gone."""
    status, code, message = contoso.error("GET", "/deviceManagement/managedDevices")

    assert (501, "NotImplemented") == (status, code)
    assert "/v1.0/deviceManagement/managedDevices" in message


def test_wrong_method_is_405_with_what_is_allowed(contoso: Api) -> None:
    """A known path with another method says which ones it has."""
    answer = contoso.send("PUT", "/users", {})

    assert (405, "GET, POST") == (answer.status_code, answer.headers["Allow"])


def test_body_that_is_no_json_is_a_bad_request(emulator: Emulator, contoso: Api) -> None:
    """Neither an empty nor an unreadable body is taken for an empty object."""
    client = httpx.Client(transport=emulator.transport())
    headers = {"Authorization": f"Bearer {contoso.token}"}
    for content in (b"", b"{", b"[]"):
        answer = client.post("https://graph.microsoft.com/v1.0/groups", content=content, headers=headers)
        assert 400 == answer.status_code, content


def test_request_log_masks_secrets(emulator: Emulator, contoso: Api, federal: Api) -> None:
    """Bodies are logged for writes, without passwords and secrets."""
    contoso.user("Logged")
    assert {"password": "*"} == emulator.requests.writes[-1].body["passwordProfile"]
    link = connect(contoso, federal)
    value = [{"key": "SecretToken", "value": "hush"}, {"key": "BaseAddress", "value": "https://x"}]
    contoso.ok("PUT", f"{link.sync}/secrets", {"value": value})

    assert {
        "value": [{"key": "SecretToken", "value": "*"}, {"key": "BaseAddress", "value": "https://x"}]
    } == emulator.requests.writes[-1].body
    assert {"key": "SecretToken", "value": "*"} == contoso.get(f"{link.sync}/secrets")["value"][0]
