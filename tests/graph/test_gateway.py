"""The gateway: what is repeated and what is not, batches, pages, and errors that say what to do."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from azure.core.credentials import AccessToken

from entra_sync.errors import Ambiguous, Conflict, GraphError, NotFound, PermissionMissing, Throttled
from entra_sync.graph import transport
from entra_sync.graph.answers import together
from entra_sync.graph.gateway import AGREEING, Awaited, Graph, connect, connecting, reading_at_once
from entra_sync.graph.loop import run
from entra_sync.graph.requests import Answer, Request
from entra_sync.microsoft.tenant import Tenant
from tests.graph.service import CONTOSO, TOKEN, Service, ok, refusal

JSON = Any


def test_a_request_without_a_purpose_has_a_name_in_messages() -> None:
    with pytest.raises(GraphError, match="while calling Microsoft Graph"):
        Service().graph().send(Request("GET", "//evil.example/v1.0"))


def test_requests_carry_the_token_to_the_tenants_graph() -> None:
    """Host by cloud, version in the path."""
    service = Service(ok({"id": "1"}))

    assert {"id": "1"} == service.graph().get("/v1.0/organization")
    assert "https://graph.microsoft.com/v1.0/organization" == str(service.asked[0].url)
    assert f"Bearer {TOKEN}" == service.asked[0].headers["authorization"]


def test_throttling_is_waited_out_as_long_as_graph_says() -> None:
    """Whatever the method: a throttled request was not carried out."""
    throttled = refusal(429, "TooManyRequests", **{"Retry-After": "7"})
    service = Service(throttled, ok({"id": "1"}))
    service.graph().send(Request("POST", "/v1.0/groups", {"displayName": "x"}))

    assert [7.0] == service.pauses
    assert 2 == len(service.asked)


def test_throttling_that_does_not_end_is_an_error() -> None:
    """With the way out."""
    service = Service(*[refusal(429, "TooManyRequests", **{"Retry-After": "1"}) for _ in range(6)])

    with pytest.raises(Throttled, match="wait, then run again"):
        service.graph().get("/v1.0/users")


def test_a_wait_of_hours_is_reported_instead() -> None:
    """No user waits in front of it."""
    service = Service(refusal(429, "TooManyRequests", **{"Retry-After": "7200"}))

    with pytest.raises(Throttled):
        service.graph().get("/v1.0/users")
    assert [] == service.pauses


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_what_may_be_repeated_is_after_a_failure_of_the_service(method: str) -> None:
    """A second time has the effect of one time."""
    service = Service(refusal(503, "ServiceUnavailable"), httpx.ReadError("reset"), ok({"id": "1"}))
    service.graph().send(Request(method, "/v1.0/things/1"))

    assert 3 == len(service.asked)


@pytest.mark.parametrize("failure", [refusal(504, "GatewayTimeout"), httpx.ReadError("reset")])
def test_a_create_whose_answer_is_lost_is_not_repeated_blindly(failure: httpx.Response | Exception) -> None:
    """It may have been carried out; the caller has to look."""
    service = Service(failure)

    with pytest.raises(Ambiguous):
        service.graph().send(Request("POST", "/v1.0/groups", {}))
    assert 1 == len(service.asked)


def test_pages_are_followed_to_the_end() -> None:
    """By the link that Graph gives."""
    link = "https://graph.microsoft.com/v1.0/users?$skiptoken=2"
    service = Service(ok({"value": [1, 2], "@odata.nextLink": link}), ok({"value": [3]}))

    assert [1, 2, 3] == list(service.graph().pages("/v1.0/users"))
    assert link == str(service.asked[1].url)


def test_a_page_that_fails_is_an_error_and_no_short_list() -> None:
    """Unknown is not empty."""
    link = "https://graph.microsoft.com/v1.0/users?$skiptoken=2"
    service = Service(ok({"value": [1], "@odata.nextLink": link}), refusal(403, "Authorization_RequestDenied"))

    with pytest.raises(PermissionMissing):
        list(service.graph().pages("/v1.0/users"))


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(404, "Request_ResourceNotFound"), NotFound),
        (refusal(400, "Directory_ObjectNotFound"), NotFound),
        (refusal(409, "Request_MultipleObjectsWithSameKeyValue"), Conflict),
        (refusal(400, "Request_BadRequest"), GraphError),
        (refusal(400, "Request_BadRequest", detail="NoBackingApplicationObject"), NotFound),
        (refusal(400, "Request_BadRequest", detail="ObjectConflict"), Conflict),
    ],
)
def test_errors_are_told_apart_by_status_and_code(answer: httpx.Response, kind: type[GraphError]) -> None:
    """So that a missing object is never taken for a refused one."""
    with pytest.raises(GraphError) as caught:
        Service(answer).graph().get("/v1.0/users/1", "reading user 1")

    assert kind is type(caught.value)
    assert "tenant contoso (global): while reading user 1: " in str(caught.value)
    assert "(request r-1)" in str(caught.value)


def test_a_refusal_names_the_permission_and_no_token() -> None:
    """The least privileged one for what was attempted."""
    service = Service(refusal(403, "Authorization_RequestDenied", "Insufficient privileges."))
    with pytest.raises(PermissionMissing) as caught:
        service.graph().send(Request("PATCH", "/v1.0/policies/crossTenantAccessPolicy", {}, "allowing a cloud"))

    assert ("Policy.ReadWrite.CrossTenantAccess",) == caught.value.needed
    assert "the application needs Policy.ReadWrite.CrossTenantAccess" in str(caught.value)
    assert TOKEN not in str(caught.value)


def batched(*statuses: int) -> Callable[[httpx.Request], httpx.Response]:
    """Answers each item of a batch with its status, in reverse order as Graph may."""

    def answer(request: httpx.Request) -> httpx.Response:
        items = json.loads(request.content)["requests"]
        answers = []
        for item, status in zip(items, statuses, strict=True):
            error = {
                "error": {"code": "TooManyRequests" if status == 429 else "Request_ResourceNotFound", "message": "No."}
            }
            headers = {"Retry-After": "3"} if status == 429 else {}
            body = {"url": item["url"]} if status < 400 else error
            answers.append({"id": item["id"], "status": status, "headers": headers, "body": body})
        return ok({"responses": answers[::-1]})

    return answer


def test_a_batch_answers_in_the_order_of_its_requests() -> None:
    """Failures stand in their place; twenty go in one round trip."""
    service = Service(
        batched(200, 404),
    )
    first, second = service.graph().batch([Request("GET", f"/v1.0/groups/{name}") for name in "ab"])

    assert isinstance(first, Answer) and {"url": "/groups/a"} == first.body
    assert isinstance(second, NotFound)
    many = Service(batched(*[200] * 20), batched(*[200] * 5))
    assert 25 == len(many.graph().batch([Request("GET", f"/v1.0/groups/{number}") for number in range(25)]))
    assert 2 == len(many.asked)


def test_only_the_throttled_items_of_a_batch_are_sent_again() -> None:
    """After the wait that the slowest of them asked for."""
    service = Service(batched(200, 429, 429), batched(200, 200))
    results = service.graph().batch([Request("POST", f"/v1.0/groups/{name}/assignLicense", {}) for name in "abc"])

    assert [200, 200, 200] == [result.status for result in results if isinstance(result, Answer)]
    assert [3.0] == service.pauses


@pytest.mark.parametrize(("lag", "pause"), [("", 0.2), ("60", 0.1)])
def test_what_has_not_replicated_is_waited_for(lag: str, pause: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not found, refused, incomplete, complete. Answers that must agree come as far apart as replicas lag."""
    monkeypatch.setenv("ENTRA_SYNC_REPLICA_LAG", lag)
    service = Service(
        refusal(404, "Request_ResourceNotFound"),
        refusal(403, "Authorization_RequestDenied"),
        ok({"value": []}),
        *[ok({"value": [1]})] * AGREEING,
    )
    body = service.graph().wait_for("/v1.0/things", "waiting", until=lambda found: bool(found["value"]))
    growing, between = service.pauses[: 1 - AGREEING], service.pauses[1 - AGREEING :]

    assert {"value": [1]} == body
    assert sorted(growing) == growing
    assert [pytest.approx(pause)] * (AGREEING - 1) == between


