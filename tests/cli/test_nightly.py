"""The jobs of docs/guide/nightly.md are YAML, and their commands have the options that they use."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from entra_sync.cli import app
from tests.cli import commands

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "nightly.md"
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
LINES = sorted(set(re.findall(r"entra-sync (?:drift|status|doctor)[^\n`>]*", PAGE.read_text())))

assert commands


def test_there_is_a_job_for_each_service() -> None:
    """GitHub, Azure DevOps and GitLab, each valid YAML."""
    jobs = [yaml.safe_load(block) for block in BLOCKS]

    assert 3 == len(jobs)
    assert all("entra-sync drift" in block and "entra-sync status" in block for block in BLOCKS)


@pytest.mark.parametrize("line", LINES)
def test_a_command_has_the_options_that_the_page_uses(line: str) -> None:
    """A renamed option would break the jobs."""
    name, *arguments = shlex.split(line)[1:]
    command = get_command(app).commands[name]  # type: ignore[attr-defined]
    known = {option for parameter in command.params for option in parameter.opts}

    assert set() == {each for each in arguments if each.startswith("--")} - known
