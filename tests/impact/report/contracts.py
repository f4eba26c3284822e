"""Holds JSON that the product prints or keeps against the types that it promises."""

from __future__ import annotations

from typing import Any

import orjson
from pydantic import TypeAdapter

__all__ = ["fits"]

JSON = Any


def fits(kind: Any, value: JSON) -> JSON:
    """Returns *value*, which has each key of *kind* with its type, and no other key."""
    plain = orjson.loads(orjson.dumps(value))

    assert plain == TypeAdapter(kind).validate_python(plain, strict=True)
    return value
