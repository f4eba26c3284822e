"""Writing the record of a link on its application (:mod:`entra_sync.resources.shared.ownership.ledger`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from entra_sync.base.calls import GraphCall, part
from entra_sync.base.run import claims
from entra_sync.graph import paths
from entra_sync.graph.gateway import connect
from entra_sync.microsoft.clouds import pair
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.shared.ownership import ledger
from entra_sync.resources.shared.ownership.missing import missing

__all__ = ["links_elsewhere", "recording", "unrecorded"]

JSON = Any


def recording(
    source: Tenant,
    target: Tenant,
    shares: Sequence[str],
    application: str,
    *,
    before: Tenant | None = None,
    stacks: Sequence[str] = (),
) -> GraphCall:
    """The call that writes the record.

    Args:
        source: Source tenant of the link.
        target: Target tenant.
        shares: The kinds of shared settings that the program declares.
        application: The application, as a segment of the path.
        before: Target that the record named so far.
        stacks: Stacks that the record names and that no longer have the link.
    """
    made = missing(source, target, shares)
    tags = ledger.tags(target, made, cross_cloud=pair(source.cloud, target.cloud).cross_cloud)
    tags += [claims.stack_tag(claims.stack())] if claims.stack() else []
    stale = set(ledger.every_tag(before)) - set(tags) if before is not None else set()
    stale |= {claims.stack_tag(each) for each in stacks}
    return ledger.tagging(source, application, tags, stale)


def unrecorded(
    source: Tenant, target: Tenant, shares: Sequence[str], existing: Mapping[str, JSON], purpose: str
) -> list[GraphCall]:
    """The call that writes the record on an *existing* application, unless it is there."""
    application = part(existing["applicationId"], "applicationId")
    found = connect(source).get(f"{paths.application(application)}?$select=id,tags", purpose)
    others = ledger.other_stacks(found, claims.stack())
    if ledger.is_recorded(found, target) and not others:
        return []
    return [recording(source, target, shares, application, stacks=others)]


def links_elsewhere(source: Tenant, target: Tenant) -> list[ledger.Record]:
    """The links between two tenants that the program does not declare, as far as it is known.

    A link that the program declares earlier is known; whether a later declaration is one of these is not known yet.
    """
    return [
        link
        for link in ledger.records(source, ledger.target_tag(target.tenant_id))
        if not (claims.declared_earlier(link.name) or claims.declares("applicationId", link.application_id))
    ]
