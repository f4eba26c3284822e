"""The logo of an application (application resource, logo: a stream)."""

from __future__ import annotations

import base64
import hashlib

from entra_sync.emulator.errors import bad_request, not_found
from entra_sync.emulator.graph.applications.applications import application
from entra_sync.emulator.graph.audit import audit_object
from entra_sync.emulator.graph.common import owned
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.state.store import Entry

__all__ = ["routes"]

routes = Router()

_PATH = "/applications/{id}/logo"
_LARGEST = 500 * 1024
"""Bytes of a logo ("Set-EntraApplicationLogo": uploads must be smaller than 500 KB)."""
_FORMATS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"BM": "image/bmp",
}
"""Beginnings of the formats that the portal and Terraform's azuread name."""


@routes.on("PUT", _PATH)
def put_logo(call: Call, id: str) -> Reply:
    """Saves a logo, and gives it another address in ``info``; the address is a stand-in that answers nothing.

    Raises:
        Fault: 400 for what is no image, or too large. No page shows the answers.
    """
    entry = application(call, id)
    owned(call, entry.id)
    content = call.request.content
    if not any(content.startswith(start) for start in _FORMATS):
        raise bad_request("The logo must be an image in the format PNG, JPEG, GIF or BMP.")
    if len(content) >= _LARGEST:
        raise bad_request(f"The logo must be smaller than {_LARGEST:,} bytes.")
    held = _logo(call, entry)
    doc = {"content": base64.b64encode(content).decode()}
    if held is None:
        call.store.put(call.tid, "logo", call.store.new_id(), doc, parent=entry.id)
    else:
        call.store.replace(call.tid, "logo", held.id, doc)
    name = hashlib.blake2b(content, digest_size=8).hexdigest()
    url = f"https://aadcdn.msauthimages.net/{entry.id}/appbranding/logo?ts={name}"
    call.directory.update("application", entry.id, {"info": {"logoUrl": url}})
    audit_object(call, "Update {}", entry)
    return Reply(204)


@routes.on("GET", _PATH)
def get_logo(call: Call, id: str) -> Reply:
    """The bytes of a logo.

    Raises:
        Fault: 404 if the application has none. No page shows the answer.
    """
    held = _logo(call, application(call, id))
    if held is None:
        raise not_found("logo")
    content = base64.b64decode(held.doc["content"])
    type = next(type for start, type in _FORMATS.items() if content.startswith(start))
    return Reply(200, content, {"Content-Type": type})


def _logo(call: Call, entry: Entry) -> Entry | None:
    return next(iter(call.store.objects(call.tid, "logo", parent=entry.id)), None)
