"""What was read before and what has changed since give what reading everything gives."""

from __future__ import annotations

import asyncio
import stat
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from entra_sync.environment import Environment
from entra_sync.errors import ConfigurationError, GraphError
from entra_sync.graph.gateway import Graph
from entra_sync.graph.loop import together
from entra_sync.graph.requests import Answer, Request
from entra_sync.impact.facts.columns import UserColumns
from entra_sync.impact.facts.remarks import Note, Remark
from entra_sync.impact.facts.snapshot import Snapshot
from entra_sync.impact.reading.cache import Cache, configured
from entra_sync.impact.reading.connections import SAMPLE
from entra_sync.impact.reading.delta import refresh
from entra_sync.impact.reading.gather import Needs, Readers, gather
from entra_sync.impact.reading.users import Reader
from entra_sync.impact.words import said
from entra_sync.microsoft.tenant import Tenant
from tests.impact.prediction.plays import Play, hold
from tests.impact.prediction.scenarios import Scenario
from tests.impact.prediction.settling import facts, settled
from tests.impact.world import World

JSON = Any
ID = "00000000-0000-4000-8000-000000000001"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One world for all tests, which each set it back first."""
    yield World.build()


def same_people(one: pl.DataFrame, other: pl.DataFrame, names: list[str]) -> bool:
    """Whether two tables have the same people with the same values; the first may have more people."""
    known = one.filter(pl.col("id").is_in(other["id"].implode()))
    return known.select(names).sort("id").equals(other.select(names).sort("id"))


def test_cache_and_changes_give_what_reading_everything_gives(world: World, tmp_path: Path) -> None:
    """Whatever happens in both tenants between two readings, the second is as good as one in full."""
    numbers = count()
    hold(0.5, 3_000_000, lambda found: as_good_as_in_full(world, found, tmp_path / str(next(numbers))))


def as_good_as_in_full(world: World, scenario: Scenario, directory: Path) -> None:
    """Reads both tenants, lets happen what the scenario has, and reads them by changes and in full."""
    play, first = Play(world, scenario), scenario.past[0][0] if scenario.past else scenario.future
    cache = Cache(directory, timedelta(hours=1))
    play.apply(first)
    facts(world, world.now(), world.then(**play.declared(first)), cache)
    play.live(scenario.past)
    now, then = world.now(), world.then(**play.declared(scenario.future))

    cached, read = facts(world, now, then, cache), facts(world, now, then, None)

    names = [*read.source.record.names, "deleted"]
    assert same_people(cached.source.people, read.source.people, names)
    assert cached.target.people.select(read.target.people.columns).sort("id").equals(read.target.people.sort("id"))
    people = set(read.source.people.filter(pl.col("deleted").is_null())["id"])
    members = cached.source.members.filter(pl.col("group").is_in(sorted(read.source.groups)))
    assert set(read.source.members.iter_rows()) == {pair for pair in members.iter_rows() if pair[1] in people}
    live = set(read.target.people.filter(pl.col("deleted").is_null())["id"])
    links = [{pair for pair in each.connections.iter_rows() if pair[1] in live} for each in (read, cached)]
    assert links[0] == links[1]


def test_second_reading_asks_for_changes_only(world: World, tmp_path: Path) -> None:
    """No tenant is listed again, only changed users are read, and of the links a few are tried."""
    then, ids = settled(world, people=50)
    cache = Cache(tmp_path / "cache", timedelta(hours=1))
    facts(world, world.now(), then, cache)
    world.send("contoso", "PATCH", f"/v1.0/users/{ids[3]}", {"city": "Reston"})
    start = len(world.emulator.requests)
    facts(world, world.now(), then, cache)
    paths = [record.path for record in world.emulator.requests[start:]]

    assert [] == [path for path in paths if path.startswith("/v1.0/users?") and "$top=999" in path]
    assert SAMPLE == sum("objectConnections" in path for path in paths)
    assert 1 == sum("id%20in" in path or "id in" in path for path in paths if path.startswith("/v1.0/users"))


def test_cache_is_for_its_owner_only(world: World, tmp_path: Path) -> None:
    """No file and no directory can be read by anybody else."""
    then, _ = settled(world, people=3)
    facts(world, world.now(), then, Cache(tmp_path / "cache", timedelta(hours=1)))
    found = [tmp_path / "cache", *(tmp_path / "cache").rglob("*")]

    assert len(found) > 5
    assert [] == [path for path in found if stat.S_IMODE(path.stat().st_mode) & 0o077]


def test_old_cache_is_read_again(world: World, tmp_path: Path) -> None:
    """After its lifetime a snapshot does not count, however well it could be brought up to date."""
    then, _ = settled(world, people=3)
    cache = Cache(tmp_path / "cache", timedelta(hours=1))
    facts(world, world.now(), then, cache)
    world.emulator.clock.advance(timedelta(hours=2))
    start = len(world.emulator.requests)
    facts(world, world.now(), then, cache)

    assert any("$top=999" in record.path for record in world.emulator.requests[start:] if "/users?" in record.path)


def test_expired_delta_link_reads_everything(world: World, tmp_path: Path) -> None:
    """The service forgets what changed after a week: then all is read, and nothing is missing."""
    then, ids = settled(world, people=3)
    cache = Cache(tmp_path / "cache", timedelta(days=30))
    facts(world, world.now(), then, cache)
    world.emulator.clock.advance(timedelta(days=8))
    world.send("contoso", "PATCH", f"/v1.0/users/{ids[0]}", {"city": "Reston"})
    found = facts(world, world.now(), then, cache)

    assert ["Reston"] == found.source.people.filter(pl.col("id") == ids[0])["city"].to_list()


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of five users, each kept as soon as it is read."""
    monkeypatch.setattr("entra_sync.impact.reading.users.PAGE_SIZE", 5)
    monkeypatch.setattr("entra_sync.impact.reading.users.RANGE", 1000)
    monkeypatch.setattr("entra_sync.impact.reading.resume.PAGES_A_PART", 1)


