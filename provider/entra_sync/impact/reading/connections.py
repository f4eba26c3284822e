"""Who is linked to which account: by the job itself, and where that cannot be read by the names of accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from entra_sync.clouds import OBJECT_CONNECTIONS
from entra_sync.errors import GraphError, NotFound, PermissionMissing
from entra_sync.graph import paths
from entra_sync.graph.paths import segment
from entra_sync.graph.requests import Answer, Request
from entra_sync.impact.facts.facts import CONNECTIONS, Facts
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.facts.provisioning_log import succeeded
from entra_sync.impact.facts.users import external_name, is_external
from entra_sync.impact.planning.scope import Population
from entra_sync.impact.reading.cache import Cache
from entra_sync.impact.reading.users import Reader, literal

__all__ = ["SAMPLE", "inferred", "linked"]

SAMPLE = 20
"""Links kept from before that are asked for again: a job that has forgotten its links has forgotten them all."""


async def linked(reader: Reader, facts: Facts, now: LinkState, cache: Cache | None) -> Facts:
    """The facts with the links that the job keeps, and which accounts it deleted itself.

    A link that was read before counts while the account that it leads to is live and the person is assigned, unless a
    few that are asked for again are different. Of the others, people whose name an account carries are asked about
    first; the rest only if the job has run, and says that it has more people than were found.
    """
    if reader.graph.tenant.cloud not in OBJECT_CONNECTIONS:
        if not now.ran:
            none = pl.DataFrame(schema=CONNECTIONS)
            return replace(facts, connections=none, asked=none["person"])
        missing = f"Graph has no objectConnections in the {reader.graph.tenant.info.label} cloud"
        return replace(inferred(facts, now), gaps=(*facts.gaps, _inference(missing)))
    tenant_id, job_id = reader.graph.tenant.tenant_id, str(now.job_id)
    assigned = facts.source.people["id"].filter(Population(facts.source, facts.source.people).entitled(now))
    likely, possible = _worth_asking(facts, assigned)
    live = facts.target.people.filter(pl.col("deleted").is_null()).select(pl.col("id").alias("account"))
    connections = pl.DataFrame(schema=CONNECTIONS)
    if cache is not None:
        kept = cache.connections(tenant_id, job_id).join(live, on="account", how="semi")
        kept = kept.filter(pl.col("person").is_in(assigned.implode())).sort("person")
        sample = kept.gather_every(max(1, kept.height // SAMPLE)).head(SAMPLE)
        again = await _connections(reader, now, sample["person"].to_list())
        if isinstance(again, pl.DataFrame) and again.sort("person").equals(sample):
            connections = kept
    for people in (likely, possible):
        found_all = connections.join(live, on="account", how="semi").height == now.synchronized
        if people is possible and (found_all or not now.ran):
            break
        unknown = people.filter(~people.is_in(connections["person"].implode()))
        found = await _connections(reader, now, unknown.to_list())
        if isinstance(found, GraphError):
            return replace(inferred(facts, now), gaps=(*facts.gaps, _inference(found)))
        connections = pl.concat([connections, found])
    connections = connections.sort("person")
    if cache is not None:
        cache.keep_connections(tenant_id, job_id, connections)
    facts = replace(facts, connections=connections, asked=connections["person"])
    gone = connections.join(
        facts.target.people.filter(pl.col("deleted").is_not_null()).select(pl.col("id").alias("account")), on="account"
    )
    if not gone.height:
        return facts
    return replace(facts, removed=await _removed(reader, now))


async def _connections(reader: Reader, now: LinkState, people: Sequence[str]) -> pl.DataFrame | GraphError:
    """The accounts that the job has linked *people* to; what is in the way where they cannot be read."""
    path = paths.connections(segment(str(now.service_principal_id)), segment(str(now.job_id)))
    purpose = "reading which account a person is linked to"
    requests = [Request("GET", f"{path}('{segment(person)}')", None, purpose) for person in people]
    found: list[tuple[str, str]] = []
    for person, answer in zip(people, await reader.answers(requests), strict=True):
        if isinstance(answer, Answer):
            found.append((person, answer.body["targetAnchor"]))
        elif not isinstance(answer, NotFound):
            return answer
    return pl.DataFrame(found, schema=CONNECTIONS, orient="row")


def _worth_asking(facts: Facts, assigned: pl.Series) -> tuple[pl.Series, pl.Series]:
    """People whom the job may have linked: first those with an account of their name, live or deleted; then the others
    who are assigned now, or deleted of late."""
    people = facts.source.people
    names = facts.target.people.filter(is_external()).select(
        pl.col("userPrincipalName").str.to_lowercase().alias("name")
    )
    by_name = people.select(
        "id", external_name(pl.col("userPrincipalName"), facts.domain).str.to_lowercase().alias("name")
    ).join(names, on="name", how="semi")
    in_scope = people.filter(pl.col("id").is_in(assigned.implode()) | pl.col("deleted").is_not_null())
    return by_name["id"], in_scope.join(by_name, on="id", how="anti")["id"]


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


def _inference(problem: GraphError | str) -> str:
    return f"the job's links could not be read, so they are inferred from the names of accounts: {problem}"


async def _removed(reader: Reader, now: LinkState) -> frozenset[str] | None:
    """Accounts that the job deleted itself, by the provisioning log; None where that is not shown."""
    condition = f"jobId eq {literal(str(now.job_id))} and provisioningAction eq 'delete'"
    path = f"/v1.0/auditLogs/provisioning?$filter={condition}&$top=1000"
    try:
        entries = await reader.objects(path, "reading the provisioning log")
    except PermissionMissing:
        return None
    return frozenset(succeeded(entries, "delete"))
