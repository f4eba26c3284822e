"""Calls as values: what is listed comes back the same, placeholders are filled, order and batches are kept."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given, strategies as st

from entra_sync.base.calls import GraphCall, Secret, listed, part, ref, unlisted
from entra_sync.base.run.sending import ROUNDS, execute
from entra_sync.errors import Ambiguous, EntraSyncError, GraphError, NotFound
from entra_sync.graph.requests import Answer, Request
from tests.graph.service import Service, refusal

words = st.text("abcXYZ.", min_size=1, max_size=8)
bodies = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | words | st.builds(ref, words) | st.builds(Secret, words),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


class Recorder:
    """A gateway that keeps what it is sent and answers from a script."""

    def __init__(self, *answers: Any) -> None:
        self.sent: list[Request] = []
        self.batches: list[list[Request]] = []
        self.answers = list(answers)
        self.tenant = type("Tenant", (), {"tenant_id": "t"})()

    def send(self, request: Request) -> Answer:
        """The next answer of the script, or an empty success."""
        self.sent.append(request)
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return Answer(200, {}, answer)

    def get(self, path: str, purpose: str = "") -> Any:
        """A GET through :meth:`send`."""
        return self.send(Request("GET", path, purpose=purpose)).body

    find = get

    def batch(self, requests: list[Request]) -> list[Any]:
        """Answers a batch from the script."""
        self.batches.append(requests)
        return [self.answers.pop(0) if self.answers else Answer(204, {}, None) for _ in requests]

    def pauses(self, seconds: float) -> list[float]:
        """Two pauses of whatever patience there is."""
        return [1.0, 1.0] if seconds else []

    def pause(self, seconds: float) -> None:
        """No time passes."""


@given(
    st.lists(
        st.builds(
            GraphCall,
            tenant=words,
            method=st.sampled_from(["POST", "PUT", "PATCH", "DELETE"]),
            path=words.map("/v1.0/".__add__),
            body=bodies,
            purpose=words,
            saves=words,
            batched=st.booleans(),
            patience=st.integers(0, 60),
        ),
        max_size=4,
    )
)
def test_a_list_of_calls_survives_the_state(calls: list[GraphCall]) -> None:
    """Whatever stands in graphCalls is what `up` reads back."""
    assert calls == unlisted(listed(calls))


def test_ids_of_earlier_answers_are_filled_into_path_and_body() -> None:
    """A call names the answer by what it saves."""
    graph = Recorder({"id": "a/b"})
    calls = [
        GraphCall("contoso", "POST", "/v1.0/things", {"name": "x"}, saves="thing"),
        GraphCall("contoso", "POST", "/v1.0/things/{thing.id}/start", {"which": ref("thing.id")}),
    ]

    execute(graph, calls, {})  # type: ignore[arg-type]

    assert ["/v1.0/things", "/v1.0/things/a%2Fb/start"] == [request.path for request in graph.sent]
    assert {"which": "a/b"} == graph.sent[1].body


def test_numbers_of_the_state_are_sent_as_integers() -> None:
    """The engine hands each number over as a float, which Graph refuses where it wants an integer."""
    graph = Recorder()
    execute(graph, [GraphCall("contoso", "PUT", "/v1.0/schema", {"rows": [{"matchingPriority": 1.0}]})], {})  # type: ignore[arg-type]

    assert "{'rows': [{'matchingPriority': 1}]}" == repr(graph.sent[0].body)


def test_secrets_come_from_the_arguments_when_a_call_is_sent() -> None:
    """The list in the state holds a placeholder only."""
    graph = Recorder()
    call = GraphCall("contoso", "PUT", "/v1.0/secrets", {"value": Secret("values.Token")})

    execute(graph, [call], {}, arguments={"values": {"Token": "hunter2"}})  # type: ignore[arg-type]

    assert {"value": "hunter2"} == graph.sent[0].body
    assert "hunter2" not in str(listed([call]))


def test_a_placeholder_without_a_value_stops_before_anything_is_sent() -> None:
    """An id that is not known yet is never sent as text."""
    graph = Recorder()

    with pytest.raises(EntraSyncError, match=r"nothing stands for \{job.id\}"):
        execute(graph, [GraphCall("contoso", "DELETE", "/v1.0/jobs/{job.id}")], {})  # type: ignore[arg-type]

    assert [] == graph.sent


def test_calls_that_may_share_a_batch_do() -> None:
    """Neighbors go together, in their place among the others."""
    graph = Recorder()
    calls = [
        GraphCall("contoso", "POST", "/v1.0/first"),
        GraphCall("contoso", "POST", "/v1.0/a", batched=True),
        GraphCall("contoso", "DELETE", "/v1.0/b", batched=True),
        GraphCall("contoso", "POST", "/v1.0/last"),
    ]

    execute(graph, calls, {})  # type: ignore[arg-type]

    assert [["/v1.0/a", "/v1.0/b"]] == [[request.path for request in batch] for batch in graph.batches]
    assert ["/v1.0/first", "/v1.0/last"] == [request.path for request in graph.sent]


def test_a_batch_that_fails_in_part_says_in_how_many() -> None:
    """The first failure is the message; the others are counted."""
    graph = Recorder(Answer(201, {}, {}), GraphError("no such group"), GraphError("no such user"))
    calls = [GraphCall("contoso", "POST", f"/v1.0/{name}", batched=True) for name in "abc"]

    with pytest.raises(GraphError, match=r"no such group \(2 of 3 failed; the others were carried out\)"):
        execute(graph, calls, {})  # type: ignore[arg-type]


def test_deleting_what_is_gone_is_a_success() -> None:
    """Alone and in a batch."""
    graph = Recorder(NotFound("gone"), NotFound("gone"))

    execute(
        graph, [GraphCall("contoso", "DELETE", "/v1.0/a"), GraphCall("contoso", "DELETE", "/v1.0/b", batched=True)], {}
    )  # type: ignore[arg-type]

    assert 1 == len(graph.sent)


def test_a_create_whose_answer_was_lost_is_left_to_who_can_look() -> None:
    """It is not sent again from here; its handler looks first (tests/resources/shared/test_crash.py)."""
    graph = Recorder(Ambiguous("broken"))
    with pytest.raises(Ambiguous):
        execute(graph, [GraphCall("contoso", "POST", "/v1.0/jobs", saves="job")], {})  # type: ignore[arg-type]

    assert 1 == len(graph.sent)


def test_an_action_whose_answer_was_lost_is_sent_again() -> None:
    """A second start starts nothing else."""
    graph = Recorder(Ambiguous("broken"))
    execute(graph, [GraphCall("contoso", "POST", "/v1.0/jobs/1/start")], {})  # type: ignore[arg-type]

    assert 2 == len(graph.sent)


def test_patience_outlasts_a_tenant_that_has_not_caught_up() -> None:
    """Not found at first is taken for replication; without patience it is an error."""
    graph = Recorder(NotFound("not yet"), {"id": "1"})
    execute(graph, [GraphCall("contoso", "POST", "/v1.0/jobs", patience=60)], {})  # type: ignore[arg-type]

    assert 2 == len(graph.sent)
    with pytest.raises(NotFound):
        execute(Recorder(NotFound("no")), [GraphCall("contoso", "POST", "/v1.0/jobs")], {})  # type: ignore[arg-type]


def test_a_merge_reads_the_object_and_sends_what_the_function_makes_of_it() -> None:
    """What stands there and is not ours stays; the list is read back until the change is in it."""
    graph = Recorder({"list": ["theirs"]}, None, {"list": ["theirs"]}, {"list": ["theirs", "ours"]})
    call = GraphCall("contoso", "PATCH", "/v1.0/policy", {"list": ["ours"]}, merges="add")

    execute(graph, [call], {}, merges={"add": lambda current, body: {"list": [*current["list"], *body["list"]]}})  # type: ignore[arg-type]

    assert {"list": ["theirs", "ours"]} == graph.sent[1].body
    assert ["GET", "PATCH", "GET", "GET"] == [request.method for request in graph.sent]


@pytest.mark.parametrize(
    ("seen", "message"),
    [({"list": ["theirs"]}, "still not visible"), ({"list": ["another"]}, "keeps overwriting")],
    ids=["as it was before", "as another process wrote it"],
)
def test_a_change_that_is_not_there_is_told_as_what_it_is(seen: dict[str, Any], message: str) -> None:
    """A change that no replica shows yet was not overwritten."""
    graph = Recorder(*[{"list": ["theirs"]}, None, *[seen] * (3 if message == "still not visible" else 1)] * ROUNDS)
    call = GraphCall("contoso", "PATCH", "/v1.0/policy", {"list": ["ours"]}, merges="add")

    with pytest.raises(GraphError, match=message):
        execute(graph, [call], {}, merges={"add": lambda current, body: {"list": [*current["list"], *body["list"]]}})  # type: ignore[arg-type]


def test_a_segment_of_a_path_is_quoted() -> None:
    """Ids may hold slashes and spaces."""
    assert "a%2Fb%20c" == part("a/b c", "id")
    assert "{id}" == part(None, "id")


def test_items_of_a_batch_that_may_pass_later_are_sent_again() -> None:
    """Not found, a reference that is not known yet, a broken service: only these items, until they pass."""
    late = GraphError("while assigning: 400", status=400, said="Not a valid reference update.")
    graph = Recorder(Answer(201, {}, {}), NotFound("not yet"), late, Answer(201, {}, {}), Answer(201, {}, {}))
    calls = [GraphCall("contoso", "POST", f"/v1.0/{name}", batched=True) for name in "abc"]
    carried_out: list[GraphCall] = []
    execute(graph, calls, {}, carried_out=carried_out)  # type: ignore[arg-type]

    assert [["/v1.0/a", "/v1.0/b", "/v1.0/c"], ["/v1.0/b", "/v1.0/c"]] == [
        [request.path for request in batch] for batch in graph.batches
    ]
    assert set("abc") == {call.path[-1] for call in carried_out}


def test_what_exists_already_in_a_batch_is_done() -> None:
    """It was made by an earlier try whose answer was lost, and is wanted anyway."""
    duplicate = GraphError("400", status=400, said="Permission being assigned already exists on the object")
    call = GraphCall("contoso", "POST", "/v1.0/a", batched=True)
    carried_out: list[GraphCall] = []
    execute(Recorder(duplicate), [call], {}, carried_out=carried_out)  # type: ignore[arg-type]

    assert [call] == carried_out


def test_a_name_in_a_purpose_is_not_what_graph_says() -> None:
    """An application may be called anything; only Graph's own words tell that an object is there."""
    refused = GraphError('while creating "It already exists": 400: no', status=400, said="no")
    calls = [GraphCall("contoso", "POST", "/v1.0/a", batched=True)]

    with pytest.raises(GraphError, match="no"):
        execute(Recorder(refused), calls, {})  # type: ignore[arg-type]


