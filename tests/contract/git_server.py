"""A Git repository at an https address of this machine."""

from __future__ import annotations

import os
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import trustme

__all__ = ["Served", "served"]


@dataclass(frozen=True)
class Served:
    """The address of a repository, and a file with the authority of its certificate beside the machine's own ones."""

    url: str
    authorities: Path


@contextmanager
def served(repositories: Path, name: str) -> Iterator[Served]:
    """Serves the bare repository *name* of a folder, by Git's own program for it.

    The port is that of https: Pulumi's folder of a provider has the name of its address, and Python makes no virtual
    environment in a folder with a colon in its name.

    Raises:
        PermissionError: Only root may use this port here.
    """
    authority = trustme.CA()
    trusted = repositories.parent / "authorities.pem"
    system = ssl.get_default_verify_paths().cafile
    trusted.write_bytes(authority.cert_pem.bytes() + (Path(system).read_bytes() if system else b""))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with ThreadingHTTPServer(("127.0.0.1", 443), _handler(repositories)) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield Served(f"https://localhost/{name}", trusted)
        finally:
            server.shutdown()


def _handler(repositories: Path) -> type[BaseHTTPRequestHandler]:
    """Each request is one run of `git http-backend`, which speaks CGI."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            environment = {
                "GIT_PROJECT_ROOT": str(repositories),
                "GIT_HTTP_EXPORT_ALL": "1",
                "REQUEST_METHOD": self.command,
                "PATH_INFO": address.path,
                "QUERY_STRING": address.query,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "HTTP_GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            }
            answer = subprocess.run(
                ["git", "http-backend"],
                input=self._content(),
                env={**os.environ, **environment},
                capture_output=True,
                check=True,
            )
            head, _, body = answer.stdout.partition(b"\r\n\r\n")
            fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
            self.send_response(int(fields.pop("Status", "200").split()[0]))
            for field, value in fields.items():
                self.send_header(field, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def _content(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            content = b""
            while size := int(self.rfile.readline(), 16):
                content += self.rfile.read(size)
                self.rfile.readline()
            return content

        def log_message(self, format: str, *args: object) -> None:
            """The tests' output stays free of requests."""

    return Handler
