"""SynchronizationAttributeMapping: one attribute mapping in the schema of a job that this program does not manage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Required, TypedDict, Unpack, overload

import pulumi
from pydantic import Field, field_validator

from entra_sync.base.args import Args, Guid, replaces
from entra_sync.base.calls import GraphCall, Merge
from entra_sync.base.handler import Handler
from entra_sync.base.hooks import Plan
from entra_sync.base.resource import Resource
from entra_sync.base.values.unknown import holds_unknown, is_unknown
from entra_sync.expressions import (
    NEVER,
    AttributeMapping,
    Mappings,
    read_mappings,
    remove_mapping,
    set_mapping,
)
from entra_sync.graph import paths
from entra_sync.graph.answers.fresh import building
from entra_sync.graph.paths import resource_id
from entra_sync.graph.synchronization import job_template
from entra_sync.microsoft.clouds import Cloud
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.shared import jobs
from entra_sync.resources.shared.targets import claim
from entra_sync.resources.shared.validation import refuse_mappings

__all__ = [
    "SynchronizationAttributeMapping",
    "SynchronizationAttributeMappingArgs",
    "SynchronizationAttributeMappingHandler",
]

JSON = Any


class SynchronizationAttributeMappingArgs(Args):
    """One target attribute of a job's user mapping."""

    service_principal_id: Guid = replaces("Service principal that the job belongs to.")
    job_id: str = replaces("Id of the job.")
    mapping: AttributeMapping = Field(description="The mapping. A change of its target attribute needs a new resource.")
    target_cloud: Cloud | None = Field(
        default=None, description="Cloud of the target. If set, a mapping that this cloud does not support is an error."
    )

    @field_validator("mapping")
    @classmethod
    def _said_in_full(cls, mapping: AttributeMapping) -> AttributeMapping:
        """A row that is taken out of `defaults` and declared by itself leaves nothing to the template."""
        return mapping if is_unknown(mapping) else mapping.model_copy(update={"declared": None})

    def replaced_from(self, old: SynchronizationAttributeMappingArgs) -> list[str]:
        """Beside the marked fields: another target attribute."""
        other = not is_unknown(self.mapping) and self.mapping.target != old.mapping.target
        return [*super().replaced_from(old), *(["mapping"] if other else [])]


def _set(current: JSON, change: JSON) -> JSON:
    return set_mapping(current, AttributeMapping.model_validate(change["mapping"]))[0]


def _put_back(current: JSON, change: JSON) -> JSON:
    return remove_mapping(current, change["target"], change.get("row"))[0]


