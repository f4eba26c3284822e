"""Two stacks that declare a link of the same name do not share its application."""

from __future__ import annotations

import gc

import pytest

from tests.ownership.engine import Refused
from tests.ownership.rewriting import with_application_named
from tests.ownership.world import World, make_world


@pytest.fixture
def world() -> World:
    """The world of the quickstart."""
    return make_world("quickstart")


def test_a_link_of_the_same_name_in_another_stack_is_refused(world: World) -> None:
    """The message names the stack and both ways out; the first link keeps working."""
    first, second = world.stack(name="production"), world.stack(name="trial")
    first.up()
    writes = len(world.emulator.requests.writes)
    with pytest.raises(Refused, match="is a link of stack test/production; choose another name, or set adopt=True"):
        second.up()
    gc.collect()  # pytest fails here if a resource that was never registered left work behind
    world.works(1)

    assert writes == len(world.emulator.requests.writes)
    second.text = with_application_named(world.text, "Trial: ")
    second.up()
    world.works(2)
    second.destroy()
    world.works(1)
    first.destroy()
    world.is_as_before()


def test_settings_go_with_the_last_link_although_their_maker_left_before_it_came(world: World) -> None:
    """The first link hands them on to the second, so that the third knows that they are not an administrator's."""
    texts = [world.text, *(with_application_named(world.text, f"{each}: ") for each in ("Trial", "Later"))]
    first, second, third = (
        world.stack(text, name=name) for text, name in zip(texts, ("first", "second", "third"), strict=True)
    )
    first.up()
    second.up()
    first.destroy()
    third.up()
    second.destroy()
    world.works(1)
    third.destroy()

    world.is_as_before()


def test_adopt_takes_the_link_of_a_stack_that_is_lost(world: World) -> None:
    """The record then names the new stack, so that the next run needs no `adopt`."""
    world.stack(name="lost").up()
    heir = world.stack(world.text.replace("scope=", "adopt=True, scope="), name="heir")
    heir.up()
    tags = next(iter(world.graphs["contoso"].pages("/v1.0/applications?$filter=displayName eq 'contoso-to-federal'")))
    heir.destroy()

    assert ["entra-sync:stack=test/heir"] == [tag for tag in tags["tags"] if "stack" in tag]
    world.is_as_before()
