"""Partners of the cross-tenant access policy (crossTenantAccessPolicyConfigurationPartner).

Conflicts and their texts from "Configure cross-tenant synchronization using Microsoft Graph".
"""

from __future__ import annotations

from typing import Any

from ..audit import audit
from ..clock import iso
from ..names import GUID
from ..odata.collections import Rows, page
from ..odata.options import Options, read_options
from ..router import Router
from ..store import Document
from ..wire import Call, Reply, bad_request, conflict
from .identity_synchronization import sync_document
from .policies import SETTINGS, SYSTEM_DEFAULT, invalid, known, partner

__all__ = ["partner_document", "routes"]

routes = Router()

_CONTEXT = "policies/crossTenantAccessPolicy"
_PARTNERS = "/policies/crossTenantAccessPolicy/partners"
_PARTNER = "/policies/crossTenantAccessPolicy/partners/{tenantId}"
_RESOURCE = "crossTenantAccessPolicyConfigurationPartner"
_PAIR = {"inboundAllowed": None, "outboundAllowed": None}
_PARTNER_PROPERTIES: Document = {
    "isServiceProvider": None,
    "isInMultiTenantOrganization": False,
    "inboundTrust": None,
    "b2bCollaborationOutbound": None,
    "b2bCollaborationInbound": None,
    "b2bDirectConnectOutbound": None,
    "b2bDirectConnectInbound": None,
    "tenantRestrictions": None,
    "crossCloudMeetingConfiguration": _PAIR,
    "automaticUserConsentSettings": _PAIR,
    "protectedContentSharing": _PAIR,
}
_BETA_ONLY: Document = {
    "displayName": None,
    "blockServiceProviderOutboundAccess": None,
    "invitationRedemptionIdentityProviderConfiguration": None,
}


def partner_document(doc: Document, *, beta: bool) -> Document:
    """A stored partner as the API shows it."""
    names = {**_PARTNER_PROPERTIES, **(_BETA_ONLY if beta else {})}
    return {"tenantId": doc["tenantId"], **{name: doc.get(name, value) for name, value in names.items()}}


@routes.on("GET", _PARTNERS)
def list_partners(call: Call) -> Reply:
    """All partner configurations."""

    def project(kind: str, doc: Document, options: Options) -> Document:
        return _expanded(call, doc, options)

    return page(call, Rows(call.tid, ["partner"]), f"{_CONTEXT}/partners", None, project)


def _expanded(call: Call, doc: Document, options: Options) -> Document:
    shown = partner_document(doc, beta=call.beta)
    if options.select:
        shown = {name: value for name, value in shown.items() if name in options.select}
    for expansion in options.expand:
        if expansion.name != "identitySynchronization":
            raise bad_request(
                f"Parsing OData Select and Expand failed: Could not find a property named '{expansion.name}' on type"
                " 'microsoft.graph.crossTenantAccessPolicyConfigurationPartner'.",
                "BadRequest",
            )
        sync = call.store.get(call.tid, "identitySynchronization", doc["tenantId"])
        shown["identitySynchronization"] = None if sync is None else sync_document(sync.doc, beta=call.beta)
    return shown


@routes.on("POST", _PARTNERS)
def postpartner(call: Call) -> Reply:
    """Add a partner tenant."""
    body = known(call.json(), {*SETTINGS, "tenantId", "isServiceProvider"}, _RESOURCE)
    id = str(body.get("tenantId") or "").lower()
    if not id:
        raise bad_request(
            "A value is required for property 'tenantId' of resource 'crossTenantAccessPolicyConfigurationPartner'."
        )
    if not GUID.match(id):
        raise invalid("tenantId", _RESOURCE)
    if id == call.tid:
        raise bad_request("The tenantId of a partner cannot be the tenant's own.")
    stored = call.store.get(call.tid, "partner", id, deleted=True)
    if stored is not None:
        call.store.remove(call.tid, "partner", id)
    elif call.store.get(call.tid, "partner", id) is not None:
        raise conflict("tenantId")
    doc = {**_checked(body), "tenantId": id}
    call.store.put(call.tid, "partner", id, doc, now=call.service.clock.now().timestamp())
    audit(call, "CrossTenantAccessSettings", "Add a partner to cross-tenant access setting", "Policy", id)
    return call.created(partner_document(doc, beta=call.beta), f"{_CONTEXT}/partners/$entity")


