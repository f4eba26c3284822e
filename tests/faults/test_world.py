"""The condition of a world: the same if only ids and times differ, another one if anything else does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from entra_sync.base.run import claims
from tests.faults.faulty import Fault
from tests.faults.world import Saved, World


@pytest.fixture(scope="module")
def world() -> World:
    """A world with a link."""
    made = World("quickstart")
    assert [] == made.run("up")[0]
    return made


@pytest.fixture(scope="module")
def saved(world: World) -> Saved:
    """The link as it was made."""
    world.start("update")
    return world.save()


@pytest.fixture
def before(world: World, saved: Saved) -> Iterator[bytes]:
    """The condition of the link as it was made."""
    world.restore(saved)
    yield world.condition()
    world.restore(saved)


def test_a_world_that_is_brought_back_is_in_the_same_condition(world: World, saved: Saved, before: bytes) -> None:
    """Whatever happened in between."""
    world.run("destroy")
    assert before != world.condition()
    world.restore(saved)
    assert before == world.condition()


def test_other_ids_and_times_are_the_same_condition(before: bytes) -> None:
    """A request that is repeated takes time, and the objects get other ids."""
    other = World("quickstart")
    other.emulator.service.store.new_id()
    assert [] == other.run("up", Fault("graph.microsoft.com GET /v1.0/applications", "before 429", 1))[0]
    other.start("update")

    assert before == other.condition()


def rename_an_application(world: World) -> None:
    """In the tenant."""
    store = world.emulator.service.store
    tenant_id = world.emulator.tenants["contoso"].tenant_id
    (entry,) = (each for each in store.objects(tenant_id, "application") if "to-federal" in each.doc["displayName"])
    store.replace(tenant_id, "application", entry.id, {**entry.doc, "displayName": "renamed"})


def delete_a_user(world: World) -> None:
    """One who was there before the first run, and is deleted for good."""
    store = world.emulator.service.store
    tenant_id = world.emulator.tenants["contoso"].tenant_id
    store.remove(tenant_id, "user", store.objects(tenant_id, "user")[0].id)


def forget_an_output(world: World) -> None:
    """In the engine's state."""
    name, state = next(iter(world.engine.states.items()))
    world.engine.states[name] = replace(state, outputs={})


def remember_a_declaration(world: World) -> None:
    """In the process."""
    claims.declare("contoso/x", {claims.DECLARATION: "quickstart/test/x"})


@pytest.mark.parametrize(
    "change",
    [rename_an_application, delete_a_user, forget_an_output, remember_a_declaration],
    ids=lambda each: each.__name__,
)
def test_any_other_difference_is_another_condition(
    world: World, before: bytes, change: Callable[[World], None]
) -> None:
    """In the tenants, the state or the process."""
    change(world)
    assert before != world.condition()