def test_one_replica_s_answer_does_not_end_a_wait() -> None:
    """The next replica does not know the object yet: the answers that agree are counted from the start."""
    complete, missing = ok({"value": [1]}), refusal(404, "Request_ResourceNotFound")
    service = Service(*[complete] * (AGREEING - 1), missing, *[complete] * AGREEING)
    service.graph().wait_for("/v1.0/things", "waiting")

    assert [] == service.answers


def test_objects_that_are_waited_for_together_are_read_by_one_batch_each_time() -> None:
    """Three batches agree; one in which an object is missing does not count, nor do those before it."""
    service = Service(*[batched(200, 200)] * (AGREEING - 1), batched(200, 404), *[batched(200, 200)] * AGREEING)
    found = service.graph().wait_for_each([Awaited("/v1.0/a", "waiting for a"), Awaited("/v1.0/b", "waiting for b")])

    assert ["/a", "/b"] == [body["url"] for body in found]
    assert [] == service.answers


def test_a_wait_for_several_names_the_one_that_is_not_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its own purpose."""
    monkeypatch.setenv("ENTRA_SYNC_REPLICA_LAG", "0")
    never = Awaited("/v1.0/b", "waiting for b", lambda body: False)

    with pytest.raises(GraphError, match="while waiting for b: gave up after 0 s of waiting: it is not complete yet"):
        Service(batched(200, 200)).graph().wait_for_each([Awaited("/v1.0/a", "waiting for a"), never])


def test_a_look_takes_what_a_wait_has_read_last() -> None:
    """Only once: a second look asks Graph."""
    service = Service(*[ok({"number": number}) for number in range(AGREEING + 1)])
    graph = service.graph()
    with together.taking({}):
        graph.wait_for("/v1.0/things", "waiting")
        taken = graph.get("/v1.0/things")
        asked = graph.get("/v1.0/things")

    assert ({"number": AGREEING - 1}, {"number": AGREEING}) == (taken, asked)


def test_a_look_that_is_repeated_asks_by_a_batch() -> None:
    """Each batch is one answer. What the first look has found, the next ones do not lose."""
    missing = refusal(404, "Request_ResourceNotFound")
    service = Service(ok({"id": "1"}), missing, batched(200, 404), batched(200, 200))
    graph = service.graph()

    def look() -> list[JSON]:
        found = [graph.find(f"/v1.0/{name}") for name in "ab"]
        return found if all(found) else []

    assert [{"url": "/a"}, {"url": "/b"}] == graph.agreed(look)
    assert ["GET", "GET", "POST", "POST"] == [request.method for request in service.asked]


def test_a_look_of_several_versions_asks_each_by_itself() -> None:
    """A batch is of one version; what a look asks alone is not put into a batch."""
    missing = refusal(404, "Request_ResourceNotFound")
    service = Service(missing, missing, missing, batched(404, 404), missing, batched(404, 404), missing)
    graph = service.graph()
    paths = ("/v1.0/a", "/v1.0/b", "/beta/a")

    assert not graph.agreed(lambda: any(graph.find(path) for path in paths))
    assert [] == service.answers


def test_an_item_of_a_look_s_batch_that_fails_is_asked_for_by_itself() -> None:
    """Only an answer and "not found" count; what could not be read is never taken for nothing."""
    missing = refusal(404, "Request_ResourceNotFound")
    refused = {"error": {"code": "Authorization_RequestDenied", "message": "No."}}
    items = [{"id": "0", "status": 404, "body": {}}, {"id": "1", "status": 403, "body": refused}]
    service = Service(missing, missing, ok({"responses": items}), refusal(403, "Authorization_RequestDenied"))
    graph = service.graph()

    with pytest.raises(PermissionMissing):
        graph.agreed(lambda: any(graph.find(f"/v1.0/{name}") for name in "ab"))
    assert [] == service.answers


def test_reads_that_are_announced_come_by_one_batch() -> None:
    """Each once: a second read of the same is sent."""
    service = Service(batched(200, 404), ok({"second": "time"}))
    graph = service.graph()
    with reading_at_once([(graph, "/v1.0/a"), (graph, "/v1.0/b")]):
        found = [graph.get("/v1.0/a"), graph.find("/v1.0/b"), graph.get("/v1.0/a")]

    assert [{"url": "/a"}, None, {"second": "time"}] == found
    assert ["POST", "GET"] == [request.method for request in service.asked]


def test_reads_that_are_asked_at_once_serve_single_reads_and_batches() -> None:
    """Each once. What failed in the batch is read by itself, so that the error is that of its own request."""
    refused = refusal(403, "Authorization_RequestDenied", "Not allowed.")
    service = Service(batched(200, 200, 403), refused, ok({"second": "time"}))
    graph = service.graph()
    a, b, c = (Request("GET", f"/v1.0/{name}", purpose=f"reading {name}") for name in "abc")
    with together.reading([(graph, each) for each in (a, b, c)]):
        found = [run(graph.ask(a)).body, *graph.read_all([b])]
        with pytest.raises(PermissionMissing, match="while reading c: 403 Authorization_RequestDenied: Not allowed"):
            graph.send(c)
        again = graph.get("/v1.0/a")

    assert [[{"url": "/a"}, {"url": "/b"}], {"second": "time"}] == [found, again]
    assert ["POST", "GET", "GET"] == [request.method for request in service.asked]


def test_what_is_at_hand_is_not_asked_for_again() -> None:
    """Of what an inner part asks for at once only the rest is sent."""
    service = Service(batched(200, 200), ok({"id": "c"}))
    graph = service.graph()
    a, b, c = (Request("GET", f"/v1.0/{name}") for name in "abc")
    with together.reading([(graph, a), (graph, b)]), together.reading([(graph, a), (graph, b), (graph, c)]):
        found = graph.read_all([a, b, c])

    assert [{"url": "/a"}, {"url": "/b"}, {"id": "c"}] == found
    assert 2 == len(service.asked)


def test_looks_of_different_questions_share_their_batches() -> None:
    """Each of both has its three answers; the second one neither asks nor waits again."""
    service = Service(*[batched(404, 404)] * AGREEING)
    graph = service.graph()
    with reading_at_once([], [(graph, "/v1.0/a"), (graph, "/v1.0/b")]):
        found = [graph.find(path, agreeing=AGREEING) for path in ("/v1.0/a", "/v1.0/b")]

    assert [None, None] == found
    assert (["POST"] * AGREEING, AGREEING - 1) == ([each.method for each in service.asked], len(service.pauses))


def test_what_only_the_first_look_reads_is_not_repeated() -> None:
    """It was announced for one look."""
    missing = refusal(404, "Request_ResourceNotFound")
    service = Service(batched(200, 404), missing, missing)
    graph = service.graph()
    with reading_at_once([(graph, "/v1.0/a")], [(graph, "/v1.0/b")]):
        found = [graph.get("/v1.0/a"), graph.find("/v1.0/b", agreeing=AGREEING)]

    assert [{"url": "/a"}, None] == found
    assert [] == service.answers


def test_a_write_drops_what_was_read_together() -> None:
    """What is decided after it is read after it, again by batches."""
    service = Service(batched(200, 200), ok({}), batched(404, 404))
    graph = service.graph()
    with reading_at_once([(graph, "/v1.0/a"), (graph, "/v1.0/b")]):
        before = graph.find("/v1.0/a")
        graph.send(Request("PATCH", "/v1.0/b", {}))
        after = [graph.find("/v1.0/b"), graph.find("/v1.0/a")]

    assert ({"url": "/a"}, [None, None]) == (before, after)
    assert ["POST", "PATCH", "POST"] == [each.method for each in service.asked]


def test_a_batch_that_fails_decides_nothing() -> None:
    """Each read is sent by itself, and tells."""
    service = Service(refusal(404, "UnknownError"), ok({"id": "a"}), refusal(404, "Request_ResourceNotFound"))
    graph = service.graph()
    with reading_at_once([(graph, "/v1.0/a"), (graph, "/v1.0/b")]):
        found = [graph.find("/v1.0/a"), graph.find("/v1.0/b")]

    assert [{"id": "a"}, None] == found


def test_both_tenants_are_asked_at_the_same_time() -> None:
    """One request for each, whichever is read first; a single read of a tenant goes along."""
    here, there = Service(batched(200, 200)), Service(ok({"url": "/c"}))
    graph, other = here.graph(), there.graph()
    with reading_at_once([(graph, "/v1.0/a"), (graph, "/v1.0/b"), (other, "/v1.0/c")]):
        graph.get("/v1.0/a")
        asked = len(here.asked), len(there.asked)
        found = [graph.get("/v1.0/b"), other.get("/v1.0/c")]

    assert ((1, 1), [{"url": "/b"}, {"url": "/c"}]) == (asked, found)


def test_a_batch_s_not_found_of_what_must_be_there_does_not_count() -> None:
    """Its own request waits for a replica that is behind; so does that of a list whose item of the batch has none."""
    service = Service(batched(404, 200), ok({"id": "1"}), ok({"value": []}))
    graph = service.graph()
    with reading_at_once([(graph, "/v1.0/a"), (graph, "/v1.0/b")]):
        found, items = graph.get("/v1.0/a"), list(graph.pages("/v1.0/b"))

    assert ({"id": "1"}, []) == (found, items)
    assert [] == service.answers


def test_reads_in_a_batch_are_bodies_nothing_or_an_error() -> None:
    """What is not there is None; what could not be read is never taken for nothing."""
    requests = [Request("GET", f"/v1.0/users/{number}", purpose="looking") for number in range(3)]

    found = Service(batched(404, 200, 404)).graph().read_each(requests)
    refused = {"id": "0", "status": 403, "body": {"error": {"code": "Authorization_RequestDenied", "message": "No."}}}

    assert [None, "/users/1", None] == [body and body["url"] for body in found]
    with pytest.raises(PermissionMissing):
        Service(ok({"responses": [refused]})).graph().read_each(requests[:1])


def test_a_wait_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """After as long as replicas may lag, with what was seen last."""
    monkeypatch.setenv("ENTRA_SYNC_REPLICA_LAG", "20")
    service = Service(*[refusal(404, "Request_ResourceNotFound") for _ in range(40)])

    with pytest.raises(GraphError, match="gave up after 20 s of waiting"):
        service.graph().wait_for("/v1.0/things", "waiting")


def test_the_token_says_who_we_are_and_what_we_may() -> None:
    """Unless a directory role may say more."""
    graph = Service().graph()

    assert ("me", frozenset({"User.Read.All"})) == (graph.identity(), graph.granted())


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be interrupted there")
def test_a_process_that_waits_can_be_interrupted_although_polars_is_loaded() -> None:
    """Else the engine waits five seconds at the end of each run that looked at people, and Ctrl-C does nothing."""
    waiting = """
