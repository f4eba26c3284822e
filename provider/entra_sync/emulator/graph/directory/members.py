"""A member or an owner whose removal lacks ``/$ref``: Graph deletes the object itself.

"Remove member" and "Remove application owner" (caution): the object is deleted if the caller may manage objects of its
type; otherwise the answer is 403. The pages on owners of groups and of service principals do not mention this.
"""

from __future__ import annotations

from dataclasses import replace

from entra_sync.emulator.errors import denied, not_found
from entra_sync.emulator.graph.applications.applications import APPLICATIONS
from entra_sync.emulator.graph.applications.service_principals import SERVICE_PRINCIPALS
from entra_sync.emulator.graph.collection import Collection
from entra_sync.emulator.graph.common import owned
from entra_sync.emulator.graph.directory.groups import GROUPS
from entra_sync.emulator.graph.directory.users import USERS
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.identity.permissions import grants

__all__ = ["routes"]

routes = Router()

_COLLECTIONS = {known.kind: known for known in (USERS, GROUPS, SERVICE_PRINCIPALS)}


@routes.on("DELETE", "/groups/{id}/members/{other}")
def delete_member(call: Call, id: str, other: str) -> Reply:
    """Deletes an object that is a member of a group."""
    return _delete(call, GROUPS, id, "member", other)


@routes.on("DELETE", "/applications/{id}/owners/{other}")
def delete_owner(call: Call, id: str, other: str) -> Reply:
    """Deletes an object that is an owner of an application."""
    return _delete(call, APPLICATIONS, id, "owner", other)


def _delete(call: Call, whose: Collection, id: str, edge: str, other: str) -> Reply:
    """Deletes what an edge leads to.

    Raises:
        Fault: 404 if there is no such edge, 403 if the caller may not delete objects of this type.
    """
    entry, found = whose.entry(call, id), call.directory.find(other)
    if found is None or not call.store.connected(call.tid, edge, entry.id, found.id):
        raise not_found(other)
    known = _COLLECTIONS[found.kind]
    key = f"DELETE {known.path.lower()}/{{id}}"
    granted = grants(key, call.claims, call.store.facts)
    if not granted or known.delete is None:
        raise denied()
    directly = replace(call, granted=granted)
    owned(directly, found.id)
    known.delete(directly, found)
    return Reply(204)
