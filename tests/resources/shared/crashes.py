"""Runs that die, and answers that are lost."""

from __future__ import annotations

import httpx

from entra_sync.emulator import Emulator


class Killed(BaseException):
    """The provider process is gone: nothing after this runs."""


class Mortal(httpx.AsyncBaseTransport):
    """A transport whose process dies when its *last* write has been carried out, before the answer arrives."""

    def __init__(self, inner: httpx.AsyncBaseTransport, emulator: Emulator, last: int) -> None:
        self.inner, self.emulator, self.last = inner, emulator, last

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Passes the request on, unless that was the last one."""
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


async def no_time(seconds: float) -> None:
    """No time passes."""
