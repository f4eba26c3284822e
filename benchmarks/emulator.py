"""The emulator over TLS beside a bare Starlette route on the same server that answers the very same bytes.

Prints how fast a sample tenant is made, beside inserting the same documents into a bare SQLite table; requests per
second for one user, and pages per second for pages of 999 users, each with its ratio to Starlette: every page of the
tenant once, not read before; every page once just after a write of one user; the same page again and again; and as
msgraph-sdk reads it:

    python benchmarks/emulator.py [PEOPLE]
"""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import sqlite3
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count, cycle
from multiprocessing.connection import Connection
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from entra_sync.emulator import Emulator
from entra_sync.microsoft.clouds import Cloud

PAGE = "/v1.0/users?$top=999"
CONNECTIONS = 4
SECONDS = 2.0
ROUNDS = 3


def main() -> None:
    """Start both servers, ask them in turn, print."""
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    emulator = spawn.Process(target=serve_emulator, args=(people, there), daemon=True)
    emulator.start()
    facts = here.recv()
    one = f"/v1.0/users/{facts['user']}"
    context = ssl.create_default_context(cafile=facts["ca"])
    headers = {"Authorization": f"Bearer {facts['token']}"}
    with httpx.Client(verify=context, base_url=f"https://localhost:{facts['port']}", headers=headers) as client:
        bodies = {path: client.get(path).content for path in (one, PAGE)}
        pages = list(walk(client))

    def write() -> None:
        with httpx.Client(verify=context, headers=headers) as client:
            client.patch(f"https://localhost:{facts['port']}{one}", json={"jobTitle": "Clerk"}).raise_for_status()

    starlette = spawn.Process(target=serve_starlette, args=(bodies, facts["pem"], there), daemon=True)
    starlette.start()
    ports = {"emulator": facts["port"], "Starlette": here.recv()}

    made, bare = facts["made"], facts["bare"]
    print(f"sample of {people:,} people made in {made:.1f} s ({people / made:,.0f} people/s)")
    print(f"  the same documents into a bare SQLite table: {bare:.1f} s; ratio {made / bare:.1f}")
    token = facts["token"]
    report(f"GET one of {people:,} users", "requests", ports, lambda port: raw(port, cycle([one]), token, context))
    sizes = count(1)
    report(
        f"GET each page of {people:,} users once, not read before",
        "pages",
        ports,
        lambda port: raw(port, iter(each_smaller(pages, next(sizes))), token, context),
    )
    report(
        f"GET each page of 999 of {people:,} users once after a write",
        "pages",
        ports,
        lambda port: raw(port, iter(pages), token, context),
        before=write,
    )
    report("GET one page again and again", "pages", ports, lambda port: raw(port, cycle([PAGE]), token, context))
    report("the same page read by msgraph-sdk", "pages", ports, lambda port: official(port, token, context))
    for process in (emulator, starlette):
        process.terminate()


def walk(client: httpx.Client) -> Iterator[str]:
    """Paths of the pages of all users."""
    path: str | None = PAGE
    while path:
        yield path
        link = client.get(path).json().get("@odata.nextLink")
        path = link and link.removeprefix(str(client.base_url).rstrip("/"))


def each_smaller(pages: list[str], less: int) -> list[str]:
    """Pages that start where these do, with fewer users."""
    return [path.replace("$top=999", f"$top={999 - less}") for path in pages]


def report(
    what: str,
    unit: str,
    ports: dict[str, int],
    rate: Callable[[int], float],
    *,
    before: Callable[[], None] = lambda: None,
) -> None:
    """Measure both servers in turn, keep each one's best round, and print the ratio."""
    best = {name: max(found) for name, found in rounds(ports, rate, before).items()}
    ratio = best["emulator"] / best["Starlette"]
    print(
        f"{what}: {best['emulator']:,.1f} {unit}/s; Starlette: {best['Starlette']:,.1f}; ratio {ratio:.2f}", flush=True
    )


def rounds(ports: dict[str, int], rate: Callable[[int], float], before: Callable[[], None]) -> dict[str, list[float]]:
    """Rates by server."""
    found: dict[str, list[float]] = {name: [] for name in ports}
    for _ in range(ROUNDS):
        for name, port in ports.items():
            before()
            found[name].append(rate(port))
    return found


