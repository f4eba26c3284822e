"""How a link in its tenants differs from what its program declared the last time."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from entra_sync.errors import NotFound
from entra_sync.expressions import ScopingFilter, merge_schema, read_switches
from entra_sync.graph import paths
from entra_sync.graph.gateway import Graph
from entra_sync.graph.paths import segment
from entra_sync.graph.synchronization.job_template import template_schema
from entra_sync.impact.declared.state import declared_state
from entra_sync.impact.facts.declaration import Declaration
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.reading.link import link_state
from entra_sync.microsoft.tenant import Tenant

__all__ = ["differences", "drift", "not_put_back"]

JSON = Any


def drift(source: Graph, target: Tenant, service_principal_id: str, declared: Declaration) -> list[str]:
    """Names of what an administrator has changed and `up` puts back. A link without a job has none.

    A setting that could not be read is no difference. What is read has the paths that a refresh of the link's other
    resources reads, so that it is at hand.

    Raises:
        GraphError: Something could not be read.
    """
    owner = segment(service_principal_id)
    try:
        jobs = list(source.pages(paths.jobs(owner), "reading the job"))
    except NotFound:
        return []
    if not jobs:
        return []
    job = jobs[0]
    schema = source.get(paths.schema(owner, segment(job["id"])), "reading the job's schema")
    secrets = source.get(paths.secrets(owner), "reading the job's settings")
    assigned = list(source.pages(paths.assigned(owner), "reading the assigned users and groups"))
    template = template_schema(source, service_principal_id, job["templateId"])
    now = link_state(service_principal_id, job, schema, secrets["value"], assigned)
    then = declared_state(declared, now, source.tenant, target, template)
    return list(differences(now.presumed(then), then))


def differences(now: LinkState, then: LinkState) -> Iterator[str]:
    """What of a link changes from *now* to *then*, by the names of arguments."""
    if now.everyone != then.everyone:
        yield "everyone"
    elif not then.everyone and (now.groups, now.users) != (then.groups, then.users):
        yield "principals"
    live, declared = read_switches(now.schema), read_switches(then.schema)
    if not now.same_rows(then):
        yield "mappings"
    if _groups(now) != _groups(then):
        yield "filters"
    if live.enabled != declared.enabled:
        yield "usersEnabled"
    if set(live.actions) != set(declared.actions):
        yield "actions"
    if live.input_filter != declared.input_filter:
        yield "inputFilter"
    if now.enabled != then.enabled:
        yield "enabled"
    if now.deletion_threshold != then.deletion_threshold:
        yield "deletionThreshold"


def not_put_back(now: LinkState, then: LinkState, names: Collection[str], *, schema_changes: bool) -> LinkState:
    """The link after a change that leaves what an administrator has changed as it is *now*.

    Args:
        now: The link as it stands.
        then: The link as it is declared.
        names: What is left, by the names of :func:`differences`.
        schema_changes: The change is one of the schema too. Then the schema's switches are put back with it.
    """
    held: dict[str, Any] = {}
    for name, attributes in _ATTRIBUTES.items():
        held |= {each: getattr(now, each) for each in attributes if name in names}
    if not schema_changes:
        held["schema"] = now.schema
    elif "filters" in names:
        held["schema"] = merge_schema(then.schema, (), now.filter or ScopingFilter.everybody())
    return replace(then, **held)


_ATTRIBUTES = {
    "everyone": ("everyone",),
    "principals": ("groups", "users"),
    "enabled": ("enabled",),
    "deletionThreshold": ("deletion_threshold",),
}
"""What a state calls the arguments of a link that are not parts of its schema."""


def _groups(link: LinkState) -> JSON:
    return (link.filter.graph() if link.filter else {}).get("groups") or []
