"""Answers to a browser: the page, its files, and its data as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

from entra_sync.emulator.dashboard.logs import provisioning, provisioning_entry, request_log, request_record
from entra_sync.emulator.dashboard.overview import cycles, overview, pulse
from entra_sync.emulator.dashboard.people import people, person
from entra_sync.emulator.dashboard.query import Query, Unknown
from entra_sync.emulator.http.wire import ReceivedRequest, Reply
from entra_sync.emulator.service import Service
from entra_sync.microsoft.clouds import Cloud

__all__ = ["answer_dashboard", "in_dashboard"]

_DATA = "/_emulator/dashboard/"
_PAGE = "page.html"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_HEADERS = {
    # Names are whatever a client wrote: nothing but the page's own files may run, and nothing leaves for another host.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

_SOURCES: dict[str, Callable[[Query], Any]] = {
    "pulse": pulse,
    "overview": overview,
    "cycles": cycles,
    "people": people,
    "person": person,
    "provisioning": provisioning,
    "provisioning-entry": provisioning_entry,
    "requests": request_log,
    "request": request_record,
}


def in_dashboard(path: str) -> bool:
    """Whether a path belongs to the dashboard."""
    return path == "/" or path.startswith(_DATA)


def answer_dashboard(service: Service, request: ReceivedRequest, addresses: Mapping[Cloud, str]) -> Reply:
    """Answer a request for the page, one of its files, or its data.

    Args:
        service: What is looked at; the page shows the tenants of the request's cloud, and who they are linked to.
        request: A request whose path ``in_dashboard`` knows.
        addresses: Where the page of each cloud is.

    Returns:
        200, or 404 with ``{"error": …}`` for something that is not there, 400 for a parameter that makes no sense,
        405 for anything but reading.
    """
    if request.method not in {"GET", "HEAD"}:
        return _refused(405, "the dashboard only shows; changes go to Microsoft Graph or to /_emulator")
    name = request.path.removeprefix(_DATA) if request.path != "/" else _PAGE
    read = _SOURCES.get(name)
    if read is None:
        return _file(name)
    try:
        with service.lock:
            return Reply(200, read(Query(service, request.cloud, request.query, addresses)), dict(_HEADERS))
    except Unknown as missing:
        return _refused(404, str(missing))
    except ValueError as error:
        return _refused(400, str(error))


def _file(name: str) -> Reply:
    folder = files(__package__) / "files"
    found = next((item for item in folder.iterdir() if item.name == name), None)
    if found is None:
        return _refused(404, f"the dashboard has no {name}")
    kind = _TYPES["." + name.rsplit(".", 1)[1]]
    return Reply(200, found.read_bytes(), {**_HEADERS, "Content-Type": f"{kind}; charset=utf-8"})


def _refused(status: int, message: str) -> Reply:
    return Reply(status, {"error": message}, dict(_HEADERS))