# Clients


def raw(port: int, paths: Iterator[str], token: str, context: ssl.SSLContext) -> float:
    """Answers per second to a client that only asks, over a few connections, until there are no more paths."""
    sockets = []
    for _ in range(CONNECTIONS):
        plain = socket.create_connection(("localhost", port))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sockets.append(context.wrap_socket(plain, server_hostname="localhost"))
    buffer = bytearray(1 << 20)
    done = 0
    start = time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        asked = list(zip(sockets, paths, strict=False))
        for connection, path in asked:
            connection.sendall(
                f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
            )
        for connection, _ in asked:
            read_answer(connection, buffer)
        done += len(asked)
        if len(asked) < len(sockets):
            break
    taken = time.perf_counter() - start
    for connection in sockets:
        connection.close()
    return done / taken


def read_answer(connection: ssl.SSLSocket, buffer: bytearray) -> None:
    """Read one answer to its end."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(65536)
    lines, _, body = head.partition(b"\r\n\r\n")
    assert lines.startswith(b"HTTP/1.1 200"), lines
    length = next(int(line[15:]) for line in lines.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    missing = length - len(body)
    while missing:
        missing -= connection.recv_into(buffer, min(missing, len(buffer)))


def official(port: int, token: str, context: ssl.SSLContext) -> float:
    """Pages per second that Microsoft's client turns into its models."""
    from kiota_abstractions.authentication import AnonymousAuthenticationProvider
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from msgraph import GraphServiceClient
    from msgraph.generated.users.users_request_builder import UsersRequestBuilder
    from msgraph.graph_request_adapter import GraphRequestAdapter

    async def run() -> float:
        client = httpx.AsyncClient(verify=context, headers={"Authorization": f"Bearer {token}"})
        adapter = GraphRequestAdapter(AnonymousAuthenticationProvider(), client)
        adapter.base_url = f"https://localhost:{port}/v1.0"
        graph = GraphServiceClient(request_adapter=adapter)
        parameters = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(top=999)
        wanted: RequestConfiguration[Any] = RequestConfiguration(query_parameters=parameters)
        done = 0
        start = time.perf_counter()
        while time.perf_counter() - start < SECONDS:
            page = await graph.users.get(request_configuration=wanted)
            assert page is not None and page.value is not None and len(page.value) > 1
            done += 1
        return done / (time.perf_counter() - start)

    return asyncio.run(run())


# Servers


def serve_emulator(people: int, ready: Connection) -> None:
    """Make the sample, say where it is, and serve it."""
    start = time.perf_counter()
    emulator = Emulator.sample("contoso", people=people)
    made = time.perf_counter() - start
    contoso = emulator.tenants["contoso"]
    with emulator.serve() as server:
        port = server.ports[Cloud.GLOBAL]
        ready.send(
            {
                "made": made,
                "bare": insert_bare(emulator),
                "port": port,
                "ca": str(server.ca_file),
                "pem": str(server.ca_file.with_name("server.pem")),
                "token": emulator.token(contoso, audience=server.url(Cloud.GLOBAL)),
                "user": emulator.service.store.query("SELECT max(id) FROM objects WHERE kind = 'user'", [])[0][0],
            }
        )
        server.wait()


def insert_bare(emulator: Emulator) -> float:
    """Seconds to insert the documents of all users into a table without an index."""
    rows = emulator.service.store.query("SELECT id, doc FROM objects WHERE kind = 'user'", [])
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE users (id TEXT, doc TEXT)")
    start = time.perf_counter()
    database.executemany("INSERT INTO users VALUES (?, ?)", rows)
    database.commit()
    return time.perf_counter() - start


def serve_starlette(bodies: dict[str, bytes], certificate: str, ready: Connection) -> None:
    """Serve the same bytes from two routes."""
    (one, single), (page, many) = bodies.items()

    async def user(request: Request) -> Response:
        return Response(single, media_type="application/json")

    async def users(request: Request) -> Response:
        return Response(many, media_type="application/json")

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    app = Starlette(routes=[Route(one, user), Route(page.partition("?")[0], users)])
    config = uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off", ssl_certfile=certificate)
    ready.send(listener.getsockname()[1])
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
