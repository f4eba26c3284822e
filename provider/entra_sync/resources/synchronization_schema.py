"""SynchronizationSchema: which attributes a job carries over, and whom its filter lets through."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import UpdateResult
from pydantic import Field

from entra_sync.base.args import Args, replaces
from entra_sync.base.calls import GraphCall, Merge, ref, unlisted
from entra_sync.base.handler import Handler, Plan
from entra_sync.base.principals import Canaries
from entra_sync.base.resource import Resource
from entra_sync.base.unknown import is_unknown
from entra_sync.clouds import Cloud
from entra_sync.errors import EntraSyncError
from entra_sync.expressions import (
    NEVER,
    AttributeMapping,
    Mappings,
    ScopingFilter,
    default_schema,
    merge_schema,
    read_filter,
    read_mappings,
    same_schema,
    synchronization_rule,
)
from entra_sync.graph import job_status
from entra_sync.graph.gateway import connect
from entra_sync.impact.canaries.trial import is_try, try_on_canaries
from entra_sync.resources.shared import jobs
from entra_sync.resources.shared.ownership import claim
from entra_sync.resources.shared.validation import refuse_mappings
from entra_sync.tenant import Tenant

__all__ = ["SynchronizationSchema", "SynchronizationSchemaArgs", "SynchronizationSchemaHandler"]

JSON = Any


class SynchronizationSchemaArgs(Args):
    """Attribute mappings and scoping filter of a job's user mapping. What is not declared stays as it is."""

    service_principal_id: str = replaces("Service principal that the job belongs to.")
    job_id: str = replaces("The job.")
    mappings: Mappings = Field(default=Mappings(()), description="One mapping per target attribute.")
    filters: ScopingFilter | None = Field(None, description="Who is in scope, beside the assignments; None: unchanged.")
    target_cloud: Cloud | None = Field(None, description="Cloud of the target; given, what it cannot carry is refused.")
    canaries: Canaries = Field(default=[], description="Object ids of users on whom a schema is tried first.")
    target: Tenant | None = Field(None, description="Tenant that people are synchronized into; needed for canaries.")
    enabled: bool = Field(True, description="Whether the job is to run: canaries are tried only then.")


def _merge(current: JSON, change: JSON) -> JSON:
    """The current schema with the declared rows and filter of a call's body in it."""
    filters = change.get("filters")
    return merge_schema(
        current,
        Mappings.model_validate(change.get("mappings", [])),
        None if filters is None else ScopingFilter.model_validate(filters),
    )


