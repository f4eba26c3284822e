"""The wire format: one request, one reply, and the service's error bodies and headers."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

from entra_sync.clouds import Cloud

if TYPE_CHECKING:
    from entra_sync.emulator.identity.tokens import Claims
    from entra_sync.emulator.service import Service
    from entra_sync.emulator.state.store import Store
    from entra_sync.emulator.state.tenants import Tenant

__all__ = ["Call", "Fault", "Reply", "Request", "bad_request", "conflict", "denied", "not_found", "unpacked"]

JSON_TYPE = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


@lru_cache(maxsize=64)
def _query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


@dataclass(slots=True)
class Request:
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


class Fault(Exception):
    """An error answer of the service.

    Args:
        status: HTTP status.
        code: ``error.code``.
        message: ``error.message``.
        details: Entries of ``error.details``.
        headers: Headers besides the usual ones.
        inner: Properties of ``innerError`` besides the usual ones.
        delay: Seconds to wait before the answer leaves.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: list[dict[str, str]] | None = None,
        headers: dict[str, str] | None = None,
        inner: dict[str, Any] | None = None,
        delay: float = 0.0,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.delay = status, code, message, delay
        self.details, self.headers, self.inner = details, headers or {}, inner or {}

    def body(self, moment: str, request_id: str, client_request_id: str) -> dict[str, Any]:
        """The error body, with ``innerError`` as the service fills it; *moment* has no zone."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details is not None:
            error["details"] = self.details
        ids = {"date": moment, "request-id": request_id, "client-request-id": client_request_id}
        return {"error": {**error, "innerError": {**self.inner, **ids}}}


def not_found(id: str) -> Fault:
    """404 for a directory object that is not there."""
    message = f"Resource '{id}' does not exist or one of its queried reference-property objects are not present."
    return Fault(404, "Request_ResourceNotFound", message)


def bad_request(message: str, code: str = "Request_BadRequest", details: list[dict[str, str]] | None = None) -> Fault:
    """400 with the directory's usual code."""
    return Fault(400, code, message, details=details)


def conflict(name: str) -> Fault:
    """409 for a value that another object has."""
    message = f"Another object with the same value for property {name} already exists."
    return Fault(
        409,
        "Request_MultipleObjectsWithSameKeyValue",
        message,
        details=[{"code": "ConflictingObjects", "message": message, "target": name}],
    )


def denied(message: str = "Insufficient privileges to complete the operation.") -> Fault:
    """403 for a permission that the caller lacks."""
    return Fault(403, "Authorization_RequestDenied", message)


@dataclass(slots=True)
class Call:
    """One Graph request on its way through the routes.

    Attributes:
        service: The emulated service with its clock, tenants and store.
        tenant: Tenant of the caller's token.
        claims: What the token says.
        request: What came over the wire.
        version: ``v1.0`` or ``beta``.
        path: Path below the version, unescaped and normalised.
        granted: The caller's permissions that allow this call.
    """

    service: Service
    tenant: Tenant
    claims: Claims
    request: Request
    version: str
    path: str
    granted: frozenset[str] = frozenset()
    _body: Any = None

    @property
    def store(self) -> Store:
        """State of all tenants."""
        return self.service.store

    @property
    def tid(self) -> str:
        """Id of the caller's tenant."""
        return self.tenant.tenant_id

    @property
    def beta(self) -> bool:
        """Whether the beta version is asked for."""
        return self.version == "beta"

    @property
    def root(self) -> str:
        """Graph root with version, for links and contexts."""
        return f"{self.request.root}/{self.version}"

    def header(self, name: str) -> str:
        """A request header, or the empty string."""
        return self.request.headers.get(name.lower(), "")

    def context(self, what: str) -> str:
        """An ``@odata.context`` URL."""
        return f"{self.root}/$metadata#{what}"

    def json(self) -> dict[str, Any]:
        """The request body, which has to be a JSON object.

        Raises:
            Fault: 400 as the service answers a body that it cannot read.
        """
        if self._body is None:
            if not self.request.content:
                raise bad_request("Empty Payload. JSON content expected.", "BadRequest")
            try:
                body = orjson.loads(self.request.content)
            except orjson.JSONDecodeError:
                raise bad_request(
                    "Unable to read JSON request payload. Please ensure Content-Type header is set and payload"
                    " is of valid JSON format.",
                    "BadRequest",
                ) from None
            if not isinstance(body, dict):
                raise bad_request("Invalid request body. A JSON object is expected.", "BadRequest")
            self._body = body
        return dict(self._body)

    def optional_json(self) -> dict[str, Any]:
        """The request body, or an empty object where none was sent."""
        return self.json() if self.request.content else {}

    def created(self, doc: dict[str, Any], what: str, location: str | None = None) -> Reply:
        """201 with an entity."""
        headers = {"Location": location} if location else {}
        return Reply(201, {"@odata.context": self.context(what), **doc}, headers)

    def entity(self, doc: dict[str, Any], what: str) -> Reply:
        """200 with an entity."""
        return Reply(200, {"@odata.context": self.context(what), **doc})


def unpacked(request: Request) -> bytes:
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
        return gzip.decompress(request.content)
    except (OSError, EOFError, zlib.error):
        raise bad_request("Unable to decompress the request payload.", "BadRequest") from None


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


def unreachable(message: str) -> NoReturn:
    """Mark a state that the emulator's own rules exclude."""
    raise AssertionError(message)