import asyncio, signal, threading
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background may begin with it ignored
import polars
from entra_sync.graph.loop import together
together(asyncio.sleep(0))
try:
    print("waiting", flush=True)
    threading.Event().wait()
except KeyboardInterrupt:
    print("interrupted")
"""
    with subprocess.Popen([sys.executable, "-c", waiting], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert "waiting\n" == process.stdout.readline()
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=60)
        finally:
            process.kill()

    assert "interrupted\n" == said


DAMAGED = {
    "nothing": httpx.Response(200, content=b"", headers={"content-type": "application/json"}),
    "an HTML page": httpx.Response(200, text="<html>Sign in</html>", headers={"content-type": "text/html"}),
    "a half": httpx.Response(200, content=b'{"id": "1", "na', headers={"content-type": "application/json"}),
    "null": httpx.Response(200, content=b"null", headers={"content-type": "application/json"}),
    "a text": httpx.Response(200, json=""),
    "a list": httpx.Response(200, json=[{"id": "1"}]),
    "an object without properties": httpx.Response(200, json={}),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_success_that_is_not_the_object_is_asked_for_again(name: str) -> None:
    """It never means that the object is gone or a list is empty."""
    service = Service(DAMAGED[name], ok({"id": "1"}))

    assert {"id": "1"} == service.graph().find("/v1.0/things/1")


@pytest.mark.parametrize("name", DAMAGED)
def test_a_success_that_stays_damaged_is_an_error_of_our_own(name: str) -> None:
    """With tenant, purpose and the remedy."""
    service = Service(*[DAMAGED[name]] * 6)

    with pytest.raises(GraphError, match=r"tenant contoso.*while listing things.*cannot be used: .*Run again"):
        list(service.graph().pages("/v1.0/things", "listing things"))


@pytest.mark.parametrize("name", ["an HTML page", "a half", "null", "a text", "a list"])
def test_a_create_with_a_damaged_answer_may_have_been_carried_out(name: str) -> None:
    """The caller has to look, as after a lost answer."""
    answer = DAMAGED[name]
    status = httpx.Response(201, content=answer.content, headers=answer.headers)

    if name == "null":
        assert Service(status).graph().send(Request("POST", "/v1.0/things", {})).body is None
    else:
        with pytest.raises(Ambiguous):
            Service(status).graph().send(Request("POST", "/v1.0/things", {}))


def test_a_page_without_its_list_is_an_error() -> None:
    """Unknown is not empty."""
    service = Service(*[ok({"@odata.context": "x"})] * 6)

    with pytest.raises(GraphError, match='it has no list "value"'):
        list(service.graph().pages("/v1.0/things"))


def test_a_damaged_item_of_a_batch_is_asked_for_again() -> None:
    """The others keep their answers."""
    items = [{"id": "0", "status": 200, "body": {"id": "a"}}, {"id": "1", "status": 200, "body": None}]
    again = [{"id": "1", "status": 200, "body": {"id": "b"}}]
    service = Service(ok({"responses": items}), ok({"responses": again}))
    answers = service.graph().batch([Request("GET", "/v1.0/things/a"), Request("GET", "/v1.0/things/b")])

    assert [{"id": "a"}, {"id": "b"}] == [answer.body for answer in answers if isinstance(answer, Answer)]


def test_what_this_process_created_is_waited_for() -> None:
    """404, and 403 on the synchronization API, come from a replica that is behind."""
    created = {"application": {"id": "app-1"}, "servicePrincipal": {"id": "sp-1"}}
    late = [refusal(404, "Request_ResourceNotFound"), refusal(403, "Authorization_RequestDenied")]
    service = Service(ok(created), *late, ok({"value": []}), refusal(404, "Request_ResourceNotFound"))
    graph = service.graph()
    graph.send(Request("POST", "/v1.0/applicationTemplates/t/instantiate", {"displayName": "x"}))

    assert [] == list(graph.pages("/v1.0/servicePrincipals/sp-1/synchronization/jobs"))
    assert 2 == len(service.pauses)
    assert graph.find("/v1.0/servicePrincipals/sp-1/synchronization/secrets") is None
    assert 2 == len(service.pauses)


def test_what_this_process_deleted_is_gone_at_once() -> None:
    """Nothing is waited for after a DELETE."""
    service = Service(ok({"id": "1"}), ok({}), refusal(404, "Request_ResourceNotFound"))
    graph = service.graph()
    graph.send(Request("POST", "/v1.0/things", {}))
    graph.send(Request("DELETE", "/v1.0/things/1"))

    assert graph.find("/v1.0/things/1") is None
    assert [] == service.pauses


def test_a_refused_token_is_replaced_once() -> None:
    """It may have been revoked before it expired."""
    service = Service(refusal(401, "InvalidAuthenticationToken"), ok({"id": "1"}))

    assert {"id": "1"} == service.graph().get("/v1.0/organization")


class Signing:
    """Credentials of which each hands out a token of its own."""

    def __init__(self) -> None:
        self.made = 0

    def credential(self, tenant: Tenant) -> Signing:
        """What the next sign-in uses."""
        self.made += 1
        return self

    def get_token(self, *scopes: str, **options: JSON) -> AccessToken:
        """The token of the newest credential."""
        return AccessToken(f"token-{self.made}", 2**40)


def test_an_item_whose_token_is_refused_is_sent_again_with_a_fresh_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other items of the batch keep their answers; a second refusal is final, and is told at once."""
    signing = Signing()
    monkeypatch.setattr(transport, "credential", signing.credential)
    service = Service(batched(200, 401, 401), batched(200, 401))
    graph = Graph(CONTOSO, transport=httpx.MockTransport(service.respond))
    first, second, third = graph.batch([Request("POST", f"/v1.0/groups/{name}/x", {}) for name in "abc"])

    assert ["Bearer token-1", "Bearer token-2"] == [asked.headers["Authorization"] for asked in service.asked]
    assert ["1", "2"] == [item["id"] for item in json.loads(service.asked[1].content)["requests"]]
    assert isinstance(first, Answer)
    assert isinstance(second, Answer)
    assert isinstance(third, GraphError)
    assert 401 == third.status


