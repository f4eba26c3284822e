"""Figures of the page on reliability that can be counted are those of the code and of the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from entra_sync.emulator.graph import ROUTES
from tests.base.hostile import HARMFUL, HOSTILE
from tests.faults.wire import FEW
from tests.scripts import script

PAGE = (Path(__file__).parents[2] / "docs" / "project" / "reliability.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "row",
    [
        f"| requests to each of the {len(ROUTES.routes)} operations of the emulator: paths, options, headers and "
        "bodies drawn at random | 3 for each, 100 others in `make nightly` |",
        f"| answers of Graph with a changed part, or with random bytes instead | {2 * FEW} runs, and "
        f"{FEW} single answers |",
        f"lists of calls, expressions | {len(HOSTILE)} names and random text |",
        f"| {len(HARMFUL)} names in 9 places, 5 commands |",
        f"| mutants of the core that would do harm | {len(list(script('mutation').listed()))}: each noticed |",
    ],
)
def test_the_page_on_reliability_has_the_figure(row: str) -> None:
    assert row in PAGE
