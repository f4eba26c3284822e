"""What the first preview of a link prints, before anything exists."""

from __future__ import annotations

import pytest

from entra_sync.emulator import Emulator
from entra_sync.expressions import ASSUMED
from tests.cli.conftest import configuration, program
from tests.ownership.engine import Stack


def test_what_is_assumed_of_the_template_is_said_once(emulator: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    """In the plan; the schema, which assumes the same, does not repeat it."""
    Stack(emulator, program("quickstart"), configuration(emulator)).preview()
    printed = "".join(capsys.readouterr())

    assert 1 == printed.count(ASSUMED)


def test_each_preview_says_what_it_assumes(emulator: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    """The second one is another run, which remembers nothing of the first."""
    stack = Stack(emulator, program("quickstart"), configuration(emulator))
    for _ in range(2):
        stack.preview()

    assert 2 == "".join(capsys.readouterr()).count(ASSUMED)


def test_a_schema_without_a_link_says_what_it_assumes(emulator: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    """There is no plan that says it."""
    Stack(emulator, program("single_resources"), configuration(emulator)).preview()

    assert ASSUMED in "".join(capsys.readouterr())
