"""Identity synchronization of a partner: whether it may send people here (crossTenantIdentitySyncPolicyPartner)."""

from __future__ import annotations

from entra_sync.emulator.errors import Fault
from entra_sync.emulator.graph.audit import audit
from entra_sync.emulator.graph.bodies import invalid_value, properties
from entra_sync.emulator.graph.policies.access_policy import partner
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.state.clock import iso
from entra_sync.emulator.state.store import Document, Entry

__all__ = ["GROUP_SYNC", "SYNC", "routes", "sync_document"]

routes = Router()

SYNC = "userSyncInbound"
GROUP_SYNC = "groupSyncInbound"
_SYNC_PATH = "/policies/crossTenantAccessPolicy/partners/{tenantId}/identitySynchronization"


def sync_document(doc: Document, *, beta: bool) -> Document:
    """A stored identity synchronization as the API shows it."""
    shown: Document = {
        "tenantId": doc["tenantId"],
        "displayName": doc.get("displayName"),
        SYNC: doc.get(SYNC),
    }
    if beta:
        shown["externalCloudAuthorizedApplicationId"] = doc.get("externalCloudAuthorizedApplicationId")
        shown[GROUP_SYNC] = doc.get(GROUP_SYNC)
    return shown


def _missing_sync() -> Fault:
    return Fault(404, "Directory_ObjectNotFound", "Unable to read the company information from the directory.")


def _sync(call: Call, id: str) -> Entry:
    entry = call.store.get(call.tid, "identitySynchronization", id.lower())
    if entry is None:
        raise _missing_sync()
    return entry


def _sync_body(call: Call) -> Document:
    names = {"displayName", SYNC, "tenantId"}
    if call.beta:
        names |= {GROUP_SYNC, "externalCloudAuthorizedApplicationId"}
    body = properties(call.json(), names, "crossTenantIdentitySyncPolicyPartner")
    body.pop("tenantId", None)
    for name in (SYNC, GROUP_SYNC):
        value = body.get(name)
        if value is None:
            continue
        if not isinstance(value, dict) or not isinstance(value.get("isSyncAllowed"), bool):
            raise invalid_value(name, "crossTenantIdentitySyncPolicyPartner")
        properties(value, {"isSyncAllowed"}, f"crossTenant{'Group' if name == GROUP_SYNC else 'User'}SyncInbound")
        body[name] = {"isSyncAllowed": value["isSyncAllowed"]}
    return body


@routes.on("PUT", _SYNC_PATH)
def put_sync(call: Call, tenantId: str) -> Reply:
    """Create the identity synchronization of a partner; refused when there is one."""
    entry = partner(call, tenantId)
    body = _sync_body(call)
    if call.store.get(call.tid, "identitySynchronization", entry.id) is not None:
        message = "A conflicting object with one or more of the specified property values is present in the directory."
        raise Fault(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            message,
            details=[{"code": "ConflictingObjects", "message": message, "target": "tenantId"}],
        )
    if call.store.get(call.tid, "identitySynchronization", entry.id, deleted=True) is not None:
        call.store.remove(call.tid, "identitySynchronization", entry.id)
    doc = {"tenantId": entry.id, **body}
    now = call.clock.now().timestamp()
    call.store.put(call.tid, "identitySynchronization", entry.id, doc, parent=entry.id, now=now)
    audit(call, "CrossTenantAccessSettings", "Create a partner cross-tenant identity sync setting", "Policy", entry.id)
    return Reply(204)


@routes.on("GET", _SYNC_PATH)
def get_sync(call: Call, tenantId: str) -> Reply:
    """The identity synchronization of a partner."""
    doc = sync_document(_sync(call, tenantId).doc, beta=call.beta)
    return call.entity(doc, f"policies/crossTenantAccessPolicy/partners('{tenantId}')/identitySynchronization/$entity")


@routes.on("PATCH", _SYNC_PATH)
def patch_sync(call: Call, tenantId: str) -> Reply:
    """Change the identity synchronization of a partner."""
    entry = _sync(call, tenantId)
    call.store.replace(call.tid, "identitySynchronization", entry.id, {**entry.doc, **_sync_body(call)})
    audit(call, "CrossTenantAccessSettings", "Update a partner cross-tenant identity sync setting", "Policy", entry.id)
    return Reply(204)


@routes.on("DELETE", _SYNC_PATH)
def delete_sync(call: Call, tenantId: str) -> Reply:
    """Soft-delete the identity synchronization of a partner; people that were synchronized stay."""
    entry = _sync(call, tenantId)
    moment = iso(call.clock.now())
    call.store.mark_deleted(call.tid, "identitySynchronization", entry.id, moment)
    audit(call, "CrossTenantAccessSettings", "Delete a partner cross-tenant identity sync setting", "Policy", entry.id)
    return Reply(204)
