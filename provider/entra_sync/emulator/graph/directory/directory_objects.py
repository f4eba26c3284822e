"""Directory objects of any type, and which groups one is in (directoryObject resource)."""

from __future__ import annotations

from collections.abc import Iterable

from entra_sync.emulator.errors import bad_request, not_found
from entra_sync.emulator.graph.common import by_key
from entra_sync.emulator.graph.relations import show
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.options import read_options
from entra_sync.emulator.state.catalog.entities import DIRECTORY_KINDS, entity
from entra_sync.emulator.state.directory import Directory
from entra_sync.emulator.state.spelling import GUID
from entra_sync.emulator.state.store import Document, Entry

__all__ = ["routes"]

routes = Router()

_KINDS = {"users": "user", "groups": "group", "serviceprincipals": "servicePrincipal"}
_MOST_IDS = 1000
_MOST_CHECKED = 20
"""Ids that one getByIds and one check can name ("directoryObject: getByIds", "directoryObject: checkMemberGroups")."""


@routes.on("GET", "/directoryObjects/{id}")
def get_object(call: Call, id: str) -> Reply:
    """One object of any type."""
    entry = call.directory.find(id)
    if entry is None:
        raise not_found(id)
    options = read_options(call, entity(entry.kind))
    return call.entity(show(call, entry.kind, entry.doc, options), "directoryObjects/$entity")


@routes.on("POST", "/directoryObjects/getByIds")
def get_by_ids(call: Call) -> Reply:
    """The objects with these ids that are there, of the types that are asked for."""
    body = call.json()
    ids = _ids(body, "ids", _MOST_IDS)
    if not all(map(GUID.match, ids)):
        raise bad_request("Invalid GUID specified.")
    types = [str(name).lower() for name in body.get("types") or []]
    kinds = [kind for kind in DIRECTORY_KINDS if not types or {kind.lower(), "directoryobject"} & set(types)]
    directory = call.directory
    found = [entry for id in dict.fromkeys(ids) if (entry := directory.find(id, kinds)) is not None]
    options = read_options(call, entity(found[0].kind)) if found else None
    value = [show(call, entry.kind, entry.doc, options) for entry in found]
    return call.done({"value": value}, "directoryObjects")


def _on(action: str) -> tuple[str, ...]:
    collections = ("users", "groups", "servicePrincipals", "directoryObjects")
    return tuple(f"/{name}/{{id}}/{action}" for name in collections)


@routes.on("POST", *_on("checkMemberGroups"))
def check_member_groups(call: Call, id: str) -> Reply:
    """Which of these groups an object is in, also through other groups."""
    asked = _ids(call.json(), "groupIds", _MOST_CHECKED)
    return _list(call, _among(_groups(call, id), asked))


@routes.on("POST", *_on("checkMemberObjects"))
def check_member_objects(call: Call, id: str) -> Reply:
    """Which of these groups and administrative units an object is in."""
    asked = _ids(call.json(), "ids", _MOST_CHECKED)
    return _list(call, _among([*_groups(call, id), *_units(call, id)], asked))


@routes.on("POST", *_on("getMemberGroups"))
def get_member_groups(call: Call, id: str) -> Reply:
    """All groups that an object is in, also through other groups; only security groups if asked for."""
    return _list(call, _member_groups(call, id)[0])


@routes.on("POST", *_on("getMemberObjects"))
def get_member_objects(call: Call, id: str) -> Reply:
    """The same with administrative units, unless only security groups are asked for ("Get member objects")."""
    groups, only_security = _member_groups(call, id)
    return _list(call, groups if only_security else [*groups, *_units(call, id)])


def _member_groups(call: Call, id: str) -> tuple[list[str], bool]:
    """Returns the groups that are asked for, and whether only security groups are.

    Raises:
        Fault: 400 for a parameter that is no truth value.
    """
    only_security = call.json().get("securityEnabledOnly", False)
    if not isinstance(only_security, bool):
        raise bad_request("Invalid value specified for property 'securityEnabledOnly'.")
    directory = call.directory
    found = _groups(call, id)
    groups = [id for id in found if not only_security or directory.get("group", id).doc["securityEnabled"]]
    return groups, only_security


def _groups(call: Call, id: str) -> list[str]:
    directory = call.directory
    return directory.groups_of(_entry(call, directory, id).id, transitive=True)


def _units(call: Call, id: str) -> list[str]:
    directory = call.directory
    return directory.units_of(_entry(call, directory, id).id)


def _entry(call: Call, directory: Directory, id: str) -> Entry:
    kind = _KINDS.get(call.path.split("/")[1].lower())
    if kind == "user":
        return directory.user(id)
    if kind is not None:
        return by_key(call, kind, id)
    entry = directory.find(id)
    if entry is None:
        raise not_found(id)
    return entry


def _ids(body: Document, name: str, most: int) -> list[str]:
    ids = body.get(name)
    if not isinstance(ids, list) or not ids or not all(isinstance(id, str) for id in ids):
        raise bad_request(f"A value is required for property '{name}'.")
    if len(ids) > most:
        raise bad_request(f"Too many elements in '{name}'. The limit is {most}.", "Directory_ResultSizeLimitExceeded")
    return [id.lower() for id in ids]


def _among(found: Iterable[str], asked: list[str]) -> list[str]:
    held = set(found)
    return [id for id in dict.fromkeys(asked) if id in held]


def _list(call: Call, ids: list[str]) -> Reply:
    return call.done({"value": ids}, "Collection(Edm.String)")
