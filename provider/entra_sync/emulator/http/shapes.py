"""What types the values of a JSON body have to be.

A shape is a Python type, a shape in a list for a collection, a mapping for an object, or ``Needed`` for what may not be
missing. Any value may be null, as in Graph, except in a collection. An object may hold more than its shape names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Needed", "misfits"]

Shape = Any


@dataclass(frozen=True, slots=True)
class Needed:
    """A value that may be neither null nor missing."""

    shape: Shape


def misfits(value: Any, shape: Shape, path: str = "") -> Iterator[str]:
    """Yields the paths of values that have another type than the shape says."""
    if isinstance(shape, Needed):
        if value is None:
            yield path
        shape = shape.shape
    if value is None:
        return
    if isinstance(shape, list):
        if isinstance(value, list) and None not in value:
            for item in value:
                yield from misfits(item, shape[0], path)
        else:
            yield path
    elif isinstance(shape, Mapping):
        if isinstance(value, dict):
            for name, inner in shape.items():
                yield from misfits(value.get(name), inner, f"{path}/{name}".lstrip("/"))
        else:
            yield path
    elif not isinstance(value, shape) or (isinstance(value, bool) and shape is int):
        yield path
