"""What the emulated service holds, for all clouds: store, clock, tenants, and the work that it does later."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta

import orjson

from entra_sync.emulator.state.clock import Clock
from entra_sync.emulator.state.directory import Directory
from entra_sync.emulator.state.licensing import Licensing
from entra_sync.emulator.state.store import Store
from entra_sync.emulator.state.tenants import Tenant, open_tenant

__all__ = ["EscrowLimits", "State"]


@dataclass(frozen=True, slots=True)
class EscrowLimits:
    """Failures that put a job into quarantine ("Application provisioning in quarantine status").

    Attributes:
        fewest: Failures below which a share of them does not matter.
        share: Share of the users in scope.
        most: Failures of users, whatever their share.
    """

    fewest: int = 5_000
    share: float = 0.4
    most: int = 40_000


@dataclass
class State:
    """State of all clouds.

    Attributes:
        clock: The service's time.
        store: Every object.
        latency: How long work takes that the service does after answering, such as group licenses.
        escrow_limits: Failures that put a job into quarantine.
        lock: Held while the state is read or changed.
    """

    clock: Clock
    store: Store
    latency: timedelta = field(default=timedelta(0), kw_only=True)
    escrow_limits: EscrowLimits = field(default_factory=EscrowLimits, kw_only=True)
    lock: threading.RLock = field(default_factory=threading.RLock, kw_only=True, repr=False)
    _tenants: dict[str, Tenant] = field(default_factory=dict, kw_only=True, repr=False)

    def tenant(self, tid: str) -> Tenant | None:
        """A tenant by id, or None."""
        if tid not in self._tenants:
            if self.store.get(tid, "tenant", tid) is None:
                return None
            self._tenants[tid] = open_tenant(self.store, self.clock, tid)
        return self._tenants[tid]

    def tenants(self) -> list[Tenant]:
        """All tenants, in order of creation."""
        rows = self.store.query("SELECT id FROM objects WHERE kind = 'tenant' ORDER BY rowid", [])
        found = [self.tenant(row[0]) for row in rows]
        return [tenant for tenant in found if tenant is not None]

    def forget_tenants(self) -> None:
        """Read tenants from the store again, as after a reset."""
        self._tenants.clear()

    def directory(self, tid: str) -> Directory:
        """The directory of a tenant."""
        return Directory(self.store, self.clock, tid)

    def licensing(self, tid: str) -> Licensing:
        """The licenses of a tenant."""
        return Licensing(self.store, self.clock, tid)

    def later(self, work: str, tid: str, id: str) -> None:
        """Do something after the service's usual delay, or at once if there is none."""
        if self.latency <= timedelta(0):
            self._do(work, tid, id)
            return
        due = self.clock.now() + self.latency
        self.store.put(tid, "work", self.store.new_id(), {"work": work, "id": id}, now=due.timestamp())

    def _do(self, work: str, tid: str, id: str) -> None:
        assert work == "group licenses", work
        self.licensing(tid).process_group(id)

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
