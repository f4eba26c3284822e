"""Emulated tenants from what ``entra-sync impact --save`` kept of real ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from entra_sync.emulator import Emulator, Tenant
from entra_sync.emulator.errors import Fault
from entra_sync.emulator.samples.tenants import add_group
from entra_sync.emulator.state.clock import iso
from entra_sync.emulator.state.directory import Directory
from entra_sync.errors import ConfigurationError
from entra_sync.impact.declared import saved
from entra_sync.impact.declared.file import LinkFile
from entra_sync.impact.declared.read import Read
from entra_sync.impact.facts.snapshot import MEMBERS, Snapshot
from entra_sync.testing.tenants import add_licenses, domain_of

__all__ = ["SavedTenants"]

JSON = Any

MANAGER = "manager"


@dataclass(frozen=True)
class SavedTenants:
    """What was kept of the links between some tenants.

    Attributes:
        directory: The directory that was named with ``--save``.
        reads: What was read for each link.
    """

    directory: Path
    reads: tuple[Read, ...]

    @classmethod
    def of(cls, directory: Path) -> Self | None:
        """What *directory* holds; None if ``entra-sync impact --save`` did not write it.

        Raises:
            ConfigurationError: It is damaged.
        """
        found = tuple(saved.load(file.parent) for file in sorted(directory.glob("*/read.json")))
        return cls(directory, found) if found else None

    def fill(self, emulator: Emulator, tenant: Tenant) -> None:
        """Adds the live users, the groups with their direct members, and whose account each linked one is.

        Raises:
            ConfigurationError: Nothing was kept of this tenant, or a user does not fit into it.
        """
        snapshots = self._snapshots(tenant.tenant_id)
        users: dict[str, dict[str, JSON]] = {}
        members: set[tuple[str, str]] = set()
        groups: set[str] = set()
        for snapshot in snapshots:
            for user in _users(snapshot):
                users.setdefault(user["id"], {}).update(user)
            members |= {(group, person) for group, person in snapshot.members.select(*MEMBERS).iter_rows()}
            groups |= snapshot.groups
        domains = {domain_of(user["userPrincipalName"]) for user in users.values()}
        for read in self.reads:
            if read.source.tenant_id == tenant.tenant_id:
                domains |= read.facts.home_domains or frozenset()
        for domain in sorted(domains - set(tenant.domains) - {""}):
            tenant.add_domain(domain)
        homes, names = self._homes(tenant.tenant_id), self._names()
        managers = [(id, user.pop(MANAGER)["id"]) for id, user in users.items() if MANAGER in user]
        store = emulator.service.store
        with store.transaction():
            found = Directory(store, emulator.clock, tenant.tenant_id)
            for id, user in users.items():
                try:
                    found.create("user", {**_made(found, id), **user, **homes.get(id, {})})
                except Fault as fault:
                    raise ConfigurationError(f"{self.directory}: user {id}: {fault.message}") from None
            for group in sorted(groups):
                add_group(tenant, names.get(group, group), id=group)
            store.connect_many(tenant.tenant_id, "member", sorted(pair for pair in members if pair[1] in users))
            store.connect_many(tenant.tenant_id, MANAGER, [pair for pair in managers if pair[1] in users])
        add_licenses(tenant, len(users))

    def require(self, link: LinkFile) -> None:
        """Checks that what was kept has all that a link reads: what was not read would pass for empty.

        Raises:
            ConfigurationError: An attribute, a group or a user was not read.
        """
        problem = ConfigurationError(f"{self.directory} has no link from {link.source.name} to {link.target.name}")
        for read in self.reads:
            if (read.source.tenant_id, read.target.tenant_id) == (link.source.tenant_id, link.target.tenant_id):
                try:
                    saved.redeclare(read, link)
                except ConfigurationError as refused:
                    problem = ConfigurationError(f"{self.directory}: {refused}")
                else:
                    return
        raise problem

    def _snapshots(self, tenant_id: str) -> list[Snapshot]:
        sides = [(read.source, read.facts.source) for read in self.reads]
        sides += [(read.target, read.facts.target) for read in self.reads]
        found = [snapshot for tenant, snapshot in sides if tenant.tenant_id == tenant_id]
        if not found:
            known = ", ".join(sorted({f"{tenant.name} ({tenant.tenant_id})" for tenant, _ in sides}))
            raise ConfigurationError(f"{self.directory} has no tenant {tenant_id}; it has {known}")
        return found

    def _homes(self, tenant_id: str) -> dict[str, dict[str, JSON]]:
        """Account of a target → what says whose account it is."""
        return {
            account: {"_homeTenant": read.source.tenant_id, "_alternativeSecurityIds": f"5::{_net_id(person)}"}
            for read in self.reads
            if read.target.tenant_id == tenant_id
            for person, account in read.facts.connections.select("person", "account").iter_rows()
        }

    def _names(self) -> dict[str, str]:
        """Display names of the groups that are assigned, by id."""
        states = [state for read in self.reads for state in (read.now, read.then) if state is not None]
        return {id: name for state in states for id, name in state.names.items()}


def _net_id(user: str) -> str:
    return user.replace("-", "")[:16].upper()


def _made(directory: Directory, id: str) -> dict[str, JSON]:
    """What the emulator's users have and no plan reads."""
    return {"_netId": _net_id(id), "createdDateTime": iso(directory.clock.now())}


def _users(snapshot: Snapshot) -> list[dict[str, JSON]]:
    """The live users as Graph's user resource has them."""
    paths = snapshot.record.paths
    rows = snapshot.people.filter(snapshot.people["deleted"].is_null())
    return [_document(row, paths) for row in rows.select(*paths).iter_rows(named=True)]


def _document(row: Mapping[str, JSON], paths: Mapping[str, str]) -> dict[str, JSON]:
    found: dict[str, JSON] = {}
    for column, path in paths.items():
        value = row[column]
        if value is None:
            continue
        root, _, inner = path.partition(".")
        if inner:
            found.setdefault(root, {})[inner] = value
        elif path.endswith("[0]"):
            found.setdefault(root.removesuffix("[0]"), [value])
        else:
            found[root] = value
    name = found["userPrincipalName"].partition("@")[0]
    return {"mailNickname": name, **found}
