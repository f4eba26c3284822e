"""What Microsoft Graph has in each cloud, and what a new tenant has."""

from __future__ import annotations

from entra_sync.microsoft.assumptions.register import EMULATOR, REGISTER, Basis, assume
from entra_sync.microsoft.clouds import Cloud

__all__ = ["NOT_IN_NATIONAL_CLOUDS", "OBJECT_CONNECTIONS", "SMS_IDENTITY", "SMS_SIGN_IN"]

_CSDL = "CSDL of v1.0 in microsoftgraph/msgraph-metadata, 2026-07 and 2026-08"

_POLICY = ["allowedCloudEndpoints", "displayName", "id"]
_DEFAULT = [
    "appServiceConnectInbound",
    "automaticUserConsentSettings",
    "b2bCollaborationInbound",
    "b2bCollaborationOutbound",
    "b2bDirectConnectInbound",
    "b2bDirectConnectOutbound",
    "id",
    "inboundTrust",
    "invitationRedemptionIdentityProviderConfiguration",
    "isServiceDefault",
    "m365CollaborationInbound",
    "m365CollaborationOutbound",
    "tenantRestrictions",
]
_PARTNER = [
    "automaticUserConsentSettings",
    "b2bCollaborationInbound",
    "b2bCollaborationOutbound",
    "b2bDirectConnectInbound",
    "b2bDirectConnectOutbound",
    "crossCloudMeetingConfiguration",
    "inboundTrust",
    "isInMultiTenantOrganization",
    "isServiceProvider",
    "protectedContentSharing",
    "tenantId",
    "tenantRestrictions",
]
NOT_IN_NATIONAL_CLOUDS = frozenset(
    {
        "allowedCloudEndpoints",
        "appServiceConnectInbound",
        "isInMultiTenantOrganization",
        "m365CollaborationInbound",
        "m365CollaborationOutbound",
        "tenantRestrictions",
    }
)
"""Properties of the policy and its parts that v1.0 of the national clouds does not have, by its CSDL."""

for _cloud in Cloud:
    for _part, _names in (("policy", _POLICY), ("default", _DEFAULT), ("partner", _PARTNER)):
        _world = _cloud is Cloud.GLOBAL
        assume(
            f"v1.{_part}.{_cloud}",
            f"Properties of the cross-tenant access {_part} that v1.0 of the {_cloud} cloud shows",
            _names if _world else [name for name in _names if name not in NOT_IN_NATIONAL_CLOUDS],
            Basis.SEEN if _world else Basis.GUESS,
            "recorded and published answers"
            if _world
            else f"{_CSDL}; the reference pages show every property for every cloud",
            EMULATOR,
        )
    assume(
        f"object-connections.{_cloud}",
        f"Whether beta of the {_cloud} cloud has objectConnections",
        _cloud is Cloud.GLOBAL,
        Basis.PAGE,
        "Get objectConnection",
    )

for _cloud in Cloud:
    assume(
        f"sms-sign-in.{_cloud}",
        f"Whether v1.0 of the {_cloud} cloud has SMS sign-in, users with which synchronization skips",
        _cloud is not Cloud.CHINA,
        Basis.PAGE,
        "phoneAuthenticationMethod: enableSmsSignIn; Get smsAuthenticationMethodConfiguration",
        unseen="only enabling SMS sign-in for a user would show it",
    )

SMS_SIGN_IN = frozenset(each for each in Cloud if REGISTER[f"sms-sign-in.{each}"].value)
"""Clouds whose users can sign in by SMS."""

SMS_IDENTITY = assume(
    "sms-sign-in.identity",
    "alternativeSecurityIds of a user who signs in by SMS",
    "SMS",
    Basis.GUESS,
    "no page shows it; the built-in filter lets only None pass",
    EMULATOR,
    unseen="Graph has no property that shows it",
)

OBJECT_CONNECTIONS = frozenset(each for each in Cloud if REGISTER[f"object-connections.{each}"].value)
"""Clouds whose Graph tells which account a job has linked a user to."""

assume(
    "default.collaboration",
    "Access in the default cross-tenant settings of a new tenant to Microsoft 365 (in and out) and to App Service",
    {
        "m365CollaborationInbound": "allowed",
        "m365CollaborationOutbound": "allowed",
        "appServiceConnectInbound": "blocked",
    },
    Basis.GUESS,
    "published answers show that the settings are there, not their values",
    EMULATOR,
)
