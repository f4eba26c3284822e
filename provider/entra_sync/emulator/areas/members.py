"""Collections of directory objects that another object leads to: members, owners, groups, reports."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from ..entities import Entity, entity
from ..odata.collections import Rows, count, page
from ..odata.options import Options
from ..store import Document
from ..wire import Call, Reply, bad_request
from .common import location

__all__ = ["related", "related_count", "show"]

_KINDS = ("user", "group", "servicePrincipal")


def show(call: Call, kind: str, doc: Document, options: Options | None = None) -> Document:
    """A directory object of any kind with its type, as mixed collections show it."""
    shape = entity(kind)
    chosen = options.select if options is not None else ()
    shown: Document = {"@odata.type": f"#{shape.type}"}
    if kind == "group":
        doc = {"organizationId": call.tid, **doc}
        if call.header("ConsistencyLevel").lower() == "eventual":
            shown["@odata.id"] = location(call, "group", doc["id"])
    return {**shown, **shape.project(doc, chosen or shape.default(call.version))}


def _rows(call: Call, ids: Sequence[str], kinds: Sequence[str]) -> Rows:
    return Rows(call.tid, kinds, ("id IN (SELECT value FROM json_each(?))", [orjson.dumps(list(ids)).decode()]))


def _shape(cast: str) -> tuple[Sequence[str], Entity, str]:
    """Kinds, entity for checks, and context of a collection, by its OData cast."""
    if not cast:
        return _KINDS, entity("user"), "directoryObjects"
    prefix, _, kind = cast.rpartition(".")
    if prefix.lower() != "microsoft.graph":
        raise bad_request(f"Resource not found for the segment '{cast}'.", "BadRequest")
    for known in _KINDS:
        if known.lower() == kind.lower():
            return (known,), entity(known), entity(known).set
    return (kind,), entity("user"), "directoryObjects"


def related(call: Call, ids: Sequence[str], cast: str = "") -> Reply:
    """A page of the directory objects with these ids, only those of one type where there is a cast."""
    kinds, shape, context = _shape(cast)

    def project(kind: str, doc: Document, options: Options) -> Document:
        found = show(call, kind, doc, options)
        if len(kinds) == 1:
            del found["@odata.type"]
        return found

    return page(call, _rows(call, ids, kinds), context, shape, project)


def related_count(call: Call, ids: Sequence[str], cast: str = "") -> Reply:
    """How many there are."""
    kinds, shape, _ = _shape(cast)
    return count(call, _rows(call, ids, kinds), shape)
