"""Synchronization secrets: the connection to the target, and the settings that the service keeps with it."""

from __future__ import annotations

import orjson

from entra_sync.emulator.cycle.settings import is_readable
from entra_sync.emulator.errors import Fault
from entra_sync.emulator.graph.audit import audit
from entra_sync.emulator.graph.bodies import known, parameters
from entra_sync.emulator.graph.synchronization.common import key_values, principal, secrets_of
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.microsoft.clouds import Cloud

__all__ = ["routes"]

routes = Router()

_MASK = "*"
_GOVERNMENT_LIMIT = 1024
"""Bytes of credentials and notification mail together in US Government ("Known issues for provisioning")."""


@routes.on("PUT", "/servicePrincipals/{id}/synchronization/secrets")
def put_secrets(call: Call, id: str) -> Reply:
    """Replaces the saved secrets: a masked value keeps what is saved, and an empty one removes its key.

    Terraform's azuread deletes secrets by empty values and waits until none of them is listed.
    """
    owner = principal(call, id)
    items = key_values(
        call, known(call.json(), {"value"}, "synchronizationSecretKeyStringValuePair").get("value"), "value"
    )
    saved = secrets_of(call, owner)
    found = {key: saved[key] if value == _MASK and key in saved else value for key, value in items if value}
    _check_notification(items)
    government = call.tenant.cloud in (Cloud.USGOV, Cloud.USGOV_DOD)
    if government and sum(len(value.encode()) for value in found.values()) > _GOVERNMENT_LIMIT:
        raise Fault(400, "BadRequest", f"The secrets are larger than the limit of {_GOVERNMENT_LIMIT} bytes.")
    doc = {"values": found, "before": saved, "at": call.clock.now().timestamp()}
    if call.store.get(call.tid, "secrets", owner.id) is None:
        call.store.put(call.tid, "secrets", owner.id, doc, parent=owner.id)
    else:
        call.store.replace(call.tid, "secrets", owner.id, doc)
    audit(
        call,
        "ProvisioningManagement",
        "Update provisioning setting or credentials",
        "ServicePrincipal",
        owner.id,
        owner.doc["displayName"],
    )
    return Reply(204)


def _check_notification(items: list[tuple[str, str]]) -> None:
    """The notification settings are an object of JSON; a public report has the answer to a blank text. That the same
    answer is given to a threshold that is no number is a guess.

    Raises:
        Fault: 400 ``UnknownError`` with the service's own code inside the message.
    """
    for key, value in items:
        if key == "SyncNotificationSettings" and not is_readable(value):
            problem = "The notification settings are not valid."
            inner = {"error": {"code": "InvalidNotificationSettings", "message": problem}}
            raise Fault(400, "UnknownError", orjson.dumps(inner, option=orjson.OPT_INDENT_2).decode())


@routes.on("POST", "/servicePrincipals/{id}/synchronization/acquireAccessToken")
def acquire_access_token(call: Call, id: str) -> Reply:
    """Get a token for the provisioning service from credentials; it is kept by the service, nothing comes back."""
    principal(call, id)
    key_values(call, parameters(call.json(), {"credentials"}, "acquireAccessToken").get("credentials"), "credentials")
    return Reply(204)


@routes.on("GET", "/servicePrincipals/{id}/synchronization/secrets")
def get_secrets(call: Call, id: str) -> Reply:
    """The saved secrets; what is sensitive is masked."""
    owner = principal(call, id)
    stored = call.store.get(call.tid, "secrets", owner.id)
    behind = stored is not None and call.store.horizon is not None and stored.doc["at"] > call.store.horizon
    values = stored.doc["before"] if stored is not None and behind else secrets_of(call, owner)
    readable = call.store.facts["secrets.readable"]
    value = [{"key": key, "value": value if key in readable or not value else _MASK} for key, value in values.items()]
    return call.entity({"value": value}, f"servicePrincipals('{owner.id}')/synchronization/secrets")
