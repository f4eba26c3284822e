"""What an application proves who it is with: client secrets and federated identities."""

from __future__ import annotations

from entra_sync.emulator.errors import Fault, bad_request, not_found
from entra_sync.emulator.graph.applications.applications import application, new_password
from entra_sync.emulator.graph.audit import audit
from entra_sync.emulator.graph.bodies import known, parameters
from entra_sync.emulator.graph.common import owned
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.state.entities import public
from entra_sync.emulator.state.store import Entry

__all__ = ["routes"]

routes = Router()

_SECRETS = "Update application - Certificates and secrets management"
_PASSWORD = {
    "customKeyIdentifier", "displayName", "endDateTime", "hint", "keyId", "secretText", "startDateTime",
}  # fmt: skip
_FEDERATED = ("name", "issuer", "subject", "description", "audiences")


def _audit(call: Call, entry: Entry, activity: str) -> None:
    audit(call, "ApplicationManagement", activity, "Application", entry.id, entry.doc["displayName"])


@routes.on("POST", "/applications/{id}/addPassword")
def add_password(call: Call, id: str) -> Reply:
    """Add a client secret; its text is shown this once."""
    entry = application(call, id)
    owned(call, entry.id)
    asked = parameters(call.optional_json(), {"passwordCredential"}, "addPassword").get("passwordCredential") or {}
    known(asked, _PASSWORD, "passwordCredential")
    credential = new_password(call, asked)
    credentials = [*entry.doc.get("passwordCredentials", []), credential]
    call.directory.update("application", entry.id, {"passwordCredentials": credentials})
    _audit(call, entry, _SECRETS)
    return call.entity(
        {**public(credential), "secretText": credential["_secret"]}, "microsoft.graph.passwordCredential"
    )


@routes.on("POST", "/applications/{id}/removePassword")
def remove_password(call: Call, id: str) -> Reply:
    """Remove a client secret."""
    entry = application(call, id)
    owned(call, entry.id)
    key_id = str(parameters(call.json(), {"keyId"}, "removePassword").get("keyId"))
    left = [item for item in entry.doc.get("passwordCredentials", []) if item["keyId"] != key_id]
    if len(left) == len(entry.doc.get("passwordCredentials", [])):
        raise bad_request("No password credential found with keyId.")
    call.directory.update("application", entry.id, {"passwordCredentials": left})
    _audit(call, entry, _SECRETS)
    return Reply(204)


@routes.on("GET", "/applications/{id}/federatedIdentityCredentials")
def list_federated(call: Call, id: str) -> Reply:
    """Outside identities that may act as the application."""
    found = application(call, id).doc.get("_federated", [])
    return call.entity({"value": found}, f"applications('{id}')/federatedIdentityCredentials")


@routes.on("POST", "/applications/{id}/federatedIdentityCredentials")
def post_federated(call: Call, id: str) -> Reply:
    """Trust an outside identity."""
    entry = application(call, id)
    owned(call, entry.id)
    body = known(call.json(), _FEDERATED, "federatedIdentityCredential")
    for name in ("name", "issuer", "subject", "audiences"):
        if not body.get(name):
            raise bad_request(f"A value is required for property '{name}' of resource 'FederatedIdentityCredential'.")
    credential = {"id": call.store.new_id(), **{name: body.get(name) for name in _FEDERATED}}
    existing = entry.doc.get("_federated", [])
    if any(item["name"] == credential["name"] for item in existing):
        raise Fault(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            f"FederatedIdentityCredential with name {credential['name']} already exists.",
        )
    call.directory.update("application", entry.id, {"_federated": [*existing, credential]})
    _audit(call, entry, "Update application")
    return call.created(credential, f"applications('{id}')/federatedIdentityCredentials/$entity")


@routes.on("DELETE", "/applications/{id}/federatedIdentityCredentials/{credential}")
def delete_federated(call: Call, id: str, credential: str) -> Reply:
    """Stop trusting an outside identity."""
    entry = application(call, id)
    owned(call, entry.id)
    existing = entry.doc.get("_federated", [])
    left = [item for item in existing if credential not in {item["id"], item["name"]}]
    if len(left) == len(existing):
        raise not_found(credential)
    call.directory.update("application", entry.id, {"_federated": left})
    _audit(call, entry, "Update application")
    return Reply(204)
