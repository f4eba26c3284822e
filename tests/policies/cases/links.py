"""Links as a whole: halves, consent, schema, quarantine."""

from collections.abc import Sequence
from typing import Any

from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.allowed_cloud_endpoint import AllowedCloudEndpointArgs
from entra_sync.resources.cross_tenant_partner import CrossTenantPartnerArgs
from entra_sync.resources.identity_synchronization import IdentitySynchronizationArgs
from entra_sync.resources.service_principal import ServicePrincipalArgs
from entra_sync.resources.shared.access_settings import AutomaticUserConsent
from entra_sync.resources.synchronization_job import SynchronizationJobArgs
from entra_sync.resources.synchronization_schedule import SynchronizationScheduleArgs
from entra_sync.resources.synchronization_schema import SynchronizationSchemaArgs
from entra_sync.resources.synchronization_secrets import SynchronizationSecretsArgs
from tests.policies.harness import CONTOSO, CONTOSO_ID, FEDERAL, FEDERAL_ID, UNKNOWN, Case, Res

REDEMPTION, HALVES = "automatic-redemption-agreed", "no-dangling-half"
SCHEMA, QUARANTINE = "schema-declared", "job-not-in-quarantine"


def partner(tenant: Tenant, other: Tenant, **consent: Any) -> Res:
    """A partner entry, named after the tenant that has it."""
    settings = AutomaticUserConsent(**consent) if consent else None
    args = CrossTenantPartnerArgs(
        tenant=tenant, partner_tenant_id=other.tenant_id, automatic_user_consent_settings=settings
    )
    return Res(args, name=f"{tenant.name}-partner")


def cloud(tenant: Tenant, other: Tenant) -> Res:
    """A cloud that a tenant allows, named after the tenant."""
    return Res(AllowedCloudEndpointArgs(tenant=tenant, cloud=other.cloud), name=f"{tenant.name}-cloud")


def of_job(args: Any, name: str, **also: Any) -> Res:
    """A resource of the synchronization application, which a preview does not know yet."""
    return Res(args, {"servicePrincipalId": UNKNOWN, **also}, name, {"servicePrincipalId": "application"})


APPLICATION = Res(ServicePrincipalArgs(tenant=CONTOSO, display_name="Sync"), name="application")
SECRETS = of_job(
    SynchronizationSecretsArgs(
        tenant=CONTOSO, service_principal_id="50000000-0000-0000-0000-000000000001", target_tenant_id=FEDERAL_ID
    ),
    "secrets",
)
JOB = of_job(
    SynchronizationJobArgs(tenant=CONTOSO, service_principal_id="50000000-0000-0000-0000-000000000001"),
    "job",
    jobId=UNKNOWN,
)
SCHEMA_RESOURCE = of_job(
    SynchronizationSchemaArgs(tenant=CONTOSO, service_principal_id="50000000-0000-0000-0000-000000000001", job_id=""),
    "schema",
    jobId=UNKNOWN,
)
INBOUND = Res(IdentitySynchronizationArgs(tenant=FEDERAL, partner_tenant_id=CONTOSO_ID), name="inbound")
CLOSED = Res(
    IdentitySynchronizationArgs(tenant=FEDERAL, partner_tenant_id=CONTOSO_ID, user_sync_inbound=False), name="inbound"
)
SOURCE_PARTNER = partner(CONTOSO, FEDERAL, outbound_allowed=True)
TARGET_PARTNER = partner(FEDERAL, CONTOSO, inbound_allowed=True)
SOURCE_CLOUD, TARGET_CLOUD = cloud(CONTOSO, FEDERAL), cloud(FEDERAL, CONTOSO)
SOURCE = (SOURCE_CLOUD, SOURCE_PARTNER, APPLICATION, JOB, SECRETS)
TARGET = (TARGET_CLOUD, TARGET_PARTNER, INBOUND)
LINK = (*SOURCE, *TARGET, SCHEMA_RESOURCE)
FABRIKAM = Tenant("fabrikam", tenant_id="44444444-4444-4444-4444-444444444444", cloud="global")


def without(*left_out: Res) -> Sequence[Res]:
    """The whole link but for these."""
    return [each for each in LINK if each not in left_out]


def dangling(what: str, where: str = "secrets", title: str = "contoso → federal") -> str:
    """The message about a half that is missing."""
    return f"{where}: link {title}: {what}; declare it, or remove the other half"


def known(args: Any, name: str, **also: Any) -> Res:
    """A resource whose application is known by its id."""
    return Res(args.model_copy(update={"service_principal_id": "50000000-0000-0000-0000-000000000001"}), also, name)


def state(kind: type, name: str = "job", **outputs: Any) -> Res:
    """A job, or its schedule, with its state."""
    more = {"job_id": "Azure2Azure.1"} if kind is SynchronizationScheduleArgs else {}
    return Res(
        kind(tenant=CONTOSO, service_principal_id="50000000-0000-0000-0000-000000000001", **more),
        {"jobId": "Azure2Azure.1", **outputs},
        name,
    )


