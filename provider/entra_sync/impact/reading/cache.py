"""What was read of tenants, kept on this machine for its owner only: the next reading transfers what has changed."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from entra_sync.base.notes import say
from entra_sync.environment import CACHE, NO_CACHE, Environment
from entra_sync.errors import ConfigurationError
from entra_sync.impact.facts.facts import CONNECTIONS
from entra_sync.impact.facts.private_files import private_directory
from entra_sync.impact.facts.remarks import Note, Remark
from entra_sync.impact.facts.snapshot import Snapshot, write_parquet
from entra_sync.impact.reading.resume import Parts
from entra_sync.microsoft.tenant import Tenant

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["Cache", "configured"]


def configured(source: Tenant, target: Tenant, environment: Environment) -> Cache | None:
    """Where the environment has snapshots kept; None if nothing is kept.

    That is so if the environment switches it off, if this machine cannot lock a file, if the directory cannot be used,
    and for tenants at addresses of their own, such as the emulator's, unless a directory is named. A line tells if
    the directory that cannot be used is named.
    """
    if environment.no_cache or fcntl is None:
        return None
    named = environment.cache
    if named is None and (source.graph_url or target.graph_url):
        return None
    cache = Cache(named or usual_directory(environment), timedelta(hours=environment.cache_hours))
    try:
        private_directory(cache.directory)
    except ConfigurationError as problem:
        if named is not None:
            say(
                f"{CACHE}: {problem}; so every user is read each time. Name another directory, or set {NO_CACHE}=true",
                warning=True,
            )
        return None
    return cache


def usual_directory(environment: Environment) -> Path:
    """Where snapshots are kept unless the environment names a directory: below the user's cache directory."""
    return (environment.user_caches or Path.home() / ".cache") / "entra-sync" / "snapshots"


@dataclass(frozen=True)
class Cache:
    """Snapshots by tenant.

    Args:
        directory: Where they are; only the owner can enter it.
        lifetime: How long a snapshot is brought up to date before the tenant is read in full again.
        notes: What was wrong with what was kept.
    """

    directory: Path
    lifetime: timedelta
    notes: list[Remark] = field(default_factory=list, compare=False)

    @contextmanager
    def locked(self, *tenant_ids: str) -> Iterator[None]:
        """Waits until no other reading, of this process or another, keeps anything of these tenants."""
        with ExitStack() as held:
            for tenant_id in sorted(set(tenant_ids)):
                place = self.directory / tenant_id
                private_directory(self.directory)
                private_directory(place)
                file = held.enter_context(open(place / "lock", "wb", opener=_privately))
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def snapshot(self, tenant: Tenant, side: str, now: datetime) -> Snapshot | None:
        """The snapshot of a tenant as *side* (source or target) of a link; None if there is none that is good."""
        place = self._of(tenant.tenant_id, side)
        if not (place / "snapshot.json").exists():
            return None
        try:
            found = Snapshot.load(place)
        except ConfigurationError as problem:
            self.forget(tenant.tenant_id, side)
            self.notes.append(Remark(Note.READ_IN_FULL, (str(tenant), str(problem))))
            return None
        elsewhere = any(not link.startswith(f"{tenant.graph}/") for link in found.links.values())
        if found.tenant_id != tenant.tenant_id or elsewhere or not timedelta() <= now - found.taken <= self.lifetime:
            self.forget(tenant.tenant_id, side)
            return None
        return found

    def keep(self, side: str, snapshot: Snapshot) -> None:
        """Keeps a snapshot that can be brought up to date; others are of no use."""
        if snapshot.links and snapshot.complete:
            try:
                snapshot.save(self._of(snapshot.tenant_id, side))
            except OSError as problem:
                self.forget(snapshot.tenant_id, side)
                self.notes.append(Remark(Note.NOT_KEPT, (str(problem),)))

    def forget(self, tenant_id: str, side: str) -> None:
        """Drops a snapshot."""
        shutil.rmtree(self._of(tenant_id, side), ignore_errors=True)

    def parts(self, tenant_id: str, side: str, purpose: str) -> Parts:
        """Where an interrupted reading of a tenant is kept."""
        private_directory(self.directory)
        private_directory(self.directory / tenant_id)
        return Parts(self.directory / tenant_id / f"{side}-parts", purpose)

    def connections(self, tenant_id: str, job_id: str) -> pl.DataFrame:
        """Links of a job that were read before; none where they are damaged, which a note says."""
        path = self._links(tenant_id, job_id)
        if path.exists():
            try:
                return pl.read_parquet(path).select(
                    **{name: pl.col(name).cast(kind) for name, kind in CONNECTIONS.items()}
                )
            except (pl.exceptions.PolarsError, OSError):
                path.unlink(missing_ok=True)
                self.notes.append(Remark(Note.LINKS_READ_IN_FULL))
        return pl.DataFrame(schema=CONNECTIONS)

    def keep_connections(self, tenant_id: str, job_id: str, connections: pl.DataFrame) -> None:
        """Keeps the links of a job."""
        try:
            write_parquet(self._links(tenant_id, job_id), connections)
        except OSError as problem:
            self.notes.append(Remark(Note.LINKS_NOT_KEPT, (str(problem),)))

    def _of(self, tenant_id: str, side: str) -> Path:
        return self.directory / tenant_id / side

    def _links(self, tenant_id: str, job_id: str) -> Path:
        return self.directory / tenant_id / f"links-{hashlib.sha256(job_id.encode()).hexdigest()[:16]}.parquet"


def _privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
