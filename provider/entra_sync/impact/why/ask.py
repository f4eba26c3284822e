"""Several questions to one tenant at a time, each with its answer, nothing, or what it takes to get an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from entra_sync.errors import GraphError, NotFound, PermissionMissing
from entra_sync.graph.gateway import Graph
from entra_sync.graph.links import Links
from entra_sync.graph.paths import is_beta
from entra_sync.graph.requests import Answer, Request

__all__ = ["Unread", "ask", "either", "items"]

JSON = Any


@dataclass(frozen=True, slots=True)
class Unread:
    """A part that could not be read. *why* says what it takes, e.g. ``needs AuditLog.Read.All in contoso``."""

    why: str

    @classmethod
    def because(cls, error: GraphError, tenant: str) -> Unread:
        """What an error of *tenant* asks for."""
        if isinstance(error, PermissionMissing) and error.needed:
            return cls(f"needs {' and '.join(error.needed)} in {tenant}")
        return cls(str(error))


async def ask(
    graph: Graph, requests: Mapping[str, Request], whole: Collection[str] = ()
) -> dict[str, JSON | Unread | None]:
    """The bodies of the answers by the questions' names: None where there is no such object.

    One round trip for twenty questions, and one more for those of the beta version; the lists named in *whole* come
    with all their pages.
    """
    versions = [
        {name: request for name, request in requests.items() if is_beta(request.path) is beta} for beta in (False, True)
    ]
    found: dict[str, JSON | Unread | None] = {}
    for part in await asyncio.gather(*(_ask(graph, version, whole) for version in versions if version)):
        found |= part
    return found


async def _ask(
    graph: Graph, requests: Mapping[str, Request], whole: Collection[str]
) -> dict[str, JSON | Unread | None]:
    found: dict[str, JSON | Unread | None] = {}
    for (name, request), answer in zip(requests.items(), await graph.ask_all(list(requests.values())), strict=True):
        if isinstance(answer, Answer):
            found[name] = await _whole(graph, answer.body, request.purpose) if name in whole else answer.body
        elif isinstance(answer, NotFound):
            found[name] = None
        else:
            found[name] = Unread.because(answer, graph.tenant.name)
    return found


async def _whole(graph: Graph, body: JSON, purpose: str) -> JSON | Unread:
    """A list with the pages that follow its first one; anything else as it is."""
    if not isinstance(body, Mapping) or "@odata.nextLink" not in body:
        return body
    links, values = Links(graph.tenant, purpose), list(body["value"])
    try:
        link = links.next(body["@odata.nextLink"])
        while link:
            page = (await graph.ask(Request("GET", link, None, purpose))).body
            values += page["value"]
            link = links.next(page.get("@odata.nextLink"))
    except GraphError as error:
        return Unread.because(error, graph.tenant.name)
    return {**body, "value": values}


def items(answer: JSON | Unread | None) -> list[JSON]:
    """The items of a list that was read; none of one that is not there.

    Raises:
        TypeError: It could not be read: that is not an empty list, and the caller has to look first.
    """
    if isinstance(answer, Unread):
        raise TypeError(answer.why)
    return [] if answer is None else list(answer["value"])


def either(*answers: JSON | Unread | None) -> Unread | None:
    """The first of some answers that could not be read; None where all could."""
    return next((answer for answer in answers if isinstance(answer, Unread)), None)
