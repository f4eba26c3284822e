"""What a process remembers of its run: the one command of the engine, or the one run of a program, that it serves."""

from __future__ import annotations

from typing import Protocol, TypeVar

from entra_sync.graph.answers import once

__all__ = ["forget", "memories", "remembered"]


class _Memory(Protocol):
    def clear(self) -> None: ...


M = TypeVar("M", bound=_Memory)

memories: list[_Memory] = [once.KEPT, once.SERVED, once.ENDED]
"""Everything that is remembered: by the gateways, then in the order in which modules declare it."""


def remembered(memory: M) -> M:
    """*memory*, which is filled during a run and empty at its start."""
    memories.append(memory)
    return memory


def forget() -> None:
    """Empties every memory, for a process that serves several runs."""
    for memory in memories:
        memory.clear()
