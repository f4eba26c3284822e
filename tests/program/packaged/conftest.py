"""An engine at a running provider."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from entra_sync.base.resource import Resource
from entra_sync.base.run import claims
from entra_sync.program.packaged.__main__ import start
from tests.program.packaged.engine import Engine


@pytest.fixture
def declaring(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command is one that asks what a program declares."""
    monkeypatch.setenv("ENTRA_SYNC_DECLARE_ONLY", "true")


@pytest.fixture
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine at a running provider, for one command."""
    if "declaring" in request.fixturenames:
        request.getfixturevalue("declaring")
    monkeypatch.setattr(Resource, "packaged", False)
    loop = asyncio.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(1))  # a machine with few processors has not many more
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    address = request.getfixturevalue("monitor")[1] if "monitor" in request.fixturenames else "127.0.0.1:1"
    server, port = asyncio.run_coroutine_threadsafe(start(address), loop).result()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        stub.Configure(provider_pb2.ConfigureRequest(acceptSecrets=True))
        yield Engine(stub)
    asyncio.run_coroutine_threadsafe(server.stop(None), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
    claims.claims_by_id.clear()
