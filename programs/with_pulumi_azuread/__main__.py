"""The azuread provider creates a group in the source; the link has this group in its scope.

azuread signs in with its own variables (ARM_TENANT_ID, ARM_CLIENT_ID, ARM_CLIENT_SECRET). The first preview does not
know the members of a group that does not exist yet. It prints a note.
"""

import pulumi
import pulumi_azuread as azuread

import entra_sync as entra

config = pulumi.Config()
contoso = entra.Tenant("contoso", **config.require_object("contoso"))
federal = entra.Tenant("federal", **config.require_object("federal"))

engineers = azuread.Group(
    "engineers",
    display_name="Engineers for Contoso Federal",
    security_enabled=True,
    members=config.require_object("members"),
)

link = entra.CrossCloudLink(
    "contoso-to-federal",
    source=contoso,
    target=federal,
    scope=[entra.Group(engineers.object_id)],
    mappings=entra.defaults(contoso.cloud, federal.cloud),
    notify="identity-ops@contoso.com",
    deletion_threshold=50,
)

pulumi.export("group", engineers.object_id)
pulumi.export("status", link.status)
