"""Compares the shape of an answer with that of a worked example: names, types, nesting, nullability, formats."""

from __future__ import annotations

import re
from typing import Any

JSON = Any

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def misses(example: JSON, actual: JSON, *, truncated: bool, path: str = "") -> list[str]:
    """What the example shows and the answer has not, or has otherwise, one line each.

    A null in the example says only that the property is there. An object may have more properties than a truncated
    example shows. Of a list each item of the example needs one in the answer that fits.
    """
    if example is None:
        return []
    if actual is None:
        return [f"{path}: null, but {_kind(example)} in the example"]
    if _kind(example) != _kind(actual):
        return [f"{path}: {_kind(actual)}, but {_kind(example)} in the example"]
    if isinstance(example, dict):
        return _object(example, actual, truncated=truncated, path=path)
    if isinstance(example, list):
        return _list(example, actual, truncated=truncated, path=path)
    if isinstance(example, str):
        return _text(example, actual, path)
    return []


def _kind(value: JSON) -> str:
    names = {bool: "boolean", int: "number", float: "number", str: "text", list: "list", dict: "object"}
    return names[type(value)]


def _object(example: JSON, actual: JSON, *, truncated: bool, path: str) -> list[str]:
    found: list[str] = []
    for name, value in example.items():
        if name not in actual:
            found.append(f"{path}/{name}: missing")
        else:
            found += misses(value, actual[name], truncated=truncated, path=f"{path}/{name}")
    if not truncated:
        found += [f"{path}/{name}: not in the example" for name in actual if name not in example]
    return found


def _list(example: JSON, actual: JSON, *, truncated: bool, path: str) -> list[str]:
    if example and not actual:
        return [f"{path}: empty"]
    found: list[str] = []
    for number, item in enumerate(example):
        same = [
            other for other in actual if isinstance(item, dict) and item.get("id") and other.get("id") == item["id"]
        ]
        attempts = [misses(item, other, truncated=truncated, path=f"{path}[{number}]") for other in same or actual]
        found += min(attempts, key=len)
    return found


def _text(example: str, actual: str, path: str) -> list[str]:
    if path.endswith("/@odata.context"):
        wanted, shown = (_GUID.sub("{id}", text.split("$metadata#")[-1]) for text in (example, actual))
        return [] if wanted == shown else [f"{path}: #{shown}, but #{wanted} in the example"]
    if path.endswith("/@odata.type") and example != actual:
        return [f"{path}: {actual}, but {example} in the example"]
    for name, pattern in (("GUID", _GUID), ("moment", _MOMENT)):
        if pattern.fullmatch(example) and not pattern.fullmatch(actual):
            return [f"{path}: not a {name}: {actual!r}"]
    return []