@pytest.mark.usefixtures("small_pages")
def test_interrupted_reading_goes_on_where_it_stopped(world: World, tmp_path: Path) -> None:
    """Pages that were read before a failure are not read again, and what changed meanwhile is not missed."""
    _then, ids = settled(world, people=9)
    cache = Cache(tmp_path / "cache", timedelta(hours=1))
    state = world.then(everyone=True)
    world.emulator.fault(path=r"/users\?.*skiptoken", status=400, times=2)
    with pytest.raises(GraphError):
        facts(world, world.now(), state, cache)
    world.send("contoso", "PATCH", f"/v1.0/users/{ids[0]}", {"city": "Reston"})
    start = len(world.emulator.requests)
    found = facts(world, world.now(), state, cache)
    again = facts(world, world.now(), state, cache)

    assert set(ids) <= set(found.source.people["id"])
    for each in (found, again):
        assert ["Reston"] == each.source.people.filter(pl.col("id") == ids[0])["city"].to_list()
    firsts = [
        record for record in world.emulator.requests[start:] if record.tenant == "contoso" and "/users?" in record.path
    ]
    assert [] == [record.path for record in firsts if "$top=5" in record.path and "skiptoken" not in record.path]


@pytest.mark.usefixtures("small_pages")
def test_interrupted_reading_that_cannot_be_brought_up_to_date_begins_again(world: World, tmp_path: Path) -> None:
    """Pages of an interrupted reading are old: without a list of what has changed since they do not count."""
    _then, ids = settled(world, people=9)
    cache = Cache(tmp_path / "cache", timedelta(hours=1))
    state = world.then(everyone=True)
    world.emulator.fault(path=r"delta", status=403, times=None)
    world.emulator.fault(path=r"/users\?.*skiptoken", status=400, times=2)
    with pytest.raises(GraphError):
        facts(world, world.now(), state, cache)
    for id in ids:
        world.send("contoso", "PATCH", f"/v1.0/users/{id}", {"city": "Reston"})
    found = facts(world, world.now(), state, cache)

    assert ["Reston"] * 9 == found.source.people.filter(pl.col("id").is_in(ids))["city"].to_list()


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("name", ["state.json", "*.parquet", "note-*.json"])
def test_damaged_parts_of_an_interrupted_reading_do_not_count(world: World, tmp_path: Path, name: str) -> None:
    """They save time only; damaged ones are dropped, and all is read."""
    _then, ids = settled(world, people=9)
    cache = Cache(tmp_path / "cache", timedelta(hours=1))
    state = world.then(everyone=True)
    world.emulator.fault(path=r"/users\?.*skiptoken", status=400, times=2)
    with pytest.raises(GraphError):
        facts(world, world.now(), state, cache)
    found = list((tmp_path / "cache" / world.tenant("contoso").tenant_id / "source-parts").rglob(name))
    for path in found:
        path.write_bytes(b"nonsense")

    assert found
    assert set(ids) <= set(facts(world, world.now(), state, cache).source.people["id"])


