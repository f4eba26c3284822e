"""Emulated tenants for commands, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from entra_sync.emulator import Emulator
from entra_sync.graph.gateway import Graph, connecting
from entra_sync.graph.requests import Request
from entra_sync.microsoft.tenant import Tenant
from entra_sync.operate import clock
from entra_sync.operate.project.program import Program
from entra_sync.operate.project.requirements import Declared
from tests.ownership.engine import Stack

JSON = Any
ROOT = Path(__file__).parents[2]


@pytest.fixture
def emulator() -> Emulator:
    """Contoso with thirty people, and Contoso Federal, which allows cross-cloud synchronization."""
    made = Emulator.sample("contoso", seed=1, people=30)
    made.tenants["federal"].allow_cross_cloud_synchronization_from("global")
    return made


@pytest.fixture
def connected(emulator: Emulator) -> Iterator[None]:
    """Commands reach the emulator; a wait is time on its clock."""

    async def sleep(seconds: float) -> None:
        emulator.clock.advance(timedelta(seconds=seconds))

    def make(tenant: Tenant) -> Graph:
        return Graph(tenant, credential=emulator.credential(tenant.name), transport=emulator.transport(), sleep=sleep)

    with connecting(make):
        yield


def connections(emulator: Emulator) -> dict[str, JSON]:
    """The tenants as a stack's configuration has them."""
    return {
        name: {"name": name, "tenantId": tenant.tenant_id, "cloud": str(tenant.cloud)}
        for name, tenant in emulator.tenants.items()
    }


def configuration(emulator: Emulator) -> dict[str, JSON]:
    """What the programs of ``programs/`` ask of a stack's configuration."""
    tenants = {
        name: {key: value for key, value in each.items() if key != "name"}
        for name, each in connections(emulator).items()
    }
    groups = {doc["displayName"]: id for id, doc in objects(emulator, "contoso", "group").items()}
    return {**tenants, "groups": [groups["Engineering"], groups["Support"]]}


def objects(emulator: Emulator, tenant: str, kind: str) -> dict[str, JSON]:
    """What a tenant holds of a kind, by id."""
    store, tid = emulator.service.store, emulator.tenants[tenant].tenant_id
    return {entry.id: entry.doc for entry in store.objects(tid, kind)}


def act(emulator: Emulator, tenant: str, method: str, path: str, body: JSON = None) -> JSON:
    """What an administrator does in a tenant."""
    found = Tenant(**connections(emulator)[tenant])
    graph = Graph(found, credential=emulator.credential(tenant), transport=emulator.transport())
    return graph.send(Request(method, path, body, "acting as an administrator")).body


def program(name: str) -> str:
    """Text of a program of ``programs/``."""
    return (ROOT / "programs" / name / "__main__.py").read_text()


@pytest.fixture
def stack(emulator: Emulator) -> Stack:
    """The quickstart, up, with one cycle behind it."""
    made = Stack(emulator, program("quickstart"), configuration(emulator))
    made.up()
    emulator.run_cycle()
    return made


@pytest.fixture
def link_file(emulator: Emulator, stack: Stack, tmp_path: Path, connected: None) -> Path:
    """A file that names the quickstart's link, for ``--link``."""
    (application,) = [state for urn, state in stack.state.items() if urn.endswith("-application")]
    tenants = connections(emulator)
    link = {
        "source": tenants["contoso"],
        "target": tenants["federal"],
        "servicePrincipalId": application.outputs["servicePrincipalId"],
    }
    path = tmp_path / "link.json"
    path.write_bytes(orjson.dumps(link))
    return path


class Patient:
    """The tenants of a program, and what is wrong with them."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.roles: dict[str, list[str] | None] = {}
        self.broken: dict[str, Exception] = {}

    def connect(self, tenant: Tenant) -> Graph:
        """What a command reaches a tenant by."""
        graph = Graph(
            tenant,
            credential=self.emulator.credential(tenant.name, self.roles.get(tenant.name)),
            transport=self.emulator.transport(),
        )
        if tenant.name in self.broken:
            problem = self.broken[tenant.name]

            def refuse() -> JSON:
                raise problem

            graph.granted = refuse  # type: ignore[method-assign]
        return graph


@pytest.fixture
def patient(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Patient]:
    """The quickstart's tenants; the engine and the machine's clock are well."""
    tenants = connections(emulator)
    kinds = ("ServicePrincipal", "LinkImpact", "CrossTenantPartner")
    scope = [{"kind": "Group", "id": id} for id in configuration(emulator)["groups"]]
    inputs = {"tenant": tenants["contoso"], "target": tenants["federal"], "principals": scope}
    declared = [Declared(kind, inputs) for kind in kinds]
    declared.append(Declared("IdentitySynchronization", {"tenant": tenants["federal"]}))
    monkeypatch.setattr(Program, "declared", lambda self: declared)
    monkeypatch.setattr(Program, "version", lambda self: "v3.259.0")
    monkeypatch.setattr(clock, "now", emulator.clock.now)
    made = Patient(emulator)
    with connecting(made.connect):
        yield made
