"""The emulator below an HTTP client in the same process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol
from urllib.parse import urlsplit

import httpx

from entra_sync.emulator.http.wire import ReceivedRequest, Reply
from entra_sync.emulator.state.tenants import Tenant
from entra_sync.microsoft.clouds import CLOUDS, Cloud

__all__ = ["Transport"]


class Answering(Protocol):
    """What a transport hands requests to: the service."""

    @property
    def roots(self) -> Mapping[str, Cloud]:
        """Cloud of each host and port that a server listens on."""

    def tenants(self) -> Sequence[Tenant]:
        """The tenants of every cloud."""

    def answer(self, request: ReceivedRequest) -> Reply:
        """Answer one request."""


class Transport(httpx.AsyncBaseTransport, httpx.BaseTransport):
    """Takes requests for Microsoft's own Graph and login hosts, and answers them from the emulator.

    Works for synchronous and asynchronous clients, also with the addresses of a running server. A request to a host
    that is none of them fails as if it did not exist.
    """

    def __init__(self, service: Answering, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._service, self._sleep = service, sleep

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        content = await request.aread()
        response, delay = self._answer(request, content)
        if delay:
            await self._sleep(delay)
        return response

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response, _ = self._answer(request, request.read())
        return response

    def _answer(self, request: httpx.Request, content: bytes) -> tuple[httpx.Response, float]:
        url = str(request.url)
        asked = ReceivedRequest(
            cloud=self._cloud(request),
            method=request.method,
            url=url,
            headers={name.lower(): value for name, value in request.headers.items()},
            content=content,
        )
        reply = self._service.answer(asked)
        allowed = (request.extensions.get("timeout") or {}).get("read")
        if allowed is not None and reply.delay > allowed:
            raise httpx.ReadTimeout("the emulator answered too late", request=request)
        if reply.drop:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
        body = reply.content
        headers = {**reply.with_type(), "Content-Length": str(len(body))}
        return httpx.Response(reply.status, headers=headers, content=body, request=request), reply.delay

    def _cloud(self, request: httpx.Request) -> Cloud:
        host = request.url.host
        served = self._service.roots.get(f"{host}:{request.url.port}")
        if served is not None:
            return served
        found = [cloud for cloud, info in CLOUDS.items() if urlsplit(info.graph).hostname == host]
        if found:
            return found[0]
        authorities = [cloud for cloud, info in CLOUDS.items() if urlsplit(info.authority).hostname == host]
        if not authorities:
            raise httpx.ConnectError(f"the emulator does not stand in for {host}", request=request)
        return self._of_tenant(request.url.path, authorities)

    def _of_tenant(self, path: str, clouds: list[Cloud]) -> Cloud:
        """Which of the clouds that share a login authority a path is about."""
        name = path.strip("/").split("/")[0].lower()
        for tenant in self._service.tenants():
            if tenant.cloud in clouds and name in {tenant.tenant_id, *tenant.domains}:
                return tenant.cloud
        return clouds[0]
