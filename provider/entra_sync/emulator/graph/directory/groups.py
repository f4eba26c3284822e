"""Groups and their members (group resource)."""

from __future__ import annotations

import re

from entra_sync.emulator.errors import bad_request, conflict, denied, not_found
from entra_sync.emulator.graph.audit import audit, audit_of
from entra_sync.emulator.graph.collection import Collection, collection, groups_of, members_of, relation, targets
from entra_sync.emulator.graph.common import (
    by_key,
    check_body,
    invalid_value,
    keep_unique_name,
    linked_id,
    location,
    reference_id,
    to_create,
)
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.collections import Through
from entra_sync.emulator.odata.options import Options
from entra_sync.emulator.state.audit import audit_target
from entra_sync.emulator.state.catalog.entities import entity
from entra_sync.emulator.state.clock import iso
from entra_sync.emulator.state.store import Document, Entry

__all__ = ["routes", "show_group"]

routes = Router()

_WRITABLE = {
    "allowExternalSenders", "assignedLabels", "autoSubscribeNewMembers", "classification", "description",
    "displayName", "groupTypes", "hideFromAddressLists", "hideFromOutlookClients", "isAssignableToRole",
    "mailEnabled", "mailNickname", "membershipRule", "membershipRuleProcessingState", "preferredDataLocation",
    "preferredLanguage", "resourceBehaviorOptions", "resourceProvisioningOptions", "securityEnabled", "theme",
    "uniqueName", "visibility", "writebackConfiguration",
}  # fmt: skip
_REQUIRED = ("displayName", "mailEnabled", "mailNickname", "securityEnabled")
_ALIAS = re.compile(r"[^\s@()\\\[\]\";:<>,]{1,64}\Z")
_IN_EXCHANGE: Document = {
    "allowExternalSenders": False,
    "autoSubscribeNewMembers": False,
    "hideFromAddressLists": False,
    "hideFromOutlookClients": False,
    "isSubscribedByMail": False,
    "unseenCount": 0,
}
"""Properties of Microsoft 365 groups that Exchange holds; they come with the group's id (group resource, Get group)."""
_CREATING = {"Directory.ReadWrite.All", "Group.ReadWrite.All"}
"""Permissions to create a group by its unique name, of those that allow changing one ("Upsert group")."""
_MOST_BOUND = 20
"""Relationships that one request can set (group-post-groups and group-post-members pages)."""


def show_group(call: Call, doc: Document, options: Options | None = None) -> Document:
    """A group as the API shows it."""
    shape = entity("group")
    chosen = options.select if options is not None else ()
    filled = {"organizationId": call.tid, **doc}
    if call.beta and "writebackConfiguration" not in filled:
        filled["writebackConfiguration"] = {"isEnabled": None, "onPremisesGroupType": None}
    if not _IN_EXCHANGE.keys().isdisjoint(chosen):
        chosen = tuple(dict.fromkeys(("id", *chosen)))
        if "Unified" in filled.get("groupTypes", []):
            filled = {**_IN_EXCHANGE, **filled}
    shown = shape.project(filled, chosen or shape.default(call.version))
    if call.header("ConsistencyLevel").lower() == "eventual":
        return {"@odata.id": location(call, "group", doc["id"]), **shown}
    return shown


def _entry(call: Call, id: str) -> Entry:
    return by_key(call, "group", id)


# Writing


def _validate(call: Call, body: Document, existing: Document | None = None) -> Document:
    found = check_body(call, body, "group", _WRITABLE, existing)
    for name, most in (("displayName", 256), ("description", 1024)):
        if found.get(name) is not None and not 1 <= len(found[name]) <= most:
            raise invalid_value(name, "Group")
    if found.get("mailNickname") is not None and not _ALIAS.match(found["mailNickname"]):
        raise invalid_value("mailNickname", "Group")
    if found.get("membershipRuleProcessingState") not in (None, "On", "Paused"):
        raise invalid_value("membershipRuleProcessingState", "Group")
    return found


