"""A link between two tenants at one moment: as Graph shows it now, and as a program declares it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import orjson

from entra_sync.errors import ConfigurationError, NotFound
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
from entra_sync.expressions.syntax import Attribute, walk
from entra_sync.failures import Request
from entra_sync.graph import segment
from entra_sync.impact.reading import Reader
from entra_sync.jobs import has_run

__all__ = ["LinkState", "declare", "link_state", "read_link"]

JSON = Any

USUAL_THRESHOLD = 500
"""Deletions a cycle carries out where the threshold is on without a number ("accidental deletions prevention")."""


@dataclass(frozen=True)
class LinkState:
    """What decides whom a job synchronizes, and what it writes.

    Attributes:
        schema: The job's synchronizationSchema.
        everyone: All users are in scope, assigned or not.
        groups: Groups that are assigned; of each its direct members are in scope.
        users: Users who are assigned one by one.
        running: The job runs on its schedule.
        ran: A cycle has run since the job was made, or since its links were dropped.
        quarantine: Why the job is in quarantine; empty where it is not.
        threshold: Deletions and disables that one cycle carries out at most; None for no limit.
        restarts: What a restart that comes with this state forgets, as Graph names it; empty without a restart.
        names: Display names of the groups and users that are assigned, as far as they are known.
        service_principal_id: Whose job it is; None while it does not exist.
        job_id: The job; None while it does not exist.
        synchronized: How many people the job says it has in the target; None where it does not say.
        unknown: What cannot be known yet, one clause each: ids that do not exist before `up`.
    """

    schema: Mapping[str, JSON]
    everyone: bool = False
    groups: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    running: bool = False
    ran: bool = False
    quarantine: str = ""
    threshold: int | None = None
    restarts: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)
    service_principal_id: str | None = None
    job_id: str | None = None
    synchronized: int | None = None
    unknown: tuple[str, ...] = ()

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
        attributes = object_definition(self.schema, "target").get("attributes") or ()
        return frozenset(item["name"] for item in attributes if item.get("caseExact"))

    @cached_property
    def booleans(self) -> frozenset[str]:
        """Attributes of either side that hold Booleans."""
        sides = (object_definition(self.schema, side).get("attributes") or () for side in ("source", "target"))
        return frozenset(item["name"] for side in sides for item in side if item.get("type") == "Boolean")

    @cached_property
    def source_attributes(self) -> frozenset[str]:
        """Attributes of a source user that mappings, matching and the filter read."""
        expressions = [mapping.expression for mapping in self.mappings]
        names = {node.name for each in expressions for node in _nodes(each) if isinstance(node, Attribute)}
        scoping = self.filter
        for groups in (scoping.groups, scoping.input_filter_groups, scoping.category_filter_groups) if scoping else ():
            names |= {clause.source_operand_name for group in groups or () for clause in group.clauses}
        return frozenset(names)

    @cached_property
    def target_attributes(self) -> frozenset[str]:
        """Attributes of a target user that the mappings write."""
        return frozenset(mapping.target for mapping in self.mappings)

    def same_schema(self, other: LinkState) -> bool:
        """Whether both have the same rows and the same filter, so that no new initial cycle is due between them."""
        rows = (tuple(sorted(state.mappings, key=lambda row: row.target)) for state in (self, other))
        one, two = rows
        same_rows = len(one) == len(two) and all(map(_same_row, one, two))
        filters = [state.filter.graph() if state.filter else {} for state in (self, other)]
        return same_rows and filters[0] == filters[1]


def _same_row(one: Any, other: Any) -> bool:
    return bool(one.same_as(other))


def _nodes(expression: Expression | None) -> Iterable[Expression]:
    return () if expression is None else walk(expression)


async def read_link(reader: Reader, service_principal_id: str) -> LinkState | None:
    """The link as it stands; None where the application has no job, or there is no such application.

    Raises:
        GraphError: Something of it could not be read, so nothing can be said.
    """
    owner = f"/v1.0/servicePrincipals/{segment(service_principal_id)}"
    try:
        jobs = await reader.objects(f"{owner}/synchronization/jobs", "reading the job")
    except NotFound:
        return None
    if not jobs:
        return None
    job = jobs[0]
    path = f"{owner}/synchronization/jobs/{segment(job['id'])}"
    schema, secrets = await reader.bodies(
        [
            Request("GET", f"{path}/schema", None, "reading the job's schema"),
            Request("GET", f"{owner}/synchronization/secrets", None, "reading the job's settings"),
        ]
    )
    assigned = await reader.objects(f"{owner}/appRoleAssignedTo?$top=999", "reading who is assigned")
    return link_state(service_principal_id, job, schema, secrets["value"], assigned)


def link_state(
    service_principal_id: str,
    job: Mapping[str, JSON],
    schema: Mapping[str, JSON],
    secrets: Sequence[Mapping[str, JSON]],
    assigned: Sequence[Mapping[str, JSON]],
) -> LinkState:
    """The state of a link from what Graph says of it.

    Args:
        service_principal_id: Whose job it is.
        job: The synchronizationJob.
        schema: Its synchronizationSchema.
        secrets: The application's synchronizationSecretKeyStringValuePairs.
        assigned: The application's appRoleAssignedTo.

    Raises:
        ConfigurationError: The notification settings cannot be read.
    """
    settings = {item["key"]: item.get("value") or "" for item in secrets}
    status = job.get("status") or {}
    return LinkState(
        schema=schema,
        everyone=settings.get("SyncAll", "").lower() == "true",
        groups=frozenset(item["principalId"] for item in assigned if item["principalType"] == "Group"),
        users=frozenset(item["principalId"] for item in assigned if item["principalType"] == "User"),
        running=(job.get("schedule") or {}).get("state") == "Active",
        ran=has_run(job),
        quarantine=(status.get("quarantine") or {}).get("reason") or "",
        threshold=_threshold(settings.get("SyncNotificationSettings", "")),
        names={item["principalId"]: item.get("principalDisplayName") or item["principalId"] for item in assigned},
        service_principal_id=service_principal_id,
        job_id=job["id"],
        synchronized=_synchronized(status),
    )


def _synchronized(status: Mapping[str, JSON]) -> int | None:
    counts = [
        item["value"] for item in status.get("synchronizedEntryCountByType") or () if "user" in item["key"].lower()
    ]
    return int(sum(counts)) if counts else None


def _threshold(text: str) -> int | None:
    try:
        notification = orjson.loads(text or "{}")
    except orjson.JSONDecodeError as problem:
        raise ConfigurationError(f"the job's notification settings cannot be read: {problem}") from None
    if str(notification.get("DeleteThresholdEnabled")).lower() != "true":
        return None
    return int(notification.get("DeleteThresholdValue", USUAL_THRESHOLD))


def declare(
    now: LinkState | None,
    *,
    template: Mapping[str, JSON],
    everyone: bool,
    groups: Iterable[str],
    users: Iterable[str],
    mappings: Mappings,
    filters: ScopingFilter | None,
    released: Sequence[str] = (),
    running: bool = True,
    threshold: int | None = None,
    restarts: Iterable[str] = (),
    unknown: Sequence[str] = (),
) -> LinkState:
    """The link as it will be once a program's declaration has been carried out.

    Args:
        now: The link as it stands; None while there is none.
        template: Schema of the job's template, which a new job and released rows have.
        everyone: All users are in scope.
        groups: Groups that are declared to be in scope.
        users: Users that are declared to be in scope.
        mappings: Declared rows; what is not declared stays.
        filters: Declared filter; None leaves the filter as it is.
        released: Target attributes that were declared before and are no longer.
        running: Whether the job is to run.
        threshold: Declared deletion threshold.
        restarts: What the declared restart forgets.
        unknown: What is not known before `up`.
    """
    base = now or LinkState(schema=template)
    original = read_mappings(template)
    put_back = [original.get(target) or AttributeMapping(target=target, apply=NEVER) for target in released]
    return replace(
        base,
        schema=merge_schema(base.schema, [*mappings, *put_back], filters),
        everyone=everyone,
        groups=frozenset(groups),
        users=frozenset(users),
        running=running,
        threshold=threshold,
        restarts=frozenset(restarts),
        unknown=tuple(unknown),
    )


async def job_template(reader: Reader, now: LinkState, job_template_id: str) -> Mapping[str, JSON]:
    """The schema that a job's template starts with."""
    owner = f"/v1.0/servicePrincipals/{segment(str(now.service_principal_id))}"
    path = f"{owner}/synchronization/templates/{segment(job_template_id)}/schema"
    body: Mapping[str, JSON] = (await reader.ask(Request("GET", path, None, "reading the template's schema"))).body
    return body
