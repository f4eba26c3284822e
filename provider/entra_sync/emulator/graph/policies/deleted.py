"""Soft-deleted partners and identity synchronizations (beta: policyDeletableItem)."""

from __future__ import annotations

from entra_sync.emulator.errors import bad_request, not_found
from entra_sync.emulator.graph.audit import audit
from entra_sync.emulator.graph.common import picked
from entra_sync.emulator.graph.policies.identity_synchronization import GROUP_SYNC, SYNC
from entra_sync.emulator.graph.policies.partners import partner_document
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.collections import Rows, page
from entra_sync.emulator.odata.options import Options
from entra_sync.emulator.state.store import Document, Entry
from entra_sync.microsoft.clouds import Cloud

__all__ = ["routes"]

routes = Router()

_KINDS = {"crosstenantpartners": "partner", "crosstenantsyncpolicypartners": "identitySynchronization"}
_TYPES = {
    "partner": "crossTenantAccessPolicyConfigurationPartner",
    "identitySynchronization": "crossTenantIdentitySyncPolicyPartner",
}
_LISTS = ("/policies/deletedItems/crossTenantPartners", "/policies/deletedItems/crossTenantSyncPolicyPartners")


def _kind(call: Call) -> str:
    """Which kind of object a path is about; only the global cloud has these paths."""
    if call.tenant.cloud is not Cloud.GLOBAL:
        raise bad_request("Resource not found for the segment 'deletedItems'.", "BadRequest")
    return _KINDS[call.path.split("/")[3].lower()]


def _segment(call: Call) -> str:
    return "/".join(call.path.strip("/").split("/")[:3])


def _show(kind: str, doc: Document) -> Document:
    moment = {"deletedDateTime": doc.get("deletedDateTime")}
    if kind == "partner":
        shown = partner_document(doc, beta=True)
        names = list(shown)
        return {names[0]: shown.pop(names[0]), **moment, **shown}
    return {
        "tenantId": doc["tenantId"],
        **moment,
        "displayName": doc.get("displayName"),
        "externalCloudAuthorizedApplicationId": doc.get("externalCloudAuthorizedApplicationId"),
        SYNC: doc.get(SYNC),
        GROUP_SYNC: doc.get(GROUP_SYNC),
    }


def _entry(call: Call, id: str) -> Entry:
    entry = call.store.get(call.tid, _kind(call), id.lower(), deleted=True)
    if entry is None:
        raise not_found(id)
    entry.doc["deletedDateTime"] = entry.deleted
    return entry


@routes.on("GET", *_LISTS, versions=("beta",))
def list_deleted_policies(call: Call) -> Reply:
    """Soft-deleted objects of one kind."""
    kind = _kind(call)

    def project(_: str, doc: Document, options: Options) -> Document:
        return picked(_show(kind, doc), options)

    return page(call, Rows(call.tid, [kind], deleted=True), _segment(call), None, project)


@routes.on("GET", *(f"{path}/{{tenantId}}" for path in _LISTS), versions=("beta",))
def get_deleted_policy(call: Call, tenantId: str) -> Reply:
    """One soft-deleted object."""
    entry = _entry(call, tenantId)
    return call.entity(_show(entry.kind, entry.doc), f"{_segment(call)}/$entity")


@routes.on("DELETE", *(f"{path}/{{tenantId}}" for path in _LISTS), versions=("beta",))
def purge_policy(call: Call, tenantId: str) -> Reply:
    """Take a soft-deleted object away for good; a partner's identity synchronization goes with it."""
    entry = _entry(call, tenantId)
    call.store.remove(call.tid, entry.kind, entry.id)
    if entry.kind == "partner" and call.store.get(call.tid, "identitySynchronization", entry.id, deleted=True):
        call.store.remove(call.tid, "identitySynchronization", entry.id)
    audit(call, "CrossTenantAccessSettings", "Hard delete a partner policy object", "Policy", entry.id)
    return Reply(204)


@routes.on("POST", *(f"{path}/{{tenantId}}/restore" for path in _LISTS), versions=("beta",))
def restore_policy(call: Call, tenantId: str) -> Reply:
    """Bring a soft-deleted object back; an identity synchronization needs its partner."""
    entry = _entry(call, tenantId)
    if entry.kind == "identitySynchronization" and call.store.get(call.tid, "partner", entry.id) is None:
        raise not_found(tenantId)
    call.store.mark_deleted(call.tid, entry.kind, entry.id, None)
    audit(call, "CrossTenantAccessSettings", "Restore a partner policy object", "Policy", entry.id)
    return call.entity(_show(entry.kind, entry.doc), f"microsoft.graph.{_TYPES[entry.kind]}")
