"""App role assignments, from the resource's end (appRoleAssignedTo) and from the principal's (appRoleAssignments)."""

from __future__ import annotations

from entra_sync.emulator.errors import Fault, bad_request, not_found
from entra_sync.emulator.graph.audit import audit
from entra_sync.emulator.graph.bodies import properties
from entra_sync.emulator.graph.common import by_key, owned, picked_row
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.collections import Rows, page
from entra_sync.emulator.state.clock import precise
from entra_sync.emulator.state.spelling import GUID
from entra_sync.emulator.state.store import Document, Entry

__all__ = ["routes"]

routes = Router()

_NO_ROLE = "00000000-0000-0000-0000-000000000000"
_KINDS = {"users": "user", "groups": "group", "serviceprincipals": "servicePrincipal"}
_TO = {"user": "grant to user", "group": "to group", "servicePrincipal": "to service principal"}
_TYPES = {"user": "User", "group": "Group", "servicePrincipal": "ServicePrincipal"}
_PROPERTIES = {
    "appRoleId", "createdDateTime", "deletedDateTime", "id", "principalDisplayName", "principalId", "principalType",
    "resourceDisplayName", "resourceId",
}  # fmt: skip
_MOST = 1500
"""App role assignments that one principal can have ("Microsoft Entra service limits and restrictions")."""


def _end(call: Call, id: str) -> Entry:
    """The object whose assignments the path is about."""
    kind = _KINDS[call.path.split("/")[1].lower()]
    if kind == "user":
        return call.directory.user(id)
    return by_key(call, kind, id)


def _live(column: str) -> str:
    """A condition: the object that a property of the assignment names is live."""
    return (
        "EXISTS (SELECT 1 FROM objects AS other WHERE other.tenant = objects.tenant AND other.deleted IS NULL"
        f" AND other.id = json_extract(objects.doc, '$.{column}'))"
    )


@routes.on("GET", "/servicePrincipals/{id}/appRoleAssignedTo")
def list_assigned_to(call: Call, id: str) -> Reply:
    """Who is assigned to a resource."""
    entry = by_key(call, "servicePrincipal", id)
    rows = Rows(call.tid, ["appRoleAssignment"], (f"parent = ? AND {_live('principalId')}", [entry.id]))
    return page(call, rows, "appRoleAssignments", None, picked_row)


@routes.on(
    "GET",
    "/servicePrincipals/{id}/appRoleAssignments",
    "/users/{id}/appRoleAssignments",
    "/groups/{id}/appRoleAssignments",
)
def list_assignments(call: Call, id: str) -> Reply:
    """What a principal is assigned to."""
    entry = _end(call, id)
    where = "id IN (SELECT id FROM keys WHERE tenant = ? AND name = 'assignment.principal' AND value = ?)"
    rows = Rows(call.tid, ["appRoleAssignment"], (f"{where} AND {_live('resourceId')}", [call.tid, entry.id]))
    collection = call.path.split("/")[1]
    return page(call, rows, f"{collection}('{entry.id}')/appRoleAssignments", None, picked_row)


@routes.on(
    "POST",
    "/servicePrincipals/{id}/appRoleAssignedTo",
    "/servicePrincipals/{id}/appRoleAssignments",
    "/users/{id}/appRoleAssignments",
    "/groups/{id}/appRoleAssignments",
)
def post_assignment(call: Call, id: str) -> Reply:
    """Assign a user, group or service principal to a resource; a repeated assignment is refused."""
    end = _end(call, id)
    relation = call.path.rstrip("/").rsplit("/", 1)[1]
    principal_id, resource_id, role = _body(call)
    if end.id != (resource_id if relation.lower() == "approleassignedto" else principal_id):
        raise bad_request("The id in the path and the id in the body have to be the same.")
    directory = call.directory
    principal = directory.find(principal_id, tuple(_TYPES))
    resource = directory.find(resource_id, ("servicePrincipal",))
    if principal is None:
        raise not_found(principal_id)
    if resource is None:
        raise not_found(resource_id)
    owned(call, resource.id)
    _check_role(resource, role, _TYPES[principal.kind])
    if len(directory.assignments(principal=principal.id)) >= _MOST:
        raise bad_request(
            f"The principal has reached the limit of {_MOST} app role assignments.", "Directory_QuotaExceeded"
        )
    assignment = directory.assign_role(
        principal.id,
        _TYPES[principal.kind],
        principal.doc["displayName"],
        resource.id,
        resource.doc["displayName"],
        role,
        precise(call.clock.now()),
    )
    activity = f"Add app role assignment {_TO[principal.kind]}"
    audit(
        call,
        "UserManagement" if principal.kind == "user" else "ApplicationManagement",
        activity,
        "ServicePrincipal",
        resource.id,
        resource.doc["displayName"],
        _granted(resource, role, principal),
    )
    collection = call.path.split("/")[1]
    return call.created(assignment.doc, f"{collection}('{end.id}')/{relation}/$entity")


