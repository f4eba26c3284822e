"""What several resources refuse before anything is sent: principals that are not there, unsendable mappings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from entra_sync.base.principals import Principal
from entra_sync.base.values.unknown import is_unknown
from entra_sync.errors import BadArgument, GraphError
from entra_sync.expressions import Mappings, ScopingFilter, check_mappings
from entra_sync.graph.gateway import Graph, connect
from entra_sync.graph.requests import Request
from entra_sync.microsoft.clouds import Cloud
from entra_sync.microsoft.tenant import Tenant

__all__ = ["looking_for", "refuse_mappings", "refuse_strangers"]


def refuse_strangers(
    graph: Graph,
    principals: Sequence[Principal],
    *,
    but: frozenset[str] = frozenset(),
    place: str = "principals",
    target: Tenant | None = None,
) -> dict[str, str]:
    """Asks by JSON batches whether the tenant has all of *principals*; those in *but* were asked about before.

    For one that it has not, the message says whether the id is of the other kind, or in the *target* of the link.
    Returns the names of the groups by their ids.

    Raises:
        BadArgument: It has not; ``principals[…]``, or what *place* says instead, names the first one.
    """
    asked = [
        (position, principal)
        for position, principal in enumerate(principals)
        if not is_unknown(principal.id) and principal.id not in but
    ]
    answers = graph.read_each([looking_for(principal) for _, principal in asked])
    for (position, principal), found in zip(asked, answers, strict=True):
        if found is None:
            raise BadArgument(
                f"{place}[{position}]", f"tenant {graph.tenant} has no {principal}; {_way(graph, principal, target)}"
            )
    return {found["id"]: str(found["displayName"]) for found in answers if found and "displayName" in found}


def looking_for(principal: Principal) -> Request:
    """Asks whether the tenant has a principal."""
    return Request("GET", principal.look, purpose=f"looking for {principal}", optional=True)


def _way(graph: Graph, principal: Principal, target: Tenant | None) -> str:
    """What to do about a principal that is not there."""
    other = Principal(id=principal.id, kind="Group" if principal.kind == "User" else "User")
    purpose = f"looking for {principal.id}"
    try:
        if graph.find(other.look, purpose) is not None:
            return f'the id is of a {other.kind.lower()}; write entra.{other.kind}("{other.id}")'
        if target is not None and connect(target).find(principal.look, purpose) is not None:
            return f"tenant {target} has it: are source and target swapped?"
    except GraphError:  # the hint is lost, not the error
        pass
    return "take the object id from its page"


def refuse_mappings(
    graph: Graph,
    mappings: Mappings,
    filters: ScopingFilter | None,
    schema: Mapping[str, Any] | None,
    template: Mapping[str, Any] | None,
    target_cloud: Cloud | None,
    *,
    place: str = "mappings",
) -> list[str]:
    """Checks mappings and filter; returns the warnings, one text each.

    Args:
        graph: Gateway to the source tenant.
        mappings, filters: What the program declares.
        schema: The job's schema; None while there is no job.
        template: The schema of the job's template; None if it cannot be read yet. Without both the built-in default
            counts.
        target_cloud: Cloud of the target, if it is known.
        place: How the arguments name the mappings; ``mapping`` if there is only one.

    Raises:
        BadArgument: The service would refuse one, or it would not do what it seems to do; the message names its place.
    """
    findings = check_mappings(
        mappings,
        filters,
        schema,
        template=template,
        source_cloud=graph.tenant.cloud,
        target_cloud=target_cloud,
        source_name=graph.tenant.name,
    )
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        where = errors[0].path if place == "mappings" else errors[0].path.replace("mappings[0]", place)
        more = f"\n(and {len(errors) - 1} more problems)" if len(errors) > 1 else ""
        raise BadArgument(where, f"{errors[0].reason}{more}")
    return [str(finding) for finding in findings]
