"""Partners of the cross-tenant access policy (crossTenantAccessPolicyConfigurationPartner).

Conflicts and their texts from "Configure cross-tenant synchronization using Microsoft Graph".
"""

from __future__ import annotations

from entra_sync.emulator.errors import bad_request, exists
from entra_sync.emulator.graph.audit import audit
from entra_sync.emulator.graph.bodies import invalid_value, properties
from entra_sync.emulator.graph.collection import Collection, collection
from entra_sync.emulator.graph.common import picked
from entra_sync.emulator.graph.policies.access_policy import partner
from entra_sync.emulator.graph.policies.identity_synchronization import sync_document
from entra_sync.emulator.graph.policies.settings import BETA_SETTINGS, PAIR, SETTINGS, checked, lacking, shown
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.odata.options import Options
from entra_sync.emulator.state.clock import iso
from entra_sync.emulator.state.spelling import GUID
from entra_sync.emulator.state.store import Document, Entry

__all__ = ["partner_document", "routes"]

routes = Router()

_RESOURCE = "crossTenantAccessPolicyConfigurationPartner"
_PARTNER_PROPERTIES: Document = {
    "isServiceProvider": None,
    "isInMultiTenantOrganization": False,
    "inboundTrust": None,
    "b2bCollaborationOutbound": None,
    "b2bCollaborationInbound": None,
    "b2bDirectConnectOutbound": None,
    "b2bDirectConnectInbound": None,
    "tenantRestrictions": None,
    "crossCloudMeetingConfiguration": PAIR,
    "automaticUserConsentSettings": PAIR,
    "protectedContentSharing": PAIR,
}
_BETA_ONLY: Document = {
    "displayName": None,
    "blockServiceProviderOutboundAccess": None,
    "invitationRedemptionIdentityProviderConfiguration": None,
}


def partner_document(doc: Document, *, beta: bool) -> Document:
    """A stored partner as the API shows it."""
    names = {**_PARTNER_PROPERTIES, **(_BETA_ONLY if beta else {})}
    if beta:
        names |= {name: None for name in BETA_SETTINGS if name in doc}
    return {"tenantId": doc["tenantId"], **{name: doc.get(name, value) for name, value in names.items()}}


def _shown(call: Call, doc: Document) -> Document:
    """A stored partner as the API of the caller's cloud shows it."""
    return shown(call, "partner", partner_document(doc, beta=call.beta))


def _names(call: Call) -> set[str]:
    """Properties that a request may set."""
    names = {*SETTINGS, "tenantId", "isServiceProvider"} - lacking(call, "partner")
    return names | BETA_SETTINGS | {"blockServiceProviderOutboundAccess"} if call.beta else names


def _show(call: Call, doc: Document, options: Options) -> Document:
    return picked(_shown(call, doc), options)


def _identity_synchronization(call: Call, doc: Document, options: Options) -> Document | None:
    found = call.store.get(call.tid, "identitySynchronization", doc["tenantId"])
    return None if found is None else sync_document(found.doc, beta=call.beta)


def _create(call: Call, given: Document) -> Document:
    body = properties(given, _names(call), _RESOURCE)
    id = str(body.get("tenantId") or "").lower()
    if not id:
        raise bad_request(
            "A value is required for property 'tenantId' of resource 'crossTenantAccessPolicyConfigurationPartner'."
        )
    if not GUID.match(id):
        raise invalid_value("tenantId", _RESOURCE)
    if id == call.tid:
        raise bad_request("The tenantId of a partner cannot be the tenant's own.")
    stored = call.store.get(call.tid, "partner", id, deleted=True)
    if stored is not None:
        call.store.remove(call.tid, "partner", id)
    elif call.store.get(call.tid, "partner", id) is not None:
        raise exists("tenantId")
    doc = {**checked(body, {}, _RESOURCE), "tenantId": id}
    call.store.put(call.tid, "partner", id, doc, now=call.clock.now().timestamp())
    audit(call, "CrossTenantAccessSettings", "Add a partner to cross-tenant access setting", "Policy", id)
    return _shown(call, doc)


def _change(call: Call, entry: Entry, given: Document) -> None:
    """Changes settings of a partner; null returns a setting to the default."""
    body = properties(given, _names(call), _RESOURCE)
    if str(body.pop("tenantId", entry.id)).lower() != entry.id:
        raise bad_request("Property 'tenantId' is read-only and cannot be set.")
    doc = {**entry.doc, **checked(body, entry.doc, _RESOURCE)}
    call.store.replace(call.tid, "partner", entry.id, doc)
    audit(call, "CrossTenantAccessSettings", "Update a partner cross-tenant access setting", "Policy", entry.id)


def _delete(call: Call, entry: Entry) -> None:
    """Soft-deletes a partner, and its identity synchronization with it."""
    moment = iso(call.clock.now())
    if call.store.get(call.tid, "identitySynchronization", entry.id) is not None:
        call.store.mark_deleted(call.tid, "identitySynchronization", entry.id, moment)
    call.store.mark_deleted(call.tid, "partner", entry.id, moment)
    audit(call, "CrossTenantAccessSettings", "Delete partner specific cross-tenant access setting", "Policy", entry.id)


collection(
    routes,
    Collection(
        "/policies/crossTenantAccessPolicy/partners",
        "partner",
        _show,
        partner,
        create=_create,
        change=_change,
        delete=_delete,
        expands={"identitySynchronization": _identity_synchronization},
        type=_RESOURCE,
        counted=False,
        located=False,
    ),
)
