"""Cross-tenant access: trust, and what is opened."""

from typing import Any

from entra_sync.resources.cross_tenant_access_default import CrossTenantAccessDefaultArgs
from entra_sync.resources.cross_tenant_partner import CrossTenantPartnerArgs
from entra_sync.resources.shared.access_settings import Access, B2BSettings, InboundTrust, Target
from tests.policies.harness import CONTOSO_ID, FEDERAL, UNKNOWN, Case, Res

TRUST, CLOSED, DEFAULT = "inbound-trust-within-limits", "b2b-settings-closed", "b2b-defaults-closed"


def partner(also: dict[str, Any] | None = None, **sections: Any) -> Res:
    """A partner entry."""
    return Res(CrossTenantPartnerArgs(tenant=FEDERAL, partner_tenant_id=CONTOSO_ID, **sections), also or {})


def defaults(also: dict[str, Any] | None = None, **sections: Any) -> Res:
    """The settings for all tenants without a partner entry."""
    return Res(CrossTenantAccessDefaultArgs(tenant=FEDERAL, **sections), also or {})


def access(kind: str, target: str, target_type: str) -> Access:
    """One side of B2B settings."""
    return Access(access_type=kind, targets=[Target(target=target, target_type=target_type)])


ALL_USERS, NO_USER = access("allowed", "AllUsers", "user"), access("blocked", "AllUsers", "user")
SOME = access("allowed", "9d1c9c4e-0000-0000-0000-000000000001", "group")
EVERYTHING = access("allowed", "AllApplications", "application")
NOTHING = access("blocked", "AllApplications", "application")
NOT_SOME = access("blocked", "9d1c9c4e-0000-0000-0000-000000000001", "group")
NOT_OFFICE = access("blocked", "Office365", "application")
OFFICE = access("allowed", "Office365", "application")


def trusts(what: str) -> str:
    """The message about a claim."""
    return f"federal trusts {what} of tenant {CONTOSO_ID}; set it to False"


def opens(section: str) -> str:
    """The message about a section."""
    return f"{section} is open to all users of tenant {CONTOSO_ID}; name users and applications"


def opens_to_all(section: str) -> str:
    """The message about a section of the defaults."""
    return (
        f"{section} is open to all users of every tenant without a partner entry; block it, and open it for "
        f"single partners"
    )


def trusts_all(what: str) -> str:
    """The message about a claim that the defaults trust."""
    return f"federal trusts {what} of every tenant; set it to False, and trust partners"


RESET = 'a destroy resets the defaults, so guests of every tenant may be invited; set on_delete to "keep"'
ALL_CLAIMS = InboundTrust(
    is_mfa_accepted=True, is_compliant_device_accepted=True, is_hybrid_azure_ad_joined_device_accepted=True
)