class SynchronizationAttributeMappingHandler(Handler[SynchronizationAttributeMappingArgs]):
    """Reads the whole schema, changes one row, and sends the schema back. Changes to one job never run in parallel.

    A delete restores the previous row. An attribute that a `SynchronizationSchema` of the same job also declares is an
    error, because each would undo the other.

    Sources: "Update synchronizationSchema".
    """

    args = SynchronizationAttributeMappingArgs
    placeholders: ClassVar[tuple[str, ...]] = ("servicePrincipalId", "jobId")
    permissions = jobs.PERMISSIONS
    merges: ClassVar[Mapping[str, Merge]] = {"set": _set, "put back": _put_back}
    replace_by_deleting_first = True

    def validate(self, args: SynchronizationAttributeMappingArgs) -> Iterator[tuple[str, str]]:
        """One owner per job and target attribute."""
        other = claim(args, [args.mapping.target], "SynchronizationAttributeMapping")
        if other:
            yield "mapping", f'"{other}" is declared by a SynchronizationSchema of this job too; keep it in one place'

    def plan(
        self,
        old: SynchronizationAttributeMappingArgs | None,
        new: SynchronizationAttributeMappingArgs,
        previous: Mapping[str, JSON],
    ) -> Plan:
        """Checks the mapping against the job's schema, and notes the row that stands there."""
        schema, only = self._schema(new), Mappings((new.mapping,))
        owner = None if schema is not None or is_unknown(new.service_principal_id) else new.service_principal_id
        template = job_template.known_schema(self.graph(new), owner)
        refuse_mappings(self.graph(new), only, None, schema, template, new.target_cloud, place="mapping")
        existing = previous.get("existing") if old else self._row(schema, new)
        calls = self.calls(old, new, existing)
        if not calls and not jobs.ask_whether_run(self.graph(new), new.service_principal_id, new.job_id):
            # Listed before the new job's schema could be read, so it is sent; it costs nothing before the first cycle.
            calls = self.calls(new, new, existing)
        return Plan(calls, existing)

    def find_existing(self, args: SynchronizationAttributeMappingArgs) -> JSON | None:
        """The row to the target attribute as it stands; None while the job does not exist."""
        return self._row(self._schema(args), args)

    def calls(
        self,
        old: SynchronizationAttributeMappingArgs | None,
        new: SynchronizationAttributeMappingArgs,
        existing: JSON | None,
    ) -> Sequence[GraphCall]:
        """One PUT with the row, unless it stands there as declared."""
        row = None if old else (existing or {}).get("row")
        if row is not None and AttributeMapping.from_graph(row).same_as(new.mapping):
            return []
        body = {"mapping": new.mapping.model_dump(mode="json", by_alias=True, exclude_none=True)}
        return [self._put(new, body, "set", f"mapping {new.mapping.target}")]

    def delete_calls(self, args: SynchronizationAttributeMappingArgs, state: Mapping[str, JSON]) -> Sequence[GraphCall]:
        """One PUT with the previous row, or without the row if there was none; nothing if the row is the same."""
        row = (state.get("existing") or {}).get("row")
        if row is not None and AttributeMapping.from_graph(row).same_as(args.mapping):
            return []
        target = args.mapping.target
        body = {"target": target, **({"row": row} if row is not None else {})}
        return [self._put(args, body, "put back", f"putting back the mapping of {target}")]

    def resource_id(
        self, args: SynchronizationAttributeMappingArgs, answers: Mapping[str, JSON], existing: JSON | None
    ) -> str | None:
        """``<tenant id>/servicePrincipals/<object id>/synchronization/jobs/<job id>/schema/<target attribute>``."""
        schema = paths.schema(args.service_principal_id, args.job_id)
        return resource_id(args.tenant.tenant_id, f"{schema}/{args.mapping.target}")

    def read_live(
        self, id: str, args: SynchronizationAttributeMappingArgs, outputs: Mapping[str, JSON]
    ) -> tuple[SynchronizationAttributeMappingArgs, dict[str, JSON]] | None:
        """The row as it stands. Gone when the job, or the row, is.

        Raises:
            NotFound: The schema is not found, but the job is there.
        """
        graph, job = self.graph(args), jobs.job_path(args.service_principal_id, args.job_id)
        schema = graph.find(self._path(args), "reading the job's schema")
        if schema is None and graph.find(job, "reading the job") is not None:
            schema = graph.get(self._path(args), "reading the job's schema")
        live = read_mappings(schema).get(args.mapping.target) if schema else None
        if schema is None or (live is None and args.mapping.apply != NEVER):
            return None
        mapping = args.mapping if live is None or args.mapping.same_as(live) else live
        return args.model_copy(update={"mapping": mapping}), {"version": schema.get("version")}

    def _schema(self, args: SynchronizationAttributeMappingArgs) -> JSON | None:
        if holds_unknown([args.service_principal_id, args.job_id]):
            return None
        return self.graph(args).get(self._path(args), "reading the job's schema")

    def _row(self, schema: JSON | None, args: SynchronizationAttributeMappingArgs) -> JSON | None:
        if schema is None:
            return None
        found = read_mappings(schema).get(args.mapping.target)
        return {"row": found.to_graph()} if found else {}

    def _path(self, args: SynchronizationAttributeMappingArgs) -> str:
        return jobs.job_path(args.service_principal_id, args.job_id, "schema")

    def _put(self, args: SynchronizationAttributeMappingArgs, body: JSON, merge: str, purpose: str) -> GraphCall:
        return GraphCall(args.tenant.name, "PUT", self._path(args), body, purpose, merges=merge, patience=building())


# made by scripts/argument_types.py
class _Keywords(TypedDict, total=False):
    tenant: Required[Tenant]
    service_principal_id: Required[pulumi.Input[str]]
    job_id: Required[pulumi.Input[str]]
    mapping: Required[pulumi.Input[AttributeMapping]]
    target_cloud: Cloud | Literal["global", "usgov", "usgovdod", "china"] | None


# until here


class SynchronizationAttributeMapping(Resource):
    """One attribute mapping of a job. The rest of the job's schema is managed elsewhere.

    Attributes:
        tenant: The argument of the same name.
        service_principal_id: The argument of the same name.
        job_id: The argument of the same name.
        mapping: The argument of the same name; after a refresh, the current mapping.
        version: Version of the schema, set by the service.
    """

    handler = SynchronizationAttributeMappingHandler

    service_principal_id: pulumi.Output[str]
    job_id: pulumi.Output[str]
    mapping: pulumi.Output[dict[str, Any]]
    version: pulumi.Output[str]

    # made by scripts/argument_types.py
    if TYPE_CHECKING:
        tenant: pulumi.Output[Any]
        target_cloud: pulumi.Output[Any]

        @overload
        def __init__(
            self,
            resource_name: str,
            args: SynchronizationAttributeMappingArgs,
            opts: pulumi.ResourceOptions | None = None,
        ) -> None: ...

        @overload
        def __init__(
            self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **arguments: Unpack[_Keywords]
        ) -> None: ...

        def __init__(self, *args: Any, **arguments: Any) -> None: ...

    # until here
