"""Domains of a tenant, and devices, of which an emulated tenant has none."""

from __future__ import annotations

from entra_sync.emulator.graph.collection import Collection, collection, documents
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.state.store import Document

__all__ = ["routes"]

routes = Router()


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


documents(routes, "/domains", _domains)
collection(routes, Collection("/devices", "device"))
