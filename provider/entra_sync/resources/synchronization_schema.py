"""SynchronizationSchema: which attributes a job carries over, and which users its filter lets through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Required, TypedDict, Unpack, overload

import pulumi
from pydantic import Field

from entra_sync.base.args import Args, Guid, replaces
from entra_sync.base.calls import GraphCall, Merge, ref
from entra_sync.base.handler import Handler
from entra_sync.base.hooks import Plan, Release
from entra_sync.base.notes import EXPLAINED, say
from entra_sync.base.principals import Canaries
from entra_sync.base.resource import Resource
from entra_sync.base.run.claims import Claim
from entra_sync.base.values.unknown import is_unknown
from entra_sync.errors.visible import visible_lines
from entra_sync.expressions import (
    ASSUMED,
    Action,
    Mappings,
    ScopingFilter,
    read_filter,
    read_mappings,
    read_switches,
    same_schema,
    synchronization_rule,
)
from entra_sync.graph import paths
from entra_sync.graph.answers.fresh import building
from entra_sync.graph.gateway import connect, reading_at_once
from entra_sync.graph.paths import resource_id
from entra_sync.graph.synchronization import job_status, job_template
from entra_sync.impact.canaries.provision import is_try, try_on_canaries
from entra_sync.microsoft.clouds import Cloud
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.shared import jobs
from entra_sync.resources.shared.schema_change import (
    There,
    as_it_is,
    both,
    change_of,
    merged,
    same_groups,
    special_rows,
    switches_of,
)
from entra_sync.resources.shared.targets import claim
from entra_sync.resources.shared.validation import refuse_mappings

__all__ = ["SynchronizationSchema", "SynchronizationSchemaArgs", "SynchronizationSchemaHandler"]

JSON = Any


class SynchronizationSchemaArgs(Args):
    """Attribute mappings and scoping filter of a job's user mapping. What is not declared stays as it is."""

    service_principal_id: Guid = replaces("Service principal that the job belongs to.")
    job_id: str = replaces("Id of the job.")
    mappings: Mappings = Field(default=Mappings(()), description="Attribute mappings, one for each target attribute.")
    filters: ScopingFilter | None = Field(
        default=None,
        description="Which of the assigned users are in scope. Default: the job's filter stays; a filter that was "
        "declared before is emptied.",
    )
    target_cloud: Cloud | None = Field(
        default=None, description="Cloud of the target. If set, a mapping that this cloud does not support is an error."
    )
    canaries: Canaries = Field(default=[], description="Object ids of users. A new schema is tried on them first.")
    target: Tenant | None = Field(default=None, description="Target tenant. Canaries need it.")
    enabled: bool = Field(
        default=True, description="Whether the job runs after the change. Canaries are only provisioned if it does."
    )
    users_enabled: bool = Field(
        default=True, description="Whether the mapping of users is enabled. If it is not, no user is synchronized."
    )
    actions: list[Action] | None = Field(
        default=None,
        description="What the job may do with accounts in the target. Default: what the job's template allows.",
    )
    input_filter: bool = Field(
        default=True,
        description="Whether to keep the input filter of the template, which excludes external users. False: the "
        "job's filter stays as it is.",
    )


