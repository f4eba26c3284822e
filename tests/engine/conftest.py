"""A Pulumi stack of its own for each test: program, policy pack and file backend in the test's temporary directory."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.engine.notes_stack import Stack

HERE = Path(__file__).parent


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """A new stack; the user's own Pulumi settings and state are out of its sight."""
    (tmp_path / "state").mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_BACKEND_URL": f"file://{tmp_path}/state",
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    program = Path(shutil.copytree(HERE / "notes_program", tmp_path / "program"))
    stack = Stack(program, Path(shutil.copytree(HERE / "notes_pack", tmp_path / "pack")), environment)
    stack.use_virtualenv(sys.prefix)
    created = stack.pulumi("stack", "init", "test")
    assert 0 == created.code, created.output
    return stack
