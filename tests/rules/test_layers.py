"""The layers that pyproject.toml draws are those of the code."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "provider" / "entra_sync"
MOST = 14
"""Entries of a folder."""
META = {"__init__.py", "__init__.pyi", "py.typed"}
"""What tells Python that a folder is a package."""
PINNED = {"resources"}
"""State names the modules in it, so they stay where they are."""


def test_no_import_points_upwards() -> None:
    """Every contract of ``[tool.importlinter]`` is kept, imports for type checkers included."""
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)

    assert 0 == run.returncode, run.stdout
    assert " 0 broken." in run.stdout


def entries_of(folder: Path) -> set[str]:
    """Files of a folder, and folders that hold a module or a file of the package.

    Git leaves a folder behind that holds only what Python compiled, after its modules were moved.
    """
    kept = (path for path in folder.rglob("*") if not path.is_dir() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).parts[0] for path in kept} - META


def test_a_folder_that_holds_no_file_of_the_package_is_not_counted(tmp_path: Path) -> None:
    """Only what Python compiled is left in one; the other one holds a module further down."""
    for file in ("left/__pycache__/a.pyc", "__pycache__/b.pyc", "kept/below/c.py", "kept/below/d.json", "e.py"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()

    assert {"kept", "e.py"} == entries_of(tmp_path)


def test_a_folder_shows_about_a_dozen_entries_at_most() -> None:
    """A reader sees what a folder is made of; one that outgrows this is two folders."""
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    entries = {str(folder.relative_to(PACKAGE)): entries_of(folder) for folder in folders}

    assert {} == {name: sorted(found) for name, found in entries.items() if len(found) > MOST and name not in PINNED}


def test_what_an_unchanged_preview_starts_leaves_slow_packages_alone() -> None:
    """A program and the policy pack plan nothing and ask nothing: Polars and the sign-in would double their start."""
    program = (
        "import sys, entra_sync.program.link as link, entra_guard;"
        " print({'polars', 'azure.identity', 'httpx'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert "set()" == run.stdout.strip(), run.stderr


def test_what_runs_in_a_provider_prints_only_by_say() -> None:
    """The engine shows each printed line of a dynamic provider twice, and none of the packaged one."""
    parts = ("base", "errors", "expressions", "graph", "impact", "licensing", "microsoft", "program", "resources")
    elsewhere = {"base/notes.py", "program/packaged/__main__.py"}
    files = [path for part in parts for path in (PACKAGE / part).rglob("*.py")]
    printing = {
        str(path.relative_to(PACKAGE))
        for path in files
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }

    assert elsewhere == printing
