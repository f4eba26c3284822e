"""Claims mapping policies and the service principals that have one (claimsMappingPolicy resource)."""

from __future__ import annotations

from typing import Any

import orjson

from entra_sync.emulator.errors import bad_request, not_found
from entra_sync.emulator.graph.audit import audit, audit_of
from entra_sync.emulator.graph.bodies import invalid_value, properties
from entra_sync.emulator.graph.collection import Collection, collection
from entra_sync.emulator.graph.common import by_key, location, owned, picked, reference_id
from entra_sync.emulator.graph.relations import Relation, listed
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.collections import few
from entra_sync.emulator.state.audit import audit_target
from entra_sync.emulator.state.catalog.entities import DIRECTORY_KINDS
from entra_sync.emulator.state.store import Document, Entry

__all__ = ["routes"]

routes = Router()

_KIND = "claimsMappingPolicy"
_EDGE = "claimsMappingPolicy"
"""Leads from a service principal to its policies."""
_NAMES: Document = {"definition": [str], "description": str, "displayName": str, "isOrganizationDefault": bool}
_REQUIRED = ("definition", "displayName")
_ASSIGNED = "/servicePrincipals/{id}/claimsMappingPolicies"


def _checked(body: Document) -> Document:
    """Values of a policy.

    Issue 121 of entra-docs shows the message for a definition that the service does not take.

    Raises:
        Fault: 400 naming the property.
    """
    found = properties(body, _NAMES, _KIND)
    for name in _REQUIRED:
        if name in body and not found.get(name):
            raise invalid_value(name, "ClaimsMappingPolicy")
    if "definition" in found and (len(found["definition"]) != 1 or not _defines(found["definition"][0])):
        raise bad_request("Property definition has an invalid value.")
    return found


def _defines(text: str) -> bool:
    try:
        found: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    policy = found.get("ClaimsMappingPolicy") if isinstance(found, dict) else None
    return isinstance(policy, dict) and policy.get("Version") == 1


def _create(call: Call, body: Document) -> Document:
    for name in _REQUIRED:
        if body.get(name) is None:
            message = f"A value is required for property '{name}' of resource 'ClaimsMappingPolicy'."
            raise bad_request(message, details=[{"code": "InvalidValue", "message": message, "target": name}])
    given = {"description": None, "isOrganizationDefault": False, **_checked(body)}
    policy = {"id": call.store.new_id(), "deletedDateTime": None, **given}
    call.store.put(call.tid, _KIND, policy["id"], policy, now=call.clock.now().timestamp())
    audit(call, "Policy", "Add policy", "Policy", policy["id"], policy["displayName"])
    return policy


def _change(call: Call, entry: Entry, body: Document) -> None:
    call.store.replace(call.tid, _KIND, entry.id, {**entry.doc, **_checked(body)})
    audit(call, "Policy", "Update policy", "Policy", entry.id, entry.doc["displayName"])


def _delete(call: Call, entry: Entry) -> None:
    """Deletes a policy for good; no service principal has it any longer."""
    call.store.remove(call.tid, _KIND, entry.id)
    audit(call, "Policy", "Delete policy", "Policy", entry.id, entry.doc["displayName"])


POLICIES = Collection(
    "/policies/claimsMappingPolicies",
    _KIND,
    create=_create,
    change=_change,
    delete=_delete,
    relations={
        "appliesTo": Relation(
            lambda call, entry: listed(sorted(call.store.sources(call.tid, _EDGE, entry.id))),
            kinds=DIRECTORY_KINDS,
            casts=False,
        )
    },
    located=False,
)
collection(routes, POLICIES)


# Policies of a service principal


@routes.on("GET", _ASSIGNED)
def list_assigned(call: Call, id: str) -> Reply:
    """The policies that a service principal has ("List assigned claimsMappingPolicies")."""
    return few(call, _assigned(call, _principal(call, id)), "Collection(microsoft.graph.claimsMappingPolicy)", picked)


@routes.on("GET", f"{_ASSIGNED}/$ref")
def list_assigned_references(call: Call, id: str) -> Reply:
    """References to them."""
    found = _assigned(call, _principal(call, id))
    return few(call, [{"@odata.id": _location(call, doc["id"])} for doc in found], "Collection($ref)", picked)


@routes.on("POST", f"{_ASSIGNED}/$ref")
def assign(call: Call, id: str) -> Reply:
    """Gives a service principal a policy ("Assign claimsMappingPolicy")."""
    principal = _principal(call, id)
    owned(call, principal.id)
    policy = POLICIES.entry(call, reference_id(call.json()))
    if not call.store.connect(call.tid, _EDGE, principal.id, policy.id):
        raise bad_request(
            "One or more added object references already exist for the following modified properties:"
            " 'claimsMappingPolicies'."
        )
    _audit(call, "Add policy to service principal", principal, policy)
    return Reply(204)


@routes.on("DELETE", f"{_ASSIGNED}/{{policy}}/$ref")
def remove(call: Call, id: str, policy: str) -> Reply:
    """Takes a policy away from a service principal ("Remove claimsMappingPolicy")."""
    principal = _principal(call, id)
    owned(call, principal.id)
    known = POLICIES.entry(call, policy.lower())
    if not call.store.disconnect(call.tid, _EDGE, principal.id, known.id):
        raise not_found(policy)
    _audit(call, "Remove policy from service principal", principal, known)
    return Reply(204)


def _principal(call: Call, id: str) -> Entry:
    return by_key(call, "servicePrincipal", id)


def _assigned(call: Call, principal: Entry) -> list[Document]:
    ids = call.store.targets(call.tid, _EDGE, principal.id)
    return [POLICIES.entry(call, id).doc for id in ids]


def _location(call: Call, id: str) -> str:
    return location(call, _KIND, id)


def _audit(call: Call, activity: str, principal: Entry, policy: Entry) -> None:
    audit_of(
        call,
        "ApplicationManagement",
        activity,
        audit_target("ServicePrincipal", principal.id, principal.doc["displayName"], doc=principal.doc),
        audit_target("Policy", policy.id, policy.doc["displayName"]),
    )
