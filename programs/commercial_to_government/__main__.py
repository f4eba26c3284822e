"""A commercial tenant (global cloud) synchronizes users into a US Government tenant with strict settings.

Users become guests, without the attributes that must stay in the source. Each change is tried on canaries first. A
change that removes more than ten users is refused, and the service itself stops at fifty. The policy pack's
configuration for government tenants finds no violation:

    pulumi preview --policy-pack policies --policy-pack-config policies/configurations/strict-government.json

With `enabled` set to false, everything is set up and the job stays paused, so that you can check both tenants first.
"""

import pulumi

import entra_sync as entra

config = pulumi.Config()
commercial = entra.Tenant("contoso", **config.require_object("contoso"))
government = entra.Tenant("federal", **config.require_object("federal"))

WITHHELD = (
    "telephoneNumber",
    "mobile",
    "streetAddress",
    "postalCode",
    "physicalDeliveryOfficeName",
    "employeeId",
)

mappings = entra.defaults(commercial.cloud, government.cloud)
for attribute in WITHHELD:
    mappings = mappings.without(attribute)

link = entra.CrossCloudLink(
    "commercial-to-government",
    source=commercial,
    target=government,
    scope=[entra.Group(group) for group in config.require_object("groups")],
    filters=entra.any_of(
        entra.all_of(entra.clause("country").equals("US"), entra.clause("employeeType").equals("Employee")),
    ),
    mappings=mappings.constant("userType", "Guest").replace(
        "displayName", entra.expr('Append([displayName], " (Commercial)")')
    ),
    notify="identity-ops@contoso.com",
    deletion_threshold=50,
    limits=entra.Limits(max_removed=10, max_removed_percent=2, max_matched=0, allow=config.get_object("allow") or []),
    canaries=config.get_object("canaries") or [],
    enabled=config.get_bool("enabled") is not False,
)

pulumi.export("schedule", link.schedule.schedule)
pulumi.export("impact", link.impact.impact)
