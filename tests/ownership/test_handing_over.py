"""A link that keeps living while its settings leave the program, or that gets another target."""

from __future__ import annotations

import pytest

from tests.ownership.tenants import held
from tests.ownership.world import World, make_world

TARGET = 'entra.Tenant("federal", **config.require_object("federal"))'


@pytest.fixture
def world() -> World:
    """The world of the quickstart."""
    return make_world("quickstart")


def test_settings_that_another_program_is_to_manage_stay(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """The link needs them on; when it takes them back, they are its own again."""
    stack = world.stack()
    stack.up()
    stack.text = world.text.replace("scope=[", "manage_partners=False, manage_clouds=False, scope=[")
    stack.up()
    told = capsys.readouterr().err
    world.works(1)
    stack.text = world.text
    stack.up()
    stack.destroy()

    assert 4 == told.count("stays: its own link uses it, which this program declares")
    world.is_as_before()


def test_a_link_that_gets_another_target_leaves_nothing_at_the_former_one(world: World) -> None:
    """Its partner entry and allowed cloud are deleted before what uses them, so that they are tried again after it."""
    stack = world.stack()
    stack.up()
    stack.text = world.text.replace(TARGET, TARGET.replace("federal", "agency"))
    stack.up()
    world.works(1)
    agency = world.emulator.tenants["agency"].tenant_id
    now = held(world.graphs)
    stack.destroy()

    assert ([], []) == (now["federal"]["clouds"], list(now["federal"]["partners"]))
    assert (["microsoftonline.us"], [agency]) == (now["contoso"]["clouds"], list(now["contoso"]["partners"]))
    world.is_as_before()