@routes.on("POST", "/groups")
def post_group(call: Call) -> Reply:
    """Create a group, with up to twenty owners and members."""
    return _create(call, call.json())


def _create(call: Call, body: Document) -> Reply:
    for name in _REQUIRED:
        if body.get(name) is None:
            message = f"A value is required for property '{name}' of resource 'Group'."
            raise bad_request(message, details=[{"code": "InvalidValue", "message": message, "target": name}])
    bound = {name: body.pop(f"{name}@odata.bind", []) for name in ("owners", "members")}
    if sum(map(len, bound.values())) > _MOST_BOUND:
        raise bad_request(f"The number of relationships in one request cannot be more than {_MOST_BOUND}.")
    found = _validate(call, body)
    unified = "Unified" in found.get("groupTypes", [])
    if not unified and (found["mailEnabled"] or not found["securityEnabled"]):
        raise bad_request(
            "The service does not currently support writes of mail-enabled groups. Please ensure that the"
            " mail-enablement property is unset and the security-enablement property is set."
        )
    if "DynamicMembership" in found.get("groupTypes", []) and not found.get("membershipRule"):
        raise bad_request("A value is required for property 'membershipRule' of resource 'Group'.")
    entry = call.directory.create("group", _new_group(call, found, unified=unified))
    for name, links in bound.items():
        for link in links:
            _connect(call, name[:-1], entry.id, linked_id(link))
    if not bound["owners"] and unified:
        call.store.connect(call.tid, "owner", entry.id, call.claims.oid)
    audit(call, "GroupManagement", "Add group", "Group", entry.id, found["displayName"])
    return call.created(show_group(call, entry.doc), "groups/$entity", location(call, "group", entry.id))


def _new_group(call: Call, found: Document, *, unified: bool) -> Document:
    now = iso(call.clock.now())
    doc: Document = {
        "createdDateTime": now,
        "renewedDateTime": now,
        "createdByAppId": call.claims.appid,
        **found,
    }
    if unified:
        address = f"{found['mailNickname']}@{call.tenant.domain}"
        if call.store.find(call.tid, "address", address):
            raise conflict("mailNickname")
        doc = {"visibility": "Public", **doc, "mail": address, "proxyAddresses": [f"SMTP:{address}"]}
    return doc


@routes.on("PATCH", "/groups/{id}")
def patch_group(call: Call, id: str) -> Reply:
    """Change a group, add up to twenty members at once, or create a group under a unique name."""
    body = call.json()
    missing = to_create(call, "group", id)
    if missing is not None:
        if not call.claims.permissions & _CREATING:
            raise denied()
        keep_unique_name(body, {"uniqueName": missing})
        return _create(call, {**body, "uniqueName": missing})
    entry = _entry(call, id)
    keep_unique_name(body, entry.doc)
    members = body.pop("members@odata.bind", [])
    changes = _validate(call, body, entry.doc)
    if len(members) > _MOST_BOUND:
        raise bad_request(f"The number of members in one request cannot be more than {_MOST_BOUND}.")
    for link in members:
        _add_member(call, entry, linked_id(link))
    if changes:
        call.directory.update("group", entry.id, changes)
    audit(call, "GroupManagement", "Update group", "Group", entry.id, entry.doc["displayName"])
    return Reply(204)


@routes.on("DELETE", "/groups/{id}")
def delete_group(call: Call, id: str) -> Reply:
    """Soft-deletes a group; it can be restored for thirty days, whether security group or not ("Delete group")."""
    entry = _entry(call, id)
    if entry.doc.get("assignedLicenses"):
        raise bad_request("Group with active license assignments cannot be deleted.")
    call.directory.soft_delete("group", entry.id)
    audit(call, "GroupManagement", "Delete group", "Group", entry.id, entry.doc["displayName"])
    return Reply(204)