def test_an_item_whose_token_is_refused_is_asked_again_without_a_pause() -> None:
    service = Service(batched(401), batched(200))
    (answer,) = service.graph().batch([Request("GET", "/v1.0/organization")])

    assert isinstance(answer, Answer)
    assert [] == service.pauses


def outcome(service: Service, request: Request, *, together: bool) -> tuple[type, int, int]:
    """What a request comes to alone or in a batch: the kind, requests and pauses."""
    graph = service.graph()
    try:
        result: Answer | GraphError = graph.batch([request])[0] if together else graph.send(request)
    except GraphError as error:
        result = error
    return type(result), len(service.asked), len(service.pauses)


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "statuses",
    [(401,), (401, 401), (429,), (429,) * 6, (500,), (502, 503), (504,) * 6, (400,), (404,), (302,), (401, 503, 429)],
    ids=str,
)
def test_one_decision_for_a_request_and_for_an_item_of_a_batch(method: str, statuses: tuple[int, ...]) -> None:
    """What is sent again, how often, and what it comes to at last, do not depend on how it was sent."""
    request = Request(method, "/v1.0/things/1", {} if method != "GET" else None)
    answers = [*statuses, *[200] * 6]
    code = {429: "TooManyRequests"}
    refusals = {status: refusal(status, code.get(status, "Request_ResourceNotFound")) for status in statuses}
    alone = Service(*[refusals.get(status) or ok({"id": "1"}) for status in answers])
    together = Service(*[batched(status) for status in answers])

    assert outcome(alone, request, together=False) == outcome(together, request, together=True)


