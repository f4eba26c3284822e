"""Administrative units and their members (administrativeUnit resource).

A unit restricts no caller here: callers have no roles, and permissions are for all objects of the tenant. As with
dynamic groups, rules of membership are kept and not evaluated.
"""

from __future__ import annotations

from dataclasses import replace

from entra_sync.emulator.errors import bad_request
from entra_sync.emulator.graph.audit import audit_member, audit_object
from entra_sync.emulator.graph.bodies import invalid_value
from entra_sync.emulator.graph.collection import Collection, collection, soft_delete
from entra_sync.emulator.graph.common import check_body, location
from entra_sync.emulator.graph.directory.groups import create_group
from entra_sync.emulator.graph.relations import Relation, connect, disconnect, edges, show
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.options import Options
from entra_sync.emulator.state.catalog.entities import entity
from entra_sync.emulator.state.store import Document, Entry

__all__ = ["UNITS", "routes"]

routes = Router()

_EDGE = "unit.member"
_MEMBERS = ("user", "group")
"""Kinds of members; there are no devices here ("Add a member")."""
_WRITABLE = {
    "description", "displayName", "isMemberManagementRestricted", "membershipRule", "membershipRuleProcessingState",
    "membershipType", "visibility",
}  # fmt: skip
_VALUES = {
    "membershipRuleProcessingState": {"on", "paused"},
    "membershipType": {"assigned", "dynamic"},
    "visibility": {"hiddenmembership", "public"},
}
"""Values of each property in small letters. The resource page writes ``dynamic``, and its examples ``Dynamic``."""


def _show(call: Call, doc: Document, options: Options) -> Document:
    shape = entity("administrativeUnit")
    return shape.project(doc, options.select or shape.default(call.version))


def _validate(call: Call, body: Document, existing: Document | None = None) -> Document:
    found = check_body(call, body, "administrativeUnit", _WRITABLE, existing)
    if found.get("displayName") is not None and not 1 <= len(found["displayName"]) <= 256:
        raise invalid_value("displayName", "AdministrativeUnit")
    for name, values in _VALUES.items():
        if found.get(name) is not None and found[name].lower() not in values:
            raise invalid_value(name, "AdministrativeUnit")
    unit = {**(existing or {}), **found}
    if _dynamic(unit) and not unit.get("membershipRule"):
        raise bad_request("A value is required for property 'membershipRule' of resource 'AdministrativeUnit'.")
    restricted = bool((existing or {}).get("isMemberManagementRestricted"))
    if existing is not None and bool(found.get("isMemberManagementRestricted", restricted)) != restricted:
        raise bad_request("Property 'isMemberManagementRestricted' is immutable and cannot be changed.")
    return found


def _dynamic(unit: Document) -> bool:
    return str(unit.get("membershipType")).lower() == "dynamic"


def _create(call: Call, body: Document) -> Document:
    if body.get("displayName") is None:
        message = "A value is required for property 'displayName' of resource 'AdministrativeUnit'."
        raise bad_request(message, details=[{"code": "InvalidValue", "message": message, "target": "displayName"}])
    entry = call.directory.create("administrativeUnit", _validate(call, body))
    audit_object(call, "Add {}", entry)
    return _show(call, entry.doc, Options())


def _change(call: Call, entry: Entry, body: Document) -> None:
    changes = _validate(call, body, entry.doc)
    if changes:
        call.directory.update("administrativeUnit", entry.id, changes)
    audit_object(call, "Update {}", entry)


# Members


def _add_member(call: Call, entry: Entry, member: str) -> None:
    _assigned(entry)
    other = call.directory.find(member, ("group",))
    if entry.doc.get("isMemberManagementRestricted") and other is not None and other.doc.get("mailEnabled"):
        raise bad_request("Only security groups can be members of a restricted management administrative unit.")
    _connect(call, entry, member)


def _assigned(entry: Entry) -> None:
    """Members of a dynamic unit cannot be added or removed ("Manage users or devices … with rules for dynamic …").

    Raises:
        Fault: 400 for such a unit. No page shows the answer.
    """
    if _dynamic(entry.doc):
        raise bad_request("The members of an administrative unit with dynamic membership cannot be changed.")


def _connect(call: Call, entry: Entry, member: str) -> None:
    connect(call, entry, member, _EDGE, _MEMBERS)
    _members_changed(call, entry)
    audit_member(call, "Add member to {}", entry, member)


def _remove_member(call: Call, entry: Entry, member: str) -> None:
    _assigned(entry)
    disconnect(call, entry, member, _EDGE)
    _members_changed(call, entry)
    audit_member(call, "Remove member from {}", entry, member.lower())


def _members_changed(call: Call, entry: Entry) -> None:
    """A change of members is a change of the unit."""
    call.store.replace(call.tid, "administrativeUnit", entry.id, entry.doc)


UNITS = Collection(
    "/directory/administrativeUnits",
    "administrativeUnit",
    _show,
    create=_create,
    change=_change,
    delete=soft_delete,
    relations={
        "members": Relation(
            edges(_EDGE), kinds=_MEMBERS, references=True, single=True, add=_add_member, remove=_remove_member
        )
    },
    navigations=frozenset(("extensions", "scopedRoleMembers")),
)
collection(routes, UNITS)


@routes.on("POST", f"{UNITS.path}/{{id}}/members")
def create_member(call: Call, id: str) -> Reply:
    """Makes a group as a member of a unit ("Add a member", Creating a new group)."""
    entry = UNITS.entry(call, id)
    body = call.json()
    if str(body.get("@odata.type")).lower() != "#microsoft.graph.group":
        raise bad_request('The request body needs \'"@odata.type": "#microsoft.graph.group"\'.')
    _assigned(entry)
    group = call.directory.get("group", create_group(call, body)["id"])
    _add_member(call, entry, group.id)
    return call.created(show(call, "group", group.doc), "directoryObjects/$entity", location(call, "group", group.id))


_in_beta = Router()
collection(_in_beta, replace(UNITS, path="/administrativeUnits"))
_in_beta.on("POST", "/administrativeUnits/{id}/members")(create_member)
routes.include(_in_beta, versions=("beta",))
"""Beta has the units at another path too (administrativeUnit resource, beta, note)."""
