"""What `entra-sync why` foretells for one person, from a handful of requests, is what the whole plan foretells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from entra_sync.errors import NoSuchPerson
from entra_sync.expressions import Context
from entra_sync.impact.facts.declaration import Declaration
from entra_sync.impact.facts.remarks import Gap, Note
from entra_sync.impact.planning.reasons import Doubt
from entra_sync.impact.why import why
from tests.impact.prediction.plays import Play, hold
from tests.impact.prediction.scenarios import Scenario
from tests.impact.world import World

JSON = Any


@pytest.fixture(scope="module")
def within_a_cloud() -> Iterator[World]:
    """Two tenants of the global cloud, where managers are synchronized too."""
    yield World.build("global")


class Addressed(Play):
    """A scenario whose people are found by their addresses, as Graph finds them."""

    def _user(self, doc: JSON) -> str:
        store, tid = self.source.store, self.source.tid
        id = store.new_id()
        keys = {"userPrincipalName": doc["userPrincipalName"], "address": doc.get("mail")}
        store.put(tid, "user", id, {"id": id, **doc}, keys=keys)
        return id


def foretold(world: World, declared: JSON, person: str) -> JSON:
    """What `why` says of the cycle after the declaration has been carried out."""
    now = world.emulator.clock.now()
    answer = why(
        world.graphs["contoso"],
        world.graphs["federal"],
        world.owner,
        Declaration(**declared),
        person,
        context=Context.fixed(now),
        moment=now,
    )
    return answer["afterUp"] or answer["nextCycle"]


def test_answer_for_one_person_is_that_of_the_whole_plan(within_a_cloud: World) -> None:
    """For any tenants, link and change: action, reason, attributes and doubt of each person, one by one."""
    hold(0.2, 4_000_000, lambda found: same_answers(within_a_cloud, found))


def same_answers(world: World, scenario: Scenario) -> None:
    """Plays a scenario and compares the answer for each user with the whole plan's row.

    A user who is gone for good can no longer be asked for. Doubts are not compared where only a whole plan can have
    them: about synchronized users that could not be named, and about accounts with names that no user has.
    """
    play = Addressed(world, scenario)
    play.live(scenario.past)
    declared = play.declared(scenario.future)
    plan = world.plan(world.then(**declared))
    people = {row["person"]: row for row in plan.people.iter_rows(named=True)}
    unnamed = any(gap.code is Gap.UNNAMED for gap in plan.gaps)
    strangers = any(note.code is Note.STRANGERS for note in plan.notes)
    for person in play.people:
        row = people.get(person)
        try:
            answer = foretold(world, declared, person)
        except NoSuchPerson:
            assert not play.in_tenant(person)
            continue
        if row is None:
            assert "skipped" == answer["action"]
            continue
        if Doubt.WHOLE_PLAN in answer["uncertainCodes"]:
            continue
        changes = plan.attribute_changes([person]).drop("person").to_dicts()
        assert (answer["action"], answer["reasonCode"], answer["attributes"]) == (row["action"], row["reason"], changes)
        if not unnamed and not (strangers and row["uncertain"] == Doubt.STRANGERS):
            assert [row["uncertain"]] * bool(row["uncertain"]) == answer["uncertainCodes"]
