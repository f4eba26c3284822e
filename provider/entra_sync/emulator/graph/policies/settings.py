"""Settings of the cross-tenant access policy, which its default and its partners share: names, values, refusals.

Their parts are those of the resource pages crossTenantAccessPolicyB2BSetting, …TargetConfiguration, …InboundTrust,
…TenantRestrictions and the others that the pages of the default and of a partner lead to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from entra_sync.emulator.graph.bodies import invalid_value, properties
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.shapes import misfits
from entra_sync.emulator.state.store import Document
from entra_sync.microsoft.assumptions import NOT_IN_NATIONAL_CLOUDS

__all__ = ["BETA_SETTINGS", "PAIR", "SETTINGS", "checked", "lacking", "shown"]

PAIR: Document = {"inboundAllowed": None, "outboundAllowed": None}
_PAIRS = {"automaticUserConsentSettings", "crossCloudMeetingConfiguration", "protectedContentSharing"}
_TRUST = ("isMfaAccepted", "isCompliantDeviceAccepted", "isHybridAzureADJoinedDeviceAccepted")

SETTINGS = {
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
BETA_SETTINGS = {"appServiceConnectInbound", "m365CollaborationInbound", "m365CollaborationOutbound"}
"""Settings of a partner that only beta takes here; v1.0 of the global cloud has them in its schema since 2026."""


def lacking(call: Call, part: str) -> frozenset[str]:
    """Properties that the API version of the caller's cloud does not have.

    Args:
        call: The request.
        part: ``policy``, ``default`` or ``partner``.
    """
    return frozenset() if call.beta else NOT_IN_NATIONAL_CLOUDS.difference(_names(call, part))


def shown(call: Call, part: str, doc: Document) -> Document:
    """The properties that the API version of the caller's cloud shows."""
    if call.beta:
        return doc
    names = _names(call, part)
    return {name: value for name, value in doc.items() if name in names} | dict.fromkeys(set(names) - doc.keys())


def _names(call: Call, part: str) -> list[str]:
    names: list[str] = call.store.facts[f"v1.{part}.{call.tenant.cloud}"]
    return names


def checked(body: Document, existing: Document, resource: str) -> Document:
    """Settings with their values checked; of switches those that are not given stay as they are.

    Args:
        body: Settings of a request, whose names are known.
        existing: Settings as they were.
        resource: The type that messages name.

    Raises:
        Fault: 400 naming the setting, or the property in it that its type does not have.
    """
    found: Document = {}
    for name, value in body.items():
        if name in _PAIRS:
            found[name] = {**PAIR, **(existing.get(name) or {}), **_switches(name, value or {}, PAIR, resource)}
            if value is None:
                found[name] = dict(PAIR)
        elif value is None or name not in SETTINGS | BETA_SETTINGS:
            found[name] = value
        elif not isinstance(value, dict):
            raise invalid_value(name, resource)
        elif name == "inboundTrust":
            former = {**dict.fromkeys(_TRUST, False), **(existing.get(name) or {})}
            found[name] = {**former, **_switches(name, value, _TRUST, resource)}
        else:
            found[name] = _part(name, value, resource)
    return found


def _switches(name: str, value: Any, names: Iterable[str], resource: str) -> Document:
    if not isinstance(value, dict):
        raise invalid_value(name, resource)
    found = properties(value, list(names), _TYPES[name])
    if not all(item is None or isinstance(item, bool) for item in found.values()):
        raise invalid_value(name, resource)
    return found


def _part(name: str, value: Document, resource: str) -> Document:
    parts = _PARTS[name]
    found = properties(value, parts.keys(), _TYPES[name])
    for part, setting in found.items():
        if setting is not None and not parts[part](setting):
            raise invalid_value(f"{name}/{part}", resource)
    return value


def _target_configuration(setting: Any) -> bool:
    """Whether access is allowed or blocked, and for which users or applications."""
    if not isinstance(setting, dict) or setting.get("accessType") not in ("allowed", "blocked"):
        return False
    properties(setting, {"accessType", "targets"}, "crossTenantAccessPolicyTargetConfiguration")
    if any(misfits(setting, {"targets": [dict]})):
        return False
    for item in setting.get("targets") or []:
        properties(item, {"target": str, "targetType": str}, "crossTenantAccessPolicyTarget")
    return True


def _object(setting: Any) -> bool:
    return isinstance(setting, dict)


def _texts(setting: Any) -> bool:
    return isinstance(setting, list) and all(isinstance(item, str) for item in setting)


def _text(setting: Any) -> bool:
    return isinstance(setting, str)


_BOTH: dict[str, Callable[[Any], bool]] = {
    "usersAndGroups": _target_configuration,
    "applications": _target_configuration,
}
_PARTS: dict[str, dict[str, Callable[[Any], bool]]] = {
    "b2bCollaborationOutbound": _BOTH,
    "b2bCollaborationInbound": _BOTH,
    "b2bDirectConnectOutbound": _BOTH,
    "b2bDirectConnectInbound": _BOTH,
    "tenantRestrictions": {**_BOTH, "devices": _object},
    "invitationRedemptionIdentityProviderConfiguration": {
        "primaryIdentityProviderPrecedenceOrder": _texts,
        "fallbackIdentityProvider": _text,
    },
    "appServiceConnectInbound": {"applications": _target_configuration},
    "m365CollaborationInbound": {"users": _target_configuration},
    "m365CollaborationOutbound": {"usersAndGroups": _target_configuration},
}
_B2B = "crossTenantAccessPolicyB2BSetting"
_TYPES = {
    "inboundTrust": "crossTenantAccessPolicyInboundTrust",
    "b2bCollaborationOutbound": _B2B,
    "b2bCollaborationInbound": _B2B,
    "b2bDirectConnectOutbound": _B2B,
    "b2bDirectConnectInbound": _B2B,
    "tenantRestrictions": "crossTenantAccessPolicyTenantRestrictions",
    "invitationRedemptionIdentityProviderConfiguration": "invitationRedemptionIdentityProviderConfiguration",
    "automaticUserConsentSettings": "inboundOutboundPolicyConfiguration",
    "crossCloudMeetingConfiguration": "inboundOutboundPolicyConfiguration",
    "protectedContentSharing": "inboundOutboundPolicyConfiguration",
    "appServiceConnectInbound": "crossTenantAccessPolicyAppServiceConnectSetting",
    "m365CollaborationInbound": "crossTenantAccessPolicyM365CollaborationInboundSetting",
    "m365CollaborationOutbound": "crossTenantAccessPolicyM365CollaborationOutboundSetting",
}
