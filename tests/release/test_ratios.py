"""The check of the benchmarks' ratios: `make nightly` fails if one gets worse by more than a third."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.scripts import script

ROOT = Path(__file__).parents[2]
RECORDED = {"floor": {"no-op preview": 1.5}, "policies": {"with a pack": 1.2, "with no rule": 1.1}}


def test_the_ratios_of_a_benchmark_are_read_from_what_it_prints() -> None:
    """Their names hold no figure that changes from run to run; lines without a ratio are left out."""
    text = (
        "preview of 200 resources without a pack: 9.8 s\n"
        "with entra-guard: 14.1 s, ratio 1.44\n"
        "no-op preview of the link: 2.78 s; of do-nothing resources: 1.79 s; ratio 1.55\n"
    )

    assert {"with entra-guard": 1.44, "no-op preview of the link": 1.55} == script("ratios").printed(text)


def test_a_third_is_allowed_and_more_is_told() -> None:
    """Better ratios and those within the third are fine."""
    fine = {"floor": {"no-op preview": 2.0}, "policies": {"with a pack": 0.9, "with no rule": 1.1}}
    slow = {**fine, "floor": {"no-op preview": 2.1}}

    assert [] == script("ratios").worsened(RECORDED, fine)
    assert ["floor: no-op preview: ratio 2.10, recorded 1.50: 40% worse"] == script("ratios").worsened(RECORDED, slow)


def test_a_ratio_of_counts_may_not_grow_at_all() -> None:
    """A request more is not the machine's noise; one less is fine."""
    recorded = {"calls": {"one link, up": 1.5}}

    assert [] == script("ratios").worsened(recorded, {"calls": {"one link, up": 1.48}})
    assert ["calls: one link, up: ratio 1.52, recorded 1.50: 1% worse"] == script("ratios").worsened(
        recorded, {"calls": {"one link, up": 1.52}}
    )


def test_a_ratio_of_rates_may_not_fall_by_more() -> None:
    """The emulator's answers a second beside those of a bare route: fewer are worse."""
    recorded = {"emulator": {"GET one": 0.8}}

    assert [] == script("ratios").worsened(recorded, {"emulator": {"GET one": 0.61}})
    assert [] == script("ratios").worsened(recorded, {"emulator": {"GET one": 2.0}})
    assert ["emulator: GET one: ratio 0.40, recorded 0.80: 100% worse"] == script("ratios").worsened(
        recorded, {"emulator": {"GET one": 0.4}}
    )


def test_a_ratio_that_was_not_measured_is_told() -> None:
    """Otherwise a renamed figure would never be checked again."""
    measured = {"floor": {"no-op preview": 1.5}, "policies": {"with a pack": 1.2}}

    assert ["policies: with no rule: the benchmark printed no ratio; recorded is 1.10"] == script("ratios").worsened(
        RECORDED, measured
    )


@pytest.mark.parametrize(("ratio", "code"), [(1.9, 0), (2.1, 1)])
def test_the_exit_code_says_whether_one_got_worse(
    ratio: float, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``--record`` records what was measured, without ratios of too few digits, and leaves other benchmarks."""
    module = script("ratios")
    record, figures = tmp_path / "ratios.json", tmp_path / "floor.txt"
    record.write_text(json.dumps(RECORDED))
    figures.write_text(f"no-op preview: 2.8 s; ratio {ratio}\npulse: 0.01 ms, ratio 0.01\n")
    monkeypatch.setattr(module, "RECORD", record)

    monkeypatch.setattr(sys, "argv", ["ratios.py", "--from", str(figures)])
    assert code == module.main()
    monkeypatch.setattr(sys, "argv", ["ratios.py", "--record", "--from", str(figures)])
    assert 0 == module.main()

    assert {**RECORDED, "floor": {"no-op preview": ratio}} == json.loads(record.read_text())


def test_each_recorded_benchmark_is_there() -> None:
    """A record of a benchmark that is gone would check nothing."""
    recorded = json.loads(script("ratios").RECORD.read_text())

    assert recorded
    assert [] == [name for name in recorded if not (ROOT / "benchmarks" / f"{name}.py").is_file()]
    assert [] == [name for name, ratios in recorded.items() if not ratios]