class SynchronizationSchemaHandler(Handler[SynchronizationSchemaArgs]):
    """Reads the whole schema, changes the declared mappings and filter, and sends the whole schema back by PUT.

    The preview's list of requests shows the change only. A delete pauses the job and restores the template's schema. If
    the program still declares the job, the schema stays.

    With canaries, a running job is paused before the schema is saved. Then the canaries are provisioned on demand,
    which changes their accounts, and the results are compared with the plan. A `SynchronizationSchedule` with the
    outputs `trial` and `problem` as its arguments starts the job again, unless the results differ.

    Sources: "Update synchronizationSchema", "Delete synchronizationSchema", "Customize user provisioning
    attribute-mappings", "synchronizationJob: provisionOnDemand".
    """

    args = SynchronizationSchemaArgs
    placeholders: ClassVar[tuple[str, ...]] = ("servicePrincipalId", "jobId", "canaries[]")
    permissions = jobs.PERMISSIONS
    starts_over = True
    computed: ClassVar[tuple[str, ...]] = ("warnings", "trial", "template")
    merges: ClassVar[Mapping[str, Merge]] = {"schema": merged}

    def validate(self, args: SynchronizationSchemaArgs) -> Iterator[tuple[str, str]]:
        """One owner per job and target attribute; canaries need a target to plan for."""
        if args.canaries and args.target is None:
            yield "target", "canaries are held against a plan, which needs the tenant that people are synchronized into"
        other = claim(args, [mapping.target for mapping in args.mappings], "SynchronizationSchema")
        if other:
            yield "mappings", f'"{other}" is declared by a SynchronizationAttributeMapping of this job too; keep one'

    def plan(
        self, old: SynchronizationSchemaArgs | None, new: SynchronizationSchemaArgs, previous: Mapping[str, JSON]
    ) -> Plan:
        """Checks every mapping and clause before anything is sent, against the job's schema where there is one."""
        there = self._there(new)
        schema = there.schema
        warnings = refuse_mappings(self.graph(new), new.mappings, new.filters, schema, there.template, new.target_cloud)
        if there.template is None and schema is None and (new.mappings or new.filters) and ASSUMED not in EXPLAINED:
            say(f"note: entra:SynchronizationSchema: {ASSUMED}")
        for warning in warnings:
            say(f"entra:SynchronizationSchema: {visible_lines(warning)}", warning=True)
        change = change_of(old, new, there)
        as_declared = schema is not None and bool(change) and same_schema(schema, merged(schema, change))
        job = there.job
        written = {} if as_declared and job is not None and job_status.has_run(job) else change
        calls = [self._put(new, written)] if written else []
        computed: dict[str, JSON] = {"warnings": warnings} if warnings else {}
        if special := special_rows(new, there):
            computed["template"] = special.model_dump(mode="json", by_alias=True)
        if new.canaries:
            running = job is not None and job_status.is_running(job)
            computed["trial"] = int(previous.get("trial", 0))
            # If the job runs and nothing is saved, all users have the schema already.
            if new.enabled and (written or not running):
                computed["trial"] += 1
                calls = [*self._pause(new, running), *calls, *self._tries(new, schema)]
        return Plan(calls, computed=computed)

    def find_existing(self, args: SynchronizationSchemaArgs) -> JSON | None:
        """Nothing: every job has a schema."""
        return None

    def calls(
        self, old: SynchronizationSchemaArgs | None, new: SynchronizationSchemaArgs, existing: JSON | None
    ) -> Sequence[GraphCall]:
        """One PUT with what changes."""
        change = change_of(old, new, self._there(new))
        return [self._put(new, change)] if change else []

    def remaining_calls(
        self, args: SynchronizationSchemaArgs, listed: Sequence[GraphCall], state: Mapping[str, JSON]
    ) -> Sequence[GraphCall]:
        """The listed calls, with all that is declared: how far the last run came is not known."""
        there = self._there(args)
        declared = change_of(None, args, there)
        missing = there.schema is not None and not same_schema(there.schema, merged(there.schema, declared))
        if missing and not any(call.merges for call in listed):
            return [self._put(args, declared), *listed]
        return [replace(call, body=both(declared, call.body)) if call.merges else call for call in listed]

    def records_failure(self, listed: Sequence[GraphCall], carried_out: Sequence[GraphCall]) -> bool:
        """Whether canaries are listed and something was carried out, since the job may be paused by then.

        The state has the new schema and the problem, so that the old program, too, is a change that repairs it.
        """
        return bool(carried_out) and any(is_try(call) for call in listed)

    def delete_calls(self, args: SynchronizationSchemaArgs, state: Mapping[str, JSON]) -> Sequence[GraphCall]:
        """One DELETE, which brings the template's schema back."""
        return [GraphCall(args.tenant.name, "DELETE", self._path(args), purpose="restoring the template's schema")]

    def release(
        self, id: str, args: SynchronizationSchemaArgs, state: Mapping[str, JSON], others: Sequence[Claim]
    ) -> Release:
        """Leaves the schema if the program goes on with the job, and pauses any other job first.

        The template's schema has another filter, which may bring users into scope, and no mappings of other resources.
        """
        release = super().release(id, args, state, others)
        if release.calls and jobs.goes_on(args.service_principal_id):
            return Release(stays=jobs.STAYS)
        return Release(jobs.paused_first(self, args, release.calls), release.stays)

    def needs_plan(self, calls: Sequence[GraphCall]) -> bool:
        """Mappings and filter decide who gets an account, and what it holds."""
        return True

    def resource_id(
        self, args: SynchronizationSchemaArgs, answers: Mapping[str, JSON], existing: JSON | None
    ) -> str | None:
        """``<tenant id>/servicePrincipals/<object id>/synchronization/jobs/<job id>/schema``."""
        return resource_id(args.tenant.tenant_id, paths.schema(args.service_principal_id, args.job_id))

    def read_live(
        self, id: str, args: SynchronizationSchemaArgs, outputs: Mapping[str, JSON]
    ) -> tuple[SynchronizationSchemaArgs, dict[str, JSON]] | None:
        """The declared rows, filter and switches as they are. Gone when the job is."""
        there = self._there(args, gone=True)
        schema = there.schema
        if schema is None:
            return None
        present, usual = read_mappings(schema), there.rows
        rows = tuple(as_it_is(mapping, usual, present.get(mapping.target)) for mapping in args.mappings)
        update: dict[str, Any] = {"mappings": Mappings(rows)}
        live_filter = read_filter(schema)
        if args.filters is not None and not same_groups(args.filters, live_filter):
            update["filters"] = ScopingFilter(groups=live_filter.groups if live_filter else ())
        differing = switches_of(args, there)
        if "enabled" in differing:
            update["users_enabled"] = not args.users_enabled
        if "actions" in differing:
            update["actions"] = list(read_switches(schema).actions)
        if "inputFilter" in differing:
            update["input_filter"] = False
        usual_filter = None if there.template is None else read_filter(there.template)
        added = args.filters is None and live_filter is not None and not same_groups(live_filter, usual_filter)
        return args.model_copy(update=update), {
            **({"undeclared": ["filters"]} if added else {}),
            "version": schema.get("version"),
            "ruleId": synchronization_rule(schema).get("id"),
            "problem": outputs.get("problem") or "",
        }

    def send(
        self,
        args: SynchronizationSchemaArgs,
        props: Mapping[str, JSON],
        calls: Sequence[GraphCall],
        answers: dict[str, JSON],
        carried_out: list[GraphCall] | None = None,
    ) -> None:
        """Sends the calls; between those of the canaries their answers are judged."""
        execute = super().send
        tries = [call for call in calls if is_try(call)]
        execute(args, props, [call for call in calls if not is_try(call)], answers, carried_out)
        if not tries or args.target is None:
            return

        def send(call: GraphCall) -> JSON:
            saved: dict[str, JSON] = {}
            execute(args, props, [call], saved, carried_out)
            return saved[call.saves]

        graph = self.graph(args)
        owner, target = args.service_principal_id, connect(args.target)
        try_on_canaries(graph, target, owner, args.mappings, args.filters, tries, send)

    def _pause(self, args: SynchronizationSchemaArgs, running: bool) -> list[GraphCall]:
        return jobs.pause(args.tenant.name, args.service_principal_id, args.job_id) if running else []

    def _tries(self, args: SynchronizationSchemaArgs, schema: JSON | None) -> list[GraphCall]:
        rule = ref("schema.ruleId") if schema is None else synchronization_rule(schema)["id"]
        where = (args.tenant.name, args.service_principal_id, args.job_id, rule)
        known = sorted({id for id in args.canaries if not is_unknown(id)})
        unknown = [id for id in args.canaries if is_unknown(id)]
        return [jobs.on_demand(*where, person) for person in (*known, *unknown)]

    def _there(self, args: SynchronizationSchemaArgs, *, gone: bool = False) -> There:
        """Reads the job, its schema and the schema of its template, as far as they exist.

        Args:
            args: The arguments.
            gone: Whether a job that does not exist is an answer, and no error.
        """
        graph, owner = self.graph(args), args.service_principal_id
        if is_unknown(owner) or is_unknown(args.job_id):
            return There(None, None, job_template.known_schema(graph, None if is_unknown(owner) else owner))
        path = jobs.job_path(owner, args.job_id)
        with reading_at_once([(graph, path), (graph, self._path(args))]):
            job = graph.find(path, "reading the job") if gone else graph.get(path, "reading the job")
            if job is None:
                return There(None, None, None)
            schema = graph.get(self._path(args), "reading the job's schema")
        return There(job, schema, job_template.template_schema(graph, owner, job["templateId"]))

    def _path(self, args: SynchronizationSchemaArgs) -> str:
        return jobs.job_path(args.service_principal_id, args.job_id, "schema")

    def _put(self, args: SynchronizationSchemaArgs, change: JSON) -> GraphCall:
        return GraphCall(
            args.tenant.name,
            "PUT",
            self._path(args),
            change,
            "saving the job's schema",
            merges="schema",
            patience=building(),
        )


