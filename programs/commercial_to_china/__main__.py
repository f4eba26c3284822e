"""Contoso (global cloud) synchronizes users into Contoso Shanghai (China, operated by 21Vianet).

Users become guests. Attributes that must not leave the global cloud are removed from the mappings. The policy pack's
configuration for China finds no violation:

    pulumi preview --policy-pack policies --policy-pack-config policies/configurations/china-data-residency.json
"""

import pulumi

import entra_sync as entra

config = pulumi.Config()
contoso = entra.Tenant("contoso", **config.require_object("contoso"))
shanghai = entra.Tenant("shanghai", **config.require_object("shanghai"))

WITHHELD = (
    "telephoneNumber",
    "mobile",
    "facsimileTelephoneNumber",
    "employeeId",
    "streetAddress",
    "postalCode",
    "city",
    "state",
    "otherMails",
)

mappings = entra.defaults(contoso.cloud, shanghai.cloud)
for attribute in WITHHELD:
    if mappings.get(attribute):
        mappings = mappings.without(attribute)

link = entra.CrossCloudLink(
    "commercial-to-china",
    source=contoso,
    target=shanghai,
    scope=[entra.Group(group) for group in config.require_object("groups")],
    mappings=mappings.constant("userType", "Guest"),
    notify="identity-ops@contoso.com",
    deletion_threshold=50,
    limits=entra.Limits(max_removed=10, allow=config.get_object("allow") or []),
)

pulumi.export("status", link.status)
