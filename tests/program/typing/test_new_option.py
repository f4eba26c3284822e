"""A new option of a link is one field and its use: two are tried in a copy of the package."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("new option")
JSON = Any
ROOT = Path(__file__).parents[3]
PLANNED = """    grace_days: int = Field(default=7, description="Days that a trial waits.")\n"""
"""An option that the program, the plan and the link file share."""
OWN = """    cost_center: str | None = Field(default=None, description="Cost center that pays for a trial.")\n"""
"""An option that only the component has."""
DECLARED = {
    "provider/entra_sync/impact/facts/declaration.py": ("class Declaration(", PLANNED),
    "provider/entra_sync/program/link_arguments.py": ("    @model_validator(", OWN),
}
"""The one place of each: the file, and what follows the fields."""
PROGRAM = """
import inspect, json, sys
from pathlib import Path

import pulumi
from pulumi.runtime import mocks

import entra_sync as entra
from entra_sync.environment import Environment
from entra_sync.program.packaged.schema import package_schema
from entra_sync.program.packaged.serving import resource_classes
from entra_sync.resources import link_impact

sys.path.insert(0, str(Path("scripts/pages").resolve()))
import reference_pages


class Mocks(mocks.Mocks):
    def new_resource(self, args):
        return "", dict(args.inputs)

    def call(self, args):
        return {}


pulumi.runtime.set_mocks(Mocks())
one, other = (f"00000000-0000-4000-8000-00000000000{number}" for number in (1, 2))
link = entra.CrossCloudLink(
    "link",
    source=entra.Tenant("contoso", tenant_id=one, cloud="global"),
    target=entra.Tenant("federal", tenant_id=other, cloud="usgov"),
    scope=[],
    grace_days=3,
    cost_center="42",
)
arguments = link.impact.declared
link_impact._leave(None, arguments, Environment(links=Path("links")))
(left,) = Path("links").iterdir()
described = package_schema(resource_classes())["resources"]
inputs = {token.split(":")[-1]: each["inputProperties"] for token, each in described.items()}
parameters = inspect.signature(entra.CrossCloudLink).parameters
print(
    json.dumps(
        {
            "program": [str(parameters[name]) for name in ("grace_days", "cost_center")],
            "plan": link_impact._declared(None, arguments).grace_days,
            "link file": json.loads(left.read_text())["graceDays"],
            "schema": [inputs[kind]["graceDays"] for kind in ("CrossCloudLink", "LinkImpact")],
            "own schema": inputs["CrossCloudLink"]["costCenter"],
            "page": [row for row in reference_pages.link().splitlines() if "trial" in row],
        }
    )
)
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with one more field in each list of options, and with what is made from them."""
    copy = tmp_path_factory.mktemp("checkout")
    for folder in ("provider/entra_sync", "policies/entra_guard", "scripts"):
        shutil.copytree(ROOT / folder, copy / folder, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    for file, (below, field) in DECLARED.items():
        before, mark, after = (copy / file).read_text().partition(below)
        blank = "\n" * (len(before) - len(before.rstrip()))
        (copy / file).write_text(f"{before.rstrip()}\n{field.rstrip()}{blank}{mark}{after}")
    run(copy, "scripts/argument_types.py")
    return copy


def run(copy: Path, *command: str) -> str:
    """What a command of Python prints in the copy."""
    environment = {**os.environ, "PYTHONPATH": f"{copy / 'provider'}:{copy / 'policies'}", "COLUMNS": "200"}
    finished = subprocess.run([sys.executable, *command], cwd=copy, env=environment, capture_output=True, text=True)
    assert 0 == finished.returncode, finished.stderr
    return finished.stdout


def test_everything_knows_a_new_option(copy: Path) -> None:
    """The program with its type and default, the plan, the link file, the schema of the packages, and the page."""
    known: JSON = json.loads(run(copy, "-c", PROGRAM))
    planned = {"type": "integer", "description": "Days that a trial waits.", "default": 7}

    assert ["grace_days: 'pulumi.Input[int]' = 7", "cost_center: 'pulumi.Input[str] | None' = None"] == known["program"]
    assert (3, 3) == (known["plan"], known["link file"])
    assert [planned, planned] == known["schema"]
    assert {"type": "string", "description": "Cost center that pays for a trial."} == known["own schema"]
    assert [
        "| `grace_days` | `Input[int]` | `7` | Days that a trial waits. |",
        "| `cost_center` | `Input[str]` | `None` | Cost center that pays for a trial. |",
    ] == known["page"]


def test_one_place_is_written_by_hand(copy: Path) -> None:
    """Every other difference from this checkout is between the marks of what a script makes."""

    def by_hand(path: Path) -> str:
        return re.sub(r"# made by scripts/argument_types.*?# until here", "", path.read_text(), flags=re.DOTALL)

    files = [path.relative_to(copy) for path in sorted(copy.rglob("*.py"))]
    different = {str(file): by_hand(copy / file) for file in files if by_hand(copy / file) != by_hand(ROOT / file)}

    assert DECLARED.keys() == different.keys()
    for file, (_, field) in DECLARED.items():
        assert different[file].replace(field, "") == by_hand(ROOT / file)
