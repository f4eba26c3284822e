"""A program of a user: everything that it passes fits, outputs of resources included."""

import pulumi

import entra_sync as entra

config = pulumi.Config()
contoso = entra.Tenant("contoso", tenant_id=config.require("contoso"), cloud=entra.Cloud.GLOBAL)
federal = entra.Tenant("federal", tenant_id=config.require("federal"), cloud=entra.Cloud.USGOV)

application = entra.ServicePrincipal("application", tenant=contoso, display_name="To Federal", cross_cloud=True)
partner = entra.CrossTenantPartner(
    "partner",
    tenant=contoso,
    partner_tenant_id=federal.tenant_id,
    automatic_user_consent_settings=entra.AutomaticUserConsent(outbound_allowed=True),
    inbound_trust=entra.InboundTrust(is_mfa_accepted=True),
    b2b_direct_connect_inbound=entra.B2BSettings(
        applications=entra.Access(
            access_type="blocked", targets=[entra.Target(target="AllApplications", target_type="application")]
        )
    ),
    opts=pulumi.ResourceOptions(depends_on=[application]),
)
others = [
    entra.Tenant("any", tenant_id=contoso.tenant_id, cloud="global"),
    entra.Tenant("high", tenant_id=contoso.tenant_id, cloud="usgov"),
    entra.Tenant("dod", tenant_id=contoso.tenant_id, cloud="usgovdod"),
    entra.Tenant("china", tenant_id=contoso.tenant_id, cloud="china"),
]
allowed = entra.AllowedCloudEndpoint("allowed", tenant=contoso, cloud="usgov")
job = entra.SynchronizationJob(
    "job",
    tenant=contoso,
    service_principal_id=application.service_principal_id,
    target_tenant_id=federal.tenant_id,
    restart=entra.Restart(trigger="2026-11-28", reset=[entra.ResetScope.FULL]),
)
schedule = entra.SynchronizationSchedule(
    "schedule",
    entra.SynchronizationScheduleArgs(
        tenant=contoso, service_principal_id="27f797b1-7201-4ea6-a4e1-a96b2ccfcb31", job_id="job", enabled=False
    ),
)
link = entra.CrossCloudLink(
    "link",
    source=contoso,
    target=federal,
    scope=[entra.Group("27f797b1-7201-4ea6-a4e1-a96b2ccfcb31")],
    mappings=entra.defaults(contoso.cloud, federal.cloud).without("telephoneNumber"),
    filters=entra.any_of(entra.all_of(entra.clause("country").equals("US"))),
    limits=entra.Limits(max_removed=25),
    notify=["ops@contoso.com"],
)


def described(name: str) -> pulumi.Output[str]:
    """Outputs have the types of their values."""
    return job.status.apply(lambda status: f"{name}: {status}")


pulumi.export("job", link.job.job_id)
pulumi.export("enabled", job.enabled)
pulumi.export("described", described("job"))
