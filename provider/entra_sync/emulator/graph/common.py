"""What several areas need: addressing by alternate keys, bodies checked against a type, references, ownership."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from entra_sync.emulator.errors import bad_request, denied, not_found
from entra_sync.emulator.graph.bodies import invalid_value, unknown_property
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.identity.permissions import OWNED_ONLY
from entra_sync.emulator.odata.options import Options
from entra_sync.emulator.state.catalog.entities import DIRECTORY_KINDS, Property, entity, members
from entra_sync.emulator.state.spelling import EXTENSION
from entra_sync.emulator.state.store import Document, Entry

__all__ = [
    "bound",
    "by_key",
    "check_body",
    "connect_owners",
    "hide_security_attributes",
    "keep_unique_name",
    "location",
    "merge_security_attributes",
    "owned",
    "picked",
    "picked_row",
    "reference_id",
    "selected",
    "to_create",
]

_SECURITY_READ = {"CustomSecAttributeAssignment.Read.All", "CustomSecAttributeAssignment.ReadWrite.All"}
_SECURITY_WRITE = {"CustomSecAttributeAssignment.ReadWrite.All"}
_KEY = re.compile(r"\((\w+)='((?:[^']|'')*)'\)\Z")
_KEYS: dict[str, tuple[str, ...]] = {
    "user": (),
    "group": ("uniqueName",),
    "application": ("appId", "uniqueName"),
    "servicePrincipal": ("appId",),
    "administrativeUnit": (),
}
_CLASSES = {kind: kind[0].upper() + kind[1:] for kind in (*DIRECTORY_KINDS, "claimsMappingPolicy")}


def by_key(call: Call, kind: str, id: str) -> Entry:
    """A directory object by object id or alternate key, such as ``(appId='…')``.

    Raises:
        Fault: 404 when there is none, 400 for a key that objects of the kind do not have.
    """
    directory = call.directory
    if not id.startswith("("):
        return directory.get(kind, id)
    name, value = alternate_key(kind, id)
    found = call.store.find(call.tid, f"{kind}.{name}", value)
    if not found:
        raise not_found(value)
    return directory.get(kind, found[0])


def alternate_key(kind: str, id: str) -> tuple[str, str]:
    """Name and value of an alternate key.

    Raises:
        Fault: 400 for a key that objects of the kind do not have.
    """
    keyed = _KEY.match(id)
    name = next((name for name in _KEYS[kind] if keyed and name.lower() == keyed[1].lower()), None)
    if keyed is None or name is None:
        raise bad_request(f"The alternate key {id} is not supported for resource '{_CLASSES[kind]}'.", "BadRequest")
    return name, keyed[2].replace("''", "'")


def to_create(call: Call, kind: str, id: str) -> Document | None:
    """Returns the alternate key that a PATCH asks to create an object with, if there is no such object yet.

    Returns None if the object is there, or if ``Prefer: create-if-missing`` was not sent ("Upsert group", "Upsert
    application", "Upsert servicePrincipal").
    """
    if not (_KEYS.get(kind) and id.startswith("(")) or "create-if-missing" not in call.header("Prefer").lower():
        return None
    name, value = alternate_key(kind, id)
    return None if call.store.find(call.tid, f"{kind}.{name}", value) else {name: value}


def keep_unique_name(body: Document, doc: Document) -> None:
    """A unique name can be given once, and is never changed.

    Raises:
        Fault: 400 for another one.
    """
    given, held = body.get("uniqueName"), doc.get("uniqueName")
    if "uniqueName" in body and held is not None and given != held:
        raise bad_request("Property 'uniqueName' is immutable and cannot be changed.")


def owned(call: Call, id: str) -> None:
    """A caller has to own the object if it needs a permission for what it owns in order to be allowed.

    Raises:
        Fault: 403 when it does not.
    """
    only_own = all(alternative & OWNED_ONLY for alternative in call.granted)
    if only_own and not call.store.connected(call.tid, "owner", id, call.claims.oid):
        raise denied()


def bound(body: Document, name: str) -> list[str]:
    """Takes the objects that a body binds to a relation away from it; returns their ids.

    Raises:
        Fault: 400 for anything else than a list of links.
    """
    links = body.pop(f"{name}@odata.bind", None)
    if links is not None and not (isinstance(links, list) and all(isinstance(link, str) for link in links)):
        raise bad_request(f"Invalid value specified for '{name}@odata.bind': links are expected.", "BadRequest")
    return [linked_id(link) for link in links or []]


def connect_owners(call: Call, id: str, owners: list[str], *, usual: str | None) -> None:
    """Makes objects owners of a new object, or *usual* if none are named.

    Raises:
        Fault: 404 for an owner that does not exist.
    """
    directory = call.directory
    for owner in owners:
        if directory.find(owner, ("user", "servicePrincipal")) is None:
            raise not_found(owner)
        call.store.connect(call.tid, "owner", id, owner)
    if not owners and usual is not None:
        call.store.connect(call.tid, "owner", id, usual)


def location(call: Call, kind: str, id: str) -> str:
    """The ``Location`` of a new directory object, in the service's own form."""
    return f"{call.request.root}/v2/{call.tid}/directoryObjects/{id}/Microsoft.DirectoryServices.{_CLASSES[kind]}"


def selected(options: Options) -> str:
    """The part of ``@odata.context`` that names selected properties."""
    return f"({','.join(options.select)})" if options.select else ""


def picked(doc: Document, options: Options) -> Document:
    """Returns the properties of a document that ``$select`` names, or all if it names none."""
    return {name: value for name, value in doc.items() if not options.select or name in options.select}


def picked_row(kind: str, doc: Document, options: Options) -> Document:
    """Returns a row of a page as it is stored, with the properties that ``$select`` names."""
    return picked(doc, options)


def reference_id(body: Document) -> str:
    """The id at the end of an ``@odata.id``.

    Raises:
        Fault: 400 when the body has none.
    """
    link = body.get("@odata.id")
    if not isinstance(link, str):
        raise bad_request("A value is required for property '@odata.id'.", "BadRequest")
    return linked_id(link)


def linked_id(link: str) -> str:
    """The id in a link such as ``…/directoryObjects/{id}`` or ``…/users('{id}')``."""
    found = re.search(r"[/('\"]([^/()'\"]+)['\")]*\Z", link.rstrip("/"))
    return (found[1] if found else link).lower()


_NEVER_CLEARED = {
    "user": "never-cleared.user",
    "group": "never-cleared.group",
    "application": "never-cleared.application",
    "servicePrincipal": "never-cleared.service-principal",
    "administrativeUnit": "never-cleared.administrative-unit",
}
"""The assumptions of which properties no change can clear, by kind."""


def check_body(
    call: Call, body: Document, kind: str, writable: Iterable[str], existing: Document | None = None
) -> Document:
    """Returns a body without annotations whose properties exist, may be written, and have the right types.

    The id may be repeated: Terraform's azuread sends it with each change of an application. Null clears a property of
    an existing object, and says nothing about a new one.

    Raises:
        Fault: 400 naming the property.
    """
    shape = entity(kind).of(call.version)
    found: Document = {}
    allowed = set(writable)
    for name, value in body.items():
        if "@odata" in name or (name == "id" and existing and value == existing["id"]):
            continue
        known = shape.properties.get(name)
        if known is None:
            if EXTENSION.match(name):
                found[name] = value
                continue
            raise unknown_property(name)
        if name not in allowed:
            raise bad_request(f"Property '{name}' is read-only and cannot be set.")
        if value is None:
            if existing and name in call.store.facts[_NEVER_CLEARED[kind]]:
                raise invalid_value(name, shape.resource)
            if existing:
                found[name] = None
            continue
        if not _fits(known, value):
            raise invalid_value(name, shape.resource)
        found[name] = _inside(known, value, shape.resource)
    return found


def _inside(known: Property, value: Any, resource: str) -> Any:
    """Returns a value whose members exist and have the right types, at every depth."""
    names = members(known.item)
    if names is None or value is None:
        return value
    if known.collection:
        return [_members_of(names, item, resource) for item in value]
    return _members_of(names, value, resource)


def _members_of(names: dict[str, Property], value: Document, resource: str) -> Document:
    found: Document = {}
    for name, item in value.items():
        if "@odata" in name:
            continue
        known = names.get(name)
        if known is None:
            raise unknown_property(name)
        if known.type == "Boolean" and item in ("true", "false"):
            item = item == "true"  # Recorded: such a text is read, but only inside of a complex value.
        if item is not None and not _fits(known, item):
            raise invalid_value(name, resource)
        found[name] = _inside(known, item, resource)
    return found


def merge_security_attributes(call: Call, body: Document, existing: Document | None) -> None:
    """Merge custom security attributes of a body into those that an object has, in place.

    Raises:
        Fault: 403 for a caller without the permission for them.
    """
    if "customSecurityAttributes" not in body:
        return
    if not call.claims.permissions & _SECURITY_WRITE:
        raise denied()
    sets = dict((existing or {}).get("customSecurityAttributes") or {})
    for name, values in (body["customSecurityAttributes"] or {}).items():
        if not isinstance(values, dict):
            raise invalid_value("customSecurityAttributes", "User")
        kept = {key: value for key, value in values.items() if key != "@odata.type"}
        sets[name] = {"@odata.type": "#microsoft.graph.customSecurityAttributeValue", **sets.get(name, {}), **kept}
    body["customSecurityAttributes"] = sets


def hide_security_attributes(call: Call, shown: Document) -> None:
    """Custom security attributes are null to a caller without the permission for them."""
    if shown.get("customSecurityAttributes") and not call.claims.permissions & _SECURITY_READ:
        shown["customSecurityAttributes"] = None


def _fits(known: Property, value: Any) -> bool:
    if known.collection:
        inner = str if known.item in {"String", "Guid"} else dict
        return isinstance(value, list) and all(isinstance(item, inner) for item in value)
    if known.type == "Boolean":
        return isinstance(value, bool)
    if known.type == "Int32":
        return isinstance(value, int) and not isinstance(value, bool)
    if known.type in {"String", "Guid"}:
        return isinstance(value, str)
    if known.type == "DateTimeOffset":
        return isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d", value) is not None
    return isinstance(value, dict)
