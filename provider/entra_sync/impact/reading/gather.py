"""Reads what a plan is made from: both tenants side by side, then who is linked to which account."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import polars as pl

from entra_sync.errors import GraphError, NotFound, PermissionMissing
from entra_sync.graph import paths
from entra_sync.graph.gateway import Graph
from entra_sync.graph.requests import Request
from entra_sync.impact.facts.columns import UserColumns
from entra_sync.impact.facts.facts import Facts
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.facts.remarks import Gap, Remark
from entra_sync.impact.facts.snapshot import Snapshot
from entra_sync.impact.facts.users import home_name, is_external, mail_addresses
from entra_sync.impact.reading.cache import Cache
from entra_sync.impact.reading.connections import linked
from entra_sync.impact.reading.delta import begin, refresh
from entra_sync.impact.reading.resume import Parts
from entra_sync.impact.reading.settings import ORGANIZATION, Settings, settings_of_source, settings_of_target
from entra_sync.impact.reading.sms import with_sms
from entra_sync.impact.reading.users import Reader, Reading, side_by_side, silent
from entra_sync.microsoft.clouds import Cloud

__all__ = ["Needs", "Readers", "gather", "with_deleted"]

JSON = Any


def utc_now() -> datetime:
    """The time of day, for snapshots."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Needs:
    """What has to be read for two states of a link.

    Attributes:
        source: What of each person in the source.
        target: What of each user in the target.
        everyone: All users of the source are in scope in one of the states.
        groups: Groups whose members matter.
        users: Users who matter one by one.
        links: The states.
    """

    source: UserColumns
    target: UserColumns
    everyone: bool
    groups: frozenset[str]
    users: frozenset[str]
    links: tuple[LinkState, ...]

    @classmethod
    def of(cls, *states: LinkState | None, also: Sequence[str] = ()) -> Needs:
        """The needs of some states of a link, and of the people *also* by their ids."""
        links = tuple(state for state in states if state is not None)
        booleans = frozenset[str]().union(*(link.booleans for link in links))
        attributes = frozenset[str]().union(*(link.source_attributes for link in links))
        targets = frozenset[str]().union(*(link.target_attributes for link in links))
        return cls(
            source=UserColumns.of(attributes, booleans),
            target=UserColumns.of(targets | {"dirSyncEnabled"}, booleans),
            everyone=any(link.everyone for link in links),
            groups=frozenset[str]().union(*(link.groups for link in links)),
            users=frozenset[str]().union(*(link.users for link in links), also),
            links=links,
        )

    def in_scope(self, source: Snapshot) -> pl.Series:
        """The ids of the users of *source* who are in scope in one of the states."""
        people = source.people["id"]
        if self.everyone:
            return people
        members = source.members.filter(pl.col("group").is_in(sorted(self.groups)))["person"]
        return people.filter(people.is_in(members.implode()) | people.is_in(sorted(self.users)))


@dataclass
class Readers:
    """How both tenants are read.

    Attributes:
        source: Gateway to the source.
        target: Gateway to the target.
        report: Is told of the progress.
        clock: The time of day.
        cache: What was read before; None reads everything and keeps nothing.
    """

    source: Graph
    target: Graph
    report: Callable[[Reading], None] = silent
    clock: Callable[[], datetime] = utc_now
    cache: Cache | None = None

    def reader(self, side: str, record: UserColumns, scope: str) -> Reader:
        """The reader of one side; *scope* tells readings of different people apart."""
        graph = self.source if side == "source" else self.target
        parts = Parts(None)
        if self.cache is not None:
            parts = self.cache.parts(graph.tenant.tenant_id, side, f"{graph.tenant.graph} {record.query} {scope}")
        return Reader(graph, record, parts, self.report)


