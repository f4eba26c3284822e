"""Settings that are declared section by section: what is not declared is somebody else's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["differing", "joined", "narrowed"]

JSON = Any


def narrowed(sections: Mapping[str, JSON], existing: Mapping[str, JSON]) -> dict[str, JSON]:
    """What *existing* has for the declared sections, cut down to the declared values."""

    def cut(declared: JSON, found: JSON) -> JSON:
        if isinstance(declared, Mapping) and isinstance(found, Mapping):
            return {key: cut(value, found.get(key)) for key, value in declared.items()}
        return found

    return {key: cut(value, existing.get(key)) for key, value in sections.items()}


def joined(existing: JSON, declared: JSON, released: JSON = None, recorded: JSON = None) -> JSON:
    """*declared* with the values beside it that *existing* has: Graph may replace a section as a whole.

    What *released*, the declaration before, had and *declared* has no longer becomes what *recorded* has, or null.
    """
    if not isinstance(existing, Mapping) or not isinstance(declared, Mapping):
        return declared
    before = released if isinstance(released, Mapping) else {}
    first = recorded if isinstance(recorded, Mapping) else {}
    beside = {key: first.get(key) if key in before else value for key, value in existing.items() if key not in declared}
    kept = {key: value for key, value in beside.items() if value is not None or key in before}
    inside = {key: joined(existing.get(key), value, before.get(key), first.get(key)) for key, value in declared.items()}
    return {**kept, **inside}


def differing(sections: Mapping[str, JSON], existing: Mapping[str, JSON]) -> list[str]:
    """The declared sections in which *existing* has other values."""
    found = narrowed(sections, existing)
    return [key for key, value in sections.items() if found[key] != value]
