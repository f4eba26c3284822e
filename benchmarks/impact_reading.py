"""Reading a tenant's people from the emulator, over TLS, with 50 ms of latency in each answer.

    python benchmarks/impact_reading.py [PEOPLE]

First the cold reading of all users into columns, beside (a) the loop that msgraph-sdk's documentation shows,
PageIterator with the largest pages and the same properties, timed on the first people and scaled to all, and (b) the
same pages one after another as plain JSON. Then what a plan of a synchronized link reads, cold, and a second time after
one in a hundred people has changed: seconds, requests and bytes of the answers' bodies.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx
import orjson

from entra_sync.emulator import Emulator
from entra_sync.expressions import Mappings, any_of, clause
from entra_sync.graph.gateway import Graph
from entra_sync.graph.loop import together
from entra_sync.graph.requests import Request
from entra_sync.impact.declared.read import read_declared
from entra_sync.impact.facts.columns import UserColumns
from entra_sync.impact.facts.declaration import Declaration
from entra_sync.impact.reading.cache import Cache
from entra_sync.impact.reading.users import Reader
from entra_sync.microsoft.tenant import Tenant

LATENCY = 0.05
SAMPLE = 2 * 999
UNKNOWN = "00000000-0000-4000-8000-000000000000"
ATTRIBUTES = ("displayName", "givenName", "surname", "mail", "country", "department", "jobTitle", "city", "employeeId")


@dataclass
class Meter(httpx.AsyncBaseTransport):
    """Counts requests and the bytes of their answers."""

    inner: httpx.AsyncBaseTransport
    requests: int = 0
    received: int = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self.inner.handle_async_request(request)
        self.requests += 1
        response.stream = _Counted(response.stream, self)
        return response

    def reset(self) -> None:
        """From zero."""
        self.requests = self.received = 0


@dataclass
class _Counted(httpx.AsyncByteStream):
    inner: Any
    meter: Meter

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self.inner:
            self.meter.received += len(chunk)
            yield chunk

    async def aclose(self) -> None:
        await self.inner.aclose()


def serve(people: int, ready: Connection) -> None:
    """A tenant of so many people whose link has run once, served; then one in a hundred changes when told so."""
    emulator = Emulator.sample("contoso", people=people)
    emulator.tenants["federal"].allow_cross_cloud_synchronization_from("global")
    with emulator.serve() as server:
        variables = server.environment()
        ready.send((variables, {name: server.connection(name) for name in ("contoso", "federal")}))
        while (told := ready.recv()) is not None:
            ready.send(_told(emulator, told))


def _told(emulator: Emulator, told: Any) -> Any:
    if told[0] == "latency":
        emulator.service.faults.clear()
        if told[1]:
            emulator.fault(delay=told[1], times=None)
    elif told[0] == "cycle":
        emulator.run_cycle(told[1])
    elif told[0] == "change":
        contoso = emulator.service.directory(emulator.tenants["contoso"].tenant_id)
        for id in told[1]:
            contoso.update("user", id, {"jobTitle": "Another title"})
    return None


class Served:
    """An emulator in a process of its own."""

    def __init__(self, people: int) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._here, there = spawn.Pipe()
        self._process = spawn.Process(target=serve, args=(people, there), daemon=True)
        self._process.start()
        variables, self.connections = self._here.recv()
        os.environ.update(variables)
        self.meters: dict[str, Meter] = {}

    def tell(self, *what: Any) -> None:
        """Something for the emulator's own process to do."""
        self._here.send(what)
        self._here.recv()

    def graph(self, name: str) -> Graph:
        """A gateway whose traffic is counted."""
        tenant = Tenant(name, **self.connections[name])
        context = httpx.create_ssl_context(verify=tenant.ca_file or True)
        self.meters[name] = Meter(httpx.AsyncHTTPTransport(verify=context, limits=httpx.Limits(max_connections=20)))
        return Graph(tenant, transport=self.meters[name])

    def stop(self) -> None:
        """Ends it."""
        self._here.send(None)
        self._process.join(10)
        self._process.terminate()


def page_after_page(graph: Graph, record: UserColumns) -> int:
    """How many people msgraph-sdk's PageIterator comes by in its first pages."""
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from msgraph import GraphServiceClient
    from msgraph.generated.users.users_request_builder import UsersRequestBuilder
    from msgraph_core.tasks.page_iterator import PageIterator

    async def run() -> int:
        client = GraphServiceClient(request_adapter=graph.transport.open())
        parameters = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(top=999, select=record.select.split(","))
        first = await client.users.get(request_configuration=RequestConfiguration(query_parameters=parameters))
        people = []

        def keep(user: Any) -> bool:
            people.append(user)
            return len(people) < SAMPLE

        await PageIterator(first, client.request_adapter).iterate(keep)
        return len(people)

    return together(run())


def warm_up(graph: Graph) -> None:
    """Imports and the token, which nothing here is about."""
    import msgraph
    from msgraph.generated.users.users_request_builder import UsersRequestBuilder  # noqa: F401

    asked = msgraph.GraphServiceClient(request_adapter=graph.transport.open()).users.by_user_id(UNKNOWN)

    async def run() -> None:
        with contextlib.suppress(Exception):
            await asked.get()

    together(run())