async def gather(readers: Readers, needs: Needs, now: LinkState | None) -> Facts:
    """Everything that *needs* asks for, and the links of the job of *now*.

    Raises:
        GraphError: People or groups could not be read, so nothing could be said. What is left out for want of a
            additional permission is named in the facts' gaps.
    """
    scope = f"{needs.everyone} {sorted(needs.groups)} {sorted(needs.users)}"
    source = readers.reader("source", needs.source, scope)
    target = readers.reader("target", needs.target, "all")
    ran = now is not None and now.ran
    people, accounts, there, here, addresses = await side_by_side(
        [
            read_source(source, needs, readers),
            read_target(target, readers),
            _about(target, settings_of_target(source.graph.tenant.tenant_id, ran=ran)),
            _about(source, settings_of_source(target.graph.tenant.tenant_id, ran=ran)),
            _group_addresses(target),
        ]
    )
    people, strangers = await _behind(source, people, accounts, here.domains)
    facts = Facts(
        source=people,
        target=accounts,
        domain=there.domain,
        group_addresses=addresses,
        strangers=strangers,
        home_domains=here.domains,
        managers={source.graph.tenant.cloud, target.graph.tenant.cloud} == {Cloud.GLOBAL},
    )
    facts = Settings.of({**there.settings, **here.settings}, {**there.unread, **here.unread}).told(facts)
    if now is not None and now.job_id is not None:
        facts = await linked(source, facts, now, needs.links, needs.in_scope(facts.source), readers.cache)
    if now is not None and now.unread:
        facts = replace(facts, gaps=(*facts.gaps, Remark(Gap.SETTINGS, tuple(sorted(now.unread)))))
    facts = await with_sms(source, facts, needs.in_scope(facts.source))
    return replace(facts, notes=(*facts.notes, *readers.cache.notes)) if readers.cache is not None else facts


async def read_source(reader: Reader, needs: Needs, readers: Readers) -> Snapshot:
    """The people of the source who are in scope in one of the states, and the soft-deleted ones."""
    scope = {"groups": needs.groups, "users": needs.users}
    kept = await _kept(reader, readers, "source", everyone=needs.everyone, **scope)
    if kept is not None:
        return kept
    links: dict[str, str] = {}
    if readers.cache is not None:
        links = reader.parts.note("links", await begin(reader, members=True))
    (found, members), (deleted, gaps) = await side_by_side([_in_scope(reader, needs), _deleted(reader)])
    snapshot = Snapshot(
        tenant_id=reader.graph.tenant.tenant_id,
        taken=readers.clock(),
        record=needs.source,
        rows=with_deleted(found, deleted),
        memberships=members,
        everyone=needs.everyone,
        links=links,
        gaps=gaps,
        **scope,
    )
    if _keep(snapshot, reader, readers, "source"):
        return snapshot
    return await read_source(reader, needs, readers)


