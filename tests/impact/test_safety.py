"""What must hold although no ordinary run shows it: the threshold's edge, links and deletions that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import polars as pl
import pytest

from entra_sync.expressions import Mappings, any_of, clause
from entra_sync.impact.reading.gather import _together
from tests.impact.scenarios import LinkChange
from tests.impact.test_cache import facts, settled
from tests.impact.test_prediction import check, two_people
from tests.impact.world import World

BOTH = LinkChange(frozenset(), frozenset({0, 1}), False, Mappings(()), None, threshold=1)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Two tenants in two clouds."""
    yield World.build()


def test_force_deletes_carries_out_what_the_threshold_would_hold_back(world: World) -> None:
    """Two users leave, one deletion is allowed, and the restart forces them."""
    narrow = replace(BOTH, filters=any_of(clause("country").equals("US")), restarts=("ForceDeletes",))

    check(world, two_people([(BOTH, [])], narrow))


def test_as_many_deletions_as_the_threshold_are_carried_out(world: World) -> None:
    check(world, two_people([(BOTH, [])], replace(BOTH, users=frozenset({0}))))


def test_links_that_cannot_be_read_are_inferred_and_said(world: World) -> None:
    """No links would mean that nobody is affected."""
    then, ids = settled(world)
    world.emulator.fault(path="objectConnections", status=403, times=None)
    found = facts(world, world.now(), then, None)

    assert found.gaps
    assert len(ids) == found.connections.height


def test_a_user_who_is_deleted_while_the_tenant_is_read_is_deleted() -> None:
    live = pl.DataFrame({"id": ["a"], "deleted": [None]}, schema={"id": pl.String, "deleted": pl.String})
    gone = pl.DataFrame({"id": ["a"], "deleted": ["2026"]})

    assert ["2026"] == _together(live, gone)["deleted"].to_list()
