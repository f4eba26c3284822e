"""A Graph request on its way through the routes, and who makes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from entra_sync.emulator.errors import bad_request
from entra_sync.emulator.http.pages import Pages
from entra_sync.emulator.http.wire import ReceivedRequest, Reply
from entra_sync.emulator.state.clock import Clock
from entra_sync.emulator.state.directory import Directory
from entra_sync.emulator.state.state import State
from entra_sync.emulator.state.store import Store
from entra_sync.emulator.state.tenants import Tenant

__all__ = ["Call", "Claims"]


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says about its caller.

    Attributes:
        tid: Tenant id.
        oid: Id of the calling service principal, or of the signed-in user.
        appid: Client id.
        permissions: Application roles, or delegated scopes.
        delegated: Whether a user is signed in.
    """

    tid: str
    oid: str
    appid: str
    permissions: frozenset[str]
    delegated: bool = False


@dataclass(slots=True)
class Call:
    """One Graph request on its way through the routes.

    Attributes:
        state: What the emulated service holds.
        tenant: Tenant of the caller's token.
        claims: What the token says.
        request: What came over the wire.
        version: ``v1.0`` or ``beta``.
        path: Path below the version, unescaped and normalized.
        granted: The sets of the caller's permissions that each allow this call.
        pages: Pages of collections that were read, and are still right.
    """

    state: State
    tenant: Tenant
    claims: Claims
    request: ReceivedRequest
    version: str
    path: str
    granted: Sequence[frozenset[str]]
    pages: Pages
    _body: Any = None

    @property
    def store(self) -> Store:
        """State of all tenants."""
        return self.state.store

    @property
    def clock(self) -> Clock:
        """The service's time."""
        return self.state.clock

    @property
    def directory(self) -> Directory:
        """The directory of the caller's tenant."""
        return self.state.directory(self.tid)

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
            Fault: 400 for a body that cannot be read, with the message of public reports.
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

    def done(self, doc: dict[str, Any], what: str) -> Reply:
        """Returns 200 with the result of a directory action, whose location is the root of the service."""
        return Reply(200, {"@odata.context": self.context(what), **doc}, {"Location": self.request.root})