async def _in_scope(reader: Reader, needs: Needs) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The live people that are needed, and who is a member of what."""
    found, members = await reader.members(needs.groups)
    if needs.everyone:
        return await reader.everyone(), members
    single = await reader.users("id", sorted(needs.users - set(found["id"])))
    return pl.concat([found, single]), members


async def read_target(reader: Reader, readers: Readers) -> Snapshot:
    """All users of the target, the soft-deleted ones too."""
    kept = await _kept(reader, readers, "target", everyone=True, groups=frozenset(), users=frozenset())
    if kept is not None:
        return kept
    links: dict[str, str] = {}
    if readers.cache is not None:
        links = reader.parts.note("links", await begin(reader, members=False))
    found, (deleted, gaps) = await side_by_side([reader.everyone(), _deleted(reader)])
    snapshot = Snapshot(
        tenant_id=reader.graph.tenant.tenant_id,
        taken=readers.clock(),
        record=reader.record,
        rows=with_deleted(found, deleted),
        everyone=True,
        links=links,
        gaps=gaps,
    )
    if _keep(snapshot, reader, readers, "target"):
        return snapshot
    return await read_target(reader, readers)


async def _kept(
    reader: Reader, readers: Readers, side: str, *, everyone: bool, groups: frozenset[str], users: frozenset[str]
) -> Snapshot | None:
    """A snapshot that was kept, brought up to date; None where all has to be read."""
    if readers.cache is None:
        return None
    tenant_id = reader.graph.tenant.tenant_id
    found = readers.cache.snapshot(reader.graph.tenant, side, readers.clock())
    if found is None or not found.covers(reader.record, everyone=everyone):
        return None
    narrow = Reader(reader.graph, found.record, report=reader.report, width=reader.width)
    now = await refresh(narrow, found, groups=groups, users=users)
    if now is None:
        readers.cache.forget(tenant_id, side)
        return None
    deleted, gaps = await _deleted(narrow)
    was_deleted = set(found.people.filter(pl.col("deleted").is_not_null())["id"])
    # Who is not among the deleted any more has been restored, or is gone for good.
    back = await narrow.users("id", sorted(was_deleted - set(deleted["id"]) - set(now.people["id"])))
    now = replace(now, rows=with_deleted(pl.concat([now.people, back]), deleted), gaps=gaps)
    readers.cache.keep(side, now)
    return now


def _keep(snapshot: Snapshot, reader: Reader, readers: Readers, side: str) -> bool:
    """Keeps what was read in full, and drops the parts that it was read in. Returns whether it is of now.

    What was read before an interruption is as old as that: it has to be brought up to date before it counts.
    """
    resumed = reader.parts.resumed
    if readers.cache is not None:
        # What has changed while it was read comes with the next round: the links are older than the reading.
        readers.cache.keep(side, snapshot)
        reader.parts.clear()
    return not resumed


def with_deleted(live: pl.DataFrame, deleted: pl.DataFrame) -> pl.DataFrame:
    """Live and deleted people, each once: a user who was deleted while the tenant was read is deleted."""
    return pl.concat([deleted, live]).unique("id", keep="first").sort("id")


async def _deleted(reader: Reader) -> tuple[pl.DataFrame, tuple[Remark, ...]]:
    try:
        return await reader.deleted(), ()
    except PermissionMissing as problem:
        return reader.record.empty(), (Remark(Gap.DELETED_USERS, (str(problem),)),)


@dataclass(frozen=True, slots=True)
class _About:
    """What is read of a tenant itself.

    Attributes:
        domain: Its initial domain.
        domains: All its verified domains in lower case.
        settings: Bodies of settings by their names; None for one that is not there.
        unread: Why each of the others could not be read.
    """

    domain: str
    domains: frozenset[str]
    settings: dict[str, JSON | None]
    unread: dict[str, str]


async def _about(reader: Reader, settings: Mapping[str, Request]) -> _About:
    """A tenant's domains and *settings*, by one batch.

    Raises:
        GraphError: The domains cannot be read.
    """
    found = await reader.known({"organization": ORGANIZATION, **settings})
    known = found.pop("organization")
    if isinstance(known, GraphError):
        raise known
    domains = known["value"][0]["verifiedDomains"]
    read = {name: None if isinstance(answer, NotFound) else answer for name, answer in found.items()}
    unread = {name: str(answer) for name, answer in read.items() if isinstance(answer, PermissionMissing)}
    return _About(
        domain=next(domain["name"] for domain in domains if domain["isInitial"]),
        domains=frozenset(domain["name"].lower() for domain in domains),
        settings={name: answer for name, answer in read.items() if name not in unread},
        unread=unread,
    )


async def _group_addresses(reader: Reader) -> frozenset[str]:
    """Mail addresses of the tenant's groups, which no invited account can have."""
    groups = await reader.objects(
        f"{paths.GROUPS}?$select=id,mail,proxyAddresses&$top=999", "reading groups' addresses"
    )
    return mail_addresses(groups)


async def _behind(
    reader: Reader, source: Snapshot, target: Snapshot, domains: frozenset[str]
) -> tuple[Snapshot, tuple[str, ...]]:
    """The source with the people behind accounts of the target, in scope or not; and accounts without a user."""
    names = (
        target.people.filter(is_external())
        .select("id", home_name(pl.col("userPrincipalName")).str.to_lowercase().alias("name"))
        .filter(pl.col("name").str.split("@").list.last().is_in(sorted(domains)))
    )
    known = source.people.select(pl.col("userPrincipalName").str.to_lowercase().alias("name"))
    missing = names.join(known, on="name", how="anti")
    if not missing.height:
        return source, ()
    if not source.everyone:
        found = await reader.users("userPrincipalName", sorted(set(missing["name"])))
        source = replace(source, rows=pl.concat([source.people, found]).unique("id", keep="first").sort("id"))
        missing = missing.join(
            found.select(pl.col("userPrincipalName").str.to_lowercase().alias("name")), on="name", how="anti"
        )
    return source, tuple(sorted(missing["id"]))
