"""Credentials of applications and service principals: client secrets, signing certificates, federated identities."""

from __future__ import annotations

from functools import partial

from entra_sync.emulator.errors import Fault, bad_request, not_found
from entra_sync.emulator.graph.applications.keys import (
    EXPRESSION,
    FEDERATED,
    in_utc,
    new_password,
    new_signing_certificate,
    shown_federated,
)
from entra_sync.emulator.graph.audit import audit_object
from entra_sync.emulator.graph.bodies import parameters, properties
from entra_sync.emulator.graph.common import by_key, owned
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.collections import few
from entra_sync.emulator.odata.options import read_options
from entra_sync.emulator.state.catalog.entities import public
from entra_sync.emulator.state.store import Document, Entry

__all__ = ["routes"]

routes = Router()

_KINDS = {"applications": "application", "serviceprincipals": "servicePrincipal"}
_MOST_FEDERATED = 20
"""Federated identity credentials of an application ("Overview of federated identity credentials")."""
_PASSWORD = dict.fromkeys(
    ("customKeyIdentifier", "displayName", "endDateTime", "hint", "keyId", "secretText", "startDateTime"), str
)


def _on(action: str) -> tuple[str, ...]:
    return tuple(f"/{name}/{{id}}/{action}" for name in ("applications", "servicePrincipals"))


def _entry(call: Call, id: str) -> Entry:
    """Returns the application or service principal that a path names, for a caller who may change it."""
    entry = by_key(call, _KINDS[call.path.split("/")[1].lower()], id)
    owned(call, entry.id)
    return entry


def _change(call: Call, entry: Entry, changes: Document, activity: str = "Update {}") -> None:
    call.directory.update(entry.kind, entry.id, changes)
    audit_object(call, activity, entry)


def _secrets_changed(entry: Entry) -> str:
    return "Update {}" + (" - Certificates and secrets management" if entry.kind == "application" else "")


@routes.on("POST", *_on("addPassword"))
def add_password(call: Call, id: str) -> Reply:
    """Adds a client secret; its text is shown only in this answer."""
    entry = _entry(call, id)
    body = parameters(call.optional_json(), {"passwordCredential": dict}, "addPassword")
    asked = properties(body.get("passwordCredential") or {}, _PASSWORD, "passwordCredential")
    credential = new_password(call, asked, hint=entry.kind == "application")
    credentials = [credential, *entry.doc.get("passwordCredentials", [])]
    _change(call, entry, {"passwordCredentials": credentials}, _secrets_changed(entry))
    shown = {**public(credential), "secretText": credential["_secret"]}
    return call.done(shown, "microsoft.graph.passwordCredential")


@routes.on("POST", *_on("removePassword"))
def remove_password(call: Call, id: str) -> Reply:
    """Removes a client secret."""
    entry = _entry(call, id)
    key_id = str(parameters(call.json(), {"keyId": str}, "removePassword").get("keyId"))
    left = [item for item in entry.doc.get("passwordCredentials", []) if item["keyId"] != key_id]
    if len(left) == len(entry.doc.get("passwordCredentials", [])):
        raise bad_request("No password credential found with keyId.")
    _change(call, entry, {"passwordCredentials": left}, _secrets_changed(entry))
    return Reply(204)


@routes.on("POST", "/servicePrincipals/{id}/addTokenSigningCertificate")
def add_signing_certificate(call: Call, id: str) -> Reply:
    """Makes a certificate for signing SAML tokens: a private key, its password, and the public key to verify with."""
    entry = _entry(call, id)
    body = parameters(call.json(), {"displayName": str, "endDateTime": str}, "addTokenSigningCertificate")
    name = body.get("displayName") or ""
    if not name.startswith("CN="):
        raise bad_request("Invalid value specified for parameter 'displayName': it must start with 'CN='.")
    keys, password, thumbprint = new_signing_certificate(call, name, in_utc(body.get("endDateTime")))
    changes: Document = {
        "keyCredentials": [*entry.doc.get("keyCredentials", []), *keys],
        "passwordCredentials": [password, *entry.doc.get("passwordCredentials", [])],
    }
    if entry.doc.get("preferredTokenSigningKeyThumbprint") is None:
        changes["preferredTokenSigningKeyThumbprint"] = thumbprint
    _change(call, entry, changes)
    return call.done({**keys[-1], "thumbprint": thumbprint}, "microsoft.graph.selfSignedCertificate")


# Federated identities


def _context(entry: Entry) -> str:
    return f"applications('{entry.id}')/federatedIdentityCredentials"


def _held(entry: Entry) -> list[Document]:
    found: list[Document] = entry.doc.get("_federated", [])
    return found


