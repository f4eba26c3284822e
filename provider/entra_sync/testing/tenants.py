"""Emulated tenants from CSV files: one row for each user, columns with the names that Microsoft Graph uses."""

from __future__ import annotations

import csv
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from entra_sync.emulator import Emulator, Tenant
from entra_sync.emulator.errors import Fault
from entra_sync.emulator.samples.tenants import add_group
from entra_sync.emulator.state.catalog.entities import entity, members
from entra_sync.emulator.state.clock import iso
from entra_sync.emulator.state.directory import Directory
from entra_sync.emulator.state.spelling import EXTERNAL_MARK
from entra_sync.errors import ConfigurationError

__all__ = ["add_licenses", "domain_of", "fill", "user_values"]

JSON = Any

SEPARATOR = ";"
GROUPS, MANAGER = "groups", "manager"
LICENSES = ("AAD_PREMIUM_P2", "Microsoft_Entra_ID_Governance")
"""What each tenant owns, one seat for each user: tests are about users and mappings, not about licenses."""


@dataclass(frozen=True)
class _Row:
    """A line of a CSV file; ``place`` names it in messages."""

    place: str
    cells: Mapping[str, str]


def fill(emulator: Emulator, tenant: Tenant, directory: Path) -> bool:
    """Adds the users and groups that the files of a tenant name: ``<tenant>.csv`` and ``<tenant>.groups.csv``.

    Returns:
        Whether the tenant has a file of users.

    Raises:
        ConfigurationError: A file cannot be read, or a value does not fit; the message names file and line.
    """
    file = directory / f"{tenant.name}.csv"
    if not file.is_file():
        return False
    users = _rows(file)
    groups = {row.cells["displayName"]: row for row in _rows(directory / f"{tenant.name}.groups.csv")}
    for domain in sorted({_domain(row) for row in users} - set(tenant.domains) - {""}):
        tenant.add_domain(domain)
    with emulator.service.store.transaction():
        found = Directory(emulator.service.store, emulator.clock, tenant.tenant_id)
        ids = {row.cells["userPrincipalName"].lower(): _add(found, row) for row in users}
        named = dict.fromkeys(name for row in users for name in _list(row.cells.get(GROUPS, "")))
        inside = {name: _group(tenant, name, groups.get(name)) for name in dict.fromkeys([*groups, *named])}
        memberships, managers = [], []
        for row in users:
            id = ids[row.cells["userPrincipalName"].lower()]
            memberships += [(inside[name], id) for name in _list(row.cells.get(GROUPS, ""))]
            manager = row.cells.get(MANAGER, "").lower()
            if manager:
                if manager not in ids:
                    raise ConfigurationError(f'{row.place}: {MANAGER}: no row has userPrincipalName "{manager}"')
                managers.append((id, ids[manager]))
        emulator.service.store.connect_many(tenant.tenant_id, "member", sorted(memberships))
        emulator.service.store.connect_many(tenant.tenant_id, "manager", managers)
    add_licenses(tenant, len(users))
    return True


def add_licenses(tenant: Tenant, users: int) -> None:
    """Gives a tenant a seat of each license for every user, and one more."""
    for license in LICENSES:
        tenant.add_subscription(license, users + 1)


def domain_of(name: str) -> str:
    """The domain of a user principal name, lower case; empty for that of an invited user."""
    return "" if EXTERNAL_MARK in name else name.rpartition("@")[2].lower()


def user_values(cells: Mapping[str, str], place: str) -> dict[str, JSON]:
    """The properties of a user from texts; an empty text is no value.

    Raises:
        ConfigurationError: A name is not a property of a user, or a value is not of its type.
    """
    found: dict[str, JSON] = {}
    for name, text in cells.items():
        first, _, inner = name.partition(".")
        known = entity("user").properties
        if first not in known or (inner and inner not in (members(known[first].item) or ())):
            near = get_close_matches(name, [*known, GROUPS, MANAGER], 1)
            hint = f'; did you mean "{near[0]}"?' if near else "; use the names of Microsoft Graph's user resource"
            raise ConfigurationError(f'{place}: a user has no property "{name}"{hint}')
        if text == "":
            continue
        value = _value(known[first].type if not inner else "String", text, f"{place}: {name}")
        if inner:
            found.setdefault(first, {})[inner] = value
        else:
            found[name] = value
    return found


def _value(type: str, text: str, place: str) -> JSON:
    if type == "Boolean":
        if text.lower() not in ("true", "false"):
            raise ConfigurationError(f'{place}: must be true or false, got "{text}"')
        return text.lower() == "true"
    if type == "Collection(String)":
        return _list(text)
    if type not in ("String", "DateTimeOffset"):
        raise ConfigurationError(f"{place}: values of type {type} cannot be given in a CSV file; leave the column out")
    return text


def _list(text: str) -> list[str]:
    return [each.strip() for each in text.split(SEPARATOR) if each.strip()]


def _rows(file: Path) -> list[_Row]:
    if not file.is_file():
        return []
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.DictReader(opened, strict=True)
            rows = [_Row(f"{file}:{reader.line_num}", _cells(file, reader, cells)) for cells in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise ConfigurationError(f"{file}: it cannot be read as CSV: {problem}") from None
    key = "displayName" if file.name.endswith(".groups.csv") else "userPrincipalName"
    if rows and key not in rows[0].cells:
        raise ConfigurationError(f'{file}: the column "{key}" is missing')
    for row in rows:
        if not row.cells[key]:
            raise ConfigurationError(f"{row.place}: {key} is empty")
    return rows


def _cells(file: Path, reader: csv.DictReader[str], cells: Mapping[str | None, JSON]) -> dict[str, str]:
    if None in cells or None in cells.values():
        number = len(reader.fieldnames or ())
        raise ConfigurationError(f"{file}:{reader.line_num}: the first line has {number} columns, this one does not")
    return {str(name).strip(): str(text).strip() for name, text in cells.items()}


def _domain(row: _Row) -> str:
    name = row.cells["userPrincipalName"]
    if "@" not in name:
        raise ConfigurationError(f'{row.place}: userPrincipalName: "{name}" has no @ and domain')
    return domain_of(name)


def _add(directory: Directory, row: _Row) -> str:
    """Adds a user. Returns the id."""
    name = row.cells["userPrincipalName"]
    values = user_values({key: text for key, text in row.cells.items() if key not in (GROUPS, MANAGER)}, row.place)
    mail = {} if "mail" in row.cells else {"mail": name}
    document: dict[str, JSON] = {
        "accountEnabled": True,
        "displayName": name.partition("@")[0],
        "mailNickname": name.partition("@")[0],
        "userType": "Member",
        "createdDateTime": iso(directory.clock.now()),
        "_netId": directory.store.new_id().replace("-", "")[:16].upper(),
        **mail,
        **values,
    }
    if document.get("mail"):
        document.setdefault("proxyAddresses", [f"SMTP:{document['mail']}"])
    if "id" in document:
        document["id"] = _guid(document["id"], row.place)
    try:
        return directory.create("user", document).id
    except Fault as fault:
        raise ConfigurationError(f"{row.place}: {fault.message}") from None


def _group(tenant: Tenant, name: str, row: _Row | None) -> str:
    """Adds a group, with the id of its file if it has one. Returns the id."""
    given = row.cells.get("id", "") if row is not None else ""
    if row is None or not given:
        return add_group(tenant, name)
    return add_group(tenant, name, id=_guid(given, row.place))


def _guid(text: str, place: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise ConfigurationError(f'{place}: id: "{text}" is not an object id (a GUID)') from None
