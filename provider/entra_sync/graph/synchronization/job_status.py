"""What Graph says of a synchronization job: whether it runs, whether it has run, and its state as outputs."""

from __future__ import annotations

from typing import Any

__all__ = ["has_run", "is_running", "status"]

JSON = Any


def has_run(job: JSON) -> bool:
    """Whether a cycle of the job has ended; until then its next one is an initial one, whatever is changed."""
    last = (job.get("status") or {}).get("lastExecution") or {}
    return not str(last.get("timeEnded") or "0001").startswith("0001")


def is_running(job: JSON) -> bool:
    """Whether the job runs on its schedule."""
    return bool(job["schedule"]["state"] == "Active")


def status(job: JSON) -> dict[str, JSON]:
    """A job's state as outputs: ``status``, ``schedule``, ``lastExecution``, ``quarantine``, ``synchronizedEntries``.

    ``synchronizedEntries`` counts by kind, e.g. ``{"user to User": 180}``.
    """
    state = job.get("status") or {}
    counts = {item["key"]: item["value"] for item in state.get("synchronizedEntryCountByType") or []}
    return {
        "status": state.get("code", "NotConfigured"),
        "schedule": (job.get("schedule") or {}).get("state", "Disabled"),
        "lastExecution": state.get("lastExecution") or {},
        "quarantine": state.get("quarantine") or {},
        "synchronizedEntries": counts,
    }
