"""A link that a program pauses stays paused, whatever else of it changes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.ownership.engine import Refused
from tests.ownership.world import World, make_world

PAUSED = {"notify=": "enabled=False, notify="}
GROUPS = 'scope=[entra.Group(group) for group in config.require_object("groups")]'
SALES = {GROUPS: 'scope=[entra.Group(config.require("sales"))]'}
NO_REMOVAL = {"max_removed=25": "max_removed=0"}
RESTARTED = {"notify=": 'restart=entra.Restart(trigger="1"), notify='}


@pytest.fixture
def world() -> World:
    """The world of the quickstart."""
    return make_world("quickstart")


def changed(text: str, *changes: Mapping[str, str]) -> str:
    """The program after changes."""
    for before, after in (pair for change in changes for pair in change.items()):
        assert before in text
        text = text.replace(before, after)
    return text


@pytest.mark.parametrize(
    ("first", "change"),
    [
        ({}, SALES),
        ({}, {'equals("US")': 'equals("DE")'}),
        ({GROUPS: "scope=entra.Scope.EVERYONE"}, {"scope=entra.Scope.EVERYONE": GROUPS}),
        ({}, {GROUPS: "scope=entra.Scope.EVERYONE"}),
        ({}, RESTARTED),
    ],
    ids=["scope", "filter", "no longer all users", "all users", "restart"],
)
@pytest.mark.parametrize("before", [False, True], ids=["with it", "earlier"])
def test_a_job_that_is_paused_does_not_run_after_another_change(
    world: World, first: dict[str, str], change: dict[str, str], before: bool
) -> None:
    """Also after a restart, which would start it."""
    text = changed(world.text, first)
    stack = world.stack(text)
    stack.up()
    world.works(1)
    if before:
        stack.text = changed(text, PAUSED)
        stack.up()
    stack.text, stack.config = changed(text, change, PAUSED), {**stack.config, "allow": ["removed", "created"]}
    stack.up()

    world.works(0)
    stack.text = changed(text, change)
    stack.up()
    world.works(1)
    stack.destroy()
    world.is_as_before()


@pytest.mark.parametrize("change", [SALES, {'equals("US")': 'equals("DE")'}], ids=["scope", "filter"])
def test_a_pause_does_not_hide_what_affects_too_many_users_before_it(world: World, change: dict[str, str]) -> None:
    """The job's schedule changes last, and a cycle may start before that. A pause alone is never refused."""
    strict = changed(world.text, NO_REMOVAL)
    stack = world.stack(strict)
    stack.up()
    world.works(1)
    stack.text = changed(strict, change, PAUSED)
    with pytest.raises(Refused, match=r"enabled: `up` pauses the job after .* an `up` of its own first"):
        stack.up()
    world.works(1)
    for text in (changed(strict, PAUSED), changed(strict, change, PAUSED)):
        stack.text = text
        stack.up()

    world.works(0)
