"""A scenario goes the same way each time, so that each example can be played alone."""

from __future__ import annotations

from tests.impact.prediction.plays import Play
from tests.impact.prediction.scenarios import Change, scenario
from tests.impact.world import JSON, World

BEFORE = 109
"""A scenario with restarts and deletions."""

PLAYED = 342
"""A scenario with many cycles."""


def accounts(world: World, number: int) -> dict[str, JSON]:
    """What the target has after all cycles of a scenario, each of which a plan was made before."""
    found = scenario(number)
    play = Play(world, found)
    for link, changes in found.past:
        world.plan(world.then(**play.declared(link)))
        play.live([(link, changes)])
    return world.accounts()


def test_a_scenario_does_not_depend_on_what_was_played_before() -> None:
    """Ids and times are the same, although readers share batches and a month has passed."""
    world = World.build("usgov")
    first = accounts(world, PLAYED)
    accounts(world, BEFORE)
    Play(world, scenario(BEFORE)).happen(Change("a month passes", 0))

    assert first == accounts(world, PLAYED)


def test_scenarios_differ_in_whose_turn_comes_first() -> None:
    """Users are numbered, and the order of their ids is another one in each scenario."""
    world = World.build("usgov")
    orders = set()
    for number in range(8):
        people = Play(world, scenario(number)).people
        orders.add(tuple(people.index(id) for id in sorted(people)))

    assert 8 == len(orders)
