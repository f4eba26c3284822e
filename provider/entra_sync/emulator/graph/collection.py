"""A collection is one declaration: what it holds, how objects come, change and go, and what they lead to.

``collection`` registers all its routes: the list, ``$count``, one object, POST, PATCH and DELETE, and those of each
relation (`relations`). ``documents`` does the same for a few documents that are not rows of the store.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from entra_sync.emulator.errors import Fault, bad_request, not_emulated, not_found
from entra_sync.emulator.graph.audit import audit_object
from entra_sync.emulator.graph.common import (
    by_key,
    keep_unique_name,
    location,
    owned,
    picked,
    selected,
    to_create,
)
from entra_sync.emulator.graph.relations import MOST_EXPANDED, Relation, relation_routes
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.collections import Rows, count, few, page
from entra_sync.emulator.odata.options import Options, read_options
from entra_sync.emulator.state.catalog.entities import DIRECTORY_KINDS, Entity, entity
from entra_sync.emulator.state.store import Document, Entry

__all__ = ["ABSENT", "Collection", "Expand", "collection", "documents", "soft_delete"]

Show = Callable[[Call, Document, Options], Document]
Expand = Callable[[Call, Document, Options], Any]
"""What ``$expand`` shows of an object; ``ABSENT`` for nothing."""
ABSENT: Any = object()


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
                shown[item.name] = found[:MOST_EXPANDED] if isinstance(found, list) else found
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
        relation_routes(routes, f"{known.path}/{{id}}/{name}", known.entry, relation)


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
