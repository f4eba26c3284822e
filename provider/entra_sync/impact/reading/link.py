"""The link as it stands, read from Graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from entra_sync.errors import NotFound
from entra_sync.graph import paths
from entra_sync.graph.answers import together
from entra_sync.graph.gateway import required
from entra_sync.graph.paths import segment
from entra_sync.graph.requests import Answer, Request
from entra_sync.graph.synchronization.job_status import has_run
from entra_sync.impact.facts.link import SETTINGS, LinkState

if TYPE_CHECKING:
    from entra_sync.impact.reading.users import Reader

__all__ = ["link_state", "read_link"]

JSON = Any

UNREAD = object()

USUAL_THRESHOLD = 500
"""Deletions a cycle carries out where the threshold is on without a number ("accidental deletions prevention")."""


async def read_link(reader: Reader, service_principal_id: str) -> LinkState | None:
    """The link as it stands; None where the application has no job, or there is no such application.

    The schema of the job's template is read together with that of the job, and is at hand then.

    Raises:
        GraphError: Something of it could not be read, so nothing can be said.
    """
    owner = segment(service_principal_id)

    async def read() -> list[JSON]:
        try:
            return await reader.objects(paths.jobs(owner), "reading the job")
        except NotFound:
            return []

    jobs = await reader.agreed(read)
    if not jobs:
        return None
    job = jobs[0]
    wanted = [
        (paths.schema(owner, segment(job["id"])), "reading the job's schema"),
        (paths.secrets(owner), "reading the job's settings"),
        (paths.template_schema(owner, segment(job["templateId"])), "reading the schema of the job's template"),
    ]
    *answers, template = await reader.answers([Request("GET", path, None, purpose) for path, purpose in wanted])
    schema, secrets = required(answers)
    if isinstance(template, Answer):
        together.keep(reader.graph, wanted[-1][0], template.body)
    assigned = await reader.objects(paths.assigned(owner), "reading the assigned users and groups")
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
    """
    settings = {item["key"]: item.get("value") or "" for item in secrets}
    options = {key: read(settings.get(key, "")) for key, read in _OPTIONS.items()}
    status = job.get("status") or {}
    return LinkState(
        schema=schema,
        **{SETTINGS[key]: value for key, value in options.items() if value is not UNREAD},
        unread=frozenset(key for key, value in options.items() if value is UNREAD),
        groups=frozenset(item["principalId"] for item in assigned if item["principalType"] == "Group"),
        users=frozenset(item["principalId"] for item in assigned if item["principalType"] == "User"),
        enabled=(job.get("schedule") or {}).get("state") == "Active",
        ran=has_run(job),
        quarantine=(status.get("quarantine") or {}).get("reason") or "",
        names={item["principalId"]: item.get("principalDisplayName") or item["principalId"] for item in assigned},
        service_principal_id=service_principal_id,
        job_id=job["id"],
        template_id=job.get("templateId"),
        synchronized=_synchronized(status),
        escrowed=_escrowed(status.get("lastExecution") or {}),
    )


def _synchronized(status: Mapping[str, JSON]) -> int | None:
    counts = [
        item["value"] for item in status.get("synchronizedEntryCountByType") or () if "user" in item["key"].lower()
    ]
    return int(sum(counts)) if counts else None


def _escrowed(last: Mapping[str, JSON]) -> int | None:
    """How many users wait for another try, by the last cycle; None if it failed as a whole."""
    return None if last.get("state") == "Failed" else int(last.get("countEscrowed") or 0)


def _everyone(text: str) -> JSON:
    """Whether all users are in scope. Graph hides a setting by asterisks."""
    return {"true": True, "false": False, "": False}.get(text.lower(), UNREAD)


def _threshold(text: str) -> JSON:
    """How many deletions a cycle carries out; None for no limit."""
    try:
        notification = orjson.loads(text or "{}")
        if str(notification.get("DeleteThresholdEnabled")).lower() != "true":
            return None
        return int(notification.get("DeleteThresholdValue", USUAL_THRESHOLD))
    except (ValueError, TypeError, AttributeError, OverflowError):
        return UNREAD


_OPTIONS = {"SyncAll": _everyone, "SyncNotificationSettings": _threshold}
"""What reads a setting of :data:`SETTINGS`; :data:`UNREAD` if it cannot be read."""
