"""A sample of the matrix of faults; ``make nightly`` judges all of it (``python -m tests.faults.whole``)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from entra_sync.resources.service_principal import ServicePrincipalHandler
from tests.faults import whole
from tests.faults.matrix import Case, matrix, sample

SIZE = {"quickstart": 14, "single_resources": 5, "licensed_rollout": 5}
"""Cases of each program in a usual run."""
SEED = int(os.environ.get("ENTRA_SYNC_FAULTS_SEED", "11"))


@pytest.mark.parametrize("program", SIZE)
def test_whatever_goes_wrong_a_second_run_ends_well(program: str) -> None:
    """The tenants end as after a clean run, and after a destroy nothing is left."""
    judged = {case: matrix(program).judge(case) for case in sample(list(matrix(program).cases()), SIZE[program], SEED)}

    assert SIZE[program] == len(judged)
    assert {} == {str(case): wrong for case, wrong in judged.items() if wrong}


INSTANTIATE = "graph.microsoft.com POST /v1.0/applicationTemplates/*/instantiate"


def test_a_case_that_leaves_something_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a look after a lost answer, there are two applications, and the judge finds the second one."""
    case = Case("quickstart", "up", INSTANTIATE, "after reset", 1)
    assert [] == matrix("quickstart").judge(case, share=False)

    monkeypatch.setattr(ServicePrincipalHandler, "find_existing", lambda self, args: None)
    assert {"(b)", "(d)"} <= {each[:3] for each in matrix("quickstart").judge(case, share=False)}


def test_cases_that_come_to_the_same_place_share_the_rest() -> None:
    """A lost answer and one from a gateway leave one application, under other ids, so the rest is judged once."""
    quickstart = matrix("quickstart")
    first, second = (Case("quickstart", "up", INSTANTIATE, what, 1) for what in ("after reset", "after 502"))
    alone = [quickstart.judge(case, share=False) for case in (first, second)]
    shared = [quickstart.judge(first)]
    known = quickstart.known
    shared.append(quickstart.judge(second))

    assert known == quickstart.known
    assert alone == shared


def test_a_license_goes_although_no_read_finds_its_group() -> None:
    """The removal is sent all the same."""
    case = Case("single_resources", "destroy", "graph.microsoft.com GET /v1.0/groups/*", "before 404", 0)
    assert [] == matrix("single_resources").judge(case)


PARTNER = "/policies/crossTenantAccessPolicy/partners/*"
BATCH = "graph.microsoft.us POST /v1.0/$batch"


@pytest.mark.parametrize(
    ("request_kind", "what", "number"),
    [
        ("graph.microsoft.com GET /v1.0/applications", "before 403", 2),
        ("graph.microsoft.com GET /v1.0/applications", "before 403", 0),
        (f"{BATCH}[GET /applications, GET {PARTNER}, GET {PARTNER}/identitySynchronization]", "before 404", 0),
        (f"{BATCH}[GET /applications, GET {PARTNER}/identitySynchronization]", "before 404", 1),
        (f"graph.microsoft.us GET /v1.0{PARTNER}/identitySynchronization", "before 404", 0),
    ],
)
def test_a_destroy_believes_no_single_answer(request_kind: str, what: str, number: int) -> None:
    """Neither "not found" from one replica, nor a refusal of what the token allows, leaves a setting behind."""
    assert request_kind in matrix("quickstart").requests["destroy"]
    assert [] == matrix("quickstart").judge(Case("quickstart", "destroy", request_kind, what, number))


@pytest.mark.parametrize(("what", "number"), [("before 403", 1), ("before 409", 2)])
def test_licenses_are_on_the_record_although_it_was_refused_once(what: str, number: int) -> None:
    """The record of a link is not finished, or a license finds itself assigned: the next run still records it."""
    case = Case("licensed_rollout", "up", "graph.microsoft.com PATCH /v1.0/applications/*", what, number)
    assert [] == matrix("licensed_rollout").judge(case)


def test_the_whole_matrix_goes_on_where_it_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Shards together judge each cell once; a wrong cell fails the run, and is still known to the next one."""
    judged: list[Case] = []

    def verdict(case: Case) -> list[str]:
        judged.append(case)
        return ["(a) the second run fails"] if case.what == "before 401" else []

    monkeypatch.setattr(matrix("quickstart"), "judge", verdict)
    cells = list(matrix("quickstart").cases(["refresh"]))
    arguments = ["--program", "quickstart", "--phase", "refresh", "--results", str(tmp_path)]
    wrong = len([case for case in cells if case.what == "before 401"])

    assert 1 == whole.main([*arguments, "--shard", "1/2"])
    assert cells[::2] == judged
    assert 1 == whole.main([*arguments, "--shard", "2/2"])
    assert sorted(map(str, cells)) == sorted(map(str, judged))
    assert 1 == whole.main(arguments)
    assert len(cells) == len(judged)
    assert f"{len(cells) - wrong} of {len(cells)} cells are right" in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize("program", ["licensed_rollout", "single_resources"])
@pytest.mark.parametrize("what", ["after 403", "after 404", "after 409"])
def test_a_license_of_an_update_is_the_links_own_although_its_answer_was_a_refusal(program: str, what: str) -> None:
    """The record names it, so the next run does not take it for one that the group had before."""
    case = Case(program, "update", "graph.microsoft.com POST /v1.0/$batch[POST /groups/*/assignLicense]", what, 1)
    assert [] == matrix(program).judge(case)