@routes.on("GET", _PARTNER)
def getpartner(call: Call, tenantId: str) -> Reply:
    """One partner configuration."""
    options = read_options(call, None)
    doc = _expanded(call, partner(call, tenantId).doc, options)
    return call.entity(doc, f"{_CONTEXT}/partners/$entity")


@routes.on("PATCH", _PARTNER)
def patchpartner(call: Call, tenantId: str) -> Reply:
    """Change settings of a partner; null returns a setting to the default."""
    entry = partner(call, tenantId)
    body = known(call.json(), {*SETTINGS, "tenantId", "isServiceProvider"}, _RESOURCE)
    if str(body.pop("tenantId", entry.id)).lower() != entry.id:
        raise bad_request("Property 'tenantId' is read-only and cannot be set.")
    doc = {**entry.doc, **_checked(body, entry.doc)}
    call.store.replace(call.tid, "partner", entry.id, doc)
    audit(call, "CrossTenantAccessSettings", "Update a partner cross-tenant access setting", "Policy", entry.id)
    return Reply(204)


@routes.on("DELETE", _PARTNER)
def deletepartner(call: Call, tenantId: str) -> Reply:
    """Soft-delete a partner, and its identity synchronization with it."""
    entry = partner(call, tenantId)
    moment = iso(call.service.clock.now())
    if call.store.get(call.tid, "identitySynchronization", entry.id) is not None:
        call.store.mark_deleted(call.tid, "identitySynchronization", entry.id, moment)
    call.store.mark_deleted(call.tid, "partner", entry.id, moment)
    audit(call, "CrossTenantAccessSettings", "Delete partner specific cross-tenant access setting", "Policy", entry.id)
    return Reply(204)


def _checked(body: Document, existing: Document | None = None) -> Document:
    """Settings with their values checked; a pair of switches keeps the one that is not given."""
    found: Document = {}
    for name, value in body.items():
        if name in {"automaticUserConsentSettings", "crossCloudMeetingConfiguration", "protectedContentSharing"}:
            found[name] = _pair(name, value, (existing or {}).get(name))
        elif value is not None and name in SETTINGS and not isinstance(value, dict):
            raise invalid(name, _RESOURCE)
        elif name.startswith("b2b") and value is not None:
            found[name] = _b2b(name, value)
        elif name == "inboundTrust" and value is not None:
            found[name] = {**SYSTEM_DEFAULT["inboundTrust"], **((existing or {}).get(name) or {}), **value}
        else:
            found[name] = value
    return found


def _pair(name: str, value: Any, existing: Document | None) -> Document:
    if value is None:
        return dict(_PAIR)
    if not isinstance(value, dict) or set(value) - {*_PAIR, "@odata.type"}:
        raise invalid(name, _RESOURCE)
    if not all(item is None or isinstance(item, bool) for key, item in value.items() if key in _PAIR):
        raise invalid(name, _RESOURCE)
    return {**_PAIR, **(existing or {}), **{key: item for key, item in value.items() if key in _PAIR}}


def _b2b(name: str, value: Document) -> Document:
    for part, setting in value.items():
        if part.startswith("@"):
            continue
        if part not in {"usersAndGroups", "applications"}:
            raise bad_request(f"Invalid property '{part}'.")
        if setting is not None and setting.get("accessType") not in {"allowed", "blocked"}:
            raise invalid(f"{name}/{part}/accessType", _RESOURCE)
    return value
