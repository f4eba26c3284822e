"""The list of mutants fits the code: `make nightly` runs them, and an outdated list would run none."""

from __future__ import annotations

from pathlib import Path

from tests.scripts import script

ROOT = Path(__file__).parents[2]


def test_each_mutant_has_its_place_in_the_code() -> None:
    """What a mutant replaces stands in its file once."""
    package = ROOT / "provider" / "entra_sync"
    mutants = list(script("mutation").listed())

    assert mutants
    assert [] == [each.name for each in mutants if (package / each.path).read_text().count(each.old) != 1]


def test_the_tests_of_each_mutant_exist() -> None:
    """A path that has moved would let every mutant pass for noticed."""
    module = script("mutation")
    named = [*(each.tests for each in module.listed()), module.LOOKING]
    paths = {word for tests in named for word in tests.split() if word.startswith("tests/")}

    assert [] == sorted(path for path in paths if not (ROOT / path).exists())


def test_mutants_are_made_by_rule() -> None:
    """A condition is turned round, a comparison moved, a call left out; the text of a message stays."""
    made = {(each.old, each.new) for each in script("mutation").made("base/run/sending.py")}

    assert ("graph.pause(pause)", "pass") in made
    assert ("len(calls) > 1", "len(calls) >= 1") in made
    assert ("len(calls) > 1", "(not (len(calls) > 1))") in made
    assert not [old for old, _ in made if old.startswith(("raise", "TYPE_CHECKING"))]
