"""Programs on the real engine, against two emulated tenants over TLS."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from entra_sync.cli.workspace import Outcome, Workspace
from entra_sync.emulator import Emulator
from entra_sync.graph import Graph
from entra_sync.preview import differences
from entra_sync.tenant import Tenant

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
        self.workspace.configure(
            {f"entra-sync:{name}": value for name, value in {**self.connections, **values}.items()}
        )

    def groups(self, *names: str) -> list[str]:
        """Object ids of groups of the source tenant."""
        ids = {group["displayName"]: group["id"] for group in self.graphs["contoso"].pages("/v1.0/groups")}
        return [ids[name] for name in names]

    def up(self) -> Outcome:
        """Preview, then up, which must send the writes that the preview listed."""
        listed = [call for step in self.workspace.planned() for call in step.calls]
        return self._as_listed(listed, self.workspace.up)

    def destroy(self) -> Outcome:
        """The same of a destroy."""
        listed = [call for step in self.workspace.planned(destroy=True) for call in step.calls]
        return self._as_listed(listed, self.workspace.destroy)

    def _as_listed(self, listed: list[Any], act: Any) -> Outcome:
        start = len(self.emulator.requests)
        outcome: Outcome = act()
        assert outcome.code == 0, outcome.output

        assert [] == differences(listed, self.emulator.requests.calls(start))
        return outcome


@pytest.fixture
def emulator() -> Emulator:
    """Contoso and Contoso Federal, whose administrator has ticked cross-cloud synchronization."""
    made = Emulator.sample("contoso", seed=7, people=40)
    made.tenants["federal"].allow_cross_cloud_synchronization_from("global")
    return made


@pytest.fixture
def stack(request: pytest.FixtureRequest, emulator: Emulator, tmp_path: Path) -> Iterator[Stack]:
    """A stack of the program that the test's module or mark names; ``quickstart`` if none is named."""
    mark = request.node.get_closest_marker("program")
    project = tmp_path / "project"
    shutil.copytree(PROGRAMS / (mark.args[0] if mark else "quickstart"), project)
    runtime = f"runtime:\n  name: python\n  options:\n    virtualenv: {sys.prefix}\n"
    (project / "Pulumi.yaml").write_text(f"name: entra-sync\n{runtime}")
    with emulator.serve() as server:
        connections = {name: server.connection(name) for name in emulator.tenants}
        graphs = {
            name: Graph(
                Tenant(name, **connection), credential=emulator.credential(name), transport=emulator.transport()
            )
            for name, connection in connections.items()
        }
        workspace = Workspace(project, tmp_path / "stack", server.environment(), stack="test")
        workspace.init()
        yield Stack(workspace, emulator, connections, graphs)
