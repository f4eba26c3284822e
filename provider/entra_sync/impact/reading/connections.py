"""Who is linked to which account: by the job itself, and where that cannot be read by the names of accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from entra_sync.errors import GraphError, NotFound, PermissionMissing
from entra_sync.graph import paths
from entra_sync.graph.paths import segment
from entra_sync.graph.requests import Answer, Request
from entra_sync.graph.transport import BATCH_SIZE
from entra_sync.impact.facts.facts import CONNECTIONS, Facts
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.facts.provisioning_log import deleted, last_deleted, passed_over
from entra_sync.impact.facts.remarks import Gap, Note, Remark
from entra_sync.impact.facts.series import falses, trues
from entra_sync.impact.facts.users import PURGED, external_name, is_external
from entra_sync.impact.planning.users.decisions.decide import seen
from entra_sync.impact.planning.users.scope import Population, memberships
from entra_sync.impact.reading.cache import Cache
from entra_sync.impact.reading.users import Reader, literal
from entra_sync.microsoft.assumptions import OBJECT_CONNECTIONS

__all__ = ["LOGGED", "SAMPLE", "inferred", "linked", "log_of"]

JSON = Any

SAMPLE = 20
"""Links kept from before that are asked for again: a job that has forgotten its links has forgotten them all."""

FEW = BATCH_SIZE
"""The log is asked for each of so many users. For more, a list of all users that the job has skipped is read first."""

LOGGED = 50
"""Entries of the provisioning log of one user that are read, newest first."""


async def linked(
    reader: Reader,
    facts: Facts,
    now: LinkState,
    links: Sequence[LinkState],
    in_scope: pl.Series,
    cache: Cache | None,
) -> Facts:
    """The facts with the links that the job keeps, and which accounts it deleted itself.

    *links* are the states of the link, before and after its change, and *in_scope* the users who are assigned in one.

    A link that was read before counts while the account that it leads to is live and the person is *in_scope*, unless
    a few that are asked for again are different. Everyone who may be linked is asked about: users whose name an account
    carries, and if the job has run everyone else who is in scope or deleted. Only if the job has more synchronized
    users than these is every other external account asked about: the count does not say who is linked, so it never
    stands for an answer.
    """
    if reader.graph.tenant.cloud not in OBJECT_CONNECTIONS:
        if not now.ran:
            none = pl.DataFrame(schema=CONNECTIONS)
            return replace(facts, connections=none, asked=none["person"])
        return _by_name(inferred(facts, now), now, reader.graph.tenant.info.label)
    tenant_id, job_id = reader.graph.tenant.tenant_id, str(now.job_id)
    connections = pl.DataFrame(schema=CONNECTIONS)
    if cache is not None:
        live = facts.target.people.filter(pl.col("deleted").is_null()).select(pl.col("id").alias("account"))
        kept = cache.connections(tenant_id, job_id).join(live, on="account", how="semi")
        kept = kept.filter(pl.col("person").is_in(in_scope.implode())).sort("person")
        sample = kept.gather_every(max(1, kept.height // SAMPLE)).head(SAMPLE)
        again = await _connections(reader, now, sample["person"].to_list())
        if isinstance(again, pl.DataFrame) and again.sort("person").equals(sample):
            connections = kept
    ids = _worth_asking(facts, in_scope, everyone=now.ran)
    found = await _connections(reader, now, ids.filter(~ids.is_in(connections["person"].implode())).to_list())
    if isinstance(found, GraphError):
        return replace(inferred(facts, now), gaps=(*facts.gaps, _inference(found)))
    read = await _with(reader, facts, now, links, pl.concat([connections, found]))
    if _unaccounted(read, now):
        found = await _connections(reader, now, _unnamed(facts, read.connections).to_list())
        if isinstance(found, GraphError):
            return replace(inferred(facts, now), gaps=(*facts.gaps, _inference(found)))
        read = await _with(reader, facts, now, links, pl.concat([read.connections, found]))
    if cache is not None:
        cache.keep_connections(tenant_id, job_id, read.connections)
    return _counted(read, now)


async def _with(
    reader: Reader, facts: Facts, now: LinkState, links: Sequence[LinkState], connections: pl.DataFrame
) -> Facts:
    """The facts with these links, the users behind them, and the accounts that the job deleted itself."""
    connections = connections.unique("person", keep="first").sort("person")
    facts = await _with_strangers(reader, replace(facts, connections=connections, asked=connections["person"]))
    return await _with_removals(reader, facts, now, links)


def _unnamed(facts: Facts, connections: pl.DataFrame) -> pl.Series:
    """Accounts of external users that no known link leads to: an id is looked up as that of a target object too
    ("Manage object connections")."""
    accounts = facts.target.people.filter(is_external()).select("id")
    return accounts.join(connections, left_on="id", right_on="account", how="anti")["id"]


async def _with_strangers(reader: Reader, facts: Facts) -> Facts:
    """The facts with the linked users who were not read before: out of scope under another name, or gone for good."""
    people = facts.source.people
    missing = facts.connections.filter(~pl.col("person").is_in(people["id"].implode()))["person"].to_list()
    named = set(facts.connections["account"])
    facts = replace(facts, strangers=tuple(id for id in facts.strangers if id not in named))
    if not missing:
        return facts
    found = await reader.users("id", missing)
    gone = pl.DataFrame({"id": sorted(set(missing) - set(found["id"]))}, schema={"id": pl.String})
    purged = gone.with_columns(pl.lit(PURGED).alias("deleted"))
    together = pl.concat([people, found, purged], how="diagonal").select(people.columns).sort("id")
    note = Remark(Note.OUT_OF_SCOPE, (len(missing),))
    return replace(facts, source=replace(facts.source, rows=together), notes=(*facts.notes, note))


async def _with_removals(reader: Reader, facts: Facts, now: LinkState, links: Sequence[LinkState]) -> Facts:
    """The facts with the accounts that the job deleted itself, which of them it has not managed since, and users out of
    scope that it has passed over.

    Those are live because an administrator restored them. Whether their users are assigned does not matter: a filter
    takes users out of scope too, and the next change may.
    """
    if not facts.connections.height or not now.ran:
        return facts
    removed = await _removed(reader, now)
    if removed is None:
        return replace(facts, removed=None)
    live = facts.target.people.filter(pl.col("deleted").is_null())["id"]
    theirs = facts.connections.join(removed, on=["person", "account"])
    suspects = theirs.filter(pl.col("account").is_in(live.implode()))
    # An account that synchronization deleted may be gone for good by now; the job gave its link up all the same.
    gone = theirs.join(suspects, on="person", how="anti")["person"]
    facts = replace(facts, removed=frozenset(removed["account"]), given_up=frozenset(gone))
    leavers = _leavers(facts, links) if "Delete" in now.flow_types else facts.connections.clear()
    if leavers.height > FEW:
        leavers = leavers.filter(pl.col("person").is_in(await _skipped(reader, now)))
    asked = pl.concat([suspects, leavers])["person"].unique(maintain_order=True)
    if not asked.len():
        return facts
    entries = [body["value"] for body in await reader.bodies([log_of(str(now.job_id), person) for person in asked])]
    last = set[tuple[str, str]]().union(*map(last_deleted, entries))
    passed = set[str]().union(*map(passed_over, entries))
    return replace(
        facts,
        given_up=facts.given_up | {person for person, account in suspects.iter_rows() if (person, account) in last},
        passed_over=frozenset(passed & set(leavers["person"])),
    )


def _leavers(facts: Facts, links: Sequence[LinkState]) -> pl.DataFrame:
    """Links to live accounts of users who are out of scope in one of the states of the link, but of disabled users who
    are not assigned to disabled accounts, which stay."""
    accounts = facts.target.people.filter(pl.col("deleted").is_null()).select(
        pl.col("id").alias("account"), pl.col("accountEnabled").alias("allowed")
    )
    found = facts.connections.join(accounts, on="account")
    people = facts.source.people.filter(pl.col("id").is_in(found["person"].implode()))
    members = memberships(facts.source, people["id"])
    stays, assigned = trues(people.height), falses(people.height)
    for link in links:
        scoping = Population(members, seen(link, facts, people)).scoping(link)
        stays, assigned = stays & scoping.present, assigned | scoping.entitled
    active = people["accountEnabled"].fill_null(True) | people["deleted"].is_not_null() | assigned
    leaving = people.select(pl.col("id").alias("person"), active.alias("active")).filter(~stays)
    found = found.join(leaving, on="person")
    return found.filter(pl.col("allowed").fill_null(True) | pl.col("active")).select("person", "account")


def _unaccounted(facts: Facts, now: LinkState) -> int:
    """How many more synchronized users the job has than the links that it has not given up."""
    if now.synchronized is None or not now.ran:
        return 0
    named = facts.connections.filter(~pl.col("person").is_in(sorted(facts.given_up))).height
    return max(0, now.synchronized - named)


def _counted(facts: Facts, now: LinkState) -> Facts:
    """The facts, with a gap if the job has more synchronized users than could be named."""
    unnamed = _unaccounted(facts, now)
    if not unnamed:
        return facts
    assert now.synchronized is not None
    gap = Remark(Gap.UNNAMED, (now.synchronized, now.synchronized - unnamed))
    return replace(facts, gaps=(*facts.gaps, gap))


async def _connections(reader: Reader, now: LinkState, ids: Sequence[str]) -> pl.DataFrame | GraphError:
    """The links of the users, or to the accounts, that have these *ids*; the error if they cannot be read."""
    path = paths.connections(segment(str(now.service_principal_id)), segment(str(now.job_id)))
    purpose = "reading which account a person is linked to"
    requests = [Request("GET", f"{path}('{segment(id)}')", None, purpose) for id in ids]
    found: list[tuple[str, str]] = []
    async for answer in reader.one_by_one(requests, "links of users"):
        if isinstance(answer, Answer):
            found.append((answer.body["sourceAnchor"], answer.body["targetAnchor"]))
        elif not isinstance(answer, NotFound):
            return answer
    return pl.DataFrame(found, schema=CONNECTIONS, orient="row")


def _worth_asking(facts: Facts, in_scope: pl.Series, *, everyone: bool) -> pl.Series:
    """Users that the job may have linked: those with an account of their name, live or deleted; with *everyone* also
    the others who are in scope, or deleted of late."""
    people = facts.source.people
    names = facts.target.people.filter(is_external()).select(
        pl.col("userPrincipalName").str.to_lowercase().alias("name")
    )
    by_name = people.select(
        "id", external_name(pl.col("userPrincipalName"), facts.domain).str.to_lowercase().alias("name")
    ).join(names, on="name", how="semi")["id"]
    if not everyone:
        return by_name
    others = people.filter(pl.col("id").is_in(in_scope.implode()) | pl.col("deleted").is_not_null())["id"]
    return pl.concat([by_name, others]).unique(maintain_order=True)


def inferred(facts: Facts, now: LinkState) -> Facts:
    """Links as the names of accounts suggest them, where the job's own cannot be read."""
    if not now.ran:
        return facts
    live = facts.target.people.filter(pl.col("deleted").is_null() & is_external())
    accounts = live.select(pl.col("id").alias("account"), pl.col("userPrincipalName").str.to_lowercase().alias("name"))
    people = facts.source.people.select(
        pl.col("id").alias("person"),
        external_name(pl.col("userPrincipalName"), facts.domain).str.to_lowercase().alias("name"),
    )
    return replace(
        facts, connections=people.join(accounts, on="name").select("person", "account").unique("person"), removed=None
    )


