"""Which jobs there are, and whose turn it is."""

from __future__ import annotations

from entra_sync.emulator.cycle.job import Job
from entra_sync.emulator.cycle.run import Summary, run_cycle
from entra_sync.emulator.state.state import State

__all__ = ["jobs", "run_cycles"]


def jobs(state: State) -> list[Job]:
    """Every synchronization job, in order of creation."""
    rows = state.store.query("SELECT tenant, id FROM objects WHERE kind = 'job' ORDER BY rowid", [])
    return [Job.open(state, tid, id) for tid, id in rows]


def run_cycles(state: State, job_id: str | None = None, *, due_only: bool = False) -> list[Summary]:
    """Run a cycle of one job, or of every job that is active, now.

    Args:
        state: What the service holds.
        job_id: Only this job, even if it is not active.
        due_only: Only jobs whose next cycle is due; a quarantined job is always left alone until it is.
    """
    found: list[Summary] = []
    with state.lock:
        state.settle()
        for job in jobs(state):
            if job_id is not None and job.id != job_id:
                continue
            if job_id is None and not job.active:
                continue
            waiting = due_only or (job_id is None and job.status["quarantine"] is not None)
            if waiting and (job.due is None or job.due > state.clock.now()):
                continue
            with state.store.transaction():
                found.append(run_cycle(job))
        if job_id is not None and not found:
            raise KeyError(f"there is no job {job_id}")
    return found
