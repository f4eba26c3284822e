"""Text messages in the authentication methods policy (smsAuthenticationMethodConfiguration resource).

Only the part of the policy that is about text messages is here: it decides who may sign in by SMS, and synchronization
skips users who do ("Configure cross-tenant synchronization").
"""

from __future__ import annotations

from entra_sync.emulator.errors import Fault
from entra_sync.emulator.graph.audit import audit
from entra_sync.emulator.graph.bodies import invalid_value, properties
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.shapes import Needed, misfits
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.options import read_options
from entra_sync.emulator.state.phones import SMS_POLICY, sms_policy
from entra_sync.emulator.state.store import Document

__all__ = ["routes"]

routes = Router()

_PATH = "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/{id}"
_TYPE = "smsAuthenticationMethodConfiguration"
_INCLUDING = {"isRegistrationRequired": bool, "isUsableForSignIn": bool}
_INCLUDED: Document = {"targetType": "group", "isRegistrationRequired": False, "isUsableForSignIn": True}
_EXCLUDED: Document = {"targetType": "group"}


def _only_sms(id: str) -> None:
    if id.lower() != "sms":
        raise Fault(501, "NotImplemented", f"The emulator has no authentication method configuration {id}, only sms.")


@routes.on("GET", _PATH, versions=("v1.0",), feature="sms-sign-in")
@routes.on("GET", _PATH, versions=("beta",))
def get_configuration(call: Call, id: str) -> Reply:
    """Who may use text messages, and for what."""
    _only_sms(id)
    chosen = read_options(call, None).select
    policy = sms_policy(call.directory)
    shown = {name: value for name, value in policy.items() if not chosen or name in chosen}
    return call.entity(
        {"@odata.type": f"#microsoft.graph.{_TYPE}", **shown}, "authenticationMethodConfigurations/$entity"
    )


@routes.on("PATCH", _PATH, versions=("v1.0",), feature="sms-sign-in")
@routes.on("PATCH", _PATH, versions=("beta",))
def patch_configuration(call: Call, id: str) -> Reply:
    """Change who may use text messages."""
    _only_sms(id)
    body = properties(call.json(), SMS_POLICY.keys(), _TYPE)
    if body.pop("id", "Sms") != "Sms" or body.get("state", "enabled") not in ("enabled", "disabled"):
        raise invalid_value("state" if "state" in body else "id", _TYPE)
    for path in misfits(body, {"includeTargets": [dict], "excludeTargets": [dict]}):
        raise invalid_value(path, _TYPE)
    for name, default in (("includeTargets", _INCLUDED), ("excludeTargets", _EXCLUDED)):
        if name in body:
            body[name] = [_target(name, default, target) for target in body[name] or []]
    call.tenant.change(smsPolicy={**call.tenant.document.get("smsPolicy", {}), **body})
    audit(call, "Policy", "Authentication Methods Policy Update", "Policy", call.tid)
    return Reply(204)


def _target(name: str, default: Document, target: object) -> Document:
    names = {"id": Needed(str), "targetType": str, **(_INCLUDING if name == "includeTargets" else {})}
    given = properties(target, names, "authenticationMethodTarget")
    return {**default, **given}
