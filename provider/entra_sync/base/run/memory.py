"""What a process remembers of its run: the one command of the engine, or the one run of a program, that it serves."""

from __future__ import annotations

from typing import Protocol, TypeVar

__all__ = ["forget", "remembered"]


class _Memory(Protocol):
    def clear(self) -> None: ...


M = TypeVar("M", bound=_Memory)

_memories: list[_Memory] = []


def remembered(memory: M) -> M:
    """*memory*, which is filled during a run and empty at its start."""
    _memories.append(memory)
    return memory


def forget() -> None:
    """Empties every memory, for a process that serves several runs."""
    for memory in _memories:
        memory.clear()