# Members


@routes.on("POST", "/groups/{id}/members/$ref", "/groups/{id}/members")
def post_member(call: Call, id: str) -> Reply:
    """Add a member."""
    entry = _entry(call, id)
    member = reference_id(call.json())
    _add_member(call, entry, member)
    _audit_member(call, "Add member to group", entry, member)
    return Reply(204)


def _audit_member(call: Call, activity: str, group: Entry, member: str) -> None:
    """Both the group and the member are targets ("List directoryAudits")."""
    client = {"displayName": "Action Client Name", "oldValue": None, "newValue": "Microsoft Graph"}
    other = call.directory.find(member)
    doc = other.doc if other is not None else {}
    kind = {"user": "User", "group": "Group"}.get(other.kind if other is not None else "", "ServicePrincipal")
    audit_of(
        call,
        "GroupManagement",
        activity,
        audit_target("Group", group.id, group.doc["displayName"], [client], group.doc),
        audit_target(kind, member, doc.get("displayName"), doc=doc),
    )


def _add_member(call: Call, group: Entry, member: str) -> None:
    if "DynamicMembership" in group.doc.get("groupTypes", []):
        raise bad_request(
            "Insufficient privileges to update the members of a group with dynamic membership.", "Request_BadRequest"
        )
    _connect(call, "member", group.id, member)
    _members_changed(call, group.id)


def _members_changed(call: Call, id: str) -> None:
    """A change of members is a change of the group, and its licenses follow."""
    doc = call.directory.get("group", id).doc
    call.store.replace(call.tid, "group", id, doc)
    if doc.get("assignedLicenses"):
        call.state.later("group licenses", call.tid, id)


def _connect(call: Call, kind: str, group: str, other: str) -> None:
    if call.directory.find(other, ("user", "group", "servicePrincipal")) is None:
        raise not_found(other)
    if kind == "member" and other == group:
        raise bad_request("A group cannot be a member of itself.")
    if not call.store.connect(call.tid, kind, group, other):
        raise bad_request(
            f"One or more added object references already exist for the following modified properties: '{kind}s'."
        )


@routes.on("DELETE", "/groups/{id}/members/{member}/$ref")
def delete_member(call: Call, id: str, member: str) -> Reply:
    """Remove a member."""
    entry = _entry(call, id)
    if not call.store.disconnect(call.tid, "member", entry.id, member.lower()):
        raise not_found(member)
    _members_changed(call, entry.id)
    _audit_member(call, "Remove member from group", entry, member.lower())
    return Reply(204)


def _members(call: Call, entry: Entry) -> Through:
    return targets(call, "member", entry.id)


def _members_within(call: Call, entry: Entry) -> Through:
    """Returns members of a group and of the groups in it."""
    return members_of(call, call.directory.groups_within(entry.id))


def _owners(call: Call, entry: Entry) -> Through:
    return targets(call, "owner", entry.id)


GROUPS = Collection(
    "/groups",
    "group",
    show_group,
    _entry,
    expands={
        "members": relation(routes, "/groups/{id}/members", _entry, _members, references=True),
        "transitiveMembers": relation(routes, "/groups/{id}/transitiveMembers", _entry, _members_within),
        "memberOf": relation(routes, "/groups/{id}/memberOf", _entry, groups_of()),
        "transitiveMemberOf": relation(routes, "/groups/{id}/transitiveMemberOf", _entry, groups_of(transitive=True)),
        "owners": relation(routes, "/groups/{id}/owners", _entry, _owners, casts=False, references=True),
    },
    navigations=frozenset(
        ("acceptedSenders", "appRoleAssignments", "calendar", "createdOnBehalfOf", "drive", "extensions",
         "groupLifecyclePolicies", "membersWithLicenseErrors", "permissionGrants", "rejectedSenders", "settings",
         "sites", "team")
    ),
)  # fmt: skip
collection(routes, GROUPS)
