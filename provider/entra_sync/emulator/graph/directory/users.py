"""Users (user resource)."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from entra_sync.emulator.errors import bad_request, not_found
from entra_sync.emulator.graph.audit import audit_object
from entra_sync.emulator.graph.bodies import invalid_value
from entra_sync.emulator.graph.collection import ABSENT, Collection, collection, soft_delete
from entra_sync.emulator.graph.common import (
    check_body,
    hide_security_attributes,
    location,
    merge_security_attributes,
    reference_id,
)
from entra_sync.emulator.graph.relations import GROUPS_OF, OWNED, Relation, listed, show
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.options import Options, read_options
from entra_sync.emulator.state.catalog.entities import completed, entity
from entra_sync.emulator.state.clock import iso
from entra_sync.emulator.state.store import Document, Entry

__all__ = ["routes", "show_user"]

routes = Router()

_WRITABLE = {
    "accountEnabled", "ageGroup", "businessPhones", "city", "companyName", "consentProvidedForMinor", "country",
    "customSecurityAttributes", "department", "displayName", "employeeHireDate", "employeeId",
    "employeeLeaveDateTime", "employeeOrgData", "employeeType", "faxNumber", "givenName", "identities", "jobTitle",
    "mail", "mailNickname", "mobilePhone", "officeLocation", "onPremisesExtensionAttributes",
    "onPremisesImmutableId", "otherMails", "passwordPolicies", "passwordProfile", "postalCode",
    "preferredDataLocation", "preferredLanguage", "showInAddressList", "state", "streetAddress", "surname",
    "usageLocation", "userPrincipalName", "userType",
}  # fmt: skip
_REQUIRED = ("accountEnabled", "displayName", "mailNickname", "passwordProfile", "userPrincipalName")
_COUNTRY = re.compile(r"[A-Z]{2}\Z")
_ALIAS = re.compile(r"[A-Za-z0-9'._!#^~$-]+\Z")
_PASSWORD_CLASSES = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]")
_LENGTHS = {"displayName": 256, "givenName": 64, "surname": 64, "jobTitle": 128, "city": 128, "companyName": 64,
            "department": 64, "mailNickname": 64, "employeeId": 16, "userPrincipalName": 113}  # fmt: skip


def show_user(call: Call, doc: Document, options: Options | None = None) -> Document:
    """A user as the API shows it."""
    shape = entity("user")
    chosen = options.select if options is not None else ()
    if "signInActivity" in chosen:
        chosen = tuple(dict.fromkeys(("id", *chosen)))  # The activity comes with the user's id ("Get a user").
    shown = shape.project(doc, chosen or shape.default(call.version))
    if shown.get("signInActivity") is not None:
        shown["signInActivity"] = completed("signInActivity", shown["signInActivity"])
    if call.beta and "onPremisesExtensionAttributes" in shown:
        held = shown["onPremisesExtensionAttributes"] or {}
        shown["onPremisesExtensionAttributes"] = completed("onPremisesExtensionAttributes", held)
    if "identities" in shown and not shown["identities"]:
        shown["identities"] = [
            {
                "signInType": "userPrincipalName",
                "issuer": call.tenant.domain,
                "issuerAssignedId": doc.get("userPrincipalName"),
            }
        ]
    hide_security_attributes(call, shown)
    return shown


def _entry(call: Call, id: str) -> Entry:
    return call.directory.user(id)


# Writing


def validate_user(call: Call, body: Document, existing: Document | None = None) -> Document:
    """Property values that the directory accepts.

    Raises:
        Fault: 400 naming the property that it does not accept.
    """
    found = check_body(call, body, "user", _WRITABLE, existing)
    merge_security_attributes(call, found, existing)
    for name, value in found.items():
        if name.startswith("ext") and isinstance(value, dict):
            found[name] = {"@odata.type": "#microsoft.graph.ComplexExtensionValue", **value}
    for name, most in _LENGTHS.items():
        if isinstance(found.get(name), str) and not 1 <= len(found[name]) <= most:
            raise invalid_value(name, "User")
    if found.get("usageLocation") is not None and not _COUNTRY.match(found["usageLocation"]):
        raise invalid_value("usageLocation", "User")
    if found.get("userType") not in (None, "Member", "Guest"):
        raise invalid_value("userType", "User")
    if found.get("mailNickname") is not None and not _ALIAS.match(found["mailNickname"]):
        raise invalid_value("mailNickname", "User")
    principal_name = found.get("userPrincipalName")
    if principal_name is not None and (existing is None or principal_name != existing.get("userPrincipalName")):
        _check_principal_name(call, principal_name)
    if found.get("passwordProfile"):
        _check_password(found["passwordProfile"].get("password"))
    if found.pop("passwordProfile", None) is not None:
        found["lastPasswordChangeDateTime"] = iso(call.clock.now())
    return found


def _check_principal_name(call: Call, name: str) -> None:
    alias, at, domain = name.partition("@")
    if not at or not _ALIAS.match(alias):
        raise invalid_value("userPrincipalName", "User")
    if domain.lower() not in call.tenant.domains:
        message = (
            "The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain"
            " names in your organization."
        )
        raise bad_request(
            message, details=[{"code": "InvalidValue", "message": message, "target": "userPrincipalName"}]
        )


def _check_password(password: object) -> None:
    fits = isinstance(password, str) and 8 <= len(password) <= 256
    if not fits or sum(bool(re.search(kind, str(password))) for kind in _PASSWORD_CLASSES) < 3:
        message = (
            "The specified password does not comply with password complexity requirements. Please provide"
            " a different password."
        )
        raise bad_request(message, details=[{"code": "InvalidValue", "message": message, "target": "passwordProfile"}])


def _is_local_account(body: Document) -> bool:
    """Whether a customer's account is made, which signs in by mail, user name or a third party's identity."""
    held = body.get("identities")
    kinds = [item.get("signInType") for item in held if isinstance(item, dict)] if isinstance(held, list) else []
    return any(kind != "userPrincipalName" for kind in kinds)


def _completed(call: Call, body: Document) -> Document:
    """A customer's account with what the directory makes up for it."""
    alias = call.store.new_id()
    made_up = {
        "accountEnabled": True,
        "mailNickname": alias,
        "userPrincipalName": f"{alias}@{call.tenant.domain}",
        "passwordProfile": {"password": f"Aa1-{alias}"},
    }
    return {**made_up, **body}