def _inference(problem: GraphError | str) -> Remark:
    return Remark(Gap.LINKS, (str(problem),))


def _by_name(facts: Facts, now: LinkState, cloud: str) -> Facts:
    """The facts with links by name, in a cloud whose Graph does not show links, ever.

    If as many accounts carry the name of a source user as the job reports synchronized users, the counts hold, and
    each of these users is uncertain. Otherwise a user is missing, or a guest is taken for a synchronized user.
    """
    found = facts.connections.height
    if found == now.synchronized:
        return replace(facts, notes=(*facts.notes, Remark(Note.LINKS_BY_NAME, (cloud, found))))
    reported = "an unknown number of" if now.synchronized is None else f"{now.synchronized:,}"
    return replace(facts, gaps=(*facts.gaps, Remark(Gap.LINKS_BY_NAME, (cloud, found, reported))))


def log_of(job_id: str, person: str) -> Request:
    """Asks for what a job's provisioning log says of a user, newest first."""
    condition = f"jobId eq {literal(job_id)} and sourceIdentity/id eq {literal(person)}"
    path = f"{paths.PROVISIONING_LOG}?$filter={condition}&$orderby=activityDateTime desc&$top={LOGGED}"
    return Request("GET", path, None, "reading the provisioning log")


async def _removed(reader: Reader, now: LinkState) -> pl.DataFrame | None:
    """Users and the accounts that the job deleted for them, by the provisioning log; None where that is not shown."""
    try:
        entries = await _entries(reader, now, "provisioningAction eq 'delete'")
    except PermissionMissing:
        return None
    return pl.DataFrame(sorted(deleted(entries)), schema=CONNECTIONS, orient="row")


async def _skipped(reader: Reader, now: LinkState) -> list[str]:
    """Users that the job has skipped at some time.

    The log answers five requests in ten seconds ("Microsoft Graph service-specific throttling limits"), so that one
    request for a thousand entries costs less than one for each of many users. The status can be filtered by
    ("provisioningStatusInfo resource type").
    """
    entries = await _entries(reader, now, "provisioningStatusInfo/status eq 'skipped'")
    return sorted({entry["sourceIdentity"]["id"] for entry in entries})


async def _entries(reader: Reader, now: LinkState, condition: str) -> Sequence[JSON]:
    """The entries of the job's provisioning log that meet a *condition*."""
    condition = f"jobId eq {literal(str(now.job_id))} and {condition}"
    path = f"{paths.PROVISIONING_LOG}?$filter={condition}&$top=1000"
    return await reader.objects(path, "reading the provisioning log")
