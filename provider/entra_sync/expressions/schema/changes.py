"""Whether two synchronization schemas say the same, without what the service stamps on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["same_schema"]


def same_schema(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two schemas say the same.

    Only what an operator can see counts. The version, ids, the discovery stamps, metadata and the priority of a rule,
    which the service sets, do not count. Nor do annotations, the order of rows and attributes, and whether an empty
    property is null, empty or missing.
    """
    return bool(_comparable(one) == _comparable(other))


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
