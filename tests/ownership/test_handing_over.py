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


def test_a_link_that_gets_another_target_synchronizes_its_users_there(world: World) -> None:
    """The job forgets the accounts in the former target, and the plan names who stays there without a link."""
    stack = world.stack()
    stack.up()
    world.works(1)
    former, before = accounts(world, "federal"), accounts(world, "agency")
    stack.text = world.text.replace(TARGET, TARGET.replace("federal", "agency"))
    start = len(world.emulator.requests)
    stack.up()
    restarts = [call for call in world.emulator.requests.calls(start) if call[1].endswith("/restart")]
    (impact,) = [state.outputs["impact"] for urn, state in stack.state.items() if urn.endswith("-impact")]
    world.works(1)

    assert ["Full"] == [body["criteria"]["resetScope"] for _, _, body in restarts]
    assert impact["counts"]["create"] + impact["takenOver"] == accounts(world, "agency") - before
    assert impact["counts"]["create"] > 0
    assert "former-target" in impact["noteCodes"]
    assert former == accounts(world, "federal")


def accounts(world: World, tenant: str) -> int:
    """How many users a tenant has."""
    return len(list(world.graphs[tenant].pages("/v1.0/users?$select=id")))
