"""Late replicas, without any fault and with a lost answer: the first `up` succeeds and makes one of each."""

from __future__ import annotations

import os

import pytest

from tests.faults.faulty import Fault
from tests.faults.matrix import matrix
from tests.faults.world import World

RUNS = 20 if os.environ.get("ENTRA_SYNC_FAULTS") == "all" else 3
INSTANTIATE = "graph.microsoft.com POST /v1.0/applicationTemplates/*/instantiate"


@pytest.mark.parametrize("seconds", [5, 30])
def test_the_first_run_succeeds_however_late_replicas_are(seconds: float, capsys: pytest.CaptureFixture[str]) -> None:
    """The tenants end as those of a clean run, and a second run sends nothing."""
    right = 0
    for seed in range(RUNS):
        world = World("quickstart", delay=seconds, seed=seed)
        errors, _ = world.run("up")
        world.emulator.delay_replication(0)
        assert ([], matrix("quickstart").after["up"]) == (errors, world.seen())
        assert ([], 0) == world.run("up")
        right += 1
    with capsys.disabled():
        print(f"\nreplicas up to {seconds} s late: the first run succeeds in {right} of {RUNS}")


@pytest.mark.parametrize("what", ["after reset", "after 503", "after 404", "after half"])
def test_a_lost_answer_does_not_make_a_second_application(what: str) -> None:
    """The run looks for as long as replicas may lag before it creates again."""
    for seed in range(RUNS):
        world = World("quickstart", delay=30, seed=seed)
        world.run("up", Fault(INSTANTIATE, what, 1))
        errors, _ = world.run("up")
        world.emulator.delay_replication(0)

        assert [] == errors
        assert matrix("quickstart").after["up"] == world.seen()
