"""One program in two forms: dynamic resources in Python, and the packaged provider in another language."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from entra_sync.base.preview import Step
from entra_sync.cli.project.workspace import Workspace
from tests.programs.conftest import Stack, copied
from tests.scripts import script

JSON = Any


def yaml_host() -> Path:
    """The directory of the language host for YAML; without one the test is skipped."""
    language_hosts = script("language_hosts")

    try:
        found: Path = language_hosts.yaml_host(Path(sys.executable).parent / "pulumi")
    except language_hosts.engine.EngineError as error:
        pytest.skip(str(error))
    return found


def use_yaml_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts the language host for YAML on PATH; without one the test is skipped."""
    monkeypatch.setenv("PATH", f"{yaml_host()}{os.pathsep}{os.environ['PATH']}")


def named(stack: Stack) -> dict[str, JSON]:
    """The tenants as the program in YAML has them."""
    return {name: {"name": name, **connection} for name, connection in stack.connections.items()}


def in_python(project: Path) -> None:
    """Makes *project* the same link in Python, which says nothing of the mappings that it keeps either."""
    main = copied("quickstart", project) / "__main__.py"
    only = (
        'entra.Mappings([entra.AttributeMapping(target="displayName", source=\'Append([displayName], " (Contoso)")\')])'
    )
    text, found = re.subn(r"entra\.defaults\(.*?\)\s+\.replace\(.*\)\n", f"{only}\n", main.read_text())
    assert 1 == found
    main.write_text(text)


def planned_in_python(link: Stack, directory: Path) -> list[Step]:
    """What a preview of the same link in Python lists."""
    in_python(directory / "python")
    workspace = Workspace(directory / "python", directory / "python-stack", link.workspace.environment, stack="test")
    workspace.init()
    values = {**link.connections, "groups": link.groups("Engineering", "Support")}
    workspace.configure({f"quickstart:{name}": value for name, value in values.items()})
    return workspace.planned()


def listed(steps: list[Step]) -> dict[str, JSON]:
    """The calls of each resource; the name of the stack, which the record of the link holds, is left out."""
    found = {}
    for step in steps:
        calls = json.dumps([asdict(call) for call in step.calls], sort_keys=True)
        found[step.title] = said(json.loads(re.sub(r"stack=[\w-]+/test", "stack=", calls)))
    return found


def said(value: JSON) -> JSON:
    """*value* with the mappings that the program says something about, by the names of all languages.

    A program in Python starts from the default mappings, and says of each row which properties are its own.
    """
    if isinstance(value, list):
        return [said(each) for each in value]
    if isinstance(value, str):
        return re.sub(r"mappings\[\d+\]", "mappings[]", value)
    if not isinstance(value, dict):
        return value
    found = {key: said(each) for key, each in value.items() if key != "declared"}
    if isinstance(value.get("mappings"), list):
        found["mappings"] = [said(each) for each in value["mappings"] if each.get("declared") != []]
    return found
