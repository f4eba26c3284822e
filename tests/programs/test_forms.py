"""Each program in both forms: in Python, and as the program in YAML that declares the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from entra_sync.cli.project.workspace import Workspace
from tests.programs.conftest import PROGRAMS, Stack
from tests.programs.forms import listed, use_yaml_host
from tests.programs.translated import as_yaml

NOT_TRANSLATED = {"with_pulumi_azuread": "needs azuread's own provider, which the tests do not install"}
TABLE = sorted({path.parent.name for path in PROGRAMS.glob("*/__main__.py")} - NOT_TRANSLATED.keys())


@pytest.mark.parametrize("program", [pytest.param(each, marks=pytest.mark.program(each)) for each in TABLE])
def test_preview_lists_the_same_calls_in_both_forms(
    program: str, stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the same resources."""
    use_yaml_host(monkeypatch)
    config = {
        "groups": stack.groups("Engineering", "Support"),
        "federalGroups": stack.groups("Engineering", tenant="federal"),
    }
    stack.configure(**config)
    (tmp_path / "yaml").mkdir()
    text = as_yaml(PROGRAMS / program, stack.project, {**stack.connections, **config})
    (tmp_path / "yaml" / "Pulumi.yaml").write_text(text)
    other = Workspace(tmp_path / "yaml", tmp_path / "yaml-stack", stack.workspace.environment, stack="test")
    other.init()
    other.configure({})

    assert listed(stack.workspace.planned()) == listed(other.planned())
