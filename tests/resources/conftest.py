"""Resources against emulated tenants in this process; time passes only where a resource waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from entra_sync.base.handler import Handler
from entra_sync.emulator import Emulator
from entra_sync.graph.gateway import Graph, connecting
from entra_sync.graph.requests import Request
from entra_sync.resources.service_principal import ServicePrincipalArgs, ServicePrincipalHandler
from entra_sync.resources.synchronization_job import SynchronizationJobArgs, SynchronizationJobHandler
from entra_sync.tenant import Tenant
from tests.resources.lifecycle import Lifecycle

JSON = Any


@pytest.fixture
def emulator() -> Emulator:
    """Contoso with twenty people, and Contoso Federal."""
    made = Emulator.sample("contoso", seed=3, people=20)
    made.tenants["federal"].allow_cross_cloud_synchronization_from("global")
    return made


@pytest.fixture
def contoso(emulator: Emulator) -> Tenant:
    """The source, in the global cloud."""
    return tenant(emulator, "contoso")


@pytest.fixture
def federal(emulator: Emulator) -> Tenant:
    """The target, in the US Government cloud."""
    return tenant(emulator, "federal")


@pytest.fixture(autouse=True)
def connected(emulator: Emulator) -> Iterator[None]:
    """Handlers reach the emulator; a wait of theirs is time on its clock."""

    async def sleep(seconds: float) -> None:
        emulator.clock.advance(timedelta(seconds=seconds))

    def make(tenant: Tenant) -> Graph:
        return Graph(tenant, credential=emulator.credential(tenant.name), transport=emulator.transport(), sleep=sleep)

    with connecting(make):
        yield


@pytest.fixture
def resource(emulator: Emulator) -> Callable[[Handler[Any]], Lifecycle]:
    """Makes the lifecycle of a resource."""
    return lambda handler: Lifecycle(handler, emulator)


@pytest.fixture
def portal(emulator: Emulator) -> Callable[..., JSON]:
    """What an administrator does elsewhere: ``portal("contoso", "PATCH", "/v1.0/…", {...})``."""

    def act(name: str, method: str, path: str, body: JSON = None) -> JSON:
        graph = Graph(tenant(emulator, name), credential=emulator.credential(name), transport=emulator.transport())
        return graph.send(Request(method, path, body, "acting as an administrator")).body

    return act


@pytest.fixture
def application(emulator: Emulator, contoso: Tenant) -> Lifecycle:
    """A synchronization application that exists."""
    made = Lifecycle(ServicePrincipalHandler(), emulator)
    made.up(ServicePrincipalArgs(tenant=contoso, display_name="To Federal", cross_cloud=True))
    return made


@pytest.fixture
def job(emulator: Emulator, contoso: Tenant, application: Lifecycle) -> Lifecycle:
    """A job that exists, paused."""
    made = Lifecycle(SynchronizationJobHandler(), emulator)
    owner = application.outputs["servicePrincipalId"]
    made.up(SynchronizationJobArgs(tenant=contoso, service_principal_id=owner))
    return made


def tenant(emulator: Emulator, name: str) -> Tenant:
    """A tenant of the emulator as a program would declare it."""
    found = emulator.tenants[name]
    return Tenant(name, tenant_id=found.tenant_id, cloud=str(found.cloud))
