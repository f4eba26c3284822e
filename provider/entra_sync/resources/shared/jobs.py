"""Synchronization jobs as calls: shared by the resources that make, start, pause and restart one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from entra_sync.base.args import Values
from entra_sync.base.calls import GraphCall, part
from entra_sync.base.hooks import Hooks
from entra_sync.base.run import claims
from entra_sync.errors import NotFound
from entra_sync.graph import paths
from entra_sync.graph.answers.fresh import building
from entra_sync.graph.gateway import Graph
from entra_sync.graph.synchronization.job_status import has_run, is_running
from entra_sync.microsoft.restarts import ResetScope

__all__ = [
    "PERMISSIONS",
    "STAYS",
    "USUAL_RESETS",
    "Restart",
    "ask_whether_run",
    "credentials",
    "goes_on",
    "job_path",
    "on_demand",
    "pause",
    "paused_first",
    "resets",
    "restart",
    "start",
    "switched",
    "switched_and_restarted",
    "validate",
]

JSON = Any


PERMISSIONS = (("Synchronization.ReadWrite.All", "Application.ReadWrite.OwnedBy", "Application.ReadWrite.All"),)
"""What writing to the synchronization API needs ("Create synchronizationJob" and the pages beside it)."""

USUAL_RESETS = (ResetScope.QUARANTINE, ResetScope.WATERMARK, ResetScope.ESCROWS)
"""What a restart in the portal resets."""

STAYS = "its job uses it, which this program declares"
"""Why something stays that is taken out of a program which goes on with the job: see :func:`goes_on`."""


class Restart(Values):
    """A restart of the job. It is sent each time ``trigger`` changes, but not when the resource is created.

    Args:
        trigger: Any text. Change it to restart the job, for example to a date or a ticket number.
        reset: What the restart resets. Default: what a restart in the portal resets. ``ForceDeletes`` carries out
            deletions that the threshold holds back. ``Full`` also forgets which account belongs to which user.
    """

    trigger: str = Field(description="Any text. A change of it restarts the job.")
    reset: list[ResetScope] = Field(
        default=list(USUAL_RESETS),
        min_length=1,
        description="What the restart resets.",
    )


def job_path(service_principal_id: JSON, job_id: JSON = None, action: str = "") -> str:
    """Path of a job, or of the jobs where *job_id* is ``""``, with an action behind it."""
    owner = part(service_principal_id, "servicePrincipalId")
    return paths.job(owner, "" if job_id == "" else part(job_id, "jobId"), action)


def credentials(target_tenant_id: JSON, authentication_type: JSON = "SyncPolicy") -> list[dict[str, JSON]]:
    """What validateCredentials is asked about: the target, reached by synchronization policy."""
    return [
        {"key": "CompanyId", "value": target_tenant_id},
        {"key": "AuthenticationType", "value": authentication_type},
    ]


def validate(tenant: str, service_principal_id: JSON, template_id: JSON, target_tenant_id: JSON) -> GraphCall:
    """The gate before a job exists: both tenants agree to the link. It changes nothing."""
    body = {
        "useSavedCredentials": False,
        "templateId": template_id,
        "credentials": credentials(target_tenant_id),
    }
    path = job_path(service_principal_id, "", "validateCredentials")
    return GraphCall(tenant, "POST", path, body, "validating the link before the job is created", patience=building())


def start(tenant: str, service_principal_id: JSON, job_id: JSON) -> list[GraphCall]:
    """The gate once more, with what is saved, then start."""
    check = GraphCall(
        tenant,
        "POST",
        job_path(service_principal_id, job_id, "validateCredentials"),
        {"useSavedCredentials": True, "credentials": []},
        "validating the link before the job starts",
        patience=building(),
    )
    path = job_path(service_principal_id, job_id, "start")
    return [check, GraphCall(tenant, "POST", path, None, "starting the job", patience=building())]


def pause(tenant: str, service_principal_id: JSON, job_id: JSON) -> list[GraphCall]:
    """Pause: a cycle that runs is finished, progress is kept."""
    return [GraphCall(tenant, "POST", job_path(service_principal_id, job_id, "pause"), None, "pausing the job")]


def switched(
    tenant: str, service_principal_id: JSON, job_id: JSON, wanted: bool | None, now: bool | None
) -> list[GraphCall]:
    """Start or pause if the job is not as *wanted*; None: it stays as it is."""
    if wanted is None or wanted == now:
        return []
    return (start if wanted else pause)(tenant, service_principal_id, job_id)


def switched_and_restarted(
    tenant: str,
    service_principal_id: JSON,
    job_id: JSON,
    wanted: bool | None,
    now: bool | None,
    reset: Sequence[ResetScope],
) -> list[GraphCall]:
    """:func:`switched`, with a restart if there is anything to *reset*.

    A restart starts a job that is paused, so a pause comes after it.
    """
    job = (tenant, service_principal_id, job_id)
    if reset and wanted is False:
        return [*restart(*job, reset), *pause(*job)]
    return [*switched(*job, wanted, now), *restart(*job, reset)]


def resets(
    wanted: Restart | None,
    last: Restart | None,
    *,
    everyone: bool | None = None,
    before: bool | None = None,
    target: str | None = None,
    former: str | None = None,
) -> list[ResetScope]:
    """What the restart of an update resets; nothing if the job is not restarted.

    The job is restarted if the trigger is another one than the *last*, and if the scope is for all users now and was
    not *before*, or the other way round: it keeps users who fell out of such a scope until it is restarted. If the
    *target* is another tenant than the *former* one, the job also forgets its links, which lead to accounts there, and
    looks at all users again. That it would keep them without a restart is a guess, because no page tells.
    """
    scope = everyone is not None and before is not None and everyone != before
    asked = wanted.reset if wanted is not None and (last is None or last.trigger != wanted.trigger) else []
    found = [*asked, *(each for each in USUAL_RESETS if scope and each not in asked)]
    moved = target is not None and former is not None and target != former
    return [*found, *([ResetScope.FULL] if moved and ResetScope.FULL not in found else [])]


def on_demand(tenant: str, service_principal_id: JSON, job_id: JSON, rule_id: JSON, person: JSON) -> GraphCall:
    """Provision one person now, whether or not the job runs; the answer says what was done."""
    subject = {"objectId": person, "objectTypeName": "User"}
    return GraphCall(
        tenant,
        "POST",
        job_path(service_principal_id, job_id, "provisionOnDemand"),
        {"parameters": [{"ruleId": rule_id, "subjects": [subject]}]},
        f"provisioning canary {person} on demand",
        saves="canary",
    )


def restart(tenant: str, service_principal_id: JSON, job_id: JSON, reset: Sequence[ResetScope]) -> list[GraphCall]:
    """Restart, if there is anything to *reset*; the next cycle looks at all users again."""
    if not reset:
        return []
    body = {"criteria": {"resetScope": ", ".join(reset)}}
    path = job_path(service_principal_id, job_id, "restart")
    return [GraphCall(tenant, "POST", path, body, "restarting the job")]


def ask_whether_run(graph: Graph, service_principal_id: str, job_id: str) -> bool:
    """:func:`has_run` of a job as Graph has it now."""
    return has_run(graph.get(job_path(service_principal_id, job_id), "reading whether the job has run"))


def goes_on(service_principal_id: str) -> bool:
    """Whether this program declares a job of the service principal, or a part of one, and is not about to delete it.

    Then the job may run on, and would act at once on what is taken from it: it deletes the accounts of users who are
    no longer assigned, and creates accounts for those that the filter no longer excludes. No plan has counted them.
    """
    declared = claims.with_value("servicePrincipalId", service_principal_id)
    return any(each.inputs.get("jobId") for each in declared)


def paused_first(handler: Hooks[Any], args: Any, deletes: Sequence[GraphCall]) -> list[GraphCall]:
    """Deletes of what a job uses, after calls that pause the jobs that run, so that none acts on them.

    The list of a delete is made before it is known whether a job runs then, so a note tells of a pause.

    Args:
        handler: The handler of the resource that is deleted.
        args: Its arguments, with ``service_principal_id``.
        deletes: What it sends.

    Raises:
        GraphError: The jobs cannot be read.
    """
    path, purpose = job_path(args.service_principal_id, ""), "looking for jobs that would act on what is deleted"
    try:
        jobs = list(handler.graph(args).pages(path, purpose)) if deletes else []
    except NotFound:  # with the service principal, its jobs are gone
        jobs = []
    running = [job["id"] for job in jobs if is_running(job)]
    if running:
        handler.note(args, f"paused first, so that nothing acts on what is deleted: {', '.join(running)}")
    pauses = [call for job in running for call in pause(args.tenant.name, args.service_principal_id, job)]
    return [*pauses, *deletes]
