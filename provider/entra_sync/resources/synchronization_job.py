"""SynchronizationJob: what synchronizes people from the source tenant to the target, every 40 minutes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Required, TypedDict, Unpack, overload

import pulumi
from pydantic import Field

from entra_sync.base.args import Args, Guid, replaces
from entra_sync.base.calls import GraphCall, Placeholder, ref
from entra_sync.base.handler import Handler
from entra_sync.base.hooks import Plan
from entra_sync.base.resource import Resource
from entra_sync.base.values.unknown import is_unknown
from entra_sync.errors import BadArgument
from entra_sync.graph import paths
from entra_sync.graph.answers.fresh import building
from entra_sync.graph.gateway import reading_at_once
from entra_sync.graph.paths import resource_id
from entra_sync.graph.synchronization import job_status, job_template
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.shared import jobs
from entra_sync.resources.shared.jobs import Restart

__all__ = ["SynchronizationJob", "SynchronizationJobArgs", "SynchronizationJobHandler"]

JSON = Any


class SynchronizationJobArgs(Args):
    """A provisioning job of a service principal."""

    service_principal_id: Guid = replaces("Service principal that the job belongs to.")
    template_id: str | None = replaces(
        "Synchronization template. Default: the service principal's default template, or its only one.",
        None,
    )
    target_tenant_id: Guid | None = Field(
        default=None,
        description="Id of the target tenant. If set, the job is only created if the service can connect to the "
        "target (validateCredentials).",
    )
    enabled: bool | None = Field(
        default=None,
        description="true starts the job, false pauses it. Default: the job stays as it is; a new job is paused.",
    )
    restart: Restart | None = Field(default=None, description="Restarts the job when its `trigger` changes.")


class SynchronizationJobHandler(Handler[SynchronizationJobArgs]):
    """Creates the job, or takes over the job that exists: a service principal has at most one job of a template.

    A delete leaves the synchronized accounts in the target.

    Sources: "Create synchronizationJob", "Start synchronizationJob", "Pause synchronizationJob", "Restart
    synchronizationJob", "synchronizationJob: validateCredentials", "Delete synchronizationJob".
    """

    args = SynchronizationJobArgs
    placeholders: ClassVar[tuple[str, ...]] = ("servicePrincipalId", "templateId", "targetTenantId")
    permissions = jobs.PERMISSIONS
    computed: ClassVar[tuple[str, ...]] = ("jobId",)

    def plan(
        self, old: SynchronizationJobArgs | None, new: SynchronizationJobArgs, previous: Mapping[str, JSON]
    ) -> Plan:
        """A job that is found has its id known to later resources in preview already."""
        if old is not None:
            return super().plan(old, new, previous)
        graph, owner = self.graph(new), new.service_principal_id
        together = [] if is_unknown(owner) else [jobs.job_path(owner, ""), job_template.templates_path(owner)]
        with reading_at_once([(graph, path) for path in together]):
            found = self.find_existing(new)
            template = self._template(new)
        calls = self._creation(new, template) if found is None else self._adoption(new, found)
        return Plan(calls, found, {"jobId": found["id"]} if found else {})

    def find_existing(self, args: SynchronizationJobArgs) -> JSON | None:
        """The job of this template, if there is one."""
        if is_unknown(args.service_principal_id):
            return None
        graph, path = self.graph(args), jobs.job_path(args.service_principal_id, "")
        for job in graph.agreed(lambda: list(graph.pages(path, "looking for the service principal's jobs"))):
            if args.template_id is None or job["templateId"] == args.template_id:
                return {"id": job["id"], "enabled": job_status.is_running(job)}
        return None

    def calls(
        self, old: SynchronizationJobArgs | None, new: SynchronizationJobArgs, existing: JSON | None
    ) -> Sequence[GraphCall]:
        """Start or pause on a change of ``enabled``, restart on a change of its trigger."""
        if old is None:
            return self._adoption(new, existing) if existing else self._creation(new, self._template(new))
        job_id = (existing or {}).get("id")
        job = (new.tenant.name, new.service_principal_id, job_id)
        reset = jobs.resets(new.restart, old.restart)
        return jobs.switched_and_restarted(*job, new.enabled, old.enabled, reset)

    def delete_calls(self, args: SynchronizationJobArgs, state: Mapping[str, JSON]) -> Sequence[GraphCall]:
        """One DELETE."""
        path = jobs.job_path(args.service_principal_id, state.get("jobId"))
        return [GraphCall(args.tenant.name, "DELETE", path, purpose="deleting the job")]

    def resource_id(
        self, args: SynchronizationJobArgs, answers: Mapping[str, JSON], existing: JSON | None
    ) -> str | None:
        """``<tenant id>/servicePrincipals/<object id>/synchronization/jobs/<job id>``."""
        job = answers.get("job") or existing
        if job is None:
            return None
        return resource_id(args.tenant.tenant_id, paths.job(args.service_principal_id, job["id"]))

    def known(self, answers: Mapping[str, JSON], existing: JSON | None) -> dict[str, JSON]:
        """The job's id."""
        job = answers.get("job") or existing
        return {} if job is None else {"jobId": job["id"]}

    def wait_until_ready(self, id: str, args: SynchronizationJobArgs) -> None:
        """A new job is not visible at once, nor is its start or pause."""
        self.graph(args).wait_for(
            jobs.job_path(args.service_principal_id, _job_id(id)),
            "waiting for the job",
            until=lambda job: args.enabled is None or job_status.is_running(job) is args.enabled,
        )

    def read_live(
        self, id: str, args: SynchronizationJobArgs, outputs: Mapping[str, JSON]
    ) -> tuple[SynchronizationJobArgs, dict[str, JSON]] | None:
        """The job's state. Gone when the job, or its service principal, is."""
        job = self.graph(args).find(jobs.job_path(args.service_principal_id, _job_id(id)), "reading the job")
        if job is None:
            return None
        state = job_status.status(job)
        live = args
        if args.enabled is not None:
            live = args.model_copy(update={"enabled": state["schedule"] == "Active"})
        return live, {"jobId": job["id"], "template": job["templateId"], **state}

    def _template(self, args: SynchronizationJobArgs) -> JSON:
        """The synchronization template to use: as given, else the default one, else the only one that there is."""
        if args.template_id is not None:
            return args.template_id
        if is_unknown(args.service_principal_id):
            return ref("servicePrincipal.template")
        templates = job_template.templates(self.graph(args), args.service_principal_id)
        if id := job_template.usual_template(templates):
            return id
        names = ", ".join(template["id"] for template in templates) or "none"
        raise BadArgument(
            "templateId", f"the service principal has no single synchronization template: {names}; pass it"
        )

    def _creation(self, args: SynchronizationJobArgs, template: JSON) -> list[GraphCall]:
        tenant, service_principal_id = args.tenant.name, args.service_principal_id
        gate = (
            []
            if args.target_tenant_id is None
            else [jobs.validate(tenant, service_principal_id, template, args.target_tenant_id)]
        )
        path = jobs.job_path(service_principal_id, "")
        body = {"templateId": template}
        creation = GraphCall(tenant, "POST", path, body, "creating the job", saves="job", patience=building())
        begin = jobs.start(tenant, service_principal_id, Placeholder("job.id")) if args.enabled else []
        return [*gate, creation, *begin]

    def _adoption(self, args: SynchronizationJobArgs, found: JSON) -> list[GraphCall]:
        return jobs.switched(args.tenant.name, args.service_principal_id, found["id"], args.enabled, found["enabled"])


