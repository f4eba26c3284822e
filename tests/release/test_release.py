"""What a release is made of: notes, workflows, and the emulator's image."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from tests.scripts import script

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SECTION = "## 0.2.0 (2027-01-31)\n\n- One.\n\n## 0.1.0 (2026-12-01)\n\n- Two.\n"


def test_the_notes_of_a_release_are_its_section_of_the_changelog() -> None:
    """Up to the next heading."""
    notes = script("release_notes").notes

    assert "- One.\n" == notes("0.2.0", SECTION, "0.2.0")
    assert "- Two.\n" == notes("0.1.0", SECTION, "0.1.0")


@pytest.mark.parametrize(
    ("changelog", "packaged", "message"),
    [
        (SECTION, "0.1.0", "the tag says 0.2.0, pyproject.toml says 0.1.0; change one of them"),
        ("## 0.2.0 (unreleased)\n", "0.2.0", 'no heading "## 0.2.0 (YYYY-MM-DD)"; give the release its date'),
        ("", "0.2.0", 'no heading "## 0.2.0 (YYYY-MM-DD)"; give the release its date'),
    ],
)
def test_a_release_that_does_not_fit_is_refused(changelog: str, packaged: str, message: str) -> None:
    """Before anything is built."""
    with pytest.raises(ValueError, match=re.escape(message)):
        script("release_notes").notes("0.2.0", changelog, packaged)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_names_files_and_jobs_that_exist_and_asks_for_no_more_than_reading(path: Path) -> None:
    """Each job of a release that writes asks for that itself."""
    workflow = yaml.safe_load(path.read_text())
    jobs = workflow["jobs"]
    commands = "\n".join(step.get("run", "") for job in jobs.values() for step in job.get("steps", ()))
    files = re.findall(r"(?<!: )((?:scripts|docker|\.ci)/[\w./-]+)", path.read_text())
    local = [job["uses"] for job in jobs.values() if job.get("uses", "").startswith("./")]

    assert [] == [file for file in [*files, *local] if not (ROOT / file).exists()]
    assert set() == {need for job in jobs.values() for need in _listed(job.get("needs", []))} - set(jobs)
    assert "read" == workflow["permissions"]["contents"]
    assert "${{ github.event" not in commands, "a text of the event would run as a command"


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def test_the_image_copies_files_that_exist_and_runs_a_command_that_exists() -> None:
    """The build context lists exactly what the image needs; no Docker daemon is asked."""
    from entra_sync.cli import app, commands

    lines = re.sub(r"\\\n\s*", "", (ROOT / "docker" / "Dockerfile").read_text()).splitlines()
    copied = [
        name for line in lines if line.startswith("COPY ") and "--from" not in line for name in shlex.split(line)[1:-1]
    ]
    allowed = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] == "!"}
    [command] = [yaml.safe_load(line.removeprefix("CMD ")) for line in lines if line.startswith("CMD ")]
    commands.register(app)
    help_text = CliRunner().invoke(app, [command[0], "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).output

    assert [] == [name for name in copied if not (ROOT / name).exists()]
    assert set(copied) == allowed
    assert [] == [option for option in command if option.startswith("--") and option not in help_text]
    assert "USER 1000:1000" in lines


def test_the_compose_file_keeps_the_emulator_local_and_its_paths_valid_on_the_host() -> None:
    """The state has the same path inside and outside; nothing is published."""
    compose = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())
    emulator = compose["services"]["emulator"]
    [volume] = emulator["volumes"]

    assert "host" == emulator["network_mode"]
    assert "ports" not in emulator
    assert volume.partition(":")[0] == volume.partition(":")[2] == emulator["command"][2]
    assert (ROOT / emulator["build"]["dockerfile"]).is_file()
