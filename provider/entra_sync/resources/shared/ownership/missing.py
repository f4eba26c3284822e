"""Which shared settings a new link finds missing, and therefore makes itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from entra_sync.base.calls import part
from entra_sync.errors import PermissionMissing
from entra_sync.graph.gateway import Graph, connect, reading_at_once
from entra_sync.graph.paths import ACCESS_POLICY, ALLOWED_CLOUDS, identity_synchronization, partner, resource_id
from entra_sync.graph.synchronization.cross_cloud import allowed_clouds
from entra_sync.microsoft.clouds import pair
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.shared.ownership import ledger
from entra_sync.resources.shared.ownership.ledger import Shared
from entra_sync.resources.shared.ownership.sharing import made_here

__all__ = ["asked", "missing"]

JSON = Any


def missing(source: Tenant, target: Tenant, shares: Sequence[str]) -> list[Shared]:
    """The settings that are missing now, or that another link of ours has made.

    Args:
        source: Source tenant of the link.
        target: Target tenant.
        shares: The kinds of settings that the program declares: ``clouds``, ``partners``, ``inbound``.
    """
    with reading_at_once(asked(source, target)):
        made = _made(source, target)
        present = _present(source, target, shares)
    found: list[Shared] = []
    for shared, id in _ids(source, target).items():
        if _KINDS[shared] not in shares or (shared in _CLOUDS and not pair(source.cloud, target.cloud).cross_cloud):
            continue
        if shared not in present or shared in made or made_here(id):
            found.append(shared)
        elif shared in _CONSENTS:
            consent, switch = _CONSENTS[shared]
            if consent in made or (present[shared].get("automaticUserConsentSettings") or {}).get(switch) is not True:
                found.append(consent)
    return found


def asked(source: Tenant, target: Tenant) -> list[tuple[Graph, str]]:
    """What :func:`missing` asks of both tenants in its first look."""
    wanted = []
    for tenant, other in ((source, target), (target, source)):
        tags = (ledger.target_tag(other.tenant_id), ledger.cloud_tag(other.info.endpoint))
        inbound = [identity_synchronization(_segment(other))] if tenant is target else []
        paths = [*map(ledger.records_path, tags), ACCESS_POLICY, partner(_segment(other)), *inbound]
        wanted += [(connect(tenant), path) for path in paths]
    return wanted


_CLOUDS = (Shared.SOURCE_CLOUD, Shared.TARGET_CLOUD)
_KINDS = {
    Shared.SOURCE_CLOUD: "clouds",
    Shared.TARGET_CLOUD: "clouds",
    Shared.SOURCE_PARTNER: "partners",
    Shared.TARGET_PARTNER: "partners",
    Shared.INBOUND: "inbound",
}
_CONSENTS = {
    Shared.SOURCE_PARTNER: (Shared.SOURCE_CONSENT, "outboundAllowed"),
    Shared.TARGET_PARTNER: (Shared.TARGET_CONSENT, "inboundAllowed"),
}
"""The consent that a link needs in an entry, and its switch."""


def _ids(source: Tenant, target: Tenant) -> dict[Shared, str]:
    """The resource id of each setting."""
    there, here = source.tenant_id, target.tenant_id
    return {
        Shared.SOURCE_CLOUD: resource_id(there, f"{ALLOWED_CLOUDS}/{target.info.endpoint}"),
        Shared.TARGET_CLOUD: resource_id(here, f"{ALLOWED_CLOUDS}/{source.info.endpoint}"),
        Shared.SOURCE_PARTNER: resource_id(there, partner(here)),
        Shared.TARGET_PARTNER: resource_id(here, partner(there)),
        Shared.INBOUND: resource_id(here, identity_synchronization(there)),
    }


def _present(source: Tenant, target: Tenant, shares: Sequence[str]) -> dict[Shared, JSON]:
    """The settings that are there, with their bodies. That one is not there is what several looks in a row say."""
    there, here = connect(source), connect(target)
    entry, inbound = f"looking for partner {target}", f"looking for synchronization from partner {source}"
    questions: dict[Shared, Callable[[], JSON]] = {}
    if "clouds" in shares and pair(source.cloud, target.cloud).cross_cloud:
        questions[Shared.SOURCE_CLOUD] = lambda: target.info.endpoint in allowed_clouds(there)[1]
        questions[Shared.TARGET_CLOUD] = lambda: source.info.endpoint in allowed_clouds(here)[1]
    if "partners" in shares:
        questions[Shared.SOURCE_PARTNER] = lambda: there.find(partner(_segment(target)), entry)
        questions[Shared.TARGET_PARTNER] = lambda: here.find(partner(_segment(source)), f"looking for partner {source}")
    if "inbound" in shares:
        path = identity_synchronization(_segment(source))
        questions[Shared.INBOUND] = lambda: here.find(path, inbound)
    found: dict[Shared, JSON] = {}

    def look() -> bool:
        for shared, ask in questions.items():
            if shared not in found and (answer := ask()):
                found[shared] = answer
        return len(found) == len(questions)

    there.agreed(look)
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
