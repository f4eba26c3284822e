"""One event loop for all gateways of a process: handlers are called on threads that have none."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

__all__ = ["run", "together"]

T = TypeVar("T")

_loop: asyncio.AbstractEventLoop | None = None
_starting = threading.Lock()


def run(work: Coroutine[Any, Any, T] | Awaitable[T]) -> T:
    """Runs *work* on the one event loop thread of this process: handlers are called on threads that have no loop."""
    global _loop
    with _starting:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="entra-sync-graph", daemon=True).start()

    async def awaited() -> T:
        return await work

    _let_interrupts_through()
    return asyncio.run_coroutine_threadsafe(awaited(), _loop).result()


def _let_interrupts_through() -> None:
    """Lets an interrupt end a wait. May be called from any thread.

    Polars, once it is imported, takes SIGINT in a way that lets a wait go on: neither Ctrl-C nor the engine could end a
    process that waits, and the engine kills it five seconds later.
    """
    if hasattr(signal, "siginterrupt"):  # not on Windows
        signal.siginterrupt(signal.SIGINT, True)


def together(work: Coroutine[Any, Any, T]) -> T:
    """Runs *work*, which may have requests of several gateways under way at once, on their event loop."""
    return run(work)
