"""Pulumi's options on our resources, and commands for some of them: nothing is lost, and nothing of others is taken."""

from __future__ import annotations

import pytest

from entra_sync.base.resource import Resource
from tests.ownership.engine import Stack
from tests.ownership.rewriting import with_options
from tests.ownership.world import World, make_world


@pytest.fixture
def world() -> World:
    """Two tenants, and a link as single resources."""
    return make_world("single_resources")


def replace(stack: Stack, *ends: str) -> None:
    """``pulumi up --replace`` of the resources whose names end so."""
    stack.replaced = ends
    stack.up()


def works_and_leaves_nothing(world: World, stack: Stack) -> None:
    """A cycle succeeds, another `up` sends nothing, and after a destroy the tenants are as before."""
    world.works(1)
    sent = len(world.emulator.requests.writes)
    stack.up()
    assert sent == len(world.emulator.requests.writes)
    stack.destroy()
    world.is_as_before()


def test_what_the_program_wants_created_first_is_not_deleted_afterwards(world: World) -> None:
    """By ``delete_before_replace=False`` the engine deletes last what it has replaced: then it is the new one."""
    stack = world.stack(with_options(world.text, "delete_before_replace=False"))
    stack.up()
    replace(stack, "")
    works_and_leaves_nothing(world, stack)


def test_what_was_deleted_first_is_not_taken_for_there(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a program in another language can ask for: the run ends at once, and the next one makes the resource."""
    monkeypatch.setattr(Resource, "refuse_deleting_first", lambda self, name, opts: None)
    stack = world.stack(with_options(world.text, "delete_before_replace=True"))
    stack.up()
    for end in ("::people", "::governance", "::application"):
        with pytest.raises(Exception, match="it was deleted before its replacement was made, because deleteB"):
            replace(stack, end)
        stack.up()
    works_and_leaves_nothing(world, stack)


def test_a_change_that_the_program_ignores_is_not_made(world: World) -> None:
    """``ignore_changes`` of the scope: the users in it stay."""
    stack = world.stack(with_options(world.text, 'ignore_changes=["principals", "principal"]'))
    stack.up()
    sent = len(world.emulator.requests.writes)
    stack.config = {**stack.config, "groups": [world.config["sales"]]}
    stack.up()
    assert sent == len(world.emulator.requests.writes)
    works_and_leaves_nothing(world, stack)


def test_the_settings_of_a_link_that_is_retained_stay(world: World) -> None:
    """With ``retain_on_delete`` a destroy deletes nothing; the next program takes the link over, and can remove it."""
    stack = world.stack(with_options(world.text, "retain_on_delete=True"))
    stack.up()
    sent = len(world.emulator.requests.writes)
    stack.destroy()
    assert sent == len(world.emulator.requests.writes)
    world.works(1)
    stack.text = world.text.replace("    cross_cloud=True,", "    cross_cloud=True,\n    adopt=True,")
    stack.up()
    stack.destroy()
    world.is_as_before()


@pytest.mark.parametrize("end", ["::job", "::people", "::federal-at-contoso", "::schema"])
def test_a_part_that_is_destroyed_is_made_again(world: World, end: str) -> None:
    """``pulumi destroy --target`` with what depends on it."""
    stack = world.stack()
    stack.up()
    stack.destroy(end)
    stack.up()
    works_and_leaves_nothing(world, stack)
