"""SynchronizationSchedule: whether a job runs, once everything that it needs is in place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Required, TypedDict, Unpack, overload

import pulumi
from pydantic import Field

from entra_sync.base.args import Args, Guid, replaces
from entra_sync.base.calls import GraphCall
from entra_sync.base.handler import Handler
from entra_sync.base.hooks import Plan
from entra_sync.base.resource import Resource
from entra_sync.base.values.unknown import is_unknown, same
from entra_sync.graph import paths
from entra_sync.graph.paths import resource_id
from entra_sync.graph.synchronization import job_status
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.shared import jobs
from entra_sync.resources.shared.jobs import Restart

__all__ = ["SynchronizationSchedule", "SynchronizationScheduleArgs", "SynchronizationScheduleHandler"]

JSON = Any


class SynchronizationScheduleArgs(Args):
    """The schedule of a job that another resource, program or administrator made."""

    service_principal_id: Guid = replaces("Service principal that the job belongs to.")
    job_id: str = replaces("Id of the job.")
    enabled: bool = Field(default=True, description="true runs the job on its schedule, false pauses it.")
    restart: Restart | None = Field(default=None, description="Restarts the job when its `trigger` changes.")
    everyone: bool | None = Field(
        default=None,
        description="Whether all users are in scope (`syncAll` of the settings). A change restarts the job.",
    )
    target_tenant_id: Guid | None = Field(
        default=None,
        description="Id of the target tenant. A change restarts the job, which then forgets the accounts in the former "
        "target.",
    )
    trial: int | None = Field(
        default=None,
        description="Output `trial` of a schema with canaries. The schema pauses the job; a new value here starts it "
        "again.",
    )
    blocked: str | None = Field(
        default=None, description="Output `problem` of that schema. If it is not empty, the job does not start."
    )


class SynchronizationScheduleHandler(Handler[SynchronizationScheduleArgs]):
    """Starts or pauses the job only if its state differs, because Microsoft advises against repeated starts.

    Before a start, the service must be able to connect to the target (validateCredentials). A delete pauses the job.

    Sources: "Start synchronizationJob", "Pause synchronizationJob", "Restart synchronizationJob".
    """

    args = SynchronizationScheduleArgs
    placeholders: ClassVar[tuple[str, ...]] = ("servicePrincipalId", "jobId", "trial", "blocked")
    permissions = jobs.PERMISSIONS
    starts_over = True

    def validate(self, args: SynchronizationScheduleArgs) -> Iterator[tuple[str, str]]:
        """A job whose schema did not do as planned stays paused."""
        if args.blocked and not is_unknown(args.blocked):
            yield "", args.blocked

    def plan(
        self, old: SynchronizationScheduleArgs | None, new: SynchronizationScheduleArgs, previous: Mapping[str, JSON]
    ) -> Plan:
        """Where canaries are given up, whether their last trial has left the job paused is asked for."""
        if old is not None and old.enabled and old.trial is not None and new.trial is None:
            old = old.model_copy(update=self.find_existing(new) or {})
        return super().plan(old, new, previous)

    def find_existing(self, args: SynchronizationScheduleArgs) -> JSON | None:
        """Whether the job runs now; None while the job does not exist."""
        if is_unknown(args.service_principal_id) or is_unknown(args.job_id):
            return None
        job = self.graph(args).get(jobs.job_path(args.service_principal_id, args.job_id), "reading the job's schedule")
        return {"enabled": job_status.is_running(job)}

    def calls(
        self, old: SynchronizationScheduleArgs | None, new: SynchronizationScheduleArgs, existing: JSON | None
    ) -> Sequence[GraphCall]:
        """Start or pause where the state changes, restart on a change of the trigger, of ``everyone`` or of the target.

        A new job is paused already, and so is one whose schema has been tried on canaries.
        """
        before = old.enabled if old else (existing or {"enabled": False})["enabled"]
        if new.trial is not None and not same(new.trial, (old.trial if old else None) or 0):
            before = False
        job = (new.tenant.name, new.service_principal_id, new.job_id)
        if old is None:
            return jobs.switched(*job, new.enabled, before)
        reset = jobs.resets(
            new.restart,
            old.restart,
            everyone=new.everyone,
            before=old.everyone,
            target=new.target_tenant_id,
            former=old.target_tenant_id,
        )
        return jobs.switched_and_restarted(*job, new.enabled, before, reset)

    def delete_calls(self, args: SynchronizationScheduleArgs, state: Mapping[str, JSON]) -> Sequence[GraphCall]:
        """Pauses the job if it runs by this resource."""
        return jobs.pause(args.tenant.name, args.service_principal_id, args.job_id) if args.enabled else []

    def needs_plan(self, calls: Sequence[GraphCall]) -> bool:
        """A pause changes no user, and may be urgent."""
        return any(not call.path.endswith("/pause") for call in calls)

    def resource_id(
        self, args: SynchronizationScheduleArgs, answers: Mapping[str, JSON], existing: JSON | None
    ) -> str | None:
        """``<tenant id>/servicePrincipals/<object id>/synchronization/jobs/<job id>/schedule``."""
        return resource_id(args.tenant.tenant_id, paths.job(args.service_principal_id, args.job_id, "schedule"))

    def wait_until_ready(self, id: str, args: SynchronizationScheduleArgs) -> None:
        """A replica may still have the schedule from before the start or the pause."""
        self.graph(args).wait_for(
            jobs.job_path(args.service_principal_id, args.job_id),
            f"waiting until the job {'runs' if args.enabled else 'is paused'}",
            until=lambda job: job_status.is_running(job) is args.enabled,
        )

    def read_live(
        self, id: str, args: SynchronizationScheduleArgs, outputs: Mapping[str, JSON]
    ) -> tuple[SynchronizationScheduleArgs, dict[str, JSON]] | None:
        """Gone when the job is."""
        job = self.graph(args).find(jobs.job_path(args.service_principal_id, args.job_id), "reading the job's schedule")
        if job is None:
            return None
        state = job_status.status(job)
        return args.model_copy(update={"enabled": state["schedule"] == "Active"}), state


# made by scripts/argument_types.py
class _Keywords(TypedDict, total=False):
    tenant: Required[Tenant]
    service_principal_id: Required[pulumi.Input[str]]
    job_id: Required[pulumi.Input[str]]
    enabled: pulumi.Input[bool]
    restart: pulumi.Input[Restart] | None
    everyone: pulumi.Input[bool] | None
    target_tenant_id: pulumi.Input[str] | None
    trial: pulumi.Input[int] | None
    blocked: pulumi.Input[str] | None


# until here


class SynchronizationSchedule(Resource):
    """Runs a job on its schedule, or pauses it.

    Attributes:
        tenant: The argument of the same name.
        service_principal_id: The argument of the same name.
        job_id: The argument of the same name.
        enabled: The argument of the same name; after a refresh, whether the job runs.
        schedule: ``Active``, ``Disabled`` or ``Paused``, as of the last update or refresh.
        status: Status of the job at that time. It is ``NotRun`` until the first cycle has ended.
    """

    handler = SynchronizationScheduleHandler

    service_principal_id: pulumi.Output[str]
    job_id: pulumi.Output[str]
    enabled: pulumi.Output[bool]
    schedule: pulumi.Output[str]
    status: pulumi.Output[str]

    # made by scripts/argument_types.py
    if TYPE_CHECKING:
        tenant: pulumi.Output[Any]
        restart: pulumi.Output[Any]
        everyone: pulumi.Output[bool | None]
        target_tenant_id: pulumi.Output[Any]
        trial: pulumi.Output[int | None]
        blocked: pulumi.Output[str | None]

        @overload
        def __init__(
            self, resource_name: str, args: SynchronizationScheduleArgs, opts: pulumi.ResourceOptions | None = None
        ) -> None: ...

        @overload
        def __init__(
            self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **arguments: Unpack[_Keywords]
        ) -> None: ...

        def __init__(self, *args: Any, **arguments: Any) -> None: ...

    # until here
