"""Domains of a tenant, and devices and directory roles, of which an emulated tenant has next to none."""

from __future__ import annotations

import uuid

from entra_sync.emulator.errors import not_found
from entra_sync.emulator.graph.collection import Collection, collection
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.options import Options, read_options
from entra_sync.emulator.state.store import Document, Entry

__all__ = ["routes"]

routes = Router()

_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
"""Template of the role Global Administrator ("Microsoft Entra built-in roles"), which each tenant has activated."""


def _domain(verified: Document) -> Document:
    """Returns a verified domain as the domain resource shows it."""
    return {
        "id": verified["name"],
        "authenticationType": verified.get("type", "Managed"),
        "availabilityStatus": None,
        "isAdminManaged": True,
        "isDefault": verified["isDefault"],
        "isInitial": verified["isInitial"],
        "isRoot": True,
        "isVerified": True,
        "manufacturer": None,
        "model": None,
        "passwordNotificationWindowInDays": None,
        "passwordValidityPeriodInDays": None,
        "state": None,
        "supportedServices": [name.strip() for name in str(verified["capabilities"]).split(",") if name != "None"],
    }


def _selected(call: Call, doc: Document) -> Document:
    select = read_options(call, None).select
    return {name: value for name, value in doc.items() if not select or name in select}


@routes.on("GET", "/domains")
def list_domains(call: Call) -> Reply:
    """Lists the tenant's domains."""
    value = [_selected(call, _domain(item)) for item in call.tenant.document["verifiedDomains"]]
    return call.entity({"value": value}, "domains")


@routes.on("GET", "/domains/{id}")
def get_domain(call: Call, id: str) -> Reply:
    """Shows one domain."""
    for item in call.tenant.document["verifiedDomains"]:
        if item["name"].lower() == id.lower():
            return call.entity(_selected(call, _domain(item)), "domains/$entity")
    raise not_found(id)


def _roles(call: Call) -> list[Document]:
    return [
        {
            "id": str(uuid.uuid5(uuid.UUID(call.tid), _ADMINISTRATOR)),
            "deletedDateTime": None,
            "description": "Can manage all aspects of Microsoft Entra ID and services that use its identities.",
            "displayName": "Global Administrator",
            "roleTemplateId": _ADMINISTRATOR,
        }
    ]


@routes.on("GET", "/directoryRoles")
def list_roles(call: Call) -> Reply:
    """Lists the activated roles."""
    return call.entity({"value": [_selected(call, role) for role in _roles(call)]}, "directoryRoles")


@routes.on("GET", "/directoryRoles/{id}")
def get_role(call: Call, id: str) -> Reply:
    """Shows one activated role."""
    for role in _roles(call):
        if id.lower() in (role["id"], f"(roletemplateid='{_ADMINISTRATOR}')"):
            return call.entity(_selected(call, role), "directoryRoles/$entity")
    raise not_found(id)


def _device(call: Call, id: str) -> Entry:
    raise not_found(id)


def _show_device(call: Call, doc: Document, options: Options) -> Document:
    return doc


collection(routes, Collection("/devices", "device", _show_device, _device))
