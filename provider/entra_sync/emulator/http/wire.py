"""The wire format: one request and one reply."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

from entra_sync.emulator.errors import Fault, bad_request
from entra_sync.microsoft.clouds import Cloud

__all__ = ["LARGEST_BODY", "ReceivedRequest", "Reply", "check_size", "segments", "too_large", "unpacked"]

LARGEST_BODY = 4 * 2**20
"""Bytes of a request body, packed or not: what Graph takes of a request without an upload session."""
LONGEST_URL = 64 * 2**10
"""Characters of a URL, also of an item of a batch."""
DEEPEST_BODY = 200
"""Levels of a JSON body. Python's recursion and orjson's end beyond it; each nested function of a schema takes four."""
JSON_TYPE = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


@lru_cache(maxsize=64)
def _query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


@dataclass(slots=True)
class ReceivedRequest:
    """What came over the wire. ``headers`` has lower-case names; ``url`` is absolute."""

    cloud: Cloud
    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes = b""
    batch: str | None = None

    @property
    def root(self) -> str:
        """Scheme and host that the client used, which links in answers go back to."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def path(self) -> str:
        """The path as sent, still escaped."""
        return urlsplit(self.url).path

    @property
    def query(self) -> Mapping[str, str]:
        """Query options; names keep their case, a repeated one counts once."""
        return _query(self.url)


@dataclass(slots=True)
class Reply:
    """What goes back. ``body`` is a JSON value, or bytes that are ready.

    Attributes:
        delay: Seconds to wait before the answer leaves.
        drop: Close the connection instead of answering.
    """

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drop: bool = False

    @property
    def content(self) -> bytes:
        """The body's bytes."""
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)

    def with_type(self) -> dict[str, str]:
        """Headers with a content type where there is a body."""
        if self.body is None or "Content-Type" in self.headers:
            return self.headers
        return {"Content-Type": JSON_TYPE, **self.headers}


def unpacked(request: ReceivedRequest) -> bytes:
    """A request's body without its content encoding; gzip is what Microsoft's Go client sends.

    Raises:
        Fault: 415 for another encoding, upon which clients send the plain body; 400 for a body that is not gzip.
    """
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding == "identity" or not request.content:
        return request.content
    if encoding != "gzip":
        raise Fault(415, "UnsupportedMediaType", f"The content encoding '{encoding}' is not supported.")
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(request.content)) as packed:
            content = packed.read(LARGEST_BODY + 1)
    except (OSError, EOFError, zlib.error):
        raise bad_request("Unable to decompress the request payload.", "BadRequest") from None
    if len(content) > LARGEST_BODY:
        raise too_large()
    return content


_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_OTHERS = bytes(set(range(256)) - _STEPS.keys())


def check_size(request: ReceivedRequest) -> None:
    """Refuses what would take the emulator too long, or too deep; nothing of it is kept, not even for the log.

    Raises:
        Fault: 414 for a URL that is too long, 400 for a body whose brackets are nested too deep.
    """
    if len(request.url) > LONGEST_URL:
        request.url = request.url[:LONGEST_URL]
        raise Fault(414, "RequestUriTooLong", f"The URL is longer than {LONGEST_URL:,} characters.")
    content = request.content
    if content.lstrip()[:1] not in {b"[", b"{"}:
        return  # No JSON with levels, but a form or an image.
    if content.count(b"[") + content.count(b"{") > DEEPEST_BODY:
        brackets = _STRING.sub(b"", content).translate(None, _OTHERS)
        if max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > DEEPEST_BODY:
            request.content = b""
            raise bad_request(f"The request payload is nested deeper than {DEEPEST_BODY} levels.", "BadRequest")


def too_large() -> Fault:
    """Returns the refusal of a body that is larger than the emulator reads."""
    return Fault(413, "RequestEntityTooLarge", f"The request body is larger than {LARGEST_BODY // 2**20} MiB.")


_KEYED = re.compile(r"^([^()]+)\((.*)\)$")


def segments(path: str) -> list[str]:
    """A request path as segments that routes can match.

    ``users('x')`` becomes ``users``, ``x``; ``servicePrincipals(appId='x')`` becomes ``servicePrincipals``,
    ``(appId='x')``; an empty pair of brackets and the ``graph.`` alias of ``microsoft.graph.`` are taken away.
    """
    found: list[str] = []
    for raw in path.strip("/").split("/"):
        part = unquote(raw)
        keyed = _KEYED.match(part)
        if keyed and not keyed[2]:
            part = keyed[1]
        elif keyed and re.fullmatch(r"'[^']*'", keyed[2]):
            found.append(keyed[1])
            part = keyed[2][1:-1]
        elif keyed:
            found.append(keyed[1])
            part = f"({keyed[2]})"
        if part.startswith("graph."):
            part = f"microsoft.{part}"
        found.append(part)
    return found