def _create(call: Call, body: Document) -> Document:
    if _is_local_account(body):
        body = _completed(call, body)
    for name in _REQUIRED:
        if body.get(name) is None:
            message = f"A value is required for property '{name}' of resource 'User'."
            raise bad_request(message, details=[{"code": "InvalidValue", "message": message, "target": name}])
    manager = _bound_manager(body)
    doc = {
        "userType": "Member",
        "createdDateTime": iso(call.clock.now()),
        "_netId": call.store.new_id().replace("-", "")[:16].upper(),
        **validate_user(call, body),
    }
    entry = call.directory.create("user", doc)
    if manager:
        _set_manager(call, entry.id, manager)
    audit_object(call, "Add {}", entry)
    names = entity("user").default(call.version)
    if _is_local_account(body):
        names = tuple(dict.fromkeys((*names, "identities", "passwordPolicies")))
    return show_user(call, entry.doc, Options(select=names))


def _bound_manager(body: Document) -> str | None:
    """Takes the manager that a body names away from it."""
    link = body.pop("manager@odata.bind", None)
    return None if link is None else reference_id({"@odata.id": link})


def _change(call: Call, entry: Entry, body: Document) -> None:
    manager = _bound_manager(body)
    changes = validate_user(call, body, entry.doc)
    if changes:
        call.directory.update("user", entry.id, changes)
    if manager:
        _set_manager(call, entry.id, manager)
    audit_object(call, "Update {}", entry, _changes(entry.doc, changes))


