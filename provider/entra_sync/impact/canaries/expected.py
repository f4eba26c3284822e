"""What provision on demand is to do with a few people, before all users get a schema.

On demand the service decides as in a cycle, but for one person: no other user of the same cycle is in the way, and the
deletion threshold holds nothing back. So the plan is made again, of these people alone, in the order in which they are
asked for. Rules: "On-demand provisioning in Microsoft Entra ID", "Configure cross-tenant synchronization".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from entra_sync.errors import BadArgument
from entra_sync.expressions import Context, Mappings, ScopingFilter
from entra_sync.graph.gateway import Graph
from entra_sync.graph.loop import together
from entra_sync.impact.declared.read import Read, read_people
from entra_sync.impact.facts.columns import UserColumns
from entra_sync.impact.facts.declaration import Declaration
from entra_sync.impact.facts.link import LinkState, after
from entra_sync.impact.planning.plan import ImpactPlan, plan
from entra_sync.impact.planning.reasons import Reason
from entra_sync.impact.planning.users.flow import unpredictable
from entra_sync.impact.reading.cache import Cache
from entra_sync.impact.reading.link import read_link
from entra_sync.impact.reading.users import Reader
from entra_sync.impact.words import explained, reason

__all__ = ["Expected", "canary_lines", "in_summary", "outcomes", "read_as_it_stands"]

JSON = Any

LATER = frozenset({"manager"})
"""Attributes that a later cycle may write as well: a reference resolves when the other person has an account."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What provision on demand is to do with one person.

    Attributes:
        person: Object id in the source.
        action: ``create``, ``update``, ``disable``, ``failed``, or ``nothing``.
        planned: The plan's own word for it (:data:`entra_sync.impact.planning.users.decisions.actions.ACTIONS`).
        reason: Why, where that is not plain; without personal data.
        values: Target attribute → the new value as the service logs it: personal data.
        compared: Target attributes of which it can be foretold whether and what is written.
        sources: Target attribute → the source that the mapping has for it.
        lenient: An invitation leads to an account that exists: the service may list more values than it changes.
    """

    person: str
    action: str
    planned: str
    reason: str
    values: Mapping[str, str]
    compared: frozenset[str]
    sources: Mapping[str, str]
    lenient: bool = False


def outcomes(read: Read, canaries: Sequence[str], context: Context | None = None) -> list[Expected]:
    """What is to happen to each of the *canaries*, in order of their ids: the order to ask for them.

    Raises:
        BadArgument: A user is not a canary: not in scope after the change, disabled at home, to be restored, or with
            the account of another canary, which that one's turn may change first. While parts of the scope do not
            exist yet, no user is reported as out of it, and is left out of the answer.
    """
    assert read.then is not None
    then = replace(read.then, deletion_threshold=None, restart=frozenset())
    ids = sorted({id.lower() for id in canaries})
    people = read.facts.source.people.filter(pl.col("id").is_in(ids))
    facts = replace(read.facts, source=replace(read.facts.source, rows=people))
    names = {"source": read.source.name, "target": read.target.name}
    found = plan(facts, then, then, **names, context=context or Context.live())
    rows = {row["person"]: row for row in found.people.iter_rows(named=True)}
    in_scope = set(found.scope_then)
    owners: dict[str, str] = {}
    deleted = set(read.facts.target.people.filter(pl.col("deleted").is_not_null())["id"])
    for position, id in enumerate(canaries):
        person, problem = id.lower(), ""
        if person in in_scope:
            problem = _why_not(rows[person], people, owners, deleted)
        elif not then.unknown:
            why = explained(rows[person]) if person in rows else reason(Reason.NOT_ASSIGNED)
            problem = f"is not in scope after this change ({why}); choose a user in scope"
        if problem:
            raise BadArgument(f"canaries[{position}]", f"user {id} {problem}")
    return [_outcome(rows[person], found, then) for person in ids if person in in_scope]


def _why_not(row: Mapping[str, JSON], people: pl.DataFrame, owners: dict[str, str], deleted: Set[str]) -> str:
    """Why a user in scope cannot be a canary; empty if the user can, and is noted in *owners* by the account."""
    person, account = row["person"], row["account"]
    if not people.filter(pl.col("id") == person)["accountEnabled"].fill_null(True).item():
        return "is disabled in the source, and provision on demand skips disabled users; choose another user"
    if account in deleted:
        return (
            "has a soft-deleted account in the target, and provision on demand would create a second one; choose "
            "another user"
        )
    if account is not None and owners.setdefault(account, person) != person:
        return f"shares an account in the target with user {owners[account]}; keep one of the two"
    return ""


def _outcome(row: Mapping[str, JSON], found: ImpactPlan, then: LinkState) -> Expected:
    person, planned = str(row["person"]), str(row["action"])
    compared = frozenset(
        mapping.target
        for mapping in then.mappings
        if mapping.target not in LATER and not unpredictable(mapping.expression)
    )
    changes = found.attribute_changes([person]).iter_rows(named=True)
    values = {change["attribute"]: change["new"] for change in changes if change["attribute"] in compared}
    action = planned
    if planned == "match":
        action = "create" if row["redeemed"] else "update" if values else "nothing"
    elif planned == "conflict":
        action = "create" if row["shares"] else "failed"
    elif planned in {"skipped", "unchanged"} or (planned == "update" and not values):
        action = "nothing"
    writes = action in {"create", "update", "disable"}
    return Expected(
        person=person,
        action=action,
        planned=planned,
        reason=explained(row),
        values=values if writes else {},
        compared=compared,
        sources={mapping.target: mapping.source for mapping in then.mappings if mapping.source is not None},
        lenient=bool(row["redeemed"] or row["shares"]),
    )


def read_as_it_stands(
    source: Graph,
    target: Graph,
    service_principal_id: str,
    mappings: Mappings,
    filters: ScopingFilter | None,
    *,
    cache: Cache | None = None,
) -> Read:
    """Both tenants, and the link as it stands with the declared mappings and filter in it.

    What the program declares is what counts: a schema that was saved a moment ago may not be on every replica yet.
    If Graph hides whether all users are in scope, they are assumed to be, and the service decides.

    Raises:
        BadArgument: The application has no job.
        GraphError: Something could not be read, so nothing can be said.
    """
    now = together(read_link(Reader(source, UserColumns.of([])), service_principal_id))
    if now is None:
        raise BadArgument("canaries", f"service principal {service_principal_id} has no job to try them with")
    as_it_stands = Declaration(
        everyone=now.everyone or "SyncAll" in now.unread,
        groups=now.groups,
        users=now.users,
        mappings=mappings,
        filters=filters,
        deletion_threshold=None,
    )
    then = after(now, as_it_stands, now.schema)
    return read_people(source, target, now.presumed(then), then, cache=cache)


def in_summary(found: Sequence[Expected]) -> dict[str, JSON]:
    """Canaries as the impact of a link has them: object id → ``action``, ``reason``, ``attributes`` (names only)."""
    return {
        each.person: {"action": each.planned, "reason": each.reason, "attributes": sorted(each.values)}
        for each in found
    }


def canary_lines(canaries: Mapping[str, JSON]) -> list[str]:
    """One line a canary, from what :func:`in_summary` gives."""
    lines = []
    for person, each in sorted(canaries.items()):
        names = each["attributes"]
        what = f"{len(names)} attributes" if each["action"] == "create" else ", ".join(names)
        about = "; ".join(filter(None, (each["reason"], what)))
        lines.append(f"  canary     {person} {each['action']}{f': {about}' if about else ''}")
    return lines
