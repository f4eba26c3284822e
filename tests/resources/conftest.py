"""Resources against emulated tenants in this process, where time passes only if a resource waits; or real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from entra_sync.base.handler import Handler
from entra_sync.emulator import Emulator
from entra_sync.graph.gateway import Graph, connecting
from entra_sync.graph.requests import Request
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.service_principal import ServicePrincipalArgs, ServicePrincipalHandler
from entra_sync.resources.synchronization_job import SynchronizationJobArgs, SynchronizationJobHandler
from tests.resources.lifecycle import Lifecycle
from tests.resources.live import Live, from_environment

JSON = Any


@pytest.fixture(scope="session")
def live() -> Live | None:
    """Two real tenants if the environment names them."""
    return from_environment()


@pytest.fixture
def emulator(live: Live | None) -> Emulator:
    """Contoso with twenty people, and Contoso Federal."""
    if live is not None:
        pytest.skip("looks into the emulator, moves its clock, or lets it fail")
    made = Emulator.sample("contoso", seed=3, people=20)
    made.tenants["federal"].allow_cross_cloud_synchronization_from("global")
    return made


@pytest.fixture
def ground(live: Live | None, request: pytest.FixtureRequest) -> Iterator[Emulator | Live]:
    """What the tests stand on: the emulator, or real tenants, which are as before afterwards."""
    if live is None:
        yield request.getfixturevalue("emulator")
        return
    with live.one_test() as tenants:
        yield tenants


@pytest.fixture
def contoso(ground: Emulator | Live) -> Tenant:
    """The source, in the global cloud."""
    return tenant(ground, "contoso")


@pytest.fixture
def federal(ground: Emulator | Live) -> Tenant:
    """The target, in the US Government cloud."""
    return tenant(ground, "federal")


@pytest.fixture(autouse=True)
def connected(ground: Emulator | Live) -> Iterator[None]:
    """Handlers reach the tenants; a wait of theirs is time on the emulator's clock."""
    if isinstance(ground, Live):
        with connecting(ground.connect):
            yield
        return

    async def sleep(seconds: float) -> None:
        ground.clock.advance(timedelta(seconds=seconds))

    def make(tenant: Tenant) -> Graph:
        return Graph(tenant, credential=ground.credential(tenant.name), transport=ground.transport(), sleep=sleep)

    with connecting(make):
        yield


@pytest.fixture
def resource(ground: Emulator | Live) -> Callable[[Handler[Any]], Lifecycle]:
    """Makes the lifecycle of a resource."""
    return lambda handler: Lifecycle(handler, ground)


@pytest.fixture
def portal(ground: Emulator | Live) -> Callable[..., JSON]:
    """What an administrator does elsewhere: ``portal("contoso", "PATCH", "/v1.0/…", {...})``."""

    def act(name: str, method: str, path: str, body: JSON = None) -> JSON:
        found = tenant(ground, name)
        if isinstance(ground, Live):
            graph = ground.connect(found)
        else:
            graph = Graph(found, credential=ground.credential(name), transport=ground.transport())
        return graph.send(Request(method, path, body, "acting as an administrator")).body

    return act


@pytest.fixture
def application(ground: Emulator | Live, contoso: Tenant) -> Lifecycle:
    """A synchronization application that exists."""
    made = Lifecycle(ServicePrincipalHandler(), ground)
    made.up(ServicePrincipalArgs(tenant=contoso, display_name="To Federal", cross_cloud=True))
    return made


@pytest.fixture
def job(ground: Emulator | Live, contoso: Tenant, application: Lifecycle) -> Lifecycle:
    """A job that exists, paused."""
    made = Lifecycle(SynchronizationJobHandler(), ground)
    owner = application.outputs["servicePrincipalId"]
    made.up(SynchronizationJobArgs(tenant=contoso, service_principal_id=owner))
    return made


def tenant(ground: Emulator | Live, name: str) -> Tenant:
    """A tenant as a program would declare it."""
    found = ground.tenants[name]
    if isinstance(found, Tenant):
        return found
    return Tenant(name, tenant_id=found.tenant_id, cloud=str(found.cloud))
