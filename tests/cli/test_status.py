"""What `entra-sync status` tells of a job: the last cycle, whether anything has to be looked at, and the next cycle."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from entra_sync.licensing.coverage import GOVERNANCE, P1, Requirement
from entra_sync.microsoft.tenant import Tenant
from entra_sync.operate.links import ExistingLink
from entra_sync.operate.project.purpose import Purpose
from entra_sync.operate.project.requirements import Declared, operations
from entra_sync.operate.status import healthy, read_status, seats

JSON = Any
CONTOSO = Tenant("contoso", tenant_id="3d0f5dec-5d3d-455c-8016-e2af1ae4d31a", cloud="global")
LINK = ExistingLink("to-federal", CONTOSO, "d5b48b3e-8c29-4393-8f59-709c5df75474", "federal", "application", True)
RAN = {"timeBegan": "2026-11-27T10:00:00Z", "timeEnded": "2026-11-27T10:05:00Z", "state": "Succeeded"}
DOWN = {"code": "TargetUnavailable", "message": "The target does not answer."}


def told(monkeypatch: pytest.MonkeyPatch, status: JSON) -> dict[str, JSON]:
    """What is told of a job with a status."""
    job = {"id": "job", "schedule": {"state": "Active", "interval": "PT40M"}, "status": status}
    monkeypatch.setattr("entra_sync.operate.status.job_of", lambda link: job)
    return read_status(LINK)


@pytest.mark.parametrize(
    ("last", "state", "error", "well"),
    [
        (RAN, "Succeeded", "", True),
        ({**RAN, "error": {"code": "None", "message": ""}}, "Succeeded", "", True),
        ({**RAN, "state": "Failed", "error": DOWN}, "Failed", "TargetUnavailable: The target does not answer.", False),
        ({**RAN, "state": "Failed"}, "Failed", "", False),
        ({**RAN, "state": "EntryLevelErrors", "countEscrowed": 1}, "EntryLevelErrors", "", False),
    ],
    ids=["succeeded", "an error without a code", "failed", "failed without an error", "a user is tried again"],
)
def test_what_the_last_cycle_came_to(
    monkeypatch: pytest.MonkeyPatch, last: JSON, state: str, error: str, well: bool
) -> None:
    found = told(monkeypatch, {"lastExecution": last})

    assert (state, error, well) == (found["lastCycle"]["state"], found["lastCycle"]["error"], healthy(found))
    assert (RAN["timeBegan"], RAN["timeEnded"]) == (found["lastCycle"]["began"], found["lastCycle"]["ended"])
    assert "2026-11-27T10:40:00Z" == found["nextCycle"]


@pytest.mark.parametrize("status", [None, {}, {"lastExecution": {**RAN, "timeEnded": "0001-01-01T00:00:00Z"}}])
def test_a_job_that_has_not_run_has_no_last_cycle_and_nothing_to_look_at(
    monkeypatch: pytest.MonkeyPatch, status: JSON
) -> None:
    """Graph shows the year 1 for a cycle that has not ended."""
    found = told(monkeypatch, status)

    assert (None, "", True) == (found["lastCycle"], found["nextCycle"], healthy(found))


def test_a_job_in_quarantine_runs_when_the_service_tries_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    quarantine = {"reason": "EncounteredQuarantineException", "nextAttempt": "2026-11-28T10:00:00Z", "error": DOWN}
    found = told(monkeypatch, {"lastExecution": RAN, "quarantine": quarantine})

    assert ("2026-11-28T10:00:00Z", False) == (found["nextCycle"], healthy(found))
    assert "TargetUnavailable: The target does not answer." == found["quarantine"]["error"]


@pytest.mark.parametrize(("crosses", "needed"), [(True, GOVERNANCE), (False, P1)], ids=["two clouds", "one cloud"])
def test_seats_are_those_of_the_license_that_the_link_needs(
    monkeypatch: pytest.MonkeyPatch, crosses: bool, needed: Requirement
) -> None:
    """Synchronization to another cloud needs another license than within a cloud."""
    monkeypatch.setattr("entra_sync.operate.status.read_subscriptions", lambda graph: [])

    assert needed.label == seats(replace(LINK, crosses=crosses))["license"]


def test_a_resource_that_goes_with_another_one_needs_no_permission_to_be_destroyed() -> None:
    """The job goes with its application, so that a destroy sends nothing for it."""
    own = {"tenant": {"name": "contoso"}}

    assert operations([Declared("SynchronizationJob", own)], Purpose.DESTROY)["contoso"]
    assert {} == operations([Declared("SynchronizationJob", own, deleted_with=True)], Purpose.DESTROY)
