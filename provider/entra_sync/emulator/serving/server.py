"""The emulator over TLS on localhost: one port per cloud, each with Graph and login at its root."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sqlite3
import ssl
import sys
import threading
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Any

import trustme
import uvicorn

from entra_sync.emulator.dashboard.answer import answer_dashboard, in_dashboard
from entra_sync.emulator.errors import Fault
from entra_sync.emulator.http.wire import LARGEST_BODY, ReceivedRequest, Reply, too_large
from entra_sync.emulator.serving.addresses import Addresses
from entra_sync.emulator.serving.control import answer_control
from entra_sync.microsoft.clouds import Cloud

if TYPE_CHECKING:
    from entra_sync.emulator.serving.emulation import Emulation

__all__ = ["Server"]

Scope = MutableMapping[str, Any]


class Server(Addresses):
    """A running emulator; use as a context manager.

    Attributes:
        cycles: Whether cycles run when they are due.
        tick: Seconds between two looks at what is due.
    """

    tick = 1.0

    def __init__(self, emulator: Emulation, port: int = 0, *, cycles: bool = False) -> None:
        self.cycles = cycles
        self._first_port = port
        self._passing = contextlib.ExitStack()
        """Where an emulator in memory has its certificate: nothing of it is left when it, or the program, stops."""
        self._folder = emulator.state or Path(
            self._passing.enter_context(TemporaryDirectory(prefix="entra-sync-emulator-"))
        )
        super().__init__(emulator, self._folder / "ca.pem")
        self._servers: list[uvicorn.Server] = []
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    # Starting and stopping

    def __enter__(self) -> Server:
        try:
            sockets = self._listen()
        except OSError:
            self._passing.close()
            raise
        certificate = self._certificate()
        for cloud in sockets:
            config = uvicorn.Config(
                _App(self.emulator, cloud, self),
                log_level="critical",
                access_log=False,
                lifespan="off",
                server_header=False,
                date_header=False,
                timeout_graceful_shutdown=1,
                ssl_certfile=str(certificate),
                ssl_version=ssl.PROTOCOL_TLS_SERVER,
            )
            self._servers.append(uvicorn.Server(config))
        started = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(list(sockets.values()), started), name="entra-sync-emulator", daemon=True
        )
        self._thread.start()
        started.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        for server in self._servers:
            server.should_exit = True
        if self._thread is not None:
            self._thread.join()
        self.emulator.save_clock()
        self._passing.close()

    def wait(self) -> None:
        """Block until the server stops."""
        if self._thread is not None:
            self._thread.join()

    def _listen(self) -> dict[Cloud, socket.socket]:
        found: dict[Cloud, socket.socket] = {}
        with contextlib.ExitStack() as opened:
            for offset, cloud in enumerate(Cloud):
                # asyncio switches Nagle's algorithm off only for sockets that say they are TCP.
                listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
                opened.enter_context(listener)
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind(("127.0.0.1", self._first_port + offset if self._first_port else 0))
                listener.listen(128)
                listener.setblocking(False)
                found[cloud] = listener
                self.ports[cloud] = listener.getsockname()[1]
                self.emulator.service.roots[f"localhost:{self.ports[cloud]}"] = cloud
            opened.pop_all()
        address = self._folder / "control"
        address.unlink(missing_ok=True)
        address.touch(mode=0o600)
        address.write_text(self.control + "\n", encoding="utf-8")
        return found

    def _certificate(self) -> Path:
        """A certificate for localhost by our own authority, kept with the state so that clients go on trusting it."""
        certificate = self._folder / "server.pem"
        if not (certificate.exists() and self.ca_file.exists()):
            authority = trustme.CA()
            issued = authority.issue_cert("localhost", "127.0.0.1")
            self.ca_file.write_bytes(authority.cert_pem.bytes())
            certificate.touch(mode=0o600)
            certificate.write_bytes(issued.private_key_and_cert_chain_pem.bytes())
        return certificate

    def _run(self, sockets: list[socket.socket], started: threading.Event) -> None:
        asyncio.run(self._serve(sockets, started))

    async def _serve(self, sockets: list[socket.socket], started: threading.Event) -> None:
        running = [
            asyncio.create_task(server.serve(sockets=[listener]))
            for server, listener in zip(self._servers, sockets, strict=True)
        ]
        while not all(server.started or task.done() for server, task in zip(self._servers, running, strict=True)):
            await asyncio.sleep(0.005)
        started.set()
        ticking = asyncio.create_task(self._tick())
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*running)
        ticking.cancel()

    async def _tick(self) -> None:
        """Do what falls due while time runs."""
        while True:
            await asyncio.sleep(self.tick)
            try:
                if self.cycles:
                    self.emulator.run_due()
                else:
                    self.emulator.service.settle()
                self.emulator.save_clock()
            except sqlite3.Error as problem:
                # A full disk passes; the next tick tries again.
                _unusable(self.emulator, problem)
            except Exception:
                traceback.print_exc()


def _unusable(emulator: Emulation, problem: sqlite3.Error) -> str:
    """Says that the state cannot be used, on standard error too; nothing was changed."""
    message = f"{emulator.state or 'the state'}: cannot be read or written ({problem}); nothing was changed"
    print(f"error: {message}", file=sys.stderr, flush=True)
    return message


class _App:
    """ASGI application of one cloud."""

    def __init__(self, emulator: Emulation, cloud: Cloud, server: Server) -> None:
        self._emulator, self._cloud, self._server = emulator, cloud, server

    async def __call__(
        self, scope: Scope, receive: Callable[[], Awaitable[Scope]], send: Callable[[Scope], Awaitable[None]]
    ) -> None:
        if scope["type"] != "http":
            return
        content = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            if len(content) <= LARGEST_BODY:
                content += message.get("body", b"")
            more = message.get("more_body", False)
        try:
            reply = await self._answer(scope, bytes(content))
        except sqlite3.Error as problem:
            moment = self._emulator.clock.now().strftime("%Y-%m-%dT%H:%M:%S")
            unusable = Fault(503, "ServiceUnavailable", _unusable(self._emulator, problem))
            reply = Reply(503, unusable.body(moment, "", ""))
        except Exception:
            # A mistake of the emulator itself; clients see a 500 as of any service.
            traceback.print_exc()
            moment = self._emulator.clock.now().strftime("%Y-%m-%dT%H:%M:%S")
            error = Fault(500, "InternalServerError", "The emulator failed; its standard error says where.")
            reply = Reply(500, error.body(moment, "", ""))
        if reply.delay:
            await asyncio.sleep(reply.delay)
        if reply.drop:
            _hang_up(receive)
            return
        body = reply.content
        headers = [(name.encode(), value.encode("latin-1", "replace")) for name, value in reply.with_type().items()]
        headers.append((b"Content-Length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _own(self, headers: dict[str, str]) -> bool:
        """Whether a request names this emulator as its host, and comes from no other site's page."""
        ports = self._server.ports.values()
        hosts = {f"{name}:{port}" for name in ("localhost", "127.0.0.1") for port in ports}
        origin = headers.get("origin")
        return headers.get("host", "") in hosts and (origin is None or origin.removeprefix("https://") in hosts)

    async def _answer(self, scope: Scope, content: bytes) -> Reply:
        if len(content) > LARGEST_BODY:
            moment = self._emulator.clock.now().strftime("%Y-%m-%dT%H:%M:%S")
            return Reply(413, too_large().body(moment, "", ""))
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        path = scope["raw_path"].decode("latin-1") + (
            f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
        )
        request = ReceivedRequest(
            self._cloud, scope["method"], f"{self._server.url(self._cloud)}{path}", headers, content
        )
        if (in_dashboard(request.path) or request.path.startswith("/_emulator")) and not self._own(headers):
            return Reply(403, {"error": "only pages and programs that name this emulator as their host may use this"})
        if in_dashboard(request.path):
            return answer_dashboard(
                self._emulator.service, request, {cloud: self._server.url(cloud) for cloud in Cloud}
            )
        if request.path.startswith("/_emulator"):
            return answer_control(self._emulator, self._server, request)
        return self._emulator.service.answer(request)


def _hang_up(receive: Callable[[], Awaitable[Scope]]) -> None:
    """Close the connection without an answer, which ASGI has no message for; uvicorn's cycle holds the transport."""
    cycle: Any = receive.__self__  # type: ignore[attr-defined]
    cycle.transport.abort()
    cycle.disconnected = True
