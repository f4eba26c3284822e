"""The state of a link: its job, its last cycle, why it is in quarantine, and when it runs next.

Source: "synchronizationStatus resource type" and the pages of its properties.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from entra_sync.graph.gateway import connect
from entra_sync.graph.synchronization.job_status import has_run, is_running, status
from entra_sync.licensing.coverage import GOVERNANCE, P1, coverage
from entra_sync.licensing.reading import read_subscriptions
from entra_sync.operate.links import ExistingLink, job_of

__all__ = ["healthy", "read_status", "seats"]

JSON = Any

_INTERVAL = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


def read_status(link: ExistingLink) -> dict[str, JSON]:
    """Reads the state of a link.

    Raises:
        EntraSyncError: It cannot be read.
    """
    job = job_of(link)
    found = status(job)
    last = found["lastExecution"]
    quarantine = found["quarantine"]
    error = quarantine.get("error") or {}
    return {
        "link": link.name,
        "source": link.source.name,
        "target": link.target_name,
        "targetTenantId": link.target_id,
        "servicePrincipalId": link.service_principal_id,
        "jobId": job["id"],
        "state": found["status"],
        "schedule": found["schedule"],
        "interval": (job.get("schedule") or {}).get("interval") or "",
        "quarantine": {
            "reason": quarantine.get("reason") or "",
            "since": quarantine.get("currentBegan") or "",
            "nextAttempt": quarantine.get("nextAttempt") or "",
            "error": ": ".join(filter(None, (error.get("code"), error.get("message")))),
        }
        if quarantine
        else None,
        "lastCycle": {
            "state": last.get("state") or "",
            "began": last.get("timeBegan") or "",
            "ended": last.get("timeEnded") or "",
            "inScope": last.get("countEntitledForProvisioning"),
            "changed": last.get("countExported"),
            "escrowed": last.get("countEscrowed"),
            "error": _error(last.get("error") or {}),
        }
        if has_run(job)
        else None,
        "synchronized": found["synchronizedEntries"],
        "nextCycle": _next(job, quarantine) if is_running(job) else "",
    }


def healthy(found: Mapping[str, JSON]) -> bool:
    """Whether nothing has to be looked at: no quarantine, no failed cycle, no user that the service retries."""
    last = found["lastCycle"] or {}
    return not (found["quarantine"] or last.get("error") or last.get("state") == "Failed" or last.get("escrowed"))


def seats(link: ExistingLink) -> dict[str, JSON]:
    """Reads the seats of the license that the link's users need: ``total`` and ``assigned``.

    Raises:
        GraphError: They cannot be read.
    """
    needed = GOVERNANCE if link.crosses else P1
    found = coverage(needed, [], read_subscriptions(connect(link.source))).seats
    return {"license": needed.label, "total": found.total, "assigned": found.assigned}


def _error(error: Mapping[str, JSON]) -> str:
    code = error.get("code") or ""
    return "" if code in ("", "None") else ": ".join(filter(None, (code, error.get("message"))))


def _next(job: Mapping[str, JSON], quarantine: Mapping[str, JSON]) -> str:
    """When the job is due; empty if nothing tells. A guess from its interval: Graph does not say when it runs."""
    if quarantine:
        return str(quarantine.get("nextAttempt") or "")
    found = _INTERVAL.fullmatch(str((job.get("schedule") or {}).get("interval") or ""))
    last = ((job.get("status") or {}).get("lastExecution") or {}).get("timeBegan")
    if found is None or not has_run(job) or not last:
        return ""
    days, hours, minutes, seconds = (int(each or 0) for each in found.groups())
    due = datetime.fromisoformat(last) + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return due.isoformat(timespec="seconds").replace("+00:00", "Z")