# made by scripts/argument_types.py
class _Keywords(TypedDict, total=False):
    tenant: Required[Tenant]
    service_principal_id: Required[pulumi.Input[str]]
    job_id: Required[pulumi.Input[str]]
    mappings: pulumi.Input[Mappings]
    filters: pulumi.Input[ScopingFilter] | None
    target_cloud: Cloud | Literal["global", "usgov", "usgovdod", "china"] | None
    canaries: pulumi.Input[Sequence[pulumi.Input[str]]]
    target: Tenant | None
    enabled: pulumi.Input[bool]
    users_enabled: pulumi.Input[bool]
    actions: pulumi.Input[Sequence[pulumi.Input[Literal["create", "update", "delete"]]]] | None
    input_filter: pulumi.Input[bool]


# until here


class SynchronizationSchema(Resource):
    """Attribute mappings and scoping filter of a job. Other parts of its schema stay as they are.

    Attributes:
        tenant: The argument of the same name.
        service_principal_id: The argument of the same name.
        job_id: The argument of the same name.
        mappings: The argument of the same name; after a refresh, the current mappings.
        version: Version of the schema, set by the service.
        rule_id: Id of the synchronization rule for users. Provisioning on demand needs it.
        undeclared: ``filters`` if the job has a scoping filter that this resource does not declare and does not change.
        trial: Number of times that the schema was tried on canaries. Absent without canaries.
        problem: How the results for canaries differ from the plan. Empty if they are the same.
    """

    handler = SynchronizationSchemaHandler

    service_principal_id: pulumi.Output[str]
    job_id: pulumi.Output[str]
    mappings: pulumi.Output[list[dict[str, Any]]]
    version: pulumi.Output[str]
    rule_id: pulumi.Output[str]
    undeclared: pulumi.Output[list[str]]
    trial: pulumi.Output[int]
    problem: pulumi.Output[str]

    # made by scripts/argument_types.py
    if TYPE_CHECKING:
        tenant: pulumi.Output[Any]
        filters: pulumi.Output[Any]
        target_cloud: pulumi.Output[Any]
        canaries: pulumi.Output[Any]
        target: pulumi.Output[Any]
        enabled: pulumi.Output[bool]
        users_enabled: pulumi.Output[bool]
        actions: pulumi.Output[Any]
        input_filter: pulumi.Output[bool]

        @overload
        def __init__(
            self, resource_name: str, args: SynchronizationSchemaArgs, opts: pulumi.ResourceOptions | None = None
        ) -> None: ...

        @overload
        def __init__(
            self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **arguments: Unpack[_Keywords]
        ) -> None: ...

        def __init__(self, *args: Any, **arguments: Any) -> None: ...

    # until here
