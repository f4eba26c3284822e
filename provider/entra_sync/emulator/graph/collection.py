"""Collections and relations of directory objects, each registered with all its routes by one call.

``collection`` answers a list, its ``$count`` and one object; ``relation`` answers the objects that another object leads
to (members, owners, groups, reports), by type, as a count and as references.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from entra_sync.emulator.errors import Fault, bad_request
from entra_sync.emulator.graph.common import location, selected
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.collections import Rows, Through, count, page
from entra_sync.emulator.odata.options import Options, read_options
from entra_sync.emulator.odata.sql import Condition
from entra_sync.emulator.state.catalog.entities import DIRECTORY_KINDS, Entity, entity
from entra_sync.emulator.state.store import Document, Entry

__all__ = [
    "ABSENT",
    "Collection",
    "Expand",
    "collection",
    "expanding",
    "groups_of",
    "listed",
    "members_of",
    "related",
    "relation",
    "show",
    "targets",
]

Show = Callable[[Call, Document, Options], Document]
Expand = Callable[[Call, Document, Options], Any]
"""What ``$expand`` shows of an object; ``ABSENT`` for nothing."""
ABSENT: Any = object()
Lead = Callable[[Call, Entry], Through]

_KINDS = ("user", "group", "servicePrincipal")
_EDGES = "SELECT target FROM edges WHERE tenant = ? AND kind = ? AND source = ? AND removed = 0 AND target > ?"
_OTHER_SETS = {"directoryrole": "directoryRoles", "administrativeunit": "administrativeUnits", "device": "devices",
               "orgcontact": "contacts"}  # fmt: skip
"""Types of directory objects that no emulated tenant has any of, with their collections."""
_MOST_EXPANDED = 20
"""Objects that ``$expand`` shows ("Use query parameters to customize responses", expand)."""
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
    context = _OTHER_SETS.get(kind.lower())
    if context is None:
        raise Fault(501, "NotImplemented", f"The emulator does not know the type '{cast}'.")
    return (kind,), entity("user"), context


# Collections


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection of one kind of object.

    Attributes:
        path: Path of the collection.
        kind: Kind of the stored objects.
        show: Shows one object.
        find: Finds one object by what the path says; raises 404 if it is not there.
        expands: What each ``$expand`` shows.
        navigations: Other relations that the service can expand and the emulator cannot.
        type: Name of the type, if it differs from the kind.
        where: Condition of the objects that belong to the collection.
        plain: Start of a plain answer that the store keeps, or None if it keeps none.
        usual: Page size without ``$top``.
        most: Largest ``$top``.
        largest: Most objects of a page, whatever ``$top`` says.
    """

    path: str
    kind: str
    show: Show
    find: Callable[[Call, str], Entry]
    expands: Mapping[str, Expand] = field(default_factory=dict)
    navigations: frozenset[str] = frozenset()
    type: str = ""
    where: Callable[[Call], Condition | None] = lambda call: None
    plain: bytes | None = None
    usual: int = 100
    most: int = 999
    largest: int = 999

    @property
    def name(self) -> str:
        """Name of the collection in ``@odata.context``."""
        return self.path.strip("/")

    @property
    def entity(self) -> Entity | None:
        """Entity type, for kinds whose properties are tabled."""
        return entity(self.kind) if self.kind in DIRECTORY_KINDS else None

    def rows(self, call: Call) -> Rows:
        """Returns the objects of the collection."""
        return Rows(call.tid, [self.kind], self.where(call))

    def shown(self, call: Call, doc: Document, options: Options) -> Document:
        """Returns an object with what ``$expand`` asks for."""
        return expanding(call, self, doc, options, self.show(call, doc, options))


