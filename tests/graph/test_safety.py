"""What must hold although no ordinary run shows it: locks, read-only runs, TLS, requests that are not repeated."""

from __future__ import annotations

import json
import threading
from typing import Any

import httpx
import pytest

from entra_sync.base.calls import GraphCall
from entra_sync.base.run.sending import execute
from entra_sync.emulator import Emulator
from entra_sync.errors import Ambiguous, ConfigurationError, CredentialsRejected, GraphError
from entra_sync.graph.gateway import Graph
from entra_sync.graph.requests import Request
from entra_sync.microsoft.tenant import Tenant
from tests.graph.service import CONTOSO, Credential, Service, ok, refusal

JSON = Any


def item(index: int, status: int, **headers: str) -> dict[str, JSON]:
    """An item of a batch's answer."""
    body = {"error": {"code": "x", "message": "y"}} if status >= 400 else {"id": str(index)}
    return {"id": str(index), "status": status, "headers": headers, "body": body}


@pytest.mark.parametrize("value", ["1", "true", "yes", "ON"])
def test_a_read_only_run_sends_nothing(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials of a review must not write, whatever the list of calls says."""
    monkeypatch.setenv("ENTRA_SYNC_READ_ONLY", value)
    service = Service(ok({}))

    with pytest.raises(ConfigurationError, match="ENTRA_SYNC_READ_ONLY is set, so nothing is sent"):
        execute(service.graph(), [GraphCall("contoso", "POST", "/v1.0/x")], {})
    assert [] == service.asked


def test_two_changes_of_one_object_are_merged_one_after_the_other() -> None:
    """The second change reads what the first one wrote: Graph would lose one of them."""
    state = {"n": 0}
    inside: list[int] = []
    most: list[int] = []
    together = threading.Barrier(2)

    def handle(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return ok(dict(state))
        state.update(json.loads(request.content))
        return httpx.Response(204)

    def add(current: JSON, change: JSON) -> JSON:
        inside.append(1)
        most.append(len(inside))
        threading.Event().wait(0.05)
        inside.pop()
        return {"n": current["n"] + change["n"]}

    graph = Graph(CONTOSO, credential=Credential(), transport=httpx.MockTransport(handle))
    call = GraphCall("contoso", "PUT", "/v1.0/x", {"n": 1}, merges="add")

    def send() -> None:
        together.wait()
        execute(graph, [call], {}, merges={"add": add})

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert (1, 2) == (max(most), state["n"])


@pytest.mark.parametrize("order", [("30", "3"), ("3", "30")])
def test_a_batch_waits_as_long_as_its_most_throttled_item(order: tuple[str, str]) -> None:
    throttled = [item(index, 429, **{"Retry-After": wait}) for index, wait in enumerate(order)]
    service = Service(ok({"responses": throttled}), ok({"responses": [item(0, 200), item(1, 200)]}))
    service.graph().batch([Request("GET", "/v1.0/a"), Request("GET", "/v1.0/b")])

    assert [30.0] == service.pauses


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_create_in_a_batch_is_not_repeated_blindly(status: int) -> None:
    """It may have been carried out: the caller looks and decides."""
    service = Service(ok({"responses": [item(0, status)]}))
    (answer,) = service.graph().batch([Request("POST", "/v1.0/a", {})])

    assert isinstance(answer, Ambiguous)
    assert 1 == len(service.asked)


def test_only_a_policy_that_has_not_replicated_is_waited_for() -> None:
    """Any other refusal of the credentials is told at once."""
    service = Service(refusal(400, "ExternalTenantNotFound"))
    call = GraphCall("contoso", "POST", "/v1.0/x/validateCredentials", {}, patience=60)

    with pytest.raises(CredentialsRejected):
        execute(service.graph(), [call], {})
    assert (1, []) == (len(service.asked), service.pauses)


@pytest.mark.parametrize(
    ("problem", "attempts"),
    [("[Errno -2] Name or service not known", 1), ("[Errno 111] Connection refused", 2)],
    ids=["no such host", "not reached"],
)
def test_only_a_connection_that_may_come_is_tried_again(problem: str, attempts: int) -> None:
    service = Service(httpx.ConnectError(problem), ok({"id": "x"}))
    try:
        service.graph().get("/v1.0/organization/x")
    except GraphError as error:
        assert problem in str(error)

    assert attempts == len(service.asked)


def test_a_certificate_that_is_not_trusted_ends_the_run_at_once() -> None:
    """Nothing is sent to a server that cannot prove who it is, and nothing is tried again."""
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    with Emulator.sample("contoso", seed=7, people=5).serve() as server:
        connection = {key: value for key, value in server.connection("contoso").items() if key not in ("caFile",)}
        graph = Graph(Tenant("contoso", **connection), credential=Credential(), sleep=sleep)
        with pytest.raises(GraphError, match=r"(?i)certificate"):
            graph.get("/v1.0/users")

    assert [] == pauses


@pytest.mark.parametrize(
    "claims",
    [
        {"wids": ["62e90394-69f5-4237-9190-012177145e10"]},
        {"idtyp": "user"},
        {"scp": "User.Read"},
    ],
    ids=["a directory role", "a user", "delegated permissions"],
)
def test_a_token_that_is_not_only_of_an_application_does_not_tell_what_it_may(claims: JSON) -> None:
    """What an administrator may is not in the token: a preview that went by its roles would refuse."""
    graph = Service().graph()
    graph.transport.claims = lambda: {"roles": ["User.Read.All"], **claims}  # type: ignore[method-assign]

    assert graph.granted() is None
