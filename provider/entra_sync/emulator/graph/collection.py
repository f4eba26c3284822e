"""A collection is one declaration: what it holds, how objects come, change and go, and what they lead to.

``collection`` registers all its routes: the list, ``$count``, one object, POST, PATCH and DELETE; for each relation the
list, by type, as a count and as references, and adding and removing. ``documents`` does the same for a few documents
that are not rows of the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from entra_sync.emulator.errors import Fault, bad_request, not_emulated, not_found
from entra_sync.emulator.graph.audit import audit_object
from entra_sync.emulator.graph.common import (
    by_key,
    keep_unique_name,
    location,
    owned,
    picked,
    reference_id,
    selected,
    to_create,
)
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.collections import Rows, Through, count, few, page
from entra_sync.emulator.odata.options import Options, read_options
from entra_sync.emulator.state.catalog.entities import DIRECTORY_KINDS, Entity, entity
from entra_sync.emulator.state.store import Document, Entry

__all__ = [
    "ABSENT",
    "GROUPS_OF",
    "OWNERS",
    "Collection",
    "Expand",
    "Relation",
    "collection",
    "connect",
    "disconnect",
    "documents",
    "edges",
    "listed",
    "members_of",
    "related",
    "show",
    "soft_delete",
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
        raise not_emulated(f"the type '{cast}'")
    return (kind,), entity("user"), context


# Relations


@dataclass(frozen=True, slots=True)
class Relation:
    """What an object leads to.

    Attributes:
        lead: The ids of what it leads to.
        casts: Whether objects of one type can be asked for.
        references: Whether ``$ref`` lists references.
        add: Adds an object by its id; None if clients cannot.
        remove: Takes an object away; required if there is ``add``.
        added_at: Ends of the paths that a client can post a reference to.
    """

    lead: Lead
    casts: bool = True
    references: bool = False
    add: Callable[[Call, Entry, str], None] | None = None
    remove: Callable[[Call, Entry, str], None] | None = None
    added_at: tuple[str, ...] = ("/$ref",)

    def expand(self, call: Call, entry: Entry, options: Options) -> list[Document]:
        """Returns what ``$expand`` shows."""
        rows = Rows(call.tid, _KINDS, through=self.lead(call, entry))
        return [show(call, kind, found, options) for kind, found in rows.first(call, _MOST_EXPANDED)]


def connect(call: Call, entry: Entry, other: str, edge: str, kinds: Sequence[str] = _KINDS) -> None:
    """Draws an edge to another object.

    Raises:
        Fault: 404 if there is no such object of these kinds, 400 if the edge is there.
    """
    if call.directory.find(other, kinds) is None:
        raise not_found(other)
    if not call.store.connect(call.tid, edge, entry.id, other):
        raise bad_request(
            f"One or more added object references already exist for the following modified properties: '{edge}s'."
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
    return Relation(lambda call, entry: listed(call.directory.groups_of(entry.id, transitive=transitive)))


OWNERS = Relation(edges("owner"), casts=False, references=True, add=_add_owner, remove=_remove_owner)
GROUPS_OF = {"memberOf": _groups_of(transitive=False), "transitiveMemberOf": _groups_of(transitive=True)}
"""The groups that an object is a member of."""


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


def _relation(routes: Router, known: Collection, name: str, relation: Relation) -> None:
    path, find, lead = f"{known.path}/{{id}}/{name}", known.entry, relation.lead
    with_cast = (f"{path}/{{cast}}",) if relation.casts else ()

    @routes.on("GET", path, *with_cast)
    def list_related(call: Call, id: str, cast: str = "") -> Reply:
        return related(call, lead(call, find(call, id)), cast)

    @routes.on("GET", f"{path}/$count", *(f"{cast}/$count" for cast in with_cast))
    def count_related(call: Call, id: str, cast: str = "") -> Reply:
        kinds, shape, _ = _shape(cast)
        return count(call, Rows(call.tid, kinds, through=lead(call, find(call, id))), shape)

    if relation.references:

        @routes.on("GET", f"{path}/$ref")
        def list_references(call: Call, id: str) -> Reply:
            def project(kind: str, doc: Document, options: Options) -> Document:
                return {"@odata.id": location(call, kind, doc["id"])}

            rows = Rows(call.tid, _KINDS, through=lead(call, find(call, id)))
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


# Collections


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection of one kind of object.

    Attributes:
        path: Path of the collection.
        kind: Kind of the stored objects.
        show: Shows one object; as it is stored, if not given.
        find: Finds one object by what the path says; by its id or alternate key, if not given.
        create: Makes an object from a body and returns what the answer shows of it; None if clients cannot. It also
            makes the object of an alternate key that a PATCH asks for ("Upsert group").
        change: Changes an object by a body; None if clients cannot.
        delete: Deletes an object; None if clients cannot.
        relations: What objects lead to; ``$expand`` shows it.
        expands: What each other ``$expand`` shows.
        navigations: Other relations that the service can expand and the emulator cannot.
        type: Name of the type, if it differs from the kind.
        plain: Start of a plain answer that the store keeps, or None if it keeps none.
        counted: Whether the collection has a ``$count`` of its own.
        located: Whether the answer to a creation says where the object is.
        shared: Whether every tenant sees the same objects.
        usual: Page size without ``$top``.
        most: Largest ``$top``.
        largest: Most objects of a page, whatever ``$top`` says.
    """

    path: str
    kind: str
    show: Show = lambda call, doc, options: picked(doc, options)
    find: Callable[[Call, str], Entry] | None = None
    create: Callable[[Call, Document], Document] | None = None
    change: Callable[[Call, Entry, Document], None] | None = None
    delete: Callable[[Call, Entry], None] | None = None
    relations: Mapping[str, Relation] = field(default_factory=dict)
    expands: Mapping[str, Expand] = field(default_factory=dict)
    navigations: frozenset[str] = frozenset()
    type: str = ""
    plain: bytes | None = None
    counted: bool = True
    located: bool = True
    shared: bool = False
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

    def owner(self, call: Call) -> str:
        """Returns the tenant whose objects the collection holds."""
        return "" if self.shared else call.tid

    def entry(self, call: Call, id: str) -> Entry:
        """Returns the object that a path names.

        Raises:
            Fault: 404 if there is none.
        """
        if self.find is not None:
            return self.find(call, id)
        if self.kind in DIRECTORY_KINDS:
            return by_key(call, self.kind, id)
        found = call.store.get(self.owner(call), self.kind, id)
        if found is None:
            raise not_found(id)
        return found

    def rows(self, call: Call) -> Rows:
        """Returns the objects of the collection."""
        return Rows(self.owner(call), [self.kind])

    def shown(self, call: Call, doc: Document, options: Options, *, alone: bool = False) -> Document:
        """Returns an object with what ``$expand`` asks for.

        Args:
            call: The request.
            doc: The stored object.
            options: What the request asks for.
            alone: Whether the request is for this object, and not for a collection.

        Raises:
            Fault: 400 for a relation that the type does not have, 501 for one that the emulator does not know.
        """
        shown = self.show(call, doc, options)
        for item in options.expand:
            if item.levels is not None and not alone:
                # Issue 18615 of microsoft-graph-docs shows the answer.
                raise Fault(
                    400,
                    "Request_UnsupportedQuery",
                    "Transitive manager's list is only supported on a single user, send the $expand request on"
                    " /users/{id} endpoint",
                )
            inner = Options(select=item.select, levels=item.levels)
            if item.name in self.relations:
                found: Any = self.relations[item.name].expand(call, self.entry(call, doc["id"]), inner)
            elif item.name in self.expands:
                found = self.expands[item.name](call, doc, inner)
            elif item.name == "*" or item.name in self.navigations:
                raise not_emulated(f"$expand={item.name} of {self.path}")
            else:
                raise bad_request(
                    f"Parsing OData Select and Expand failed: Could not find a property named '{item.name}' on type"
                    f" 'microsoft.graph.{self.type or self.kind}'.",
                    "BadRequest",
                )
            if found is not ABSENT:
                shown[item.name] = found[:_MOST_EXPANDED] if isinstance(found, list) else found
        return shown

    def made(self, call: Call, doc: Document) -> Reply:
        """Returns the answer to the creation of an object."""
        where = location(call, self.kind, doc["id"]) if self.kind in DIRECTORY_KINDS else call.request.root
        return call.created(doc, f"{self.name}/$entity", where if self.located else None)


