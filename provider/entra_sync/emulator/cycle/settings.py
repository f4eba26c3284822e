"""What a job works with: its schema, and the settings among its secrets."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from entra_sync.emulator.state.state import State
from entra_sync.emulator.state.store import Document
from entra_sync.expressions import default_schema

__all__ = [
    "OTHER_JOB",
    "Settings",
    "is_readable",
    "job_schema",
    "saved_secrets",
    "template_schema",
]

OTHER_JOB = "scim"
"""Synchronization template of every other application; its jobs have no target here."""

_USUAL_THRESHOLD = 500


def template_schema(state: State, tid: str, template_id: str) -> Document:
    """The schema that a template's jobs begin with."""
    if template_id == OTHER_JOB:
        return {"id": template_id, "version": "v1.0", "synchronizationRules": [], "directories": []}
    given = state.store.get(tid, "templateSchema", "crossTenant")
    if given is not None:
        return {**given.doc, "id": template_id}
    tenant = state.tenant(tid)
    assert tenant is not None, "a template belongs to a tenant"
    facts = state.store.facts
    if template_id == facts["job-template.cross-cloud"]:
        return {**_changed(default_schema(), facts["schema.cross-cloud"]), "id": template_id}
    return {**_changed(default_schema(tenant.cloud, tenant.cloud), facts["schema.same-cloud"]), "id": template_id}


def _changed(schema: Document, changes: Document) -> Document:
    """A schema without some rows of the mapping of users, and with others instead or in addition, by target."""
    mapping = next(
        each for each in schema["synchronizationRules"][0]["objectMappings"] if each["sourceObjectName"] == "User"
    )
    rows = {row["targetAttributeName"]: row for row in mapping["attributeMappings"]} | changes["rows"]
    mapping["attributeMappings"] = [row for name, row in rows.items() if name not in changes["missing"]]
    return schema


def job_schema(state: State, tid: str, owner: str, job_id: str, template_id: str) -> Document:
    """A job's schema: its own once it was written, its template's before."""
    stored = state.store.get(tid, "schema", job_id)
    if stored is not None:
        return stored.doc
    return {**template_schema(state, tid, template_id), "id": job_id}


def saved_secrets(state: State, tid: str, owner: str) -> dict[str, str]:
    """A service principal's saved secrets, unmasked."""
    stored = state.store.get(tid, "secrets", owner)
    return dict(stored.doc["values"]) if stored is not None else {}


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings that the service keeps among the secrets.

    Attributes:
        sync_all: All users are in scope, not only those who are assigned.
        threshold: How many deletions and disables one cycle may carry out; None for no limit.
    """

    sync_all: bool
    threshold: int | None

    @classmethod
    def read(cls, secrets: dict[str, str]) -> Settings:
        """The settings in saved secrets; a notification text that cannot be read counts as absent."""
        notification = secrets.get("SyncNotificationSettings") or "{}"
        threshold = _threshold(notification) if is_readable(notification) else None
        return cls(secrets.get("SyncAll", "").lower() == "true", threshold)


def is_readable(notification: str) -> bool:
    """Whether notification settings are an object of JSON, with a number as the threshold if there is one."""
    try:
        _threshold(notification)
    except (ValueError, TypeError, AttributeError, OverflowError):
        return False
    return True


def _threshold(notification: str) -> int | None:
    settings = orjson.loads(notification)
    if str(settings.get("DeleteThresholdEnabled")).lower() != "true":
        return None
    return int(settings.get("DeleteThresholdValue", _USUAL_THRESHOLD))
