"""Tenants in several clouds, and the program of a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from entra_sync.emulator import Emulator
from entra_sync.graph.gateway import Graph
from entra_sync.microsoft.tenant import Tenant
from tests.ownership.engine import Stack, State
from tests.ownership.rewriting import program
from tests.ownership.tenants import held

JSON = Any


@dataclass
class World:
    """Tenants in several clouds, the program of a test, and what the tenants held before."""

    emulator: Emulator
    graphs: dict[str, Graph]
    config: dict[str, JSON]
    text: str
    before: JSON

    def stack(self, text: str = "", *, name: str = "test", seed: int = 0) -> Stack:
        """A stack of the program, or of another one."""
        return Stack(self.emulator, text or self.text, self.config, name, seed)

    def start(self, stack: Stack) -> None:
        """The first `up` of a cell. Cells of the same program share it."""
        key = stack.name, stack.text
        if key not in _started:
            stack.up()
            _started[key] = Kept(self.emulator, stack.state)
        stack.state = _started[key].restore(self.emulator)

    def works(self, jobs: int) -> None:
        """A cycle of each job succeeds: the tenants still agree to the links."""
        found = [summary.state for summary in self.emulator.run_cycle()]
        assert ["Succeeded"] * jobs == found

    def is_as_before(self) -> None:
        """The tenants hold what they held before the first run."""
        assert self.before == held(self.graphs)


class Kept:
    """Tenants and a stack's state, as they were once."""

    def __init__(self, emulator: Emulator, state: Mapping[str, State]) -> None:
        self.folder, self.moment, self.state = TemporaryDirectory(), emulator.clock.now(), dict(state)
        emulator.snapshot(Path(self.folder.name) / "tenants")

    def restore(self, emulator: Emulator) -> dict[str, State]:
        """Makes the tenants what they were; returns the state."""
        emulator.reset(Path(self.folder.name) / "tenants")
        emulator.clock.set(self.moment)
        return dict(self.state)


_started: dict[tuple[str, str], Kept] = {}


def make_world(name: str) -> World:
    """Contoso, its branches in other clouds, and Agency, a second tenant in US Government."""
    emulator = Emulator.sample("worldwide" if name == "hub_and_spoke" else "contoso", seed=7, people=40)
    emulator.add_tenant("agency", "usgov")
    for branch in set(emulator.tenants) - {"contoso"}:
        emulator.tenants[branch].allow_cross_cloud_synchronization_from("global")
    emulator.tenants["contoso"].allow_cross_cloud_synchronization_from("usgov")
    graphs = {
        branch: Graph(
            Tenant(branch, tenant_id=each.tenant_id, cloud=str(each.cloud)),
            credential=emulator.credential(branch),
            transport=emulator.transport(),
        )
        for branch, each in emulator.tenants.items()
    }
    groups = {group["displayName"]: group["id"] for group in graphs["contoso"].pages("/v1.0/groups")}
    config: dict[str, JSON] = {
        branch: {"tenantId": each.tenant_id, "cloud": str(each.cloud)} for branch, each in emulator.tenants.items()
    }
    config |= {"groups": [groups["Support"]], "sales": groups["Sales"]}
    return World(emulator, graphs, config, program(name), held(graphs))
