"""What this process has created in a tenant: a "not found" for it means that a replica is behind.

Microsoft Graph answers from replicas. For a while after a creation some of them answer 404, or 403 on the
synchronization API ("Configure cross-tenant synchronization using Microsoft Graph"), so only time tells a late replica
from a deleted object.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from entra_sync.environment import Environment
from entra_sync.graph.requests import Request
from entra_sync.microsoft.assumptions import AGREEING_PAUSE, ASSIGNMENT_LAG, PATIENCE, REPLICA_LAG, SECOND_LOOK

__all__ = ["Fresh", "agreeing_pause", "assigning", "building", "lag", "second_look"]

JSON = Any


def lag() -> float:
    """Seconds for which a change may be missing on some replicas: ``ENTRA_SYNC_REPLICA_LAG``."""
    declared = Environment.read().replica_lag
    return REPLICA_LAG if declared is None else declared


def building() -> int:
    """Seconds for which a call waits for what the call before it has made: a part of :func:`lag`."""
    return round(PATIENCE * lag() / REPLICA_LAG)


def second_look() -> float:
    """Seconds for which something is looked for again before it counts as gone: a part of :func:`lag`.

    Most objects were made long before, so that this is shorter than the wait for a new one.
    """
    return SECOND_LOOK * lag() / REPLICA_LAG


def agreeing_pause() -> float:
    """Seconds between two answers that must agree: a multiple of :func:`lag`."""
    return AGREEING_PAUSE * lag() / REPLICA_LAG


def assigning() -> float:
    """Seconds for which provisioning on demand may not know a new assignment yet: a multiple of :func:`lag`."""
    return ASSIGNMENT_LAG * lag() / REPLICA_LAG


class Fresh:
    """Ids of objects created a short while ago, each with the seconds that may still be spent waiting for it."""

    def __init__(self) -> None:
        self._left: dict[str, float] = {}
        self._since: dict[str, float] = {}
        self._lock = threading.Lock()

    def note(self, request: Request, body: JSON) -> None:
        """Learns from a write that succeeded: what it created is fresh, what it deleted is not."""
        path = unquote(request.path.split("?")[0])
        if request.method == "DELETE":
            self._forget(path)
        elif request.method == "PUT":
            self._add(path)
        elif request.method == "POST" and isinstance(body, Mapping):
            for part in (body, *(value for value in body.values() if isinstance(value, Mapping))):
                for key in ("id", "appId", "tenantId"):
                    if isinstance(part.get(key), str):
                        self._add(part[key])

    def patience(self, request: Request) -> float:
        """Seconds for which a "not found" is taken for a late replica; 0 if the request names nothing fresh.

        An optional object below a fresh one may really be missing, so only the fresh object itself is waited for.
        """
        path = unquote(request.path.split("?")[0])
        with self._lock:
            own = [name for name in self._left if _is_named(name, path)]
            named = own if request.optional else [name for name in self._left if name in path]
            limit = lag() if named else 0.0
            recent = [name for name in named if time.monotonic() - self._since[name] < limit]
            return max((self._left[name] for name in recent), default=0.0)

    def spend(self, request: Request, seconds: float) -> None:
        """Counts a wait, so that an object that an administrator has deleted is waited for only once."""
        path = unquote(request.path)
        with self._lock:
            for name in self._left:
                if name in path:
                    self._left[name] -= seconds

    def waits(self) -> dict[str, float]:
        """Seconds that are left to wait for each object that was created."""
        with self._lock:
            return dict(self._left)

    def resume(self, waits: Mapping[str, float]) -> None:
        """Goes on from the *waits* of another process, as if each object had been created at this moment."""
        with self._lock:
            self._left, self._since = dict(waits), dict.fromkeys(waits, time.monotonic())

    def _add(self, name: str) -> None:
        with self._lock:
            self._left[name], self._since[name] = lag(), time.monotonic()

    def _forget(self, path: str) -> None:
        """The object at *path*, and what was created below it, by its path or by its id."""
        last = path.rsplit("/", 1)[1]
        with self._lock:
            for known in [known for known in self._left if _is_named(known, path) or f"/{last}/" in known]:
                del self._left[known], self._since[known]


def _is_named(name: str, path: str) -> bool:
    """Whether *path* ends with the id, or is the path, that an object has as its *name*."""
    return path.endswith((name, f"{name}')"))
