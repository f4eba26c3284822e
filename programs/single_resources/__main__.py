"""The quickstart's link as single resources, without the component, and with licenses for its users."""

import pulumi

import entra_sync as entra

config = pulumi.Config()
contoso = entra.Tenant("contoso", **config.require_object("contoso"))
federal = entra.Tenant("federal", **config.require_object("federal"))
groups = [entra.Group(group) for group in config.require_object("groups")]

# The application is made first and deleted last: its tags record which shared settings the link makes and uses.
application = entra.ServicePrincipal(
    "application",
    tenant=contoso,
    display_name="Contoso to Federal",
    cross_cloud=True,
    target=federal,
)
link = application.reference

contoso_allows = entra.AllowedCloudEndpoint("contoso-allows-usgov", tenant=contoso, cloud="usgov", application=link)
federal_allows = entra.AllowedCloudEndpoint("federal-allows-global", tenant=federal, cloud="global", application=link)

# Blocks shared channels with all tenants, unless a partner entry allows them. A destroy keeps this setting.
no_users = entra.Access(access_type="blocked", targets=[entra.Target(target="AllUsers", target_type="user")])
nothing = entra.Access(
    access_type="blocked", targets=[entra.Target(target="AllApplications", target_type="application")]
)
everybody_else = entra.CrossTenantAccessDefault(
    "everybody-else",
    tenant=federal,
    inbound_trust=entra.InboundTrust(is_mfa_accepted=False),
    b2b_direct_connect_inbound=entra.B2BSettings(users_and_groups=no_users, applications=nothing),
)

federal_at_contoso = entra.CrossTenantPartner(
    "federal-at-contoso",
    tenant=contoso,
    partner_tenant_id=federal.tenant_id,
    automatic_user_consent_settings=entra.AutomaticUserConsent(outbound_allowed=True),
    application=link,
    opts=pulumi.ResourceOptions(depends_on=[contoso_allows]),
)
contoso_at_federal = entra.CrossTenantPartner(
    "contoso-at-federal",
    tenant=federal,
    partner_tenant_id=contoso.tenant_id,
    automatic_user_consent_settings=entra.AutomaticUserConsent(inbound_allowed=True),
    inbound_trust=entra.InboundTrust(is_mfa_accepted=True),
    application=link,
    opts=pulumi.ResourceOptions(depends_on=[federal_allows]),
)
inbound = entra.IdentitySynchronization(
    "contoso-into-federal",
    tenant=federal,
    partner_tenant_id=contoso.tenant_id,
    display_name="Contoso",
    user_sync_inbound=True,
    application=link,
    opts=pulumi.ResourceOptions(depends_on=[contoso_at_federal]),
)

titles = entra.Mappings((entra.AttributeMapping(target="jobTitle", source=entra.attribute("jobTitle")),))
only_us = entra.any_of(entra.all_of(entra.clause("country").equals("US")))
# Whatever changes people depends on the impact, which refuses when too many are touched.
impact = entra.LinkImpact(
    "impact",
    tenant=contoso,
    target=federal,
    service_principal_id=application.service_principal_id,
    principals=groups,
    mappings=titles,
    filters=only_us,
    deletion_threshold=50,
    limits=entra.Limits(max_removed=25),
)
assignments = entra.AppRoleAssignments(
    "people",
    tenant=contoso,
    service_principal_id=application.service_principal_id,
    principals=groups,
    opts=pulumi.ResourceOptions(depends_on=[impact]),
)
# The job depends on the assignments so that a tear-down deletes it first: unassigning under a live job deletes people.
job = entra.SynchronizationJob(
    "job",
    tenant=contoso,
    service_principal_id=application.service_principal_id,
    target_tenant_id=federal.tenant_id,
    opts=pulumi.ResourceOptions(depends_on=[assignments, inbound, federal_at_contoso]),
)
secrets = entra.SynchronizationSecrets(
    "settings",
    tenant=contoso,
    service_principal_id=application.service_principal_id,
    target_tenant_id=federal.tenant_id,
    notify=["identity-ops@contoso.com"],
    deletion_threshold=50,
    opts=pulumi.ResourceOptions(depends_on=[job]),
)
schema = entra.SynchronizationSchema(
    "schema",
    tenant=contoso,
    service_principal_id=application.service_principal_id,
    job_id=job.job_id,
    mappings=titles,
    filters=only_us,
    target_cloud="usgov",
    opts=pulumi.ResourceOptions(depends_on=[impact]),
)
greeting = entra.SynchronizationAttributeMapping(
    "display-name",
    tenant=contoso,
    service_principal_id=application.service_principal_id,
    job_id=job.job_id,
    mapping=entra.AttributeMapping(target="displayName", source=entra.expr('Append([displayName], " (Contoso)")')),
    opts=pulumi.ResourceOptions(depends_on=[schema]),
)
schedule = entra.SynchronizationSchedule(
    "schedule",
    tenant=contoso,
    service_principal_id=application.service_principal_id,
    job_id=job.job_id,
    opts=pulumi.ResourceOptions(depends_on=[impact, schema, greeting, secrets]),
)

licenses = entra.LicensedScope(
    "governance",
    tenant=contoso,
    principals=groups,
    licenses=[entra.License(sku="Microsoft_Entra_ID_Governance")],
    application=application.reference,
)
base = entra.LicenseAssignment(
    "premium",
    tenant=contoso,
    principal=groups[0],
    licenses=[entra.License(sku="AAD_PREMIUM_P2")],
    application=application.reference,
)

pulumi.export("schedule", schedule.schedule)
