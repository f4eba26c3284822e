"""A sample of the matrix of faults; ``make nightly`` judges all of it (ENTRA_SYNC_FAULTS=all)."""

from __future__ import annotations

import os

import pytest

from entra_sync.resources.service_principal import ServicePrincipalHandler
from tests.faults.matrix import Case, cases, clean, judge, report, sample

PROGRAMS = ("quickstart", "single_resources", "licensed_rollout")
SIZE = {"quickstart": 14, "single_resources": 5, "licensed_rollout": 5}
"""Cases of each program in a usual run."""
ALL = os.environ.get("ENTRA_SYNC_FAULTS") == "all"
SEED = int(os.environ.get("ENTRA_SYNC_FAULTS_SEED", "11"))


def drawn(program: str) -> list[Case]:
    """The cases of this run."""
    found = list(cases(program))
    return found if ALL else sample(found, SIZE[program], SEED)


@pytest.mark.parametrize("program", PROGRAMS)
def test_whatever_goes_wrong_a_second_run_ends_well(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The tenants end as after a clean run, and after a destroy nothing is left; the counts are printed."""
    wrong: list[str] = []
    counts = report(drawn(program), wrong.append)
    with capsys.disabled():
        print(f"\n{program}: {counts['right']} of {counts['tried']} cases of the fault matrix are right")

    assert [] == wrong


def test_a_case_that_leaves_something_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """If nobody looks after a lost answer, there are two applications, and the judge finds the second one."""
    requests = [each for each in clean("quickstart").requests["up"] if each.endswith("/instantiate")]
    case = Case("quickstart", "up", requests[0], "after reset", 1)
    assert [] == judge(case)

    monkeypatch.setattr(ServicePrincipalHandler, "find_existing", lambda self, args: None)
    assert {"(b)", "(d)"} <= {each[:3] for each in judge(case)}


PARTNER = "/v1.0/policies/crossTenantAccessPolicy/partners/*"


@pytest.mark.parametrize(
    ("request_kind", "what", "number"),
    [
        ("graph.microsoft.com GET /v1.0/applications", "before 403", 2),
        ("graph.microsoft.com GET /v1.0/applications", "before 403", 0),
        (f"graph.microsoft.us GET {PARTNER}", "before 404", 1),
        (f"graph.microsoft.us GET {PARTNER}/identitySynchronization", "before 404", 1),
    ],
)
def test_a_destroy_believes_no_single_answer(request_kind: str, what: str, number: int) -> None:
    """Neither "not found" from one replica, nor a refusal of what the token allows, leaves a setting behind."""
    assert request_kind in clean("quickstart").requests["destroy"]
    assert [] == judge(Case("quickstart", "destroy", request_kind, what, number))


@pytest.mark.parametrize(("what", "number"), [("before 403", 1), ("before 409", 2)])
def test_licenses_are_on_the_record_although_it_was_refused_once(what: str, number: int) -> None:
    """The record of a link is not finished, or a license finds itself assigned: the next run still records it."""
    assert [] == judge(Case("licensed_rollout", "up", "graph.microsoft.com PATCH /v1.0/applications/*", what, number))
