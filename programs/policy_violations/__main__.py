"""A link that follows every rule of the policy pack, and with the setting `broken` breaks every one of them at once.

    pulumi config set broken true
    pulumi preview --policy-pack policies --policy-pack-config programs/policy_violations/policies.json

Do not copy it: it is what a reviewer should never have to see. Some rules depend on what an organization decides, such
as which tags a stack has; `policies.json` decides it.
"""

import pulumi

import entra_sync as entra

config = pulumi.Config()
contoso = entra.Tenant("contoso", **config.require_object("contoso"))
federal = entra.Tenant("federal", **config.require_object("federal"))
groups = [entra.Group(group) for group in config.require_object("groups")]
broken = config.get_bool("broken") or False

# If broken, one group leaves the scope, another one enters it, and all display names change.
scope = groups[1:] if broken else groups[:-1]
mappings = entra.defaults(contoso.cloud, federal.cloud).without("employeeId").constant("userType", "Guest")
if broken:
    mappings = mappings.replace("displayName", entra.expr('Join(" ", [displayName], [telephoneNumber])')).constant(
        "userType", "Member"
    )

contoso_allows = entra.AllowedCloudEndpoint("contoso-allows-usgov", tenant=contoso, cloud="usgov")
federal_allows = entra.AllowedCloudEndpoint("federal-allows-global", tenant=federal, cloud="global")
federal_at_contoso = entra.CrossTenantPartner(
    "federal-at-contoso",
    tenant=contoso,
    partner_tenant_id=federal.tenant_id,
    automatic_user_consent_settings=entra.AutomaticUserConsent(outbound_allowed=not broken),
    opts=pulumi.ResourceOptions(depends_on=[contoso_allows]),
)
all_users = entra.Access(access_type="allowed", targets=[entra.Target(target="AllUsers", target_type="user")])
everything = entra.Access(
    access_type="allowed", targets=[entra.Target(target="AllApplications", target_type="application")]
)
entra.CrossTenantAccessDefault(
    "everybody-else",
    tenant=federal,
    b2b_direct_connect_inbound=entra.B2BSettings(users_and_groups=all_users, applications=everything)
    if broken
    else None,
    on_delete="reset" if broken else "keep",
)
contoso_at_federal = entra.CrossTenantPartner(
    "contoso-at-federal",
    tenant=federal,
    partner_tenant_id=contoso.tenant_id,
    automatic_user_consent_settings=entra.AutomaticUserConsent(inbound_allowed=True),
    inbound_trust=entra.InboundTrust(is_mfa_accepted=True, is_compliant_device_accepted=broken),
    b2b_collaboration_inbound=(
        entra.B2BSettings(users_and_groups=all_users, applications=everything) if broken else None
    ),
    opts=pulumi.ResourceOptions(depends_on=[federal_allows]),
)
# If broken, the target's half is missing while the job runs, and the target allows a cloud that no link uses.
inbound = None
if broken:
    entra.AllowedCloudEndpoint("federal-allows-china", tenant=federal, cloud="china")
else:
    inbound = entra.IdentitySynchronization(
        "contoso-into-federal",
        tenant=federal,
        partner_tenant_id=contoso.tenant_id,
        display_name="Contoso",
        opts=pulumi.ResourceOptions(depends_on=[contoso_at_federal]),
    )

application = entra.ServicePrincipal(
    "application",
    tenant=contoso,
    display_name="Contoso  to Federal " if broken else "Contoso to Federal",
    cross_cloud=True,
)
owner = application.service_principal_id
impact = entra.LinkImpact(
    "impact",
    tenant=contoso,
    target=federal,
    service_principal_id=owner,
    principals=scope,
    mappings=mappings,
    deletion_threshold=0 if broken else 1,
    limits=entra.Limits(allow=["removed"]),
)
assignments = entra.AppRoleAssignments(
    "people",
    tenant=contoso,
    service_principal_id=owner,
    principals=scope,
    opts=pulumi.ResourceOptions(depends_on=[impact]),
)
job = entra.SynchronizationJob(
    "job",
    tenant=contoso,
    service_principal_id=owner,
    target_tenant_id=federal.tenant_id,
    opts=pulumi.ResourceOptions(depends_on=[assignments, federal_at_contoso, *([inbound] if inbound else [])]),
)
secrets = entra.SynchronizationSecrets(
    "settings",
    tenant=contoso,
    service_principal_id=owner,
    target_tenant_id=federal.tenant_id,
    sync_all=broken,
    notify=[] if broken else ["identity-ops@contoso.com"],
    deletion_threshold=0 if broken else 1,
    opts=pulumi.ResourceOptions(depends_on=[job]),
)
schema = entra.SynchronizationSchema(
    "schema",
    tenant=contoso,
    service_principal_id=owner,
    job_id=job.job_id,
    mappings=mappings,
    target_cloud="usgov",
    opts=pulumi.ResourceOptions(depends_on=[impact]),
)
schedule = entra.SynchronizationSchedule(
    "schedule",
    tenant=contoso,
    service_principal_id=owner,
    job_id=job.job_id,
    opts=pulumi.ResourceOptions(depends_on=[impact, schema, secrets]),
)
if broken:
    forgotten = entra.ServicePrincipal("forgotten", tenant=contoso, display_name="Forgotten", cross_cloud=True)
    entra.SynchronizationJob("forgotten-job", tenant=contoso, service_principal_id=forgotten.service_principal_id)
