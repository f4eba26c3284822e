"""Brings a snapshot up to date: asks what has changed, then reads those people and members again.

A delta query says of a changed object at least what changed, and may leave out what was never set ("Use delta query to
track changes in Microsoft Graph data"), so it is taken for a list of ids only, as short as the service makes it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl

from entra_sync.errors import GraphError
from entra_sync.graph import paths
from entra_sync.graph.links import Links, address
from entra_sync.graph.requests import Request
from entra_sync.impact.facts.snapshot import MEMBERS, Snapshot
from entra_sync.impact.reading.users import Reader

__all__ = ["begin", "refresh"]

JSON = Any

_MINIMAL = (("Prefer", "return=minimal"),)
_EXPIRED = {400, 404, 410}


async def begin(reader: Reader, *, members: bool) -> dict[str, str]:
    """Delta links as of now, by collection; empty where the service has none, so that nothing can be kept.

    Args:
        reader: Reader of the tenant.
        members: Members of groups matter too.
    """
    record = reader.record
    select = record.select + (",manager" if "manager" in record.attributes else "")
    try:
        links = {"users": await reader.latest(f"{paths.USERS}/delta?$select={select}", "asking where changes begin")}
        if members:
            path = f"{paths.GROUPS}/delta?$select=id,members"
            links["groups"] = await reader.latest(path, "asking where changes begin")
    except GraphError as error:
        if error.status in {400, 403, 404, 501}:
            return {}
        raise
    return links


async def refresh(
    reader: Reader, snapshot: Snapshot, *, groups: frozenset[str], users: frozenset[str]
) -> Snapshot | None:
    """The snapshot as of now, without its deleted people; None where the service does not know any more what changed.

    Args:
        reader: Reader of the tenant, with the snapshot's record.
        snapshot: What was read before.
        groups: Groups whose members matter; those that are new to the snapshot are read.
        users: Users who matter one by one.
    """
    try:
        changed, links = await _changes(reader, snapshot.links)
        moved: list[JSON] = []
        if "groups" in snapshot.links:
            moved, links["groups"] = await _round(reader, snapshot.links["groups"], "asking which groups changed")
    except GraphError as error:
        if error.status in _EXPIRED:
            return None
        raise
    if any("@removed" in item and item["id"] in snapshot.groups for item in moved):
        return None  # a group is gone: reading in full says which
    members = _moved(snapshot, moved)
    people, added = await reader.members(groups - snapshot.groups)
    members = pl.concat([members, added]).unique(maintain_order=True)
    gone = changed["removed"]
    live = snapshot.people.filter(pl.col("deleted").is_null() & ~pl.col("id").is_in(sorted(gone)))
    known = set(live["id"])
    wanted = changed["changed"] if snapshot.everyone else changed["changed"] & known
    if not snapshot.everyone:
        wanted = wanted | ((set(members["person"]) | users) - known - set(people["id"]))
    fresh = await reader.users("id", sorted(wanted))
    live = live.filter(~pl.col("id").is_in(sorted(wanted)))
    return replace(
        snapshot,
        rows=pl.concat([fresh, people, live]).unique("id", keep="first").sort("id"),
        memberships=members,
        groups=snapshot.groups | groups,
        users=snapshot.users | users,
        links=links,
    )


async def _changes(reader: Reader, links: Any) -> tuple[dict[str, set[str]], dict[str, str]]:
    items, link = await _round(reader, links["users"], "asking which users changed")
    changed = {item["id"] for item in items if "@removed" not in item}
    removed = {item["id"] for item in items if "@removed" in item} - changed
    return {"changed": changed, "removed": removed}, {"users": link}


async def _round(reader: Reader, link: str, purpose: str) -> tuple[list[JSON], str]:
    """All that has changed, and the link for the next time."""
    items: list[JSON] = []
    links = Links(reader.graph.tenant, purpose)
    next_link = links.next(link)
    while next_link is not None:
        body = (await reader.ask(Request("GET", next_link, None, purpose, _MINIMAL))).body
        items += body["value"]
        next_link, delta = links.next(body.get("@odata.nextLink")), body.get("@odata.deltaLink")
    if delta is None:
        raise GraphError(f"while {purpose}: the answer ends without a link for the next time")
    return items, address(reader.graph.tenant, delta, purpose)


def _moved(snapshot: Snapshot, items: list[JSON]) -> pl.DataFrame:
    """Memberships after the changes of groups; users and others alike, as only people are looked up in them."""
    last: dict[tuple[str, str], bool] = {}
    for item in items:
        if item["id"] in snapshot.groups:
            for member in item.get("members@delta") or ():
                # A user can be named more than once: the last entry counts.
                last[item["id"], member["id"]] = "@removed" not in member
    came, went = ([pair for pair, present in last.items() if present is sought] for sought in (True, False))
    before = snapshot.members.join(pl.DataFrame(went, schema=MEMBERS, orient="row"), on=list(MEMBERS), how="anti")
    return pl.concat([before, pl.DataFrame(came, schema=MEMBERS, orient="row")]).unique(maintain_order=True)
