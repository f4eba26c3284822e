"""The emulated service: takes a request, answers it. Everything else is a part of it or an adapter to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from entra_sync.emulator.conditions.faults import Faults
from entra_sync.emulator.conditions.replication import Replication
from entra_sync.emulator.conditions.throttling import Throttling
from entra_sync.emulator.errors import Fault, denied, not_emulated
from entra_sync.emulator.graph import ROUTES
from entra_sync.emulator.http.batch import run_batch
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.journal import Journal, JournalEntry, masked
from entra_sync.emulator.http.pages import Pages
from entra_sync.emulator.http.wire import ReceivedRequest, Reply, check_size, segments, unpacked
from entra_sync.emulator.identity.login import Authority, answer_login
from entra_sync.emulator.identity.permissions import grants
from entra_sync.emulator.identity.resource_manager import answer_resource_manager
from entra_sync.emulator.identity.tokens import Issuer
from entra_sync.emulator.state.spelling import drawn_guid
from entra_sync.emulator.state.state import State
from entra_sync.microsoft.clouds import CLOUDS, Cloud

__all__ = ["Service"]

_DIAGNOSTIC = orjson.dumps(
    {
        "ServerInfo": {
            "DataCenter": "Emulator",
            "Slice": "E",
            "Ring": "1",
            "ScaleUnit": "000",
            "RoleInstance": "EMULATOR",
        }
    }
).decode()


@lru_cache(maxsize=8)
def _date(second: datetime) -> str:
    return second.strftime("%a, %d %b %Y %H:%M:%S GMT")


@dataclass
class Service(State):
    """The state of all clouds, and what answers requests about it.

    Attributes:
        persistent: The state is in a directory, and survives a restart.
        journal: What clients asked.
        faults: Failures to inject.
        throttling: Limits on how much a client may ask; off until switched on.
        replication: How late new objects show; at once until switched on.
        issuers: Token services by cloud.
        trusted: JWKS of outside issuers whose federated assertions are accepted, by issuer.
        roots: Cloud of each host and port that a server of this emulator listens on.
        pages: Pages of collections that were read, and are still right.
    """

    persistent: bool
    journal: Journal = field(default_factory=Journal)
    faults: Faults = field(default_factory=Faults)
    throttling: Throttling = field(default_factory=Throttling)
    replication: Replication = field(default_factory=Replication)
    issuers: dict[Cloud, Issuer] = field(default_factory=dict)
    trusted: dict[str, dict[str, Any]] = field(default_factory=dict)
    roots: dict[str, Cloud] = field(default_factory=dict)
    pages: Pages = field(default_factory=Pages)

    def __post_init__(self) -> None:
        for cloud, info in CLOUDS.items():
            self.issuers[cloud] = Issuer(cloud, info.graph, self.store, self.clock, persistent=self.persistent)
        self._authority = Authority(self, self.issuers, self.trusted)
        self._asked = 0

    # Requests

    def answer(self, request: ReceivedRequest) -> Reply:
        """Answer one request; nothing is changed unless the answer is a success."""
        with self.lock:
            self._asked += 1
            request_id = drawn_guid(f"request/{self._asked}")
            client_id = request.headers.get("client-request-id", request_id)
            seen = _ForTheLog(request_id)
            try:
                request.content = unpacked(request)
                check_size(request)
                reply = self._answer(request, seen)
            except Fault as fault:
                body = fault.body(self.clock.now().strftime("%Y-%m-%dT%H:%M:%S"), request_id, client_id)
                headers = {"x-ms-resource-unit": "1", "Content-Type": "application/json", **fault.headers}
                reply = Reply(fault.status, body, headers, delay=fault.delay)
                seen.code = fault.code
            if reply.body is not None:
                reply.headers.setdefault("Vary", "Accept-Encoding")
                if reply.status < 400:
                    reply.headers.setdefault("OData-Version", "4.0")
            reply.headers = {**self._headers(request_id, client_id), **reply.headers}
            self._note(request, reply, seen)
            return reply

    def _answer(self, request: ReceivedRequest, seen: _ForTheLog) -> Reply:
        injected = self.faults.due(request)
        if injected is not None and injected.status and not injected.done:
            raise injected.answer()
        if injected is not None and injected.drop == "before":
            return Reply(0, drop=True, delay=injected.delay)
        reply = self._graph(request, seen)
        if injected is not None and injected.done:
            raise injected.answer()
        if injected is not None:
            reply.delay += injected.delay
            reply.drop = injected.drop == "after"
        return reply

    def _headers(self, request_id: str, client_id: str) -> dict[str, str]:
        return {
            "Cache-Control": "no-cache",
            "Strict-Transport-Security": "max-age=31536000",
            "request-id": request_id,
            "client-request-id": client_id,
            "x-ms-ags-diagnostic": _DIAGNOSTIC,
            "Date": _date(self.clock.now().replace(microsecond=0)),
        }

    def _graph(self, request: ReceivedRequest, seen: _ForTheLog) -> Reply:
        version, _, rest = request.path.lstrip("/").partition("/")
        if version not in {"v1.0", "beta"}:
            reply = answer_login(self._authority, request)
            if reply is None:
                reply = answer_resource_manager(self.issuers[request.cloud], request)
            if reply is None:
                raise not_emulated(f"the path {request.path}")
            return reply
        claims = self.issuers[request.cloud].check(request.headers.get("authorization", ""), request.root)
        tenant = self.tenant(claims.tid)
        if tenant is None or tenant.cloud is not request.cloud:
            raise Fault(401, "InvalidAuthenticationToken", "Access token validation failure. Invalid tenant.")
        seen.tenant = tenant.name
        parts = segments(rest)
        if parts == ["$batch"]:
            return run_batch(self.answer, seen.request_id, request, version)
        own = parts[0].lower() == "me"
        if own:
            parts = _me(parts, claims.oid, delegated=claims.delegated)
        facts = self.store.facts
        match = ROUTES.match(request.method, version, parts, request.cloud, facts)
        granted = grants(match.route.key, claims, facts, own=own)
        if not granted:
            raise denied()
        call = Call(self, tenant, claims, request, version, "/" + "/".join(parts), granted, self.pages)
        used = self.throttling.charge(call, match.route)
        self.replication.meet(call, match)
        try:
            with self.store.transaction():
                reply = match.answer(call)
        finally:
            self.store.horizon = None
        reply.headers.update(used)
        return reply

    def _note(self, request: ReceivedRequest, reply: Reply, seen: _ForTheLog) -> None:
        if "/_emulator" in request.url:
            return
        parts = urlsplit(request.url)
        record = JournalEntry(
            at=self.clock.now(),
            cloud=str(request.cloud),
            tenant=seen.tenant,
            method=request.method,
            path=parts.path + (f"?{parts.query}" if parts.query else ""),
            status=0 if reply.drop else reply.status,
            body=_logged_body(request),
            batch=request.batch,
            request_id=seen.request_id,
            code=seen.code,
        )
        self.journal.add(record)

    def open(self, path: Path) -> None:
        """Replace the state by a snapshot."""
        with self.lock:
            self.store.restore(path)
            self.pages.clear()
            self.forget_tenants()


@dataclass
class _ForTheLog:
    """What is learnt on the way about a request, for the log."""

    request_id: str
    tenant: str = ""
    code: str = ""


def _me(parts: list[str], oid: str, *, delegated: bool) -> list[str]:
    if not delegated:
        raise Fault(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
    return ["users", oid, *parts[1:]]


def _logged_body(request: ReceivedRequest) -> Any:
    if request.method in {"GET", "HEAD"} or not request.content or "oauth2" in request.url:
        return None
    try:
        body = orjson.loads(request.content)
    except orjson.JSONDecodeError:
        return None
    return masked(body) if not request.path.endswith("$batch") else None
