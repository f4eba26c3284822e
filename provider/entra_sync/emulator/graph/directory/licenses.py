"""Licenses: subscriptions, assignment to users and groups, details (subscribedSku, licenseDetails resources)."""

from __future__ import annotations

from entra_sync.emulator.errors import bad_request
from entra_sync.emulator.graph.audit import audit_object
from entra_sync.emulator.graph.bodies import properties
from entra_sync.emulator.graph.collection import documents
from entra_sync.emulator.graph.common import location
from entra_sync.emulator.graph.directory.groups import show_group
from entra_sync.emulator.graph.directory.users import show_user
from entra_sync.emulator.graph.relations import PRINCIPALS, listed, related
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.options import Options
from entra_sync.emulator.state.catalog.entities import entity
from entra_sync.emulator.state.spelling import b64
from entra_sync.emulator.state.store import Document

__all__ = ["routes"]

routes = Router()

_SHOWN_WITH_LICENSES = ("accountEnabled", "assignedLicenses", "assignedPlans", "city", "companyName")
"""What the answer to assignLicense shows in addition to the default properties (user: assignLicense)."""


# Subscriptions


def _show(call: Call, doc: Document) -> Document:
    consumed = call.state.licensing(call.tid).consumed(doc["skuId"])
    return {
        "accountId": call.tid,
        "accountName": call.tenant.name,
        "appliesTo": "User",
        "capabilityStatus": doc["capabilityStatus"],
        "consumedUnits": consumed,
        "id": f"{call.tid}_{doc['skuId']}",
        "skuId": doc["skuId"],
        "skuPartNumber": doc["skuPartNumber"],
        "subscriptionIds": doc["subscriptionIds"],
        "prepaidUnits": doc["prepaidUnits"],
        "servicePlans": doc["servicePlans"],
    }


def _skus(call: Call) -> list[Document]:
    """Returns the tenant's subscriptions, which cannot be filtered."""
    if any(name.lower() == "$filter" for name in call.request.query):
        raise bad_request("Filter is not supported on this resource.", "Request_UnsupportedQuery")
    return [_show(call, entry.doc) for entry in call.store.objects(call.tid, "sku")]


documents(routes, "/subscribedSkus", _skus)


# Assignment


def _body(call: Call) -> tuple[list[Document], list[str]]:
    body = call.json()
    for name in ("addLicenses", "removeLicenses"):
        if name in body and body[name] is None:
            body[name] = []
        if not isinstance(body.get(name), list):
            raise bad_request(
                "One or more parameters of the operation 'assignLicense' are missing from the request payload."
                f" The missing parameters are: {name}."
            )
    properties(body, {"addLicenses": [dict], "removeLicenses": [str]}, "assignLicense")
    add = [properties(item, {"disabledPlans": [str], "skuId": str}, "assignedLicense") for item in body["addLicenses"]]
    remove = [item.lower() for item in body["removeLicenses"]]
    if {str(item.get("skuId")).lower() for item in add} & set(remove):
        raise bad_request("The same license cannot be added and removed in one request.")
    return add, remove


@routes.on("POST", "/users/{id}/assignLicense")
def assign_user(call: Call, id: str) -> Reply:
    """Change a user's direct licenses."""
    add, remove = _body(call)
    user = call.directory.user(id)
    changed = call.state.licensing(call.tid).assign(user, add, remove)
    audit_object(call, "Change {} license", user)
    names = tuple(dict.fromkeys((*entity("user").default(call.version), *_SHOWN_WITH_LICENSES)))
    return call.entity(show_user(call, changed.doc, Options(select=names)), "users/$entity")


@routes.on("POST", "/users/{id}/reprocessLicenseAssignment")
def reprocess_user(call: Call, id: str) -> Reply:
    """Process a user's group licenses again."""
    directory = call.directory
    user = directory.user(id)
    for group in directory.groups_of(user.id):
        call.state.licensing(call.tid).process_group(group)
    return call.entity(show_user(call, directory.get("user", user.id).doc), "users/$entity")


@routes.on("POST", "/groups/{id}/assignLicense")
def assign_group(call: Call, id: str) -> Reply:
    """Change a group's licenses; its members get them later."""
    add, remove = _body(call)
    directory = call.directory
    group = directory.get("group", id)
    licensing = call.state.licensing(call.tid)
    current = {item["skuId"]: item for item in group.doc.get("assignedLicenses", [])}
    for sku_id in remove:
        if current.pop(sku_id, None) is None:
            raise bad_request("Group does not have a corresponding license.")
    for license in add:
        licensing.check(license)
        disabled = [plan.lower() for plan in license.get("disabledPlans") or []]
        current[license["skuId"]] = {"disabledPlans": disabled, "skuId": license["skuId"]}
    changes: Document = {
        "assignedLicenses": list(current.values()) or None,
        "licenseProcessingState": {"state": "QueuedForProcessing"},
    }
    directory.update("group", group.id, changes)
    call.state.later("group licenses", call.tid, group.id)
    audit_object(call, "Set {} license", group)
    shown = show_group(call, directory.get("group", group.id).doc)
    body = {"@odata.context": call.context("groups/$entity"), **shown}
    return Reply(202, body, {"Location": location(call, "group", group.id)})


@routes.on("GET", "/groups/{id}/membersWithLicenseErrors")
def list_members_with_errors(call: Call, id: str) -> Reply:
    """Members whose license from the group could not be assigned."""
    directory = call.directory
    group = directory.get("group", id)
    found = []
    for member in directory.members(group.id):
        states = directory.find(member).doc.get("_states", []) if directory.find(member) else []  # type: ignore[union-attr]
        if any(state["assignedByGroup"] == group.id and state["state"] == "Error" for state in states):
            found.append(member)
    return related(call, PRINCIPALS, listed(found))


@routes.on("GET", "/users/{id}/licenseDetails")
def list_details(call: Call, id: str) -> Reply:
    """A user's licenses with their service plans."""
    user = call.directory.user(id)
    skus = call.state.licensing(call.tid).skus
    value = [
        {
            "id": b64(f"{user.id}/{item['skuId']}".encode())[:43],
            "skuId": item["skuId"],
            "skuPartNumber": skus[item["skuId"]]["skuPartNumber"],
            "servicePlans": [
                {
                    **plan,
                    "provisioningStatus": "Disabled" if plan["servicePlanId"] in item["disabledPlans"] else "Success",
                }
                for plan in skus[item["skuId"]]["servicePlans"]
            ],
        }
        for item in user.doc.get("assignedLicenses", [])
    ]
    return call.entity({"value": value}, f"{entity('user').set}('{user.id}')/licenseDetails")
