"""A resource that is as it was gets the answers of its handler, and no handler is loaded for it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi.dynamic import Config, ConfigureRequest

from entra_sync.base.kinds import COMPUTED, PROVIDER
from entra_sync.base.lazy import LOADED, LazyHandler
from entra_sync.base.run import claims
from entra_sync.base.run.memory import forget
from entra_sync.environment import LINKS
from entra_sync.errors import EntraSyncError
from entra_sync.resources.app_role_assignments import AppRoleAssignmentsHandler
from tests.ownership.engine import Stack, State
from tests.ownership.world import make_world

JSON = Any

PREVIEW = """
import base64, json, sys
import dill

for id, inputs, outputs, news in json.load(sys.stdin):
    handler = dill.loads(base64.b64decode(news["__provider"]))
    checked = handler.check(inputs, news)
    assert ([], False) == (checked.failures, handler.diff(id, outputs, {**news, **checked.inputs}).changes)
print(*sys.modules)
"""


@pytest.fixture(scope="module")
def stack() -> Stack:
    """A link as single resources, after an `up`."""
    world = make_world("single_resources")
    made = world.stack()
    made.up()
    return made


@pytest.fixture
def state(stack: Stack) -> Iterator[State]:
    """One of its resources, in a run that has loaded no handler yet."""
    forget()
    yield next(state for urn, state in stack.state.items() if urn.endswith("::people"))
    forget()


def declared(state: State) -> dict[str, JSON]:
    """What the program declares of a resource."""
    lazy = state.handler
    assert isinstance(lazy, LazyHandler)
    return {name: value for name, value in state.inputs.items() if name not in {*COMPUTED, *lazy.computed}}


def test_a_preview_of_an_unchanged_program_loads_no_models_and_no_gateway(stack: Stack) -> None:
    states = [(each.id, each.inputs, each.outputs, declared(each)) for each in stack.state.values()]
    preview = subprocess.run(
        [sys.executable, "-c", PREVIEW], input=json.dumps(states), capture_output=True, text=True, check=True
    )

    assert set() == {"pydantic", "httpx", "msgraph", "polars", "entra_sync.base.handler"} & set(preview.stdout.split())


def test_the_answers_are_those_of_the_handler(stack: Stack) -> None:
    for state in stack.state.values():
        news = declared(state)
        forget()
        checked = state.handler.check(state.inputs, news)
        unchanged = state.handler.diff(state.id, state.outputs, {**news, **checked.inputs}).changes
        assert ([], False, set()) == (checked.failures, unchanged, LOADED)
        LOADED.add("a handler")

        assert checked.inputs == state.handler.check(state.inputs, news).inputs
        assert not state.handler.diff(state.id, state.outputs, {**news, **checked.inputs}).changes


def test_the_first_change_hands_over_what_was_put_off(stack: Stack, state: State) -> None:
    """A handler knows then what the program declares, so that no delete takes away what another resource uses."""
    news = declared(state)
    state.handler.diff(state.id, state.outputs, {**news, **state.handler.check(state.inputs, news).inputs})
    before = claims.holders(state.id)
    changed = next(each for urn, each in stack.state.items() if urn.endswith("::schedule"))
    changed.handler.check(changed.inputs, {**declared(changed), "enabled": False})

    assert ([], 1) == (before, len(claims.holders(state.id)))


def test_a_handler_of_an_older_state_is_handed_what_was_put_off(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outputs keep it as long as nothing changes. A delete by it has to know what the program declares."""
    monkeypatch.setattr(sys, "tracebacklimit", 0, raising=False)  # which is put back afterwards
    news = declared(state)
    state.handler.diff(state.id, state.outputs, {**news, **state.handler.check(state.inputs, news).inputs})
    AppRoleAssignmentsHandler().configure(ConfigureRequest(Config({}, "test")))

    assert (1, ["AppRoleAssignmentsHandler"]) == (len(claims.holders(state.id)), sorted(LOADED))


def test_what_a_handler_refuses_when_it_is_handed_over_ends_the_run(stack: Stack, state: State) -> None:
    """A run without preview can leave a state that no handler accepts: two resources declare one mapping."""
    schema, mapping = (
        next(each for urn, each in stack.state.items() if urn.endswith(end)) for end in ("::schema", "::display-name")
    )
    twice = {"mappings": [*schema.inputs["mappings"], mapping.inputs["mapping"]]}
    schema.handler.check({**schema.inputs, **twice}, {**declared(schema), **twice})
    mapping.handler.check(mapping.inputs, declared(mapping))
    refusal = 'entra:SynchronizationAttributeMapping display-name: mapping: "displayName" is declared by a Synchron'
    for _ in range(2):
        with pytest.raises(EntraSyncError, match=f"^{refusal}"):
            state.handler.delete(state.id, state.outputs)


def test_what_is_declared_no_longer_is_a_change(state: State) -> None:
    """An argument without a value is one that the inputs of before have, and the program does not."""
    state.handler.check({**state.inputs, "notes": "of before"}, declared(state))

    assert LOADED


@pytest.mark.parametrize(("before", "now"), [(True, 1.0), (0.0, False), ([1.0], [True])], ids=str)
def test_a_truth_value_in_place_of_a_number_is_a_change(state: State, before: JSON, now: JSON) -> None:
    """As it is to a handler. To Python they are equal, and Graph's JSON tells them apart."""
    news = {**declared(state), "notes": now}
    answers = {
        "check": lambda: state.handler.check({**state.inputs, "notes": before}, news),
        "diff": lambda: state.handler.diff(state.id, {**state.outputs, "notes": before}, news),
    }
    loaded = {}
    for name, answer in answers.items():
        forget()
        answer()
        loaded[name] = bool(LOADED)

    assert {"check": True, "diff": True} == loaded


def test_what_another_version_of_the_package_has_checked_is_checked_again(state: State) -> None:
    state.handler.check({**state.inputs, PROVIDER: "of another version"}, declared(state))

    assert LOADED


@pytest.mark.parametrize(
    "outputs", [{"provisioningState": "incomplete"}, {PROVIDER: None}], ids=["unfinished", "other"]
)
def test_what_is_left_to_do_is_a_change(state: State, outputs: dict[str, JSON]) -> None:
    """An unfinished resource is finished; one of the packaged provider gets the handler by which it can be deleted."""
    found = {name: value for name, value in {**state.outputs, **outputs}.items() if value is not None}

    assert state.handler.diff(state.id, found, {**declared(state), **state.inputs}).changes


def test_a_link_that_a_refresh_has_found_otherwise_is_planned_again(stack: Stack, state: State) -> None:
    impact = next(each for urn, each in stack.state.items() if "LinkImpact" in urn)
    assert impact.handler.diff(impact.id, {**impact.outputs, "drift": ["principals"]}, impact.inputs).changes


def test_a_preview_that_leaves_links_for_a_report_leaves_unchanged_ones_too(
    stack: Stack, state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LINKS, str(tmp_path))
    impact = next(each for urn, each in stack.state.items() if "LinkImpact" in urn)
    impact.handler.check(impact.inputs, declared(impact))

    assert 1 == len(list(tmp_path.iterdir()))
