"""Cross-tenant access policy: the policy itself, its default, partners, and their identity synchronization.

Rules from the reference pages crossTenantAccessPolicy, crossTenantAccessPolicyConfigurationDefault and …Partner,
crossTenantIdentitySyncPolicyPartner, and the how-to "Configure cross-tenant synchronization using Graph".
"""

from __future__ import annotations

import re
from typing import Any

from entra_sync.clouds import CLOUDS

from ..audit import audit
from ..odata.collections import Rows, page
from ..odata.options import Options, read_options
from ..router import Router
from ..store import Document, Entry
from ..wire import Call, Fault, Reply, bad_request, conflict

__all__ = ["GROUP_SYNC", "SYNC", "partner_document", "routes", "sync_document"]

routes = Router()

_ROOT = "/policies/crossTenantAccessPolicy"
_CONTEXT = "policies/crossTenantAccessPolicy"
_PARTNER = "/policies/crossTenantAccessPolicy/partners/{tenantId}"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
_ENDPOINTS = {info.endpoint for info in CLOUDS.values()}

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
_SETTINGS = {
    "inboundTrust",
    "b2bCollaborationOutbound",
    "b2bCollaborationInbound",
    "b2bDirectConnectOutbound",
    "b2bDirectConnectInbound",
    "tenantRestrictions",
    "invitationRedemptionIdentityProviderConfiguration",
    "automaticUserConsentSettings",
    "crossCloudMeetingConfiguration",
    "protectedContentSharing",
}
SYNC = "userSyncInbound"
GROUP_SYNC = "groupSyncInbound"


def _setting(access: str, target: str, type: str) -> Document:
    return {"accessType": access, "targets": [{"target": target, "targetType": type}]}


def _both(access: str) -> Document:
    return {
        "usersAndGroups": _setting(access, "AllUsers", "user"),
        "applications": _setting(access, "AllApplications", "application"),
    }


_SYSTEM_DEFAULT: Document = {
    "isServiceDefault": True,
    "inboundTrust": {
        "isMfaAccepted": False,
        "isCompliantDeviceAccepted": False,
        "isHybridAzureADJoinedDeviceAccepted": False,
    },
    "b2bCollaborationOutbound": _both("allowed"),
    "b2bCollaborationInbound": _both("allowed"),
    "b2bDirectConnectOutbound": _both("blocked"),
    "b2bDirectConnectInbound": _both("blocked"),
    "tenantRestrictions": {"devices": None, **_both("blocked")},
    "invitationRedemptionIdentityProviderConfiguration": {
        "primaryIdentityProviderPrecedenceOrder": [
            "azureActiveDirectory",
            "externalFederation",
            "socialIdentityProviders",
        ],
        "fallbackIdentityProvider": "defaultConfiguredIdp",
    },
    "crossCloudMeetingConfiguration": {"inboundAllowed": False, "outboundAllowed": False},
    "automaticUserConsentSettings": {"inboundAllowed": False, "outboundAllowed": False},
    "protectedContentSharing": {"inboundAllowed": False, "outboundAllowed": False},
}


# The policy


def _policy(call: Call) -> Document:
    entry = call.store.get(call.tid, "crossTenantAccessPolicy", call.tid)
    assert entry is not None, "every tenant has the policy"
    return entry.doc


@routes.on("GET", _ROOT)
def get_policy(call: Call) -> Reply:
    """The tenant's cross-tenant access policy."""
    options = read_options(call, None)
    doc = {
        "displayName": _policy(call)["displayName"],
        "definition": [],
        "isOrganizationDefault": False,
        "allowedCloudEndpoints": _policy(call)["allowedCloudEndpoints"],
    }
    if not call.beta:
        del doc["definition"], doc["isOrganizationDefault"]
    shown = {name: value for name, value in doc.items() if not options.select or name in options.select}
    return call.entity(shown, f"{_CONTEXT}/$entity")


@routes.on("PATCH", _ROOT)
def patch_policy(call: Call) -> Reply:
    """Replace the list of allowed clouds, or the display name."""
    body = _known(call.json(), {"allowedCloudEndpoints", "displayName"}, "crossTenantAccessPolicy")
    endpoints = body.get("allowedCloudEndpoints")
    if "allowedCloudEndpoints" in body:
        if not isinstance(endpoints, list) or not all(isinstance(item, str) for item in endpoints):
            raise _invalid("allowedCloudEndpoints", "crossTenantAccessPolicy")
        if any(item not in _ENDPOINTS for item in endpoints):
            raise _invalid("allowedCloudEndpoints", "crossTenantAccessPolicy")
    call.store.replace(call.tid, "crossTenantAccessPolicy", call.tid, {**_policy(call), **body})
    audit(call, "CrossTenantAccessSettings", "Update a cross-tenant access setting", "Policy", call.tid)
    return Reply(204)


