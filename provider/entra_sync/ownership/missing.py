"""Which shared settings a new link finds missing, and therefore makes itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from entra_sync.base.calls import part
from entra_sync.clouds import pair
from entra_sync.errors import PermissionMissing
from entra_sync.graph.gateway import AGREEING, Graph, connect
from entra_sync.graph.paths import PARTNERS
from entra_sync.graph.synchronization.cross_cloud import allowed_clouds
from entra_sync.ownership import ledger
from entra_sync.ownership.ledger import Shared
from entra_sync.ownership.sharing import made_here
from entra_sync.tenant import Tenant

__all__ = ["missing"]

JSON = Any


def missing(source: Tenant, target: Tenant, shares: Sequence[str]) -> list[Shared]:
    """The settings that are missing now, or that another link of ours has made.

    Args:
        source: Source tenant of the link.
        target: Target tenant.
        shares: The kinds of settings that the program declares: ``clouds``, ``partners``, ``inbound``.
    """
    found: list[Shared] = []
    made = _made(source, target)
    if "clouds" in shares and pair(source.cloud, target.cloud).cross_cloud:
        for tenant, other, shared in (
            (source, target, Shared.SOURCE_CLOUD),
            (target, source, Shared.TARGET_CLOUD),
        ):
            endpoint = other.info.endpoint
            graph = connect(tenant)

            def is_allowed(graph: Graph = graph, endpoint: str = endpoint) -> bool:
                return endpoint in allowed_clouds(graph)[1]

            id = f"{tenant.tenant_id}/policies/crossTenantAccessPolicy/allowedCloudEndpoints/{endpoint}"
            if shared in made or made_here(id) or not graph.agreed(is_allowed):
                found.append(shared)
    if "partners" in shares:
        for tenant, other, shared, consent, switch in (
            (source, target, Shared.SOURCE_PARTNER, Shared.SOURCE_CONSENT, "outboundAllowed"),
            (target, source, Shared.TARGET_PARTNER, Shared.TARGET_CONSENT, "inboundAllowed"),
        ):
            path, purpose = f"{PARTNERS}/{_segment(other)}", f"looking for partner {other}"
            partner = connect(tenant).find(path, purpose, agreeing=AGREEING)
            id = f"{tenant.tenant_id}/policies/crossTenantAccessPolicy/partners/{other.tenant_id}"
            if partner is None or shared in made or made_here(id):
                found.append(shared)
            elif consent in made or (partner.get("automaticUserConsentSettings") or {}).get(switch) is not True:
                found.append(consent)
    if "inbound" in shares:
        path = f"{PARTNERS}/{_segment(source)}/identitySynchronization"
        id = f"{target.tenant_id}/policies/crossTenantAccessPolicy/partners/{source.tenant_id}/identitySynchronization"
        purpose = f"looking for synchronization from partner {source}"
        inbound = connect(target).find(path, purpose, agreeing=AGREEING)
        if inbound is None or Shared.INBOUND in made or made_here(id):
            found.append(Shared.INBOUND)
    return found


_SEEN_FROM_THE_TARGET = {
    Shared.TARGET_CLOUD: Shared.SOURCE_CLOUD,
    Shared.SOURCE_CLOUD: Shared.TARGET_CLOUD,
    Shared.TARGET_PARTNER: Shared.SOURCE_PARTNER,
    Shared.SOURCE_PARTNER: Shared.TARGET_PARTNER,
}
"""What a link in the other direction calls a setting."""


def _made(source: Tenant, target: Tenant) -> set[Shared]:
    """The settings that other links have made, by this link's names."""
    links = ledger.records(source, ledger.target_tag(target.tenant_id))
    made = {Shared(each) for link in links for each in link.made}
    for link in ledger.records(source, ledger.cloud_tag(target.info.endpoint)):
        made |= {Shared.SOURCE_CLOUD} & {Shared(each) for each in link.made}
    try:
        back = ledger.records(target, ledger.target_tag(source.tenant_id))
        back_by_cloud = ledger.records(target, ledger.cloud_tag(source.info.endpoint))
    except PermissionMissing as error:
        if error.is_contradicted:
            raise
        # The target's application may not read applications; then only its settings tell of links from there.
        return made
    returning = {each for link in back for each in link.made}
    returning |= {Shared.SOURCE_CLOUD} & {Shared(each) for link in back_by_cloud for each in link.made}
    return made | {shared for shared, other in _SEEN_FROM_THE_TARGET.items() if other in returning}


def _segment(tenant: Tenant) -> str:
    return part(tenant.tenant_id, "partnerTenantId")
