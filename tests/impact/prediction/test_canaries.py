"""What is planned for canaries is what the emulator does with them on demand: action by action, value by value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from entra_sync.errors import BadArgument
from entra_sync.expressions import Context, synchronization_rule
from entra_sync.impact.canaries.answered import Answered, Difference, answered, differences, problem
from entra_sync.impact.canaries.expected import canary_lines, in_summary, outcomes, read_as_it_stands
from tests.impact.prediction.plays import Play, hold
from tests.impact.prediction.scenarios import Scenario
from tests.impact.world import World

JSON = Any


@pytest.fixture(scope="module")
def across_clouds() -> Iterator[World]:
    """One world for all examples, which each set it back first."""
    yield World.build("usgov")


def on_demand(world: World, person: str) -> JSON:
    """The service's answer."""
    rule = synchronization_rule(world.send("contoso", "GET", f"{world.job_path}/schema"))["id"]
    subject = {"objectId": person, "objectTypeName": "User"}
    body = {"parameters": [{"ruleId": rule, "subjects": [subject]}]}
    return world.send("contoso", "POST", f"{world.job_path}/provisionOnDemand", body)


def test_what_is_planned_for_canaries_is_what_happens_on_demand(across_clouds: World) -> None:
    """For any tenants and link, of all users in scope who can be canaries."""
    hold(0.5, 2_000_000, lambda found: as_planned(across_clouds, found))


def as_planned(world: World, scenario: Scenario) -> None:
    """Plays a scenario and compares what is planned for canaries with what happens on demand."""
    # An account whose name hides its identity is taken over instead of a creation: that stops at a canary.
    play = Play(world, replace(scenario, guests=[each for each in scenario.guests if each.kind != "converted"]))
    play.live(scenario.past)
    play.apply(replace(scenario.future, restarts=()))
    mappings, filters = scenario.future.mappings, scenario.future.filters
    read = read_as_it_stands(world.graphs["contoso"], world.graphs["federal"], world.owner, mappings, filters)
    context = Context.fixed(world.emulator.clock.now())
    canaries = list(play.people)
    planned = None
    while planned is None:
        try:
            planned = outcomes(read, canaries, context)
        except BadArgument as refusal:
            del canaries[int(refusal.property.removeprefix("canaries[").removesuffix("]"))]

    assert sorted(canaries) == [each.person for each in planned]
    assert [] == [
        (each, found)
        for each in planned
        if (found := differences(each, answered(each.person, on_demand(world, each.person))))
    ]


def test_a_difference_says_both_sides_and_nothing_of_the_person() -> None:
    """Kinds, lengths, and where the two part; plain values only if they are the same for all users."""
    name = Difference("p1", "displayName", "Ada Lovelace", "Ada L.", ' (mapped from "[displayName]")')
    kind = Difference("p1", "userType", "Member", "Guest")
    nothing = Difference("p1", "city", None, "")
    text = problem([name, kind, nothing])

    assert "a text of 12 characters, the service wrote a text of 6 characters, the same up to character 5" in text
    assert "user p1: userType: planned Member, the service wrote Guest" in text
    assert "user p1: city: planned nothing, the service wrote an empty text" in text
    assert "Lovelace" not in text
    assert "Ada Lovelace" in name.in_full


def test_many_differences_are_counted() -> None:
    """A message stays short."""
    text = problem([Difference("p1", f"extensionAttribute{number}", "a", None) for number in range(9)])

    assert "extensionAttribute5" in text
    assert "extensionAttribute6" not in text
    assert "and 3 more" in text


def journey(**values: JSON) -> JSON:
    """An answer as the documentation prints it, of one journey that is no list."""
    import json

    doc = {
        "action": "Update",
        "statusInfo": {"status": "Success"},
        "sourceIdentity": {"id": "P1", "type": "user"},
        "modifiedProperties": [{"displayName": "AccountEnabled", "newValue": "True"}],
        **values,
    }
    return {"key": '{"result":"Success","details":{}}', "value": json.dumps(doc)}


def test_answer_of_the_documentation_is_read() -> None:
    """Names in another case, no error code, one journey in place of a list."""
    assert Answered("update", "", {"accountenabled": "True"}) == answered("p1", journey())


@pytest.mark.parametrize(
    ("values", "action"),
    [
        ({"action": "StagedDelete"}, "delete"),
        ({"statusInfo": {"status": "Warning"}}, "update"),
        ({"statusInfo": {"status": "Failure", "errorCode": "EntryConflict"}}, "failed"),
        ({"statusInfo": {"status": "Skipped", "errorCode": "RedundantExport"}}, "nothing"),
        ({"modifiedProperties": [{"displayName": "IsSoftDeleted", "newValue": "False"}]}, "restore"),
    ],
)
def test_actions_are_told_apart(values: JSON, action: str) -> None:
    """By status first."""
    assert action == answered("p1", journey(**values)).action


def test_lines_of_a_preview_have_names_of_attributes_only() -> None:
    """Of a new account how many; the same after a round through the engine."""
    found = {
        "b": {"action": "update", "reason": "", "attributes": ["city", "displayName"]},
        "a": {"action": "create", "reason": "member of Engineering", "attributes": ["city", "displayName"]},
        "c": {"action": "unchanged", "reason": "", "attributes": []},
    }

    assert [
        "  canary     a create: member of Engineering; 2 attributes",
        "  canary     b update: city, displayName",
        "  canary     c unchanged",
    ] == canary_lines(found)
    assert {} == in_summary([])
