"""Runs that die, and answers that are lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from entra_sync.emulator import Emulator
from entra_sync.graph.gateway import Graph, connecting
from entra_sync.microsoft.tenant import Tenant


class Killed(BaseException):
    """The process is gone: nothing after this runs."""


class Mortal(httpx.AsyncBaseTransport):
    """A transport whose process dies when its *last* write has been carried out, before the answer arrives."""

    def __init__(self, inner: httpx.AsyncBaseTransport, emulator: Emulator, last: int) -> None:
        self.inner, self.emulator, self.last = inner, emulator, last

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Passes the request on, unless the process is dead."""
        if len(self.emulator.requests.writes) >= self.last:
            raise Killed
        response = await self.inner.handle_async_request(request)
        if len(self.emulator.requests.writes) >= self.last and request.method != "GET":
            raise Killed
        return response


class Losing(httpx.AsyncBaseTransport):
    """A transport that loses the answer to one write, which was carried out (``after``) or not (``before``)."""

    def __init__(self, inner: httpx.AsyncBaseTransport, emulator: Emulator, number: int, drop: str) -> None:
        self.inner, self.emulator, self.number, self.drop = inner, emulator, number, drop

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Passes the request on; the answer to the write with the number, the first time, does not arrive."""
        due = request.method != "GET" and len(self.emulator.requests.writes) == self.number and not LOST
        checks = request.url.path.endswith("validateCredentials") or request.url.path.endswith("$batch")
        reads = checks and b'"POST"' not in request.content
        if not due or reads:
            return await self.inner.handle_async_request(request)
        LOST.append(request.url.path)
        if self.drop == "after":
            await self.inner.handle_async_request(request)
        raise httpx.ReadError("the connection broke")


LOST: list[str] = []
"""Paths of the writes whose answer was lost, at most one."""


@contextmanager
def killed_at(emulator: Emulator, last: int) -> Iterator[None]:
    """What runs inside dies when the emulator's *last* write has been carried out."""

    def mortal(tenant: Tenant) -> Graph:
        transport = Mortal(emulator.transport(), emulator, last)
        return Graph(tenant, credential=emulator.credential(tenant.name), transport=transport)

    with connecting(mortal), pytest.raises(Killed):
        yield


@contextmanager
def losing(emulator: Emulator, number: int, drop: str) -> Iterator[None]:
    """What runs inside loses the answer to the emulator's write of that *number*; waiting takes no time."""
    LOST.clear()

    async def no_time(seconds: float) -> None:
        pass

    def lossy(tenant: Tenant) -> Graph:
        transport = Losing(emulator.transport(), emulator, number, drop)
        return Graph(tenant, credential=emulator.credential(tenant.name), transport=transport, sleep=no_time)

    with connecting(lossy):
        yield
