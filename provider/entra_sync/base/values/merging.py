"""Settings that are declared section by section: a value that is not declared belongs to another user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["beside", "joined", "narrowed", "put_back", "with_newly_declared"]

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

    What *released*, the declaration before, had and *declared* has no longer becomes what *recorded* has, or null,
    unless it was changed since: then *existing* no longer has what was declared.
    """
    if not isinstance(existing, Mapping) or not isinstance(declared, Mapping):
        return declared
    before = released if isinstance(released, Mapping) else {}
    first = recorded if isinstance(recorded, Mapping) else {}
    given_up = {key for key, value in before.items() if narrowed({key: value}, existing) == {key: value}}
    beside = {
        key: first.get(key) if key in given_up else value for key, value in existing.items() if key not in declared
    }
    kept = {key: value for key, value in beside.items() if value is not None or key in before}
    inside = {key: joined(existing.get(key), value, before.get(key), first.get(key)) for key, value in declared.items()}
    return {**kept, **inside}


def with_newly_declared(
    recorded: Mapping[str, JSON], before: Mapping[str, JSON], after: Mapping[str, JSON], current: Mapping[str, JSON]
) -> dict[str, JSON]:
    """What was *recorded*, with the *current* values of what is declared *after* a change and was not *before* it.

    An administrator may have changed them since the first ones were recorded.
    """
    found = dict(recorded)
    for key, value in after.items():
        if key not in before:
            found[key] = current.get(key)
        elif isinstance(value, Mapping) and isinstance(before[key], Mapping) and value.keys() - before[key].keys():
            earlier, there = recorded.get(key) or {}, current.get(key) or {}
            kept = {**there, **{name: earlier.get(name) for name in before[key]}}
            found[key] = with_newly_declared(kept, before[key], value, there)
    return found


def put_back(
    declared: Mapping[str, JSON], live: Mapping[str, JSON], before: Mapping[str, JSON], kept: Mapping[str, JSON]
) -> dict[str, JSON]:
    """The sections that change if the *declared* values are given up, as they are sent.

    A declared value becomes what *before* has. One that *kept* declares too stays, and so does one that was changed
    since: then *live* no longer has what was declared.
    """
    changed = {}
    for key, value in declared.items():
        section, first, others = live.get(key), before.get(key), kept.get(key)
        if isinstance(value, Mapping) and isinstance(section, Mapping):
            earlier, shared = first if isinstance(first, Mapping) else {}, others if isinstance(others, Mapping) else {}
            given_up = {
                name: earlier.get(name)
                for name, leaf in value.items()
                if name not in shared and narrowed({name: leaf}, section) == {name: leaf}
            }
            others_in_it = {name: leaf for name, leaf in section.items() if leaf is not None}
            result: JSON = {**others_in_it, **given_up}
            if first is None and not any(result.values()):
                result = None
        else:
            result = first if others is None and section == value else section
        there = section if isinstance(section, Mapping) else {}
        same = narrowed(result, there) == result if isinstance(result, Mapping) else result == section
        if not same and not (result is None and there and not any(there.values())):
            changed[key] = result
    return changed


def beside(declared: Mapping[str, JSON], live: Mapping[str, JSON]) -> list[str]:
    """The sections of *live* with values that are not *declared*.

    Graph fills a declared section up with false and null, which therefore do not count there.
    """
    found = []
    for key, section in live.items():
        own = declared.get(key)
        if isinstance(section, Mapping):
            rest = {name: value for name, value in section.items() if not isinstance(own, Mapping) or name not in own}
            if any(value if own is not None else value is not None for value in rest.values()):
                found.append(key)
        elif section is not None and own is None:
            found.append(key)
    return found