@pytest.mark.parametrize(("words", "expected"), [((True, False), []), ((False, True), [("g", "p")])])
def test_last_word_on_a_member_counts(words: tuple[bool, ...], expected: list[JSON]) -> None:
    """A delta query may tell more than once of a member, who came and went between two readings."""
    record = UserColumns.of([])

    class Told(Reader):
        """A tenant that tells of one member, one page after the other."""

        async def ask(self, request: Request, *, raw: bool = False) -> Answer:
            if request.path == "/v1.0/users":
                return Answer(200, {}, {"value": [], "@odata.deltaLink": "/v1.0/users"})
            page = int(request.path.removeprefix("/v1.0/"))
            member = {"id": "p"} if words[page] else {"id": "p", "@removed": {"reason": "deleted"}}
            link = {"@odata.nextLink": "/v1.0/1"} if page == 0 else {"@odata.deltaLink": "/v1.0/2"}
            return Answer(200, {}, {"value": [{"id": "g", "members@delta": [member]}], **link})

        async def users(self, key: str, values: Sequence[str]) -> pl.DataFrame:
            return record.empty()

    snapshot = Snapshot(
        tenant_id=ID,
        taken=datetime(2026, 9, 1, tzinfo=UTC),
        record=record,
        rows=record.empty(),
        groups=frozenset({"g"}),
        links={"users": "/v1.0/users", "groups": "/v1.0/0"},
    )
    told = Told(Graph(Tenant("contoso", tenant_id=ID, cloud="global")), record)
    found = together(refresh(told, snapshot, groups=frozenset({"g"}), users=frozenset()))

    assert found is not None
    assert expected == found.members.rows()


def test_failure_ends_all_readings(world: World) -> None:
    """When one tenant cannot be read, nothing goes on writing into what is kept after its lock is free."""
    then, _ = settled(world, people=3)
    readers = Readers(world.graphs["contoso"], world.graphs["federal"], clock=world.emulator.clock.now)

    async def left() -> int:
        before = asyncio.all_tasks()
        with pytest.raises(GraphError):
            await gather(readers, Needs.of(then), None)
        return len(asyncio.all_tasks() - before)

    world.emulator.fault(path="verifiedDomains", status=403, times=None)

    assert 0 == together(left())


def test_links_that_the_job_has_forgotten_do_not_count(world: World, tmp_path: Path) -> None:
    """After a restart that drops links, what was kept of them is dropped too."""
    then, ids = settled(world)
    cache = Cache(tmp_path / "cache", timedelta(hours=1))
    before = facts(world, world.now(), then, cache)
    world.restart(["Full"])
    after = facts(world, world.now(), then, cache)

    assert len(ids) == before.connections.height
    assert 0 == after.connections.height


def test_damaged_cache_is_read_again_with_a_note(world: World, tmp_path: Path) -> None:
    """Whatever stands in the files of a snapshot, the answer is that of a full reading, and it says why."""
    then, ids = settled(world, people=3)
    place = tmp_path / "cache"
    facts(world, world.now(), then, Cache(place, timedelta(hours=1)))
    people = next((place / world.tenant("contoso").tenant_id / "source").glob("people-*.parquet"))
    people.write_bytes(b"PAR1 nonsense")
    found = facts(world, world.now(), then, Cache(place, timedelta(hours=1)))

    assert set(ids) <= set(found.source.people["id"])
    assert 1 == len(found.notes)
    assert said(found.notes[0]).startswith("contoso (global) was read in full: the snapshot in ")


