"""The impact of a declared link: reads both tenants through Graph and plans."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

from entra_sync.expressions import Context
from entra_sync.graph import paths
from entra_sync.graph.answers.together import reading
from entra_sync.graph.gateway import Graph
from entra_sync.graph.loop import together
from entra_sync.graph.paths import segment
from entra_sync.graph.requests import Request
from entra_sync.graph.synchronization.cross_cloud import lacking
from entra_sync.graph.synchronization.job_template import known_schema
from entra_sync.impact.declared.state import declared_state
from entra_sync.impact.facts.columns import UserColumns
from entra_sync.impact.facts.declaration import Declaration
from entra_sync.impact.facts.facts import Facts
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.facts.remarks import Note, Remark
from entra_sync.impact.planning.plan import ImpactPlan, plan
from entra_sync.impact.reading.ahead import asked_of
from entra_sync.impact.reading.cache import Cache
from entra_sync.impact.reading.gather import Needs, Readers, gather
from entra_sync.impact.reading.link import read_link
from entra_sync.impact.reading.users import Reader, Reading, silent
from entra_sync.microsoft.tenant import Tenant

Schema = Mapping[str, Any]

__all__ = ["Read", "read_declared", "read_people"]


@dataclass(frozen=True)
class Read:
    """What was read for a link.

    Attributes:
        source, target: The tenants.
        now: The link as it stands; None where there is none.
        then: The link as it is declared; None where it is destroyed.
        facts: Both tenants.
        template: The schema of the job's template; None if it was not read.
    """

    source: Tenant
    target: Tenant
    now: LinkState | None
    then: LinkState | None
    facts: Facts
    template: Schema | None = None

    def plan(self, context: Context | None = None) -> ImpactPlan:
        """The plan of the change; *context* is the present time if not given."""
        names = {"source": self.source.name, "target": self.target.name}
        return plan(self.facts, self.now, self.then, **names, context=context or Context.live())


def read_declared(
    source: Graph,
    target: Graph,
    service_principal_id: str | None,
    declared: Declaration | None,
    *,
    report: Callable[[Reading], None] = silent,
    cache: Cache | None = None,
    approve: Callable[[Schema | None, Schema | None], None] | None = None,
    names: Mapping[str, str] | None = None,
) -> Read:
    """Reads what the plan of a declared link is made from: now is what the tenants hold, then is *declared*.

    Args:
        source, target: Gateways to the two tenants.
        service_principal_id: The link's application; None while it does not exist.
        declared: The link as the program has it; None where it is destroyed.
        report: Is told of the progress of a reading.
        cache: What was read before (:func:`entra_sync.impact.reading.cache.configured`); None reads everything and
            keeps nothing.
        approve: Is called with the schemas of the job and of its template, each None if there is none to read yet,
            before any user is read. What it raises ends the reading.
        names: Display names of groups that are known; those of other groups are read.

    Raises:
        GraphError: Something could not be read, so nothing can be said.
    """
    everyone = declared is not None and declared.everyone
    with reading(asked_of(source, target, service_principal_id, everyone=everyone)):
        return _read(source, target, service_principal_id, declared, report, cache, approve, names or {})


def _read(
    source: Graph,
    target: Graph,
    service_principal_id: str | None,
    declared: Declaration | None,
    report: Callable[[Reading], None],
    cache: Cache | None,
    approve: Callable[[Schema | None, Schema | None], None] | None,
    names: Mapping[str, str],
) -> Read:
    """:func:`read_declared`, after what it reads anyhow was asked for."""
    now: LinkState | None = None
    if service_principal_id is not None:
        now = together(read_link(Reader(source, UserColumns.of([])), service_principal_id))
    then, template = None, None
    if declared is not None:
        template = known_schema(source, service_principal_id, now.template_id if now else None)
        if approve is not None:
            approve(now.schema if now else None, template)
        then = declared_state(declared, now, source.tenant, target.tenant, template)
        missing = [Remark(Note.CROSS_CLOUD, tuple(each)) for each in lacking(target, source.tenant.cloud)]
        then = replace(then, notes=(*then.notes, *missing))
        unknown = declared.groups - then.names.keys() - names.keys()
        then = replace(then, names={**names, **_names(source, unknown), **then.names})
        now = now.presumed(then) if now else None
    return replace(read_people(source, target, now, then, report=report, cache=cache), template=template)


def read_people(
    source: Graph,
    target: Graph,
    now: LinkState | None,
    then: LinkState | None,
    *,
    report: Callable[[Reading], None] = silent,
    cache: Cache | None = None,
) -> Read:
    """Reads both tenants for two states of a link; arguments and errors as for :func:`read_declared`."""
    with cache.locked(source.tenant.tenant_id, target.tenant.tenant_id) if cache is not None else nullcontext():
        facts = together(gather(Readers(source, target, report, cache=cache), Needs.of(now, then), now))
    return Read(source.tenant, target.tenant, now, then, facts)


def _names(source: Graph, groups: frozenset[str]) -> dict[str, str]:
    """Display names of groups, by one JSON batch for twenty."""
    ids = sorted(groups)
    requests = [Request("GET", paths.group_name(segment(id)), purpose=f"looking for group {id}") for id in ids]
    return {id: str(group["displayName"]) for id, group in zip(ids, source.read_all(requests), strict=True)}
