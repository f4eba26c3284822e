"""Pairs of clouds, and partner tenants."""

from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.allowed_cloud_endpoint import AllowedCloudEndpointArgs
from entra_sync.resources.cross_tenant_partner import CrossTenantPartnerArgs
from entra_sync.resources.identity_synchronization import IdentitySynchronizationArgs
from entra_sync.resources.synchronization_job import SynchronizationJobArgs
from entra_sync.resources.synchronization_schema import SynchronizationSchemaArgs
from tests.policies.cases.settings import secrets
from tests.policies.harness import CHINA_ID, CONTOSO, CONTOSO_ID, FEDERAL, FEDERAL_ID, SHANGHAI, UNKNOWN, Case, Res

PAIR, PARTNER = "cloud-pair-allowed", "partner-tenant-allowed"


def schema(tenant: Tenant, target: str | None) -> Res:
    """A schema between two clouds."""
    return Res(
        SynchronizationSchemaArgs(
            tenant=tenant,
            service_principal_id="50000000-0000-0000-0000-000000000001",
            job_id="job",
            target_cloud=target,
        )
    )


def allowed(tenant: Tenant, cloud: str) -> Res:
    """A cloud that a tenant works with."""
    return Res(AllowedCloudEndpointArgs(tenant=tenant, cloud=cloud), name="cloud")


def partner(tenant: Tenant, id: str | None) -> tuple[Res, ...]:
    """Every resource that names another tenant."""
    also = {} if id else {"partnerTenantId": UNKNOWN}
    return (
        Res(CrossTenantPartnerArgs(tenant=tenant, partner_tenant_id=id or CONTOSO_ID), also),
        Res(IdentitySynchronizationArgs(tenant=tenant, partner_tenant_id=id or CONTOSO_ID), also),
    )


def job(target: str | None) -> Res:
    """A job with a target."""
    return Res(
        SynchronizationJobArgs(
            tenant=CONTOSO, service_principal_id="50000000-0000-0000-0000-000000000001", target_tenant_id=target
        )
    )


def stranger(tenant: str) -> list[str]:
    """The message about Shanghai."""
    return [f"tenant {CHINA_ID} is not an allowed partner of {tenant}; if it should be, add it to the rule's tenants"]


KNOWN = {"tenants": [FEDERAL_ID, CONTOSO_ID.upper()]}

CASES = (
    Case(PAIR, "passes", "a supported pair", schema(CONTOSO, "usgov")),
    Case(PAIR, "passes", "a schema that does not say where it goes, if all pairs are allowed", schema(CONTOSO, None)),
    Case(
        PAIR,
        "reported",
        "a schema that does not say where it goes",
        schema(CONTOSO, None),
        ["it is not known into which cloud users of contoso (global) would be synchronized; set target_cloud"],
        {"pairs": ["global->china"]},
    ),
    Case(PAIR, "passes", "a cloud that people come from", allowed(SHANGHAI, "global")),
    Case(
        PAIR,
        "reported",
        "a pair that the service does not support",
        schema(SHANGHAI, "global"),
        [
            "users of shanghai (China (21Vianet)) would be synchronized into the global cloud, but china->global is "
            "not offered by the service; allowed from china: china->china"
        ],
    ),
    Case(
        PAIR,
        "reported",
        "a cloud without a link",
        allowed(FEDERAL, "china"),
        [
            "tenant federal (US Government) allows the China (21Vianet) cloud, but usgov->china and china->usgov are "
            "not offered by the service; allowed with usgov: global->usgov, usgov->global, usgov->usgov, "
            "usgov->usgovdod, usgovdod->usgov"
        ],
    ),
    Case(
        PAIR,
        "unknown",
        "the cloud is not known yet",
        Res(AllowedCloudEndpointArgs(tenant=CONTOSO, cloud="usgov"), {"cloud": UNKNOWN}),
        ["? cloud"],
    ),
    Case(
        PAIR,
        "configured",
        "the other direction only is allowed",
        schema(CONTOSO, "usgov"),
        [
            "users of contoso (global) would be synchronized into the US Government cloud, but global->usgov is not "
            "among the pairs of this rule; allowed from global: no pair"
        ],
        {"pairs": ["usgov->global"]},
    ),
    Case(
        PAIR,
        "configured",
        "only pairs that concern the tenant are named",
        schema(CONTOSO, "usgov"),
        [
            "users of contoso (global) would be synchronized into the US Government cloud, but global->usgov is not "
            "among the pairs of this rule; allowed from global: global->global"
        ],
        {"pairs": ["usgov->global", "global->global", "china->china"]},
    ),
    Case(
        PAIR,
        "configured",
        "a tenant's own cloud",
        allowed(SHANGHAI, "china"),
        [
            "tenant shanghai (China (21Vianet)) allows the China (21Vianet) cloud, but china->china is not among "
            "the pairs of this rule; allowed with china: no pair"
        ],
        {"pairs": ["usgov->global"]},
    ),
    Case(
        PAIR, "configured", "either direction is enough", allowed(CONTOSO, "usgov"), config={"pairs": ["usgov->global"]}
    ),
    Case(
        PAIR,
        "configured",
        "the configuration names no cloud",
        schema(CONTOSO, "usgov"),
        ['configuration: pairs[0]: "global->moon" is not a pair of clouds; write, for example, "global->usgov"'],
        {"pairs": ["global->moon"]},
    ),
    *(
        Case(PARTNER, "passes", f"any partner where none is named ({type(each.args).__name__})", each)
        for each in (*partner(FEDERAL, CHINA_ID), secrets(target_tenant_id=CHINA_ID), job(CHINA_ID))
    ),
    *(
        Case(PARTNER, "reported", f"a stranger ({type(each.args).__name__})", each, stranger("federal"), KNOWN)
        for each in partner(FEDERAL, CHINA_ID)
    ),
    *(
        Case(PARTNER, "reported", f"a stranger ({type(each.args).__name__})", each, stranger("contoso"), KNOWN)
        for each in (secrets(target_tenant_id=CHINA_ID), job(CHINA_ID))
    ),
    *(
        Case(PARTNER, "configured", f"a known partner ({type(each.args).__name__})", each, config=KNOWN)
        for each in (*partner(FEDERAL, CONTOSO_ID), secrets(target_tenant_id=FEDERAL_ID), job(FEDERAL_ID), job(None))
    ),
    *(
        Case(PARTNER, "unknown", f"not known yet ({type(each.args).__name__})", each, ["? partnerTenantId"], KNOWN)
        for each in partner(FEDERAL, None)
    ),
)
