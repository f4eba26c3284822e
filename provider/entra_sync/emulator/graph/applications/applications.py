"""Applications (application resource)."""

from __future__ import annotations

from urllib.parse import urlsplit

from entra_sync.emulator.errors import bad_request
from entra_sync.emulator.graph.applications.keys import kept_passwords, key_credentials, new_password, shown_federated
from entra_sync.emulator.graph.applications.service_principals import follow, whole_parts
from entra_sync.emulator.graph.audit import audit_object
from entra_sync.emulator.graph.bodies import invalid_value
from entra_sync.emulator.graph.collection import Collection, collection, soft_delete
from entra_sync.emulator.graph.common import bound, by_key, check_body, connect_owners
from entra_sync.emulator.graph.relations import OWNERS
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.odata.options import Options
from entra_sync.emulator.state.catalog.entities import entity, merged
from entra_sync.emulator.state.clock import iso, precise
from entra_sync.emulator.state.store import Document, Entry

__all__ = ["application", "routes", "show_application"]

routes = Router()

_WRITABLE = {
    "addIns", "api", "appRoles", "defaultRedirectUri", "description", "displayName", "groupMembershipClaims",
    "identifierUris", "info", "isDeviceOnlyAuthSupported", "isFallbackPublicClient", "keyCredentials", "notes",
    "optionalClaims", "parentalControlSettings", "passwordCredentials", "publicClient", "requiredResourceAccess",
    "samlMetadataUrl", "serviceManagementReference", "signInAudience", "spa", "tags", "tokenEncryptionKeyId",
    "uniqueName", "web", "authenticationBehaviors", "isDisabled", "nativeAuthenticationApisEnabled",
    "requestSignatureVerification", "servicePrincipalLockConfiguration",
}  # fmt: skip
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_AUDIENCES = ("AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount")
_WRITABLE_IN_BETA = {"oauth2RequirePostResponse"}
_USUAL: Document = {
    "api": {},
    "info": {},
    "parentalControlSettings": {"legalAgeGroupRule": "Allow"},
    "publicClient": {},
    "spa": {},
    "verifiedPublisher": {},
    "web": {"implicitGrantSettings": {"enableAccessTokenIssuance": False, "enableIdTokenIssuance": False}},
}
"""Complex properties that are never null, with the values of a new application that are not null or empty."""


def show_application(call: Call, doc: Document, options: Options | None = None) -> Document:
    """Returns an application as the API shows it."""
    shape = entity("application").of(call.version)
    chosen = options.select if options is not None else ()
    filled = {**_USUAL, **doc}
    for name, usual in _USUAL.items():
        held = filled[name] or {}
        inner = {key: {**value, **(held.get(key) or {})} for key, value in usual.items() if isinstance(value, dict)}
        filled[name] = {**usual, **held, **inner}
    shown = whole_parts("application", shape.project(filled, chosen or shape.default(call.version)))
    if "web" in shown:
        shown["web"]["redirectUriSettings"] = [{"uri": uri, "index": None} for uri in shown["web"]["redirectUris"]]
    if "keyCredentials" in shown and "keyCredentials" not in chosen:
        shown["keyCredentials"] = [{**item, "key": None} for item in shown["keyCredentials"]]
    return shown


def application(call: Call, id: str) -> Entry:
    """An application by object id, ``(appId='…')`` or ``(uniqueName='…')``.

    Raises:
        Fault: 404 when there is none.
    """
    return by_key(call, "application", id)


def _checked(call: Call, given: Document, existing: Document | None = None) -> Document:
    names = _WRITABLE | _WRITABLE_IN_BETA if call.beta else _WRITABLE
    body = check_body(call, given, "application", names, existing)
    if "keyCredentials" in body:
        held = (existing or {}).get("keyCredentials", [])
        body["keyCredentials"] = key_credentials(call, body["keyCredentials"] or [], held)
    _each_once(body, existing or {})
    for platform in ("publicClient", "spa", "web"):
        for uri in (body.get(platform) or {}).get("redirectUris") or []:
            _check_redirect(uri)
    if body.get("signInAudience") not in (None, *_AUDIENCES):
        raise invalid_value("signInAudience", "Application")
    if existing is not None:
        _keep_enabled(existing.get("appRoles"), body.get("appRoles"))
        scopes = [(each.get("api") or {}).get("oauth2PermissionScopes") for each in (existing, body)]
        _keep_enabled(*scopes)
    if "passwordCredentials" in body and existing is not None:
        held = existing.get("passwordCredentials", [])
        body["passwordCredentials"] = kept_passwords(body["passwordCredentials"] or [], held)
    return body


