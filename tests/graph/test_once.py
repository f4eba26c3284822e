"""What several checks of one run ask is sent once, and each check sees what it would have seen by itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import httpx
import pytest

from entra_sync.errors import GraphError, NotFound, PermissionMissing
from entra_sync.graph.answers import once
from entra_sync.graph.gateway import AGREEING, Graph
from entra_sync.graph.loop import together
from entra_sync.graph.requests import Answer, Request
from entra_sync.impact.facts.columns import UserColumns
from entra_sync.impact.reading.users import Reader
from entra_sync.microsoft.tenant import Tenant
from tests.graph.service import CONTOSO, Credential, Service, ok, refusal

JSON = Any
FEDERAL = Tenant("federal", tenant_id="d5b48b3e-8c29-4393-8f59-709c5df75474", cloud="usgov")
MISSING = refusal(404, "Request_ResourceNotFound")
NUMBERED = [{"number": number} for number in range(4)]


def checked(name: str, read: Callable[[], JSON]) -> JSON:
    """What the check of a declaration reads."""
    with once.sharing(name):
        return read()


def federal(service: Service) -> Graph:
    """A gateway to another tenant."""
    return Graph(FEDERAL, credential=Credential(), transport=httpx.MockTransport(service.respond))


def batch_of(items: dict[str, JSON]) -> httpx.Response:
    """The answer to a batch, by the ids of its items."""
    return ok({"responses": [{"id": id, "status": 200, "body": body} for id, body in items.items()]})


def test_a_second_check_takes_the_answer() -> None:
    """An object, a list, and bytes; what one check does to a body does not show to another."""
    service = Service(ok({"id": "1"}), ok({"value": [{"id": "1"}]}), ok({"id": "raw"}))
    graph = service.graph()

    def read() -> list[JSON]:
        thing, things = graph.get("/v1.0/thing"), list(graph.pages("/v1.0/things"))
        return [thing, things, together(graph.ask(Request("GET", "/v1.0/raw"), raw=True)).body]

    checked("a", read)[0]["id"] = "changed"

    assert [{"id": "1"}, [{"id": "1"}], ok({"id": "raw"}).content] == checked("b", read)
    assert [] == service.answers


def test_reads_outside_a_check_and_of_one_without_a_name_are_sent() -> None:
    """Creations and refreshes read outside a check."""
    service = Service(*map(ok, NUMBERED))
    graph = service.graph()
    found = [checked("a", lambda: graph.get("/v1.0/a")), graph.get("/v1.0/a")]
    with once.sharing(None):
        found.append(graph.get("/v1.0/a"))

    assert NUMBERED[:3] == found


def test_a_check_takes_no_answer_twice() -> None:
    """A wait would never end otherwise. What one check has asked twice, another one may ask twice."""
    service = Service(*map(ok, NUMBERED[:3]))
    graph = service.graph()

    def read(times: int) -> list[JSON]:
        return [graph.get("/v1.0/a") for _ in range(times)]

    assert [NUMBERED[:2], NUMBERED[:3]] == [checked("a", lambda: read(2)), checked("b", lambda: read(3))]
    assert [] == service.answers


def test_a_batch_asks_only_for_what_was_not_asked_yet() -> None:
    """Its answers are taken by a single read, and the other way around."""
    service = Service(ok({"id": "b"}), batch_of({"0": {"id": "a"}, "1": {"id": "c"}}))
    graph = service.graph()
    checked("a", lambda: graph.get("/v1.0/b"))

    both = checked("b", lambda: graph.read_all([Request("GET", f"/v1.0/{name}") for name in "abc"]))
    single = checked("c", lambda: graph.get("/v1.0/c"))

    assert [{"id": "a"}, {"id": "b"}, {"id": "c"}] == both
    assert {"id": "c"} == single
    assert ["/a", "/c"] == [each["url"] for each in json.loads(service.asked[1].content)["requests"]]


def test_an_absence_is_one_verdict_of_answers_that_agree() -> None:
    """The second check neither asks nor waits; what it finds is what the first one found."""
    service = Service(*[MISSING] * AGREEING)
    graph = service.graph()

    def read() -> JSON:
        return graph.find("/v1.0/a", agreeing=AGREEING)

    assert [None, None] == [checked("a", read), checked("b", read)]
    assert (AGREEING, AGREEING - 1) == (len(service.asked), len(service.pauses))


def test_one_answer_that_something_is_absent_is_no_verdict() -> None:
    """Of a single look only the first answer is taken: the looks that confirm it are sent, with their pauses."""
    service = Service(MISSING, MISSING, ok({"id": "1"}))
    graph = service.graph()

    assert checked("a", lambda: graph.find("/v1.0/a")) is None
    assert checked("b", lambda: graph.find("/v1.0/a")) is None
    assert {"id": "1"} == checked("c", lambda: graph.find("/v1.0/a", agreeing=AGREEING))
    assert (3, 2) == (len(service.asked), len(service.pauses))


def test_reads_in_a_row_are_no_looks_that_agree() -> None:
    """Answers without a pause between them come from one moment."""
    service = Service(*[MISSING] * (AGREEING + 1))
    graph = service.graph()

    checked("a", lambda: [graph.find("/v1.0/a") for _ in range(2)])
    checked("b", lambda: graph.find("/v1.0/a", agreeing=AGREEING))

    assert (AGREEING + 1, AGREEING - 1) == (len(service.asked), len(service.pauses))


def test_looks_of_a_reader_agree_as_those_of_a_gateway() -> None:
    """A reading of users repeats its looks on the event loop."""
    service = Service(*[MISSING] * AGREEING)
    graph = service.graph()

    def read() -> JSON:
        reader = Reader(graph, UserColumns.of([]))

        async def look() -> JSON:
            try:
                return (await reader.ask(Request("GET", "/v1.0/a", optional=True))).body
            except NotFound:
                return None

        return together(reader.agreed(look))

    assert [None, None] == [checked("a", read), checked("b", read)]
    assert [] == service.answers


def test_not_found_is_no_answer_about_what_must_be_there() -> None:
    """A replica may be behind, which only a request of its own waits for."""
    service = Service(MISSING, MISSING, ok({"id": "1"}))
    graph = service.graph()

    with pytest.raises(NotFound):
        checked("a", lambda: graph.get("/v1.0/a"))
    assert checked("b", lambda: graph.find("/v1.0/a")) is None
    assert {"id": "1"} == checked("c", lambda: graph.get("/v1.0/a"))


def test_a_failed_read_is_not_kept() -> None:
    """Neither one that is refused nor the item of a batch that is."""
    refused = refusal(403, "Authorization_RequestDenied")
    service = Service(refused, refused, ok({"id": "1"}))
    graph = service.graph()
    for name in "ab":
        with pytest.raises(PermissionMissing):
            checked(name, lambda: graph.get("/v1.0/a"))

    assert {"id": "1"} == checked("c", lambda: graph.get("/v1.0/a"))


@pytest.mark.parametrize("write", ["one", "batch", "elsewhere"])
def test_a_write_ends_it(write: str) -> None:
    """A write to one tenant may change another, so all checks ask again then; nothing is kept after it either."""
    service, other = Service(ok(NUMBERED[0])), Service(batch_of({"0": {}}) if write == "batch" else ok({}))
    graph = service.graph()
    checked("a", lambda: graph.get("/v1.0/a"))

    post = Request("POST", "/v1.0/groups", {})
    writer = federal(other) if write == "elsewhere" else other.graph()
    writer.batch([post]) if write == "batch" else writer.send(post)
    service.answers += map(ok, NUMBERED[1:])

    assert NUMBERED[1:] == [checked(name, lambda: graph.get("/v1.0/a")) for name in "bcd"]


def test_an_answer_that_a_write_overtakes_is_not_kept() -> None:
    """The tenant may have given it before the write."""

    def overtaken(request: httpx.Request) -> httpx.Response:
        once.end(["PATCH"])
        return ok(NUMBERED[0])

    service = Service(overtaken, ok(NUMBERED[1]))
    graph = service.graph()

    assert NUMBERED[:2] == [checked(name, lambda: graph.get("/v1.0/a")) for name in "ab"]


def test_a_second_run_in_one_process_asks_again() -> None:
    """A declaration is checked once in a run. After a run that has written, nothing is shared any more."""
    service = Service(*map(ok, NUMBERED))
    graph = service.graph()
    found = [checked(name, lambda: graph.get("/v1.0/a")) for name in ("a", "b", "a", "b")]

    assert [NUMBERED[each] for each in (0, 0, 1, 1)] == found


def test_each_tenant_answers_for_itself() -> None:
    """The same path, in two tenants, whichever a check asks first."""
    here, there = Service(ok({"of": "contoso"})), Service(ok({"of": "federal"}))
    graph, other = here.graph(), federal(there)

    def read(*graphs: Graph) -> list[str]:
        return [each.get("/v1.0/organization")["of"] for each in graphs]

    assert ["contoso", "federal"] == checked("a", lambda: read(graph, other))
    assert ["federal", "contoso"] == checked("b", lambda: read(other, graph))


def test_the_same_path_with_other_headers_is_another_question() -> None:
    """So is one that expects a list."""
    service = Service(*map(ok, NUMBERED[:2]), ok({"value": []}))
    graph = service.graph()
    questions = [
        Request("GET", "/v1.0/a"),
        Request("GET", "/v1.0/a", headers=(("ConsistencyLevel", "eventual"),)),
        Request("GET", "/v1.0/a", expects="value"),
    ]

    found = [checked(str(number), partial(graph.send, each)) for number, each in enumerate(questions)]
    assert [*NUMBERED[:2], {"value": []}] == [each.body for each in found]


def test_large_answers_are_kept_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large tenant must not fill the memory; small answers are kept all the same."""
    monkeypatch.setattr(once, "LARGE", 100)
    monkeypatch.setattr(once, "MOST", 250)
    large, small = {"text": "x" * 100}, {"text": "x"}
    service = Service(*[ok(large)] * 3, ok(small), ok({"asked": "again"}))
    graph = service.graph()

    def read() -> list[JSON]:
        return [graph.get(f"/v1.0/{name}") for name in "abcd"]

    checked("a", read)
    assert [large, large, {"asked": "again"}, small] == checked("b", read)


