"""Resources against emulated tenants in this process, where time passes only if a resource waits; or real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from entra_sync.base.handler import Handler
from entra_sync.base.principals import Group, Principal, User
from entra_sync.emulator import Emulator
from entra_sync.graph.gateway import Graph, connecting
from entra_sync.graph.requests import Request
from entra_sync.licensing import PLANS
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.license_assignment import License, LicenseAssignmentArgs, LicenseAssignmentHandler
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


P1, P2, GOVERNANCE = "AAD_PREMIUM", "AAD_PREMIUM_P2", "Microsoft_Entra_ID_Governance"
IDS = {
    P1: "078d2b04-f1bd-4111-bbd4-b4b1b354cef4",
    P2: "84a661c4-e949-4bd2-a560-ed7766fcaf2b",
    GOVERNANCE: "cf6b0d46-4093-4546-a0ab-0b1546dcc10e",
}
NAMES = {id: name for name, id in IDS.items()}
Declare = Callable[..., LicenseAssignmentArgs]


@pytest.fixture
def licenses(resource) -> Lifecycle:
    """The resource under test."""
    return resource(LicenseAssignmentHandler())


@pytest.fixture
def declared(contoso: Tenant) -> Declare:
    """Makes arguments: ``declared(principal, P2, GOVERNANCE)``, or licenses in full."""

    def make(principal: Principal, *products: str | License) -> LicenseAssignmentArgs:
        entries = [License(sku=each) if isinstance(each, str) else each for each in products]
        return LicenseAssignmentArgs(tenant=contoso, principal=principal, licenses=entries)

    return make


@pytest.fixture
def ada(portal, members) -> Principal:
    """A user of Contoso who has no license, and is not in Engineering."""
    people = portal("contoso", "GET", "/v1.0/users?$select=id,userType&$top=999")["value"]
    return User(next(each["id"] for each in people if each["userType"] == "Member" and each["id"] not in members))


@pytest.fixture
def engineering(portal) -> Principal:
    """A group of Contoso's that has no license."""
    return Group(portal("contoso", "GET", "/v1.0/groups?$filter=displayName eq 'Engineering'")["value"][0]["id"])


@pytest.fixture
def members(portal, engineering) -> list[str]:
    """Object ids of the people in Engineering."""
    path = f"{engineering.path}/members/microsoft.graph.user?$select=id"
    return [person["id"] for person in portal("contoso", "GET", path)["value"]]


@pytest.fixture
def has(portal) -> Callable[[Principal], dict[str, list[str]]]:
    """What a principal has assigned: product → plans left out."""

    def read(principal: Principal) -> dict[str, list[str]]:
        found = portal("contoso", "GET", f"{principal.path}?$select=assignedLicenses")["assignedLicenses"]
        plans = {id: name for name, id in PLANS.items()}
        return {NAMES[each["skuId"]]: [plans[plan] for plan in each["disabledPlans"]] for each in found}

    return read
