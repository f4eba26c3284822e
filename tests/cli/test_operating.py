"""``status``, ``watch``, ``logs``, ``restart``, ``pause``, ``resume`` and ``provision`` on a link in use."""

from __future__ import annotations

import csv
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import orjson
import polars as pl
import pytest

from entra_sync.cli.operate import logs as logs_command, status as status_command
from entra_sync.emulator import Emulator
from entra_sync.errors import ConfigurationError
from entra_sync.operate import clock, links, status as operate_status
from entra_sync.operate.logs import since
from tests.cli.commands import answer, run
from tests.cli.conftest import act, connections, objects
from tests.ownership.engine import Stack

JSON = Any


@pytest.fixture(autouse=True)
def clock_of_the_tenants(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's clock is the emulator's."""
    monkeypatch.setattr(clock, "now", emulator.clock.now)


def writes(emulator: Emulator, start: int) -> list[str]:
    """What was sent since request number *start*, by the last part of the path."""
    return [record.path.rsplit("/", 1)[1] for record in emulator.requests[start:] if record.writes]


def test_status_of_a_healthy_link(link_file: Path) -> None:
    """The fields that a program reads; code 0."""
    (found,) = answer("status", "--link", str(link_file))

    assert "Active" == found["state"] == found["schedule"]
    assert found["quarantine"] is None
    assert 5 == found["lastCycle"]["changed"]
    assert {"user to User": 5} == found["synchronized"]
    assert found["nextCycle"] > found["lastCycle"]["ended"]
    assert found["seats"]["total"] > 0


def test_status_of_a_quarantine_has_reason_and_since(link_file: Path, emulator: Emulator) -> None:
    """The target withdraws its consent, and the next cycle fails; code 3."""
    source = emulator.tenants["contoso"].tenant_id
    policy = "/v1.0/policies/crossTenantAccessPolicy/partners"
    act(emulator, "federal", "DELETE", f"{policy}/{source}/identitySynchronization")
    emulator.run_cycle()
    (found,) = answer("status", "--link", str(link_file), code=3)

    assert "Quarantine" == found["state"]
    assert found["quarantine"]["reason"] and found["quarantine"]["since"]
    text = run("status", "--link", str(link_file)).stdout
    assert f"{found['quarantine']['reason']} since {found['quarantine']['since']}" in text


def changed_job(monkeypatch: pytest.MonkeyPatch, change: Callable[[JSON], None]) -> None:
    """Changes what Graph says of the job."""

    def changed(link: links.ExistingLink) -> JSON:
        job = deepcopy(links.job_of(link))
        change(job)
        return job

    monkeypatch.setattr(operate_status, "job_of", changed)


@pytest.mark.parametrize("missing", ["countExported", "countEscrowed", "countEntitledForProvisioning"])
def test_a_count_that_the_service_does_not_say_is_unknown(
    link_file: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """Neither zero nor an error."""
    changed_job(monkeypatch, lambda job: job["status"]["lastExecution"].pop(missing))

    assert 1 == run("status", "--link", str(link_file)).stdout.count("unknown")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda job: job["schedule"].pop("interval"), "unknown"),
        (lambda job: job["status"].update(quarantine={"reason": "Unknown", "currentBegan": "2026-05-01"}), "unknown"),
        (lambda job: job["schedule"].update(state="Disabled"), "none, because the job is paused"),
    ],
)
def test_a_next_cycle_is_unknown_unless_the_job_is_paused(
    link_file: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[JSON], None], told: str
) -> None:
    """A running job without interval, or in quarantine without another attempt, is not paused."""
    changed_job(monkeypatch, change)

    assert f"next cycle   {told}\n" in run("status", "--link", str(link_file)).stdout


def test_status_that_cannot_be_read_is_not_empty(link_file: Path, emulator: Emulator) -> None:
    """Code 4, and the reason in place of the state."""
    emulator.fault(path="synchronization/jobs", status=403, times=None)
    (found,) = answer("status", "--link", str(link_file), code=4)

    assert "Synchronization.Read.All" in found["problem"] and "state" not in found


def test_seats_that_cannot_be_read_say_why(link_file: Path, emulator: Emulator) -> None:
    """The rest of the state is told."""
    emulator.fault(path="subscribedSkus", status=403, times=None)
    (found,) = answer("status", "--link", str(link_file))

    assert "LicenseAssignment.Read.All" in found["seats"]["problem"]
    assert "Active" == found["state"]


def test_links_of_a_tenant_are_found(link_file: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the templates of their applications, with the tenant from the environment."""
    monkeypatch.setenv("ENTRA_CONTOSO_TENANT_ID", emulator.tenants["contoso"].tenant_id)
    (found,) = answer("status", "--tenant", "contoso")

    assert "contoso-to-federal" == found["link"]
    assert emulator.tenants["federal"].tenant_id == found["targetTenantId"]


def test_a_tenant_that_is_not_described_says_which_variable_is_missing() -> None:
    """With its name in capitals."""
    result = run("status", "--tenant", "fabrikam")

    assert isinstance(result.exception, ConfigurationError)
    assert "ENTRA_FABRIKAM_TENANT_ID is not set" in str(result.exception)


def test_links_of_a_state_are_found(stack: Stack, emulator: Emulator) -> None:
    """By the applications in it, with the names that the program has."""
    resources = [
        {
            "type": urn.split("::")[2].split("$")[-1],
            "urn": urn,
            "parent": state.parent,
            "inputs": state.inputs,
            "outputs": state.outputs,
        }
        for urn, state in stack.state.items()
    ]
    (found,) = links.from_state(resources)

    assert ("contoso-to-federal", "contoso", "federal") == (found.name, found.source.name, found.target_name)
    assert found.crosses
    assert connections(emulator)["federal"]["tenantId"] == found.target_id


def test_logs_are_the_link_s_entries(link_file: Path) -> None:
    """Five users were created; the others were skipped."""
    rows = answer("logs", "--link", str(link_file))

    assert 5 == len([row for row in rows if (row["action"], row["status"]) == ("create", "success")])
    assert {"contoso-to-federal"} == {row["link"] for row in rows}


def test_failures_alone(link_file: Path, emulator: Emulator) -> None:
    """None has failed: the table has a sentence, JSON is an empty list."""
    assert [] == answer("logs", "--failed", "--link", str(link_file))
    assert "no entry since" in run("logs", "--failed", "--link", str(link_file)).stdout


def test_entries_before_the_span_are_left_out(link_file: Path, emulator: Emulator) -> None:
    """Two days later the last day has none."""
    from datetime import timedelta

    emulator.clock.advance(timedelta(days=2))

    assert [] == answer("logs", "--link", str(link_file), "--since", "1d")
    assert answer("logs", "--link", str(link_file), "--since", "1w")


def test_csv_and_parquet_have_the_same_rows(link_file: Path, tmp_path: Path) -> None:
    """Files are for their owner only: names are personal data."""
    table, parquet = tmp_path / "log.csv", tmp_path / "log.parquet"
    arguments = ("logs", "--link", str(link_file))
    for format, path in (("csv", table), ("parquet", parquet)):
        assert 0 == run(*arguments, "--format", format, "--output", str(path)).exit_code
        assert 0o600 == path.stat().st_mode & 0o777
    rows = answer(*arguments)

    assert rows == list(csv.DictReader(StringIO(table.read_text())))
    assert rows == pl.read_parquet(parquet).to_dicts()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard output is a terminal of 80 columns."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.usefixtures("terminal")
def test_a_table_fits_the_terminal(link_file: Path) -> None:
    """Long values go on in the next line: nothing is cut."""
    shown = run("logs", "--link", str(link_file)).stdout
    names = {row["source"] for row in answer("logs", "--link", str(link_file))}

    assert max(map(len, shown.splitlines())) <= 80
    assert ["time", "action", "status", "source", "code", "reason"] == shown.splitlines()[0].split()
    assert set() == {word for name in names for word in name.split() if word not in shown}


@pytest.mark.usefixtures("terminal")
def test_a_wide_table_has_every_column_and_a_line_for_each_entry(link_file: Path) -> None:
    """For a pager, or a very wide terminal."""
    rows = answer("logs", "--link", str(link_file))
    lines = run("logs", "--wide", "--link", str(link_file)).stdout.splitlines()

    assert list(rows[0]) == lines[0].split()
    assert 1 + len(rows) == len(lines)


def test_columns_are_chosen_by_name(link_file: Path) -> None:
    """In the order of the option, in each format; a name that does not exist is refused with those that do."""
    arguments = ("logs", "--link", str(link_file), "--columns")
    text = run(*arguments, "status,time").stdout
    refused = run(*arguments, "status,when")

    assert ["status", "time"] == text.splitlines()[0].split()
    assert ["status", "time"] == list(answer(*arguments, "status,time")[0])
    assert '--columns: the log has no column "when"; it has time, link, action' in str(refused.exception)


def test_a_name_is_no_formula() -> None:
    """A spreadsheet shows it as text."""
    assert "'=HYPERLINK(1)" == logs_command.no_formula("=HYPERLINK(1)")


def test_the_audit_log_says_who_changed_the_application(link_file: Path) -> None:
    """Activities, results and who did it."""
    rows = answer("logs", "--audit", "--link", str(link_file))

    assert rows and {"time", "link", "activity", "result", "reason", "by", "object", "objectId"} == set(rows[0])


@pytest.mark.parametrize(
    ("text", "moment"), [("30m", (5, 7, 30)), ("1d", (4, 8, 0)), ("1w", (-2, 8, 0)), ("2026-01-03", (3, 0, 0))]
)
def test_since_is_a_span_or_a_date(text: str, moment: tuple[int, int, int]) -> None:
    """Back from now; a date is in UTC."""
    from datetime import timedelta

    day, hour, minute = moment
    expected = datetime(2026, 1, 1, hour, minute, tzinfo=UTC) + timedelta(days=day - 1)

    assert expected == since(text, datetime(2026, 1, 5, 8, tzinfo=UTC))


@pytest.mark.parametrize("more", [(), ("--audit",)])
def test_since_with_an_offset_is_that_moment(link_file: Path, emulator: Emulator, more: tuple[str, ...]) -> None:
    """The service is asked in UTC."""
    answer("logs", *more, "--link", str(link_file), "--since", "2026-05-01T10:00:00+02:00")

    assert "activityDateTime ge 2026-05-01T08:00:00Z" in unquote(emulator.requests[-1].path)


def test_since_that_is_neither_is_refused() -> None:
    """With what would be right."""
    with pytest.raises(ConfigurationError, match="neither a span such as 30m, 12h or 7d nor a date"):
        since("yesterday", datetime.now(UTC))


def test_pause_and_resume(link_file: Path, emulator: Emulator) -> None:
    """Each sends only what is needed; the second time nothing."""
    arguments = ("--link", str(link_file), "--yes")
    start = len(emulator.requests)

    assert [True, False] == [answer("pause", *arguments)["done"] for _ in range(2)]
    assert ["pause"] == writes(emulator, start)
    assert "Disabled" == answer("status", "--link", str(link_file))[0]["schedule"]
    assert [True, False] == [answer("resume", *arguments)["done"] for _ in range(2)]
    assert ["pause", "start"] == [each for each in writes(emulator, start) if each != "validateCredentials"]


def test_restart_forgets_what_is_named(link_file: Path, emulator: Emulator) -> None:
    """Without names what the portal's restart forgets."""
    start = len(emulator.requests)
    answer("restart", "--link", str(link_file), "--yes")
    answer("restart", "--link", str(link_file), "--yes", "--reset", "Escrows", "--reset", "Watermark")
    bodies = [record.body["criteria"]["resetScope"] for record in emulator.requests[start:] if record.writes]

    assert ["QuarantineState, Watermark, Escrows", "Escrows, Watermark"] == bodies


def test_nothing_is_sent_without_a_yes(link_file: Path, emulator: Emulator) -> None:
    """There is no terminal to ask on."""
    start = len(emulator.requests)
    result = run("restart", "--link", str(link_file))

    assert isinstance(result.exception, ConfigurationError) and "add --yes" in str(result.exception)
    assert [] == writes(emulator, start)


def test_provision_says_what_was_done(link_file: Path, emulator: Emulator) -> None:
    """Values are shown on request only."""
    users = objects(emulator, "contoso", "user")
    groups = objects(emulator, "contoso", "group")
    log = answer("logs", "--link", str(link_file))
    created = next(row["sourceId"] for row in log if row["action"] == "create")
    name = users[created]["userPrincipalName"]
    start = len(emulator.requests)
    found = answer("provision", name, "--link", str(link_file), "--yes")

    assert groups and {"link", "action", "code", "reason", "attributes"} == set(found)
    assert ["provisionOnDemand"] == writes(emulator, start)
    assert isinstance(found["attributes"], list)


def test_provision_of_no_user_is_an_error(link_file: Path) -> None:
    """Nothing is sent."""
    result = run("provision", "unknown@contoso.com", "--link", str(link_file), "--yes")

    assert "has no user unknown@contoso.com" in str(result.exception)


def test_watch_ends_when_the_cycle_has(link_file: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line for each change; in JSON as well."""
    from datetime import timedelta

    def pass_time(seconds: float) -> None:
        emulator.advance(timedelta(minutes=20))

    monkeypatch.setattr(status_command.time, "sleep", pass_time)
    result = run("watch", "--link", str(link_file), "--json")
    lines = [orjson.loads(line) for line in result.stdout.splitlines()]

    assert 0 == result.exit_code, result.exception
    assert 2 == len(lines) and lines[0]["lastCycle"]["ended"] < lines[1]["lastCycle"]["ended"]


def test_two_ways_of_naming_links_are_refused(link_file: Path) -> None:
    """One is meant."""
    result = run("status", "--link", str(link_file), "--program", ".")

    assert "choose one of --program, --link and --tenant" in str(result.exception)
