"""Which kind of resource declares a target attribute of a job, as far as this process has seen."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Protocol

from entra_sync.base.run.memory import remembered
from entra_sync.base.values.unknown import holds_unknown
from entra_sync.microsoft.tenant import Tenant

__all__ = ["claim"]

owners_by_job: dict[tuple[str, str, str], dict[str, str]] = remembered({})
_lock = threading.Lock()


class OfJob(Protocol):
    """Arguments that are about a job."""

    tenant: Tenant
    service_principal_id: str
    job_id: str


def claim(args: OfJob, targets: Sequence[str], kind: str) -> str | None:
    """Notes that a resource of *kind* declares *targets*; the first one that another kind declares already, or None.

    A job that is not known yet is asked again when it is. What was declared in an earlier state and no longer is stays
    noted until the process ends, which is one command of the engine.
    """
    if holds_unknown([args.service_principal_id, args.job_id]):
        return None
    with _lock:
        owners = owners_by_job.setdefault((args.tenant.tenant_id, args.service_principal_id, args.job_id), {})
        for target in targets:
            if owners.setdefault(target, kind) != kind:
                return target
    return None
