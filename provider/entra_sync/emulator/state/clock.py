"""The emulator's time, which tests hold still and move by hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

__all__ = ["Clock", "iso", "precise"]


class Clock:
    """The service's time.

    A clock that stands still shows *start* until it is advanced; a running one follows the machine's time plus what
    it was advanced by. The lifetime of tokens is not judged by this clock but by ``wall``, since clients cache tokens
    by the machine's time and would not know that the emulated service is days ahead.
    """

    def __init__(
        self, start: datetime | None = None, *, running: bool = False, wall: Callable[[], float] = time.time
    ) -> None:
        self.wall = wall
        self._running = running
        begin = start or (datetime.fromtimestamp(wall(), UTC) if running else datetime(2026, 1, 5, 8, 0, tzinfo=UTC))
        self._origin = wall()
        self._base = begin

    def now(self) -> datetime:
        """The emulated moment, in UTC."""
        if self._running:
            return self._base + timedelta(seconds=self.wall() - self._origin)
        return self._base

    def advance(self, by: timedelta) -> datetime:
        """Move the clock forward; it never goes back. Returns the new moment."""
        if by < timedelta(0):
            raise ValueError("the clock cannot be turned back")
        self._base += by
        return self.now()

    def set(self, moment: datetime) -> None:
        """Continue from *moment*, as when a saved emulator is opened again."""
        self._origin = self.wall()
        self._base = moment

    def return_to(self, moment: datetime) -> None:
        """Continue from an earlier *moment*; a running clock is not behind the machine's time for it."""
        self.set(max(moment, datetime.fromtimestamp(self.wall(), UTC)) if self._running else moment)


def iso(moment: datetime) -> str:
    """A moment in the service's usual form, whole seconds with a Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def precise(moment: datetime) -> str:
    """A moment with the service's seven decimals, as in logs and app role assignments."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"
