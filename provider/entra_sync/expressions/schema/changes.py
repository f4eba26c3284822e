"""What differs between two synchronization schemas, without what the service stamps on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from entra_sync.expressions.filters.model import ScopingFilter
from entra_sync.expressions.schema.mapping import AttributeMapping

__all__ = ["SchemaChange", "same_schema", "schema_changes"]


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """One difference.

    Attributes:
        where: The object mapping, ``User to User``, or ``directories``.
        what: The target attribute, ``filter`` or another property.
        before: How it was, as text; None where there was nothing.
        after: How it is, as text; None where there is nothing any more.
    """

    where: str
    what: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.what}: {self.after} is new"
        if self.after is None:
            return f"{self.what}: {self.before} is gone"
        return f"{self.what}: {self.before} → {self.after}"


def same_schema(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two schemas say the same.

    Only what an operator can see counts. The version, ids, the discovery stamps, metadata and the priority of a rule,
    which the service sets, do not count. Nor do annotations, the order of rows and attributes, and whether an empty
    property is null, empty or missing.
    """
    return bool(_comparable(one) == _comparable(other))


def schema_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[SchemaChange]:
    """What is different in *after*, mapping by mapping, in the order of the schema; empty where `same_schema` holds."""
    old, new = _object_mappings(before), _object_mappings(after)
    changes: list[SchemaChange] = []
    for where in dict.fromkeys([*old, *new]):
        changes += _mapping_changes(where, old.get(where, {}), new.get(where, {}))
    old_attributes, new_attributes = _attributes(before), _attributes(after)
    for name in dict.fromkeys([*old_attributes, *new_attributes]):
        if old_attributes.get(name) != new_attributes.get(name):
            changes.append(_change("directories", name, old_attributes.get(name), new_attributes.get(name)))
    if not changes and not same_schema(before, after):
        changes.append(SchemaChange("schema", "other properties", "as before", "changed"))
    return changes


def _mapping_changes(where: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[SchemaChange]:
    old_rows, new_rows = _rows(old), _rows(new)
    for target in dict.fromkeys([*old_rows, *new_rows]):
        if _comparable(old_rows.get(target)) != _comparable(new_rows.get(target)):
            yield _change(where, target, _row_text(old_rows.get(target)), _row_text(new_rows.get(target)))
    for key, name in (("groups", "filter"), ("inputFilterGroups", "input filter")):
        one, other = _filter_text(old, key), _filter_text(new, key)
        if one != other:
            yield _change(where, name, one, other)
    for key in ("enabled", "flowTypes", "name"):
        if _comparable(old.get(key), key) != _comparable(new.get(key), key):
            yield _change(where, key, old.get(key), new.get(key))


def _change(where: str, what: str, before: Any, after: Any) -> SchemaChange:
    one = None if before is None else str(before)
    other = None if after is None else str(after)
    return SchemaChange(where, what, one, f"{other} (other properties)" if one == other else other)


def _object_mappings(schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {
        f"{mapping.get('sourceObjectName') or 'nothing'} to {mapping.get('targetObjectName') or 'nothing'}": mapping
        for rule in schema.get("synchronizationRules") or ()
        for mapping in rule.get("objectMappings") or ()
    }


def _rows(mapping: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {row.get("targetAttributeName") or "": row for row in mapping.get("attributeMappings") or ()}


def _row_text(row: Mapping[str, Any] | None) -> str | None:
    if row is None:
        return None
    return AttributeMapping.from_graph(row).written if row.get("targetAttributeName") else "nothing"


def _filter_text(mapping: Mapping[str, Any], key: str) -> str:
    groups = (mapping.get("scope") or {}).get(key)
    return str(ScopingFilter.model_validate({"groups": groups}))


def _attributes(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"{directory.get('name')}, {definition.get('name')}.{attribute.get('name')}": _comparable(attribute)
        for directory in schema.get("directories") or ()
        for definition in directory.get("objects") or ()
        for attribute in definition.get("attributes") or ()
    }


_STAMPS = {"version", "id", "discoveryDateTime", "metadata", "priority"}
_KEYS = ("targetAttributeName", "key", "name", "sourceObjectName", "targetObjectName")
_ORDERED = {"groups", "inputFilterGroups", "categoryFilterGroups", "clauses", "parameters", "values"}


def _comparable(value: Any, key: str = "") -> Any:
    if isinstance(value, Mapping):
        plain = {
            name: _comparable(item, name) for name, item in value.items() if name not in _STAMPS and "@" not in name
        }
        return {name: item for name, item in plain.items() if item not in (None, [], {})}
    if isinstance(value, list | tuple):
        items = [_comparable(item) for item in value]
        return items if key in _ORDERED else sorted(items, key=_identity)
    if key == "flowTypes":
        return sorted(part.strip() for part in str(value or "").split(",") if part.strip())
    return value


def _identity(item: Any) -> str:
    if isinstance(item, dict):
        return " ".join(str(item[key]) for key in _KEYS if key in item) or repr(item)
    return repr(item)