def _granted(resource: Entry, role: str, principal: Entry) -> list[Document]:
    """Returns what an audit entry says about a granted role."""
    known: Document = next((item for item in resource.doc.get("appRoles", []) if item["id"] == role), {})
    kind = principal.kind[0].upper() + principal.kind[1:]
    values = {
        "AppRole.Id": role,
        "AppRole.Value": known.get("value"),
        "AppRole.DisplayName": known.get("displayName"),
        f"{kind}.ObjectID": principal.id,
        f"{kind}.DisplayName": principal.doc["displayName"],
        **({"ServicePrincipal.AppId": principal.doc["appId"]} if "appId" in principal.doc else {}),
    }
    return [
        {"displayName": name, "oldValue": None, "newValue": None if value is None else f'"{value}"'}
        for name, value in values.items()
    ]


def _body(call: Call) -> tuple[str, str, str]:
    body = properties(call.json(), _PROPERTIES, "appRoleAssignment")
    for name in ("principalId", "resourceId", "appRoleId"):
        value = body.get(name)
        if value is None:
            raise bad_request(f"A value is required for property '{name}' of resource 'AppRoleAssignment'.")
        if not isinstance(value, str) or not GUID.match(value):
            raise bad_request(f"Cannot convert the literal '{value}' to the expected type 'Edm.Guid'.", "BadRequest")
    return body["principalId"].lower(), body["resourceId"].lower(), body["appRoleId"].lower()


def _check_role(resource: Entry, role: str, type: str) -> None:
    """The role has to be the resource's, enabled, and meant for this type of principal."""
    wanted = "Application" if type == "ServicePrincipal" else "User"
    roles = [
        item for item in resource.doc.get("appRoles", []) if item["isEnabled"] and wanted in item["allowedMemberTypes"]
    ]
    if role == _NO_ROLE and not roles:
        return
    if not any(item["id"] == role for item in roles):
        message = "Permission being assigned was not found on application"
        raise Fault(
            400,
            "Request_BadRequest",
            f"{message} '{resource.doc['appId']}'",
            details=[{"code": "NotFound", "message": message, "target": "permission"}],
        )


def _assignment(call: Call, id: str, assignment: str) -> Entry:
    end = _end(call, id)
    entry = call.store.get(call.tid, "appRoleAssignment", assignment)
    relation = call.path.split("/")[3].lower()
    side = "resourceId" if relation == "approleassignedto" else "principalId"
    if entry is None or entry.doc[side] != end.id:
        raise not_found(assignment)
    return entry


_ONE = (
    "/servicePrincipals/{id}/appRoleAssignedTo/{assignment}",
    "/servicePrincipals/{id}/appRoleAssignments/{assignment}",
    "/users/{id}/appRoleAssignments/{assignment}",
    "/groups/{id}/appRoleAssignments/{assignment}",
)


@routes.on("GET", *_ONE)
def get_assignment(call: Call, id: str, assignment: str) -> Reply:
    """One assignment."""
    entry = _assignment(call, id, assignment)
    return call.entity(entry.doc, "appRoleAssignments/$entity")


@routes.on("DELETE", *_ONE)
def delete_assignment(call: Call, id: str, assignment: str) -> Reply:
    """Take an assignment away."""
    entry = _assignment(call, id, assignment)
    owned(call, entry.parent)
    call.store.remove(call.tid, "appRoleAssignment", entry.id)
    audit(
        call,
        "ApplicationManagement",
        "Remove app role assignment",
        "ServicePrincipal",
        entry.parent,
        entry.doc["resourceDisplayName"],
    )
    return Reply(204)
