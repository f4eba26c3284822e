"""Replication that is not instant: for a while some replicas do not know a new object."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .router import Match
    from .wire import Call

__all__ = ["Replication"]


class Replication:
    """Which reads meet a replica that is behind; none while ``seconds`` is zero."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def hide(self, call: Call, match: Match) -> None:
        """Answer as a replica that is behind would.

        Raises:
            Fault: 404 for an object that this replica does not know yet.
        """
