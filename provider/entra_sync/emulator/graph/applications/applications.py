"""Applications (application resource)."""

from __future__ import annotations

import base64

from cryptography import x509

from entra_sync.emulator.errors import bad_request
from entra_sync.emulator.graph.audit import audit
from entra_sync.emulator.graph.common import by_key, check_body, keep_unique_name, location, owned, selected, to_create
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.collections import Rows, count, page
from entra_sync.emulator.odata.options import Options, read_options
from entra_sync.emulator.state.clock import iso
from entra_sync.emulator.state.encoding import thumbprint
from entra_sync.emulator.state.entities import entity
from entra_sync.emulator.state.store import Document, Entry

__all__ = ["application", "new_password", "routes", "show_application"]

routes = Router()

_WRITABLE = {
    "addIns", "api", "appRoles", "defaultRedirectUri", "description", "displayName", "groupMembershipClaims",
    "identifierUris", "info", "isDeviceOnlyAuthSupported", "isFallbackPublicClient", "keyCredentials", "notes",
    "optionalClaims", "parentalControlSettings", "passwordCredentials", "publicClient", "requiredResourceAccess",
    "samlMetadataUrl", "serviceManagementReference", "signInAudience", "spa", "tags", "tokenEncryptionKeyId",
    "uniqueName", "web",
}  # fmt: skip
_EMPTY: Document = {
    "api": {
        "acceptMappedClaims": None,
        "knownClientApplications": [],
        "requestedAccessTokenVersion": None,
        "oauth2PermissionScopes": [],
        "preAuthorizedApplications": [],
    },
    "info": dict.fromkeys(("logoUrl", "marketingUrl", "privacyStatementUrl", "supportUrl", "termsOfServiceUrl")),
    "parentalControlSettings": {"countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow"},
    "publicClient": {"redirectUris": []},
    "spa": {"redirectUris": []},
    "verifiedPublisher": {"displayName": None, "verifiedPublisherId": None, "addedDateTime": None},
    "web": {
        "homePageUrl": None,
        "logoutUrl": None,
        "redirectUris": [],
        "implicitGrantSettings": {"enableAccessTokenIssuance": False, "enableIdTokenIssuance": False},
        "redirectUriSettings": [],
    },
}


def show_application(call: Call, doc: Document, options: Options | None = None) -> Document:
    """An application as the API shows it."""
    shape = entity("application")
    filled = {**doc, **{name: {**value, **(doc.get(name) or {})} for name, value in _EMPTY.items()}}
    chosen = options.select if options is not None else ()
    shown = shape.project(filled, chosen or shape.default(call.version))
    if "keyCredentials" in shown and "keyCredentials" not in chosen:
        shown["keyCredentials"] = [{**item, "key": None} for item in shown["keyCredentials"]]
    return shown


def application(call: Call, id: str) -> Entry:
    """An application by object id, ``(appId='…')`` or ``(uniqueName='…')``.

    Raises:
        Fault: 404 when there is none.
    """
    return by_key(call, "application", id)


@routes.on("GET", "/applications")
def list_applications(call: Call) -> Reply:
    """The tenant's applications."""

    def project(kind: str, doc: Document, options: Options) -> Document:
        return show_application(call, doc, options)

    return page(call, Rows(call.tid, ["application"]), "applications", entity("application"), project)


@routes.on("GET", "/applications/$count")
def count_applications(call: Call) -> Reply:
    """How many applications there are."""
    return count(call, Rows(call.tid, ["application"]), entity("application"))


@routes.on("POST", "/applications")
def post_application(call: Call) -> Reply:
    """Register an application; it has no service principal yet."""
    return _register(call, call.json())


