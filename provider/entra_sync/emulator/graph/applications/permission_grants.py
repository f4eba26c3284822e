"""Delegated permissions that were granted to applications (oAuth2PermissionGrant resource)."""

from __future__ import annotations

from entra_sync.emulator.errors import Fault, bad_request, not_found
from entra_sync.emulator.graph.audit import audit
from entra_sync.emulator.graph.bodies import properties
from entra_sync.emulator.graph.collection import Collection, collection
from entra_sync.emulator.graph.common import by_key
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.collections import Rows, page
from entra_sync.emulator.odata.options import Options
from entra_sync.emulator.state.spelling import b64
from entra_sync.emulator.state.store import Document, Entry

__all__ = ["routes"]

routes = Router()

_NAMES = ("clientId", "consentType", "principalId", "resourceId", "scope")
_RESOURCE = "oAuth2PermissionGrant"


def _show(call: Call, doc: Document, options: Options) -> Document:
    return {name: value for name, value in doc.items() if not options.select or name in options.select}


def _grant(call: Call, id: str) -> Entry:
    entry = call.store.get(call.tid, "oauth2PermissionGrant", id)
    if entry is None:
        raise not_found(id)
    return entry


GRANTS = Collection("/oauth2PermissionGrants", "oauth2PermissionGrant", _show, _grant, type=_RESOURCE)
collection(routes, GRANTS, counted=False)


@routes.on("GET", "/servicePrincipals/{id}/oauth2PermissionGrants", "/users/{id}/oauth2PermissionGrants")
def list_granted(call: Call, id: str) -> Reply:
    """Lists what was granted to a service principal, or on behalf of a user."""
    users = call.path.lower().startswith("/users/")
    end = call.directory.user(id) if users else by_key(call, "servicePrincipal", id)
    name = "principalId" if users else "clientId"
    rows = Rows(call.tid, [GRANTS.kind], (f"json_extract(doc, '$.{name}') = ?", [end.id]))
    return page(call, rows, GRANTS.name, None, lambda kind, doc, options: _show(call, doc, options))


@routes.on("POST", "/oauth2PermissionGrants")
def post_grant(call: Call) -> Reply:
    """Grants delegated permissions to a client, for one user or for all."""
    body = properties(call.json(), {*_NAMES, "startTime", "expiryTime"}, _RESOURCE)
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
    if any(all(held.doc[name] == doc[name] for name in same) for held in call.store.objects(call.tid, GRANTS.kind)):
        raise Fault(409, "Request_MultipleObjectsWithSameKeyValue", "Permission entry already exists.")
    doc = {**doc, "id": b64(call.store.new_id().encode())[:43]}
    now = call.clock.now().timestamp()
    call.store.put(call.tid, GRANTS.kind, doc["id"], doc, now=now, keys={"grant.end": ends})
    _audit(call, doc, "Add delegated permission grant")
    return call.created(doc, f"{GRANTS.name}/$entity", call.request.root)


@routes.on("PATCH", "/oauth2PermissionGrants/{id}")
def patch_grant(call: Call, id: str) -> Reply:
    """Changes the scopes of a grant; nothing else of it can change."""
    entry = _grant(call, id)
    body = properties(call.json(), {"id", *_NAMES}, _RESOURCE)
    for name, value in body.items():
        if name != "scope" and value != entry.doc[name]:
            raise bad_request(f"Property '{name}' is read-only and cannot be set.")
    call.store.replace(call.tid, GRANTS.kind, entry.id, {**entry.doc, **body})
    _audit(call, entry.doc, "Update delegated permission grant")
    return Reply(204)


@routes.on("DELETE", "/oauth2PermissionGrants/{id}")
def delete_grant(call: Call, id: str) -> Reply:
    """Takes a grant back."""
    entry = _grant(call, id)
    call.store.remove(call.tid, GRANTS.kind, entry.id)
    _audit(call, entry.doc, "Remove delegated permission grant")
    return Reply(204)


def _audit(call: Call, doc: Document, activity: str) -> None:
    resource = call.directory.find(doc["resourceId"])
    name = resource.doc["displayName"] if resource is not None else None
    audit(call, "ApplicationManagement", activity, "ServicePrincipal", doc["resourceId"], name)
