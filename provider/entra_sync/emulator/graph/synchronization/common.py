"""What the synchronization areas share: the service principal, its templates, jobs and secrets."""

from __future__ import annotations

from typing import Any

from entra_sync.emulator.cycle.settings import OTHER_JOB, job_schema, saved_secrets
from entra_sync.emulator.errors import Fault, bad_request
from entra_sync.emulator.graph.applications.service_principals import service_principal
from entra_sync.emulator.graph.bodies import known
from entra_sync.emulator.graph.common import owned
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.state.store import Document, Entry
from entra_sync.microsoft.assumptions import Facts

__all__ = ["job", "key_values", "principal", "schema_of", "secrets_of", "template", "templates"]

_KEYS = {
    "None", "UserName", "Password", "SecretToken", "AppKey", "BaseAddress", "ClientIdentifier", "ClientSecret",
    "SingleSignOnType", "Sandbox", "Url", "Domain", "ConsumerKey", "ConsumerSecret", "TokenKey", "TokenExpiration",
    "Oauth2AccessToken", "Oauth2AccessTokenCreationTime", "Oauth2RefreshToken", "SyncAll", "InstanceName",
    "Oauth2ClientId", "Oauth2ClientSecret", "CompanyId", "UpdateKeyOnSoftDelete", "SynchronizationSchedule",
    "SystemOfRecord", "SandboxName", "EnforceDomain", "SyncNotificationSettings", "SkipOutOfScopeDeletions",
    "Oauth2AuthorizationCode", "Oauth2RedirectUri", "ApplicationTemplateIdentifier", "Oauth2TokenExchangeUri",
    "Oauth2AuthorizationUri", "AuthenticationType", "Server", "PerformInboundEntitlementGrants", "HardDeletesEnabled",
    "SyncAgentCompatibilityKey", "SyncAgentADContainer", "ValidateDomain", "TestReferences", "ConnectionString",
}  # fmt: skip
"""Names of secrets and settings (synchronizationSecretKeyStringValuePair)."""


def principal(call: Call, id: str) -> Entry:
    """The service principal of a path below ``/servicePrincipals/{id}/synchronization``.

    Raises:
        Fault: 404 when there is none; 403 when the caller may only touch what it owns and does not own it.
    """
    entry = service_principal(call, id)
    owned(call, entry.id)
    return entry


def _job_template(facts: Facts, gallery: str) -> str:
    """The job template of an application from the gallery."""
    known = {facts[f"gallery.{each}.id"]: facts[f"job-template.{each}"] for each in ("same-cloud", "cross-cloud")}
    return str({**known, facts["gallery.databricks.id"]: "dataBricks"}.get(gallery, OTHER_JOB))


def templates(call: Call, owner: Entry) -> list[Document]:
    """The synchronization templates that a service principal's jobs can be made from."""
    gallery = owner.doc.get("applicationTemplateId")
    if gallery is None:
        return []
    id = _job_template(call.store.facts, gallery)
    return [
        {
            "id": id,
            "applicationId": owner.doc["appId"],
            "default": True,
            "description": None,
            "discoverable": True,
            "factoryTag": id,
            "metadata": [
                {"key": "Tenancy", "value": "MultiTenant"},
                {"key": "HelpUrl", "value": "https://go.microsoft.com/fwlink/?linkid=2218405"},
            ],
        }
    ]


def missing(call: Call, kind: str, message: str) -> Fault:
    """The answer for something that does not exist."""
    answer = call.store.facts[f"error.missing-{kind}"]
    return Fault(answer["status"], answer["code"], message)


def template(call: Call, owner: Entry, id: str) -> Document:
    """One template of a service principal.

    Raises:
        Fault: 404 when the service principal has no such template.
    """
    for found in templates(call, owner):
        if found["id"].lower() == id.lower():
            return found
    raise missing(call, "template", f"Template '{id}' was not found for the application.")


def job(call: Call, owner: Entry, id: str) -> Entry:
    """A job of a service principal.

    Raises:
        Fault: 404 when it has no such job.
    """
    entry = call.store.get(call.tid, "job", id)
    if entry is None or entry.parent != owner.id:
        raise missing(call, "job", f"Job '{id}' was not found for the service principal '{owner.id}'.")
    return entry


def schema_of(call: Call, owner: Entry, entry: Entry) -> Document:
    """A job's schema: its own once it was written, its template's before."""
    return job_schema(call.state, call.tid, owner.id, entry.id, entry.doc["templateId"])


def key_values(call: Call, items: Any, name: str) -> list[tuple[str, str]]:
    """Secrets of a body: a list of keys with their values, empty for those that are null.

    Raises:
        Fault: 400 for anything else.
    """
    if not isinstance(items, list):
        raise bad_request(f"A value is required for property '{name}'.", "BadRequest")
    found = []
    for item in items:
        pair = known(item, {"key": str, "value": str}, "synchronizationSecretKeyStringValuePair")
        key, value = pair.get("key"), pair.get("value")
        if key is None or key not in _KEYS.union(call.store.facts["secrets.keys"]):
            raise bad_request(f"Requested value '{key}' was not found.", "BadRequest")
        found.append((key, value or ""))
    return found


def secrets_of(call: Call, owner: Entry) -> dict[str, str]:
    """A service principal's saved secrets, unmasked."""
    return saved_secrets(call.state, call.tid, owner.id)
