"""A link with canaries on the real engine: tried first, stopped if the service does otherwise, fixed, and continued."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from entra_sync.emulator.cycle.users.records import Journey
from entra_sync.impact.report.planned import planned_impacts
from tests.otherwise import in_values, otherwise
from tests.programs.conftest import Stack

JSON = Any
TRIED = ["provisionOnDemand", "provisionOnDemand"]


@pytest.fixture
def canaries(stack: Stack) -> list[str]:
    """Two users in scope that the program declares as canaries."""
    program = stack.workspace.project / "__main__.py"
    text = program.read_text()
    assert 1 == text.count('    notify="identity-ops@contoso.com",')
    program.write_text(text.replace("    notify=", '    canaries=config.get_object("canaries") or [],\n    notify='))
    found = stack.passing_the_filter("Engineering")[:2]
    assert 2 == len(found)
    stack.configure(groups=stack.groups("Engineering"), canaries=found)
    return sorted(found)


@pytest.fixture
def falsify(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Lets the service write something else in place of a text, and report it."""

    def apply(text: str, other: str) -> None:
        monkeypatch.setattr(Journey, "on_demand", otherwise(in_values(text, other)))

    return apply


def edit(stack: Stack, old: str, new: str) -> None:
    """Changes the program."""
    program = stack.workspace.project / "__main__.py"
    text = program.read_text()
    assert old in text
    program.write_text(text.replace(old, new))


def actions(stack: Stack, start: int) -> list[str]:
    """What was sent to the job since a request, in order."""
    calls = stack.emulator.requests.calls(start)
    parts = [path.partition("/jobs/")[2].split("/") for _, path, _ in calls]
    return [part[1] for part in parts if len(part) == 2]


def test_canaries_come_first_and_all_users_follows(stack: Stack, canaries: list[str]) -> None:
    """First start, then a change of the schema, each as listed; an unchanged program asks nothing."""
    plan = stack.workspace.plan()
    blocks = planned_impacts(plan)
    start = len(stack.emulator.requests)
    stack.up(plan)

    assert [True, True] == [f"  canary     {id} create: " in blocks[0] for id in canaries]
    assert ["schema", *TRIED, "validateCredentials", "start"] == actions(stack, start)

    stack.emulator.run_cycle()
    requests = len(stack.emulator.requests)
    assert [] == stack.workspace.planned()
    assert "unchanged" in stack.workspace.up().output
    assert requests == len(stack.emulator.requests)

    edit(stack, "(Contoso)", "(Contoso Ltd)")
    plan = stack.workspace.plan()
    blocks = planned_impacts(plan)
    start = len(stack.emulator.requests)
    stack.up(plan)

    assert [True, True] == [f"  canary     {id} update: displayName" in blocks[0] for id in canaries]
    assert ["pause", "schema", *TRIED, "validateCredentials", "start"] == actions(stack, start)
    stack.destroy()


def test_difference_stops_before_the_start_and_a_fixed_program_goes_on(
    stack: Stack, canaries: list[str], falsify: Callable[[str, str], None]
) -> None:
    """Both sides in the message, no value of anybody; first at the first start, then with a running job."""
    falsify("(Contoso)", "(Fabrikam)")
    stopped = stack.workspace.run("up", "--yes")

    assert stopped.code
    assert f"user {canaries[0]}: displayName (mapped from Append(" in stopped.output
    assert "planned a text of " in stopped.output
    assert "the service wrote a text of " in stopped.output
    assert "Fabrikam" not in stopped.output
    assert "Disabled" == stack.schedule()

    falsify("nothing", "nothing")
    stack.up()
    stack.emulator.run_cycle()
    assert "Active" == stack.schedule()

    edit(stack, "(Contoso)", "(Contoso Ltd)")
    falsify("(Contoso Ltd)", "(Ltd)")
    stopped = stack.workspace.run("up", "--yes")
    again = stack.workspace.run("up", "--yes")

    assert stopped.code
    assert again.code
    assert f"user {canaries[0]}: displayName" in stopped.output
    assert "canary results differ from the plan" in again.output
    assert "Disabled" == stack.schedule()

    edit(stack, "(Contoso Ltd)", "(Contoso)")
    start = len(stack.emulator.requests)
    stack.up()

    assert ["schema", *TRIED, "validateCredentials", "start"] == actions(stack, start)
    assert "Active" == stack.schedule()
    assert [] == stack.workspace.planned()


def test_stranger_is_refused_in_preview(stack: Stack, canaries: list[str]) -> None:
    """By place and reason, before anything is sent."""
    stack.configure(groups=stack.groups("Support"), canaries=["00000000-0000-0000-0000-000000000000"])
    start = len(stack.emulator.requests)
    refused = stack.workspace.run("up", "--yes")

    assert refused.code
    assert "has no user 00000000-0000-0000-0000-000000000000" in refused.output
    assert [] == stack.emulator.requests.calls(start)