def test_a_wait_may_be_a_date() -> None:
    """Retry-After has two forms (RFC 9110)."""
    when = {"Retry-After": "Fri, 27 Nov 2026 10:00:09 GMT", "Date": "Fri, 27 Nov 2026 10:00:00 GMT"}
    service = Service(refusal(429, "TooManyRequests", **when), ok({"id": "1"}))
    service.graph().get("/v1.0/organization")

    assert [9.0] == service.pauses


def test_inner_codes_details_and_long_messages_are_shown() -> None:
    """What names the attribute or the rule often stands below the error, and after its first line."""
    error = {
        "code": "Request_BadRequest",
        "message": "One or more properties are invalid.\nThe second line says which.",
        "details": [{"code": "ObjectConflict", "target": "proxyAddresses", "message": "Another object has it."}, 5],
        "innerError": {
            "code": "InvalidNotificationSettings",
            "message": "Recipients are not an address.",
            "request-id": "r-1",
            "innerError": {"code": "Deeper"},
        },
    }

    with pytest.raises(GraphError) as caught:
        Service(httpx.Response(400, json={"error": error})).graph().get("/v1.0/users", "reading users")

    said = (
        "tenant contoso (global): while reading users: 400 Request_BadRequest: One or more properties are invalid. The "
        "second line says which.; ObjectConflict (proxyAddresses): Another object has it.; "
        "InvalidNotificationSettings: Recipients are not an address.; Deeper (request r-1)"
    )
    assert said == str(caught.value)