def _one(entry: Entry, key: str) -> Document:
    """Returns a federated identity by id, name, or ``(name='…')``."""
    wanted = key.removeprefix("(name='").removesuffix("')") if key.startswith("(name='") else key
    for item in _held(entry):
        if wanted in {item["id"], item["name"]}:
            return item
    raise not_found(key)


def _federated(call: Call, given: Document, existing: Document) -> Document:
    """Returns a checked federated identity; in beta an expression can stand in for the subject."""
    names = {**FEDERATED, EXPRESSION: dict} if call.beta else FEDERATED
    body = properties(
        {name: value for name, value in given.items() if name != "id"}, names, "federatedIdentityCredential"
    )
    doc = {"id": existing.get("id") or call.store.new_id(), **{name: existing.get(name) for name in names}, **body}
    needed = ["name", "issuer", "audiences"] + ([] if doc.get(EXPRESSION) else ["subject"])
    for name in needed:
        if not doc.get(name):
            raise bad_request(f"A value is required for property '{name}' of resource 'FederatedIdentityCredential'.")
    if doc.get(EXPRESSION) and doc.get("subject"):
        raise bad_request("Only one of 'subject' and 'claimsMatchingExpression' can be set.")
    return doc


def _taken(what: str) -> Fault:
    message = f"FederatedIdentityCredential with {what} already exists."
    return Fault(409, "Request_MultipleObjectsWithSameKeyValue", message)


def _one_subject_each(credential: Document, others: list[Document]) -> None:
    """An issuer's subject is trusted once by an application (federatedIdentityCredential resource type).

    Raises:
        Fault: 409 if another credential of the application has both; no page shows this answer.
    """
    pair = (credential.get("issuer"), credential.get("subject"))
    if pair[1] and any((item.get("issuer"), item.get("subject")) == pair for item in others):
        raise _taken("the same issuer and subject")


@routes.on("GET", "/applications/{id}/federatedIdentityCredentials")
def list_federated(call: Call, id: str) -> Reply:
    """Lists outside identities that may act as the application."""
    entry = by_key(call, "application", id)
    return few(call, _held(entry), _context(entry), partial(shown_federated, call))


@routes.on("GET", "/applications/{id}/federatedIdentityCredentials/{credential}")
def get_federated(call: Call, id: str, credential: str) -> Reply:
    """Shows one outside identity, by id or name."""
    entry = by_key(call, "application", id)
    return call.entity(
        shown_federated(call, _one(entry, credential), read_options(call, None)), f"{_context(entry)}/$entity"
    )


@routes.on("POST", "/applications/{id}/federatedIdentityCredentials")
def post_federated(call: Call, id: str) -> Reply:
    """Trusts an outside identity."""
    return _trust(call, _entry(call, id), call.json())


def _trust(call: Call, entry: Entry, body: Document) -> Reply:
    credential = _federated(call, body, {})
    if len(_held(entry)) >= _MOST_FEDERATED:
        raise bad_request(f"An application can have at most {_MOST_FEDERATED} federated identity credentials.")
    if any(item["name"] == credential["name"] for item in _held(entry)):
        raise _taken(f"name {credential['name']}")
    _one_subject_each(credential, _held(entry))
    _change(call, entry, {"_federated": [*_held(entry), credential]})
    return call.created(shown_federated(call, credential), f"{_context(entry)}/$entity", call.request.root)


@routes.on("PATCH", "/applications/{id}/federatedIdentityCredentials/{credential}")
def patch_federated(call: Call, id: str, credential: str) -> Reply:
    """Changes an outside identity, or trusts one under a name that is not there yet."""
    entry, body = _entry(call, id), call.json()
    upsert = credential.startswith("(name='") and "create-if-missing" in call.header("Prefer").lower()
    name = credential.removeprefix("(name='").removesuffix("')")
    if upsert and all(item["name"] != name for item in _held(entry)):
        return _trust(call, entry, {**body, "name": name})
    former = _one(entry, credential)
    if body.get("name", former["name"]) != former["name"]:
        raise bad_request("Property 'name' is read-only and cannot be set.")
    changed = _federated(call, body, former)
    _one_subject_each(changed, [item for item in _held(entry) if item is not former])
    _change(call, entry, {"_federated": [changed if item is former else item for item in _held(entry)]})
    return Reply(204)


@routes.on("DELETE", "/applications/{id}/federatedIdentityCredentials/{credential}")
def delete_federated(call: Call, id: str, credential: str) -> Reply:
    """Stops trusting an outside identity."""
    entry = _entry(call, id)
    former = _one(entry, credential)
    _change(call, entry, {"_federated": [item for item in _held(entry) if item is not former]})
    return Reply(204)
