"""Request bodies as other languages' clients send them: compressed, or with properties that are null."""

from __future__ import annotations

import gzip
import json
from typing import Any

import httpx

from tests.emulator.api import Api

JSON = Any
GROUP = {"displayName": "Packed", "mailEnabled": False, "mailNickname": "packed", "securityEnabled": True}


def post(api: Api, path: str, content: bytes, encoding: str) -> httpx.Response:
    """A POST with a content encoding."""
    headers = {"Authorization": f"Bearer {api.token}", "Content-Type": "application/json", "Content-Encoding": encoding}
    with httpx.Client(transport=api.emulator.transport(), base_url=api.tenant.graph_url) as client:
        return client.post(f"/v1.0{path}", content=content, headers=headers)


def test_gzip_body_is_read_and_logged(contoso: Api) -> None:
    """What arrives compressed is the same request."""
    answer = post(contoso, "/groups", gzip.compress(json.dumps(GROUP).encode()), "gzip")

    assert (201, "Packed") == (answer.status_code, answer.json()["displayName"])
    assert GROUP == contoso.emulator.requests.writes[-1].body


def test_body_that_is_not_what_its_header_says_is_refused(contoso: Api) -> None:
    """Plain JSON under a gzip header changes nothing."""
    before = len(contoso.get("/groups")["value"])
    answer = post(contoso, "/groups", json.dumps(GROUP).encode(), "gzip")

    assert (400, "BadRequest") == (answer.status_code, answer.json()["error"]["code"])
    assert before == len(contoso.get("/groups")["value"])


def test_unknown_encoding_is_an_unsupported_media_type(contoso: Api) -> None:
    """Clients then send the body as it is."""
    assert 415 == post(contoso, "/groups", b"x", "br").status_code


def test_null_body_and_null_dependencies_in_a_batch_are_none(contoso: Api) -> None:
    """The Go SDK writes every property of a batch item."""
    item: JSON = {"id": "1", "method": "GET", "url": "/organization", "headers": None, "body": None, "dependsOn": None}
    (answer,) = contoso.post("/$batch", {"requests": [item]})["responses"]

    assert 200 == answer["status"]
