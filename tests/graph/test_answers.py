"""Answers that are not Microsoft Graph's, and tokens, bodies and connections that fail: each is one line of our own."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from azure.core.credentials import AccessToken
from hypothesis import given, strategies as st

from entra_sync.errors import Ambiguous, ConfigurationError, EntraSyncError, GraphError, NotFound, PermissionMissing
from entra_sync.graph.answers.checked import ATTEMPTS
from entra_sync.graph.gateway import Graph, reading_at_once
from entra_sync.graph.requests import Answer, Request
from tests.graph.service import CONTOSO, Service, ok

JSON = Any
READ = Request("GET", "/v1.0/users/a", purpose="reading user a")
WRITE = Request("PATCH", "/v1.0/users/a", {"city": "Oslo"}, "changing user a")
CREATE = Request("POST", "/v1.0/users", {"city": "Oslo"}, "creating user a")
AUTHORITY = "https://login.microsoftonline.us"
TENANT_ID = "a0000000-0000-4000-8000-00000000000a"


class Handed:
    """A credential whose token is not one of Microsoft Entra."""

    def __init__(self, token: str) -> None:
        self.token = token

    def get_token(self, *scopes: str, **options: JSON) -> AccessToken:
        """The token."""
        return AccessToken(self.token, 2**40)


def with_token(token: str, answer: httpx.Response) -> Graph:
    """A gateway that sends this token."""
    return Graph(CONTOSO, credential=Handed(token), transport=httpx.MockTransport(lambda _: answer))


@pytest.mark.parametrize(
    "item",
    [
        {"id": "0", "status": 200, "headers": ["x"], "body": {"id": "a"}},
        {"id": "0", "status": 200, "headers": "x", "body": {"id": "a"}},
        {"id": "0", "status": True, "body": {"id": "a"}},
        {"id": "0", "status": -1, "body": {"id": "a"}},
        {"id": "0", "status": 100, "body": {"id": "a"}},
        {"id": "0", "status": 10**30, "body": {"id": "a"}},
        {"id": "0", "status": "200", "body": {"id": "a"}},
        {"id": "0", "body": {"id": "a"}},
        {"status": 200, "body": {"id": "a"}},
        [],
        None,
    ],
)
def test_an_item_of_a_batch_that_is_no_answer_counts_as_unanswered(item: JSON) -> None:
    answers = [ok({"responses": [item]})] * 6

    assert ["tenant contoso (global): while reading user a: the batch left it unanswered"] == list(
        map(str, Service(*answers).graph().batch([READ]))
    )


@pytest.mark.parametrize(
    "second",
    [
        {"id": "0", "status": 200, "body": {"id": "evil"}},
        {"id": 0, "status": 200, "body": {"id": "evil"}},
        {"id": "0", "status": "200"},
        {"id": "0"},
    ],
)
def test_two_answers_to_one_item_of_a_batch_are_none(second: JSON) -> None:
    """Which of them is meant is not known: a read is sent again."""
    first = {"id": "0", "status": 200, "body": {"id": "a"}}
    service = Service(ok({"responses": [first, second]}), ok({"responses": [first]}))

    assert [{"id": "a"}] == [each.body for each in service.graph().batch([READ])]
    assert 2 == len(service.asked)


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"id": "0", "status": 200, "body": None}, "it is empty"),
        ({"id": "0", "status": 200}, "it is empty"),
        ({"id": "0", "status": 200, "body": "eyJpZCI6ImEifQ=="}, "it is a text, not an object"),
        ({"id": "0", "status": 200, "body": {}}, "it is an object without properties"),
        ({"id": "0", "status": 204, "body": {}}, "it is an object without properties"),
        ({"id": "1", "status": 200, "body": {"id": "a"}}, "the batch left it unanswered"),
        ({"id": "00", "status": 200, "body": {"id": "a"}}, "the batch left it unanswered"),
        ({"id": None, "status": 200, "body": {"id": "a"}}, "the batch left it unanswered"),
        ({"id": ["0"], "status": 200, "body": {"id": "a"}}, "the batch left it unanswered"),
    ],
)
def test_a_read_that_is_asked_ahead_takes_no_answer_that_is_not_one(item: JSON, reason: str) -> None:
    """The same read alone gets the object; in a batch it is an error that says what came instead."""
    batches = [ok({"responses": [item, {"id": "9", "status": 200, "body": {"id": "b"}}]})] * ATTEMPTS
    [answer] = Service(*batches).graph().batch([READ])
    assert isinstance(answer, GraphError) and reason in str(answer)

    ahead = Service(*batches, *[ok({"id": "a"})] * 2)
    graph = ahead.graph()
    with reading_at_once([(graph, "/v1.0/users/a"), (graph, "/v1.0/users/b")]):
        assert {"id": "a"} == graph.get("/v1.0/users/a")


@pytest.mark.parametrize(
    "link", ["https://evil.example/v1.0/users", "/v1.0/../beta/users", "//evil.example/", 7, ["x"]]
)
def test_a_list_read_ahead_leads_nowhere_else(link: JSON) -> None:
    """The page in a batch's item is as foreign as one of its own."""
    page = {"value": [{"id": "a"}], "@odata.nextLink": link}
    graph = Service().graph()
    graph.at_hand.put("/v1.0/users", page)

    with graph.at_hand.used(), pytest.raises(GraphError):
        list(graph.pages("/v1.0/users", "listing users"))


