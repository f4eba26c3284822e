"""What was read of tenants, kept on this machine for its owner only: the next reading transfers what has changed."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from entra_sync.errors import ConfigurationError
from entra_sync.impact.facts import CONNECTIONS
from entra_sync.impact.parts import Parts
from entra_sync.impact.snapshot import Snapshot, private_directory, write_parquet

__all__ = ["Cache", "usual_directory"]


def usual_directory() -> Path:
    """Where snapshots are kept unless somebody says otherwise: below the user's cache directory."""
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(base) if base else Path.home() / ".cache") / "entra-sync" / "snapshots"


@dataclass(frozen=True)
class Cache:
    """Snapshots by tenant.

    Args:
        directory: Where they are; nobody but the owner can enter it.
        lifetime: How long a snapshot is brought up to date before the tenant is read in full again.
    """

    directory: Path
    lifetime: timedelta

    def snapshot(self, tenant_id: str, side: str, now: datetime) -> Snapshot | None:
        """The snapshot of a tenant as *side* (source or target) of a link; None if there is none that is good."""
        place = self._of(tenant_id, side)
        if not (place / "snapshot.json").exists():
            return None
        try:
            found = Snapshot.load(place)
        except ConfigurationError:
            # Damaged, or of another version: it is only a copy.
            self.forget(tenant_id, side)
            return None
        if found.tenant_id != tenant_id or now - found.taken > self.lifetime:
            self.forget(tenant_id, side)
            return None
        return found

    def keep(self, side: str, snapshot: Snapshot) -> None:
        """Keeps a snapshot that can be brought up to date; others are of no use."""
        if snapshot.links and snapshot.complete:
            snapshot.save(self._of(snapshot.tenant_id, side))

    def forget(self, tenant_id: str, side: str) -> None:
        """Drops a snapshot."""
        shutil.rmtree(self._of(tenant_id, side), ignore_errors=True)

    def parts(self, tenant_id: str, side: str, purpose: str) -> Parts:
        """Where an interrupted reading of a tenant is kept."""
        private_directory(self.directory)
        private_directory(self.directory / tenant_id)
        return Parts(self.directory / tenant_id / f"{side}-parts", purpose)

    def connections(self, tenant_id: str, job_id: str) -> pl.DataFrame:
        """Links of a job that were read before."""
        path = self._links(tenant_id, job_id)
        if not path.exists():
            return pl.DataFrame(schema=CONNECTIONS)
        try:
            return pl.read_parquet(path)
        except pl.exceptions.PolarsError:
            path.unlink()
            return pl.DataFrame(schema=CONNECTIONS)

    def keep_connections(self, tenant_id: str, job_id: str, connections: pl.DataFrame) -> None:
        """Keeps the links of a job."""
        path = self._links(tenant_id, job_id)
        private_directory(self.directory)
        private_directory(path.parent)
        write_parquet(path, connections)

    def _of(self, tenant_id: str, side: str) -> Path:
        return self.directory / tenant_id / side

    def _links(self, tenant_id: str, job_id: str) -> Path:
        return self.directory / tenant_id / f"links-{hashlib.sha256(job_id.encode()).hexdigest()[:16]}.parquet"
