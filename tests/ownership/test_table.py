"""Every way in which declarations change, crash or share: the others keep working, and the last one leaves nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.crashes import Killed
from tests.ownership.rewriting import doubled, moved, renamed, with_application_named
from tests.ownership.world import Kept, World, make_world

JSON = Any
PROGRAMS = ("quickstart", "single_resources", "hub_and_spoke")


_worlds: dict[str, tuple[World, Kept]] = {}


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    """The world of a program, as it is before any run."""
    if request.param not in _worlds:
        made = make_world(request.param)
        _worlds[request.param] = made, Kept(made.emulator, {})
    world, kept = _worlds[request.param]
    kept.restore(world.emulator)
    return world


def jobs(world: World) -> int:
    """Links of the world's program."""
    return 2 if "SPOKES" in world.text else 1


EVERY = pytest.mark.parametrize("world", PROGRAMS, indirect=True)


@EVERY
@pytest.mark.parametrize("change", [renamed, moved, lambda text: renamed(text, alias=True)])
@pytest.mark.parametrize("kept", [False, True], ids=["", "application keeps its name"])
def test_renamed_or_moved(world: World, change: Callable[[str], str], kept: bool) -> None:
    """Under another name, with or without alias, or in another component."""
    text = with_application_named(world.text, "Kept ") if kept else world.text
    stack = world.stack(text)
    world.start(stack)
    stack.text = change(text)
    stack.up()
    world.works(jobs(world))
    stack.up()
    stack.destroy()
    world.is_as_before()


SECOND = """
entra.CrossCloudLink(
    "second",
    source={source},
    target=entra.Tenant("{target}", **config.require_object("{target}")),
    scope=[entra.Group({group})],
)
"""


def second_link(world: World, target: str) -> str:
    """A link that shares a cloud, or all, with those of the program."""
    source = "hub" if jobs(world) == 2 else "contoso"
    return SECOND.format(source=source, target=target, group='config.require("sales")')


def link_back(world: World) -> str:
    """A link in the other direction."""
    group = next(iter(world.graphs["federal"].pages("/v1.0/groups?$select=id")))["id"]
    return f"""
entra.CrossCloudLink(
    "back",
    source=entra.Tenant("federal", **config.require_object("federal")),
    target=entra.Tenant("contoso", **config.require_object("contoso")),
    scope=[entra.Group("{group}")],
)
"""


OTHERS = {
    "one pair": lambda world: second_link(world, "federal"),
    "one cloud": lambda world: second_link(world, "agency"),
    "both directions": link_back,
    "one pair, single resources": lambda world: "\n" + doubled(world.text, world.config["sales"]),
}


def only(world: World, addition: str) -> str:
    """A program of the second link alone."""
    head = world.text[: world.text.index("config = ")] + "config = pulumi.Config()\n"
    contoso = 'contoso = hub = entra.Tenant("contoso", **config.require_object("contoso"))\n'
    return head + contoso + addition if 'entra.CrossCloudLink(\n    "' in addition[:40] else addition


@EVERY
@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("order", ["removed is older", "removed is newer", "made at once"])
@pytest.mark.parametrize("stacks", [1, 2])
def test_one_of_two_is_removed(world: World, other: str, order: str, stacks: int) -> None:
    """Two links share settings; one goes, the other works; both go, nothing is left."""
    addition = OTHERS[other](world)
    both, second = world.text + addition, only(world, addition)
    count = jobs(world) + (2 if "\nSPOKES" in addition else 1)
    if stacks == 1:
        stack = world.stack(both)
        if order != "made at once":
            stack.text = world.text if order == "removed is older" else second
            world.start(stack)
            stack.text = both
            stack.up()
        else:
            world.start(stack)
        world.works(count)
        stack.text = second if order == "removed is older" else world.text
        stack.up()
        world.works(count - jobs(world) if stack.text == second else jobs(world))
        stack.up()
        stack.destroy()
    else:
        first, last = world.stack(name="first"), world.stack(second, name="last")
        if order == "removed is newer":
            first, last = last, first
        world.start(first)
        last.up()
        world.works(count)
        left = count - len([urn for urn in first.state if "SynchronizationJob::" in urn])
        first.destroy()
        world.works(left)
        last.up()
        last.destroy()
    world.is_as_before()


@EVERY
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("other", OTHERS)
def test_all_are_destroyed_at_once(world: World, other: str, seed: int) -> None:
    """One destroy of links that share settings, in any order of its deletes."""
    stack = world.stack(world.text + OTHERS[other](world), seed=seed)
    world.start(stack)
    stack.destroy()
    world.is_as_before()


LINK = [
    "application",
    "source-cloud",
    "target-cloud",
    "source-partner",
    "target-partner",
    "inbound",
    "impact",
    "assignments",
    "job",
    "secrets",
    "schema",
    "schedule",
]
RESOURCES = {
    "quickstart": [f"contoso-to-federal-{each}" for each in LINK],
    "single_resources": [
        "application",
        "contoso-allows-usgov",
        "federal-allows-global",
        "everybody-else",
        "federal-at-contoso",
        "contoso-at-federal",
        "contoso-into-federal",
        "impact",
        "people",
        "job",
        "settings",
        "schema",
        "display-name",
        "schedule",
        "governance",
        "premium",
    ],
    "hub_and_spoke": [f"contoso-to-{spoke}-{each}" for spoke in ("federal", "shanghai") for each in LINK],
}
EACH = [(name, end) for name in PROGRAMS for end in RESOURCES[name]]


@pytest.mark.parametrize(("world", "end"), EACH, indirect=["world"])
def test_replaced(world: World, end: str) -> None:
    """``--replace`` of any one resource."""
    stack = world.stack()
    world.start(stack)
    stack.replaced = (f"::{end}",)
    stack.up()
    world.works(jobs(world))
    stack.up()
    stack.destroy()
    world.is_as_before()


@pytest.mark.parametrize(("world", "end"), EACH, indirect=["world"])
def test_forgotten(world: World, end: str) -> None:
    """``pulumi state delete`` of any one resource, then up."""
    stack = world.stack()
    world.start(stack)
    stack.forget(f"::{end}")
    stack.up()
    world.works(jobs(world))
    stack.destroy()
    world.is_as_before()


WRITES = {"quickstart": 12, "single_resources": 17, "hub_and_spoke": 24}
"""Writes of the first up of each program."""


@pytest.mark.parametrize(
    ("world", "last"), [(name, last) for name in PROGRAMS for last in range(1, WRITES[name] + 1)], indirect=["world"]
)
def test_killed(world: World, last: int) -> None:
    """The process dies after any of the writes of the first up."""
    stack = world.stack()
    stack.dies_after = last
    with pytest.raises(Killed):
        stack.up()
    stack.up()
    world.works(jobs(world))
    stack.destroy()
    world.is_as_before()
