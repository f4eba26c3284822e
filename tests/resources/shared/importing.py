"""Importing a resource of any kind, as the engine asks for it."""

from __future__ import annotations

from typing import Any

from entra_sync.base.args import Args
from entra_sync.base.handler import Handler
from entra_sync.base.run import claims
from entra_sync.expressions import AttributeMapping, Mappings, all_of, any_of, clause
from entra_sync.licensing.assignment import License
from entra_sync.microsoft.tenant import Tenant
from entra_sync.program.packaged.importing import read_import
from entra_sync.program.packaged.serving import resource_classes

__all__ = ["STACK", "args_of", "declared", "handler", "imported", "named"]

JSON = Any
STACK = "import/test"


def handler(kind: str) -> Handler[Any]:
    """The handler of a kind."""
    return resource_classes()[kind].handler()


def args_of(kind: str, **values: JSON) -> Args:
    """Arguments of a kind."""
    made: Args = resource_classes()[kind].handler.args(**values)
    return made


def declared(federal: Tenant, groups: list[JSON]) -> dict[str, dict[str, JSON]]:
    """What the program declares of each kind."""
    shown = AttributeMapping(target="displayName", source='Append([displayName], " (Contoso)")')
    return {
        "AllowedCloudEndpoint": {"cloud": "usgov"},
        "AppRoleAssignments": {"principals": groups},
        "CrossTenantAccessDefault": {"inbound_trust": {"is_mfa_accepted": True}},
        "CrossTenantPartner": {
            "partner_tenant_id": federal.tenant_id,
            "automatic_user_consent_settings": {"outbound_allowed": True},
            "inbound_trust": {"is_mfa_accepted": True},
        },
        "IdentitySynchronization": {"partner_tenant_id": federal.tenant_id, "display_name": "Federal"},
        "LicenseAssignment": {"principal": groups[0], "licenses": [License(sku="AAD_PREMIUM_P2")]},
        "LicensedScope": {"principals": groups, "licenses": [License(sku="AAD_PREMIUM_P2")]},
        "ServicePrincipal": {"display_name": "Link", "cross_cloud": True, "target": federal},
        "SynchronizationAttributeMapping": {"mapping": shown},
        "SynchronizationJob": {"enabled": False},
        "SynchronizationSchedule": {"enabled": False},
        "SynchronizationSchema": {
            "mappings": Mappings((shown, AttributeMapping(target="telephoneNumber", apply="never"))),
            "filters": any_of(all_of(clause("country").equals("US"), name="Filter 1")),
        },
        "SynchronizationSecrets": {"target_tenant_id": federal.tenant_id, "notify": ["a@b.c"], "deletion_threshold": 9},
    }


def named(kind: str, resource: JSON, args: JSON) -> str:
    """What a user types: the id that the state has, but for a scope, whose other principals are named too."""
    return resource.id if kind != "LicensedScope" else ",".join([resource.id, *(p.id for p in args.principals[1:])])


def imported(kind: str, id: str, *tenants: Tenant) -> JSON:
    """What the engine gets of an import."""
    claims.claims_by_id.clear()  # another command of the engine
    known = {tenant.tenant_id: tenant for tenant in tenants}
    return read_import(kind, handler(kind), id, known, f"{STACK}/{kind}/it")
