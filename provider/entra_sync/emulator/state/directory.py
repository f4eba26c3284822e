"""Rules of one tenant's directory that hold for every writer: the API, the synchronization service, or a sample tenant.

Unique values, soft delete and its thirty days, what a deleted object takes along, and who is a member of what.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from entra_sync.emulator.errors import Fault, conflict, not_found
from entra_sync.emulator.state.catalog.entities import DIRECTORY_KINDS, merged
from entra_sync.emulator.state.clock import Clock, iso
from entra_sync.emulator.state.spelling import b64
from entra_sync.emulator.state.store import Document, Entry, Store

__all__ = ["Directory", "keys_of", "security_identifier"]

_UNIQUE = {
    "userPrincipalName", "address", "group.uniqueName", "application.uniqueName", "application.appId",
    "application.identifierUris", "servicePrincipal.appId",
}  # fmt: skip

_MEMBERSHIPS = {"member": "group", "unit.member": "administrativeUnit"}
"""Edges that lead to members, with the kind of object that has them."""

RETENTION = timedelta(days=30)
"""How long a soft-deleted object can be restored (directory deleted items, "Recently deleted items")."""


def keys_of(kind: str, doc: Document) -> Document:
    """The values of an object that are looked up or have to be unique."""
    if kind == "user":
        return {
            "userPrincipalName": doc.get("userPrincipalName"),
            "address": _addresses(doc),
            "alternativeSecurityId": doc.get("_alternativeSecurityIds"),
            "sms.number": [phone["phoneNumber"] for phone in doc.get("_phones", []) if phone["sms"]],
            "license": [item["skuId"] for item in doc.get("assignedLicenses", [])],
            "license.group": [state["assignedByGroup"] for state in doc.get("_states", []) if state["assignedByGroup"]],
        }
    if kind == "group":
        return {"address": _addresses(doc), "group.uniqueName": doc.get("uniqueName")}
    if kind == "application":
        return {
            "application.appId": doc["appId"],
            "application.identifierUris": doc.get("identifierUris", []),
            "application.uniqueName": doc.get("uniqueName"),
        }
    if kind == "servicePrincipal":
        return {"servicePrincipal.appId": doc["appId"]}
    return {}


def security_identifier(id: str) -> str:
    """The Windows SID of a user or group, which spells the bytes of the object id as a GUID has them in memory."""
    third, fourth = struct.unpack("<2I", bytes.fromhex(id[19:23] + id[24:]))
    return f"S-1-12-1-{int(id[:8], 16)}-{int(id[14:18] + id[9:13], 16)}-{third}-{fourth}"


def _addresses(doc: Document) -> list[str]:
    found = [doc["mail"]] if doc.get("mail") else []
    found += [item[5:] for item in doc.get("proxyAddresses", []) if item.lower().startswith("smtp:")]
    return list(dict.fromkeys(address.lower() for address in found))


class Directory:
    """One tenant's directory objects."""

    def __init__(self, store: Store, clock: Clock, tid: str) -> None:
        self.store, self.clock, self.tid = store, clock, tid

    # Reading

    def get(self, kind: str, id: str) -> Entry:
        """A live object.

        Raises:
            Fault: 404 when there is none.
        """
        entry = self.store.get(self.tid, kind, id.lower())
        if entry is None:
            raise not_found(id)
        return entry

    def find(self, id: str, kinds: Iterable[str] = DIRECTORY_KINDS) -> Entry | None:
        """A live object of any of these kinds, or None."""
        entry = self.store.kind_of(self.tid, id.lower(), list(kinds))
        return entry if entry is not None and entry.deleted is None else None

    def user(self, id: str) -> Entry:
        """A user by id or user principal name."""
        if "@" in id:
            found = self.store.find(self.tid, "userPrincipalName", id)
            if not found:
                raise not_found(id)
            return self.get("user", found[0])
        return self.get("user", id)

    # Writing

    def create(self, kind: str, doc: Document) -> Entry:
        """Add an object; its document gets an id.

        Raises:
            Fault: 409 or 400 for a value that another object has.
        """
        doc = {"id": self.store.new_id(), **doc}
        if kind in {"user", "group"}:
            doc["securityIdentifier"] = security_identifier(doc["id"])
        doc["_made"] = self.store.version + 1
        keys = keys_of(kind, doc)
        self._unique(kind, doc["id"], keys)
        now = self.clock.now()
        self.store.put(self.tid, kind, doc["id"], doc, now=now.timestamp(), keys=keys)
        return self.get(kind, doc["id"])

    def update(self, kind: str, id: str, changes: Document) -> Entry:
        """Changes properties of an object, members of complex ones one by one; a property set to None is removed."""
        entry = self.get(kind, id)
        changes = merged(kind, entry.doc, changes)
        doc = {**entry.doc, **changes}
        doc = {name: value for name, value in doc.items() if value is not None}
        touched = {name for name in changes if name[0] != "_" and doc.get(name) != entry.doc.get(name)}
        if touched:
            doc["_set"] = {**entry.doc.get("_set", {}), **dict.fromkeys(touched, self.store.version + 1)}
        keys = keys_of(kind, doc)
        self._unique(kind, id, keys)
        self.store.replace(self.tid, kind, id, doc, keys=keys)
        return self.get(kind, id)

    def _unique(self, kind: str, id: str, keys: Document) -> None:
        for name, values in keys.items():
            if name not in _UNIQUE:
                continue
            for value in values if isinstance(values, list) else [values]:
                if value is not None and any(other != id for other in self.store.find(self.tid, name, value)):
                    raise conflict({"address": "proxyAddresses"}.get(name, name.rsplit(".", 1)[-1]))

    def soft_delete(self, kind: str, id: str) -> None:
        """Move an object to the deleted items, where it keeps its id and loses its unique values."""
        self.get(kind, id)
        if kind == "servicePrincipal":
            self._remove_children(id)
        self.store.mark_deleted(self.tid, kind, id, iso(self.clock.now()))

    def restore(self, kind: str, id: str) -> Entry:
        """Bring a soft-deleted object back.

        Raises:
            Fault: 404 when it is not there, 409 when its unique values are taken by now.
        """
        entry = self.deleted(id)
        keys = keys_of(kind, entry.doc)
        self._unique(kind, id, keys)
        self.store.mark_deleted(self.tid, kind, id, None, keys=keys)
        self.store.replace(self.tid, kind, id, {**entry.doc, "_made": self.store.version}, keys=keys)
        return self.get(kind, id)

    def deleted(self, id: str) -> Entry:
        """A soft-deleted object.

        Raises:
            Fault: 404 when there is none.
        """
        entry = self.store.kind_of(self.tid, id.lower(), DIRECTORY_KINDS)
        if entry is None or entry.deleted is None:
            raise not_found(id)
        return entry

    def purge(self, kind: str, id: str) -> None:
        """Take an object away for good, with what hangs on it; what it was a member of changes."""
        holders = [
            (holder, source)
            for edge, holder in _MEMBERSHIPS.items()
            for source in self.store.sources(self.tid, edge, id)
        ]
        if kind == "servicePrincipal":
            self._remove_children(id)
        for assignment in self.assignments(principal=id, everything=True):
            self.store.remove(self.tid, "appRoleAssignment", assignment.id)
        for assignment in self.store.objects(self.tid, "appRoleAssignment", parent=id):
            self.store.remove(self.tid, "appRoleAssignment", assignment.id)
        for role in self.store.find(self.tid, "scopedRole.member", id):
            self.store.remove(self.tid, "scopedRoleMember", role)
        for part in ("logo", "scopedRoleMember"):
            for child in self.store.objects(self.tid, part, parent=id):
                self.store.remove(self.tid, part, child.id)
        for grant in self.store.find(self.tid, "grant.end", id):
            self.store.remove(self.tid, "oauth2PermissionGrant", grant)
        self.store.remove(self.tid, kind, id)
        for holder, source in holders:
            entry = self.store.get(self.tid, holder, source)
            if entry is not None:
                self.store.replace(self.tid, holder, source, entry.doc)

    def purge_expired(self, now: datetime) -> None:
        """Purge what was soft-deleted more than thirty days ago."""
        limit = iso(now.astimezone(UTC) - RETENTION)
        rows = self.store.query(
            "SELECT kind, id FROM objects WHERE tenant = ? AND deleted IS NOT NULL AND deleted < ?", [self.tid, limit]
        )
        for kind, id in rows:
            self.purge(kind, id)

    def _remove_children(self, principal: str) -> None:
        """A service principal's jobs and secrets do not outlive it."""
        for job in self.store.objects(self.tid, "job", parent=principal):
            self.remove_job(job.id)
        for secrets in self.store.objects(self.tid, "secrets", parent=principal):
            self.store.remove(self.tid, "secrets", secrets.id)

    def remove_job(self, id: str) -> None:
        """Take a job away with its schema, its links and the record of its cycles; what it wrote and logged stays."""
        for kind in ("schema", "link", "cycle"):
            for child in self.store.objects(self.tid, kind, parent=id):
                self.store.remove(self.tid, kind, child.id)
        self.store.remove(self.tid, "job", id)

    # Membership

    def members(self, group: str) -> list[str]:
        """Ids of the live direct members of a group."""
        rows = self.store.query(
            "SELECT target FROM edges CROSS JOIN objects ON objects.tenant = edges.tenant AND objects.id = +target"
            " WHERE edges.tenant = ? AND edges.kind = 'member' AND source = ? AND removed = 0 AND deleted IS NULL",
            [self.tid, group],
        )
        return [row[0] for row in rows]

    def groups_within(self, group: str) -> list[str]:
        """Ids of a live group and of the live groups that are in it, however deep."""
        inside: dict[str, list[str]] = {}
        for member, owner in self.store.query(
            "SELECT target, source FROM objects CROSS JOIN edges INDEXED BY edges_by_target"
            " ON edges.tenant = objects.tenant AND target = id AND edges.kind = 'member' AND removed = 0"
            " WHERE objects.tenant = ? AND objects.kind = 'group' AND deleted IS NULL",
            [self.tid],
        ):
            inside.setdefault(owner, []).append(member)
        found = {group: None}
        waiting = [group]
        while waiting:
            for member in inside.get(waiting.pop(), []):
                if member not in found:
                    found[member] = None
                    waiting.append(member)
        return list(found)

    def groups_of(self, id: str, *, transitive: bool = False) -> list[str]:
        """Ids of the live groups that an object is a member of."""
        found: dict[str, None] = {}
        waiting = [id]
        while waiting:
            for group in self.store.sources(self.tid, "member", waiting.pop()):
                if group not in found and self.find(group, ("group",)) is not None:
                    found[group] = None
                    if transitive:
                        waiting.append(group)
        return sorted(found)

    def units_of(self, id: str) -> list[str]:
        """Ids of the live administrative units that an object is a member of.

        A group does not bring its members into its unit ("Administrative units in Microsoft Entra ID", Groups).
        """
        units = self.store.sources(self.tid, "unit.member", id)
        return [unit for unit in units if self.find(unit, ("administrativeUnit",)) is not None]

    # App role assignments

    def assign_role(
        self, principal: str, type: str, name: str, resource: str, resource_name: str, role: str, moment: str
    ) -> Entry:
        """Assign a principal to a resource.

        Raises:
            Fault: 400 when the same assignment exists already.
        """
        for existing in self.assignments(principal=principal, everything=True):
            if existing.parent == resource and existing.doc["appRoleId"] == role:
                message = "Permission being assigned already exists on the object"
                raise Fault(
                    400,
                    "Request_BadRequest",
                    message,
                    details=[{"code": "InvalidUpdate", "message": message, "target": "permission"}],
                )
        id = b64(self.store.new_id().encode())[:43]
        doc: Document = {
            "id": id,
            "deletedDateTime": None,
            "appRoleId": role,
            "createdDateTime": moment,
            "principalDisplayName": name,
            "principalId": principal,
            "principalType": type,
            "resourceDisplayName": resource_name,
            "resourceId": resource,
        }
        now = self.clock.now().timestamp()
        self.store.put(
            self.tid, "appRoleAssignment", id, doc, parent=resource, now=now, keys={"assignment.principal": principal}
        )
        return self.store.get(self.tid, "appRoleAssignment", id) or _lost(id)

    def assignments(self, *, principal: str, everything: bool = False) -> list[Entry]:
        """Assignments of a principal; those to a soft-deleted resource only when *everything* is asked for."""
        found = [
            self.store.get(self.tid, "appRoleAssignment", id)
            for id in self.store.find(self.tid, "assignment.principal", principal)
        ]
        return [entry for entry in found if entry is not None and (everything or self.find(entry.parent))]

    def assigned_to(self, resource: str) -> Iterator[Entry]:
        """Assignments to a resource whose principals are live."""
        for entry in self.store.objects(self.tid, "appRoleAssignment", parent=resource):
            if self.find(entry.doc["principalId"]) is not None:
                yield entry


def _lost(id: str) -> Any:
    raise KeyError(id)
