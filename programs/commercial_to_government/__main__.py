"""A commercial tenant (global cloud) into a US Government one, as the government tenant's operator would insist on it.

People come as guests, without the attributes that are kept at home; each change is tried on a few people before
everybody gets it; a change that removes more than ten people is refused, and the service itself stops at fifty. The
pack's configuration for government tenants finds nothing to say:

    pulumi preview --policy-pack policies --policy-pack-config policies/configurations/strict-government.json

With `enabled` set to false everything is set up and the job stays paused, so that both sides can be looked at first.
"""

import pulumi

import entra_sync as entra

config = pulumi.Config()
commercial = entra.Tenant("contoso", **config.require_object("contoso"))
government = entra.Tenant("federal", **config.require_object("federal"))

KEPT_AT_HOME = ("telephoneNumber", "mobile", "streetAddress", "postalCode", "physicalDeliveryOfficeName", "employeeId")

mappings = entra.defaults(commercial.cloud, government.cloud)
for attribute in KEPT_AT_HOME:
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
