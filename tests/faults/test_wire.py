"""Whatever bytes Graph answers with: the run ends well, or with an error of this package's own."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from entra_sync.errors import EntraSyncError
from entra_sync.graph.gateway import Graph
from entra_sync.graph.requests import Request
from tests.faults.wire import FEW, Changing, changed
from tests.faults.world import World
from tests.graph.service import CONTOSO, Credential

JSON = Any
few = settings(max_examples=FEW, suppress_health_check=list(HealthCheck))
values = st.none() | st.booleans() | st.integers(-5, 5) | st.just("x") | st.just([]) | st.just({}) | st.just([None])


@pytest.fixture(scope="module")
def world() -> World:
    """A link that exists."""
    made = World("quickstart")
    assert ([], True) == (made.run("up")[0], True)
    made.transport = Changing(made.emulator.transport())  # type: ignore[assignment]
    return made


def play(world: World, phase: str, number: int, change: Callable[[bytes], bytes]) -> list[BaseException | None]:
    """The exceptions of a run in which one answer is changed; the state is as before afterwards."""
    transport: Changing = world.transport  # type: ignore[assignment]
    kept = copy.deepcopy(world.engine.states)
    transport.seen, transport.number, transport.change = 0, number, change
    try:
        errors, _ = world.run(phase)
    finally:
        world.engine.states = kept
        transport.number = -1
    return [error for _, error in errors]


@few
@given(st.integers(0, 200), st.sampled_from(["refresh", "up"]), st.integers(0, 30), values | st.just("gone"))
def test_a_changed_part_of_an_answer_is_no_python_error(
    world: World, which: int, phase: str, number: int, value: JSON
) -> None:
    """A property that is missing, null, of another type or empty."""
    errors = play(world, phase, number, lambda content: changed(content, which, value))

    assert all(error is None or isinstance(error, EntraSyncError) for error in errors), errors


@few
@given(st.sampled_from(["refresh", "up"]), st.integers(0, 30), st.binary(max_size=40), st.integers(0, 100))
def test_random_bytes_are_no_python_error(world: World, phase: str, number: int, junk: bytes, keep: int) -> None:
    """An answer that is cut off, goes on with something else, or is nothing but noise."""
    errors = play(world, phase, number, lambda content: content[:keep] + junk)

    assert all(error is None or isinstance(error, EntraSyncError) for error in errors), errors


@few
@given(
    st.binary(max_size=60) | st.recursive(values, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)),
    st.sampled_from([200, 201, 204, 301, 400, 401, 403, 404, 409, 412, 429, 500, 503]),
    st.sampled_from(["application/json", "text/html", "", "application/json;charset=\xff", "image/png"]),
    st.sampled_from(["GET", "POST", "PATCH", "PUT", "DELETE"]),
)
def test_any_answer_is_a_value_or_an_error_of_our_own(body: JSON, status: int, kind: str, method: str) -> None:
    """Status, type and body in any combination."""
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    headers = [(b"Content-Type", kind.encode("latin-1"))]

    async def sleep(seconds: float) -> None:
        pass

    transport = httpx.MockTransport(lambda request: httpx.Response(status, headers=headers, content=content))
    graph = Graph(CONTOSO, credential=Credential(), transport=transport, sleep=sleep)
    try:
        graph.send(Request(method, "/v1.0/x", None if method in ("GET", "DELETE") else {}, "trying"))
    except EntraSyncError as error:
        assert 1 == len(str(error).splitlines())