async def in_checks(
    names: str, read: Callable[[], Any], answer: asyncio.Event, *, given_up: Sequence[int] = ()
) -> list[JSON]:
    """What checks read that begin at the same time; *answer* is set when all wait and some have given up."""

    async def one(name: str) -> JSON:
        with once.sharing(name):
            return await read()

    tasks = [asyncio.create_task(one(name)) for name in names]
    for _ in range(5):
        await asyncio.sleep(0)
    for number in given_up:
        tasks[number].cancel()
        await asyncio.sleep(0)
    answer.set()
    return await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("given_up", [(), (1,), (1, 2)])
def test_readers_at_the_same_time_wait_for_one_request(given_up: Sequence[int]) -> None:
    """The first one sends it; one that gives up while it waits takes it from no other."""
    sent: list[str] = []

    async def run() -> list[JSON]:
        answer = asyncio.Event()

        async def ask(requests: Sequence[Request]) -> list[Answer | GraphError]:
            sent.extend(each.path for each in requests)
            await answer.wait()
            return [Answer(200, {}, {"path": each.path}) for each in requests]

        async def read() -> JSON:
            found = await once.read(CONTOSO, [Request("GET", f"/v1.0/{name}") for name in "ab"], ask)
            return [each.body for each in found if isinstance(each, Answer)]

        return await in_checks("abc", read, answer, given_up=given_up)

    both = [{"path": "/v1.0/a"}, {"path": "/v1.0/b"}]
    assert [both for number in range(3) if number not in given_up] == [
        each for each in asyncio.run(run()) if not isinstance(each, asyncio.CancelledError)
    ]
    assert ["/v1.0/a", "/v1.0/b"] == sent


@pytest.mark.parametrize("failure", [GraphError("the connection broke"), asyncio.CancelledError()])
def test_who_waits_for_a_request_that_fails_sends_one(failure: BaseException) -> None:
    """Also if the first reader is gone before its answer."""
    sent: list[str] = []

    async def run() -> list[JSON]:
        answer = asyncio.Event()

        async def ask(requests: Sequence[Request]) -> list[Answer | GraphError]:
            sent.append(requests[0].path)
            if len(sent) == 1:
                await answer.wait()
                raise failure
            return [Answer(200, {}, {"id": "1"})]

        async def read() -> JSON:
            [found] = await once.read(CONTOSO, [Request("GET", "/v1.0/a")], ask)
            return found.body if isinstance(found, Answer) else found

        return await in_checks("ab", read, answer)

    first, second = asyncio.run(run())
    assert (type(failure), {"id": "1"}) == (type(first), second)
    assert 2 == len(sent)