def test_a_write_that_a_batch_leaves_unanswered_is_sent_once() -> None:
    """It may have been carried out. A read beside it is sent again."""
    service = Service(ok({"responses": []}), ok({"responses": [{"id": "0", "status": 200, "body": {"id": "a"}}]}))

    read, write = service.graph().batch([READ, CREATE])

    assert {"id": "a"} == read.body
    assert isinstance(write, Ambiguous)
    assert [2, 1] == [len(orjson.loads(each.content)["requests"]) for each in service.asked]
    assert 1 == len(service.pauses)


def test_a_read_that_a_batch_leaves_unanswered_is_given_up_after_the_last_try() -> None:
    service = Service(*[ok({"responses": []})] * ATTEMPTS)

    assert [False] == [isinstance(each, Ambiguous) for each in service.graph().batch([READ])]
    assert ATTEMPTS - 1 == len(service.pauses)


@pytest.mark.parametrize("status", [300, 302, 308])
@pytest.mark.parametrize("request_", [READ, WRITE], ids=["read", "write"])
def test_a_redirect_in_a_batch_is_not_a_success(request_: Request, status: int) -> None:
    """Its body is another host's."""
    item = {"id": "0", "status": status, "headers": {"Location": "https://evil.example/x"}, "body": {"id": "evil"}}

    (answer,) = Service(ok({"responses": [item]})).graph().batch([request_])

    assert isinstance(answer, GraphError)
    assert f"answered {status}, a redirect to https://evil.example/x, which is not followed" in str(answer)


@pytest.mark.parametrize("status", [403, 404, 409])
def test_a_page_of_a_proxy_says_nothing_of_the_object(status: int) -> None:
    """A resource whose "not found" comes from a proxy must stay in the state."""
    with pytest.raises(GraphError) as caught:
        Service(httpx.Response(status, text="<html>blocked</html>")).graph().send(READ)

    assert GraphError is type(caught.value)
    assert str(caught.value) == (
        f"tenant contoso (global): while reading user a: {status}: the answer is not one of Microsoft Graph; "
        "check any proxy or gateway that may have given it"
    )


@pytest.mark.parametrize(("status", "kind"), [(403, PermissionMissing), (404, NotFound)])
def test_a_refusal_without_a_body_may_be_graphs_own(status: int, kind: type[GraphError]) -> None:
    with pytest.raises(kind):
        Service(httpx.Response(status)).graph().send(READ)


def test_a_sign_in_error_in_place_of_an_answer_is_told() -> None:
    body = {"error": "invalid_request", "error_description": "AADSTS90014: a field is missing"}

    with pytest.raises(GraphError, match="400: AADSTS90014: a field is missing"):
        Service(httpx.Response(400, json=body)).graph().send(READ)


