"""Values that a preview does not know yet.

In the provider process they are instances of ``pulumi.output.Unknown``, in a program they are ``pulumi.Output``. Both
have comparison and truth operators that mislead, so they are told by type only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pulumi import Output
from pulumi.output import Unknown

__all__ = ["holds_unknown", "is_unknown", "map_leaves", "same", "unknown_places"]


def is_unknown(value: Any) -> bool:
    """Whether *value* itself is not known yet."""
    return isinstance(value, (Unknown, Output))


def holds_unknown(value: Any) -> bool:
    """Whether *value* or anything inside it is not known yet."""
    if isinstance(value, Mapping):
        return any(holds_unknown(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(holds_unknown(item) for item in value)
    return is_unknown(value)


def unknown_places(value: Any, place: str = "") -> Iterator[str]:
    """Where *value* is not known, for example ``principals[].id``; ``principals`` if the list itself is not known."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from unknown_places(item, f"{place}.{key}" if place else key)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from unknown_places(item, f"{place}[]")
    elif is_unknown(value):
        yield place


def same(old: Any, new: Any) -> bool:
    """Whether two JSON values are equal; an unknown equals nothing, since it may turn out to be anything."""
    if is_unknown(old) or is_unknown(new):
        return False
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(same(old[key], new[key]) for key in old)
    if isinstance(old, (list, tuple)) and isinstance(new, (list, tuple)):
        return len(old) == len(new) and all(map(same, old, new))
    return type(old) is type(new) and bool(old == new) if isinstance(old, bool) or isinstance(new, bool) else old == new


def map_leaves(function: Callable[[Any], Any], value: Any) -> Any:
    """A copy of a JSON value with *function* applied to every part, outermost first; what it changes is not entered."""
    changed = function(value)
    if changed is not value:
        return changed
    if isinstance(value, Mapping):
        return {key: map_leaves(function, item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [map_leaves(function, item) for item in value]
    return value
