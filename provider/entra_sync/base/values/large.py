"""Large sets of ids as a state keeps them.

A list of thousands of ids takes five lines for each in a state file. From :data:`MOST` ids on, a set is kept as text
instead, in parts that are named by how their ids begin: a change of one id then changes one part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["MOST", "condensed", "spread"]

MOST = 100
"""Ids that are kept one by one. A larger set is condensed."""


def condensed(ids: Sequence[str]) -> dict[str, str]:
    """*ids* in their parts: the first two characters of an id, and the ids that begin so."""
    parts: dict[str, list[str]] = {}
    for id in sorted(ids):
        parts.setdefault(id[:2].lower(), []).append(id)
    return {start: " ".join(parts[start]) for start in sorted(parts)}


def spread(parts: Mapping[str, str]) -> list[str]:
    """The ids of a condensed set, sorted."""
    return [id for start in sorted(parts) for id in parts[start].split()]
