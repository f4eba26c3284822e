"""Conditions that a ``$filter`` implies and that an index answers, so that few other objects are looked at.

The first filter on a property builds the index, as the first ``$orderby`` does.
"""

from __future__ import annotations

from typing import Any

from entra_sync.emulator.http.call import Call
from entra_sync.emulator.odata.filters import Comparison, Function, Logical, Membership, Node, Path
from entra_sync.emulator.odata.sql import Condition, json_path, key_of
from entra_sync.emulator.state.catalog.entities import Entity

__all__ = ["narrowing", "sort_key"]

_MOST_SORTED = 10_000
"""Objects that a page of a filter by the beginning of a text finds by index; of more, it looks at all in order of id
until it is full, which takes fewer."""


def sort_key(name: str) -> str:
    """The text by which objects are in order of a property, and by which an index finds them."""
    return f"lower(coalesce(json_extract(doc,'{json_path(tuple(name.split('/')))}'),''))"


def narrowing(call: Call, node: Node, entity: Entity, *, whole: bool) -> list[Condition]:
    """Returns at most one condition that all live objects of a type have to meet for a filter, answered by index.

    Args:
        call: The request.
        node: The filter.
        entity: The entity type.
        whole: Whether all the objects that are found are needed, and not those of one page.
    """
    conditions = node.conditions if isinstance(node, Logical) and node.operator == "and" else (node,)
    if any(_found_by_key(condition, entity) for condition in conditions):
        return []
    for condition in conditions:
        if isinstance(condition, Comparison) and condition.operator == "eq" and _indexable(condition, entity):
            return [(f"{_indexed(call, condition.path)} = ?", [condition.value.lower()])]
    for condition in conditions:
        if isinstance(condition, Function) and condition.name == "startsWith" and _indexable(condition, entity):
            return _beginning(call, condition, entity, whole=whole)
    return []


def _found_by_key(condition: Node, entity: Entity) -> bool:
    match condition:
        case Membership(path) | Comparison(path, "eq"):
            return path.text == "id" or key_of(path, entity) is not None
    return False


def _indexable(condition: Comparison | Function, entity: Entity) -> bool:
    """Whether the index has a property in the order in which its values are compared with a text."""
    value: Any = condition.value
    known = entity.properties.get(condition.path.text)
    text = isinstance(value, str) and value != "" and value.isascii()
    return text and known is not None and known.type == "String" and not condition.path.count


def _indexed(call: Call, path: Path) -> str:
    key = sort_key(path.text)
    call.store.order_by(f"{key}, id")
    return key


def _beginning(call: Call, condition: Function, entity: Entity, *, whole: bool) -> list[Condition]:
    key, first = _indexed(call, condition.path), condition.value.lower()
    found = f"SELECT id FROM objects WHERE tenant = ? AND kind = ? AND {key} >= ? AND {key} < ?"
    arguments = [call.tid, entity.kind, first, f"{first[:-1]}{chr(ord(first[-1]) + 1)}"]
    if not whole:
        many = call.store.query(f"SELECT 1 FROM ({found}) LIMIT 1 OFFSET ?", [*arguments, _MOST_SORTED])
        if many:
            return []
    return [(f"id IN ({found})", arguments)]
