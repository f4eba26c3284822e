"""Phones with which users sign in: what is stored of them, and who can sign in by SMS.

"phoneAuthenticationMethod resource type" has the types, their ids and the states of SMS sign-in. The page of the action
enableSmsSignIn says which phones can have it: mobile ones, whose number no other user has, of users that the
authentication methods policy lets sign in so.
"""

from __future__ import annotations

from entra_sync.emulator.state.directory import Directory
from entra_sync.emulator.state.store import Document

__all__ = ["PHONE_IDS", "SMS_POLICY", "signs_in_by_sms", "sms_policy", "sms_state"]

PHONE_IDS = {
    "mobile": "3179e48a-750b-4051-897c-87b9720928f7",
    "alternateMobile": "b6332ec1-7057-4abe-9331-3d72feddfe41",
    "office": "e37fc753-ff3b-4958-9484-eaa9425c82bc",
}
"""Id of the phone of each type; it is the same for all users."""

SMS_POLICY: Document = {"id": "Sms", "state": "disabled", "excludeTargets": [], "includeTargets": []}
"""Text messages in the authentication methods policy of a tenant whose administrator has not changed it."""


def sms_policy(directory: Directory) -> Document:
    """What a tenant's authentication methods policy says of text messages."""
    tenant = directory.store.get(directory.tid, "tenant", directory.tid)
    changed = tenant.doc.get("smsPolicy", {}) if tenant is not None else {}
    return {**SMS_POLICY, **changed}


def sms_state(directory: Directory, user: str, phone: Document) -> str:
    """``smsSignInState`` of a user's phone."""
    if phone["phoneType"] != "mobile":
        return "notSupported"
    if not _allowed(directory, user):
        return "notAllowedByPolicy"
    if not phone["sms"]:
        return "notEnabled"
    users = directory.store.find(directory.tid, "sms.number", phone["phoneNumber"])
    return "ready" if all(other == user for other in users) else "phoneNumberNotUnique"


def signs_in_by_sms(directory: Directory, user: str, doc: Document) -> bool:
    """Whether SMS sign-in is enabled for a user."""
    return any(sms_state(directory, user, phone) == "ready" for phone in doc.get("_phones", []))


def _allowed(directory: Directory, user: str) -> bool:
    policy = sms_policy(directory)
    if policy["state"] != "enabled":
        return False
    names = {"all_users", user, *directory.groups_of(user, transitive=True)}
    usable = {target["id"] for target in policy["includeTargets"] if target["isUsableForSignIn"]}
    return bool(names & usable) and not names & {target["id"] for target in policy["excludeTargets"]}
