"""Answers of one tenant that were read ahead, for code that says that it takes them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import orjson

from entra_sync.graph.requests import Answer

__all__ = ["AtHand"]

JSON = Any

KEPT = 60.0
"""Seconds after which an answer is too old to be taken."""

_used: ContextVar[AtHand | None] = ContextVar("_used", default=None)


class AtHand:
    """What one gateway has read ahead. A write to the tenant ends all of it."""

    def __init__(self) -> None:
        self._answers: dict[str, tuple[float, bytes]] = {}

    def put(self, path: str, body: JSON) -> None:
        """Keeps the body that was read from *path*, as bytes: what one reader does to it must not show to another."""
        self._answers[path] = time.monotonic(), orjson.dumps(body)

    def answer(self, path: str) -> Answer | None:
        """What was read from *path*, if the caller takes such answers; None if it has to be asked for."""
        since, known = self._answers.get(path, (0.0, b"")) if _used.get() is self else (0.0, b"")
        return Answer(200, {}, orjson.loads(known)) if known and time.monotonic() - since < KEPT else None

    def clear(self) -> None:
        """Forgets all."""
        self._answers.clear()

    @contextmanager
    def used(self) -> Iterator[None]:
        """While it lasts, reads of this thread take what is at hand."""
        before = _used.set(self)
        try:
            yield
        finally:
            _used.reset(before)