def _job_id(id: str) -> str:
    return id.rsplit("/", 1)[1]


# made by scripts/argument_types.py
class _Keywords(TypedDict, total=False):
    tenant: Required[Tenant]
    service_principal_id: Required[pulumi.Input[str]]
    template_id: pulumi.Input[str] | None
    target_tenant_id: pulumi.Input[str] | None
    enabled: pulumi.Input[bool] | None
    restart: pulumi.Input[Restart] | None


# until here


class SynchronizationJob(Resource):
    """A provisioning job. The service creates it paused.

    `enabled` starts it as soon as it exists. If schema, secrets and assignments are declared too, omit `enabled`, and
    declare a :class:`SynchronizationSchedule` that starts the job after them, as :class:`CrossCloudLink` does.

    Attributes:
        tenant: The argument of the same name.
        service_principal_id: The argument of the same name.
        job_id: Id of the job, set by the service.
        template: Id of its synchronization template.
        status: ``NotConfigured``, ``NotRun``, ``Active``, ``Paused`` or ``Quarantine``. This and the following outputs
            are as of the last update or refresh.
        schedule: ``Active``, ``Disabled`` or ``Paused``.
        last_execution: Counts, state and times of the last cycle.
        quarantine: Reason and start of the quarantine. Empty if the job is not in quarantine.
        synchronized_entries: Number of synchronized objects, by kind.
    """

    handler = SynchronizationJobHandler

    service_principal_id: pulumi.Output[str]
    job_id: pulumi.Output[str]
    template: pulumi.Output[str]
    status: pulumi.Output[str]
    schedule: pulumi.Output[str]
    last_execution: pulumi.Output[dict[str, Any]]
    quarantine: pulumi.Output[dict[str, Any]]
    synchronized_entries: pulumi.Output[dict[str, int]]

    # made by scripts/argument_types.py
    if TYPE_CHECKING:
        tenant: pulumi.Output[Any]
        template_id: pulumi.Output[str | None]
        target_tenant_id: pulumi.Output[Any]
        enabled: pulumi.Output[bool | None]
        restart: pulumi.Output[Any]

        @overload
        def __init__(
            self, resource_name: str, args: SynchronizationJobArgs, opts: pulumi.ResourceOptions | None = None
        ) -> None: ...

        @overload
        def __init__(
            self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **arguments: Unpack[_Keywords]
        ) -> None: ...

        def __init__(self, *args: Any, **arguments: Any) -> None: ...

    # until here
