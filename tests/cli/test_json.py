"""The JSON contracts page: it lists the keys that the commands print, no more and no fewer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from entra_sync.operate import logs
from tests.cli.commands import answer
from tests.cli.conftest import ROOT, Patient

PAGE = (ROOT / "docs" / "reference" / "json.md").read_text()


def keys(heading: str) -> list[str]:
    """The keys that a section of the page lists, in its order."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", section, re.MULTILINE)
    return [key for row in rows for key in re.findall(r"`(\w+)`", row)]


def test_doctor(patient: Patient) -> None:
    """Every finding has every key."""
    found = answer("doctor")

    assert [keys("`doctor`")] * len(found) == [list(each) for each in found]


def test_status(link_file: Path) -> None:
    """Of a link that runs."""
    (found,) = answer("status", "--link", str(link_file))

    assert keys("`status`") == list(found)


@pytest.mark.parametrize("action", ["pause", "resume"])
def test_actions(link_file: Path, action: str) -> None:
    """Whether something was sent."""
    found = answer(action, "--link", str(link_file), "--yes")

    assert keys("`restart`, `pause`, `resume`") == list(found)


def test_permissions(patient: Patient) -> None:
    """One object for each tenant."""
    found = answer("permissions")

    assert [keys("`permissions`")] * 2 == [list(each) for each in found]


@pytest.mark.parametrize(("name", "columns"), [("provisioning", logs.PROVISIONING), ("audit", logs.AUDIT)])
def test_logs(name: str, columns: tuple[str, ...]) -> None:
    """The same columns as in a table or CSV file."""
    row = re.search(rf"^\| {name} \| (.*) \|$", PAGE, re.MULTILINE)

    assert row is not None and list(columns) == re.findall(r"`(\w+)`", row[1])