def test_a_message_of_megabytes_is_cut() -> None:
    body = {"error": {"code": "x", "message": "m" * 10_000_000}}

    with pytest.raises(GraphError) as caught:
        Service(httpx.Response(400, json=body)).graph().send(READ)

    assert len(str(caught.value)) < 5_000


@pytest.mark.parametrize(
    "token",
    ["", "opaque", "a.b", "a.b.c", "..", "a.W10.c", "a.bnVsbA.c", "a.e30.c", f"a.{'x' * 5}.c", "a.\u00e9.c", "a.!!!.c"],
)
def test_a_token_that_cannot_be_read_is_no_python_error(token: str) -> None:
    """Graph's tokens have no format that clients may rely on."""
    graph = with_token(token, httpx.Response(403, json={"error": {"code": "x", "message": "No."}}))

    with pytest.raises(ConfigurationError, match="the access token does not say whose it is"):
        graph.identity()
    assert graph.granted() is None, "not known, which is not none: a preview would refuse otherwise"
    with pytest.raises(EntraSyncError):
        graph.send(READ)


@given(st.binary(max_size=30))
def test_any_payload_of_a_token_is_read_or_refused(payload: bytes) -> None:
    token = f"a.{base64.urlsafe_b64encode(payload).decode().rstrip('=')}.c"

    try:
        with_token(token, ok({"id": "a"})).identity()
    except ConfigurationError as error:
        assert token not in str(error)


def test_a_token_that_no_header_can_hold_is_not_shown() -> None:
    with pytest.raises(ConfigurationError, match="the credential gave a token that no request can carry") as caught:
        with_token("t\u00f6ken-s3cret", ok({"id": "a"})).send(READ)

    assert "s3cret" not in f"{caught.value} {caught.value.__cause__}"


@pytest.mark.parametrize("value", ["\ud800", "a\udfffb", 2**70], ids=ascii)
def test_a_body_that_is_no_json_is_not_sent(value: JSON) -> None:
    service = Service()

    with pytest.raises(ConfigurationError, match="while creating user a: the body cannot be written as JSON") as caught:
        service.graph().send(Request("POST", "/v1.0/users", {"city": value}, "creating user a"))

    assert "nothing was sent" in str(caught.value)
    assert [] == service.asked


def damaged(_: httpx.Request) -> httpx.Response:
    """An answer that does not unpack."""
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    return httpx.Response(200, stream=httpx.ByteStream(b"this is not gzip"), headers=headers)


BROKEN: list[Exception | Callable[[httpx.Request], httpx.Response]] = [
    damaged,
    httpx.DecodingError("damaged"),
    httpx.RemoteProtocolError("peer closed"),
    httpx.PoolTimeout("no connection is free"),
    ssl.SSLError("bad record mac"),
    OSError("no buffer space"),
    ConnectionResetError("reset"),
]


def named(broken: Exception | Callable[[httpx.Request], httpx.Response]) -> str:
    """A test's name for it, the same in every process: that of a function has no address in it."""
    return repr(broken) if isinstance(broken, Exception) else broken.__name__


@pytest.mark.parametrize("broken", BROKEN, ids=named)
def test_a_read_whose_answer_breaks_is_repeated(broken: Exception | Callable[[httpx.Request], httpx.Response]) -> None:
    assert {"id": "a"} == Service(broken, ok({"id": "a"})).graph().send(READ).body
    with pytest.raises(GraphError, match=r"while reading user a: no whole answer came .* check the network"):
        Service(*[broken] * 6).graph().send(READ)


@pytest.mark.parametrize("broken", BROKEN, ids=named)
def test_a_creation_whose_answer_breaks_may_have_been_carried_out(
    broken: Exception | Callable[[httpx.Request], httpx.Response],
) -> None:
    service = Service(broken)

    with pytest.raises(Ambiguous, match="while creating user a: the connection broke"):
        service.graph().send(CREATE)
    assert 1 == len(service.asked)