def _register(call: Call, given: Document) -> Reply:
    body = check_body(given, "application", _WRITABLE)
    if not body.get("displayName"):
        raise bad_request("A value is required for property 'displayName' of resource 'Application'.")
    doc = {
        "appId": call.store.new_id(),
        "createdDateTime": iso(call.clock.now()),
        "signInAudience": "AzureADMyOrg",
        "publisherDomain": call.tenant.domain,
        **_credentials(call, body),
    }
    secrets = [new_password(call, item) for item in doc.pop("passwordCredentials", None) or []]
    if secrets:
        doc["passwordCredentials"] = secrets
    entry = call.directory.create("application", doc)
    call.store.connect(call.tid, "owner", entry.id, call.claims.oid)
    audit(call, "ApplicationManagement", "Add application", "Application", entry.id, doc["displayName"])
    shown = show_application(call, entry.doc)
    for item, secret in zip(shown["passwordCredentials"], secrets, strict=True):
        item["secretText"] = secret["_secret"]
    return call.created(shown, "applications/$entity", location(call, "application", entry.id))


@routes.on("GET", "/applications/{id}")
def get_application(call: Call, id: str) -> Reply:
    """One application."""
    options = read_options(call, entity("application"))
    doc = show_application(call, application(call, id).doc, options)
    return call.entity(doc, f"applications{selected(options)}/$entity")


@routes.on("PATCH", "/applications/{id}")
def patch_application(call: Call, id: str) -> Reply:
    """Change an application, or register it under a unique name."""
    missing = to_create(call, "application", id)
    if missing is not None:
        body = call.json()
        keep_unique_name(body, {"uniqueName": missing})
        return _register(call, {**body, "uniqueName": missing})
    entry = application(call, id)
    owned(call, entry.id)
    body = check_body(call.json(), "application", _WRITABLE)
    keep_unique_name(body, entry.doc)
    if body.get("passwordCredentials"):
        raise bad_request("Property 'passwordCredentials' cannot be set directly; use addPassword.")
    call.directory.update("application", entry.id, _credentials(call, body))
    audit(call, "ApplicationManagement", "Update application", "Application", entry.id, entry.doc["displayName"])
    return Reply(204)


@routes.on("DELETE", "/applications/{id}")
def delete_application(call: Call, id: str) -> Reply:
    """Soft-delete an application, and its service principal with it."""
    entry = application(call, id)
    owned(call, entry.id)
    directory = call.directory
    directory.soft_delete("application", entry.id)
    for principal in call.store.find(call.tid, "servicePrincipal.appId", entry.doc["appId"]):
        directory.soft_delete("servicePrincipal", principal)
    audit(call, "ApplicationManagement", "Delete application", "Application", entry.id, entry.doc["displayName"])
    return Reply(204)


def new_password(call: Call, asked: Document) -> Document:
    """A client secret as it is kept, with what was asked for; its text is ``_secret``, which no answer shows again."""
    secret = call.store.new_id().replace("-", "~")
    now = call.clock.now()
    return {
        "customKeyIdentifier": None,
        "displayName": asked.get("displayName"),
        "startDateTime": asked.get("startDateTime") or iso(now),
        "endDateTime": asked.get("endDateTime") or iso(now.replace(year=now.year + 2, day=min(now.day, 28))),
        "keyId": call.store.new_id(),
        "hint": secret[:3],
        "secretText": None,
        "_secret": secret,
    }


def _credentials(call: Call, body: Document) -> Document:
    """A body whose certificates are checked and described."""
    if "keyCredentials" not in body:
        return body
    found = []
    for item in body["keyCredentials"] or []:
        try:
            der = base64.b64decode(item["key"])
            certificate = x509.load_der_x509_certificate(der)
        except (KeyError, TypeError, ValueError):
            raise bad_request(
                "Key credential value is invalid: a certificate in DER form is expected.", "KeyCredentialsInvalid"
            ) from None
        found.append(
            {
                "customKeyIdentifier": thumbprint(der),
                "displayName": item.get("displayName"),
                "startDateTime": iso(certificate.not_valid_before_utc),
                "endDateTime": iso(certificate.not_valid_after_utc),
                "key": item["key"],
                "keyId": item.get("keyId") or call.store.new_id(),
                "type": "AsymmetricX509Cert",
                "usage": item.get("usage", "Verify"),
            }
        )
    return {**body, "keyCredentials": found}
