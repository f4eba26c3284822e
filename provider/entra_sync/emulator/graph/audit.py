"""What a caller did, in the audit log of the caller's tenant."""

from __future__ import annotations

from entra_sync.emulator.http.call import Call
from entra_sync.emulator.state.audit import audit_target, record_audit
from entra_sync.emulator.state.store import Document, Entry

__all__ = ["audit", "audit_member", "audit_object"]

_OBJECTS = {
    "user": ("UserManagement", "User", "user"),
    "group": ("GroupManagement", "Group", "group"),
    "application": ("ApplicationManagement", "Application", "application"),
    "servicePrincipal": ("ApplicationManagement", "ServicePrincipal", "service principal"),
    "administrativeUnit": ("AdministrativeUnit", "AdministrativeUnit", "administrative unit"),
}
"""Category, type and name in activities of each kind of directory object ("Microsoft Entra audit log categories")."""


def audit_object(call: Call, activity: str, entry: Entry, changes: list[Document] | None = None) -> None:
    """Notes what the caller did to a directory object; ``{}`` in *activity* stands for its kind."""
    category, type, name = _OBJECTS[entry.kind]
    audit(call, category, activity.format(name), type, entry.id, entry.doc.get("displayName"), changes)


def audit_member(call: Call, activity: str, whole: Entry, member: str) -> None:
    """Notes that the caller added or removed a member. Both are targets ("List directoryAudits")."""
    category, type, name = _OBJECTS[whole.kind]
    client = {"displayName": "Action Client Name", "oldValue": None, "newValue": "Microsoft Graph"}
    other = call.directory.find(member)
    doc = other.doc if other is not None else {}
    audit_of(
        call,
        category,
        activity.format(name),
        audit_target(type, whole.id, whole.doc["displayName"], [client], whole.doc),
        audit_target(
            _OBJECTS[other.kind][1] if other is not None else "Other", member, doc.get("displayName"), doc=doc
        ),
    )


def audit(
    call: Call,
    category: str,
    activity: str,
    type: str,
    id: str,
    name: str | None = None,
    changes: list[Document] | None = None,
) -> None:
    """Notes in the caller's tenant what the caller did to an object."""
    audit_of(call, category, activity, audit_target(type, id, name, changes or []))


def audit_of(call: Call, category: str, activity: str, *targets: Document) -> None:
    """Notes in the caller's tenant what the caller did to some objects, which entries show as they are given."""
    claims = call.claims
    principal = call.store.find(call.tid, "servicePrincipal.appId", claims.appid)
    entry = call.store.get(call.tid, "servicePrincipal", principal[0]) if principal else None
    app: Document | None = {
        "appId": None,
        "displayName": entry.doc["displayName"] if entry else None,
        "servicePrincipalId": entry.id if entry else None,
        "servicePrincipalName": None,
    }
    user: Document | None = None
    if claims.delegated:
        person = call.store.get(call.tid, "user", claims.oid)
        app, user = None, _user(claims.oid, person.doc if person else {})
    record_audit(
        call.store,
        call.clock,
        call.tid,
        category,
        activity,
        {"app": app, "user": user},
        *targets,
        details=[{"key": "User-Agent", "value": agent}] if (agent := call.header("User-Agent")) else None,
    )


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
