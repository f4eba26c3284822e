"""Programs on the real engine, against two emulated tenants over TLS."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from entra_sync.base.preview import differences, planned_steps
from entra_sync.cli.project.workspace import CommandResult, Workspace
from entra_sync.emulator import Emulator
from entra_sync.graph.gateway import Graph
from entra_sync.microsoft.tenant import Tenant

PROGRAMS = Path(__file__).parents[2] / "programs"
JSON = Any


@dataclass
class Stack:
    """A stack of one program, and the two tenants that it is about."""

    workspace: Workspace
    emulator: Emulator
    connections: dict[str, dict[str, JSON]]
    graphs: dict[str, Graph]

    def configure(self, **values: JSON) -> None:
        """Configuration of the program; the tenants' connections where not given."""
        settings = {**self.connections, **values}
        self.workspace.configure({f"{self.project}:{name}": value for name, value in settings.items()})

    @property
    def project(self) -> str:
        """The project's name, which is the namespace of its configuration."""
        return str(yaml.safe_load((self.workspace.project / "Pulumi.yaml").read_text())["name"])

    def groups(self, *names: str, tenant: str = "contoso") -> list[str]:
        """Object ids of groups of a tenant, which is the source unless said otherwise."""
        ids = {group["displayName"]: group["id"] for group in self.graphs[tenant].pages("/v1.0/groups")}
        return [ids[name] for name in names]

    def passing_the_filter(self, group: str) -> list[str]:
        """Object ids of the members of a group of the source that the quickstart's filter lets through."""
        (id,) = self.groups(group)
        columns = "id,accountEnabled,country,employeeType,userType"
        return [
            each["id"]
            for each in self.graphs["contoso"].pages(f"/v1.0/groups/{id}/members?$select={columns}")
            if each.get("accountEnabled")
            and each.get("userType") == "Member"
            and each.get("country") == "US"
            and each.get("employeeType")
        ]

    def schedule(self) -> str:
        """Whether the quickstart's job runs; empty if there is none."""
        graph = self.graphs["contoso"]
        jobs = [
            job
            for owner in graph.pages("/v1.0/servicePrincipals?$filter=displayName eq 'contoso-to-federal'")
            for job in graph.get(f"/v1.0/servicePrincipals/{owner['id']}/synchronization/jobs")["value"]
        ]
        return " ".join(job["schedule"]["state"] for job in jobs)

    def made(self) -> None:
        """An `up` whose list another test of the same program holds against what is sent: here it is the beginning."""
        self.workspace.up().raise_for_code()

    def selected(self, monkeypatch: pytest.MonkeyPatch) -> Path:
        """The directory of the stack as a user has it: selected, with its configuration beside the program."""
        workspace = self.workspace
        for name, value in {**workspace.settings(), **workspace.environment}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("PATH", workspace.settings()["PATH"] + os.pathsep + os.environ["PATH"])
        shutil.copy(workspace.config_file, workspace.project / workspace.config_file.name)
        return workspace.project

    def up(self, plan: JSON = None) -> CommandResult:
        """Preview (if *plan* is not one that was just made), then up, which must send the writes that it listed."""
        steps = planned_steps(plan or self.workspace.plan())
        return self._as_listed([call for step in steps for call in step.calls], self.workspace.up)

    def destroy(self) -> CommandResult:
        """The same of a destroy."""
        listed = [call for step in self.workspace.planned(destroy=True) for call in step.calls]
        return self._as_listed(listed, self.workspace.destroy)

    def _as_listed(self, listed: list[Any], act: Any) -> CommandResult:
        start = len(self.emulator.requests)
        outcome: CommandResult = act()
        assert 0 == outcome.code, outcome.output

        assert [] == differences(listed, self.emulator.requests.calls(start))
        return outcome


def program_of(request: pytest.FixtureRequest) -> str:
    """The program that the test's module or mark names; ``quickstart`` if none is named."""
    mark = request.node.get_closest_marker("program")
    return mark.args[0] if mark else "quickstart"


@pytest.fixture
def emulator(request: pytest.FixtureRequest) -> Emulator:
    """Contoso and its branches in other clouds, whose administrators have ticked cross-cloud synchronization."""
    sample = "worldwide" if program_of(request) in {"hub_and_spoke", "commercial_to_china"} else "contoso"
    made = Emulator.sample(sample, seed=7, people=40)
    for branch in set(made.tenants) - {"contoso"}:
        made.tenants[branch].allow_cross_cloud_synchronization_from("global")
    if program_of(request) == "both_ways":  # a source needs licenses too
        made.tenants["contoso"].allow_cross_cloud_synchronization_from("usgov")
        made.tenants["federal"].add_subscription("Microsoft_Entra_ID_Governance", 20)
    return made


def copied(program: str, project: Path) -> Path:
    """A copy of a program, which runs on the Python of the tests, and on the packaged provider beside it."""
    shutil.copytree(PROGRAMS / program, project)
    settings = yaml.safe_load((project / "Pulumi.yaml").read_text())
    if settings["runtime"] == "yaml":
        settings["plugins"] = {"providers": [{"name": "entra", "path": str(Path(sys.executable).parent)}]}
    else:
        settings["runtime"]["options"]["virtualenv"] = sys.prefix
    (project / "Pulumi.yaml").write_text(yaml.safe_dump(settings))
    return project


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of the program that :func:`program_of` names."""
    return copied(program_of(request), tmp_path / "project")


@contextmanager
def opened(project: Path, emulator: Emulator, directory: Path) -> Iterator[Stack]:
    """A stack of *project*, while the emulator answers; its state is below *directory*."""
    with emulator.serve() as server:
        connections = {name: server.connection(name) for name in emulator.tenants}
        graphs = {
            name: Graph(
                Tenant(name, **connection), credential=emulator.credential(name), transport=emulator.transport()
            )
            for name, connection in connections.items()
        }
        environment = {
            **server.environment(),
            "ENTRA_SYNC_REPLICA_LAG": "2",  # the emulator has one replica
            "GOGC": "400",  # a third of the CPU of a short command of the engine is Go's garbage collection
        }
        workspace = Workspace(project, directory / "stack", environment, stack="test")
        workspace.init()
        yield Stack(workspace, emulator, connections, graphs)


@pytest.fixture
def stack(project: Path, emulator: Emulator, tmp_path: Path) -> Iterator[Stack]:
    """A stack of the project."""
    with opened(project, emulator, tmp_path) as made:
        yield made
