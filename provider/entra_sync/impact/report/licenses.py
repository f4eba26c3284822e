"""Licenses of the users that a plan has in scope: before the change, and after it."""

from __future__ import annotations

from collections.abc import Collection

from entra_sync.errors import ConfigurationError, GraphError
from entra_sync.graph.gateway import Graph
from entra_sync.impact.planning.plan import ImpactPlan
from entra_sync.licensing import facts, requirement, unknown
from entra_sync.licensing.contract import LicenseFigures, UnknownFigures
from entra_sync.licensing.reading import read_licenses
from entra_sync.microsoft.clouds import Cloud

__all__ = ["licenses_of"]


def licenses_of(
    source: Graph, target: Cloud, plan: ImpactPlan, groups: Collection[str] = (), *, people: bool = False
) -> LicenseFigures | UnknownFigures:
    """The figures of :func:`entra_sync.licensing.facts` for a plan, or why they are not known.

    Licenses stop nothing here: where they cannot be read, the figures show it, and a policy may insist.

    Args:
        source: Gateway to the source tenant, which has the licenses.
        target: Cloud that people are synchronized into.
        plan: The plan.
        groups: Groups in scope; their members are read by the page, and others one by one.
        people: Name those who are not covered after the change: ``uncovered``, a list of ``id`` and ``reason``.
    """
    everyone = sorted({*plan.scope_now, *plan.scope_then})
    needs = requirement(source.tenant.cloud, target)
    try:
        found = read_licenses(source, groups=groups, users=everyone)
        now, after = found.coverage(needs, plan.scope_now), found.coverage(needs, plan.scope_then)
    except (ConfigurationError, GraphError) as error:
        return unknown(str(error))
    figures = facts(now, after)
    if people:
        figures["uncovered"] = [{"id": id, "reason": reason} for reason, ids in after.gaps.items() for id in ids]
    return figures