def test_a_certificate_that_is_not_trusted_has_its_remedy() -> None:
    refused = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate")

    with pytest.raises(GraphError, match="set ENTRA_CONTOSO_CA_FILE to a file with its root certificate") as caught:
        Service(refused).graph().send(CREATE)

    assert not caught.value.sent


def test_a_link_that_is_too_long_is_not_followed() -> None:
    page = {"value": [1], "@odata.nextLink": f"https://graph.microsoft.com/v1.0/users?$skiptoken={'a' * 70_000}"}

    with pytest.raises(GraphError, match=r"has 70\d\d\d characters, and is not sent") as caught:
        list(Service(ok(page)).graph().pages("/v1.0/users"))

    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>"),
        httpx.Response(200, content=b"\xff"),
        httpx.Response(200),
        *(httpx.Response(200, json=body) for body in ([], {}, 5, {"token_endpoint": 5}, {"token_endpoint": "x"})),
        httpx.Response(200, json={"token_endpoint": "https://[::1"}),
        httpx.Response(302, headers={"location": "https://evil.example"}),
        httpx.Response(401),
        httpx.Response(429, headers={"retry-after": "1"}),
        httpx.Response(500),
    ],
    ids=lambda answer: f"{answer.status_code} {answer.text[:20]}",
)
def test_a_login_authority_that_answers_something_else_is_one_line(answer: httpx.Response) -> None:
    """Unknown is not "there is no such tenant"."""
    service = Service(*[answer] * 6)

    with pytest.raises(GraphError) as caught:
        service.graph().tenants_in(AUTHORITY, [TENANT_ID])

    assert str(caught.value) == (
        f"tenant contoso (global): while asking {AUTHORITY} which cloud tenant {TENANT_ID} is in: it answered "
        f"{answer.status_code} without its OpenID configuration. Check the network and any proxy, then run again"
    )
    assert all(url.host == "login.microsoftonline.us" for url in (request.url for request in service.asked))


@pytest.mark.parametrize("first", [httpx.ConnectError("down"), httpx.Response(503), httpx.Response(200, text="<html>")])
def test_a_login_authority_is_asked_again(first: httpx.Response | Exception) -> None:
    found = httpx.Response(200, content=orjson.dumps({"token_endpoint": f"{AUTHORITY}/{TENANT_ID}/oauth2/v2.0/token"}))
    service = Service(first, found)

    assert [TENANT_ID] == service.graph().tenants_in(AUTHORITY, [TENANT_ID])
    assert 1 == len(service.pauses)


def test_a_login_authority_that_asks_for_a_long_wait_is_not_waited_for() -> None:
    service = Service(httpx.Response(429, headers={"Retry-After": "86400"}))

    with pytest.raises(GraphError, match=r"it answered 429 .*, and asks to wait 86400 s\. Check the network"):
        service.graph().tenants_in(AUTHORITY, [TENANT_ID])
    assert [] == service.pauses


def test_a_login_authority_that_is_down_is_not_waited_for_after_the_last_question() -> None:
    service = Service(*[httpx.ConnectError("down")] * 6)

    with pytest.raises(GraphError, match="down"):
        service.graph().tenants_in(AUTHORITY, [TENANT_ID])
    assert 5 == len(service.pauses)


def test_a_bad_ca_file_is_one_line_for_the_login_authority_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    monkeypatch.setenv("ENTRA_CONTOSO_CA_FILE", str(tmp_path / "ca.pem"))

    with pytest.raises(ConfigurationError, match=r"ENTRA_CONTOSO_CA_FILE names .* holds no certificates in PEM"):
        Service().graph().tenants_in(AUTHORITY, [TENANT_ID])


def test_a_batch_answers_what_it_can() -> None:
    """One damaged item does not cost the others."""
    items = [{"id": "0", "status": 200, "headers": 5}, {"id": "1", "status": 200, "body": {"id": "b"}}]
    answers = [ok({"responses": items}), *[ok({"responses": items[:1]})] * 5]

    first, second = Service(*answers).graph().batch([READ, READ])

    assert isinstance(first, GraphError)
    assert isinstance(second, Answer)
