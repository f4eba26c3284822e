"""The packaged provider: a program in YAML, on the real engine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from entra_sync.base.kinds import PACKAGED
from entra_sync.cli.project.workspace import engine
from entra_sync.graph.paths import PARTNERS
from entra_sync.graph.requests import Request
from entra_sync.operate.picture import drawn, links_in
from entra_sync.operate.project.program import Program
from entra_sync.operate.project.purpose import Purpose
from entra_sync.operate.project.requirements import Need, needs
from tests.cli.commands import answer
from tests.programs.conftest import Stack, copied
from tests.programs.packaged.forms import in_python, named, use_yaml_host

JSON = Any
pytestmark = pytest.mark.program("quickstart_yaml")


@pytest.fixture(autouse=True)
def yaml_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine finds the language host for YAML."""
    use_yaml_host(monkeypatch)


@pytest.fixture
def link(stack: Stack) -> Stack:
    """The program, configured: a tenant has a name in its own configuration."""
    stack.configure(**named(stack), groups=stack.groups("Engineering", "Support"))
    return stack


def unordered(found: Iterable[Need]) -> set[tuple[str, str, frozenset[str]]]:
    """Permissions and their reasons; the engine lists resources in no fixed order."""
    return {(each.tenant, each.permission, frozenset(each.operations)) for each in found}