@routes.on("GET", f"{_ROOT}/default")
def get_default(call: Call) -> Reply:
    """The settings for partners that say nothing themselves."""
    doc = {**_SYSTEM_DEFAULT, **_policy(call).get("default", {})}
    return call.entity(doc, f"{_CONTEXT}/default/$entity")


@routes.on("PATCH", f"{_ROOT}/default")
def patch_default(call: Call) -> Reply:
    """Change default settings; automatic consent cannot be changed there."""
    body = _known(call.json(), _SETTINGS, "crossTenantAccessPolicyConfigurationDefault")
    if "automaticUserConsentSettings" in body:
        raise bad_request("Property 'automaticUserConsentSettings' is read-only and cannot be set.")
    policy = _policy(call)
    changed = {**policy.get("default", {}), **body, "isServiceDefault": False}
    call.store.replace(call.tid, "crossTenantAccessPolicy", call.tid, {**policy, "default": changed})
    audit(
        call, "CrossTenantAccessSettings", "Update the company default cross-tenant access setting", "Policy", call.tid
    )
    return Reply(204)


@routes.on("POST", f"{_ROOT}/default/resetToSystemDefault")
def reset_default(call: Call) -> Reply:
    """Forget every change to the default settings."""
    policy = {name: value for name, value in _policy(call).items() if name != "default"}
    call.store.replace(call.tid, "crossTenantAccessPolicy", call.tid, policy)
    audit(call, "CrossTenantAccessSettings", "Reset the cross-tenant access default setting", "Policy", call.tid)
    return Reply(204)


# Partners


def partner_document(doc: Document, *, beta: bool) -> Document:
    """A stored partner as the API shows it."""
    names = {**_PARTNER_PROPERTIES, **(_BETA_ONLY if beta else {})}
    return {"tenantId": doc["tenantId"], **{name: doc.get(name, value) for name, value in names.items()}}


def _partner(call: Call, id: str) -> Entry:
    entry = call.store.get(call.tid, "partner", id.lower())
    if entry is None:
        raise Fault(
            404,
            "Request_ResourceNotFound",
            f"Resource '{id}' does not exist or one of its queried reference-property objects are not present.",
        )
    return entry


@routes.on("GET", f"{_ROOT}/partners")
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


@routes.on("POST", f"{_ROOT}/partners")
def post_partner(call: Call) -> Reply:
    """Add a partner tenant."""
    body = _known(
        call.json(), {*_SETTINGS, "tenantId", "isServiceProvider"}, "crossTenantAccessPolicyConfigurationPartner"
    )
    id = str(body.get("tenantId") or "").lower()
    if not id:
        raise bad_request(
            "A value is required for property 'tenantId' of resource 'crossTenantAccessPolicyConfigurationPartner'."
        )
    if not _GUID.match(id):
        raise _invalid("tenantId", "crossTenantAccessPolicyConfigurationPartner")
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
def get_partner(call: Call, tenantId: str) -> Reply:
    """One partner configuration."""
    options = read_options(call, None)
    doc = _expanded(call, _partner(call, tenantId).doc, options)
    return call.entity(doc, f"{_CONTEXT}/partners/$entity")


@routes.on("PATCH", _PARTNER)
def patch_partner(call: Call, tenantId: str) -> Reply:
    """Change settings of a partner; null returns a setting to the default."""
    entry = _partner(call, tenantId)
    body = _known(
        call.json(), {*_SETTINGS, "tenantId", "isServiceProvider"}, "crossTenantAccessPolicyConfigurationPartner"
    )
    if str(body.pop("tenantId", entry.id)).lower() != entry.id:
        raise bad_request("Property 'tenantId' is read-only and cannot be set.")
    doc = {**entry.doc, **_checked(body, entry.doc)}
    call.store.replace(call.tid, "partner", entry.id, doc)
    audit(call, "CrossTenantAccessSettings", "Update a partner cross-tenant access setting", "Policy", entry.id)
    return Reply(204)


@routes.on("DELETE", _PARTNER)
def delete_partner(call: Call, tenantId: str) -> Reply:
    """Soft-delete a partner, and its identity synchronization with it."""
    entry = _partner(call, tenantId)
    moment = call.service.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
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
        elif value is not None and name in _SETTINGS and not isinstance(value, dict):
            raise _invalid(name, "crossTenantAccessPolicyConfigurationPartner")
        elif name.startswith("b2b") and value is not None:
            found[name] = _b2b(name, value)
        elif name == "inboundTrust" and value is not None:
            found[name] = {**_SYSTEM_DEFAULT["inboundTrust"], **((existing or {}).get(name) or {}), **value}
        else:
            found[name] = value
    return found


