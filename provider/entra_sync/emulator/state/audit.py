"""Directory audit entries of a tenant (directoryAudit resource, "Microsoft Entra audit log activity reference")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from entra_sync.emulator.state.clock import Clock, precise
from entra_sync.emulator.state.store import Document, Store

__all__ = ["audit_target", "record_audit", "synchronization_actor"]

_SYNC_FABRIC = "00000014-0000-0000-c000-000000000000"
"""Application of the synchronization service."""


def record_audit(
    store: Store,
    clock: Clock,
    tid: str,
    category: str,
    activity: str,
    initiated_by: Document,
    *targets: Document,
    result: str = "success",
    reason: str = "",
    service_name: str = "Core Directory",
    details: list[Document] | None = None,
) -> None:
    """Write an audit entry."""
    now = clock.now()
    correlation = store.new_id()
    id = f"{'Sync' if service_name == 'Account Provisioning' else 'Directory'}_{correlation}_{store.version:08d}"
    doc: Document = {
        "id": id,
        "category": category,
        "correlationId": correlation,
        "result": result,
        "resultReason": reason,
        "activityDisplayName": activity,
        "activityDateTime": precise(now),
        "loggedByService": service_name,
        "operationType": _operation(activity),
        "initiatedBy": initiated_by,
        "targetResources": list(targets),
        "additionalDetails": details or [],
    }
    store.put(tid, "directoryAudit", id, doc, now=now.timestamp())


def _operation(activity: str) -> str:
    words = activity.split(" ")[0].lower()
    kinds = {
        "add": "Add",
        "create": "Add",
        "update": "Update",
        "delete": "Delete",
        "remove": "Unassign",
        "restore": "Update",
    }
    return kinds.get(words, "Update")


def audit_target(
    type: str, id: str, name: str | None, changes: Sequence[Document] = (), doc: Document | None = None
) -> Document:
    """Makes an entry of ``targetResources``; *doc* is the user or group, if the entry shows more than its id."""
    doc = doc or {}
    grouped = "unifiedGroups" if "Unified" in doc.get("groupTypes", ()) else "azureAD"
    return {
        "id": id,
        "displayName": name,
        "type": type,
        "userPrincipalName": doc.get("userPrincipalName"),
        "groupType": grouped if type == "Group" and doc else None,
        "modifiedProperties": list(changes),
    }


def synchronization_actor(store: Store) -> dict[str, Any]:
    """``initiatedBy`` for what a job does in its target."""
    name = store.facts["box.audit-actor"]
    boxes = (value for key, value in store.facts.items() if key.startswith("box.") and isinstance(value, dict))
    return app_actor(next((box["appId"] for box in boxes if box["displayName"] == name), _SYNC_FABRIC), name)


def app_actor(app_id: str, name: str) -> dict[str, Any]:
    """``initiatedBy`` for an application."""
    app = {"appId": app_id, "displayName": name, "servicePrincipalId": None, "servicePrincipalName": None}
    return {"app": app, "user": None}
