"""Domains of a tenant, and devices and directory roles, of which an emulated tenant has next to none."""

from __future__ import annotations

import uuid

from entra_sync.emulator.graph.collection import Collection, collection, documents
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.state.store import Document

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


def _domains(call: Call) -> list[Document]:
    return [_domain(item) for item in call.tenant.document["verifiedDomains"]]


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


documents(routes, "/domains", _domains)
documents(
    routes,
    "/directoryRoles",
    _roles,
    lambda role: (role["id"], f"(roletemplateid='{_ADMINISTRATOR}')"),
)
collection(routes, Collection("/devices", "device"))
