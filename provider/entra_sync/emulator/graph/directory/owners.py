"""Adding and removing owners of applications, service principals and groups."""

from __future__ import annotations

from entra_sync.emulator.errors import bad_request, not_found
from entra_sync.emulator.graph.audit import audit
from entra_sync.emulator.graph.common import by_key, owned, reference_id
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.state.store import Entry

__all__ = ["routes"]

routes = Router()

_KINDS = {"applications": "application", "serviceprincipals": "servicePrincipal", "groups": "group"}


def _owned_object(call: Call, id: str) -> Entry:
    """The object whose owners a path is about."""
    return by_key(call, _KINDS[call.path.split("/")[1].lower()], id)


@routes.on("POST", "/applications/{id}/owners/$ref", "/servicePrincipals/{id}/owners/$ref", "/groups/{id}/owners/$ref")
def add_owner(call: Call, id: str) -> Reply:
    """Add an owner."""
    entry = _owned_object(call, id)
    owned(call, entry.id)
    owner = reference_id(call.json())
    if call.directory.find(owner, ("user", "servicePrincipal")) is None:
        raise not_found(owner)
    if not call.store.connect(call.tid, "owner", entry.id, owner):
        raise bad_request(
            "One or more added object references already exist for the following modified properties: 'owners'."
        )
    _audit(call, entry, "Add owner to")
    return Reply(204)


def _audit(call: Call, entry: Entry, activity: str) -> None:
    category = "GroupManagement" if entry.kind == "group" else "ApplicationManagement"
    what = "service principal" if entry.kind == "servicePrincipal" else entry.kind
    kind = f"{entry.kind[0].upper()}{entry.kind[1:]}"
    audit(call, category, f"{activity} {what}", kind, entry.id, entry.doc["displayName"])


@routes.on(
    "DELETE",
    "/applications/{id}/owners/{owner}/$ref",
    "/servicePrincipals/{id}/owners/{owner}/$ref",
    "/groups/{id}/owners/{owner}/$ref",
)
def remove_owner(call: Call, id: str, owner: str) -> Reply:
    """Remove an owner."""
    entry = _owned_object(call, id)
    owned(call, entry.id)
    if not call.store.disconnect(call.tid, "owner", entry.id, owner.lower()):
        raise not_found(owner)
    _audit(call, entry, "Remove owner from")
    return Reply(204)
