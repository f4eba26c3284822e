"""Service principals (servicePrincipal resource)."""

from __future__ import annotations

from entra_sync.emulator.errors import Fault, bad_request, denied
from entra_sync.emulator.graph.applications.keys import kept_passwords, key_credentials
from entra_sync.emulator.graph.audit import audit
from entra_sync.emulator.graph.collection import Collection, collection, groups_of, relation, targets
from entra_sync.emulator.graph.common import (
    by_key,
    check_body,
    connect_owners,
    hide_security_attributes,
    location,
    merge_security_attributes,
    owned,
    to_create,
)
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.collections import Through
from entra_sync.emulator.odata.options import Options
from entra_sync.emulator.state.catalog.entities import entity
from entra_sync.emulator.state.catalog.graph_roles import GRAPH_APP_ID
from entra_sync.emulator.state.store import Document, Entry
from entra_sync.emulator.state.tenants import new_service_principal

__all__ = ["follow", "routes", "service_principal", "show_service_principal"]

routes = Router()

_WRITABLE = {
    "accountEnabled", "alternativeNames", "appRoleAssignmentRequired", "appRoles", "customSecurityAttributes",
    "description", "displayName", "homepage", "keyCredentials", "loginUrl", "logoutUrl", "notes",
    "notificationEmailAddresses", "oauth2PermissionScopes", "passwordCredentials", "preferredSingleSignOnMode",
    "preferredTokenSigningKeyThumbprint", "replyUrls", "samlSingleSignOnSettings", "servicePrincipalNames", "tags",
    "tokenEncryptionKeyId",
}  # fmt: skip


def show_service_principal(call: Call, doc: Document, options: Options | None = None) -> Document:
    """A service principal as the API shows it."""
    shape = entity("servicePrincipal")
    chosen = options.select if options is not None else ()
    doc = {**doc, "publishedPermissionScopes": doc.get("oauth2PermissionScopes", [])}
    shown = shape.project(doc, chosen or shape.default(call.version))
    if "keyCredentials" in shown and "keyCredentials" not in chosen:
        shown["keyCredentials"] = [{**item, "key": None} for item in shown["keyCredentials"]]
    hide_security_attributes(call, shown)
    return shown


def service_principal(call: Call, id: str) -> Entry:
    """A service principal by object id or ``(appId='…')``.

    Raises:
        Fault: 404 when there is none.
    """
    return by_key(call, "servicePrincipal", id)


@routes.on("PATCH", "/servicePrincipals/{id}")
def patch_service_principal(call: Call, id: str) -> Reply:
    """Change a service principal, or make one of an application by its appId."""
    missing = to_create(call, "servicePrincipal", id)
    if missing is not None:
        return _create(call, {**call.json(), "appId": missing})
    entry = service_principal(call, id)
    owned(call, entry.id)
    body = _checked(call, call.json(), entry.doc)
    merge_security_attributes(call, body, entry.doc)
    call.directory.update("servicePrincipal", entry.id, body)
    audit(
        call,
        "ApplicationManagement",
        "Update service principal",
        "ServicePrincipal",
        entry.id,
        entry.doc["displayName"],
    )
    return Reply(204)


@routes.on("DELETE", "/servicePrincipals/{id}")
def delete_service_principal(call: Call, id: str) -> Reply:
    """Soft-delete a service principal; its jobs and secrets are gone for good."""
    entry = service_principal(call, id)
    owned(call, entry.id)
    if entry.doc["appId"] == GRAPH_APP_ID:
        raise denied()
    call.directory.soft_delete("servicePrincipal", entry.id)
    audit(
        call,
        "ApplicationManagement",
        "Remove service principal",
        "ServicePrincipal",
        entry.id,
        entry.doc["displayName"],
    )
    return Reply(204)


@routes.on("POST", "/servicePrincipals")
def post_service_principal(call: Call) -> Reply:
    """Make the service principal of an application that the tenant has registered."""
    return _create(call, call.json())


