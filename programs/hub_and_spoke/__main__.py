"""Contoso (global cloud) is the hub; people go to Contoso Federal (US Government) and Contoso Shanghai (China).

What may leave for a cloud is written once, per cloud; a spoke adds who goes there. Each spoke is a link of its own,
with an application, a job, limits and an impact of its own, so a change of one leaves the others alone.
"""

from dataclasses import dataclass

import pulumi

import entra_sync as entra

config = pulumi.Config()
hub = entra.Tenant("contoso", **config.require_object("contoso"))

WITHHELD = {
    "usgov": ("telephoneNumber",),
    "china": ("telephoneNumber", "employeeId", "streetAddress"),
}
"""Attributes that do not cross into a cloud: numbers and addresses stay where the person is."""


@dataclass(frozen=True)
class Spoke:
    """A tenant in another cloud, and the countries whose people work with it."""

    name: str
    countries: tuple[str, ...]


SPOKES = (Spoke("federal", ("US",)), Spoke("shanghai", ("JP", "SG")))

for spoke in SPOKES:
    tenant = entra.Tenant(spoke.name, **config.require_object(spoke.name))
    mappings = entra.defaults(hub.cloud, tenant.cloud)
    for attribute in WITHHELD[tenant.cloud]:
        mappings = mappings.without(attribute)
    link = entra.CrossCloudLink(
        f"contoso-to-{spoke.name}",
        source=hub,
        target=tenant,
        scope=[entra.Group(group) for group in config.require_object("groups")],
        filters=entra.any_of(*(entra.clause("country").equals(country) for country in spoke.countries)),
        mappings=mappings,
        notify="identity-ops@contoso.com",
        deletion_threshold=50,
    )
    pulumi.export(spoke.name, link.schedule.schedule)
