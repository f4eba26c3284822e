"""Directory roles, their templates, and who has one with the scope of an administrative unit.

Templates are Global Administrator and the roles that "Assign Microsoft Entra roles" lists for such a scope, with the
ids of "Microsoft Entra built-in roles". No role gives a caller more rights here: tokens carry all permissions.
"""

from __future__ import annotations

import uuid

from entra_sync.emulator.errors import bad_request, not_found
from entra_sync.emulator.graph.audit import audit_of
from entra_sync.emulator.graph.bodies import invalid_value, properties
from entra_sync.emulator.graph.collection import documents
from entra_sync.emulator.graph.common import picked
from entra_sync.emulator.graph.directory.administrative_units import UNITS
from entra_sync.emulator.graph.relations import PRINCIPALS
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.collections import few
from entra_sync.emulator.odata.options import read_options
from entra_sync.emulator.state.audit import audit_target
from entra_sync.emulator.state.spelling import b64
from entra_sync.emulator.state.store import Document, Entry

__all__ = ["routes"]

routes = Router()

_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
"""Template of Global Administrator, the role that each tenant has activated."""
_TEMPLATES = {
    _ADMINISTRATOR: (
        "Global Administrator",
        "Can manage all aspects of Microsoft Entra ID and services that use its identities.",
    ),
    "58a13ea3-c632-46ae-9ee0-9c0d43cd7f3d": ("Attribute Assignment Administrator", "Assigns security attributes."),
    "ffd52fa5-98dc-465c-991d-fc073eb59f8f": ("Attribute Assignment Reader", "Reads security attributes."),
    "c4e39bd9-1100-46d3-8c65-fb160da0071f": ("Authentication Administrator", "Resets authentication methods."),
    "7698a772-787b-4ac8-901f-60d6b08affd2": ("Cloud Device Administrator", "Manages devices, with limits."),
    "fdd7a751-b60b-444a-984c-02652fe8fa1c": ("Groups Administrator", "Manages groups and their settings."),
    "729827e3-9c14-49f7-bb1b-9608f156bbb8": ("Helpdesk Administrator", "Resets passwords of non-administrators."),
    "4d6ac14f-3453-41d0-bef9-a3e0c569773a": ("License Administrator", "Manages licenses of users and groups."),
    "966707d0-3269-4727-9be2-8c3a10f19b9d": ("Password Administrator", "Resets passwords of non-administrators."),
    "644ef478-e28f-4e28-b9dc-3fdde9aa0b1f": ("Printer Administrator", "Manages printers and their connectors."),
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13": (
        "Privileged Authentication Administrator",
        "Resets authentication methods of all users.",
    ),
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c": ("SharePoint Administrator", "Manages SharePoint."),
    "69091246-20e8-4a56-aa4d-066075b2a7a8": ("Teams Administrator", "Manages Teams."),
    "3d762c5a-1b6c-493f-843e-55a3b42923d4": ("Teams Devices Administrator", "Manages devices for Teams."),
    "fe930be7-5e62-47db-91af-98c3a49a38b1": ("User Administrator", "Manages users and groups."),
}
"""Name and description of each template."""
_KIND = "scopedRoleMember"
_HELD = "/directory/administrativeUnits/{id}/scopedRoleMembers"
_HELD_IN_BETA = "/administrativeUnits/{id}/scopedRoleMembers"
_CONTEXT = "scopedRoleMemberships"
_BETA = ("beta",)


def _templates(call: Call) -> list[Document]:
    return [
        {"id": id, "deletedDateTime": None, "description": description, "displayName": name}
        for id, (name, description) in _TEMPLATES.items()
    ]


def _role(call: Call, template: str) -> Document:
    name, description = _TEMPLATES[template]
    return {
        "id": str(uuid.uuid5(uuid.UUID(call.tid), template)),
        "deletedDateTime": None,
        "description": description,
        "displayName": name,
        "roleTemplateId": template,
    }


def _roles(call: Call) -> list[Document]:
    """Roles that the tenant has activated."""
    activated = [entry.id for entry in call.store.objects(call.tid, "directoryRole")]
    return [_role(call, template) for template in (_ADMINISTRATOR, *activated)]


documents(routes, "/directoryRoleTemplates", _templates)
documents(
    routes,
    "/directoryRoles",
    _roles,
    lambda role: (role["id"], f"(roletemplateid='{role['roleTemplateId']}')"),
)


@routes.on("POST", "/directoryRoles")
def activate(call: Call) -> Reply:
    """Activates a role by its template ("Activate directoryRole").

    Raises:
        Fault: 400 for an unknown template, or a role that is active. No page shows the answers.
    """
    template = properties(call.json(), {"roleTemplateId": str}, "directoryRole").get("roleTemplateId", "").lower()
    if template not in _TEMPLATES:
        raise invalid_value("roleTemplateId", "DirectoryRole")
    role = _role(call, template)
    if any(role["id"] == active["id"] for active in _roles(call)):
        raise bad_request(
            "A conflicting object with one or more of the specified property values is present in the directory."
        )
    call.store.put(call.tid, "directoryRole", template, role)
    return call.created(role, "directoryRoles/$entity")


