"""The layers that pyproject.toml draws are those of the code."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_no_import_points_upwards() -> None:
    """Every contract of ``[tool.importlinter]`` is kept, imports for type checkers included."""
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)

    assert 0 == run.returncode, run.stdout
    assert " 0 broken." in run.stdout
