"""Contoso (global cloud) synchronizes two groups into Contoso Federal (US Government)."""

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
    filters=entra.any_of(
        entra.all_of(entra.clause("country").equals("US"), entra.clause("employeeType").is_not_null()),
    ),
    mappings=entra.defaults(contoso.cloud, federal.cloud)
    .replace("displayName", entra.expr('Append([displayName], " (Contoso)")'))
    .without("telephoneNumber"),
    notify="identity-ops@contoso.com",
    deletion_threshold=50,
    # A change that removes more users than the limits is refused, unless the stack's configuration allows it.
    limits=entra.Limits(max_removed=25, max_removed_percent=10, allow=config.get_object("allow") or []),
)

pulumi.export("job", link.job.job_id)
pulumi.export("schedule", link.schedule.schedule)
