"""One change at a time to an object of a tenant, in this process.

Graph has no compare-and-set for most objects, so that of two changes sent side by side one may be lost.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

__all__ = ["one_at_a_time"]

_locks: dict[tuple[str, str], threading.Lock] = {}


@contextmanager
def one_at_a_time(tenant_id: str, *objects: str) -> Iterator[None]:
    """Waits until nothing else in this process changes these *objects* of a tenant, and holds them.

    They are locked in one order, so that two callers never wait for each other.
    """
    with ExitStack() as held:
        for each in sorted(set(objects)):
            held.enter_context(_locks.setdefault((tenant_id, each), threading.Lock()))
        yield