class SynchronizationSchemaHandler(Handler[SynchronizationSchemaArgs]):
    """The service takes the whole schema by PUT only: it is read, the declared rows and filter are put in, and sent.

    The call in the list shows the change, not the whole. Delete restores the template's schema.

    With canaries a job that runs is paused before the schema is saved, and the canaries are provisioned on demand, in
    earnest: what the service answers has to be what was planned. `SynchronizationSchedule`, given the outputs `trial`
    and `problem`, starts the job again, or refuses to. Sources of the rules: "Update synchronizationSchema", "Delete
    synchronizationSchema", "Customize user provisioning attribute-mappings", "synchronizationJob: provisionOnDemand".
    """

    args = SynchronizationSchemaArgs
    permissions = jobs.PERMISSIONS
    computed: ClassVar[tuple[str, ...]] = ("warnings", "trial")
    merges: ClassVar[Mapping[str, Merge]] = {"schema": _merge}

    def verify(self, args: SynchronizationSchemaArgs) -> Iterator[tuple[str, str]]:
        """One owner per job and target attribute; canaries need a target to plan for."""
        if args.canaries and args.target is None:
            yield "target", "canaries are held against a plan, which needs the tenant that people are synchronized into"
        other = claim(args, [mapping.target for mapping in args.mappings], "SynchronizationSchema")
        if other:
            yield "mappings", f'"{other}" is declared by a SynchronizationAttributeMapping of this job too; keep one'

    def plan(
        self, old: SynchronizationSchemaArgs | None, new: SynchronizationSchemaArgs, kept: Mapping[str, JSON]
    ) -> Plan:
        """Checks every mapping and clause before anything is sent, against the job's schema where there is one."""
        schema = self._schema(new)
        warnings = refuse_mappings(
            self.graph(new), new.mappings, new.filters, schema or default_schema(), new.target_cloud
        )
        for warning in warnings:
            print(f"warning: entra:SynchronizationSchema: {warning}", file=sys.stderr)
        released = new.mappings.released_since(old.mappings) if old else []
        change = self._change(old, new, self._template_rows(new, released) if released else [])
        as_declared = schema is not None and bool(change) and same_schema(schema, _merge(schema, change))
        job = self._job(new) if as_declared or new.canaries else None
        written = {} if as_declared and job is not None and job_status.has_run(job) else change
        calls = [self._put(new, written)] if written else []
        notes: dict[str, JSON] = {"warnings": warnings} if warnings else {}
        if new.canaries:
            running = job is not None and job_status.is_running(job)
            notes["trial"] = int(kept.get("trial", 0))
            # Where the job runs and nothing is saved everybody has the schema already.
            if new.enabled and (written or not running):
                notes["trial"] += 1
                calls = [*self._pause(new, running), *calls, *self._tries(new, schema)]
        return Plan(calls, notes=notes)

    def existing(self, args: SynchronizationSchemaArgs) -> JSON | None:
        """Nothing: every job has a schema."""
        return None

    def calls(
        self, old: SynchronizationSchemaArgs | None, new: SynchronizationSchemaArgs, existing: JSON | None
    ) -> Sequence[GraphCall]:
        """One PUT with what changed."""
        change = self._change(old, new)
        return [self._put(new, change)] if change else []

    def left(self, args: SynchronizationSchemaArgs, listed: Sequence[GraphCall]) -> Sequence[GraphCall]:
        """The listed calls, with all that is declared: how far the last run came is not known."""
        declared = self._change(None, args)
        if declared and not any(call.merges for call in listed):
            schema = self._schema(args)
            if schema is not None and not same_schema(schema, _merge(schema, declared)):
                return [self._put(args, declared), *listed]
        return [replace(call, body=_both(declared, call.body)) if call.merges else call for call in listed]

    def update(self, id: str, olds: dict[str, JSON], news: dict[str, JSON]) -> UpdateResult:
        """As for every resource; whatever goes wrong with canaries is recorded, since the job is paused by then.

        The state has the new schema and the problem, so that the old program, too, is a change that mends it.
        """
        try:
            return super().update(id, olds, news)
        except EntraSyncError as error:
            if not any(is_try(call) for call in unlisted(news["graphCalls"])):
                raise
            return UpdateResult(self._incomplete(news, self._args(news), error, self._found_out(olds)))

    def removal(self, args: SynchronizationSchemaArgs, state: Mapping[str, JSON]) -> Sequence[GraphCall]:
        """One DELETE, which brings the template's schema back."""
        return [GraphCall(args.tenant.name, "DELETE", self._path(args), purpose="restoring the template's schema")]

    def identify(
        self, args: SynchronizationSchemaArgs, answers: Mapping[str, JSON], existing: JSON | None
    ) -> str | None:
        """``<tenant id>/servicePrincipals/<object id>/synchronization/jobs/<job id>/schema``."""
        job = (
            f"{args.tenant.tenant_id}/servicePrincipals/{args.service_principal_id}/synchronization/jobs/{args.job_id}"
        )
        return f"{job}/schema"

    def observe(
        self, id: str, args: SynchronizationSchemaArgs, outputs: Mapping[str, JSON]
    ) -> tuple[SynchronizationSchemaArgs, dict[str, JSON]] | None:
        """The declared rows and filter as they stand. Gone when the job is."""
        schema = self.graph(args).find(self._path(args), "reading the job's schema")
        if schema is None:
            return None
        present = {mapping.target: mapping for mapping in read_mappings(schema)}
        rows = tuple(_as_it_stands(mapping, present.get(mapping.target)) for mapping in args.mappings)
        update: dict[str, Any] = {"mappings": Mappings(rows)}
        live_filter = read_filter(schema)
        if args.filters is not None and not _same_groups(args.filters, live_filter):
            update["filters"] = ScopingFilter(groups=live_filter.groups if live_filter else [])
        return args.model_copy(update=update), {
            "version": schema.get("version"),
            "ruleId": synchronization_rule(schema).get("id"),
            "problem": outputs.get("problem") or "",
        }

    def _execute(
        self,
        args: SynchronizationSchemaArgs,
        props: Mapping[str, JSON],
        calls: Sequence[GraphCall],
        answers: dict[str, JSON],
    ) -> None:
        """Sends the calls; between those of the canaries their answers are judged."""
        execute = super()._execute
        tries = [call for call in calls if is_try(call)]
        execute(args, props, [call for call in calls if not is_try(call)], answers)
        if not tries or args.target is None:
            return

        def send(call: GraphCall) -> JSON:
            saved: dict[str, JSON] = {}
            execute(args, props, [call], saved)
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

    def _job(self, args: SynchronizationSchemaArgs) -> JSON | None:
        """The job; None while it does not exist."""
        if is_unknown(args.service_principal_id) or is_unknown(args.job_id):
            return None
        return self.graph(args).get(jobs.job_path(args.service_principal_id, args.job_id), "reading the job")

    def _schema(self, args: SynchronizationSchemaArgs) -> JSON | None:
        """The job's schema; None while the job does not exist."""
        if is_unknown(args.service_principal_id) or is_unknown(args.job_id):
            return None
        return self.graph(args).get(self._path(args), "reading the job's schema")

    def _change(
        self,
        old: SynchronizationSchemaArgs | None,
        new: SynchronizationSchemaArgs,
        put_back: Sequence[AttributeMapping] = (),
    ) -> dict[str, JSON]:
        """What is declared now and was not, and the rows that are put back, as the body of a call."""
        before = {mapping.target: mapping for mapping in old.mappings} if old else {}
        rows = [*(mapping for mapping in new.mappings if before.get(mapping.target) != mapping), *put_back]
        change: dict[str, JSON] = {}
        if rows:
            change["mappings"] = Mappings(tuple(rows)).model_dump(by_alias=True)
        filters = new.filters
        if filters is None and old is not None and old.filters is not None:
            filters = ScopingFilter.everybody()
        if filters is not None and (old is None or old.filters is None or not _same_groups(old.filters, filters)):
            change["filters"] = filters.graph()
        return change

    def _template_rows(self, args: SynchronizationSchemaArgs, targets: Sequence[str]) -> list[AttributeMapping]:
        """The template's rows to *targets*; where it has none, the row is to be taken out."""
        graph = self.graph(args)
        template = graph.get(jobs.job_path(args.service_principal_id, args.job_id), "reading the job's template")
        path = f"/v1.0/servicePrincipals/{args.service_principal_id}/synchronization/templates/{template['templateId']}"
        original = read_mappings(graph.get(f"{path}/schema", "reading the template's schema"))
        return [original.get(target) or AttributeMapping(target=target, apply=NEVER) for target in targets]

    def _path(self, args: SynchronizationSchemaArgs) -> str:
        return jobs.job_path(args.service_principal_id, args.job_id, "schema")

    def _put(self, args: SynchronizationSchemaArgs, change: JSON) -> GraphCall:
        return GraphCall(
            args.tenant.name, "PUT", self._path(args), change, "saving the job's schema", merges="schema", patience=60
        )