def test_a_batch_that_fails_tells_what_was_carried_out() -> None:
    """So that a destroy knows of it."""
    graph = Recorder(Answer(201, {}, {}), GraphError("400: no", status=400))
    calls = [GraphCall("contoso", "POST", f"/v1.0/{name}", batched=True) for name in "ab"]
    carried_out: list[GraphCall] = []

    with pytest.raises(GraphError):
        execute(graph, calls, {}, carried_out=carried_out)  # type: ignore[arg-type]
    assert ["/v1.0/a"] == [call.path for call in carried_out]


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        pytest.param(httpx.ConnectError("refused"), 20, id="it was not sent"),
        pytest.param(httpx.ReadError("reset"), 45, id="its answer was lost"),
        pytest.param(RuntimeError("a fault of our own"), 40, id="a fault of our own"),
        pytest.param(refusal(403, "Authorization_RequestDenied"), 20, id="it was refused"),
    ],
)
def test_what_the_batches_before_one_that_fails_carried_out_is_told(
    failure: Exception | httpx.Response, expected: int
) -> None:
    """The second of three batches fails as a whole each time that it is sent."""

    def answer(request: httpx.Request) -> httpx.Response:
        items = json.loads(request.content)["requests"]
        if items[0]["url"].endswith("/20"):
            if isinstance(failure, Exception):
                raise failure
            return failure
        return httpx.Response(200, json={"responses": [{"id": each["id"], "status": 204} for each in items]})

    calls = [GraphCall("contoso", "POST", f"/v1.0/{number}", batched=True) for number in range(45)]
    carried_out: list[GraphCall] = []
    with pytest.raises((GraphError, RuntimeError)):
        execute(Service(*[answer] * 100).graph(), calls, {}, carried_out=carried_out)

    assert calls[:20] == carried_out[:20]
    assert expected == len(carried_out)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (GraphError("500", status=500), 1),
        (NotFound("404", status=404), 1),
        (GraphError("400", status=400), 0),
        (EntraSyncError("nothing was sent"), 0),
        (RuntimeError("a fault of our own"), 1),
    ],
)
def test_a_call_that_was_not_plainly_refused_may_have_been_carried_out(error: Exception, expected: int) -> None:
    """The state records what may exist, and nothing for a call that Graph refused."""
    carried_out: list[GraphCall] = []

    with pytest.raises(type(error)):
        execute(Recorder(error), [GraphCall("contoso", "PUT", "/v1.0/a")], {}, carried_out=carried_out)  # type: ignore[arg-type]
    assert expected == len(carried_out)


def test_an_answer_without_the_created_object_is_no_success() -> None:
    """The caller has to look for the object, as after a lost answer."""
    with pytest.raises(Ambiguous, match="does not say what was created"):
        execute(Recorder(None), [GraphCall("contoso", "POST", "/v1.0/jobs", saves="job")], {})  # type: ignore[arg-type]