def test_a_link_in_yaml(link: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up sends what preview lists, nothing is left to do afterwards, and a destroy leaves nothing.

    Commands about the program and the stack find the link. `test_forms.py` holds the lists of both forms against each
    other.
    """
    program = Program(link.selected(monkeypatch), link.workspace.stack, engine())
    in_python(tmp_path / "python")
    config = {"groups": link.groups("Engineering", "Support"), **link.connections}
    same = Program(tmp_path / "python").declared(
        {f"quickstart:{key}": json.dumps(each) for key, each in config.items()}
    )
    asked = len(link.emulator.requests)
    declared = program.declared()
    assert asked == len(link.emulator.requests), "what a program declares is learned without a look at a tenant"
    for purpose in Purpose:
        assert unordered(needs(same, purpose)) == unordered(needs(declared, purpose)), purpose
    assert drawn(links_in(same)) == drawn(links_in(declared))
    link.up()
    link.emulator.run_cycle()
    requests = len(link.emulator.requests)
    again = link.workspace.up()

    assert "14 unchanged" in again.output
    assert requests == len(link.emulator.requests), "an unchanged program asks Graph nothing"
    refreshed = link.workspace.refresh()
    assert 0 == refreshed.code, refreshed.output
    assert [] == link.workspace.planned()

    state = json.dumps(link.workspace.export())
    assert "__provider" not in state
    assert not any(tenant.client_secret in state for tenant in link.emulator.tenants.values())
    arguments = ("--program", str(program.directory), "--stack", link.workspace.stack)
    (found,) = answer("status", *arguments)
    assert ("contoso-to-federal", "federal") == (found["link"], found["target"])
    assert {"drift": [], "violations": []} == answer("drift", *arguments)
    link.destroy()
    assert [] == list(link.graphs["contoso"].pages("/v1.0/policies/crossTenantAccessPolicy/partners"))


def test_a_link_in_yaml_is_renamed_and_keeps_its_objects(link: Stack) -> None:
    """By its former name among its aliases: nothing is created or deleted."""
    link.workspace.up().raise_for_code()
    writes = len(link.emulator.requests.writes)
    file = link.workspace.project / "Pulumi.yaml"
    program = yaml.safe_load(file.read_text())
    declared = program["resources"].pop("contoso-to-federal")
    program["resources"]["renamed"] = {**declared, "options": {"aliases": [{"name": "contoso-to-federal"}]}}
    del program["outputs"]
    file.write_text(yaml.safe_dump(program))

    assert {"same", "update"} >= set(link.workspace.plan()["changeSummary"])
    link.workspace.up().raise_for_code()
    assert {"PATCH"} >= {request.method for request in link.emulator.requests.writes[writes:]}
    link.destroy()


def test_two_links_in_one_program(link: Stack) -> None:
    """Of the same tenants: they share partners and clouds, and each has a job of its own."""
    file = link.workspace.project / "Pulumi.yaml"
    program = yaml.safe_load(file.read_text())
    first = program["resources"]["contoso-to-federal"]
    first["properties"]["scope"] = [{"kind": "Group", "id": "${groups[0]}"}]
    second = {**first["properties"], "scope": [{"kind": "Group", "id": "${groups[1]}"}]}
    program["resources"]["support"] = {"type": first["type"], "properties": second}
    file.write_text(json.dumps(program))

    link.workspace.up().raise_for_code()
    applications = [each["displayName"] for each in link.graphs["contoso"].pages("/v1.0/applications")]
    assert {"contoso-to-federal", "support"} <= set(applications)
    assert "27 unchanged" in link.workspace.up().output
    link.workspace.destroy().raise_for_code()
    assert [] == list(link.graphs["contoso"].pages("/v1.0/policies/crossTenantAccessPolicy/partners"))


@pytest.mark.program("quickstart")
def test_a_link_moves_to_yaml_and_back_without_a_write(stack: Stack, tmp_path: Path) -> None:
    """The same project and stack, in the other form: nothing is written in the tenants, and a destroy removes all."""
    groups = stack.groups("Engineering", "Support")

    def use(program: Path, **values: JSON) -> None:
        shutil.rmtree(stack.workspace.project)
        shutil.copytree(program, stack.workspace.project)
        stack.configure(**values, groups=groups)

    in_python(tmp_path / "python")
    in_yaml = copied("quickstart_yaml", tmp_path / "yaml") / "Pulumi.yaml"
    in_yaml.write_text(in_yaml.read_text().replace("name: quickstart-yaml", "name: quickstart"))
    use(tmp_path / "python")
    stack.workspace.up().raise_for_code()
    writes = len(stack.emulator.requests.writes)

    use(tmp_path / "yaml", **named(stack))
    preview = stack.workspace.plan()
    assert {"same"} == set(preview["changeSummary"]), preview["changeSummary"]
    stack.workspace.up().raise_for_code()
    stack.workspace.refresh().raise_for_code()
    state = json.dumps(stack.workspace.export())
    assert (True, True) == ("pulumi-python:dynamic" not in state, "__provider" not in state)

    use(tmp_path / "python")
    assert [] == stack.workspace.planned()
    stack.workspace.up().raise_for_code()
    assert f"{PACKAGED}SynchronizationJob" not in json.dumps(stack.workspace.export())
    assert [] == [f"{each.method} {each.path} {each.body}" for each in stack.emulator.requests.writes[writes:]]
    stack.destroy()


def test_what_an_interrupt_leaves_is_finished_by_the_next_up(link: Stack) -> None:
    """Ctrl-C in a long `up`: what Graph has made is in the state; the next `up` makes the rest, and nothing twice."""
    workspace = link.workspace
    options = ("--yes", "--skip-preview", "--stack", workspace.stack, "--config-file", str(workspace.config_file))
    with subprocess.Popen(
        [*engine(), "--non-interactive", "up", *options],
        cwd=workspace.project,
        env={**os.environ, **workspace.settings(), **workspace.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as up:
        try:
            while not link.emulator.requests.writes:
                assert up.poll() is None, "it ended before its first write"
                time.sleep(0.02)
            up.send_signal(signal.SIGINT)
            output, _ = up.communicate(timeout=300)
        finally:
            up.kill()
    assert 0 != up.returncode, output
    deployment = workspace.export()["deployment"]
    made = {each["type"]: each for each in deployment["resources"] if each["type"].startswith(PACKAGED)}
    assert made[f"{PACKAGED}ServicePrincipal"]["id"]
    assert f"{PACKAGED}SynchronizationJob" not in made
    assert [] == (deployment.get("pending_operations") or [])

    link.up()
    assert "14 unchanged" in workspace.up().output
    applications = link.graphs["contoso"].pages("/v1.0/applications")
    assert 1 == [each["displayName"] for each in applications].count("contoso-to-federal")


def test_a_mistake_is_one_line_with_the_name_that_the_program_uses(link: Stack) -> None:
    """The engine adds no frames of the provider, and nothing is created."""
    program = link.workspace.project / "Pulumi.yaml"
    program.write_text(program.read_text().replace("deletionThreshold: 50", "deletionThreshold: -3"))
    outcome = link.workspace.preview()

    assert outcome.code != 0, outcome.output
    assert 'entra:CrossCloudLink "contoso-to-federal": deletionThreshold: must be at least 0, not -3' in outcome.output
    assert "Traceback" not in outcome.output
    assert "File " not in outcome.output


def test_an_import_prints_the_declaration_and_changes_nothing(link: Stack) -> None:
    """The engine finds a partner by its id. With the printed declaration, a preview and a destroy send nothing."""
    contoso, federal = link.connections["contoso"], link.connections["federal"]
    body = {"tenantId": federal["tenantId"], "inboundTrust": {"isMfaAccepted": True}}
    link.graphs["contoso"].send(Request("POST", PARTNERS, body, "acting as an administrator"))
    id = f"{contoso['tenantId']}/policies/crossTenantAccessPolicy/partners/{federal['tenantId']}"
    link.workspace.run("config", "set", "entra:tenants", json.dumps([named(link)["contoso"]]))
    writes = len(link.emulator.requests.writes)
    outcome = link.workspace.run("import", "entra:index:CrossTenantPartner", "federal", id, "--yes", "--protect=false")

    assert 0 == outcome.code, outcome.output
    printed = yaml.safe_load(outcome.output[outcome.output.index("\nresources:") :])
    assert {"isMfaAccepted": True} == printed["resources"]["federal"]["properties"]["inboundTrust"]
    program = {"name": "quickstart-yaml", "runtime": "yaml", **printed}
    (link.workspace.project / "Pulumi.yaml").write_text(yaml.safe_dump(program))
    assert [] == link.workspace.planned()
    link.destroy()
    assert writes == len(link.emulator.requests.writes)
