"""Collections of directory objects that another object leads to: members, owners, groups, reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import orjson

from entra_sync.emulator.errors import bad_request
from entra_sync.emulator.graph.common import location
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.collections import Rows, Through, count, page
from entra_sync.emulator.odata.options import Options
from entra_sync.emulator.state.entities import Entity, entity
from entra_sync.emulator.state.store import Document

__all__ = ["listed", "members_of", "related", "related_count", "related_references", "show", "targets"]

_KINDS = ("user", "group", "servicePrincipal")
_EDGES = "SELECT target FROM edges WHERE tenant = ? AND kind = ? AND source = ? AND removed = 0 AND target > ?"
_MOST_MERGED = 50
"""Groups whose ordered members are merged as they are read; those of more are collected first."""


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


def listed(ids: Iterable[str]) -> Through:
    """These ids, for ``related``."""
    text = orjson.dumps(list(ids)).decode()
    return lambda start: ("SELECT value AS target FROM json_each(?) WHERE value > ?", [text, start])


def targets(call: Call, kind: str, source: str) -> Through:
    """The ids that edges from an object lead to, for ``related``."""
    return lambda start: (_EDGES, [call.tid, kind, source, start])


def members_of(call: Call, groups: Sequence[str]) -> Through:
    """Members of any of these groups but the first group itself, for ``related``."""
    if len(groups) == 1:
        return targets(call, "member", groups[0])
    if len(groups) <= _MOST_MERGED:
        merged = " UNION ".join([f"{_EDGES} AND target <> ?"] * len(groups))
        return lambda start: (
            merged,
            [value for group in groups for value in (call.tid, "member", group, start, groups[0])],
        )
    text = orjson.dumps(list(groups)).decode()
    return lambda start: (
        "SELECT DISTINCT target FROM json_each(?) AS one CROSS JOIN edges ON source = one.value"
        " WHERE tenant = ? AND kind = 'member' AND removed = 0 AND target > ? AND target <> ?",
        [text, call.tid, start, groups[0]],
    )


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


def related(call: Call, through: Through, cast: str = "") -> Reply:
    """A page of the directory objects whose ids a query finds, only those of one type where there is a cast."""
    kinds, shape, context = _shape(cast)

    def project(kind: str, doc: Document, options: Options) -> Document:
        found = show(call, kind, doc, options)
        if len(kinds) == 1:
            del found["@odata.type"]
        return found

    plain = b"" if len(kinds) == 1 else b'"@odata.type":"#microsoft.graph.user",'
    return page(call, Rows(call.tid, kinds, through=through), context, shape, project, plain=plain)


def related_references(call: Call, through: Through) -> Reply:
    """A page of references to the directory objects whose ids a query finds."""

    def project(kind: str, doc: Document, options: Options) -> Document:
        return {"@odata.id": location(call, kind, doc["id"])}

    return page(call, Rows(call.tid, _KINDS, through=through), "Collection($ref)", entity("user"), project)


def related_count(call: Call, through: Through, cast: str = "") -> Reply:
    """How many there are."""
    kinds, shape, _ = _shape(cast)
    return count(call, Rows(call.tid, kinds, through=through), shape)