CASES = (
    Case(TRUST, "passes", "nothing is said of trust", partner()),
    Case(
        TRUST, "passes", "multifactor authentication alone", partner(inbound_trust=InboundTrust(is_mfa_accepted=True))
    ),
    Case(
        TRUST, "passes", "what is set to false", partner(inbound_trust=InboundTrust(is_compliant_device_accepted=False))
    ),
    Case(
        TRUST,
        "reported",
        "devices of another tenant",
        partner(inbound_trust=ALL_CLAIMS),
        [trusts("compliant devices"), trusts("hybrid joined devices")],
    ),
    Case(
        TRUST,
        "unknown",
        "a claim is not known yet",
        partner({"inboundTrust": {"isCompliantDeviceAccepted": UNKNOWN}}),
        ["? inboundTrust.isCompliantDeviceAccepted"],
    ),
    Case(
        TRUST,
        "configured",
        "nothing may be trusted",
        partner(inbound_trust=ALL_CLAIMS),
        [trusts("multifactor authentication"), trusts("compliant devices"), trusts("hybrid joined devices")],
        {"allowed": []},
    ),
    Case(
        TRUST,
        "configured",
        "compliant devices may be trusted",
        partner(inbound_trust=ALL_CLAIMS),
        [trusts("hybrid joined devices")],
        {"allowed": ["mfa", "compliantDevice"]},
    ),
    Case(CLOSED, "passes", "nothing is opened", partner()),
    Case(
        CLOSED,
        "passes",
        "some users, or some applications, or no user",
        partner(
            b2b_collaboration_inbound=B2BSettings(users_and_groups=SOME, applications=EVERYTHING),
            b2b_collaboration_outbound=B2BSettings(users_and_groups=ALL_USERS, applications=OFFICE),
            b2b_direct_connect_inbound=B2BSettings(users_and_groups=NO_USER, applications=EVERYTHING),
            b2b_direct_connect_outbound=B2BSettings(users_and_groups=ALL_USERS, applications=NOTHING),
        ),
    ),
    Case(
        CLOSED,
        "reported",
        "all users for all applications",
        partner(
            b2b_collaboration_inbound=B2BSettings(users_and_groups=ALL_USERS, applications=EVERYTHING),
            b2b_direct_connect_outbound=B2BSettings(users_and_groups=ALL_USERS, applications=EVERYTHING),
        ),
        [opens("b2bCollaborationInbound"), opens("b2bDirectConnectOutbound")],
    ),
    Case(
        CLOSED,
        "reported",
        "what is not said is what the defaults say",
        partner(
            b2b_collaboration_outbound=B2BSettings(applications=EVERYTHING),
            b2b_direct_connect_inbound=B2BSettings(users_and_groups=ALL_USERS),
        ),
        [opens("b2bCollaborationOutbound"), opens("b2bDirectConnectInbound")],
    ),
    Case(
        CLOSED,
        "reported",
        "one group or one application is blocked, and all others are open",
        partner(
            b2b_collaboration_inbound=B2BSettings(users_and_groups=NOT_SOME),
            b2b_collaboration_outbound=B2BSettings(users_and_groups=ALL_USERS, applications=NOT_OFFICE),
            b2b_direct_connect_inbound=B2BSettings(users_and_groups=NOT_SOME, applications=NOTHING),
            b2b_direct_connect_outbound=B2BSettings(users_and_groups=NO_USER, applications=NOT_OFFICE),
        ),
        [opens("b2bCollaborationInbound"), opens("b2bCollaborationOutbound")],
    ),
    Case(
        CLOSED,
        "unknown",
        "who it is opened to is not known yet",
        partner(
            {
                "b2bCollaborationInbound": {
                    "usersAndGroups": {
                        "accessType": "allowed",
                        "targets": [{"target": UNKNOWN, "targetType": "group"}],
                    },
                }
            }
        ),
        ["? b2bCollaborationInbound.usersAndGroups.targets.0.target"],
    ),
    Case(
        CLOSED,
        "configured",
        "collaboration may be open",
        partner(
            b2b_collaboration_inbound=B2BSettings(users_and_groups=ALL_USERS, applications=EVERYTHING),
            b2b_direct_connect_inbound=B2BSettings(users_and_groups=ALL_USERS, applications=EVERYTHING),
        ),
        [opens("b2bDirectConnectInbound")],
        {"allowed": ["b2bCollaborationInbound"]},
    ),
    Case(DEFAULT, "passes", "nothing is said of the defaults", defaults()),
    Case(
        DEFAULT,
        "passes",
        "all users blocked, some reach something, nothing is trusted, what stood there is put back",
        defaults(
            b2b_collaboration_inbound=B2BSettings(users_and_groups=NO_USER, applications=NOTHING),
            b2b_collaboration_outbound=B2BSettings(users_and_groups=SOME, applications=EVERYTHING),
            b2b_direct_connect_inbound=B2BSettings(users_and_groups=ALL_USERS, applications=OFFICE),
            inbound_trust=InboundTrust(is_mfa_accepted=False),
            on_delete="restore",
        ),
    ),
    Case(
        DEFAULT,
        "reported",
        "all users for everything, and their multifactor authentication",
        defaults(
            b2b_collaboration_inbound=B2BSettings(users_and_groups=ALL_USERS, applications=EVERYTHING),
            b2b_collaboration_outbound=B2BSettings(applications=EVERYTHING),
            b2b_direct_connect_inbound=B2BSettings(users_and_groups=ALL_USERS, applications=EVERYTHING),
            b2b_direct_connect_outbound=B2BSettings(users_and_groups=ALL_USERS),
            inbound_trust=InboundTrust(is_mfa_accepted=True),
        ),
        [
            opens_to_all("b2bCollaborationInbound"),
            opens_to_all("b2bCollaborationOutbound"),
            opens_to_all("b2bDirectConnectInbound"),
            opens_to_all("b2bDirectConnectOutbound"),
            trusts_all("multifactor authentication"),
        ],
    ),
    Case(
        DEFAULT,
        "reported",
        "one application is blocked, and all others are open",
        defaults(b2b_collaboration_inbound=B2BSettings(users_and_groups=ALL_USERS, applications=NOT_OFFICE)),
        [opens_to_all("b2bCollaborationInbound")],
    ),
    Case(DEFAULT, "reported", "a destroy that opens the tenant", defaults(on_delete="reset"), [RESET]),
    Case(
        DEFAULT,
        "unknown",
        "whether a claim is trusted is not known yet",
        defaults({"inboundTrust": {"isMfaAccepted": UNKNOWN}}),
        ["? inboundTrust.isMfaAccepted"],
    ),
    Case(
        DEFAULT,
        "configured",
        "collaboration may be open to all users, and a reset with it",
        defaults(
            b2b_collaboration_inbound=B2BSettings(users_and_groups=ALL_USERS, applications=EVERYTHING),
            b2b_direct_connect_inbound=B2BSettings(users_and_groups=ALL_USERS, applications=EVERYTHING),
            on_delete="reset",
        ),
        [opens_to_all("b2bDirectConnectInbound")],
        {"allowed": ["b2bCollaborationInbound"]},
    ),
    Case(
        DEFAULT,
        "configured",
        "multifactor authentication of all users may be trusted",
        defaults(inbound_trust=ALL_CLAIMS),
        [trusts_all("compliant devices"), trusts_all("hybrid joined devices")],
        {"trusted": ["mfa"]},
    ),
)
