"""Each rule: what passes, what is reported and in which words, what is not known yet, what configuration changes."""

import pytest

from entra_guard import POLICIES
from entra_sync.base.kinds import DYNAMIC, PACKAGED
from tests.policies.cases import CASES
from tests.policies.harness import Case, in_form, messages

KINDS = {"passes", "reported", "unknown", "configured"}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule_says(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the case expects, word for word, of dynamic resources and of those of the packaged provider."""
    for name, value in case.environment.items():
        monkeypatch.setenv(name, value)

    for form in (DYNAMIC, PACKAGED):
        assert list(case.expected) == messages(in_form(case, form))


@pytest.mark.parametrize("rule", [rule.name for rule in POLICIES])
def test_rule_is_tried_in_every_way(rule: str) -> None:
    """Passing, reported with its message, unknown in a preview, and by configuration."""
    cases = [case for case in CASES if case.rule == rule]

    assert KINDS == {case.kind for case in cases}
    assert all(case.expected for case in cases if case.kind == "reported")
    assert not any(case.expected for case in cases if case.kind == "passes")


def test_names_are_unique() -> None:
    """Configuration finds a rule by its name."""
    names = [rule.name for rule in POLICIES]

    assert len(set(names)) == len(names)