@pytest.mark.parametrize("damage", ["nonsense", "columns"])
def test_damaged_links_are_read_again_with_a_note(world: World, tmp_path: Path, damage: str) -> None:
    """The same for what was kept of the job's links."""
    then, ids = settled(world, people=3)
    place = tmp_path / "cache"
    facts(world, world.now(), then, Cache(place, timedelta(hours=1)))
    links = next((place / world.tenant("contoso").tenant_id).glob("links-*.parquet"))
    if damage == "nonsense":
        links.write_bytes(b"PAR1 nonsense")
    else:
        pl.DataFrame({"who": ids}).write_parquet(links)
    found = facts(world, world.now(), then, Cache(place, timedelta(hours=1)))

    assert set(ids) == set(found.connections["person"])
    assert (Remark(Note.LINKS_READ_IN_FULL),) == found.notes


def test_snapshot_of_another_address_does_not_count(world: World, tmp_path: Path) -> None:
    """The same tenant id at another Graph is another tenant: an emulator's, say."""
    then, _ = settled(world, people=3)
    cache = Cache(tmp_path / "cache", timedelta(hours=1))
    facts(world, world.now(), then, cache)
    contoso = world.tenant("contoso")
    elsewhere = Tenant("contoso", tenant_id=contoso.tenant_id, cloud="global", graph_url="https://localhost:1")

    assert cache.snapshot(contoso, "source", world.emulator.clock.now()) is not None
    assert cache.snapshot(elsewhere, "source", world.emulator.clock.now()) is None


def test_readings_of_one_tenant_wait_for_each_other(tmp_path: Path) -> None:
    """Two links of one program may be planned at the same time; what they keep never mixes."""
    cache = Cache(tmp_path / "cache", timedelta(hours=1))
    order: list[str] = []

    def second() -> None:
        with cache.locked("b", "a"):
            order.append("second")

    thread = threading.Thread(target=second)
    with cache.locked("a", "b"):
        thread.start()
        order.append("first")
    thread.join()

    assert ["first", "second"] == order


@pytest.mark.parametrize(
    ("environment", "address", "expected"),
    [
        ({}, None, "usual"),
        ({"ENTRA_SYNC_NO_CACHE": "1"}, None, None),
        ({"ENTRA_SYNC_NO_CACHE": "0"}, None, "usual"),
        ({"ENTRA_SYNC_CACHE": "named"}, None, "named"),
        ({}, "https://localhost:8443", None),
        ({"ENTRA_SYNC_CACHE": "named"}, "https://localhost:8443", "named"),
    ],
)
def test_environment_says_what_is_kept(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    environment: dict[str, str],
    address: str | None,
    expected: str | None,
) -> None:
    """On by default, off by a variable, and off at addresses of a tenant's own unless a directory is named."""
    monkeypatch.delenv("ENTRA_SYNC_NO_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "usual"))
    monkeypatch.chdir(tmp_path)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    tenants = [Tenant(name, tenant_id=ID, cloud="global", graph_url=address) for name in ("contoso", "federal")]
    cache = configured(*tenants, Environment.read())

    assert expected == (
        cache and cache.directory.relative_to(tmp_path if cache.directory.is_absolute() else ".").parts[0]
    )


def test_hours_have_to_be_a_number(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One line that names the variable."""
    monkeypatch.delenv("ENTRA_SYNC_NO_CACHE")
    monkeypatch.setenv("ENTRA_SYNC_CACHE", str(tmp_path))
    monkeypatch.setenv("ENTRA_SYNC_CACHE_HOURS", "a day")
    tenant = Tenant("contoso", tenant_id=ID, cloud="global")

    with pytest.raises(ConfigurationError, match='ENTRA_SYNC_CACHE_HOURS is "a day"; set it to a number of hours'):
        configured(tenant, tenant, Environment.read())


def test_a_cache_that_cannot_be_used_is_said_and_done_without(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A preview does not fail because of what only saves time."""
    (tmp_path / "file").write_text("x")
    monkeypatch.delenv("ENTRA_SYNC_NO_CACHE")
    monkeypatch.setenv("ENTRA_SYNC_CACHE", str(tmp_path / "file" / "cache"))
    tenants = [Tenant(name, tenant_id=ID, cloud="global") for name in ("contoso", "federal")]

    assert configured(*tenants, Environment.read()) is None
    assert (
        f"warning: ENTRA_SYNC_CACHE: {tmp_path}/file/cache cannot be used for snapshots (Not a directory); so every "
        "user is read each time. Name another directory, or set ENTRA_SYNC_NO_CACHE=true\n"
    ) == capsys.readouterr().err
