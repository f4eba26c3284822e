"""Phones with which users sign in, and SMS sign-in (phoneAuthenticationMethod resource).

Operations from the pages "List phoneMethods", "Create phoneMethod" and those of the two actions. A number cannot be
changed here: delete the phone and add it again.
"""

from __future__ import annotations

import re

from entra_sync.emulator.errors import Fault, not_found
from entra_sync.emulator.graph.audit import audit_object
from entra_sync.emulator.graph.bodies import known
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.state.clock import iso
from entra_sync.emulator.state.phones import PHONE_IDS, sms_state
from entra_sync.emulator.state.store import Document, Entry

__all__ = ["routes"]

routes = Router()

_PATH = "/users/{id}/authentication/phoneMethods"
_TYPE = "phoneAuthenticationMethod"
_NUMBER = re.compile(r"\+\d{1,3} ?\d{4,14}(x\d{1,8})?\Z")


def _shown(call: Call, user: Entry, phone: Document) -> Document:
    return {
        "id": PHONE_IDS[phone["phoneType"]],
        "phoneNumber": phone["phoneNumber"],
        "phoneType": phone["phoneType"],
        "smsSignInState": sms_state(call.directory, user.id, phone),
        "createdDateTime": phone["createdDateTime"],
    }


def _found(user: Entry, phone: str) -> Document:
    for each in user.doc.get("_phones", []):
        if PHONE_IDS[each["phoneType"]] == phone.lower():
            held: Document = each
            return held
    raise not_found(phone)


def _refused(call: Call, message: str) -> Fault:
    """The refusal of a phone, or of SMS sign-in with it; no page shows one."""
    answer = call.store.facts["error.phone"]
    return Fault(answer["status"], answer["code"], message)


def _keep(call: Call, user: Entry, phones: list[Document]) -> None:
    call.directory.update("user", user.id, {"_phones": phones})
    audit_object(call, "Update {}", user)


@routes.on("GET", _PATH)
def list_phones(call: Call, id: str) -> Reply:
    """Lists the phones of a user, three at most."""
    user = call.directory.user(id)
    value = [_shown(call, user, phone) for phone in user.doc.get("_phones", [])]
    return call.entity({"value": value}, f"users('{id}')/authentication/phoneMethods")


@routes.on("GET", f"{_PATH}/{{phone}}")
def get_phone(call: Call, id: str, phone: str) -> Reply:
    """Shows one phone of a user."""
    user = call.directory.user(id)
    return call.entity(_shown(call, user, _found(user, phone)), f"users('{id}')/authentication/phoneMethods/$entity")


@routes.on("POST", _PATH)
def post_phone(call: Call, id: str) -> Reply:
    """Adds a phone; a mobile number is registered for SMS sign-in if the policy lets the user sign in so."""
    user = call.directory.user(id)
    body = known(call.json(), {"phoneNumber": str, "phoneType": str}, _TYPE)
    kind, number = body.get("phoneType"), body.get("phoneNumber") or ""
    phones = user.doc.get("_phones", [])
    if kind not in PHONE_IDS or not _NUMBER.match(number):
        raise _refused(call, f"Invalid {'phoneNumber' if kind in PHONE_IDS else 'phoneType'}.")
    if any(phone["phoneType"] == kind for phone in phones):
        raise _refused(call, f"The user has a phone of type {kind} already.")
    phone = {"phoneType": kind, "phoneNumber": number, "sms": True, "createdDateTime": iso(call.clock.now())}
    phone["sms"] = sms_state(call.directory, user.id, phone) == "ready"
    _keep(call, user, [*phones, phone])
    return call.created(_shown(call, user, phone), f"users('{id}')/authentication/phoneMethods/$entity")


@routes.on("DELETE", f"{_PATH}/{{phone}}")
def delete_phone(call: Call, id: str, phone: str) -> Reply:
    """Removes a phone."""
    user = call.directory.user(id)
    gone = _found(user, phone)
    _keep(call, user, [each for each in user.doc["_phones"] if each != gone])
    return Reply(204)


@routes.on("POST", f"{_PATH}/{{phone}}/enableSmsSignIn", feature="sms-sign-in")
def enable_sms_sign_in(call: Call, id: str, phone: str) -> Reply:
    """Lets a user sign in with a mobile phone."""
    return _switched(call, id, phone, on=True)


@routes.on("POST", f"{_PATH}/{{phone}}/disableSmsSignIn", feature="sms-sign-in")
def disable_sms_sign_in(call: Call, id: str, phone: str) -> Reply:
    """Stops a user from signing in with a phone."""
    return _switched(call, id, phone, on=False)


def _switched(call: Call, id: str, phone: str, *, on: bool) -> Reply:
    user = call.directory.user(id)
    held = _found(user, phone)
    switched = {**held, "sms": on}
    state = sms_state(call.directory, user.id, switched)
    if on and state != "ready":
        raise _refused(call, f"SMS sign-in cannot be enabled for this phone: {state}.")
    _keep(call, user, [switched if each == held else each for each in user.doc["_phones"]])
    return Reply(204)