def expanding(call: Call, known: Collection, doc: Document, options: Options, shown: Document) -> Document:
    """Adds to an object what ``$expand`` asks for.

    Raises:
        Fault: 400 for a relation that the type does not have, 501 for one that the emulator does not know.
    """
    for item in options.expand:
        expand = known.expands.get(item.name)
        if expand is None and item.name in known.navigations:
            raise Fault(501, "NotImplemented", f"The emulator does not know $expand={item.name} of {known.path}.")
        if expand is None:
            raise bad_request(
                f"Parsing OData Select and Expand failed: Could not find a property named '{item.name}' on type"
                f" 'microsoft.graph.{known.type or known.kind}'.",
                "BadRequest",
            )
        found = expand(call, doc, Options(select=item.select))
        if found is not ABSENT:
            shown[item.name] = found[:_MOST_EXPANDED] if isinstance(found, list) else found
    return shown


def collection(routes: Router, known: Collection, *, counted: bool = True) -> None:
    """Registers the list of a collection, its ``$count``, and one object of it."""

    @routes.on("GET", known.path)
    def list_all(call: Call) -> Reply:
        def project(kind: str, doc: Document, options: Options) -> Document:
            return known.shown(call, doc, options)

        return page(
            call,
            known.rows(call),
            known.name,
            known.entity,
            project,
            plain=known.plain,
            usual=known.usual,
            most=known.most,
            largest=known.largest,
        )

    if counted:

        @routes.on("GET", f"{known.path}/$count")
        def count_all(call: Call) -> Reply:
            return count(call, known.rows(call), known.entity)

    @routes.on("GET", f"{known.path}/{{id}}")
    def get_one(call: Call, id: str) -> Reply:
        options = read_options(call, known.entity)
        doc = known.shown(call, known.find(call, id).doc, options)
        return call.entity(doc, f"{known.name}{selected(options)}/$entity")


# Relations


def relation(
    routes: Router,
    path: str,
    find: Callable[[Call, str], Entry],
    lead: Lead,
    *,
    casts: bool = True,
    references: bool = False,
) -> Expand:
    """Registers what an object leads to: its list, by type if *casts*, its ``$count``, and ``$ref`` if *references*.

    Returns what ``$expand`` shows of the relation.
    """
    with_cast = (f"{path}/{{cast}}",) if casts else ()

    @routes.on("GET", path, *with_cast)
    def list_related(call: Call, id: str, cast: str = "") -> Reply:
        return related(call, lead(call, find(call, id)), cast)

    @routes.on("GET", f"{path}/$count", *(f"{cast}/$count" for cast in with_cast))
    def count_related(call: Call, id: str, cast: str = "") -> Reply:
        kinds, shape, _ = _shape(cast)
        return count(call, Rows(call.tid, kinds, through=lead(call, find(call, id))), shape)

    if references:

        @routes.on("GET", f"{path}/$ref")
        def list_references(call: Call, id: str) -> Reply:
            def project(kind: str, doc: Document, options: Options) -> Document:
                return {"@odata.id": location(call, kind, doc["id"])}

            rows = Rows(call.tid, _KINDS, through=lead(call, find(call, id)))
            return page(call, rows, "Collection($ref)", entity("user"), project)

    def expand(call: Call, doc: Document, options: Options) -> list[Document]:
        rows = Rows(call.tid, _KINDS, through=lead(call, find(call, doc["id"])))
        return [show(call, kind, found, options) for kind, found in rows.first(call, _MOST_EXPANDED)]

    return expand


def related(call: Call, through: Through, cast: str = "") -> Reply:
    """Returns a page of the directory objects whose ids a query finds, of one type if there is a cast."""
    kinds, shape, context = _shape(cast)

    def project(kind: str, doc: Document, options: Options) -> Document:
        found = show(call, kind, doc, options)
        if len(kinds) == 1:
            del found["@odata.type"]
        return found

    plain = b"" if len(kinds) == 1 else b'"@odata.type":"#microsoft.graph.user",'
    return page(call, Rows(call.tid, kinds, through=through), context, shape, project, plain=plain)


def groups_of(*, transitive: bool = False) -> Lead:
    """Returns what leads from an object to the groups that it is a member of."""
    return lambda call, entry: listed(call.directory.groups_of(entry.id, transitive=transitive))
