"""Service principals (servicePrincipal resource)."""

from __future__ import annotations

from entra_sync.emulator.errors import Fault, bad_request, denied
from entra_sync.emulator.graph.applications.keys import kept_passwords, key_credentials
from entra_sync.emulator.graph.audit import audit_object
from entra_sync.emulator.graph.bodies import invalid_value
from entra_sync.emulator.graph.collection import Collection, collection
from entra_sync.emulator.graph.common import (
    bound,
    by_key,
    check_body,
    connect_owners,
    hide_security_attributes,
    merge_security_attributes,
)
from entra_sync.emulator.graph.relations import GROUPS_OF, OWNED, OWNERS
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.odata.options import Options
from entra_sync.emulator.state.catalog.entities import completed, entity
from entra_sync.emulator.state.catalog.graph_roles import GRAPH_APP_ID
from entra_sync.emulator.state.store import Document, Entry
from entra_sync.emulator.state.tenants import new_service_principal

__all__ = ["follow", "routes", "service_principal", "show_service_principal", "whole_parts"]

routes = Router()

_NO_APPLICATION = "NoBackingApplicationObject"

_SIGN_ON_MODES = ("notSupported", "oidc", "password", "saml")
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
    shown = whole_parts("servicePrincipal", shape.project(doc, chosen or shape.default(call.version)))
    if "keyCredentials" in shown and "keyCredentials" not in chosen:
        shown["keyCredentials"] = [{**item, "key": None} for item in shown["keyCredentials"]]
    hide_security_attributes(call, shown)
    return shown


def whole_parts(kind: str, shown: Document) -> Document:
    """Returns what an answer shows, with every member of the complex values in it."""
    for name, known in entity(kind).properties.items():
        if shown.get(name) is not None:
            items = [completed(known.item, item) for item in shown[name]] if known.collection else None
            shown[name] = completed(known.item, shown[name]) if items is None else items
    for role in shown.get("appRoles", []):
        role["origin"] = "Application"
    return shown


def service_principal(call: Call, id: str) -> Entry:
    """A service principal by object id or ``(appId='…')``.

    Raises:
        Fault: 404 when there is none.
    """
    return by_key(call, "servicePrincipal", id)


def _change(call: Call, entry: Entry, given: Document) -> None:
    body = _checked(call, given, entry.doc)
    merge_security_attributes(call, body, entry.doc)
    call.directory.update("servicePrincipal", entry.id, body)
    audit_object(call, "Update {}", entry)


def _delete(call: Call, entry: Entry) -> None:
    """Soft-deletes a service principal; its jobs and secrets are gone for good."""
    if entry.doc["appId"] == GRAPH_APP_ID:
        raise denied()
    call.directory.soft_delete("servicePrincipal", entry.id)
    audit_object(call, "Remove {}", entry)


def _create(call: Call, body: Document) -> Document:
    """Makes the service principal of an application that the tenant has registered."""
    app_id = body.pop("appId", None)
    if not isinstance(app_id, str) or not app_id:
        raise bad_request("A value is required for property 'appId' of resource 'ServicePrincipal'.")
    if call.store.find(call.tid, "servicePrincipal.appId", app_id):
        raise Fault(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            "The service principal cannot be created, updated, or restored because the service principal name"
            f" {app_id} is already in use.",
        )
    owners = bound(body, "owners")
    settings = _checked(call, body, {})
    merge_security_attributes(call, settings, None)
    found = call.store.find(call.tid, "application.appId", app_id)
    if not found:
        message = f"The appId '{app_id}' of the service principal does not reference a valid application object."
        raise bad_request(message, details=[{"code": _NO_APPLICATION, "message": message, "target": "appId"}])
    application = call.directory.get("application", found[0]).doc
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
    # Recorded answers: a signed-in user owns the applications that they make, and not the service principals.
    connect_owners(call, id, owners, usual=None if call.claims.delegated else call.claims.oid)
    entry = call.directory.get("servicePrincipal", id)
    audit_object(call, "Add {}", entry)
    names = sorted(entry.doc["servicePrincipalNames"], key=lambda name: name != app_id)
    return show_service_principal(call, {**entry.doc, "servicePrincipalNames": names})


def _checked(call: Call, given: Document, existing: Document | None = None) -> Document:
    body = check_body(call, given, "servicePrincipal", _WRITABLE, existing)
    if body.get("preferredSingleSignOnMode") not in (None, *_SIGN_ON_MODES):
        raise invalid_value("preferredSingleSignOnMode", "ServicePrincipal")
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


SERVICE_PRINCIPALS = Collection(
    "/servicePrincipals",
    "servicePrincipal",
    show_service_principal,
    create=_create,
    change=_change,
    delete=_delete,
    relations={"owners": OWNERS, "ownedObjects": OWNED, **GROUPS_OF},
    navigations=frozenset(
        ("appManagementPolicies", "appRoleAssignedTo", "appRoleAssignments", "claimsMappingPolicies", "createdObjects",
         "delegatedPermissionClassifications", "endpoints", "homeRealmDiscoveryPolicies", "oauth2PermissionGrants",
         "synchronization", "tokenIssuancePolicies", "tokenLifetimePolicies")
    ),
    largest=100,
)  # fmt: skip
"""Pages are of at most 100 since September 2025 (Graph changelog, 2025-09-04)."""
collection(routes, SERVICE_PRINCIPALS)
