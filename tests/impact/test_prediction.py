"""The plan is what the emulator's next cycle does and logs: person by person, attribute by attribute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from entra_sync.expressions import AttributeMapping, Mappings, any_of, clause
from entra_sync.impact.planning.reasons import Doubt
from tests.impact.prediction.plays import (
    REACHED,
    Play,
    check,
    hold,
    two_people,
)
from tests.impact.prediction.scenarios import EVENTS, Change, LinkChange
from tests.impact.world import World

JSON = Any

pytestmark = pytest.mark.xdist_group("prediction")
"""One process has all plans of this module, so that they are the same ones however the tests are shared out."""


ENOUGH = 80
"""Plans from which on the floor counts: fewer are a part of the examples, if several processes share the module."""

ACTIONS = {
    "linked": 0.4,
    "unchanged": 0.25,
    "create": 0.2,
    "update": 0.15,
    "delete": 0.15,
    "conflict": 0.08,
    "failed": 0.08,
    "match": 0.05,
    "disable": 0.05,
    "restore": 0.03,
    "skipped": 0.5,
}
"""The share of plans that have to have a user with this action."""

EVENT_SHARE = 0.01
"""How often each event has to happen for each plan."""

CERTAIN = 0.6
"""The share of planned rows that have to be compared in full, because the plan is certain of them."""


EXEMPT = 0.03
"""The share of all rows that each of these doubts may take out of the comparison at most."""


@pytest.fixture(scope="module")
def across_clouds() -> Iterator[World]:
    """One world for all examples, which each set it back first."""
    yield World.build("usgov")


@pytest.fixture(scope="module")
def within_a_cloud() -> Iterator[World]:
    """The same with both tenants in the global cloud."""
    yield World.build("global")


@pytest.fixture(scope="module", autouse=True)
def coverage() -> Iterator[None]:
    """Prints which actions and events the examples have reached, and fails if some are reached too rarely."""
    REACHED.clear()
    yield
    print("\nreached:", dict(sorted(REACHED.items())))
    number = REACHED["plans"]
    if number >= ENOUGH:
        floor = {name: share * number for name, share in ACTIONS.items()}
        floor |= {f"event: {what}": EVENT_SHARE * number for what in EVENTS}
        floor["rows: certain"] = CERTAIN * (REACHED["rows: certain"] + REACHED["rows: uncertain"])
        assert {} == {name: (REACHED[name], least) for name, least in floor.items() if REACHED[name] < least}
        most = EXEMPT * (REACHED["rows: certain"] + REACHED["rows: uncertain"])
        assert {} == {name: count for name, count in REACHED.items() if name.startswith("exempt: ") and count > most}


def test_plan_across_clouds_is_what_the_next_cycle_does(across_clouds: World) -> None:
    """For any tenants, link and change: each person's action and each attribute's old and new value are as planned."""
    hold(0.75, 0, lambda found: check(across_clouds, found))


def test_plan_within_a_cloud_is_what_the_next_cycle_does(within_a_cloud: World) -> None:
    """The same between two tenants of the global cloud, where managers are synchronized too."""
    hold(0.25, 1_000_000, lambda found: check(within_a_cloud, found))


def test_deletions_held_back_are_still_counted_when_one_person_changes(across_clouds: World) -> None:
    """Two people leave the filter, one deletion is allowed, and then one of them changes: both deletions stay held."""
    base = LinkChange(frozenset(), frozenset({0, 1}), False, Mappings(()), None, threshold=1)
    narrow = replace(base, filters=any_of(clause("country").equals("US")))
    past = [(base, []), (narrow, [Change("edit source", 0, {"displayName": "Grace"})])]

    check(across_clouds, two_people(past, narrow))


def test_removals_are_held_for_sure_only_if_the_cycle_looks_at_enough_of_them(across_clouds: World) -> None:
    """One of two accounts is to be disabled since the target enabled it, which an incremental cycle does not see."""
    base = LinkChange(frozenset(), frozenset({0, 1}), False, Mappings(()), None, threshold=1)
    past = [
        (base, [Change("block source", 0)]),
        (base, [Change("unblock target", 0), Change("block source", 0)]),
    ]
    scenario = two_people(past, base)
    play = Play(across_clouds, scenario)
    play.live(past)
    plan = across_clouds.plan(across_clouds.then(**play.declared(scenario.future)))

    assert [("disable", True, Doubt.OTHERS_TURNS)] * 2 == plan.people.select("action", "held", "uncertain").rows()
    check(across_clouds, scenario)


def test_whose_a_shared_account_becomes_when_links_are_dropped_is_uncertain(across_clouds: World) -> None:
    """Two people with one address share an account; after renames and a full restart only the service knows whose."""
    row = AttributeMapping(target="userPrincipalName", source="[userPrincipalName]", apply="always")
    base = LinkChange(frozenset(), frozenset({0, 1}), False, Mappings((row,)), None, threshold=None)
    for renamed in (0, 1):
        past = [(base, [Change("rename", renamed)]), (base, [])]
        scenario = two_people(past, replace(base, restarts=("Full",)), mail="a.kim@contoso.com")
        play = Play(across_clouds, scenario)
        play.live(past)
        plan = across_clouds.plan(across_clouds.then(**play.declared(scenario.future)))

        assert [Doubt.CONTESTED] * 2 == plan.people["uncertain"].to_list()
        check(across_clouds, scenario)
