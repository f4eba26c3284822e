"""What a tenant lets in and out of another one, in an entry for a partner and in the default."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import Field

from entra_sync.base.args import Args, Values
from entra_sync.errors import BadArgument
from entra_sync.microsoft.assumptions import NOT_IN_NATIONAL_CLOUDS
from entra_sync.microsoft.clouds import Cloud

__all__ = [
    "Access",
    "AutomaticUserConsent",
    "B2BSettings",
    "InboundTrust",
    "Target",
    "TenantRestrictions",
    "refuse_lacking",
]

JSON = Any


class Target(Values):
    """A user, group or application to which a setting applies ("crossTenantAccessPolicyTarget resource type")."""

    target: str = Field(
        description="Object id of a user or group, id of an application, AllUsers, AllApplications or Office365."
    )
    target_type: Literal["user", "group", "application"] = Field(
        title="TargetType", description="Whether the target is a user, a group or an application."
    )


class Access(Values):
    """Allowed or blocked, for these targets ("crossTenantAccessPolicyTargetConfiguration resource type")."""

    access_type: Literal["allowed", "blocked"] = Field(
        title="AccessType", description="Whether the targets are allowed or blocked."
    )
    targets: list[Target] = Field(description="The users, groups or applications that it applies to.")


class B2BSettings(Values):
    """Which users and applications a setting allows or blocks ("crossTenantAccessPolicyB2BSetting resource type")."""

    users_and_groups: Access | None = Field(default=None, description="Allowed or blocked users and groups.")
    applications: Access | None = Field(default=None, description="Allowed or blocked applications.")


class TenantRestrictions(B2BSettings):
    """What users of this tenant can access in another tenant with accounts of that tenant."""

    devices: JSON = Field(default=None, description="Allowed or blocked devices, as Graph's devicesFilter.")


class InboundTrust(Values):
    """Which claims of the partner's users are trusted ("crossTenantAccessPolicyInboundTrust resource type")."""

    is_mfa_accepted: bool | None = Field(
        default=None, description="Whether to trust multifactor authentication of the other tenant."
    )
    is_compliant_device_accepted: bool | None = Field(
        default=None, description="Whether to trust compliant devices of the other tenant."
    )
    is_hybrid_azure_ad_joined_device_accepted: bool | None = Field(
        default=None,
        alias="isHybridAzureADJoinedDeviceAccepted",
        description="Whether to trust hybrid joined devices of the other tenant.",
    )


class AutomaticUserConsent(Values):
    """Automatic redemption of invitations. Both tenants must allow it ("inboundOutboundPolicyConfiguration")."""

    inbound_allowed: bool | None = Field(
        default=None, description="Whether invitations of users from the partner are redeemed automatically."
    )
    outbound_allowed: bool | None = Field(
        default=None,
        description="Whether invitations of users of this tenant to the partner are redeemed automatically.",
    )


def refuse_lacking(
    args: Args, sections: Mapping[str, JSON], found: Mapping[str, JSON] | None, ask: Callable[[], Mapping[str, JSON]]
) -> None:
    """Refuses a declared setting that v1.0 of a national cloud does not have, before anything is sent.

    By their schemas US Government and China lack some, although the reference pages show them for every cloud. So the
    tenant's own answer decides.

    Args:
        args: The resource's arguments.
        sections: The declared settings.
        found: The settings as they stand, or None if there are none yet.
        ask: Reads other settings of the tenant that show which ones there are.

    Raises:
        BadArgument: One of them is not there.
    """
    doubtful = sorted(sections.keys() & NOT_IN_NATIONAL_CLOUDS)
    if args.tenant.cloud is Cloud.GLOBAL or not doubtful:
        return
    shown = ask() if found is None else found
    for name in doubtful:
        if name not in shown:
            raise BadArgument(
                name,
                f"Microsoft Graph v1.0 of the {args.tenant.info.label} cloud does not have this setting; leave it out, "
                f"and set it in the portal of tenant {args.tenant.name}",
            )