@pytest.mark.parametrize("inner", ["text", 5, [], {"code": 5}, {"innerError": "x"}, None])
def test_an_error_of_any_shape_is_told(inner: JSON) -> None:
    """A proxy's error has a shape of its own."""
    body = {"error": {"code": "BadRequest", "message": None, "details": inner, "innerError": inner}}

    with pytest.raises(GraphError, match="400 BadRequest"):
        Service(httpx.Response(400, json=body)).graph().get("/v1.0/users")


@pytest.mark.parametrize("asked", ["nan", "inf", "-inf", "-5", "1e9", "0x10", "", "soon", "1_0"])
def test_a_retry_after_that_is_no_wait_is_passed_over(asked: str) -> None:
    """RFC 9110 knows whole seconds and dates. Anything else is waited for as if nothing were asked."""
    service = Service(refusal(429, "TooManyRequests", **{"Retry-After": asked}), ok({"a": 1}))

    assert {"a": 1} == service.graph().get("/v1.0/me")
    (pause,) = service.pauses
    assert 0 < pause <= 1


@pytest.mark.parametrize("asked", ["301", "9" * 40, "9" * 400, "Fri, 27 Nov 9999 10:00:09 GMT"])
def test_a_wait_that_is_too_long_is_reported_in_a_batch_too(asked: str) -> None:
    """Nothing sleeps for days; the error says how long Graph asks to wait."""
    item = {"id": "0", "status": 429, "headers": {"Retry-After": asked}, "body": {"error": {"code": "x"}}}
    alone = Service(refusal(429, "TooManyRequests", **{"Retry-After": asked}))
    batched = Service(ok({"responses": [item]}))
    (answer,) = batched.graph().batch([Request("GET", "/v1.0/me")])
    with pytest.raises(Throttled, match=r"Graph asks to wait \d+ s"):
        alone.graph().get("/v1.0/me")

    assert "Graph asks to wait" in str(answer)
    assert [] == alone.pauses == batched.pauses


