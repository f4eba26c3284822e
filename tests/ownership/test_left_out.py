"""Runs that leave a part of a link out, by ``--target`` or ``--exclude``: no user is affected without a plan."""

from __future__ import annotations

import pytest

from tests.ownership.engine import Refused
from tests.ownership.world import World, make_world


@pytest.fixture(scope="module")
def world() -> World:
    """The world of the quickstart."""
    return make_world("quickstart")


def without_plan(world: World, text: str, *others: str) -> None:
    """An `up` of a changed program that leaves out the plan of its link, and *others* of its resources."""
    stack = world.stack()
    world.start(stack)
    stack.text = text
    stack.excluded = ("-impact", *others)
    stack.up()


@pytest.mark.parametrize(
    ("change", "others", "refused"),
    [
        ({'config.require_object("groups")': '[config.require("sales")]'}, (), "AppRoleAssignments"),
        ({"scope=[": "scope=entra.Scope.EVERYONE or ["}, (), "SynchronizationSecrets"),
        ({"notify=": "enabled=False, notify="}, (), ""),
        ({'.without("telephoneNumber")': ""}, (), "SynchronizationSchema"),
        ({"notify=": 'restart=entra.Restart(trigger="1"), notify='}, (), "SynchronizationSchedule"),
        ({"Contoso)": "Contoso Federal)"}, ("-schema",), ""),
    ],
    ids=["scope", "all users", "pause", "mapping", "restart", "nothing is left"],
)
def test_what_decides_about_users_is_not_changed_without_their_plan(
    world: World, change: dict[str, str], others: tuple[str, ...], refused: str
) -> None:
    """The message names the resource to include. A pause may be urgent, and changes no user."""
    text = world.text
    for before, after in change.items():
        assert before in text
        text = text.replace(before, after)
    if not refused:
        without_plan(world, text, *others)
        return
    with pytest.raises(Refused, match=f'{refused} .*Include "contoso-to-federal-impact" in what --target names'):
        without_plan(world, text, *others)
