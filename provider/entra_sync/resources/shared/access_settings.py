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
    """Users, groups or applications that a rule is about ("crossTenantAccessPolicyTarget resource type")."""

    target: str = Field(
        description="Object id of a user or group, application id, AllUsers, AllApplications, Office365."
    )
    target_type: Literal["user", "group", "application"] = Field(description="What the target is.")


class Access(Values):
    """Allowed or blocked, for these targets ("crossTenantAccessPolicyTargetConfiguration resource type")."""

    access_type: Literal["allowed", "blocked"] = Field(description="Whether the targets are allowed or blocked.")
    targets: list[Target] = Field(description="The users, groups or applications that it applies to.")


class B2BSettings(Values):
    """Who may be a guest and where ("crossTenantAccessPolicyB2BSetting resource type")."""

    users_and_groups: Access | None = Field(default=None, description="Which users and groups.")
    applications: Access | None = Field(default=None, description="Which applications.")


class TenantRestrictions(B2BSettings):
    """What this tenant's users may access in another tenant with accounts of that tenant."""

    devices: JSON = Field(default=None, description="Which devices, as Graph's devicesFilter.")


class InboundTrust(Values):
    """Which claims of the partner's users are trusted ("crossTenantAccessPolicyInboundTrust resource type")."""

    is_mfa_accepted: bool | None = Field(
        default=None, description="Trust multifactor authentication of the home tenant."
    )
    is_compliant_device_accepted: bool | None = Field(default=None, description="Trust its compliant devices.")
    is_hybrid_azure_ad_joined_device_accepted: bool | None = Field(
        default=None,
        alias="isHybridAzureADJoinedDeviceAccepted",
        description="Trust its hybrid joined devices.",
    )


class AutomaticUserConsent(Values):
    """Redeem invitations without asking: both sides must agree ("inboundOutboundPolicyConfiguration")."""

    inbound_allowed: bool | None = Field(default=None, description="For the partner's users who come here.")
    outbound_allowed: bool | None = Field(default=None, description="For our users who go there.")


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
