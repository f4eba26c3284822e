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


def test_settings_are_handed_on_to_a_link_that_uses_what_it_did_not_make(world: World) -> None:
    """The heir declares them later: then they are its own, and go with it."""
    heir_text = with_application_named(world.text, "Trial: ")
    maker, heir = world.stack(name="maker"), world.stack(name="heir")
    heir.text = heir_text.replace("scope=[", "manage_partners=False, manage_clouds=False, scope=[")
    maker.up()
    heir.up()
    maker.destroy()
    world.works(1)
    heir.text = heir_text
    heir.up()
    heir.destroy()

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
