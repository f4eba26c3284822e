"""A link that reaches its users in stages, each of which is one change of the stack's configuration:

    pulumi config set stage prepared   # everything is set up, and the job is paused
    pulumi config set stage pilot      # the first group, tried on the canaries first
    pulumi config set stage everyone   # all groups

A preview of each stage names the users that it adds.
"""

import pulumi

import entra_sync as entra

config = pulumi.Config()
contoso = entra.Tenant("contoso", **config.require_object("contoso"))
federal = entra.Tenant("federal", **config.require_object("federal"))
stage = config.get("stage") or "prepared"
groups = config.require_object("groups")

if stage not in ("prepared", "pilot", "everyone"):
    raise pulumi.RunError(f'stage is "{stage}"; set it to prepared, pilot or everyone')

link = entra.CrossCloudLink(
    "staged",
    source=contoso,
    target=federal,
    scope=[entra.Group(group) for group in (groups if stage == "everyone" else groups[:1])],
    mappings=entra.defaults(contoso.cloud, federal.cloud),
    notify="identity-ops@contoso.com",
    deletion_threshold=50,
    canaries=config.get_object("canaries") or [],
    enabled=stage != "prepared",
)

pulumi.export("stage", stage)
pulumi.export("status", link.status)
pulumi.export("impact", link.impact.impact)
