"""Directory audit entries of a tenant (directoryAudit resource, "Microsoft Entra audit log activity reference")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from entra_sync.emulator.state.clock import precise
from entra_sync.emulator.state.store import Document

if TYPE_CHECKING:
    from entra_sync.emulator.http.wire import Call
    from entra_sync.emulator.service import Service

__all__ = ["SYNC_FABRIC", "audit", "record_audit"]

SYNC_FABRIC = ("00000014-0000-0000-c000-000000000000", "Microsoft.Azure.SyncFabric")
"""Application that acts in a target tenant for the synchronization service, with its display name."""


def audit(
    call: Call,
    category: str,
    activity: str,
    type: str,
    id: str,
    name: str | None = None,
    changes: list[Document] | None = None,
) -> None:
    """Note in the caller's tenant what the caller did to an object."""
    claims = call.claims
    principal = call.store.find(call.tid, "servicePrincipal.appId", claims.appid)
    entry = call.store.get(call.tid, "servicePrincipal", principal[0]) if principal else None
    app: Document | None = {
        "appId": claims.appid,
        "displayName": entry.doc["displayName"] if entry else None,
        "servicePrincipalId": entry.id if entry else None,
        "servicePrincipalName": None,
    }
    user: Document | None = None
    if claims.delegated:
        person = call.store.get(call.tid, "user", claims.oid)
        app, user = None, _user(claims.oid, person.doc if person else {})
    record_audit(
        call.service, call.tid, category, activity, {"app": app, "user": user}, _target(type, id, name, changes or [])
    )


def record_audit(
    service: Service,
    tid: str,
    category: str,
    activity: str,
    initiated_by: Document,
    target: Document,
    *,
    result: str = "success",
    reason: str = "",
    service_name: str = "Core Directory",
    details: list[Document] | None = None,
) -> None:
    """Write an audit entry."""
    store, now = service.store, service.clock.now()
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
        "targetResources": [target],
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


def _user(id: str, doc: Document) -> Document:
    return {
        "id": id,
        "displayName": doc.get("displayName"),
        "userPrincipalName": doc.get("userPrincipalName"),
        "ipAddress": "127.0.0.1",
        "userType": None,
        "homeTenantId": None,
        "homeTenantName": None,
    }


def _target(type: str, id: str, name: str | None, changes: list[Document]) -> Document:
    return {
        "id": id,
        "displayName": name,
        "type": type,
        "userPrincipalName": None,
        "groupType": None,
        "modifiedProperties": changes,
    }


def app_actor(app_id: str, name: str) -> dict[str, Any]:
    """``initiatedBy`` for an application."""
    app = {"appId": app_id, "displayName": name, "servicePrincipalId": None, "servicePrincipalName": None}
    return {"app": app, "user": None}
