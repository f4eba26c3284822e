"""Groups and their members (group resource)."""

from __future__ import annotations

import re

from entra_sync.emulator.errors import bad_request, conflict, denied, not_found
from entra_sync.emulator.graph.audit import audit
from entra_sync.emulator.graph.common import (
    by_key,
    check_body,
    invalid_value,
    keep_unique_name,
    linked_id,
    location,
    reference_id,
    selected,
    to_create,
)
from entra_sync.emulator.graph.directory.members import (
    listed,
    members_of,
    related,
    related_count,
    related_references,
    show,
    targets,
)
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.collections import Rows, Through, count, page
from entra_sync.emulator.odata.options import Options, read_options
from entra_sync.emulator.state.clock import iso
from entra_sync.emulator.state.entities import entity
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


@routes.on("GET", "/groups")
def list_groups(call: Call) -> Reply:
    """The tenant's groups."""

    def project(kind: str, doc: Document, options: Options) -> Document:
        return _expanded(call, doc, options)

    return page(call, Rows(call.tid, ["group"]), "groups", entity("group"), project)


@routes.on("GET", "/groups/$count")
def count_groups(call: Call) -> Reply:
    """How many groups there are."""
    return count(call, Rows(call.tid, ["group"]), entity("group"))


@routes.on("GET", "/groups/{id}")
def get_group(call: Call, id: str) -> Reply:
    """One group."""
    options = read_options(call, entity("group"))
    doc = _expanded(call, _entry(call, id).doc, options)
    return call.entity(doc, f"groups{selected(options)}/$entity")


def _expanded(call: Call, doc: Document, options: Options) -> Document:
    shown = show_group(call, doc, options)
    directory = call.directory
    for item in options.expand:
        narrowed = Options(select=item.select)
        if item.name in {"members", "owners"}:
            ids = call.store.targets(call.tid, item.name[:-1], doc["id"])
        elif item.name == "memberOf":
            ids = directory.groups_of(doc["id"])
        else:
            raise bad_request(
                f"Parsing OData Select and Expand failed: Could not find a property named '{item.name}' on type"
                " 'microsoft.graph.group'.",
                "BadRequest",
            )
        found = [entry for entry in map(directory.find, ids) if entry]
        shown[item.name] = [show(call, entry.kind, entry.doc, narrowed) for entry in found[:20]]
    return shown


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
    """Delete a group: a Microsoft 365 group can be restored for thirty days, a security group is gone."""
    entry = _entry(call, id)
    directory = call.directory
    if entry.doc.get("assignedLicenses"):
        raise bad_request("Group with active license assignments cannot be deleted.")
    if "Unified" in entry.doc.get("groupTypes", []):
        directory.soft_delete("group", entry.id)
    else:
        directory.purge("group", entry.id)
    audit(call, "GroupManagement", "Delete group", "Group", entry.id, entry.doc["displayName"])
    return Reply(204)


# Members


def _within(call: Call, id: str) -> Through:
    """Members of a group and of the groups in it."""
    return members_of(call, call.directory.groups_within(_entry(call, id).id))


def _member_of(call: Call, id: str, *, transitive: bool = False) -> Through:
    """Groups that a group is a member of."""
    return listed(call.directory.groups_of(_entry(call, id).id, transitive=transitive))


@routes.on("GET", "/groups/{id}/members", "/groups/{id}/members/{cast}")
def list_members(call: Call, id: str, cast: str = "") -> Reply:
    """Direct members of a group."""
    return related(call, targets(call, "member", _entry(call, id).id), cast)


@routes.on("GET", "/groups/{id}/members/$ref")
def list_member_references(call: Call, id: str) -> Reply:
    """References to the direct members of a group."""
    return related_references(call, targets(call, "member", _entry(call, id).id))


@routes.on("GET", "/groups/{id}/members/$count", "/groups/{id}/members/{cast}/$count")
def count_members(call: Call, id: str, cast: str = "") -> Reply:
    """How many direct members a group has."""
    return related_count(call, targets(call, "member", _entry(call, id).id), cast)


@routes.on("GET", "/groups/{id}/transitiveMembers", "/groups/{id}/transitiveMembers/{cast}")
def list_transitive_members(call: Call, id: str, cast: str = "") -> Reply:
    """Members of a group and of the groups in it."""
    return related(call, _within(call, id), cast)


@routes.on("GET", "/groups/{id}/transitiveMembers/$count", "/groups/{id}/transitiveMembers/{cast}/$count")
def count_transitive_members(call: Call, id: str, cast: str = "") -> Reply:
    """How many members a group has, through other groups too."""
    return related_count(call, _within(call, id), cast)


@routes.on("GET", "/groups/{id}/memberOf", "/groups/{id}/memberOf/{cast}")
def list_member_of(call: Call, id: str, cast: str = "") -> Reply:
    """Groups that a group is a direct member of."""
    return related(call, _member_of(call, id), cast)


@routes.on("GET", "/groups/{id}/memberOf/$count", "/groups/{id}/memberOf/{cast}/$count")
def count_member_of(call: Call, id: str, cast: str = "") -> Reply:
    """How many groups a group is a direct member of."""
    return related_count(call, _member_of(call, id), cast)


@routes.on("GET", "/groups/{id}/transitiveMemberOf/$count", "/groups/{id}/transitiveMemberOf/{cast}/$count")
def count_transitive_member_of(call: Call, id: str, cast: str = "") -> Reply:
    """How many groups a group is a member of, through other groups too."""
    return related_count(call, _member_of(call, id, transitive=True), cast)


@routes.on("GET", "/groups/{id}/transitiveMemberOf", "/groups/{id}/transitiveMemberOf/{cast}")
def list_transitive_member_of(call: Call, id: str, cast: str = "") -> Reply:
    """Groups that a group is a member of, through other groups too."""
    return related(call, _member_of(call, id, transitive=True), cast)


@routes.on("POST", "/groups/{id}/members/$ref", "/groups/{id}/members")
def post_member(call: Call, id: str) -> Reply:
    """Add a member."""
    entry = _entry(call, id)
    _add_member(call, entry, reference_id(call.json()))
    audit(call, "GroupManagement", "Add member to group", "Group", entry.id, entry.doc["displayName"])
    return Reply(204)


def _add_member(call: Call, group: Entry, member: str) -> None:
    if "DynamicMembership" in group.doc.get("groupTypes", []):
        raise bad_request(
            "Insufficient privileges to update the members of a group with dynamic membership.", "Request_BadRequest"
        )
    _connect(call, "member", group.id, member)
    _members_changed(call, group.id)


def _members_changed(call: Call, id: str) -> None:
    """A change of members is a change of the group, and its licences follow."""
    doc = call.directory.get("group", id).doc
    call.store.replace(call.tid, "group", id, doc)
    if doc.get("assignedLicenses"):
        call.state.later("group licences", call.tid, id)


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
    audit(call, "GroupManagement", "Remove member from group", "Group", entry.id, entry.doc["displayName"])
    return Reply(204)
