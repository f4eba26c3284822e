"""Delegated permissions that were granted to applications (oAuth2PermissionGrant resource)."""

from __future__ import annotations

from entra_sync.emulator.errors import Fault, bad_request
from entra_sync.emulator.graph.audit import audit
from entra_sync.emulator.graph.bodies import properties
from entra_sync.emulator.graph.collection import Collection, collection
from entra_sync.emulator.graph.common import by_key, picked_row
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.collections import Rows, page
from entra_sync.emulator.state.spelling import b64
from entra_sync.emulator.state.store import Document, Entry

__all__ = ["routes"]

routes = Router()

_NAMES = dict.fromkeys(("clientId", "consentType", "principalId", "resourceId", "scope"), str)
_KIND = "oauth2PermissionGrant"
_RESOURCE = "oAuth2PermissionGrant"


@routes.on("GET", "/servicePrincipals/{id}/oauth2PermissionGrants", "/users/{id}/oauth2PermissionGrants")
def list_granted(call: Call, id: str) -> Reply:
    """Lists what was granted to a service principal, or on behalf of a user."""
    users = call.path.lower().startswith("/users/")
    end = call.directory.user(id) if users else by_key(call, "servicePrincipal", id)
    name = "principalId" if users else "clientId"
    rows = Rows(call.tid, [_KIND], (f"json_extract(doc, '$.{name}') = ?", [end.id]))
    return page(call, rows, "oauth2PermissionGrants", None, picked_row)


def _create(call: Call, given: Document) -> Document:
    """Grants delegated permissions to a client, for one user or for all."""
    body = properties(given, {**_NAMES, "startTime": str, "expiryTime": str}, _RESOURCE)
    for name in ("clientId", "consentType", "resourceId"):
        if not body.get(name):
            raise bad_request(f"A value is required for property '{name}' of resource 'OAuth2PermissionGrant'.")
    doc: Document = {name: body.get(name) for name in _NAMES}
    if doc["consentType"] not in ("AllPrincipals", "Principal"):
        raise bad_request("Invalid value specified for property 'consentType' of resource 'OAuth2PermissionGrant'.")
    if (doc["consentType"] == "Principal") != (doc["principalId"] is not None):
        raise bad_request("Property 'principalId' is required for consentType Principal, and only for it.")
    ends = [call.directory.get("servicePrincipal", doc[name]).id for name in ("clientId", "resourceId")]
    if doc["principalId"] is not None:
        ends.append(call.directory.get("user", doc["principalId"]).id)
    same = ("clientId", "principalId", "resourceId")
    if any(all(held.doc[name] == doc[name] for name in same) for held in call.store.objects(call.tid, _KIND)):
        raise Fault(409, "Request_MultipleObjectsWithSameKeyValue", "Permission entry already exists.")
    doc = {**doc, "id": b64(call.store.new_id().encode())[:43]}
    now = call.clock.now().timestamp()
    call.store.put(call.tid, _KIND, doc["id"], doc, now=now, keys={"grant.end": ends})
    _audit(call, doc, "Add delegated permission grant")
    return doc


def _change(call: Call, entry: Entry, given: Document) -> None:
    """Changes the scopes of a grant; nothing else of it can change."""
    body = properties(given, {"id": str, **_NAMES}, _RESOURCE)
    for name, value in body.items():
        if name != "scope" and value != entry.doc[name]:
            raise bad_request(f"Property '{name}' is read-only and cannot be set.")
    call.store.replace(call.tid, _KIND, entry.id, {**entry.doc, **body})
    _audit(call, entry.doc, "Update delegated permission grant")


def _delete(call: Call, entry: Entry) -> None:
    call.store.remove(call.tid, _KIND, entry.id)
    _audit(call, entry.doc, "Remove delegated permission grant")


def _audit(call: Call, doc: Document, activity: str) -> None:
    resource = call.directory.find(doc["resourceId"])
    name = resource.doc["displayName"] if resource is not None else None
    audit(call, "ApplicationManagement", activity, "ServicePrincipal", doc["resourceId"], name)


collection(
    routes,
    Collection(
        "/oauth2PermissionGrants",
        _KIND,
        create=_create,
        change=_change,
        delete=_delete,
        type=_RESOURCE,
        counted=False,
    ),
)
