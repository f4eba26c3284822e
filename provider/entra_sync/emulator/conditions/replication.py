"""Replication that is not instant: for a while some replicas do not know a new object, or have an old setting."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from entra_sync.emulator.errors import Fault
from entra_sync.emulator.state.catalog.entities import DIRECTORY_KINDS

if TYPE_CHECKING:
    from entra_sync.emulator.http.call import Call
    from entra_sync.emulator.http.router import Match
    from entra_sync.emulator.state.store import Store

__all__ = ["Replication"]

_SYNCHRONIZATION = ("job",)
_LATE = (*DIRECTORY_KINDS, "partner", "job", "appRoleAssignment")


class Replication:
    """Which reads meet a replica that is behind; none while ``seconds`` is zero.

    Each request meets a replica by chance, drawn from a seed: with probability ``share`` one that is behind, by up to
    ``seconds`` of the emulator's clock. What existed before the delay was switched on is known everywhere.
    """

    def __init__(self) -> None:
        self.seconds, self.share = 0.0, 0.5
        self._random = random.Random(1)

    def delay(self, store: Store, seconds: float, *, now: float, share: float = 0.5, seed: int = 1) -> None:
        """Be late from now on, by up to so many seconds; 0 to be instant again."""
        store.known_everywhere(now - seconds)
        self.seconds, self.share = seconds, share
        self._random = random.Random(seed)

    def meet(self, call: Call, match: Match) -> None:
        """Choose the replica that a request meets, and answer as it would for an object that it does not know yet.

        Raises:
            Fault: 404 for an object of the path that the replica does not know.
        """
        call.store.horizon = None
        if self.seconds <= 0 or self._random.random() >= self.share:
            return
        horizon = call.clock.now().timestamp() - self._random.random() * self.seconds
        for id in match.values.values():
            entry = call.store.kind_of(call.tid, id if "." in id else id.lower(), _LATE)
            if entry is not None and entry.created > horizon:
                raise _unknown(entry.kind, id)
        if call.request.method == "GET":
            call.store.horizon = horizon


def _unknown(kind: str, id: str) -> Fault:
    if kind in _SYNCHRONIZATION:
        return Fault(404, "JobNotFound", f"Job '{id}' was not found.")
    message = f"Resource '{id}' does not exist or one of its queried reference-property objects are not present."
    return Fault(404, "Request_ResourceNotFound", message)
