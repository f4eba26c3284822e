"""How a job's schema differs from what a program declares, and what a change makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from entra_sync.expressions import (
    NEVER,
    Action,
    AttributeMapping,
    Mappings,
    ScopingFilter,
    default_schema,
    merge_schema,
    read_mappings,
    read_switches,
    set_switches,
)
from entra_sync.microsoft.clouds import Cloud
from entra_sync.microsoft.tenant import Tenant

__all__ = ["There", "as_it_is", "both", "change_of", "merged", "same_groups", "special_rows", "switches_of"]

JSON = Any


class Declared(Protocol):
    """Arguments that declare part of a schema."""

    tenant: Tenant
    mappings: Mappings
    filters: ScopingFilter | None
    target_cloud: Cloud | None
    users_enabled: bool
    actions: list[Action] | None
    input_filter: bool


def merged(current: JSON, change: JSON) -> JSON:
    """Returns the current schema with what a call's body declares in it."""
    filters, switches = change.get("filters"), change.get("users", {})
    return merge_schema(
        set_switches(
            current,
            enabled=switches.get("enabled"),
            actions=switches.get("actions"),
            input_filter=switches.get("inputFilter"),
        ),
        Mappings.model_validate(change.get("mappings", [])),
        None if filters is None else ScopingFilter.model_validate(filters),
    )


@dataclass(frozen=True, slots=True)
class There:
    """What Graph has of a job.

    Attributes:
        job: The job; None while it does not exist.
        schema: Its schema; None while it does not exist.
        template: The schema of its template; None while there is no application to read it from.
    """

    job: JSON | None
    schema: JSON | None
    template: JSON | None

    @property
    def rows(self) -> Mappings:
        """The template's rows."""
        return Mappings(()) if self.template is None else read_mappings(self.template)


def change_of(old: Declared | None, new: Declared, there: There) -> dict[str, JSON]:
    """What changes, as the body of a call. What the program leaves as it is is not in it."""
    change: dict[str, JSON] = {}
    rows = [*_declared_rows(old, new, there), *_released_rows(old, new, there)]
    if rows:
        change["mappings"] = Mappings(tuple(rows)).model_dump(mode="json", by_alias=True)
    filters = new.filters
    if filters is None and old is not None and old.filters is not None:
        filters = ScopingFilter.everybody()
    if filters is not None and (old is None or old.filters is None or not same_groups(old.filters, filters)):
        change["filters"] = filters.graph()
    if switches := switches_of(new, there):
        change["users"] = switches
    return change


def _declared_rows(old: Declared | None, new: Declared, there: There) -> Iterator[AttributeMapping]:
    """The declared rows that are not as they were.

    A row that leaves something to the template is listed with what the program says only, if the rest is as in the
    template already. So the list does not depend on whether the template could be read when it was made.
    """
    before = {mapping.target: mapping for mapping in old.mappings} if old else {}
    present = None if there.schema is None else read_mappings(there.schema)
    for mapping in new.mappings:
        if before.get(mapping.target) == mapping:
            continue
        if present is None:
            if not mapping.untouched:
                yield mapping
            continue
        now, meant = present.get(mapping.target), _meant(mapping, there.rows)
        if mapping.untouched:
            if not meant.same_as(now or _nothing(mapping.target)):
                yield meant
        else:
            overlaid = mapping.over(now)
            yield mapping if overlaid is not None and overlaid.same_as(meant) else meant


def _released_rows(old: Declared | None, new: Declared, there: There) -> Iterator[AttributeMapping]:
    """The template's rows for targets that are no longer declared; without one, the row is taken out."""
    present = Mappings(()) if there.schema is None else read_mappings(there.schema)
    for target in new.mappings.released_since(old.mappings) if old else ():
        usual = there.rows.get(target) or _nothing(target)
        if not usual.same_as(present.get(target) or _nothing(target)):
            yield usual


def _nothing(target: str) -> AttributeMapping:
    """No row to *target*."""
    return AttributeMapping(target=target, apply=NEVER)


def _meant(mapping: AttributeMapping, usual: Mappings) -> AttributeMapping:
    """What a declared row comes to; without a row in the template, an untouched one is none."""
    return mapping.over(usual.get(mapping.target)) or _nothing(mapping.target)


def special_rows(args: Declared, there: There) -> Mappings:
    """The template's rows that are not those of :func:`default_schema`, for policies; never for one that it lacks."""
    if there.template is None:
        return Mappings(())
    usual = read_mappings(default_schema(args.tenant.cloud, args.target_cloud or args.tenant.cloud))
    others = [row for row in there.rows if not row.same_as(usual.get(row.target) or _nothing(row.target))]
    missing = [_nothing(row.target) for row in usual if there.rows.get(row.target) is None]
    return Mappings((*others, *missing))


def switches_of(args: Declared, there: There) -> dict[str, JSON]:
    """The switches of the mapping of users that are not as declared, with the values that they are to have."""
    base = there.schema if there.schema is not None else there.template
    now = read_switches(base if base is not None else default_schema())
    usual = now if there.template is None else read_switches(there.template)
    wanted: dict[str, JSON] = {}
    if args.users_enabled != now.enabled:
        wanted["enabled"] = args.users_enabled
    actions = usual.actions if args.actions is None else args.actions
    if set(actions) != set(now.actions):
        wanted["actions"] = list(actions)
    if args.input_filter and usual.input_filter != now.input_filter:
        wanted["inputFilter"] = list(usual.input_filter)
    return wanted


def as_it_is(declared: AttributeMapping, usual: Mappings, live: AttributeMapping | None) -> AttributeMapping:
    """The declared row if the live one is what it comes to, else the live one."""
    there = live or _nothing(declared.target)
    return declared if _meant(declared, usual).same_as(there) else there


def both(declared: Mapping[str, JSON], change: Mapping[str, JSON]) -> dict[str, JSON]:
    """All that is declared, and the rows of a change that are put back."""
    targets = {row["target"] for row in declared.get("mappings", [])}
    rows = [row for row in change.get("mappings", []) if row["target"] not in targets]
    body = {**change, **declared}
    if rows:
        body["mappings"] = [*declared.get("mappings", []), *rows]
    return body


def same_groups(one: ScopingFilter, other: ScopingFilter | None) -> bool:
    """Whether two filters have the same groups of clauses."""
    return one.graph().get("groups") == (other.graph().get("groups") if other else None)
