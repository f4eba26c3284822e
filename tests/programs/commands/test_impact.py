"""Which users a change affects, on the real engine: named in preview, refused beyond the limits, right in the cycle."""

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from entra_sync.cli import app, commands
from entra_sync.emulator import Emulator
from entra_sync.impact.report.markdown import markdown
from entra_sync.impact.report.planned import planned_impacts
from tests.programs.commands.previews import impact
from tests.programs.conftest import Stack

if not any(command.callback and command.callback.__name__ == "impact" for command in app.registered_commands):
    commands.register(app)


@pytest.fixture
def emulator() -> Emulator:
    """Enough people for a share of them to count."""
    made = Emulator.sample("contoso", seed=1, people=200)
    made.tenants["federal"].allow_cross_cloud_synchronization_from("global")
    return made


def people(stack: Stack) -> set[str]:
    """All users of the target, by id."""
    return {user["id"] for user in stack.graphs["federal"].pages("/v1.0/users?$select=id&$top=999")}


def test_what_preview_says_of_people_is_what_the_cycle_does(stack: Stack) -> None:
    """First enablement creates as many as were named; a scope that shrinks too far is refused, then removes as many.

    The plan holds ids and counts, no name and no address of any user. Limits of the program and limits of the
    organization are two things: the preview of the refused change has both.
    """
    residents = people(stack)
    stack.configure(groups=stack.groups("Engineering", "Support"))
    plan = stack.workspace.plan()
    created, text = impact(plan)["counts"]["create"], json.dumps(impact(plan))
    stack.up(plan)
    stack.emulator.run_cycle()
    users = list(stack.graphs["contoso"].pages("/v1.0/users?$select=displayName,userPrincipalName&$top=999"))

    assert created == len(people(stack) - residents)
    assert "first enablement" in planned_impacts(plan)[0]
    assert [] == [user for user in users if user["displayName"] in text or user["userPrincipalName"] in text]

    stack.configure(groups=stack.groups("Support"))
    start = len(stack.emulator.requests)
    refused = stack.workspace.run("up", "--yes")
    assert refused.code
    assert "users would be removed from federal" in refused.output
    pack = Path(__file__).parents[3] / "policies"
    preview = stack.workspace.preview("--policy-pack", str(pack))

    assert "users would be removed from federal" in preview.output
    assert re.search(r"people-removed-within-limits.*\n.*\n\s+\d+ of \d+ users would lose access", preview.output)
    assert "has not been calculated" not in preview.output
    assert [] == stack.emulator.requests.calls(start)

    stack.configure(groups=stack.groups("Support"), allow=["removed"])
    plan = stack.workspace.plan()
    before = people(stack)
    stack.up(plan)
    stack.emulator.run_cycle()

    assert impact(plan)["removed"] == len(before - people(stack)) > 0


def test_program_can_be_asked_for_its_impact(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`entra-sync impact --program`: by name where asked, also of a change that is refused, and nothing is sent.

    `entra-sync why --program` says of one of the people what the plan says.
    """
    stack.configure(groups=stack.groups("Engineering", "Support"))
    stack.made()
    stack.emulator.run_cycle()
    stack.configure(groups=stack.groups("Support"))
    for name, value in {**stack.workspace.settings(), **stack.workspace.environment}.items():
        monkeypatch.setenv(name, value)
    start = len(stack.emulator.requests)
    output = tmp_path / "impact.json"
    options = ["--program", str(stack.workspace.project), "--format", "json", "--output", str(output), "--no-cache"]
    shutil.copy(stack.workspace.config_file, stack.workspace.project)
    ended = CliRunner().invoke(app, ["impact", *options, "--stack", stack.workspace.stack, "--people"])

    assert 3 == ended.exit_code, ended.output
    report = json.loads(output.read_text())[0]
    assert report["removed"] == sum(row["action"] in {"delete", "disable"} for row in report["people"]) > 10
    assert all(row["name"] for row in report["people"])
    assert [] == stack.emulator.requests.calls(start)

    leaver = next(row for row in report["people"] if row["action"] == "delete")
    asked = ["why", leaver["userPrincipalName"], "--program", str(stack.workspace.project), "--format", "json"]
    ended = CliRunner().invoke(app, [*asked, "--stack", stack.workspace.stack])
    answer = json.loads(ended.stdout)[0]

    assert (leaver["id"], "unchanged", "delete") == (
        answer["person"]["id"],
        answer["nextCycle"]["action"],
        answer["afterUp"]["action"],
    )


def test_a_filter_that_is_deleted_from_the_program_is_refused(stack: Stack) -> None:
    """One line less, and all assigned users would get an account: refused until the program allows it."""
    stack.configure(groups=stack.groups("Engineering", "Support"))
    stack.made()
    stack.emulator.run_cycle()
    before = len(people(stack))
    program = stack.workspace.project / "__main__.py"
    text = program.read_text()
    line = re.search(r"    filters=entra\.any_of\(.*?\n    \),\n", text, re.DOTALL)
    assert line is not None
    program.write_text(text.replace(line[0], ""))
    start = len(stack.emulator.requests)
    refused = stack.workspace.run("up", "--yes")

    assert refused.code
    assert re.search(r"\d+ accounts would be created in federal, which has \d+ now; the limits are 100", refused.output)
    assert [] == stack.emulator.requests.calls(start)

    stack.configure(groups=stack.groups("Engineering", "Support"), allow=["created"])
    plan = stack.workspace.plan()
    created = impact(plan)["counts"]["create"]
    stack.up(plan)
    stack.emulator.run_cycle()

    assert created == len(people(stack)) - before


def test_a_link_that_is_removed_says_how_many_accounts_stay(stack: Stack, tmp_path: Path) -> None:
    """In the preview's list of calls, and counted by `entra-sync impact` for its report and the comment."""
    stack.configure(groups=stack.groups("Engineering"))
    stack.made()
    before = people(stack)
    stack.emulator.run_cycle()
    synchronized = len(people(stack) - before)
    program = stack.workspace.project / "__main__.py"
    program.write_text(program.read_text().partition("link = entra.CrossCloudLink")[0])
    plan = stack.workspace.plan()
    output = tmp_path / "impact.json"
    shutil.copy(stack.workspace.config_file, stack.workspace.project)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**stack.workspace.settings(), **stack.workspace.environment}.items():
            patch.setenv(name, value)
        options = ["--program", str(stack.workspace.project), "--stack", stack.workspace.stack, "--no-cache"]
        ended = CliRunner().invoke(app, ["impact", *options, "--format", "json", "--output", str(output)])

    assert any(
        f"{synchronized} accounts stay in federal, and nothing manages them" in each for each in planned_impacts(plan)
    )
    assert 0 == ended.exit_code, ended.output
    (report,) = json.loads(output.read_text())
    assert synchronized == report["unmanaged"]
    assert f"{synchronized} accounts stay in federal, and nothing manages them" in markdown(report, 60_000)
