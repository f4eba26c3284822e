"""Groups and their members (group resource)."""

from __future__ import annotations

import re

from entra_sync.emulator.errors import bad_request, conflict, denied
from entra_sync.emulator.graph.audit import audit_member, audit_object
from entra_sync.emulator.graph.bodies import invalid_value
from entra_sync.emulator.graph.collection import Collection, collection, soft_delete
from entra_sync.emulator.graph.common import bound, check_body, location
from entra_sync.emulator.graph.relations import GROUPS_OF, OWNERS, Relation, connect, disconnect, edges, members_of
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.odata.options import Options
from entra_sync.emulator.state.catalog.entities import entity
from entra_sync.emulator.state.clock import iso
from entra_sync.emulator.state.store import Document, Entry

__all__ = ["GROUPS", "create_group", "routes", "show_group"]

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
_VISIBILITIES = ("Private", "Public", "HiddenMembership")
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
    if found.get("visibility") not in (None, *_VISIBILITIES):
        raise invalid_value("visibility", "Group")
    if existing is not None:
        _keep(found, existing)
    return found


def _keep(found: Document, existing: Document) -> None:
    """Keeps what a group gets when it is made, and never again (group resource type).

    Raises:
        Fault: 400 for another value. No page shows the answer.
    """
    assignable = bool(existing.get("isAssignableToRole"))
    if bool(found.get("isAssignableToRole", assignable)) != assignable:
        raise bad_request("Property 'isAssignableToRole' is immutable and cannot be changed.")
    hidden = existing.get("visibility") == "HiddenMembership"
    if "visibility" in found and (found["visibility"] == "HiddenMembership") != hidden:
        raise bad_request("HiddenMembership can only be set when a group is created, and is never changed.")


def create_group(call: Call, body: Document) -> Document:
    """Makes a group, with up to twenty owners and members."""
    if call.request.method == "PATCH" and not call.claims.permissions & _CREATING:
        raise denied()
    for name in _REQUIRED:
        if body.get(name) is None:
            message = f"A value is required for property '{name}' of resource 'Group'."
            raise bad_request(message, details=[{"code": "InvalidValue", "message": message, "target": name}])
    named = {name: bound(body, name) for name in ("owners", "members")}
    if sum(map(len, named.values())) > _MOST_BOUND:
        raise bad_request(f"The number of relationships in one request cannot be more than {_MOST_BOUND}.")
    found = _validate(call, body)
    unified = "Unified" in found.get("groupTypes", [])
    if not unified and (found["mailEnabled"] or not found["securityEnabled"]):
        raise bad_request(
            "The service does not currently support writes of mail-enabled groups. Please ensure that the"
            " mail-enablement property is unset and the security-enablement property is set."
        )
    if found.get("visibility") == "HiddenMembership" and not unified:
        raise invalid_value("visibility", "Group")
    if found.get("isAssignableToRole"):
        _assignable(found)
    if "DynamicMembership" in found.get("groupTypes", []) and not found.get("membershipRule"):
        raise bad_request("A value is required for property 'membershipRule' of resource 'Group'.")
    entry = call.directory.create("group", _new_group(call, found, unified=unified))
    for name, others in named.items():
        for other in others:
            _connect(call, name[:-1], entry, other)
    if not named["owners"] and unified:
        call.store.connect(call.tid, "owner", entry.id, call.claims.oid)
    audit_object(call, "Add {}", entry)
    return show_group(call, entry.doc)


def _assignable(found: Document) -> None:
    """A group that roles can be assigned to is private, and its members are assigned (group resource type).

    Raises:
        Fault: 400 for anything else.
    """
    if "DynamicMembership" in found.get("groupTypes", []) or not found["securityEnabled"]:
        raise invalid_value("isAssignableToRole", "Group")
    if found.setdefault("visibility", "Private") != "Private":
        raise invalid_value("visibility", "Group")


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


def _change(call: Call, entry: Entry, body: Document) -> None:
    """Changes a group, and adds up to twenty members at once."""
    members = bound(body, "members")
    changes = _validate(call, body, entry.doc)
    if len(members) > _MOST_BOUND:
        raise bad_request(f"The number of members in one request cannot be more than {_MOST_BOUND}.")
    for member in members:
        _connect_member(call, entry, member)
    if changes:
        call.directory.update("group", entry.id, changes)
    audit_object(call, "Update {}", entry)


def _delete(call: Call, entry: Entry) -> None:
    """Soft-deletes a group; it can be restored, whether security group or not ("Delete group")."""
    if entry.doc.get("assignedLicenses"):
        raise bad_request("Group with active license assignments cannot be deleted.")
    soft_delete(call, entry)


# Members


def _add_member(call: Call, entry: Entry, member: str) -> None:
    _connect_member(call, entry, member)
    audit_member(call, "Add member to {}", entry, member)


def _connect_member(call: Call, group: Entry, member: str) -> None:
    if "DynamicMembership" in group.doc.get("groupTypes", []):
        raise bad_request(
            "Insufficient privileges to update the members of a group with dynamic membership.", "Request_BadRequest"
        )
    _connect(call, "member", group, member)
    _members_changed(call, group.id)


def _members_changed(call: Call, id: str) -> None:
    """A change of members is a change of the group, and its licenses follow."""
    doc = call.directory.get("group", id).doc
    call.store.replace(call.tid, "group", id, doc)
    if doc.get("assignedLicenses"):
        call.state.later("group licenses", call.tid, id)


def _connect(call: Call, kind: str, group: Entry, other: str) -> None:
    if kind == "member" and other == group.id:
        raise bad_request("A group cannot be a member of itself.")
    connect(call, group, other, kind)


def _remove_member(call: Call, entry: Entry, member: str) -> None:
    disconnect(call, entry, member, "member")
    _members_changed(call, entry.id)
    audit_member(call, "Remove member from {}", entry, member.lower())


GROUPS = Collection(
    "/groups",
    "group",
    show_group,
    create=create_group,
    change=_change,
    delete=_delete,
    relations={
        "members": Relation(
            edges("member"), references=True, add=_add_member, remove=_remove_member, added_at=("/$ref", "")
        ),
        "transitiveMembers": Relation(lambda call, entry: members_of(call, call.directory.groups_within(entry.id))),
        "owners": OWNERS,
        **GROUPS_OF,
    },
    navigations=frozenset(
        ("acceptedSenders", "appRoleAssignments", "calendar", "createdOnBehalfOf", "drive", "extensions",
         "groupLifecyclePolicies", "membersWithLicenseErrors", "permissionGrants", "rejectedSenders", "settings",
         "sites", "team")
    ),
)  # fmt: skip
collection(routes, GROUPS)
