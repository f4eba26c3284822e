"""Twenty links from single resources, ten each: what a policy pack has to read in a large stack.

The configuration may say another number of `links`.
"""

import pulumi

import entra_sync as entra

config = pulumi.Config()
contoso = entra.Tenant("contoso", **config.require_object("contoso"))
federal = entra.Tenant("federal", **config.require_object("federal"))
mappings = entra.defaults(contoso.cloud, federal.cloud).without("telephoneNumber")

for number in range(config.get_int("links") or 20):
    application = entra.ServicePrincipal(
        f"application-{number}", tenant=contoso, display_name=f"Link {number}", cross_cloud=True, target=federal
    )
    link = application.reference
    entra.AllowedCloudEndpoint(f"source-cloud-{number}", tenant=contoso, cloud="usgov", application=link)
    entra.AllowedCloudEndpoint(f"target-cloud-{number}", tenant=federal, cloud="global", application=link)
    entra.CrossTenantPartner(
        f"source-partner-{number}",
        tenant=contoso,
        partner_tenant_id=federal.tenant_id,
        automatic_user_consent_settings=entra.AutomaticUserConsent(outbound_allowed=True),
        application=link,
    )
    entra.CrossTenantPartner(
        f"target-partner-{number}",
        tenant=federal,
        partner_tenant_id=contoso.tenant_id,
        automatic_user_consent_settings=entra.AutomaticUserConsent(inbound_allowed=True),
        application=link,
    )
    entra.IdentitySynchronization(
        f"inbound-{number}", tenant=federal, partner_tenant_id=contoso.tenant_id, application=link
    )
    owner = application.service_principal_id
    job = entra.SynchronizationJob(f"job-{number}", tenant=contoso, service_principal_id=owner)
    entra.SynchronizationSecrets(
        f"secrets-{number}",
        tenant=contoso,
        service_principal_id=owner,
        target_tenant_id=federal.tenant_id,
        notify=["ops@contoso.com"],
    )
    entra.SynchronizationSchema(
        f"schema-{number}",
        tenant=contoso,
        service_principal_id=owner,
        job_id=job.job_id,
        mappings=mappings,
        target_cloud="usgov",
    )
    entra.SynchronizationSchedule(f"schedule-{number}", tenant=contoso, service_principal_id=owner, job_id=job.job_id)