def test_what_was_read_ahead_is_taken_only_from_the_gateway_in_use() -> None:
    one, other = Service().graph().at_hand, Service().graph().at_hand
    one.put("/v1.0/x", {"id": "x"})
    with other.used():
        assert one.answer("/v1.0/x") is None
    with one.used():
        assert Answer(200, {}, {"id": "x"}) == one.answer("/v1.0/x")
    assert one.answer("/v1.0/x") is None


def test_other_gateways_last_for_a_while_and_then_come_the_ones_before() -> None:
    with connecting(lambda tenant: Service().graph()):
        before = connect(CONTOSO)
        with connecting(lambda tenant: Service().graph()):
            assert connect(CONTOSO) is not before
        assert connect(CONTOSO) is before


def test_a_detail_of_an_error_is_told_with_what_it_is_about() -> None:
    details = [{"code": "Bad", "target": "displayName", "message": "too long"}, {"code": "Odd", "message": "why"}]
    body = {"error": {"code": "x", "message": "No.", "details": details}}

    with pytest.raises(GraphError, match=re.escape("No.; Bad (displayName): too long; Odd: why")):
        Service(httpx.Response(400, json=body)).graph().get("/v1.0/x")


@pytest.mark.parametrize(("method", "sent"), [("PUT", 2), ("PATCH", 1)])
def test_only_what_this_process_has_created_is_waited_for(method: str, sent: int) -> None:
    """PUT creates, and PATCH changes: after it, "not found" says that the object is gone."""
    path = "/v1.0/policies/x/identitySynchronization"
    service = Service(httpx.Response(204), refusal(404, "Request_ResourceNotFound"), ok({"id": "1"}))
    graph = service.graph()
    graph.send(Request(method, path, {"a": 1}))
    found = graph.find(path)

    assert (None if sent == 1 else {"id": "1"}) == found
    assert 1 + sent == len(service.asked)
