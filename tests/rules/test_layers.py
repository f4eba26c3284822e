"""The layers that pyproject.toml draws are those of the code."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "provider" / "entra_sync"
MOST = 14
"""Entries of a folder."""
META = {"__init__.py", "__init__.pyi", "py.typed", "__pycache__"}
"""What tells Python that a folder is a package, and what Python leaves in it."""
PINNED = {"resources"}
"""State names the modules in it, so they stay where they are."""


def test_no_import_points_upwards() -> None:
    """Every contract of ``[tool.importlinter]`` is kept, imports for type checkers included."""
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)

    assert 0 == run.returncode, run.stdout
    assert " 0 broken." in run.stdout


def test_a_folder_shows_about_a_dozen_entries_at_most() -> None:
    """A reader sees what a folder is made of; one that outgrows this is two folders."""
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    entries = {str(folder.relative_to(PACKAGE)): {path.name for path in folder.iterdir()} - META for folder in folders}

    assert {} == {name: sorted(found) for name, found in entries.items() if len(found) > MOST and name not in PINNED}


def test_what_an_unchanged_preview_starts_leaves_slow_packages_alone() -> None:
    """A program and the policy pack plan nothing and ask nothing: Polars and the sign-in would double their start."""
    program = (
        "import sys, entra_sync.program.link as link, entra_guard;"
        " print({'polars', 'azure.identity', 'httpx'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert "set()" == run.stdout.strip(), run.stderr
