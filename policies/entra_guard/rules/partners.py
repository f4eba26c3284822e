"""Rules for cross-tenant access: which claims a tenant trusts, and what it opens to partners."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from pulumi_policy import Severity
from pydantic import Field

from entra_guard.rule import Config, Report, rule
from entra_sync.resources.cross_tenant_access_default import CrossTenantAccessDefaultArgs
from entra_sync.resources.cross_tenant_partner import CrossTenantPartnerArgs
from entra_sync.resources.shared.access_settings import Access, B2BSettings, InboundTrust

__all__ = ["b2b_defaults_closed", "b2b_settings_closed", "inbound_trust_within_limits"]

Claim = Literal["mfa", "compliantDevice", "hybridJoinedDevice"]
Section = Literal[
    "b2bCollaborationInbound", "b2bCollaborationOutbound", "b2bDirectConnectInbound", "b2bDirectConnectOutbound"
]


class Trust(Config):
    """Configuration of ``inbound-trust-within-limits``."""

    allowed: list[Claim] = Field(default=["mfa"], description="Claims of a partner's users that may be trusted.")


@rule(
    CrossTenantPartnerArgs,
    "inbound-trust-within-limits",
    "Checks that a tenant trusts only the allowed claims of a partner.",
    severity=Severity.HIGH,
)
def inbound_trust_within_limits(partner: CrossTenantPartnerArgs, report: Report, config: Trust) -> None:
    """A trusted claim of another tenant satisfies Conditional Access in this tenant."""
    trust = partner.inbound_trust
    if trust is None:
        return
    for label in _trusted(trust, config.allowed):
        report(f"{partner.tenant.name} trusts {label} of tenant {partner.partner_tenant_id}; set it to False")


def _trusted(trust: InboundTrust, allowed: Sequence[Claim]) -> Iterator[str]:
    """The claims that are trusted and may not be, in words."""
    claims: dict[Claim, tuple[bool | None, str]] = {
        "mfa": (trust.is_mfa_accepted, "multifactor authentication"),
        "compliantDevice": (trust.is_compliant_device_accepted, "compliant devices"),
        "hybridJoinedDevice": (trust.is_hybrid_azure_ad_joined_device_accepted, "hybrid joined devices"),
    }
    for claim, (accepted, label) in claims.items():
        if claim not in allowed and accepted:
            yield label


class Open(Config):
    """Configuration of ``b2b-settings-closed``."""

    allowed: list[Section] = Field(default=[], description="Sections of a partner entry that may be open to all users.")


@rule(
    CrossTenantPartnerArgs,
    "b2b-settings-closed",
    "Checks that B2B collaboration and direct connect are not open to all users of a partner.",
    severity=Severity.HIGH,
)
def b2b_settings_closed(partner: CrossTenantPartnerArgs, report: Report, config: Open) -> None:
    """Synchronization needs automatic redemption and inbound synchronization only. The tenant's defaults already allow
    all users and all applications; a partner entry restricts them."""
    for name in _opened(partner, config.allowed):
        report(f"{name} is open to all users of tenant {partner.partner_tenant_id}; name users and applications")


class OpenDefaults(Config):
    """Configuration of ``b2b-defaults-closed``."""

    allowed: list[Section] = Field(default=[], description="Sections of the defaults that may be open to all users.")
    trusted: list[Claim] = Field(default=[], description="Claims of users of any tenant that may be trusted.")


@rule(
    CrossTenantAccessDefaultArgs,
    "b2b-defaults-closed",
    "Checks that the defaults for all other tenants are closed.",
    severity=Severity.HIGH,
)
def b2b_defaults_closed(defaults: CrossTenantAccessDefaultArgs, report: Report, config: OpenDefaults) -> None:
    """The defaults apply to every tenant without a partner entry, so the settings of a partner belong in its entry.
    Microsoft's own defaults allow B2B collaboration for all users, and a reset restores them."""
    for name in _opened(defaults, config.allowed):
        report(
            f"{name} is open to all users of every tenant without a partner entry; block it, and open it for "
            f"single partners"
        )
    if defaults.inbound_trust is not None:
        for label in _trusted(defaults.inbound_trust, config.trusted):
            report(f"{defaults.tenant.name} trusts {label} of every tenant; set it to False, and trust partners")
    if defaults.on_delete == "reset" and "b2bCollaborationInbound" not in config.allowed:
        report('a destroy resets the defaults, so guests of every tenant may be invited; set on_delete to "keep"')


def _opened(
    settings: CrossTenantPartnerArgs | CrossTenantAccessDefaultArgs, allowed: Sequence[Section]
) -> Iterator[Section]:
    """Yields the sections that are open to all users and must not be."""
    sections: dict[Section, B2BSettings | None] = {
        "b2bCollaborationInbound": settings.b2b_collaboration_inbound,
        "b2bCollaborationOutbound": settings.b2b_collaboration_outbound,
        "b2bDirectConnectInbound": settings.b2b_direct_connect_inbound,
        "b2bDirectConnectOutbound": settings.b2b_direct_connect_outbound,
    }
    for name, found in sections.items():
        if name not in allowed and found is not None and _is_open(found):
            yield name


def _is_open(settings: B2BSettings) -> bool:
    """Whether all users reach all applications; what is not said is what the defaults say, so it does not close.

    "Block access" applies to the listed targets only ("Configure cross-tenant access settings for B2B collaboration",
    and the same for B2B direct connect). So all others stay open unless all are listed.
    """
    return not (_closes(settings.users_and_groups, "AllUsers") or _closes(settings.applications, "AllApplications"))


def _closes(access: Access | None, everything: str) -> bool:
    """Whether only some are allowed, or all are blocked."""
    if access is None:
        return False
    named = any(each.target == everything for each in access.targets)
    return named if access.access_type == "blocked" else not named