def _create(call: Call, body: Document) -> Reply:
    app_id = str(body.pop("appId", None) or "")
    if not app_id:
        raise bad_request("A value is required for property 'appId' of resource 'ServicePrincipal'.")
    if call.store.find(call.tid, "servicePrincipal.appId", app_id):
        raise Fault(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            "The service principal cannot be created, updated, or restored because the service principal name"
            f" {app_id} is already in use.",
        )
    owners = body.pop("owners@odata.bind", None)
    settings = _checked(call, body, {})
    merge_security_attributes(call, settings, None)
    application = by_key(call, "application", f"(appId='{app_id}')").doc
    properties: Document = {
        "signInAudience": application["signInAudience"],
        **{key: application[key] for key in ("info", "tags", "applicationTemplateId") if key in application},
        **_derived(application),
        **{key: value for key, value in settings.items() if value is not None},
    }
    id = new_service_principal(
        call.store,
        call.clock,
        call.tid,
        app_id,
        application["displayName"],
        owner=call.tid,
        **properties,
    )
    # A signed-in user does not own the service principals that they make, as they do the applications.
    connect_owners(call, id, owners, usual=None if call.claims.delegated else call.claims.oid)
    doc = call.directory.get("servicePrincipal", id).doc
    audit(call, "ApplicationManagement", "Add service principal", "ServicePrincipal", id, doc["displayName"])
    made = {**doc, "servicePrincipalNames": sorted(doc["servicePrincipalNames"], key=lambda name: name != app_id)}
    return call.created(
        show_service_principal(call, made), "servicePrincipals/$entity", location(call, "servicePrincipal", id)
    )


def _checked(call: Call, given: Document, existing: Document | None = None) -> Document:
    body = check_body(call, given, "servicePrincipal", _WRITABLE, existing)
    if "keyCredentials" in body:
        held = (existing or {}).get("keyCredentials", [])
        body["keyCredentials"] = key_credentials(call, body["keyCredentials"] or [], held)
    if "passwordCredentials" in body and existing is not None:
        held = existing.get("passwordCredentials", [])
        body["passwordCredentials"] = kept_passwords(body["passwordCredentials"] or [], held)
    return body


def _derived(application: Document) -> Document:
    """Returns what a service principal takes from its application in the same tenant."""
    web = application.get("web") or {}
    return {
        "appDescription": application.get("description"),
        "appDisplayName": application["displayName"],
        "appRoles": application.get("appRoles", []),
        "displayName": application["displayName"],
        "homepage": web.get("homePageUrl"),
        "logoutUrl": web.get("logoutUrl"),
        "oauth2PermissionScopes": (application.get("api") or {}).get("oauth2PermissionScopes", []),
        "replyUrls": web.get("redirectUris", []),
        "servicePrincipalNames": [*application.get("identifierUris", []), application["appId"]],
    }


def follow(call: Call, before: Document, after: Document) -> None:
    """Changes an application's service principal in what changed in the application."""
    former, derived = _derived(before), _derived(after)
    changes = {name: value for name, value in derived.items() if value != former[name]}
    for id in call.store.find(call.tid, "servicePrincipal.appId", after["appId"]) if changes else []:
        call.directory.update("servicePrincipal", id, changes)


def _owners(call: Call, entry: Entry) -> Through:
    return targets(call, "owner", entry.id)


_PATH = "/servicePrincipals/{id}"
SERVICE_PRINCIPALS = Collection(
    "/servicePrincipals",
    "servicePrincipal",
    show_service_principal,
    service_principal,
    expands={
        "owners": relation(routes, f"{_PATH}/owners", service_principal, _owners, casts=False, references=True),
        "memberOf": relation(routes, f"{_PATH}/memberOf", service_principal, groups_of()),
        "transitiveMemberOf": relation(
            routes, f"{_PATH}/transitiveMemberOf", service_principal, groups_of(transitive=True)
        ),
    },
    navigations=frozenset(
        ("appManagementPolicies", "appRoleAssignedTo", "appRoleAssignments", "claimsMappingPolicies", "createdObjects",
         "delegatedPermissionClassifications", "endpoints", "homeRealmDiscoveryPolicies", "oauth2PermissionGrants",
         "ownedObjects", "synchronization", "tokenIssuancePolicies", "tokenLifetimePolicies")
    ),
    largest=100,
)  # fmt: skip
"""Pages are of at most 100 since September 2025 (Graph changelog, 2025-09-04)."""
collection(routes, SERVICE_PRINCIPALS)