# Members with the scope of a unit


@routes.on("GET", _HELD)
@routes.on("GET", _HELD_IN_BETA, versions=_BETA)
def list_scoped(call: Call, id: str) -> Reply:
    """Who has a role for a unit ("List scopedRoleMembers")."""
    unit = UNITS.entry(call, id)
    return few(call, _shown(call, call.store.objects(call.tid, _KIND, parent=unit.id)), _CONTEXT, picked)


@routes.on("GET", f"{_HELD}/{{member}}")
@routes.on("GET", f"{_HELD_IN_BETA}/{{member}}", versions=_BETA)
def get_scoped(call: Call, id: str, member: str) -> Reply:
    """One of them ("Get a scopedRoleMember")."""
    shown = _shown(call, [_entry(call, id, member)])
    if not shown:
        raise not_found(member)
    return call.entity(picked(shown[0], read_options(call, None)), f"{_CONTEXT}/$entity")


@routes.on("POST", _HELD)
@routes.on("POST", _HELD_IN_BETA, versions=_BETA)
def add_scoped(call: Call, id: str) -> Reply:
    """Gives a user, a role-assignable group or a service principal a role for a unit ("Add a scopedRoleMember").

    "Assign Microsoft Entra roles" has the answer for a role that cannot have such a scope.

    Raises:
        Fault: 404 for a role that is not active or a member that does not exist, 400 for what the scope does not allow.
    """
    unit = UNITS.entry(call, id)
    names = {"administrativeUnitId": str, "roleId": str, "roleMemberInfo": {"id": str, "displayName": str}}
    body = properties(call.json(), names, "scopedRoleMembership")
    if str(body.get("administrativeUnitId", unit.id)).lower() != unit.id:
        raise invalid_value("administrativeUnitId", "ScopedRoleMembership")
    wanted, other = str(body.get("roleId")).lower(), str((body.get("roleMemberInfo") or {}).get("id")).lower()
    role = next((role for role in _roles(call) if role["id"] == wanted), None)
    member = call.directory.find(other, PRINCIPALS)
    if role is None or member is None:
        raise not_found(wanted if role is None else other)
    if role["roleTemplateId"] == _ADMINISTRATOR:
        raise bad_request("The given built-in role is not supported to be assigned to a single resource scope.")
    if member.kind == "group" and not member.doc.get("isAssignableToRole"):
        raise bad_request("The group is not assignable to roles.")
    key = b64(b"".join(uuid.UUID(part).bytes for part in (role["id"], unit.id, member.id)))
    if call.store.get(call.tid, _KIND, key) is not None:
        raise bad_request("A conflicting object with one or more of the specified property values is present.")
    doc = {"id": key, "roleId": role["id"], "administrativeUnitId": unit.id, "memberId": member.id}
    call.store.put(call.tid, _KIND, key, doc, parent=unit.id, keys={"scopedRole.member": member.id})
    _audit(call, "Add scoped member to role", role, member)
    return call.created(_membership(doc, member), f"{_CONTEXT}/$entity")


@routes.on("DELETE", f"{_HELD}/{{member}}")
@routes.on("DELETE", f"{_HELD_IN_BETA}/{{member}}", versions=_BETA)
def remove_scoped(call: Call, id: str, member: str) -> Reply:
    """Takes a role for a unit away ("Remove a scopedRoleMember")."""
    entry = _entry(call, id, member)
    role = next(role for role in _roles(call) if role["id"] == entry.doc["roleId"])
    holder = call.directory.find(entry.doc["memberId"], PRINCIPALS)
    call.store.remove(call.tid, _KIND, entry.id)
    if holder is not None:
        _audit(call, "Remove scoped member from role", role, holder)
    return Reply(204)


def _entry(call: Call, id: str, member: str) -> Entry:
    unit = UNITS.entry(call, id)
    found = call.store.get(call.tid, _KIND, member)
    if found is None or found.parent != unit.id:
        raise not_found(member)
    return found


def _shown(call: Call, entries: list[Entry]) -> list[Document]:
    """Memberships of members who are there."""
    directory = call.directory
    holders = [(entry.doc, directory.find(entry.doc["memberId"], PRINCIPALS)) for entry in entries]
    return [_membership(doc, member) for doc, member in holders if member is not None]


def _membership(doc: Document, member: Entry) -> Document:
    info = {"id": member.id, "displayName": member.doc.get("displayName")}
    if member.kind == "user":
        info["userPrincipalName"] = member.doc.get("userPrincipalName")
    names = ("id", "roleId", "administrativeUnitId")
    return {**{name: doc[name] for name in names}, "roleMemberInfo": info}


def _audit(call: Call, activity: str, role: Document, member: Entry) -> None:
    type = {"user": "User", "group": "Group"}.get(member.kind, "ServicePrincipal")
    audit_of(
        call,
        "RoleManagement",
        activity,
        audit_target(type, member.id, member.doc.get("displayName"), doc=member.doc),
        audit_target("Role", role["id"], role["displayName"]),
    )
