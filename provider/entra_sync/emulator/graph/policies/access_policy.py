"""Cross-tenant access policy: the policy itself and its default.

Rules from the reference pages crossTenantAccessPolicy and crossTenantAccessPolicyConfigurationDefault.
"""

from __future__ import annotations

import uuid

from entra_sync.emulator.errors import Fault, bad_request
from entra_sync.emulator.graph.audit import audit
from entra_sync.emulator.graph.bodies import invalid_value, properties
from entra_sync.emulator.graph.common import picked
from entra_sync.emulator.graph.policies.settings import BETA_SETTINGS, SETTINGS, checked, lacking, shown
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.options import read_options
from entra_sync.emulator.state.store import Document, Entry
from entra_sync.microsoft.clouds import CLOUDS

__all__ = ["partner", "routes"]

routes = Router()

_ROOT = "/policies/crossTenantAccessPolicy"
_CONTEXT = "policies/crossTenantAccessPolicy"
_DEFAULT = "crossTenantAccessPolicyConfigurationDefault"
_ENDPOINTS = {info.endpoint for info in CLOUDS.values()}


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
"""Settings of a new tenant."""


def _system_default(call: Call) -> Document:
    """Settings of a new tenant, with the three that live answers show without their values."""
    access = call.store.facts["default.collaboration"]
    return {
        **_SYSTEM_DEFAULT,
        "m365CollaborationInbound": {"users": _setting(access["m365CollaborationInbound"], "AllUsers", "user")},
        "m365CollaborationOutbound": {
            "usersAndGroups": _setting(access["m365CollaborationOutbound"], "AllUsers", "user")
        },
        "appServiceConnectInbound": {
            "applications": _setting(access["appServiceConnectInbound"], "AllApplications", "application")
        },
    }


# The policy


def _id(call: Call, part: str) -> str:
    """Returns the id of the policy or its default, the same for ever."""
    return str(uuid.uuid5(uuid.UUID(call.tid), part))


def _policy(call: Call) -> Document:
    entry = call.store.get(call.tid, "crossTenantAccessPolicy", call.tid)
    assert entry is not None, "every tenant has the policy"
    return entry.doc


@routes.on("GET", _ROOT)
def get_policy(call: Call) -> Reply:
    """The tenant's cross-tenant access policy."""
    doc = {
        "id": _id(call, "policy"),
        "displayName": _policy(call)["displayName"],
        "definition": [],
        "isOrganizationDefault": False,
        "allowedCloudEndpoints": _policy(call)["allowedCloudEndpoints"],
    }
    return call.entity(picked(shown(call, "policy", doc), read_options(call, None)), f"{_CONTEXT}/$entity")


@routes.on("PATCH", _ROOT)
def patch_policy(call: Call) -> Reply:
    """Replace the list of allowed clouds, or the display name."""
    body = properties(
        call.json(), {"allowedCloudEndpoints", "displayName"} - lacking(call, "policy"), "crossTenantAccessPolicy"
    )
    endpoints = body.get("allowedCloudEndpoints")
    if "allowedCloudEndpoints" in body:
        if not isinstance(endpoints, list) or not all(isinstance(item, str) for item in endpoints):
            raise invalid_value("allowedCloudEndpoints", "crossTenantAccessPolicy")
        if any(item not in _ENDPOINTS for item in endpoints):
            raise invalid_value("allowedCloudEndpoints", "crossTenantAccessPolicy")
    call.store.replace(call.tid, "crossTenantAccessPolicy", call.tid, {**_policy(call), **body})
    audit(call, "CrossTenantAccessSettings", "Update a cross-tenant access setting", "Policy", call.tid)
    return Reply(204)


@routes.on("GET", f"{_ROOT}/default")
def get_default(call: Call) -> Reply:
    """The settings for partners that say nothing themselves."""
    doc = {"id": _id(call, "default"), **_system_default(call), **_policy(call).get("default", {})}
    if call.beta:
        doc["inboundTrust"] = {**doc["inboundTrust"], "isCompliantNetworkAccepted": False}
    return call.entity(shown(call, "default", doc), f"{_CONTEXT}/default/$entity")


@routes.on("PATCH", f"{_ROOT}/default")
def patch_default(call: Call) -> Reply:
    """Change default settings; automatic consent cannot be changed there."""
    names = (SETTINGS | BETA_SETTINGS | {"id", "isServiceDefault"}) - lacking(call, "default")
    body = properties(call.json(), names, _DEFAULT)
    consent = _SYSTEM_DEFAULT["automaticUserConsentSettings"]
    if body.pop("automaticUserConsentSettings", consent) != consent:
        raise bad_request("Property 'automaticUserConsentSettings' is read-only and cannot be set.")
    for name in ("id", "isServiceDefault"):
        body.pop(name, None)
    policy = _policy(call)
    former = policy.get("default", {})
    changed = {**former, **checked(body, {**_system_default(call), **former}, _DEFAULT), "isServiceDefault": False}
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


# Shared with identity synchronization


def partner(call: Call, id: str) -> Entry:
    """A partner of the policy."""
    entry = call.store.get(call.tid, "partner", id.lower())
    if entry is None:
        answer = call.store.facts["error.missing-partner"]
        raise Fault(
            answer["status"],
            answer["code"],
            f"Resource '{id}' does not exist or one of its queried reference-property objects are not present.",
        )
    return entry
