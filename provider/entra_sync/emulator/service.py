"""The emulated service: takes a request, answers it. Everything else is a part of it or an adapter to it."""

from __future__ import annotations

import hashlib
import threading
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from entra_sync.clouds import CLOUDS, Cloud
from entra_sync.emulator.conditions.faults import Faults
from entra_sync.emulator.conditions.replication import Replication
from entra_sync.emulator.conditions.throttling import Throttling
from entra_sync.emulator.cycle.job import Job
from entra_sync.emulator.cycle.run import EscrowLimits, Summary, run_cycle
from entra_sync.emulator.graph import ROUTES
from entra_sync.emulator.http.batch import run_batch
from entra_sync.emulator.http.journal import Journal, Record, masked
from entra_sync.emulator.http.wire import Call, Fault, Reply, Request, denied, segments, unpacked
from entra_sync.emulator.identity.login import answer_login
from entra_sync.emulator.identity.permissions import grants
from entra_sync.emulator.identity.tokens import Issuer
from entra_sync.emulator.odata.pages import Pages
from entra_sync.emulator.state.clock import Clock
from entra_sync.emulator.state.directory import Directory
from entra_sync.emulator.state.licensing import Licensing
from entra_sync.emulator.state.store import Store
from entra_sync.emulator.state.tenants import Tenant, open_tenant

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
class Service:
    """State and rules of all clouds.

    Attributes:
        clock: The service's time.
        store: Its state.
        journal: What clients asked.
        faults: Failures to inject.
        throttling: Limits on how much a client may ask; off until switched on.
        replication: How late new objects show; at once until switched on.
        issuers: Token services by cloud.
        trusted: JWKS of outside issuers whose federated assertions are accepted, by issuer.
        roots: Cloud of each host and port that a server of this emulator listens on.
        latency: How long work takes that the service does after answering, such as group licences.
        pages: Pages of collections that were read since the last write.
        escrow_limits: Failures that put a job into quarantine.
    """

    clock: Clock
    store: Store
    persistent: bool
    journal: Journal = field(default_factory=Journal)
    faults: Faults = field(default_factory=Faults)
    throttling: Throttling = field(default_factory=Throttling)
    replication: Replication = field(default_factory=Replication)
    issuers: dict[Cloud, Issuer] = field(default_factory=dict)
    trusted: dict[str, dict[str, Any]] = field(default_factory=dict)
    roots: dict[str, Cloud] = field(default_factory=dict)
    latency: timedelta = timedelta(0)
    pages: Pages = field(default_factory=Pages)
    escrow_limits: EscrowLimits = field(default_factory=EscrowLimits)

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        for cloud, info in CLOUDS.items():
            self.issuers[cloud] = Issuer(cloud, info.graph, self.store, self.clock, persistent=self.persistent)
        self._tenants: dict[str, Tenant] = {}
        self._asked = 0

    # Tenants

    def tenant(self, tid: str) -> Tenant | None:
        """A tenant by id, or None."""
        if tid not in self._tenants:
            if self.store.get(tid, "tenant", tid) is None:
                return None
            self._tenants[tid] = open_tenant(self, tid)
        return self._tenants[tid]

    def tenants(self) -> list[Tenant]:
        """All tenants, in order of creation."""
        rows = self.store.query("SELECT id FROM objects WHERE kind = 'tenant' ORDER BY version", [])
        found = [self.tenant(row[0]) for row in sorted(rows, key=lambda row: self._created(row[0]))]
        return [tenant for tenant in found if tenant is not None]

    def _created(self, tid: str) -> int:
        return int(self.store.query("SELECT rowid FROM objects WHERE id = ? AND kind = 'tenant'", [tid])[0][0])

    def forget_tenants(self) -> None:
        """Read tenants from the store again, as after a reset."""
        self._tenants.clear()

    def directory(self, tid: str) -> Directory:
        """The directory of a tenant."""
        return Directory(self, tid)

    # Requests

    def answer(self, request: Request) -> Reply:
        """Answer one request; nothing is changed unless the answer is a success."""
        with self.lock:
            self._asked += 1
            request_id = str(
                uuid.UUID(bytes=hashlib.blake2b(f"request/{self._asked}".encode(), digest_size=16).digest(), version=4)
            )
            client_id = request.headers.get("client-request-id", request_id)
            seen = _Seen()
            try:
                request.content = unpacked(request)
                reply = self._answer(request, seen)
            except Fault as fault:
                body = fault.body(self.clock.now().strftime("%Y-%m-%dT%H:%M:%S"), request_id, client_id)
                reply = Reply(fault.status, body, {"x-ms-resource-unit": "1", **fault.headers}, delay=fault.delay)
                seen.code = fault.code
            if reply.status < 400:
                reply.headers.setdefault("OData-Version", "4.0")
            reply.headers = {**self._headers(request_id, client_id), **reply.headers}
            self._note(request, reply, seen, request_id)
            return reply

    def _answer(self, request: Request, seen: _Seen) -> Reply:
        injected = self.faults.due(request)
        if injected is not None and injected.status:
            raise injected.answer()
        if injected is not None and injected.drop == "before":
            return Reply(0, drop=True, delay=injected.delay)
        reply = self._graph(request, seen)
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

    def _graph(self, request: Request, seen: _Seen) -> Reply:
        version, _, rest = request.path.lstrip("/").partition("/")
        if version not in {"v1.0", "beta"}:
            reply = answer_login(self, request)
            if reply is None:
                raise Fault(501, "NotImplemented", f"The emulator does not know the path {request.path}.")
            return reply
        claims = self.issuers[request.cloud].check(request.headers.get("authorization", ""), request.root)
        tenant = self.tenant(claims.tid)
        if tenant is None or tenant.cloud is not request.cloud:
            raise Fault(401, "InvalidAuthenticationToken", "Access token validation failure. Invalid tenant.")
        seen.tenant = tenant.name
        parts = segments(rest)
        if parts == ["$batch"]:
            return run_batch(self, request, version)
        own = parts[0].lower() == "me"
        if own:
            parts = _me(parts, claims.oid, delegated=claims.delegated)
        match = ROUTES.match(request.method, version, parts)
        granted = grants(match.route.key, claims.permissions, delegated=claims.delegated, own=own)
        if granted is None:
            raise denied()
        call = Call(self, tenant, claims, request, version, "/" + "/".join(parts), granted)
        used = self.throttling.charge(call, match.route)
        self.replication.meet(call, match)
        try:
            with self.store.transaction():
                reply = match.answer(call)
        finally:
            self.store.horizon = None
        reply.headers.update(used)
        return reply

    def _note(self, request: Request, reply: Reply, seen: _Seen, request_id: str) -> None:
        if "/_emulator" in request.url:
            return
        parts = urlsplit(request.url)
        record = Record(
            at=self.clock.now(),
            cloud=str(request.cloud),
            tenant=seen.tenant,
            method=request.method,
            path=parts.path + (f"?{parts.query}" if parts.query else ""),
            status=0 if reply.drop else reply.status,
            body=_logged_body(request),
            batch=request.batch,
            request_id=request_id,
            code=seen.code,
        )
        self.journal.add(record)

    # Later

    def later(self, work: str, tid: str, id: str) -> None:
        """Do something after the service's usual delay, at once where there is none."""
        if self.latency <= timedelta(0):
            self._do(work, tid, id)
            return
        due = self.clock.now() + self.latency
        self.store.put(tid, "work", self.store.new_id(), {"work": work, "id": id}, now=due.timestamp())

    def _do(self, work: str, tid: str, id: str) -> None:
        assert work == "group licences", work
        Licensing(self, tid).process_group(id)

    def settle(self) -> None:
        """Do what is due by now: work that was put off, and purging what was deleted more than thirty days ago."""
        now = self.clock.now()
        with self.lock, self.store.transaction():
            due = self.store.query(
                "SELECT tenant, id, doc FROM objects WHERE kind = 'work' AND created <= ? ORDER BY version",
                [now.timestamp()],
            )
            for tid, id, doc in due:
                work = orjson.loads(doc)
                self.store.remove(tid, "work", id)
                self._do(work["work"], tid, work["id"])
            for tenant in self.tenants():
                self.directory(tenant.tenant_id).purge_expired(now)

    # Synchronization

    def jobs(self) -> list[Job]:
        """Every synchronization job, in order of creation."""
        rows = self.store.query("SELECT tenant, id FROM objects WHERE kind = 'job' ORDER BY rowid", [])
        return [Job.open(self, tid, id) for tid, id in rows]

    def run_cycles(self, job_id: str | None = None, *, due_only: bool = False) -> list[Summary]:
        """Run a cycle of one job, or of every job that is active, now.

        Args:
            job_id: Only this job, even if it is not active.
            due_only: Only jobs whose next cycle is due; a quarantined job is always left alone until it is.
        """
        found: list[Summary] = []
        with self.lock:
            self.settle()
            for job in self.jobs():
                if job_id is not None and job.id != job_id:
                    continue
                if job_id is None and not job.active:
                    continue
                waiting = due_only or (job_id is None and job.status["quarantine"] is not None)
                if waiting and (job.due is None or job.due > self.clock.now()):
                    continue
                with self.store.transaction():
                    found.append(run_cycle(job))
            if job_id is not None and not found:
                raise KeyError(f"there is no job {job_id}")
        return found

    def open(self, path: Path) -> None:
        """Replace the state by a snapshot."""
        with self.lock:
            self.store.restore(path)
            self.pages.clear()
            self.forget_tenants()


@dataclass
class _Seen:
    """What is learnt on the way about a request, for the log."""

    tenant: str = ""
    code: str = ""


def _me(parts: list[str], oid: str, *, delegated: bool) -> list[str]:
    if not delegated:
        raise Fault(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
    return ["users", oid, *parts[1:]]


def _logged_body(request: Request) -> Any:
    if request.method in {"GET", "HEAD"} or not request.content or "oauth2" in request.url:
        return None
    try:
        body = orjson.loads(request.content)
    except orjson.JSONDecodeError:
        return None
    return masked(body) if not request.path.endswith("$batch") else None
