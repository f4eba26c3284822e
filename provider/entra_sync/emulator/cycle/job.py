"""A synchronization job's state, and what starting and restarting do to it (synchronizationJob resource)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from entra_sync.emulator.state.clock import iso
from entra_sync.emulator.state.state import State
from entra_sync.emulator.state.store import Document

__all__ = ["NEVER", "RESET_SCOPES", "Job", "forget", "restart", "start"]

NEVER = "0001-01-01T00:00:00Z"
"""What the service writes for a moment that has not come yet (examples of "Get synchronizationJob")."""

INTERVAL = timedelta(minutes=40)
"""Between two cycles; it cannot be configured ("What is cross-tenant synchronization?")."""

RESET_SCOPES = ("None", "ConnectorDataStore", "Escrows", "Watermark", "QuarantineState", "Full", "ForceDeletes")
NO_ERROR = {"code": "None", "message": "", "tenantActionable": False}

_BACK_OFF = (timedelta(hours=6), timedelta(hours=12), timedelta(hours=24))
_GIVE_UP = timedelta(days=28)


def empty_execution() -> Document:
    """``lastExecution`` of a job that was started and has not run yet."""
    return execution("Failed", None, NEVER, NEVER)


def execution(state: str, activity: str | None, began: str, ended: str, **counts: int) -> Document:
    """A synchronizationTaskExecution."""
    names = ("Entitled", "EntitledForProvisioning", "Escrowed", "EscrowedRaw", "Exported", "Exports", "Imported",
             "ImportedDeltas", "ImportedReferenceDeltas")  # fmt: skip
    return {
        "activityIdentifier": activity,
        **{f"count{name}": counts.get(name[0].lower() + name[1:], 0) for name in names},
        "state": state,
        "timeBegan": began,
        "timeEnded": ended,
        "error": dict(NO_ERROR),
    }


@dataclass
class Job:
    """A job as the cycle sees it. ``doc`` is changed in place and written by ``save``.

    The document's own properties, which the API does not show: ``_watermark`` is the number of the newest write that
    was looked at, None when an initial cycle is due; ``_due`` is when the next cycle is due; ``_force`` lets held-back
    deletions through in the next cycle; ``_cycles`` counts cycles.
    """

    state: State
    tid: str
    id: str
    owner: str
    doc: Document

    @classmethod
    def open(cls, state: State, tid: str, id: str) -> Job:
        """A job that the store holds."""
        entry = state.store.get(tid, "job", id)
        if entry is None:
            raise KeyError(id)
        return cls(state, tid, id, entry.parent, entry.doc)

    def save(self) -> None:
        """Write the job back."""
        self.state.store.replace(self.tid, "job", self.id, self.doc)

    @property
    def status(self) -> dict[str, Any]:
        """``status`` of the job."""
        found: dict[str, Any] = self.doc["status"]
        return found

    @property
    def active(self) -> bool:
        """Whether cycles are to run."""
        return bool(self.doc["schedule"]["state"] == "Active")

    @property
    def due(self) -> datetime | None:
        """When the next cycle is due; None while the job does not run."""
        moment = self.doc.get("_due")
        return datetime.fromisoformat(moment) if self.active and moment else None

    def finish(self, began: datetime) -> None:
        """Plan the next cycle after one that began at a moment; a quarantined job waits longer and longer."""
        quarantine = self.status["quarantine"]
        if quarantine is None:
            self.doc["_due"] = (began + INTERVAL).isoformat()
            return
        self.doc["_due"] = datetime.fromisoformat(quarantine["nextAttempt"]).isoformat()

    def quarantine(self, reason: str, error: Document, now: datetime) -> None:
        """Put the job into quarantine, or lengthen its stay; after four weeks it is disabled."""
        former = self.status["quarantine"]
        count = (former["seriesCount"] if former else 0) + 1
        began = former["seriesBegan"] if former else iso(now)
        wait = _BACK_OFF[min(count, len(_BACK_OFF)) - 1]
        self.status["code"] = "Quarantine"
        self.status["quarantine"] = {
            "currentBegan": former["currentBegan"] if former else iso(now),
            "nextAttempt": iso(now + wait),
            "reason": reason,
            "seriesBegan": began,
            "seriesCount": count,
            "error": error,
        }
        if now - datetime.fromisoformat(began) > _GIVE_UP:
            self.doc["schedule"]["state"] = "Disabled"


def start(job: Job) -> None:
    """Begin the initial cycle, or go on where the job paused; lifts quarantine."""
    job.doc["schedule"]["state"] = "Active"
    job.status["quarantine"] = None
    if job.status["lastExecution"] is None:
        job.status["lastExecution"] = empty_execution()
        job.status["troubleshootingUrl"] = ""
    ran = job.status["lastExecution"]["timeEnded"] != NEVER
    job.status["code"] = "Active" if ran else "NotRun"
    job.doc["_due"] = job.state.clock.now().isoformat()
    job.save()


def forget(job: Job, scopes: set[str]) -> None:
    """Forgets what the scopes name.

    Without escrows the service stops retrying failures (synchronizationJobRestartCriteria resource): the users are
    looked at again when they change, or in an initial cycle.
    """
    store = job.state.store
    if "Full" in scopes:
        scopes = scopes | {"Escrows", "Watermark", "QuarantineState"}
    if scopes & {"Full", "ConnectorDataStore"}:
        for link in store.objects(job.tid, "link", parent=job.id):
            store.remove(job.tid, "link", link.id)
    elif "Escrows" in scopes:
        for link in store.objects(job.tid, "link", parent=job.id):
            if link.doc.get("escrow") is not None:
                store.replace(job.tid, "link", link.id, {**link.doc, "escrow": None})
    if "Watermark" in scopes:
        job.doc["_watermark"] = None
    if "QuarantineState" in scopes and job.status["quarantine"] is not None:
        job.status["quarantine"] = None
        job.status["code"] = "Active"
    if "ForceDeletes" in scopes:
        job.doc["_force"] = True
    if job.active:
        job.doc["_due"] = job.state.clock.now().isoformat()
    job.save()


def restart(job: Job, scopes: set[str]) -> None:
    """Forget what the scopes name (what the portal forgets, if none), and run again, also if the job had stopped."""
    job.doc["schedule"]["state"] = "Active"
    job.doc.setdefault("_due", job.state.clock.now().isoformat())
    if job.status["lastExecution"] is None:
        job.status["lastExecution"] = empty_execution()
    if job.status["code"] == "Paused":
        job.status["code"] = "Active"
    forget(job, scopes or {"QuarantineState", "Watermark", "Escrows"})