def _changes(before: Document, changes: Document) -> list[Document]:
    return [
        {"displayName": name[0].upper() + name[1:], "oldValue": str([before.get(name)]), "newValue": str([value])}
        for name, value in changes.items()
        if before.get(name) != value
    ]


# Manager and reports


def _manager(call: Call, id: str) -> Entry | None:
    found = call.store.targets(call.tid, "manager", id)
    return call.directory.find(found[0], ("user",)) if found else None


@routes.on("GET", "/users/{id}/manager")
def get_manager(call: Call, id: str) -> Reply:
    """A user's manager."""
    options = read_options(call, entity("user"))
    manager = _manager(call, _entry(call, id).id)
    if manager is None:
        raise not_found("manager")
    return call.entity(show(call, "user", manager.doc, options), "directoryObjects/$entity")


@routes.on("GET", "/users/{id}/manager/$ref")
def get_manager_reference(call: Call, id: str) -> Reply:
    """A reference to a user's manager."""
    manager = _manager(call, _entry(call, id).id)
    if manager is None:
        raise not_found("manager")
    return call.entity({"@odata.id": location(call, "user", manager.id)}, "$ref")


@routes.on("PUT", "/users/{id}/manager/$ref")
def put_manager(call: Call, id: str) -> Reply:
    """Set a user's manager."""
    entry = _entry(call, id)
    _set_manager(call, entry.id, reference_id(call.json()))
    audit_object(call, "Set {} manager", entry)
    return Reply(204)


def _set_manager(call: Call, id: str, manager: str) -> None:
    directory = call.directory
    directory.get("user", manager)
    for former in call.store.targets(call.tid, "manager", id):
        call.store.disconnect(call.tid, "manager", id, former)
    call.store.connect(call.tid, "manager", id, manager)
    entry = directory.get("user", id)
    call.store.replace(call.tid, "user", id, entry.doc)


@routes.on("DELETE", "/users/{id}/manager/$ref")
def delete_manager(call: Call, id: str) -> Reply:
    """Take a user's manager away."""
    entry = _entry(call, id)
    former = call.store.targets(call.tid, "manager", entry.id)
    if not former:
        raise not_found("manager")
    call.store.disconnect(call.tid, "manager", entry.id, former[0])
    call.store.replace(call.tid, "user", entry.id, entry.doc)
    audit_object(call, "Remove {} manager", entry)
    return Reply(204)


def _expanded_manager(call: Call, doc: Document, options: Options) -> Any:
    """The manager, and with ``$levels`` the managers above, each inside of the one below ("List manager")."""
    chain: list[Document] = []
    seen: set[str] = set()
    manager = _manager(call, doc["id"])
    while manager is not None and manager.id not in seen and len(chain) < (options.levels or 1):
        seen.add(manager.id)
        chain.append(show(call, "user", manager.doc, options))
        manager = _manager(call, manager.id)
    for below, above in pairwise(chain):
        below["manager"] = above
    return chain[0] if chain else ABSENT


_DEVICES = Relation(lambda call, entry: listed(()), kinds=("device",))
"""The devices of a user ("List ownedDevices", "List registeredDevices"), of which no emulated tenant has any."""

USERS = Collection(
    "/users",
    "user",
    show_user,
    _entry,
    create=_create,
    change=_change,
    delete=soft_delete,
    relations={
        "directReports": Relation(lambda call, entry: listed(call.store.sources(call.tid, "manager", entry.id))),
        "ownedObjects": OWNED,
        "ownedDevices": _DEVICES,
        "registeredDevices": _DEVICES,
        **GROUPS_OF,
    },
    expands={"manager": _expanded_manager},
    navigations=frozenset(
        ("appRoleAssignments", "createdObjects", "extensions", "licenseDetails", "oauth2PermissionGrants",
         "photo", "sponsors")
    ),
    plain=b"",
)  # fmt: skip
collection(routes, USERS)
