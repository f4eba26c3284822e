"""No single answer decides whose a setting is, or that there is nothing.

During one command, whatever the product asks for the first time is answered by a replica that knows nothing yet: "not
found", an empty list, no allowed cloud. The command may fail. It must not do harm.
"""

from __future__ import annotations

from collections.abc import Callable

import httpx
import orjson
import pytest

from entra_sync.errors import EntraSyncError
from entra_sync.graph.requests import Request
from tests.crashes import Killed
from tests.ownership.engine import Refused, Stack
from tests.ownership.tenants import held
from tests.ownership.world import World, make_world

POLICY = "/v1.0/policies/crossTenantAccessPolicy"
ABOUT = ("/policies/", "/applications", "/servicePrincipals", "/directory/deletedItems", "/.well-known/")


class Behind(httpx.AsyncBaseTransport):
    """A transport by which the first answer for each address is that of a replica that knows nothing."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner
        self.asked: set[str] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Passes the request on, or answers that there is nothing."""
        address = str(request.url)
        known = address in self.asked or request.method != "GET" or not any(each in address for each in ABOUT)
        self.asked.add(address)
        response = await self.inner.handle_async_request(request)
        if known or response.status_code != 200:
            return response
        body = orjson.loads(await response.aread())
        if "allowedCloudEndpoints" in body:
            return httpx.Response(200, json={**body, "allowedCloudEndpoints": []}, request=request)
        if "value" in body:
            return httpx.Response(200, json={**body, "value": []}, request=request)
        if request.url.path.endswith("crossTenantAccessPolicy"):
            return httpx.Response(200, json=body, request=request)
        error = {"error": {"code": "Request_ResourceNotFound", "message": "Resource does not exist."}}
        return httpx.Response(404, json=error, request=request)


def behind(stack: Stack, command: Callable[[], None]) -> None:
    """Runs a command while the first answers are behind, and, if it fails, once more while all are right."""
    stack.between = Behind
    try:
        command()
    except (EntraSyncError, Refused):
        command()


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    """The world of a program, which is the quickstart if none is named."""
    return make_world(getattr(request, "param", "quickstart"))


@pytest.mark.parametrize("world", ["quickstart", "single_resources"], indirect=True)
def test_a_destroy_leaves_nothing(world: World) -> None:
    """Its reads say first that everything is gone already."""
    stack = world.stack()
    stack.up()
    behind(stack, stack.destroy)
    world.is_as_before()


def test_the_settings_of_another_stack_stay(world: World) -> None:
    """The reads say first that no other link uses them, and then, for the last one, that it made none of them."""
    first = world.stack(name="first")
    last = world.stack(make_world("quickstart").text.replace('"contoso-to-federal"', '"second"'), name="last")
    first.up()
    behind(last, last.up)
    behind(first, first.destroy)
    world.works(1)
    behind(last, last.destroy)
    world.is_as_before()


def test_what_an_administrator_made_stays(world: World) -> None:
    """The reads of the first run say that it is missing."""
    contoso, federal = (world.emulator.tenants[name].tenant_id for name in ("contoso", "federal"))
    for name, other, cloud in (("contoso", federal, "microsoftonline.us"), ("federal", contoso, "microsoftonline.com")):
        beta = POLICY.replace("v1.0", "beta")
        ask(world, name, "PATCH", beta, {"allowedCloudEndpoints": [cloud]})
        ask(world, name, "POST", f"{POLICY}/partners", {"tenantId": other, "inboundTrust": {"isMfaAccepted": True}})
    inbound = {"displayName": "Contoso", "userSyncInbound": {"isSyncAllowed": True}}
    ask(world, "federal", "PUT", f"{POLICY}/partners/{contoso}/identitySynchronization", inbound)
    world = World(world.emulator, world.graphs, world.config, world.text, held(world.graphs))
    stack = world.stack()
    behind(stack, stack.up)
    stack.destroy()
    world.is_as_before()


def test_a_cloud_with_a_partner_from_the_portal_stays_allowed(world: World) -> None:
    """The login authority says first that it does not know the partner."""
    agency = world.emulator.tenants["agency"].tenant_id
    stack = world.stack()
    stack.up()
    ask(world, "contoso", "POST", f"{POLICY}/partners", {"tenantId": agency})
    behind(stack, stack.destroy)

    assert ["microsoftonline.us"] == held(world.graphs)["contoso"]["clouds"]


@pytest.mark.parametrize("last", [1, 2])
def test_an_interrupted_run_makes_nothing_twice(world: World, last: int) -> None:
    """The reads of the next run say first that nothing was made."""
    stack = world.stack()
    stack.dies_after = last
    with pytest.raises(Killed):
        stack.up()
    behind(stack, stack.up)
    world.works(1)
    stack.destroy()
    world.is_as_before()


def ask(world: World, tenant: str, method: str, path: str, body: object) -> None:
    """One call of an administrator."""
    world.graphs[tenant].send(Request(method, path, body, "acting as an administrator"))
