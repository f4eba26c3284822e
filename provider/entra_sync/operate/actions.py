"""What an operator does with a link's job: restart, pause, resume, and provision one user now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from entra_sync.base.calls import GraphCall
from entra_sync.base.run.sending import execute
from entra_sync.errors import ConfigurationError
from entra_sync.expressions.schema.edits import synchronization_rule
from entra_sync.graph import paths
from entra_sync.graph.gateway import connect
from entra_sync.graph.paths import segment
from entra_sync.graph.synchronization.job_status import is_running
from entra_sync.impact.canaries.answered import Answered, answered
from entra_sync.microsoft.restarts import ResetScope
from entra_sync.operate.links import ExistingLink, job_of
from entra_sync.resources.shared import jobs
from entra_sync.resources.shared.jobs import USUAL_RESETS

__all__ = ["pause", "provision", "restart", "resume"]

JSON = Any


def restart(link: ExistingLink, reset: Sequence[ResetScope]) -> None:
    """Restarts the job; *reset* is what it forgets.

    Raises:
        EntraSyncError: The job does not exist, or the service refuses.
    """
    _send(link, jobs.restart(link.source.name, link.service_principal_id, job_of(link)["id"], reset or USUAL_RESETS))


def pause(link: ExistingLink) -> bool:
    """Pauses the job; a cycle that is running ends first. Returns whether it was running on its schedule."""
    job = job_of(link)
    if is_running(job):
        _send(link, jobs.pause(link.source.name, link.service_principal_id, job["id"]))
    return is_running(job)


def resume(link: ExistingLink) -> bool:
    """Starts the job again after validating the link. Returns whether it was paused.

    Raises:
        CredentialsRejected: One of the tenants does not allow the link; the message says what to do.
    """
    job = job_of(link)
    if not is_running(job):
        _send(link, jobs.start(link.source.name, link.service_principal_id, job["id"]))
    return not is_running(job)


def provision(link: ExistingLink, user: str) -> Answered:
    """Provisions one user now, by object id or user principal name. This really changes the target.

    Raises:
        EntraSyncError: The user does not exist, or the answer cannot be interpreted.
    """
    graph = connect(link.source)
    found = graph.find(f"{paths.USERS}/{segment(user)}?$select=id", f"looking for user {user}")
    if found is None:
        raise ConfigurationError(f"tenant {link.source} has no user {user}")
    job = job_of(link)
    schema = graph.get(paths.schema(segment(link.service_principal_id), segment(job["id"])), "reading the job's schema")
    rule = synchronization_rule(schema)["id"]
    call = jobs.on_demand(link.source.name, link.service_principal_id, job["id"], rule, found["id"])
    answers = _send(link, [call])
    return answered(found["id"], answers["canary"])


def _send(link: ExistingLink, calls: Sequence[GraphCall]) -> dict[str, JSON]:
    answers: dict[str, JSON] = {}
    execute(connect(link.source), calls, answers)
    return answers
