"""A change of a link's scope removes no other accounts on its way, wherever it stops."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.crashes import Killed
from tests.ownership.world import Kept, World, make_world

GROUPS = 'scope=[entra.Group(group) for group in config.require_object("groups")]'
FILTER = 'entra.clause("country").equals("US")'

EVERYONE = "scope=entra.Scope.EVERYONE"
BOTH = 'scope=[entra.Group(id) for id in [*config.require_object("groups"), config.require("sales")]]'


@pytest.fixture
def world() -> World:
    """The world of the quickstart, whose limits allow each change."""
    world = make_world("quickstart")
    world.text = world.text.replace('config.get_object("allow") or []', '["removed", "created"]')
    return world


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({}, {GROUPS: EVERYONE}, id="groups to all users"),
        pytest.param({GROUPS: EVERYONE}, {}, id="all users to groups"),
        pytest.param({GROUPS: BOTH}, {FILTER: f"{FILTER}, {FILTER}"}, id="a group less and another filter"),
        pytest.param({FILTER: f"{FILTER}, {FILTER}"}, {GROUPS: BOTH}, id="a group more and another filter"),
    ],
)
def test_who_is_in_scope_before_and_after_a_change_keeps_the_account(
    world: World, before: dict[str, str], after: dict[str, str]
) -> None:
    """A cycle may begin after each write, and the next one may be refused or never sent."""
    stack = world.stack(edited(world.text, before))
    stack.up()
    world.works(1)
    start, old = Kept(world.emulator, stack.state), accounts(world)
    stack.text = edited(world.text, after)
    writes = written(world, stack.up)
    world.works(1)
    stay = old & accounts(world)
    for sent in range(1, writes):
        stack.state = start.restore(world.emulator)
        stack.dies_after = sent
        with pytest.raises(Killed):
            stack.up()
        world.works(1)
        assert set() == stay - accounts(world), f"deleted after {sent} of {writes} writes"
    assert 1 < writes
    assert stay


def edited(text: str, edits: dict[str, str]) -> str:
    """The program with other arguments of the link."""
    for old, new in edits.items():
        assert old in text
        text = text.replace(old, new)
    return text


def accounts(world: World) -> set[str]:
    """The users of the target."""
    return {user["id"] for user in world.graphs["federal"].pages("/v1.0/users?$select=id")}


def written(world: World, act: Callable[[], None]) -> int:
    """How many writes a command sends."""
    start = len(world.emulator.requests.writes)
    act()
    return len(world.emulator.requests.writes) - start