def _check_redirect(uri: str) -> None:
    """Only this computer is reached without TLS ("Redirect URI (reply URL) outline and restrictions").

    Raises:
        Fault: 400 for another host by HTTP. No page shows the answer.
    """
    parts = urlsplit(uri)
    if parts.scheme.lower() == "http" and parts.hostname not in _LOOPBACK:
        raise invalid_value("redirectUris", "Application")


def _each_once(body: Document, existing: Document) -> None:
    """Ids are unique among the roles and among the scopes, and values among both, unless the id is the same.

    Pages: appRole and permissionScope resource types. Issue 21667 of microsoft-graph-docs shows the answer.

    Raises:
        Fault: 400 naming the property that has duplicates.
    """
    values: dict[str, str | None] = {}
    after = merged("application", existing, body)
    for name, items in (
        ("appRoles", after.get("appRoles", existing.get("appRoles"))),
        ("api", (after.get("api", existing.get("api")) or {}).get("oauth2PermissionScopes")),
    ):
        ids = [item.get("id") for item in items or []]
        named = [(item["value"], item.get("id")) for item in items or [] if item.get("value")]
        taken = any(values.get(value, id) != id for value, id in named)
        if name in body and (taken or len(set(ids)) < len(ids) or len(dict(named)) < len(named)):
            message = "Request contains a property with duplicate values."
            details = [{"code": "DuplicateValue", "message": message, "target": name}]
            raise bad_request(message, "DuplicateValue", details=details)
        values.update(named)


def _keep_enabled(held: list[Document] | None, given: list[Document] | None) -> None:
    """A role or scope has to be disabled before it is removed (appRole and permissionScope resource types).

    Raises:
        Fault: 400 with the service's text, if one that is enabled is missing.
    """
    kept = {item.get("id") for item in given or []}
    if given is not None and any(item.get("isEnabled") and item.get("id") not in kept for item in held or []):
        message = "Permission (scope or role) cannot be deleted or updated unless disabled first."
        raise bad_request(message, "CannotDeleteOrUpdateEnabledEntitlement")


def _register(call: Call, given: Document) -> Document:
    """Registers an application; it has no service principal yet."""
    owners = bound(given, "owners")
    body = _checked(call, given)
    if not body.get("displayName"):
        raise bad_request("A value is required for property 'displayName' of resource 'Application'.")
    doc = {
        "appId": call.store.new_id(),
        "createdDateTime": iso(call.clock.now()),
        "signInAudience": "AzureADMyOrg",
        "publisherDomain": call.tenant.domain,
        **body,
    }
    secrets = [new_password(call, item) for item in doc.pop("passwordCredentials", None) or []]
    if secrets:
        doc["passwordCredentials"] = secrets
    entry = call.directory.create("application", doc)
    connect_owners(call, entry.id, owners, usual=call.claims.oid)
    audit_object(call, "Add {}", entry)
    shown = show_application(call, {**entry.doc, "createdDateTime": precise(call.clock.now())})
    for item, secret in zip(shown["passwordCredentials"], secrets, strict=True):
        item["secretText"] = secret["_secret"]
    return shown


def _change(call: Call, entry: Entry, given: Document) -> None:
    updated = call.directory.update("application", entry.id, _checked(call, given, entry.doc))
    follow(call, entry.doc, updated.doc)
    audit_object(call, "Update {}", entry)


def _delete(call: Call, entry: Entry) -> None:
    """Soft-deletes an application, and its service principal with it."""
    for principal in call.store.find(call.tid, "servicePrincipal.appId", entry.doc["appId"]):
        call.directory.soft_delete("servicePrincipal", principal)
    soft_delete(call, entry)


def _federated(call: Call, doc: Document, options: Options) -> list[Document]:
    return [shown_federated(call, item, options) for item in doc.get("_federated", [])]


APPLICATIONS = Collection(
    "/applications",
    "application",
    show_application,
    create=_register,
    change=_change,
    delete=_delete,
    relations={"owners": OWNERS},
    expands={"federatedIdentityCredentials": _federated},
    navigations=frozenset(
        ("appManagementPolicies", "createdOnBehalfOf", "extensionProperties", "homeRealmDiscoveryPolicies",
         "synchronization", "tokenIssuancePolicies", "tokenLifetimePolicies")
    ),
)  # fmt: skip
collection(routes, APPLICATIONS)
