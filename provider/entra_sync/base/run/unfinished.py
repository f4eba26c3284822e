"""Resources that this run could not finish: what depends on them is refused, and the message names the cause.

The engine goes on after a creation that is recorded as incomplete. Without this, a job would start although its schema
was not saved, or a dependent would report a missing argument that the program did pass.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable
from dataclasses import dataclass

from entra_sync.base.run.memory import remembered
from entra_sync.graph.gateway import Graph

__all__ = ["Unfinished", "blocking", "finished", "note"]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A resource that is not finished.

    Attributes:
        kind: Its kind, e.g. ``SynchronizationSchema``.
        id: Its id, which names the objects that it belongs to.
        problem: Why.
        outputs: Ids that it has told, by which others belong to it too.
    """

    kind: str
    id: str
    problem: str
    outputs: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"entra:{self.kind} {self.id} was not finished: {self.problem}"


_known: weakref.WeakKeyDictionary[Graph, dict[str, Unfinished]] = remembered(weakref.WeakKeyDictionary())
_lock = threading.Lock()


def note(graph: Graph, unfinished: Unfinished) -> None:
    """Notes a resource in the tenant of *graph* as not finished."""
    with _lock:
        _known.setdefault(graph, {})[unfinished.id] = unfinished


def finished(graph: Graph, id: str) -> None:
    """Notes that the resource is finished."""
    with _lock:
        _known.get(graph, {}).pop(id, None)


def blocking(graph: Graph, kind: str, names: Iterable[object] | None) -> Unfinished | None:
    """The unfinished resource of another kind that holds up one of *kind*.

    Args:
        graph: The gateway to the tenant of both.
        kind: The kind that is held up.
        names: Ids of the objects that it belongs to; None if they are missing, so that any may be the cause.
    """
    wanted = None if names is None else {name for name in names if isinstance(name, str)}
    with _lock:
        for each in _known.get(graph, {}).values():
            known = each.outputs.union(each.id.split("/"))
            if each.kind != kind and (wanted is None or not wanted.isdisjoint(known)):
                return each
    return None