def _pair(name: str, value: Any, existing: Document | None) -> Document:
    if value is None:
        return dict(_PAIR)
    if not isinstance(value, dict) or set(value) - {*_PAIR, "@odata.type"}:
        raise _invalid(name, "crossTenantAccessPolicyConfigurationPartner")
    if not all(item is None or isinstance(item, bool) for key, item in value.items() if key in _PAIR):
        raise _invalid(name, "crossTenantAccessPolicyConfigurationPartner")
    return {**_PAIR, **(existing or {}), **{key: item for key, item in value.items() if key in _PAIR}}


def _b2b(name: str, value: Document) -> Document:
    for part, setting in value.items():
        if part.startswith("@"):
            continue
        if part not in {"usersAndGroups", "applications"}:
            raise bad_request(f"Invalid property '{part}'.")
        if setting is not None and setting.get("accessType") not in {"allowed", "blocked"}:
            raise _invalid(f"{name}/{part}/accessType", "crossTenantAccessPolicyConfigurationPartner")
    return value


# Identity synchronization


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
    body = _known(call.json(), names, "crossTenantIdentitySyncPolicyPartner")
    body.pop("tenantId", None)
    for name in (SYNC, GROUP_SYNC):
        value = body.get(name)
        if value is None:
            continue
        if not isinstance(value, dict) or not isinstance(value.get("isSyncAllowed"), bool):
            raise _invalid(name, "crossTenantIdentitySyncPolicyPartner")
        body[name] = {"isSyncAllowed": value["isSyncAllowed"]}
    return body


@routes.on("PUT", f"{_PARTNER}/identitySynchronization")
def put_sync(call: Call, tenantId: str) -> Reply:
    """Create the identity synchronization of a partner; refused when there is one."""
    partner = _partner(call, tenantId)
    body = _sync_body(call)
    if call.store.get(call.tid, "identitySynchronization", partner.id) is not None:
        message = "A conflicting object with one or more of the specified property values is present in the directory."
        raise Fault(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            message,
            details=[{"code": "ConflictingObjects", "message": message, "target": "tenantId"}],
        )
    if call.store.get(call.tid, "identitySynchronization", partner.id, deleted=True) is not None:
        call.store.remove(call.tid, "identitySynchronization", partner.id)
    doc = {"tenantId": partner.id, **body}
    call.store.put(call.tid, "identitySynchronization", partner.id, doc, parent=partner.id)
    audit(
        call, "CrossTenantAccessSettings", "Create a partner cross-tenant identity sync setting", "Policy", partner.id
    )
    return Reply(204)


@routes.on("GET", f"{_PARTNER}/identitySynchronization")
def get_sync(call: Call, tenantId: str) -> Reply:
    """The identity synchronization of a partner."""
    doc = sync_document(_sync(call, tenantId).doc, beta=call.beta)
    return call.entity(doc, f"{_CONTEXT}/partners('{tenantId}')/identitySynchronization/$entity")


@routes.on("PATCH", f"{_PARTNER}/identitySynchronization")
def patch_sync(call: Call, tenantId: str) -> Reply:
    """Change the identity synchronization of a partner."""
    entry = _sync(call, tenantId)
    call.store.replace(call.tid, "identitySynchronization", entry.id, {**entry.doc, **_sync_body(call)})
    audit(call, "CrossTenantAccessSettings", "Update a partner cross-tenant identity sync setting", "Policy", entry.id)
    return Reply(204)


@routes.on("DELETE", f"{_PARTNER}/identitySynchronization")
def delete_sync(call: Call, tenantId: str) -> Reply:
    """Soft-delete the identity synchronization of a partner; people that were synchronized stay."""
    entry = _sync(call, tenantId)
    moment = call.service.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    call.store.mark_deleted(call.tid, "identitySynchronization", entry.id, moment)
    audit(call, "CrossTenantAccessSettings", "Delete a partner cross-tenant identity sync setting", "Policy", entry.id)
    return Reply(204)


def _known(body: Document, names: set[str], resource: str) -> Document:
    """A body without annotations, none of whose properties is unknown."""
    found = {name: value for name, value in body.items() if "@odata" not in name}
    for name in found:
        if name not in names:
            raise bad_request(
                f"The property '{name}' does not exist on type 'microsoft.graph.{resource}'. Make sure to only"
                " use property names that are defined by the type.",
                "BadRequest",
            )
    return found


def _invalid(name: str, resource: str) -> Fault:
    message = f"Invalid value specified for property '{name}' of resource '{resource}'."
    return bad_request(message, details=[{"code": "InvalidValue", "message": message, "target": name}])
