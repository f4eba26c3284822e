"""A link between two tenants at one moment: as Graph shows it now, and as a program declares it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

from entra_sync.expressions import (
    NEVER,
    AttributeMapping,
    Expression,
    Mappings,
    ScopingFilter,
    merge_schema,
    object_definition,
    object_mapping,
    read_filter,
    read_mappings,
)
from entra_sync.expressions.language.syntax import Attribute, walk
from entra_sync.impact.facts.declaration import Declaration
from entra_sync.impact.facts.remarks import Remark

__all__ = ["SETTINGS", "LinkState", "after"]

JSON = Any

SETTINGS = {"SyncAll": "everyone", "SyncNotificationSettings": "deletion_threshold"}
"""Attributes of a state by the setting of the job, as Graph names it, that holds them."""


@dataclass(frozen=True)
class LinkState:
    """What decides which users a job synchronizes, and what it writes.

    Attributes:
        schema: The job's synchronizationSchema.
        everyone: All users are in scope, assigned or not.
        groups: Groups that are assigned; of each its direct members are in scope.
        users: Users who are assigned one by one.
        enabled: The job runs on its schedule.
        ran: A cycle has run since the job was made, or since its links were dropped.
        quarantine: Why the job is in quarantine; empty where it is not.
        deletion_threshold: Deletions and disables that one cycle carries out at most; None for no limit.
        restart: What a restart that comes with this state forgets, as Graph names it; empty without a restart.
        names: Display names of the groups and users that are assigned, as far as they are known.
        service_principal_id: Whose job it is; None while it does not exist.
        job_id: The job; None while it does not exist.
        synchronized: How many people the job says it has in the target; None where it does not say.
        escrowed: Users who failed. The job tries them again at growing intervals. None after a cycle that failed as a
            whole, whose status does not count them.
        unknown: What cannot be known yet: ids that do not exist before `up`.
        template_id: The synchronization template that the job was made from; None while it does not exist.
        notes: What was assumed about this state.
        unread: Settings of :data:`SETTINGS` that Graph hides, or that hold what the service does not write.
    """

    schema: Mapping[str, JSON]
    everyone: bool = False
    groups: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    enabled: bool = False
    ran: bool = False
    quarantine: str = ""
    deletion_threshold: int | None = None
    restart: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)
    service_principal_id: str | None = None
    job_id: str | None = None
    synchronized: int | None = None
    escrowed: int | None = 0
    unknown: tuple[Remark, ...] = ()
    template_id: str | None = None
    notes: tuple[Remark, ...] = ()
    unread: frozenset[str] = frozenset()

    @cached_property
    def mappings(self) -> Mappings:
        """The rows from user to user."""
        return read_mappings(self.schema)

    @cached_property
    def filter(self) -> ScopingFilter | None:
        """The filter of users, the service's own input filter included."""
        return read_filter(self.schema)

    @cached_property
    def flow_types(self) -> frozenset[str]:
        """What the mapping of users may do: of ``Add``, ``Update`` and ``Delete``."""
        text = object_mapping(self.schema).get("flowTypes") or "Add, Update, Delete"
        return frozenset(part.strip() for part in str(text).split(","))

    @cached_property
    def exact_case(self) -> frozenset[str]:
        """Target attributes in which a change of case alone is a change."""
        attributes = (object_definition(self.schema, "target") or {}).get("attributes") or ()
        return frozenset(item["name"] for item in attributes if item.get("caseExact"))

    @cached_property
    def booleans(self) -> frozenset[str]:
        """Attributes of either side that hold Booleans."""
        definitions = (object_definition(self.schema, side) or {} for side in ("source", "target"))
        sides = (definition.get("attributes") or () for definition in definitions)
        return frozenset(item["name"] for side in sides for item in side if item.get("type") == "Boolean")

    @cached_property
    def source_attributes(self) -> frozenset[str]:
        """Attributes of a source user that mappings, matching and the filter read."""
        expressions = [mapping.expression for mapping in self.mappings]
        names = {node.name for each in expressions for node in _nodes(each) if isinstance(node, Attribute)}
        clauses = self.filter.clauses() if self.filter else ()
        return frozenset(names.union(clause.source_operand_name for clause in clauses))

    @cached_property
    def target_attributes(self) -> frozenset[str]:
        """Attributes of a target user that the mappings write."""
        return frozenset(mapping.target for mapping in self.mappings)

    def presumed(self, then: LinkState) -> LinkState:
        """This state with the settings that could not be read as *then* has them."""
        return replace(self, **{SETTINGS[key]: getattr(then, SETTINGS[key]) for key in self.unread})

    def same_schema(self, other: LinkState) -> bool:
        """Whether both have the same rows and the same filter, so that no new initial cycle is due between them."""
        filters = [state.filter.graph() if state.filter else {} for state in (self, other)]
        return self.same_rows(other) and filters[0] == filters[1]

    def same_rows(self, other: LinkState) -> bool:
        """Whether both have the same rows."""
        one, two = (sorted(state.mappings, key=lambda row: row.target) for state in (self, other))
        return len(one) == len(two) and all(map(_same_row, one, two))


def _same_row(one: Any, other: Any) -> bool:
    return bool(one.same_as(other))


def _nodes(expression: Expression | None) -> Iterable[Expression]:
    return () if expression is None else walk(expression)


def after(
    now: LinkState | None, declaration: Declaration, template: Mapping[str, JSON], notes: Sequence[Remark] = ()
) -> LinkState:
    """The link as it will be after `up` has carried out a declaration.

    Whatever a state has under the name of an option is that option: only mappings and filter need more, as they are
    parts of the schema.

    Args:
        now: The link as it stands; None if there is none.
        declaration: What the program declares; mappings that it does not declare stay.
        template: Schema of the job's template, which a new job and released rows have.
        notes: What is assumed.
    """
    base = now or LinkState(schema=template)
    original = read_mappings(template)
    put_back = [original.get(target) or AttributeMapping(target=target, apply=NEVER) for target in declaration.released]
    options: dict[str, Any] = {
        each.name: getattr(declaration, each.name)
        for each in fields(LinkState)
        if each.name in Declaration.model_fields
    }
    schema = merge_schema(base.schema, [*declaration.mappings, *put_back], declaration.filters)
    return replace(base, schema=schema, notes=tuple(notes), unread=frozenset(), **options)
