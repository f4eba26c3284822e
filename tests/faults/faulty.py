"""Faults of a network, a gateway or a service: one request to Graph goes wrong, or all of a kind do."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

import httpx

__all__ = ["KINDS", "READ_FAULTS", "WRITE_FAULTS", "Fault", "Faulty", "kind_of"]

JSON = Any

_STATUS = {
    "400": ("Request_BadRequest", "The request is not valid."),
    "401": ("InvalidAuthenticationToken", "Access token has expired."),
    "403": ("Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    "404": ("Request_ResourceNotFound", "Resource does not exist."),
    "409": ("Request_MultipleObjectsWithSameKeyValue", "A conflicting object is present."),
    "429": ("TooManyRequests", "Too many requests."),
    "500": ("InternalServerError", "An internal server error occurred."),
    "502": ("BadGateway", "Bad gateway."),
    "503": ("ServiceUnavailable", "Service unavailable."),
    "504": ("GatewayTimeout", "Gateway timeout."),
}
_BROKEN = {"reset": httpx.ReadError, "timeout": httpx.ReadTimeout, "refused": httpx.ConnectError}
_DAMAGED = {
    "half": None,
    "html": (b"<html>Sign in to the proxy</html>", "text/html"),
    "empty": (b"", "application/json"),
    "text": (b'""', "application/json"),
    "null": (b"null", "application/json"),
    "object": (b"{}", "application/json"),
    "list": (b"[]", "application/json"),
}

WRITE_FAULTS = (
    *(f"before {name}" for name in (*_BROKEN, *_STATUS)),
    *(f"after {name}" for name in ("reset", "timeout", "403", "404", "409", "500", "502", "503", "504")),
    *(f"after {name}" for name in _DAMAGED),
)
"""Before: the request is not carried out. After: it is, and then its answer is lost, replaced or damaged."""

READ_FAULTS = (
    *(f"before {name}" for name in (*_BROKEN, *_STATUS) if name != "409"),
    *(f"after {name}" for name in ("half", "html", "null", "object")),
)


@dataclass
class Fault:
    """What goes wrong.

    Attributes:
        request: The kind of request, as :func:`kind_of` names it.
        what: One of ``WRITE_FAULTS`` or ``READ_FAULTS``.
        number: Which request of that kind is hit, from 1; 0 for all of them.
    """

    request: str
    what: str
    number: int
    seen: int = field(default=0, init=False)

    def __str__(self) -> str:
        return f"{self.request} ({self.number or 'always'}): {self.what}"

    @property
    def over(self) -> bool:
        """Whether it has struck and will not strike again."""
        return 0 < self.number <= self.seen

    def strikes(self, request: httpx.Request) -> bool:
        """Whether this request is hit."""
        if kind_of(request) != self.request:
            return False
        self.seen += 1
        return self.number in {0, self.seen}


class Faulty(httpx.AsyncBaseTransport):
    """A transport above another one, in which a fault may strike; notes the kinds of requests."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner
        self.fault: Fault | None = None
        self.kinds: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Passes the request on, unless the fault strikes."""
        self.kinds.append(kind_of(request))
        if self.fault is None or not self.fault.strikes(request):
            return await self.inner.handle_async_request(request)
        moment, name = self.fault.what.split()
        response = None if moment == "before" else await self.inner.handle_async_request(request)
        if name in _BROKEN:
            raise _BROKEN[name]("the connection broke", request=request)
        if name in _STATUS:
            code, message = _STATUS[name]
            body = {"error": {"code": code, "message": message, "innerError": {"request-id": "r-1"}}}
            return httpx.Response(int(name), json=body, request=request)
        assert response is not None
        damaged = _DAMAGED[name]
        content, kind = damaged or (response.content[: len(response.content) // 2], "application/json")
        return httpx.Response(response.status_code, content=content, headers={"content-type": kind}, request=request)


KINDS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|Azure2Azure[^/?]*|cross[A-Za-z]*\.[^/?]*", re.IGNORECASE)
"""Ids in a path: objects and jobs."""


def kind_of(request: httpx.Request) -> str:
    """Tenant's host, method and path of a request, without ids and query. A batch is named by what it holds."""
    path = KINDS.sub("*", request.url.path)
    if path.endswith("/$batch"):
        items = json.loads(request.content)["requests"]
        held = sorted({f"{item['method']} {KINDS.sub('*', item['url'].split('?')[0])}" for item in items})
        path = f"{path}[{', '.join(held)}]"
    return f"{request.url.host} {request.method} {path}"


def writes(kind: str) -> bool:
    """Whether requests of this kind change something."""
    method = kind.split(" ", 2)[1]
    return method != "GET" and not (
        "$batch[" in kind and "POST" not in kind.split("$batch[")[1] and "DELETE" not in kind
    )
