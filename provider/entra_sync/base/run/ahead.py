"""Reads ahead, by batches, what a refresh will ask for: the engine asks for one resource at a time.

The first read of a part of a link reads all parts of that link, and of other links of the stack, whose applications
carry the stack's tag. The first read of a setting for a partner reads all settings for it. A read that fails here puts
nothing at hand, so that the resource sends its own and reports what it is told.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from entra_sync.base.run import claims
from entra_sync.base.run.locks import one_at_a_time
from entra_sync.base.run.memory import remembered
from entra_sync.errors import GraphError
from entra_sync.graph import paths
from entra_sync.graph.gateway import Graph
from entra_sync.graph.paths import segment
from entra_sync.graph.requests import Answer, Request

__all__ = ["read_ahead"]

JSON = Any

PURPOSE = "reading the resources of the stack"

TOGETHER = 15
"""Links that are read together, and values that ``in`` of a filter compares with at most."""

_links: weakref.WeakKeyDictionary[Graph, list[str]] = remembered(weakref.WeakKeyDictionary())
"""The service principals of the stack's links, by gateway."""

_done: weakref.WeakKeyDictionary[Graph, set[str]] = remembered(weakref.WeakKeyDictionary())
"""The service principals and partners whose parts were read, by gateway."""


def read_ahead(graph: Graph, id: str, stack: str, partner: str) -> None:
    """Reads what belongs to the resource *id*, unless this run has done so.

    Args:
        graph: Gateway to its tenant.
        id: The resource's id.
        stack: The stack that it belongs to.
        partner: Id of the tenant that it is a setting for; empty if it is not one.
    """
    _, kind, name = id.split("/")[:3]
    wanted = {"servicePrincipals": name, "policies": partner}.get(kind)
    if not wanted:
        return
    with one_at_a_time(graph.tenant.tenant_id, "what is read ahead"):
        if graph not in _done:
            graph.at_hand.clear()
        done = _done.setdefault(graph, set())
        if wanted in done:
            return
        done.add(wanted)
        try:
            if kind == "policies":
                _read_settings(graph, partner)
                return
            if graph not in _links:
                _links[graph] = []
                _links[graph] = _list_links(graph, stack)
            together = _together(_links[graph], name)
            done.update(together)
            _read_links(graph, together)
        except GraphError:
            return  # the resource's own read meets the same, and reports it


def _together(links: Sequence[str], name: str) -> Sequence[str]:
    """The links that are read with the link *name*; only itself if it is not one of the stack's."""
    if name not in links:
        return [name]
    start = links.index(name) // TOGETHER * TOGETHER
    return links[start : start + TOGETHER]


def _list_links(graph: Graph, stack: str) -> list[str]:
    """The service principals of the links of a stack. They and their applications are at hand then."""
    tagged = "$filter=" + quote(f"tags/any(t:t eq '{claims.stack_tag(stack)}')")
    listing = f"{paths.APPLICATIONS}?{tagged}&$select=id,appId,displayName&$top=999"
    applications = list(graph.pages(listing, PURPOSE))
    for each in applications:
        graph.at_hand.put(paths.named_application(segment(each["appId"])), each)
    names = [f"'{segment(each['appId'])}'" for each in applications]
    parts = [",".join(names[start : start + TOGETHER]) for start in range(0, len(names), TOGETHER)]
    query = f"{paths.SERVICE_PRINCIPALS}?{paths.PRINCIPAL}&$filter=appId in "
    found = _read(graph, lists=[f"{query}({part})" for part in parts])
    principals = [each for page in found if page for each in page["value"]]
    for each in principals:
        graph.at_hand.put(paths.principal(segment(each["id"])), each)
    return [str(each["id"]) for each in principals]


def _read_links(graph: Graph, links: Sequence[str]) -> None:
    """Reads the parts of links, and then those of their jobs."""
    owners = [segment(each) for each in links]
    with graph.at_hand.used():
        principals = [path for path in map(paths.principal, owners) if graph.at_hand.answer(path) is None]
    others = [path for owner in owners for path in (paths.secrets(owner), paths.assigned(owner))]
    found = _read(graph, lists=[*map(paths.jobs, owners), *others], objects=principals)
    objects: list[str] = []
    for owner, page in zip(owners, found, strict=False):
        for job in page["value"] if page else ():
            path = paths.job(owner, segment(job["id"]))
            objects += [path, f"{path}/schema", paths.template_schema(owner, segment(job["templateId"]))]
    _read(graph, objects=list(dict.fromkeys(objects)))


def _read_settings(graph: Graph, partner: str) -> None:
    """Reads the settings for a partner, and the list of clouds from the version that has it."""
    entry = f"{paths.PARTNERS}/{segment(partner)}"
    policy, *_ = _read(graph, objects=[paths.ACCESS_POLICY, entry, f"{entry}/identitySynchronization"])
    if policy is not None and "allowedCloudEndpoints" not in policy:
        _read(graph, objects=[paths.BETA_ACCESS_POLICY])


def _read(graph: Graph, *, lists: Sequence[str] = (), objects: Sequence[str] = ()) -> list[JSON | None]:
    """Bodies of reads, which are at hand then; None for those that failed."""
    requests = [
        *(Request("GET", path, purpose=PURPOSE, expects="value", optional=True) for path in lists),
        *(Request("GET", path, purpose=PURPOSE, optional=True) for path in objects),
    ]
    answers = graph.batch(requests) if len(requests) != 1 else [graph.send(requests[0])]
    for request, answer in zip(requests, answers, strict=True):
        if isinstance(answer, Answer):
            graph.at_hand.put(request.path, answer.body)
    return [answer.body if isinstance(answer, Answer) else None for answer in answers]
