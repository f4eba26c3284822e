"""Each case that public reports and the suites of other tools found wrong has a test."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
LINES = [
    [cell.strip() for cell in line.split(" | ")]
    for line in (TESTS / "judges" / "reports.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def test_every_case_is_named_once_with_its_kind() -> None:
    cases = [case for case, _, _ in LINES]

    assert 30 < len(cases) == len(set(cases))


def test_the_tests_of_every_case_exist() -> None:
    missing = []
    for case, _, tests in LINES:
        for test in tests.split(", "):
            file, _, name = test.partition("::")
            text = (TESTS / file).read_text(encoding="utf-8") if (TESTS / file).exists() else ""
            if not re.search(rf"^def {name}\(", text, re.MULTILINE):
                missing.append((case, test))

    assert [] == missing
