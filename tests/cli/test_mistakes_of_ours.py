"""A mistake of this package ends a command with Python's own lines and a request to report it, not as an answer."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import Enum
from errno import ENOSPC
from importlib.metadata import version
from os import strerror
from pathlib import Path
from typing import Any

import pytest

from entra_sync.cli import main
from entra_sync.operate import links
from entra_sync.operate.links import ExistingLink
from entra_sync.operate.status import read_status

JSON = Any


class Kind(Enum):
    """A key of a table of ours."""

    JOB = "job"


class Job:
    """An object of ours."""


def function(job: str) -> str:
    """Takes one argument."""
    return job


def no_job(job: Job) -> None:
    """States what is not true."""
    assert job is None


def schedule(job: JSON) -> JSON:
    """Reads a property of an answer."""
    return job["schedule"]


def full_disk() -> None:
    """Fails as a write to a full disk does."""
    raise OSError(ENOSPC, strerror(ENOSPC), "plan.json")


OURS: dict[str, Callable[[], JSON]] = {
    "a name that does not exist": lambda: missing,  # type: ignore[name-defined]  # noqa: F821
    "an attribute that an object of ours lacks": lambda: Job().state,  # type: ignore[attr-defined]
    "an attribute that a module lacks": lambda: links.missing,  # type: ignore[attr-defined]
    "an argument that a function does not have": lambda: function(state="x"),  # type: ignore[call-arg]
    "an argument that is missing": lambda: function(),  # type: ignore[call-arg]
    "an argument too many": lambda: function("x", "y"),  # type: ignore[call-arg]
    "a key of ours that a table lacks": lambda: {}[Kind.JOB],
    "a statement that is not true": lambda: no_job(Job()),
}
OF_ANSWERS: dict[str, Callable[[], JSON]] = {
    "a property that is missing": lambda: schedule({"id": "x"}),
    "a text in place of an object": lambda: schedule("x"),
    "null in place of an object": lambda: None.get("schedule"),  # type: ignore[attr-defined]
    "null in place of a list": lambda: list(None),  # type: ignore[call-overload]
    "an empty list": lambda: [][0],
    "a text in place of a number": lambda: int("x"),
    "a number of zero": lambda: 1 // 0,
}


@pytest.fixture
def status(
    connected: None, link_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[Callable[[], JSON]], str]:
    """Runs ``entra-sync status``, which asks the tenant and then does what a function does; returns what it tells."""

    def ending(act: Callable[[], JSON]) -> str:
        def read(link: ExistingLink) -> JSON:
            read_status(link)
            return act()

        monkeypatch.setattr("entra_sync.operate.status.read_status", read)
        monkeypatch.setattr(sys, "argv", ["entra-sync", "status", "--link", str(link_file)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert 2 == ended.value.code
        return capsys.readouterr().err

    return ending


@pytest.mark.parametrize("mistake", OURS.values(), ids=OURS)
def test_a_mistake_of_ours_asks_for_a_report(mistake: Callable[[], JSON], status: Callable[..., str]) -> None:
    """Python's own lines come first, because a report needs them."""
    told = status(mistake)

    assert told.startswith("Traceback (most recent call last):")
    assert told.endswith(
        f"error: this is a mistake in entra-sync {version('pulumi-entra-sync')}, not in your program or tenant; report "
        "it with the lines above\n"
    )


@pytest.mark.parametrize("surprise", OF_ANSWERS.values(), ids=OF_ANSWERS)
def test_an_answer_of_another_form_is_one_line(surprise: Callable[[], JSON], status: Callable[..., str]) -> None:
    (told,) = status(surprise).splitlines()

    assert told.startswith("error: tenant contoso (global): an answer of Microsoft Graph is not as documented (")


def test_what_the_operating_system_refuses_is_one_line_with_the_file(status: Callable[..., str]) -> None:
    """A full disk, or a directory without permission, is no mistake of ours."""
    assert "error: plan.json: No space left on device\n" == status(full_disk)