def cold(served: Served) -> None:
    """All users: into columns, and page after page."""
    graph, record = served.graph("contoso"), UserColumns.of(ATTRIBUTES)
    warm_up(graph)
    meter = served.meters["contoso"]

    def measured(read: Callable[[], int]) -> tuple[float, int, int]:
        meter.reset()
        start = time.perf_counter()
        people = read()
        return time.perf_counter() - start, people, meter.requests

    path = f"/v1.0/users?{record.query}&$top=999"
    ours, people, requests = measured(lambda: together(Reader(graph, record).everyone()).height)
    plain, others, pages = measured(lambda: sum(1 for _ in graph.pages(path)))
    taken, sample, _ = measured(lambda: page_after_page(graph, record))
    theirs = taken * people / sample
    assert people == others, (people, others)
    print(f"all users into columns         {ours:8.1f} s, {requests:,} requests")
    print(f"(a) msgraph-sdk's PageIterator {theirs:8.1f} s: {theirs / ours:.1f} times as long (scaled from {sample:,})")
    print(f"(b) plain JSON, page by page   {plain:8.1f} s, {pages:,} requests: {plain / ours:.1f} times as long")


def warm(served: Served) -> None:
    """What a plan reads, cold and after one in a hundred has changed."""
    contoso, federal = served.graph("contoso"), served.graph("federal")
    owner, job = link(contoso, federal)
    served.tell("latency", 0)
    served.tell("cycle", job)
    served.tell("latency", LATENCY)
    everyone = [user["id"] for user in contoso.pages("/v1.0/users?$select=id&$top=999")]
    declared = Declaration(
        everyone=True,
        groups=frozenset(),
        users=frozenset(),
        mappings=Mappings.model_validate([{"target": "displayName", "source": 'Append([displayName], " (Contoso)")'}]),
        filters=any_of(clause("department").not_equals("Legal")),
    )
    with tempfile.TemporaryDirectory() as directory:
        cache = Cache(Path(directory), timedelta(hours=1))
        measured = []
        for changed in (0, len(everyone) // 100):
            served.tell("change", everyone[:changed])
            for meter in served.meters.values():
                meter.reset()
            start = time.perf_counter()
            read_declared(contoso, federal, owner, declared, cache=cache)
            taken = time.perf_counter() - start
            meters = served.meters.values()
            measured.append((taken, sum(each.requests for each in meters), sum(each.received for each in meters)))
    (first, asked, size), (second, again, less) = measured
    print(f"first plan's reading       {first:7.1f} s, {asked:,} requests, {size / 1e6:,.1f} MB")
    print(
        f"second, 1 % have changed   {second:7.1f} s, {again:,} requests, {less / 1e6:,.2f} MB: "
        f"{100 * less / size:.1f} % of the bytes, {100 * again / asked:.1f} % of the requests"
    )


def link(contoso: Graph, federal: Graph) -> tuple[str, str]:
    """A link with all users in scope. Returns ids of its service principal and job."""
    from tests.emulator.linking import CROSS_CLOUD

    def send(graph: Graph, method: str, path: str, body: Any = None) -> Any:
        return graph.send(Request(method, f"/v1.0{path}", body, "setting up")).body

    policy = "/policies/crossTenantAccessPolicy"
    send(contoso, "PATCH", policy, {"allowedCloudEndpoints": ["microsoftonline.us"]})
    send(federal, "PATCH", policy, {"allowedCloudEndpoints": ["microsoftonline.com"]})
    for graph, other, direction in (
        (contoso, federal, "outboundAllowed"),
        (federal, contoso, "inboundAllowed"),
    ):
        body = {"tenantId": other.tenant.tenant_id, "automaticUserConsentSettings": {direction: True}}
        send(graph, "POST", f"{policy}/partners", body)
    inbound = {"userSyncInbound": {"isSyncAllowed": True}}
    send(federal, "PUT", f"{policy}/partners/{contoso.tenant.tenant_id}/identitySynchronization", inbound)
    templates = send(contoso, "GET", "/applicationTemplates?$top=999")["value"]
    template = next(each["id"] for each in templates if CROSS_CLOUD.lower() in each["displayName"].lower())
    made = send(contoso, "POST", f"/applicationTemplates/{template}/instantiate", {"displayName": "To Federal"})
    owner = made["servicePrincipal"]["id"]
    sync = f"/servicePrincipals/{owner}/synchronization"
    known = send(contoso, "GET", f"{sync}/templates")["value"]
    job = send(contoso, "POST", f"{sync}/jobs", {"templateId": known[0]["id"]})["id"]
    values = {
        "AuthenticationType": "SyncPolicy",
        "CompanyId": federal.tenant.tenant_id,
        "SyncNotificationSettings": orjson.dumps({"Enabled": False, "DeleteThresholdEnabled": False}).decode(),
        "SyncAll": "true",
    }
    body = {"value": [{"key": key, "value": value} for key, value in values.items()]}
    send(contoso, "PUT", f"{sync}/secrets", body)
    send(contoso, "POST", f"{sync}/jobs/{job}/start")
    return owner, job


def main() -> None:
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    served = Served(people)
    try:
        served.tell("latency", LATENCY)
        print(f"{people:,} people, {1000 * LATENCY:.0f} ms of latency in each answer")
        cold(served)
    finally:
        served.stop()
    linked = min(people // 2, 10_000)
    served = Served(linked)
    try:
        print(f"a link of {linked:,} people that has run once")
        warm(served)
    finally:
        served.stop()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    main()