def _as_it_stands(declared: AttributeMapping, live: AttributeMapping | None) -> AttributeMapping:
    if live is None:
        return AttributeMapping(target=declared.target, apply=NEVER)
    return declared if declared.same_as(live) else live


def _both(declared: Mapping[str, JSON], change: Mapping[str, JSON]) -> dict[str, JSON]:
    """All that is declared, and the rows of a change that are put back."""
    targets = {row["target"] for row in declared.get("mappings", [])}
    rows = [row for row in change.get("mappings", []) if row["target"] not in targets]
    both = {**change, **declared}
    if rows:
        both["mappings"] = [*declared.get("mappings", []), *rows]
    return both


def _same_groups(one: ScopingFilter, other: ScopingFilter | None) -> bool:
    return one.graph().get("groups") == (other.graph().get("groups") if other else None)


class SynchronizationSchema(Resource):
    """The declared part of a job's schema.

    Attributes:
        tenant: As given.
        service_principal_id: As given.
        job_id: As given.
        mappings: As given; after a refresh, the rows as they are.
        version: The service's version of the schema.
        rule_id: Id of the user synchronization rule, which provision on demand asks for.
        trial: How many times the schema has been tried on canaries; none without canaries.
        problem: In what the service did otherwise than planned with canaries; empty where it did not.
    """

    handler = SynchronizationSchemaHandler

    service_principal_id: pulumi.Output[str]
    job_id: pulumi.Output[str]
    mappings: pulumi.Output[list[dict[str, Any]]]
    version: pulumi.Output[str]
    rule_id: pulumi.Output[str]
    trial: pulumi.Output[int]
    problem: pulumi.Output[str]
