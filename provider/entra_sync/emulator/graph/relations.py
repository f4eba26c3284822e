"""A relation is one declaration: what leads from an object to directory objects, and how clients add and remove them.

``relation_routes`` registers its routes: the list, by type, as a count and as references, adding and removing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import orjson

from entra_sync.emulator.errors import bad_request, not_emulated, not_found
from entra_sync.emulator.graph.audit import audit_object
from entra_sync.emulator.graph.common import location, owned, reference_id
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.collections import Rows, Through, count, page
from entra_sync.emulator.odata.options import Options, read_options
from entra_sync.emulator.state.catalog.entities import DIRECTORY_KINDS, Entity, entity
from entra_sync.emulator.state.spelling import GUID
from entra_sync.emulator.state.store import Document, Entry

__all__ = [
    "GROUPS_OF",
    "MOST_EXPANDED",
    "OWNED",
    "OWNERS",
    "PRINCIPALS",
    "Relation",
    "connect",
    "disconnect",
    "edges",
    "listed",
    "members_of",
    "related",
    "relation_routes",
    "show",
]

Lead = Callable[[Call, Entry], Through]

PRINCIPALS = ("user", "group", "servicePrincipal")
_EDGES = "SELECT target FROM edges WHERE tenant = ? AND kind = ? AND source = ? AND removed = 0 AND target > ?"
_OTHER_SETS = {"directoryrole": "directoryRoles", "device": "devices", "orgcontact": "contacts"}
"""Types of directory objects that no emulated tenant has any of, with their collections."""
MOST_EXPANDED = 20
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


def edges(kind: str) -> Lead:
    """Returns what leads from an object to the targets of its edges."""
    return lambda call, entry: lambda start: (_EDGES, [call.tid, kind, entry.id, start])


def members_of(call: Call, groups: Sequence[str]) -> Through:
    """Members of any of these groups but the first group itself, for ``related``."""
    if len(groups) == 1:
        return lambda start: (_EDGES, [call.tid, "member", groups[0], start])
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


def _shape(kinds: Sequence[str], cast: str) -> tuple[Sequence[str], Entity, str]:
    """Kinds, entity for checks, and context of a collection of some kinds, by its OData cast."""
    if not cast:
        return kinds, entity("user"), "directoryObjects"
    prefix, _, kind = cast.rpartition(".")
    if prefix.lower() != "microsoft.graph":
        raise bad_request(f"Resource not found for the segment '{cast}'.", "BadRequest")
    for known in DIRECTORY_KINDS:
        if known.lower() == kind.lower():
            return (known,), entity(known), entity(known).set
    context = _OTHER_SETS.get(kind.lower())
    if context is None:
        raise not_emulated(f"the type '{cast}'")
    return (kind,), entity("user"), context


@dataclass(frozen=True, slots=True)
class Relation:
    """What an object leads to.

    Attributes:
        lead: The ids of what it leads to.
        kinds: Kinds of objects that it leads to.
        casts: Whether objects of one type can be asked for.
        references: Whether ``$ref`` lists references.
        single: Whether one of the objects can be asked for by its id, where others take a type.
        add: Adds an object by its id; None if clients cannot.
        remove: Takes an object away; required if there is ``add``.
        added_at: Ends of the paths that a client can post a reference to.
    """

    lead: Lead
    kinds: tuple[str, ...] = PRINCIPALS
    casts: bool = True
    references: bool = False
    single: bool = False
    add: Callable[[Call, Entry, str], None] | None = None
    remove: Callable[[Call, Entry, str], None] | None = None
    added_at: tuple[str, ...] = ("/$ref",)

    def expand(self, call: Call, entry: Entry, options: Options) -> list[Document]:
        """Returns what ``$expand`` shows."""
        rows = Rows(call.tid, self.kinds, through=self.lead(call, entry))
        return [show(call, kind, found, options) for kind, found in rows.first(call, MOST_EXPANDED)]


def connect(call: Call, entry: Entry, other: str, edge: str, kinds: Sequence[str] = PRINCIPALS) -> None:
    """Draws an edge to another object.

    Raises:
        Fault: 404 if there is no such object of these kinds, 400 if the edge is there.
    """
    if call.directory.find(other, kinds) is None:
        raise not_found(other)
    if not call.store.connect(call.tid, edge, entry.id, other):
        raise bad_request(
            "One or more added object references already exist for the following modified properties:"
            f" '{edge.rsplit('.', 1)[-1]}s'."
        )


def disconnect(call: Call, entry: Entry, other: str, edge: str) -> None:
    """Removes an edge to another object.

    Raises:
        Fault: 404 if there is no such edge.
    """
    if not call.store.disconnect(call.tid, edge, entry.id, other.lower()):
        raise not_found(other)


def _add_owner(call: Call, entry: Entry, other: str) -> None:
    connect(call, entry, other, "owner", ("user", "servicePrincipal"))
    audit_object(call, "Add owner to {}", entry)


def _remove_owner(call: Call, entry: Entry, other: str) -> None:
    disconnect(call, entry, other, "owner")
    audit_object(call, "Remove owner from {}", entry)


def _groups_of(*, transitive: bool) -> Relation:
    def lead(call: Call, entry: Entry) -> Through:
        directory = call.directory
        return listed([*directory.groups_of(entry.id, transitive=transitive), *directory.units_of(entry.id)])

    return Relation(lead, kinds=(*PRINCIPALS, "administrativeUnit"))


OWNERS = Relation(edges("owner"), casts=False, references=True, add=_add_owner, remove=_remove_owner)
OWNED = Relation(
    lambda call, entry: listed(sorted(call.store.sources(call.tid, "owner", entry.id))), kinds=DIRECTORY_KINDS
)
"""What an object is an owner of ("List ownedObjects")."""
GROUPS_OF = {"memberOf": _groups_of(transitive=False), "transitiveMemberOf": _groups_of(transitive=True)}
"""The groups and administrative units that an object is a member of ("List memberOf", "List a user's memberOf")."""


def related(call: Call, kinds: Sequence[str], through: Through, cast: str = "") -> Reply:
    """Returns a page of the directory objects whose ids a query finds, of one type if there is a cast."""
    kinds, shape, context = _shape(kinds, cast)

    def project(kind: str, doc: Document, options: Options) -> Document:
        found = show(call, kind, doc, options)
        if len(kinds) == 1:
            del found["@odata.type"]
        return found

    plain = b"" if len(kinds) == 1 else b'"@odata.type":"#microsoft.graph.user",'
    return page(call, Rows(call.tid, kinds, through=through), context, shape, project, plain=plain)


def _one(call: Call, relation: Relation, entry: Entry, other: str) -> Reply:
    """Returns one of the objects that a relation leads to.

    Raises:
        Fault: 404 if it does not lead to it.
    """
    rows = Rows(call.tid, relation.kinds, ("id = ?", [other]), through=relation.lead(call, entry))
    for kind, doc in rows.first(call, 1):
        options = read_options(call, entity(kind))
        return call.entity(show(call, kind, doc, options), "directoryObjects/$entity")
    raise not_found(other)


def relation_routes(routes: Router, path: str, find: Callable[[Call, str], Entry], relation: Relation) -> None:
    """Registers the routes of one relation.

    Args:
        routes: Where to register them.
        path: Path of the relation, with ``{id}`` for the object that leads to others.
        find: Finds that object by its id.
        relation: What it leads to.
    """
    lead = relation.lead
    with_cast = (f"{path}/{{cast}}",) if relation.casts else ()

    @routes.on("GET", path, *with_cast)
    def list_related(call: Call, id: str, cast: str = "") -> Reply:
        entry = find(call, id)
        if relation.single and GUID.match(cast):
            return _one(call, relation, entry, cast.lower())
        return related(call, relation.kinds, lead(call, entry), cast)

    @routes.on("GET", f"{path}/$count", *(f"{cast}/$count" for cast in with_cast))
    def count_related(call: Call, id: str, cast: str = "") -> Reply:
        kinds, shape, _ = _shape(relation.kinds, cast)
        return count(call, Rows(call.tid, kinds, through=lead(call, find(call, id))), shape)

    if relation.references:

        @routes.on("GET", f"{path}/$ref")
        def list_references(call: Call, id: str) -> Reply:
            def project(kind: str, doc: Document, options: Options) -> Document:
                return {"@odata.id": location(call, kind, doc["id"])}

            rows = Rows(call.tid, relation.kinds, through=lead(call, find(call, id)))
            return page(call, rows, "Collection($ref)", entity("user"), project)

    add, remove = relation.add, relation.remove
    if add is None or remove is None:
        return

    @routes.on("POST", *(f"{path}{end}" for end in relation.added_at))
    def add_related(call: Call, id: str) -> Reply:
        entry = find(call, id)
        owned(call, entry.id)
        add(call, entry, reference_id(call.json()))
        return Reply(204)

    @routes.on("DELETE", f"{path}/{{other}}/$ref")
    def remove_related(call: Call, id: str, other: str) -> Reply:
        entry = find(call, id)
        owned(call, entry.id)
        remove(call, entry, other)
        return Reply(204)