TOO_MANY = {"reason": "TooManyDeletes", "seriesBegan": "2026-11-20T08:40:00Z"}
UNDO = "undo the change that removes so many users, or accept it with a restart with ForceDeletes"
FIX = "fix the cause, then change `restart.trigger`"

CASES = (
    Case(REDEMPTION, "passes", "both sides agree", LINK),
    Case(REDEMPTION, "passes", "entries that are elsewhere are not judged", without(SOURCE_PARTNER, TARGET_PARTNER)),
    Case(REDEMPTION, "passes", "a partner without a link is not judged", [partner(CONTOSO, FEDERAL)]),
    Case(
        REDEMPTION,
        "reported",
        "neither side agrees",
        [
            *without(SOURCE_PARTNER, TARGET_PARTNER),
            partner(CONTOSO, FEDERAL),
            partner(FEDERAL, CONTOSO, outbound_allowed=True),
        ],
        [
            "contoso-partner: contoso does not redeem invitations automatically (outbound) for federal; set "
            "AutomaticUserConsent(outbound_allowed=True)",
            "federal-partner: federal does not redeem invitations automatically (inbound) for contoso; set "
            "AutomaticUserConsent(inbound_allowed=True)",
        ],
    ),
    Case(
        REDEMPTION,
        "unknown",
        "one side is not known yet",
        [
            *without(SOURCE_PARTNER),
            Res(SOURCE_PARTNER.args, {"automaticUserConsentSettings": {"outboundAllowed": UNKNOWN}}, "contoso-partner"),
        ],
        ["? automaticUserConsentSettings.outboundAllowed"],
    ),
    Case(
        REDEMPTION,
        "configured",
        "within one cloud too",
        [
            Res(
                SynchronizationSecretsArgs(
                    tenant=CONTOSO,
                    service_principal_id="50000000-0000-0000-0000-000000000001",
                    target_tenant_id=FABRIKAM.tenant_id,
                ),
                name="s",
            ),
            partner(CONTOSO, FABRIKAM, outbound_allowed=False),
        ],
        [
            f"contoso-partner: contoso does not redeem invitations automatically (outbound) for {FABRIKAM.tenant_id}; "
            "set AutomaticUserConsent(outbound_allowed=True)"
        ],
    ),
    Case(HALVES, "passes", "a whole link", LINK),
    Case(
        HALVES,
        "passes",
        "within one cloud no cloud needs to be allowed",
        [
            *without(*TARGET, SECRETS, SOURCE_CLOUD, SOURCE_PARTNER),
            Res(
                SECRETS.args.model_copy(update={"target_tenant_id": FABRIKAM.tenant_id}),
                SECRETS.also,
                "secrets",
                SECRETS.refers,
            ),
            partner(CONTOSO, FABRIKAM),
            partner(FABRIKAM, CONTOSO),
            Res(IdentitySynchronizationArgs(tenant=FABRIKAM, partner_tenant_id=CONTOSO_ID), name="inbound"),
        ],
    ),
    Case(
        HALVES,
        "reported",
        "the source alone",
        SOURCE,
        [
            dangling("the target has no IdentitySynchronization for the source", title=f"contoso → {FEDERAL_ID}"),
            dangling(f"{FEDERAL_ID} has no CrossTenantPartner for contoso", title=f"contoso → {FEDERAL_ID}"),
        ],
    ),
    Case(
        HALVES,
        "reported",
        "the target alone",
        TARGET,
        [
            dangling(
                "the source has no SynchronizationSecrets that name the target", "inbound", f"{CONTOSO_ID} → federal"
            ),
            dangling(f"{CONTOSO_ID} has no CrossTenantPartner for federal", "inbound", f"{CONTOSO_ID} → federal"),
        ],
    ),
    Case(
        HALVES,
        "reported",
        "the target alone, which lets no user in",
        [TARGET_CLOUD, TARGET_PARTNER, CLOSED],
        [
            dangling(
                "the source has no SynchronizationSecrets that name the target", "inbound", f"{CONTOSO_ID} → federal"
            ),
            dangling(f"{CONTOSO_ID} has no CrossTenantPartner for federal", "inbound", f"{CONTOSO_ID} → federal"),
        ],
    ),
    Case(
        HALVES,
        "reported",
        "a state that another version wrote",
        [*without(INBOUND), Res(INBOUND.args, {"userSyncInbound": "maybe"}, "inbound")],
        ["inbound: cannot be judged: userSyncInbound: must be True or False, not a text"],
    ),
    Case(HALVES, "reported", "no job", without(JOB), [dangling("the source has no SynchronizationJob")]),
    Case(
        HALVES,
        "reported",
        "a job of another application",
        [*without(JOB), known(JOB.args, "job")],
        [dangling("the source has no SynchronizationJob")],
    ),
    Case(
        HALVES,
        "reported",
        "the target does not let people in",
        [*without(INBOUND), CLOSED],
        [dangling("the target's IdentitySynchronization does not let users in (user_sync_inbound)")],
    ),
    Case(
        HALVES,
        "reported",
        "no partner entries",
        without(SOURCE_PARTNER, TARGET_PARTNER),
        [
            dangling("contoso has no CrossTenantPartner for federal"),
            dangling("federal has no CrossTenantPartner for contoso"),
        ],
    ),
    Case(
        HALVES,
        "reported",
        "no allowed clouds",
        without(SOURCE_CLOUD, TARGET_CLOUD),
        [
            dangling("contoso has no AllowedCloudEndpoint for the US Government cloud"),
            dangling("federal has no AllowedCloudEndpoint for the global cloud"),
        ],
    ),
    Case(
        HALVES,
        "unknown",
        "the target is not known yet",
        [*without(SECRETS), Res(SECRETS.args, {**SECRETS.also, "targetTenantId": UNKNOWN}, "secrets", SECRETS.refers)],
        ["? targetTenantId"],
    ),
    Case(
        HALVES,
        "unknown",
        "an application of which a preview knows nothing but where it comes from",
        LINK,
    ),
    Case(HALVES, "configured", "the target is in another stack", SOURCE, config={"elsewhere": [FEDERAL_ID.upper()]}),
    Case(HALVES, "configured", "the source is in another stack", TARGET, config={"elsewhere": [CONTOSO_ID]}),
    Case(
        HALVES,
        "configured",
        "clouds and partners are in another stack",
        without(SOURCE_PARTNER, TARGET_PARTNER, SOURCE_CLOUD, TARGET_CLOUD),
        config={"managedElsewhere": ["clouds", "partners"]},
    ),
    Case(SCHEMA, "passes", "every job has one", LINK),
    Case(
        SCHEMA,
        "passes",
        "known by the id of the application",
        [known(JOB.args, "job"), known(SCHEMA_RESOURCE.args, "schema")],
    ),
    Case(
        SCHEMA,
        "reported",
        "there is none",
        without(SCHEMA_RESOURCE),
        ["job: the job has no SynchronizationSchema: the template's mappings apply without a filter; declare it"],
    ),
    Case(
        SCHEMA,
        "reported",
        "it is another job's",
        [known(JOB.args, "job"), APPLICATION, SCHEMA_RESOURCE],
        ["job: the job has no SynchronizationSchema: the template's mappings apply without a filter; declare it"],
    ),
    Case(SCHEMA, "unknown", "ids are compared by where they come from", [APPLICATION, JOB, SCHEMA_RESOURCE]),
    Case(SCHEMA, "configured", "it has no configuration", [JOB, APPLICATION, SCHEMA_RESOURCE], config={"anything": 1}),
    Case(QUARANTINE, "passes", "a job that runs", [state(SynchronizationJobArgs, status="Active", quarantine={})]),
    Case(QUARANTINE, "passes", "a job that is not there yet", [APPLICATION, JOB]),
    Case(QUARANTINE, "passes", "a job of which nothing is known", [state(SynchronizationJobArgs)]),
    Case(
        QUARANTINE,
        "reported",
        "deletions are held back",
        [state(SynchronizationJobArgs, status="Quarantine", quarantine=TOO_MANY)],
        [f"job: the job is in quarantine (TooManyDeletes since 2026-11-20T08:40:00Z); {UNDO}"],
    ),
    Case(
        QUARANTINE,
        "reported",
        "once, by its schedule where there is one",
        [
            state(
                SynchronizationJobArgs,
                status="Quarantine",
                quarantine={"reason": "EncounteredEscrowProportionThreshold", "currentBegan": "2026-11-20T08:40:00Z"},
            ),
            state(
                SynchronizationScheduleArgs,
                "schedule",
                status="Quarantine",
                quarantine={"reason": "EncounteredEscrowProportionThreshold", "currentBegan": "2026-11-20T08:40:00Z"},
            ),
        ],
        [
            "schedule: the job is in quarantine (EncounteredEscrowProportionThreshold since 2026-11-20T08:40:00Z); "
            f"{FIX}"
        ],
    ),
    Case(
        QUARANTINE,
        "reported",
        "the reason is not said",
        [state(SynchronizationJobArgs, status="Quarantine")],
        [f"job: the job is in quarantine (Unknown); {FIX}"],
    ),
    Case(
        QUARANTINE,
        "unknown",
        "a new job, whose state is not known yet, beside one in quarantine",
        [
            state(SynchronizationJobArgs, "new", status=UNKNOWN, jobId=UNKNOWN),
            state(SynchronizationScheduleArgs, "new-schedule", status=UNKNOWN, jobId=UNKNOWN),
            state(SynchronizationJobArgs, status="Quarantine", quarantine=TOO_MANY),
        ],
        [f"job: the job is in quarantine (TooManyDeletes since 2026-11-20T08:40:00Z); {UNDO}"],
    ),
    Case(
        QUARANTINE,
        "configured",
        "a reason that is tolerated",
        [state(SynchronizationJobArgs, status="Quarantine", quarantine=TOO_MANY)],
        config={"tolerated": ["TooManyDeletes"]},
    ),
)
