"""Gateways to emulated tenants, as an administrator has them."""

from __future__ import annotations

from entra_sync.emulator import Emulator
from entra_sync.graph.gateway import Graph
from entra_sync.microsoft.tenant import Tenant

__all__ = ["gateways"]


def gateways(emulator: Emulator) -> dict[str, Graph]:
    """A gateway to each tenant, by the tenant's name."""
    found = {}
    for name, tenant in emulator.tenants.items():
        declared = Tenant(name, tenant_id=tenant.tenant_id, cloud=str(tenant.cloud))
        found[name] = Graph(declared, credential=emulator.credential(name), transport=emulator.transport())
    return found
