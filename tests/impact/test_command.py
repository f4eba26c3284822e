"""``entra-sync impact``: a link in a file, a kept snapshot, a program; formats, personal data, exit codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from entra_sync.cli import app, commands
from entra_sync.cli.project import previewing
from entra_sync.cli.project.previewing import Previewed
from entra_sync.expressions import Mappings, any_of, clause
from entra_sync.impact.declared.file import LinkFile
from entra_sync.impact.facts.private_files import write_privately
from entra_sync.impact.planning.limits import Limits
from tests.impact.link_files import link_file
from tests.impact.world import World

JSON = Any

if not any(command.callback and command.callback.__name__ == "impact" for command in app.registered_commands):
    commands.register(app)


@pytest.fixture(scope="module")
def built() -> World:
    """One world for all tests, which each set it back first."""
    return World.build()


@pytest.fixture
def world(built: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Thirty people, half of them in Germany, synchronized; the command reaches the emulator."""
    monkeypatch.setenv("ENTRA_SYNC_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("ENTRA_SYNC_NO_CACHE")
    built.reset()
    ids = []
    for number in range(30):
        doc = {
            "userPrincipalName": f"ada{number}@contoso.onmicrosoft.com",
            "displayName": f"Ada Lovelace {number}",
            "mail": f"ada{number}@contoso.com",
            "country": "DE" if number % 2 else "US",
            "_netId": f"{number:016X}",
        }
        ids.append(built.add_user("contoso", doc))
    built.assign(ids)
    built.start()
    built.cycle()

    with built.connected():
        yield built


def run(*arguments: str) -> Result:
    """The command's answer."""
    return CliRunner().invoke(app, ["impact", *arguments])


def test_plan_beyond_the_limits_ends_with_code_3(world: World, tmp_path: Path) -> None:
    """Half of thirty people are more than a tenth; nothing is sent."""
    path = link_file(world, tmp_path / "link.json", filters=any_of(clause("country").equals("US")))
    start = len(world.emulator.requests)
    result = run("--link", str(path))

    assert 3 == result.exit_code, result.output
    assert "15 users lose access" in result.output
    assert 'country is not "US" (15)' in result.output
    assert [] == [record for record in world.emulator.requests[start:] if record.writes]


def test_plan_within_the_limits_ends_with_code_0(world: World, tmp_path: Path) -> None:
    """What the limits allow is no error."""
    filters = any_of(clause("country").equals("US"))
    path = link_file(world, tmp_path / "link.json", filters=filters, limits=Limits(allow=["removed"]))

    assert 0 == run("--link", str(path)).exit_code


def test_plan_with_gaps_ends_with_code_4(world: World, tmp_path: Path) -> None:
    """Deleted users that may not be read are a gap: the counts are not complete, and the report has a gap."""
    path = link_file(world, tmp_path / "link.json", limits=Limits(allow=["partial"]))
    world.emulator.fault(path="deletedItems", status=403, times=None)
    result = run("--link", str(path), "--no-cache")

    assert 4 == result.exit_code, result.output
    assert "incomplete: deleted users could not be read" in " ".join(result.output.split())


def test_reports_hold_no_personal_data_unless_asked(world: World, tmp_path: Path) -> None:
    """Names, addresses and values appear with --people only, in every format."""
    path = link_file(
        world,
        tmp_path / "link.json",
        filters=any_of(clause("country").equals("US")),
        mappings=Mappings.model_validate([{"target": "displayName", "source": 'Append([displayName], "!")'}]),
    )
    for format in ("terminal", "markdown", "json", "html"):
        plain, named = (
            run("--link", str(path), "--format", format),
            run("--link", str(path), "--format", format, "--people"),
        )

        assert "Lovelace" not in plain.output
        assert "ada1@" not in plain.output
        assert "Lovelace 1" in named.output, format


def test_directly_assigned_people_are_counted_and_not_named(world: World, tmp_path: Path) -> None:
    """What changes in the scope is said without a name or an id of a person."""
    now = world.now()
    assert now is not None
    users = sorted(now.users)
    new = world.add_user("contoso", {"userPrincipalName": "new@contoso.onmicrosoft.com", "displayName": "Ada N."})
    path = tmp_path / "link.json"
    link = LinkFile.read(link_file(world, path)).model_copy(update={"users": [*users[2:], new]})
    path.write_bytes(link.content())
    for format in ("terminal", "markdown", "json", "html"):
        output = run("--link", str(path), "--format", format, "--redact").output

        assert "2 directly assigned users leave the scope" in output, format
        assert "1 directly assigned user comes into scope" in output, format
        assert "Ada" not in output
        assert [] == [id for id in [*users, new] if id in output]


def test_redacted_reports_hold_no_ids_and_can_be_compared(world: World, tmp_path: Path) -> None:
    """With one key two reports name the same people by the same hashes."""
    path = link_file(world, tmp_path / "link.json", filters=any_of(clause("country").equals("US")))
    options = ("--link", str(path), "--format", "json", "--redact", "--redact-key", "k")
    reports = [json.loads(run(*options).stdout) for _ in range(2)]
    ids = {row["id"] for row in reports[0][0]["people"]}

    assert reports[0] == reports[1]
    assert 15 == len(ids)
    assert not ids & set(world.links())


def test_kept_snapshot_is_planned_from_without_asking(world: World, tmp_path: Path) -> None:
    """--save keeps what was read; --offline plans another declaration from it."""
    path = link_file(
        world,
        tmp_path / "link.json",
        mappings=Mappings.model_validate([{"target": "city", "source": "[country]"}]),
        limits=Limits(allow=["changed"]),
    )
    kept = str(tmp_path / "kept")
    assert 0 == run("--link", str(path), "--save", kept).exit_code
    link_file(world, path, filters=any_of(clause("country").equals("US")))
    start = len(world.emulator.requests)
    offline = json.loads(run("--link", str(path), "--offline", kept, "--format", "json").stdout)
    asked = len(world.emulator.requests) - start

    assert 0 == asked
    assert 15 == offline[0]["removed"]


def test_two_links_that_do_not_exist_yet_are_kept_beside_each_other(world: World, tmp_path: Path) -> None:
    """Of the same tenants, with different users."""
    path = link_file(world, tmp_path / "link.json")
    content = json.loads(path.read_text())
    users = content["users"][:2]
    for user in users:
        new = {**content, "servicePrincipalId": None, "groups": [], "users": [user]}
        (tmp_path / f"{user}.json").write_text(json.dumps(new))
    links = [part for user in users for part in ("--link", str(tmp_path / f"{user}.json"))]
    kept = str(tmp_path / "kept")
    assert 0 == run(*links, "--save", kept).exit_code
    offline = json.loads(run(*links, "--offline", kept, "--format", "json").stdout)

    assert [[[user]] for user in users] == [list(report["sample"].values()) for report in offline]


def test_snapshot_without_an_attribute_refuses(world: World, tmp_path: Path) -> None:
    """An attribute that was not read is unknown, not empty."""
    path = link_file(world, tmp_path / "link.json")
    kept = str(tmp_path / "kept")
    run("--link", str(path), "--save", kept)
    link_file(world, path, filters=any_of(clause("employeeType").is_not_null()))
    result = run("--link", str(path), "--offline", kept)

    assert "was taken without employeeType" in str(result.exception)


def test_failed_preview_is_said_beside_the_links_that_it_left(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A preview that ends early may have left one link of two: the report is not taken for that of all."""
    path = link_file(world, tmp_path / "link.json")

    def preview(program: Path, stack: str | None, links: Path, **_: object) -> Previewed:
        LinkFile.read(path).leave(links)
        return Previewed(succeeded=False, steps=[], errors=["schema of the other link: no"], passed=[], violations=[])

    monkeypatch.setattr(previewing, "preview_program", preview)
    result = run("--program", str(tmp_path))

    assert 4 == result.exit_code, result.output
    assert "links that come after it may be missing here:\nschema of the other link: no" in result.stderr
    assert "0 users lose access" in result.stdout


def test_links_of_the_same_tenants_are_left_side_by_side(world: World, tmp_path: Path) -> None:
    """By their applications; new ones by the users that they bring into scope."""
    link = LinkFile.read(link_file(world, tmp_path / "link.json"))
    new = link.model_copy(update={"service_principal_id": None})
    others = [
        link.model_copy(update={"service_principal_id": "0" * 36}),
        new,
        new.model_copy(update={"groups": ["1" * 36]}),
    ]
    for each in (link, *others, link):
        each.leave(tmp_path / "left")

    assert 4 == len(list((tmp_path / "left").iterdir()))


@pytest.mark.parametrize("format", ["terminal", "markdown", "json", "html"])
def test_file_with_personal_data_is_for_its_owner_only(world: World, tmp_path: Path, format: str) -> None:
    """Others cannot read a report with names, and a report without them is an ordinary file."""
    path = link_file(world, tmp_path / "link.json", filters=any_of(clause("country").equals("US")))
    plain, named = tmp_path / "plain", tmp_path / "named"
    for options in ((plain,), (named, "--people")):
        run("--link", str(path), "--format", format, "--output", *map(str, options))

    assert 0o600 == named.stat().st_mode & 0o777
    assert 0o044 == plain.stat().st_mode & 0o044
    assert "Lovelace" in named.read_text()


def test_file_that_cannot_be_written_is_one_line(world: World, tmp_path: Path) -> None:
    """Which, and why."""
    path = link_file(world, tmp_path / "link.json")
    result = run("--link", str(path), "--output", str(tmp_path / "none" / "report"))

    assert f"{tmp_path / 'none' / 'report'}: No such file or directory" == str(result.exception)


def test_damaged_copy_is_one_line(world: World, tmp_path: Path) -> None:
    """Whatever is wrong in what --save kept."""
    path = link_file(world, tmp_path / "link.json")
    run("--link", str(path), "--save", str(tmp_path / "kept"))
    description = next((tmp_path / "kept").glob("*/read.json"))
    found = json.loads(description.read_text())
    damages: tuple[JSON, ...] = (
        [],
        {**found, "now": {"unknown": []}},
        {**found, "now": "x"},
        {**found, "strangers": None},
        {**found, "givenUp": [None]},
        {**found, "sms": "x"},
    )
    for damaged in damages:
        description.write_text(json.dumps(damaged))
        problem = str(run("--link", str(path), "--offline", str(tmp_path / "kept")).exception)

        assert problem.startswith(f"what was kept in {description.parent} is damaged: ")
        assert "\n" not in problem


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_saved_copy_reads_files_of_its_own_with_the_types_that_plans_count_on(
    side: str, world: World, tmp_path: Path
) -> None:
    """Numbers in place of texts, another file, and a time that no clock has."""
    path = link_file(world, tmp_path / "link.json")
    run("--link", str(path), "--save", str(tmp_path / "kept"))
    folder = next((tmp_path / "kept").glob(f"*/{side}"))
    description = folder / "snapshot.json"
    found = json.loads(description.read_text())
    files, people = found["files"], pl.read_parquet(folder / found["files"]["people"])
    people.with_columns(displayName=pl.lit(1)).write_parquet(folder / "numbers.parquet")
    pl.DataFrame({"group": [1], "person": [2]}).write_parquet(folder / "members.parquet")
    damages = {
        "numbers.parquet has values of another type in displayName": {"files": {**files, "people": "numbers.parquet"}},
        "members.parquet has values of another type in group, person": {
            "files": {**files, "members": "members.parquet"}
        },
        "is not the name of a file beside it": {"files": {**files, "people": f"../{side}/{files['people']}"}},
        "is not the name of a file": {"files": {**files, "people": str(folder / files["people"])}},
        "date value out of range": {"taken": "0001-01-01T00:00:00+14:00"},
        "a list has something else than texts": {"groups": [7]},
    }

    for reason, damage in damages.items():
        description.write_text(json.dumps({**found, **damage}))
        problem = str(run("--link", str(path), "--offline", str(tmp_path / "kept")).exception)
        assert problem.startswith(f"the snapshot in {folder} is damaged: ")
        assert reason in problem


def test_what_is_saved_is_never_written_through_a_link_that_was_there(tmp_path: Path) -> None:
    """A file of the same name is replaced, and nothing else is left beside it."""
    other = tmp_path / "other"
    other.write_text("mine")
    (tmp_path / "saved.json").symlink_to(other)
    write_privately(tmp_path / "saved.json", b"{}")

    assert "mine" == other.read_text()
    assert not (tmp_path / "saved.json").is_symlink()
    assert 0o600 == (tmp_path / "saved.json").stat().st_mode & 0o777
    assert ["other", "saved.json"] == sorted(each.name for each in tmp_path.iterdir())


def test_destroy_touches_no_user(world: World, tmp_path: Path) -> None:
    """Accounts stay when a link goes, and the report says that nothing manages them."""
    path = link_file(world, tmp_path / "link.json")
    report = json.loads(run("--link", str(path), "--destroy", "--format", "json").stdout)[0]

    assert 0 == report["removed"]
    assert {"skipped": 30} == report["counts"]
    assert "nothing manages them any more" in report["notes"][0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "unexpected end of data"),
        ('{"source": {"name": "a"}}', 'source: Tenant "a": tenant_id: is required'),
        ('{"sauce": 1}', 'there is no argument "sauce", did you mean "source"?'),
    ],
)
def test_mistake_in_a_link_file_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    """File, property, what is wrong."""
    path = tmp_path / "link.json"
    path.write_text(text)
    result = run("--link", str(path))

    assert message in str(result.exception)
    assert str(result.exception).startswith(f"{path}: ")
    assert ".py:" not in str(result.exception)
