"""The project file at the top of the repository."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.programs.conftest import PROGRAMS, Stack


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project file, beside the program that it names."""
    top = tmp_path / "checkout"
    shutil.copytree(PROGRAMS / "quickstart", top / "programs" / "quickstart")
    shutil.copy(PROGRAMS.parent / "Pulumi.yaml", top)
    return top


def test_top_level_project_previews_the_quickstart(stack: Stack) -> None:
    """`pulumi preview` at the top of a checkout plans the link of the quickstart."""
    stack.configure(groups=stack.groups("Engineering"))

    assert any(call.path.endswith("/instantiate") for step in stack.workspace.planned() for call in step.calls)
