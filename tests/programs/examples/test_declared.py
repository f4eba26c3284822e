"""What the programs declare, without an engine; `tests/policies/test_on_the_engine.py` runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

JSON = Any
ROOT = Path(__file__).parents[3]
PROGRAMS = sorted(path.parent for path in ROOT.glob("programs/*/__main__.py"))


@cache
def declared(program: str) -> list[dict[str, JSON]]:
    """The resources of a program, with their known inputs."""
    command = [sys.executable, "-m", "tests.programs.examples.declared", f"programs/{program}"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert 0 == finished.returncode, finished.stderr
    found: list[dict[str, JSON]] = json.loads(finished.stdout)
    return found


def inputs(program: str, kind: str) -> list[dict[str, JSON]]:
    """The inputs of its resources of one kind."""
    return [each["inputs"] for each in declared(program) if each["type"] == kind]


def test_china_gets_guests_without_withheld_attributes() -> None:
    """Each of them is removed from the schema."""
    [schema] = inputs("commercial_to_china", "SynchronizationSchema")
    rows = {row["target"]: row for row in schema["mappings"]}
    removed = {target for target, row in rows.items() if row.get("apply") == "never"}

    assert '"Guest"' == rows["userType"]["source"]
    assert {"telephoneNumber", "employeeId", "streetAddress", "postalCode", "city", "state"} <= removed


def test_both_ways_declares_each_shared_setting_once() -> None:
    """Two jobs, one partner entry and one allowed cloud in each tenant."""
    kinds = Counter(each["type"] for each in declared("both_ways"))

    assert 2 == kinds["SynchronizationJob"] == kinds["IdentitySynchronization"]
    assert 2 == kinds["CrossTenantPartner"] == kinds["AllowedCloudEndpoint"]
    for partner in inputs("both_ways", "CrossTenantPartner"):
        assert {"inboundAllowed": True, "outboundAllowed": True} == partner["automaticUserConsentSettings"]


def test_a_staged_rollout_begins_paused_with_its_first_group() -> None:
    """Until the stage is changed."""
    [schedule] = inputs("staged_rollout", "SynchronizationSchedule")
    [assignments] = inputs("staged_rollout", "AppRoleAssignments")

    assert schedule["enabled"] is False
    assert 1 == len(assignments["principals"])


def test_a_group_of_azuread_is_the_scope_of_a_link() -> None:
    """By its object id; azuread's own package is not needed to show that."""
    [group] = inputs("with_pulumi_azuread", "Group")
    [assignments] = inputs("with_pulumi_azuread", "AppRoleAssignments")

    assert [group["object_id"]] == [principal["id"] for principal in assignments["principals"]]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_a_program_can_be_copied(program: Path) -> None:
    """It has its requirements, its own environment, and a README of about ten lines."""
    settings = yaml.safe_load((program / "Pulumi.yaml").read_text())
    readme = (program / "README.md").read_text()

    assert {"name": "python", "options": {"virtualenv": ".venv"}} == settings["runtime"]
    assert "pulumi-entra-sync" in (program / "requirements.txt").read_text()
    assert len(readme.splitlines()) <= 25
    assert "pulumi install" in readme
