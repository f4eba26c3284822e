"""Contoso (global cloud) into Contoso Federal (US Government), with the licenses that this takes, group by group.

A rollout widens `groups` one at a time: a preview shows the people who come and the seats that are left, and with
`--policy-pack policies` a change that more people would need than there are seats for is reported.
"""

import pulumi

import entra_sync as entra

config = pulumi.Config()
contoso = entra.Tenant("contoso", **config.require_object("contoso"))
federal = entra.Tenant("federal", **config.require_object("federal"))

link = entra.CrossCloudLink(
    "contoso-to-federal",
    source=contoso,
    target=federal,
    scope=[entra.Group(group) for group in config.require_object("groups")],
    mappings=entra.defaults(contoso.cloud, federal.cloud).without("telephoneNumber").without("mobile"),
    notify="identity-ops@contoso.com",
    deletion_threshold=50,
    # Governance is an add-on: the service wants it and what it stands on from one and the same group.
    licenses=[entra.License(sku="AAD_PREMIUM_P2"), entra.License(sku="Microsoft_Entra_ID_Governance")],
)

pulumi.export("schedule", link.schedule.schedule)
pulumi.export("licensing", link.impact.licensing)
if link.licenses is not None:
    pulumi.export("licensed", link.licenses.licensed)
