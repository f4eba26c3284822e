"""The directory's entity types: their properties, what a plain answer shows, and what may be asked of each property.

``entities.csv`` has one row per property, first of the entity types, then of the complex types in them. ``shown`` says
where the property is returned without being selected: in ``v1`` and beta, in ``beta`` only, or in neither (``select``);
``beta!`` is a property that v1.0 does not have. ``query`` lists what ``$filter``, ``$orderby`` and ``$search`` support;
an exclamation mark means "as an advanced query only". Sources: the resource pages user, group, application,
servicePrincipal and administrativeUnit and of their complex types, and "Advanced query capabilities on Microsoft Entra
ID objects".
"""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

import orjson

from entra_sync.emulator.state.store import Document

__all__ = [
    "DIRECTORY_KINDS",
    "Entity",
    "Property",
    "completed",
    "entity",
    "members",
    "merged",
    "plain_answer",
    "public",
]

_PLAIN = {"String", "Boolean", "DateTimeOffset", "Guid", "Int32"}
DIRECTORY_KINDS = ("user", "group", "application", "servicePrincipal", "administrativeUnit")

_SETS = {kind: f"{kind}s" for kind in DIRECTORY_KINDS}


@dataclass(frozen=True, slots=True)
class Property:
    """One property of an entity type."""

    name: str
    type: str
    shown: str
    query: frozenset[str]

    @property
    def collection(self) -> bool:
        """Whether the value is a list."""
        return self.type.startswith("Collection(")

    @property
    def beta_only(self) -> bool:
        """Whether v1.0 does not have the property."""
        return self.shown == "beta!"

    @property
    def item(self) -> str:
        """The type of the value, or of the items of a list."""
        return self.type.removeprefix("Collection(").rstrip(")")


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity type of the directory."""

    kind: str
    properties: dict[str, Property]
    v1: tuple[str, ...]
    beta: tuple[str, ...]

    @property
    def type(self) -> str:
        """The OData type name."""
        return f"microsoft.graph.{self.kind}"

    @property
    def set(self) -> str:
        """Name of the collection."""
        return _SETS[self.kind]

    @property
    def resource(self) -> str:
        """The name that error messages use, with a capital letter."""
        return self.kind[0].upper() + self.kind[1:]

    def of(self, version: str) -> Entity:
        """Returns the type as a version of the API has it."""
        return self if version == "beta" else _entities_of_v1()[self.kind]

    def default(self, version: str) -> tuple[str, ...]:
        """Names of the properties that a plain answer shows."""
        return self.beta if version == "beta" else self.v1

    def project(self, doc: Document, names: tuple[str, ...]) -> Document:
        """The named properties of a stored object, null or an empty list where it has none."""
        found = {name: doc.get(name) for name in names}
        for name in _nested(self.kind, names):
            value = found[name]
            if value is not None:
                found[name] = public(value)
            elif name not in doc:
                if name in self.properties:
                    found[name] = [] if self.properties[name].collection else None
                else:
                    del found[name]
        return found


@cache
def _nested(kind: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names that need a second look, for their values may be lists or objects."""
    known = entity(kind).properties
    return tuple(name for name in names if name not in known or known[name].type not in _PLAIN)


def plain_answer(kind: str, doc: Document) -> bytes | None:
    """A user as v1.0 shows one without being asked for anything in particular, as JSON without its first bracket."""
    if kind != "user":
        return None
    shape = entity("user")
    return orjson.dumps(shape.project(doc, shape.v1))[1:]


def public(value: Any) -> Any:
    """A stored value without what is the emulator's own (names that start with an underscore)."""
    if isinstance(value, dict):
        return {key: public(item) for key, item in value.items() if not key.startswith("_")}
    if isinstance(value, list):
        return [public(item) if isinstance(item, (dict, list)) else item for item in value]
    return value


@cache
def _entities() -> dict[str, Entity]:
    rows: defaultdict[str, dict[str, Property]] = defaultdict(dict)
    text = (files(__package__) / "entities.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        rows[row["entity"]][row["property"]] = Property(
            row["property"], row["type"], row["shown"], frozenset(row["query"].split())
        )
    return {
        kind: Entity(
            kind,
            properties,
            tuple(name for name, known in properties.items() if known.shown == "v1"),
            tuple(name for name, known in properties.items() if known.shown != "select"),
        )
        for kind, properties in rows.items()
    }


@cache
def _entities_of_v1() -> dict[str, Entity]:
    return {
        kind: replace(shape, properties={name: item for name, item in shape.properties.items() if not item.beta_only})
        for kind, shape in _entities().items()
    }


def entity(kind: str) -> Entity:
    """The entity type of a kind of directory object."""
    return _entities()[kind]


def members(type: str) -> dict[str, Property] | None:
    """Returns the members of a complex type, or None if its members are not tabled."""
    found = _entities().get(type)
    return found.properties if found is not None else None


def merged(kind: str, doc: Document, changes: Document) -> Document:
    """Returns changes in which each complex value is merged into the object's own, member by member.

    OData, "Update an Entity": members of a complex property that a PATCH does not name stay as they are.
    """
    return {name: _merged(entity(kind).properties.get(name), doc.get(name), value) for name, value in changes.items()}


def _merged(known: Property | None, former: Any, value: Any) -> Any:
    names = members(known.type) if known is not None else None
    if names is None or not isinstance(former, dict) or not isinstance(value, dict):
        return value
    return {**former, **{name: _merged(names.get(name), former.get(name), item) for name, item in value.items()}}


def completed(type: str, value: Any) -> Any:
    """Returns a complex value with each member that it lacks, as null or an empty list."""
    names = members(type)
    if names is None or not isinstance(value, dict):
        return value
    lacking: Document = {name: [] if known.collection else None for name, known in names.items() if known.shown == "v1"}
    found: Document = {**lacking, **value}
    for name, item in found.items():
        known = names.get(name)
        if known is not None and known.collection:
            found[name] = [completed(known.item, one) for one in item or []]
        elif known is not None:
            found[name] = completed(known.item, item)
    return found
