"""Each program in both forms: in Python, and as the program in YAML that declares the same."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from entra_sync.cli.project.workspace import Workspace
from tests.cli.commands import run
from tests.programs.conftest import PROGRAMS, Stack
from tests.programs.packaged.forms import listed, use_yaml_host
from tests.programs.packaged.translated import as_yaml

NOT_TRANSLATED = {"with_pulumi_azuread": "needs azuread's own provider, which the tests do not install"}
POLICIES = PROGRAMS.parent / "policies"
READERS = {
    "calls": ("{preview}", "--json"),
    "impact": ("--link", "{link}", "--people", "--no-cache", "--json"),
    "why": ("{person}", "--link", "{link}", "--json"),
    "comment": (
        *("--program", "{program}", "--stack", "test"),
        *("--policy-pack", str(POLICIES), "--policy-config", "{policies}"),
    ),
}
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


def test_policies_and_commands_say_the_same_of_both_forms(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a link whose scope gets smaller: users leave, and the strict policies refuse the change."""
    use_yaml_host(monkeypatch)
    stack.configure(groups=stack.groups("Engineering", "Support"))
    stack.made()
    stack.emulator.run_cycle()
    config = {"groups": stack.groups("Support"), "allow": ["removed"]}
    stack.configure(**config)
    program = stack.selected(monkeypatch)
    other = tmp_path / "yaml"
    other.mkdir()
    text = as_yaml(PROGRAMS / "quickstart", stack.project, {**stack.connections, **config})
    (other / "Pulumi.yaml").write_text(text)
    shutil.copy(stack.workspace.config_file, other)
    members = f"/v1.0/groups/{stack.groups('Engineering')[0]}/members/microsoft.graph.user?$select=userPrincipalName"
    person = next(iter(stack.graphs["contoso"].pages(members)))["userPrincipalName"]
    said: list[dict[str, tuple[int, str]]] = []
    for project in (program, other):
        links = project / "links"
        environment = {**stack.workspace.environment, "ENTRA_SYNC_LINKS": str(links)}
        workspace = Workspace(project, stack.workspace.directory, environment, stack="test")
        preview = tmp_path / "preview.json"
        preview.write_text(json.dumps(workspace.plan()))
        values = {
            "preview": preview,
            "program": project,
            "link": next(links.glob("*.json")),
            "person": person,
            "policies": POLICIES / "configurations" / "strict-government.json",
        }
        ended = {
            name: run(name, *(each.format_map(values) for each in arguments)) for name, arguments in READERS.items()
        }
        varies = re.compile(rf"{re.escape(str(project))}|[0-9-]{{10}} [0-9:]{{5}} UTC")
        said.append({name: (each.exit_code, varies.sub("", each.stdout)) for name, each in ended.items()})
    in_python, in_yaml = said

    assert in_python == in_yaml
    assert {"calls": 0, "impact": 0, "why": 0, "comment": 3} == {name: code for name, (code, _) in in_python.items()}
    assert "mandatory failed" in in_python["comment"][1]
