"""Deleted items: listing, restoring and purging what was soft-deleted (directory resource)."""

from __future__ import annotations

from dataclasses import replace

from entra_sync.emulator.errors import denied
from entra_sync.emulator.graph.audit import audit_object
from entra_sync.emulator.graph.common import owned
from entra_sync.emulator.graph.relations import show
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.collections import Rows, count, page
from entra_sync.emulator.odata.options import Options, read_options
from entra_sync.emulator.state.catalog.entities import DIRECTORY_KINDS, entity
from entra_sync.emulator.state.store import Document, Entry

__all__ = ["routes"]

routes = Router()

_READ = {
    "user": {
        "User.Read.All",
        "User.ReadWrite.All",
        "User.DeleteRestore.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    },
    "group": {"Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
    "application": {
        "Application.Read.All",
        "Application.ReadWrite.All",
        "Application.ReadWrite.OwnedBy",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    },
    "administrativeUnit": {
        "AdministrativeUnit.Read.All",
        "AdministrativeUnit.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    },
}
_WRITE = {
    "user": {"User.ReadWrite.All", "User.DeleteRestore.All", "User.ReadWrite.CrossCloud"},
    "group": {"Group.ReadWrite.All"},
    "application": {"Application.ReadWrite.All", "Application.ReadWrite.OwnedBy"},
    "administrativeUnit": {"AdministrativeUnit.ReadWrite.All"},
}
_NAMES = {kind.lower(): kind for kind in DIRECTORY_KINDS}


def deleted_document(doc: Document) -> Document:
    """A soft-deleted user's principal name carries its id in front, so that the name is free."""
    name = doc.get("userPrincipalName")
    return doc if name is None else {**doc, "userPrincipalName": f"{doc['id'].replace('-', '')}{name}"}


def _cast(call: Call) -> str:
    return _NAMES[call.path.lower().rstrip("/").replace("/$count", "").rsplit("microsoft.graph.", 1)[1]]


_CASTS = tuple(f"/directory/deletedItems/microsoft.graph.{kind}" for kind in DIRECTORY_KINDS)


@routes.on("GET", *_CASTS)
def list_deleted(call: Call) -> Reply:
    """Soft-deleted objects of one kind; the cast is mandatory."""
    kind = _cast(call)
    shape = entity(kind)

    def project(kind: str, doc: Document, options: Options) -> Document:
        found = show(call, kind, deleted_document(doc), options)
        del found["@odata.type"]
        if not options.select:
            found["deletedDateTime"] = doc["deletedDateTime"]
        return found

    return page(call, Rows(call.tid, [kind], deleted=True), shape.set, shape, project)


@routes.on("GET", *(f"{path}/$count" for path in _CASTS))
def count_deleted(call: Call) -> Reply:
    """How many soft-deleted objects of one kind there are."""
    kind = _cast(call)
    return count(call, Rows(call.tid, [kind], deleted=True), entity(kind))


def _entry(call: Call, id: str, needed: dict[str, set[str]]) -> Entry:
    """A deleted object that the caller may see or change: each kind has its own permissions on these paths.

    Raises:
        Fault: 403 if the caller has none of them, or only one for what it owns and is to change something else.
    """
    entry = call.directory.deleted(id)
    fitting = needed["application" if entry.kind == "servicePrincipal" else entry.kind]
    granted = [alternative for alternative in call.granted if alternative & fitting]
    if not granted:
        raise denied()
    if needed is _WRITE:
        owned(replace(call, granted=granted), entry.id)
    return entry


@routes.on("GET", "/directory/deletedItems/{id}")
def get_deleted(call: Call, id: str) -> Reply:
    """One soft-deleted object."""
    entry = _entry(call, id, _READ)
    options = read_options(call, entity(entry.kind))
    doc = {**deleted_document(entry.doc), "deletedDateTime": entry.deleted}
    shown = {**show(call, entry.kind, doc, options), "deletedDateTime": entry.deleted}
    return call.entity(shown, "directoryObjects/$entity")


@routes.on("POST", "/directory/deletedItems/{id}/restore")
def restore(call: Call, id: str) -> Reply:
    """Bring a soft-deleted object back."""
    entry = _entry(call, id, _WRITE)
    restored = call.directory.restore(entry.kind, entry.id)
    audit_object(call, "Restore {}", entry)
    return call.entity(show(call, entry.kind, restored.doc), "directoryObjects/$entity")


@routes.on("DELETE", "/directory/deletedItems/{id}")
def purge(call: Call, id: str) -> Reply:
    """Take a soft-deleted object away for good."""
    entry = _entry(call, id, _WRITE)
    call.directory.purge(entry.kind, entry.id)
    audit_object(call, "Hard Delete {}", entry)
    return Reply(204)
