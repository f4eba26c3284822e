"""Tests that share something costly stay together: they have a group, and one process runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TESTS = """
import pytest

@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(8))
def test_it(number, worker_id):
    with open("workers.txt", "a") as file:
        print(worker_id, file=file)
"""


def test_one_process_runs_the_tests_of_a_group(tmp_path: Path) -> None:
    """As `make test` shares them out."""
    (tmp_path / "test_it.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert 0 == done.returncode, done.stdout
    workers = (tmp_path / "workers.txt").read_text().split()
    assert 8 == len(workers)
    assert 1 == len(set(workers))
