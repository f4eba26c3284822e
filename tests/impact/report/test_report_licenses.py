"""Licenses in all four renderings of an impact report: both figures, now and after the change, and who has none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from entra_sync.cli import app, commands
from entra_sync.expressions import any_of, clause
from entra_sync.impact.planning.limits import Limits
from tests.impact.link_files import link_file
from tests.impact.world import World

JSON = Any

if not any(command.callback and command.callback.__name__ == "impact" for command in app.registered_commands):
    commands.register(app)

FORMATS = ("terminal", "markdown", "json", "html")
ALL_USERS, US = 12, 8


@pytest.fixture(scope="module")
def built() -> World:
    """One world for all tests, which each set it back first."""
    return World.build()


@pytest.fixture
def world(built: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Twelve people, eight of them in the US; ten seats, one each for three people in the US and one elsewhere."""
    monkeypatch.setenv("ENTRA_SYNC_NO_CACHE", "1")
    built.reset()
    contoso = built.emulator.tenants["contoso"]
    governance = contoso.add_subscription("Microsoft_Entra_ID_Governance", 10)
    premium = contoso.add_subscription("AAD_PREMIUM_P2", 50)
    ids = []
    for number in range(ALL_USERS):
        doc = {
            "userPrincipalName": f"p{number}@contoso.onmicrosoft.com",
            "displayName": f"Person {number}",
            "country": "US" if number < US else "DE",
            "usageLocation": "US",
            "_netId": f"{number:016X}",
        }
        ids.append(built.add_user("contoso", doc))
    for id in (*ids[:3], ids[-1]):
        body = {"addLicenses": [{"skuId": sku} for sku in (premium, governance)], "removeLicenses": []}
        built.send("contoso", "POST", f"/v1.0/users/{id}/assignLicense", body)
    built.assign(ids)
    built.start()
    built.cycle()

    with built.connected():
        yield built


def run(world: World, directory: Path, *options: str) -> Result:
    """The report of a filter that keeps the US in scope."""
    filters, limits = any_of(clause("country").equals("US")), Limits(allow=["removed"])
    path = link_file(world, directory / "link.json", filters=filters, limits=limits)
    return CliRunner().invoke(app, ["impact", "--link", str(path), *options])


def test_json_has_both_figures_now_and_after(world: World, tmp_path: Path) -> None:
    """Seats and assignment, before and after the change."""
    found = json.loads(run(world, tmp_path, "--format", "json").stdout)[0]["licensing"]
    now, after = found["now"], found["after"]

    assert "governance" == found["requires"]
    assert (ALL_USERS, 4, 8, 2) == (now["people"], now["covered"], now["notCovered"], now["shortfall"])
    assert (US, 3, 5, 0) == (after["people"], after["covered"], after["notCovered"], after["shortfall"])
    assert (10, 0) == (now["seats"]["total"], now["seats"]["free"])
    assert 2 == after["seats"]["free"]
    assert {"no license": 5} == after["gaps"]


@pytest.mark.parametrize("format", ["terminal", "markdown"])
def test_text_has_both_figures_now_and_after(world: World, tmp_path: Path, format: str) -> None:
    """The same in words."""
    text = " ".join(run(world, tmp_path, "--format", format).stdout.split())

    assert "8 needed after, 12 now; 10 Governance seats, 2 free after; 3 of 8 users have one assigned" in text
    assert "now: 4 covered, 8 not covered; 0 seats free, 2 short" in text
    assert "after: 3 covered, 5 not covered; 2 seats free, 0 short" in text
    assert "no license: 5 users" in text


def test_page_has_the_figures(world: World, tmp_path: Path) -> None:
    """The page shows what its data has."""
    text = run(world, tmp_path, "--format", "html").stdout
    data = json.loads(text.split('id="data">')[1].split("</script>")[0])

    assert 5 == data["licensing"]["after"]["notCovered"]
    assert 'into("licenses"' in text


@pytest.mark.parametrize("format", FORMATS)
def test_people_without_a_license_are_named_only_on_request(world: World, tmp_path: Path, format: str) -> None:
    """Counts by default; ids and reasons with --people."""
    people = world.send("contoso", "GET", "/v1.0/users?$filter=country eq 'US'&$select=id,userPrincipalName")["value"]
    without = next(user["id"] for user in people if user["userPrincipalName"].startswith("p5@"))
    plain = run(world, tmp_path, "--format", format).stdout
    named = run(world, tmp_path, "--format", format, "--people").stdout

    assert without not in plain
    assert (without if format == "json" else "p5") in named


def test_terminal_groups_users_without_a_license_by_reason(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason and its number are said once, then a few of its users."""
    monkeypatch.setattr("entra_sync.impact.report.terminal.EXAMPLES", 3)
    text = run(world, tmp_path, "--people").stdout
    listed = text.partition("in scope, without a license:\n")[2].splitlines()[:5]

    assert 1 == text.count("no license")
    assert "  no license: 5 users" == listed[0]
    assert all(line.startswith("    Person ") for line in listed[1:4])
    assert "    and 2 more; --format json lists them" == listed[4]


def test_comment_groups_users_without_a_license_by_reason(world: World, tmp_path: Path) -> None:
    """A list of users below each reason."""
    text = run(world, tmp_path, "--people", "--format", "markdown").stdout
    lines = text.partition("Users without a license")[2].splitlines()

    assert "- no license: 5 users" == lines[2]
    assert 5 == sum(line.startswith("  - Person ") for line in lines)


@pytest.mark.parametrize("format", FORMATS)
def test_licenses_that_cannot_be_read_are_a_gap(world: World, tmp_path: Path, format: str) -> None:
    """Not known, and reported: the command ends as for everything that could not be read."""
    world.emulator.fault(path="subscribedSkus", status=403, times=None)
    result = run(world, tmp_path, "--format", format)

    assert 4 == result.exit_code, result.output
    assert "LicenseAssignment.Read.All" in result.stdout
    if format == "json":
        report = json.loads(result.stdout)[0]
        assert {"unknown"} == report["licensing"].keys() - {"uncovered"}
        assert any(gap.startswith("licenses: ") for gap in report["gaps"])


def test_kept_snapshot_says_nothing_of_licenses(world: World, tmp_path: Path) -> None:
    """Licenses are read, not kept: an offline report leaves them out, and is complete all the same."""
    kept = str(tmp_path / "kept")
    run(world, tmp_path, "--save", kept)
    result = run(world, tmp_path, "--offline", kept, "--format", "json")

    assert (0, None) == (result.exit_code, json.loads(result.stdout)[0]["licensing"])
