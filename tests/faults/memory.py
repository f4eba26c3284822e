"""What a provider process remembers during a run, so that a run can be gone on with from its middle."""

from __future__ import annotations

import copy
import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from entra_sync.base.run import memory as run
from entra_sync.graph.gateway import Graph
from entra_sync.microsoft.tenant import Tenant

__all__ = ["Memory", "keep", "remind", "texts"]

JSON = Any


@dataclass(frozen=True)
class Memory:
    """A copy of what is remembered.

    Attributes:
        of_run: What is remembered until the end of a run. One without faults has nothing unfinished to remember.
        created: What the gateway to each tenant has created, and how many seconds it would still wait for it.
    """

    of_run: list[Any]
    created: dict[Tenant, dict[str, float]]


def keep(graphs: Iterable[Graph]) -> Memory:
    """A copy of what this process remembers."""
    return Memory(
        [_copied(each) for each in run.memories], {each.tenant: each.transport.fresh.waits() for each in graphs}
    )


def remind(memory: Memory, graphs: Mapping[Tenant, Graph]) -> None:
    """Makes this process remember *memory*, and nothing else."""
    run.forget()
    for each, held in zip(run.memories, memory.of_run, strict=True):
        filled: Any = each
        filled.extend(held) if isinstance(each, list) else filled.update(_copied(held))
    for tenant, waits in memory.created.items():
        graphs[tenant].transport.fresh.resume(waits)


def texts(graphs: Iterable[Graph]) -> Iterator[str]:
    """What this process remembers, as texts. Two processes with the same ones go on in the same way."""
    for memory in run.memories:
        if isinstance(memory, Mapping):
            for key, held in memory.items():
                name = key.tenant.name if isinstance(key, Graph) else repr(key)
                entries = held.items() if isinstance(held, Mapping) else sorted(map(repr, held))
                yield from (f"{name} {entry!r}" for entry in entries)
        else:
            yield from sorted(map(repr, memory))  # type: ignore[call-overload]
    for graph in graphs:
        yield f"{graph.tenant.name} {[(name, round(left)) for name, left in graph.transport.fresh.waits().items()]}"


def _copied(memory: Any) -> Any:
    """A copy in which values that are collections are copied too."""
    if isinstance(memory, weakref.WeakKeyDictionary):
        unfinished = [held for held in memory.values() if isinstance(held, dict) and held]
        assert not unfinished, "something is not finished"
        return {}  # what was read ahead is read again
    if isinstance(memory, dict):
        return {key: copy.copy(held) for key, held in memory.items()}
    return copy.copy(memory)