def soft_delete(call: Call, entry: Entry) -> None:
    """Moves a directory object to the deleted items, from which it can be restored for thirty days."""
    call.directory.soft_delete(entry.kind, entry.id)
    audit_object(call, "Delete {}", entry)


def collection(routes: Router, known: Collection) -> None:
    """Registers all routes of a collection."""
    _reading(routes, known)
    _writing(routes, known)
    for name, relation in known.relations.items():
        _relation(routes, known, name, relation)


def _reading(routes: Router, known: Collection) -> None:
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
            expanding=True,
        )

    if known.counted:

        @routes.on("GET", f"{known.path}/$count")
        def count_all(call: Call) -> Reply:
            return count(call, known.rows(call), known.entity)

    @routes.on("GET", f"{known.path}/{{id}}")
    def get_one(call: Call, id: str) -> Reply:
        options = read_options(call, known.entity, expanding=True)
        doc = known.shown(call, known.entry(call, id).doc, options, alone=True)
        return call.entity(doc, f"{known.name}{selected(options)}/$entity")


def _writing(routes: Router, known: Collection) -> None:
    create, change, delete = known.create, known.change, known.delete

    if create is not None:

        @routes.on("POST", known.path)
        def post_one(call: Call) -> Reply:
            return known.made(call, create(call, call.json()))

    if change is not None:

        @routes.on("PATCH", f"{known.path}/{{id}}")
        def patch_one(call: Call, id: str) -> Reply:
            body = call.json()
            missing = to_create(call, known.kind, id)
            if missing is not None and create is not None:
                keep_unique_name(body, missing)
                return known.made(call, create(call, {**body, **missing}))
            entry = known.entry(call, id)
            owned(call, entry.id)
            keep_unique_name(body, entry.doc)
            change(call, entry, body)
            return Reply(204)

    if delete is not None:

        @routes.on("DELETE", f"{known.path}/{{id}}")
        def delete_one(call: Call, id: str) -> Reply:
            entry = known.entry(call, id)
            owned(call, entry.id)
            delete(call, entry)
            return Reply(204)


def documents(
    routes: Router,
    path: str,
    read: Callable[[Call], list[Document]],
    names: Callable[[Document], tuple[str, ...]] = lambda doc: (doc["id"].lower(),),
) -> None:
    """Registers the list of a few documents that are not rows of the store, and one of them by any of its names."""
    context = path.strip("/")

    @routes.on("GET", path)
    def list_documents(call: Call) -> Reply:
        return few(call, read(call), context, picked)

    @routes.on("GET", f"{path}/{{id}}")
    def get_document(call: Call, id: str) -> Reply:
        for doc in read(call):
            if id.lower() in names(doc):
                return call.entity(picked(doc, read_options(call, None)), f"{context}/$entity")
        raise not_found(id)
