"""Contoso (global cloud) and Contoso Federal (US Government) synchronize users in both directions.

Each direction is a link. The partner entries serve both directions, so the program declares them once, and the links do
not manage them. The service does not synchronize guests back: a user who comes from the other tenant stays there.
"""

import pulumi

import entra_sync as entra

config = pulumi.Config()
contoso = entra.Tenant("contoso", **config.require_object("contoso"))
federal = entra.Tenant("federal", **config.require_object("federal"))

BOTH = entra.AutomaticUserConsent(inbound_allowed=True, outbound_allowed=True)

partners = [
    entra.CrossTenantPartner(
        f"{tenant.name}-partner",
        tenant=tenant,
        partner_tenant_id=partner.tenant_id,
        automatic_user_consent_settings=BOTH,
    )
    for tenant, partner in ((contoso, federal), (federal, contoso))
]

there = entra.CrossCloudLink(
    "contoso-to-federal",
    source=contoso,
    target=federal,
    scope=[entra.Group(group) for group in config.require_object("groups")],
    mappings=entra.defaults(contoso.cloud, federal.cloud),
    notify="identity-ops@contoso.com",
    deletion_threshold=50,
    manage_partners=False,
    opts=pulumi.ResourceOptions(depends_on=partners),
)

# The clouds that the first link allows serve this one too.
back = entra.CrossCloudLink(
    "federal-to-contoso",
    source=federal,
    target=contoso,
    scope=[entra.Group(group) for group in config.require_object("federalGroups")],
    mappings=entra.defaults(federal.cloud, contoso.cloud),
    notify="identity-ops@contoso.com",
    deletion_threshold=50,
    manage_partners=False,
    manage_clouds=False,
    opts=pulumi.ResourceOptions(depends_on=[*partners, there]),
)

pulumi.export("there", there.status)
pulumi.export("back", back.status)
