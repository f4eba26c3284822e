"""Answers changed on their way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import orjson

JSON = Any
FEW = 40
"""Examples of each statement about changed answers."""


class Changing(httpx.AsyncBaseTransport):
    """Answers as the tenants do, but for one answer, which it changes.

    Attributes:
        number: Which answer; counted from 0.
        change: What makes the bytes of the changed one out of its own.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner
        self.fault = None
        self.number = -1
        self.change: Callable[[bytes], bytes] = bytes
        self.seen = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One answer."""
        answer = await self.inner.handle_async_request(request)
        content = await answer.aread()
        if self.seen == self.number:
            content = self.change(content)
        self.seen += 1
        headers = {"Content-Type": answer.headers.get("content-type", "application/json")}
        return httpx.Response(answer.status_code, headers=headers, content=content, request=request)


def places(value: JSON, path: tuple[JSON, ...] = ()) -> list[tuple[JSON, ...]]:
    """The paths to every part of a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for key, item in inner for each in places(item, (*path, key)))]


def changed(content: bytes, which: int, value: JSON) -> bytes:
    """An answer in which one part is another value, or is not there."""
    body = orjson.loads(content) if content else {}
    found = places(body)
    path = found[which % len(found)]
    if not path:
        return orjson.dumps(value)
    owner = body
    for step in path[:-1]:
        owner = owner[step]
    if value == "gone":
        del owner[path[-1]]
    else:
        owner[path[-1]] = value
    return orjson.dumps(body)
