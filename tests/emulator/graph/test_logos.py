"""Logos of applications: bytes that go in and come out, their limits, and their address."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.emulator.api import Api

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) + b"[{" * 600
"""An image with more brackets than a JSON body may have levels."""


def put(api: Api, path: str, content: bytes) -> httpx.Response:
    """Sends an image."""
    headers = {"Authorization": f"Bearer {api.token}", "Content-Type": "image/png"}
    with httpx.Client(transport=api.emulator.transport(), base_url=api.tenant.graph_url) as client:
        return client.put(f"/v1.0{path}", content=content, headers=headers)


def application_of(api: Api) -> str:
    """Path of a new application."""
    return f"/applications/{api.post('/applications', {'displayName': 'A'})['id']}"


def address(api: Api, application: str) -> Any:
    """Where an application says that its logo is."""
    return api.get(application)["info"]["logoUrl"]


def test_a_logo_comes_out_as_it_went_in(contoso: Api) -> None:
    application = application_of(contoso)
    answer = put(contoso, f"{application}/logo", PNG)
    found = contoso.send("GET", f"{application}/logo")

    assert 204 == answer.status_code
    assert (PNG, "image/png") == (found.content, found.headers["Content-Type"])


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_batch_carries_a_logo_as_base64(contoso: Api, encode: Callable[[bytes], bytes]) -> None:
    """In both directions; JSON and text of other items stay as they are."""
    logo = f"{application_of(contoso)}/logo"
    image = {"body": encode(PNG).decode(), "headers": {"Content-Type": "image/png"}}
    counting = {"url": "/users/$count", "headers": {"ConsistencyLevel": "eventual"}}
    items: list[dict[str, Any]] = [
        {"method": "PUT", "url": logo, **image},
        {"method": "GET", "url": logo},
        {"method": "GET", **counting},
        {"method": "PUT", "url": logo, **image, "body": "no image"},
    ]
    requests = [{"id": str(number), **item} for number, item in enumerate(items)]
    answers = contoso.post("/$batch", {"requests": requests})["responses"]

    assert [204, 200, 200, 400] == [answer["status"] for answer in answers]
    assert PNG == base64.b64decode(answers[1]["body"], validate=True)
    assert contoso.send("GET", "/users/$count", headers=counting["headers"]).text == answers[2]["body"]


def test_each_logo_has_its_own_address(contoso: Api) -> None:
    """Terraform's azuread expects another logo_url after each change."""
    application = application_of(contoso)
    addresses = [address(contoso, application)]
    for content in (PNG, b"\xff\xd8\xff other"):
        put(contoso, f"{application}/logo", content)
        addresses.append(address(contoso, application))

    assert addresses[0] is None
    assert 3 == len(set(addresses))
    assert "image/jpeg" == contoso.send("GET", f"{application}/logo").headers["Content-Type"]


@pytest.mark.parametrize("content", [b"", b"<svg></svg>", b'{"logo": "x"}', PNG + bytes(500 * 1024)])
def test_what_is_no_image_or_too_large_is_refused(contoso: Api, content: bytes) -> None:
    application = application_of(contoso)

    assert 400 == put(contoso, f"{application}/logo", content).status_code
    assert 404 == contoso.error("GET", f"{application}/logo")[0]


def test_a_restored_application_has_its_logo_and_a_new_one_has_none(contoso: Api) -> None:
    application = application_of(contoso)
    put(contoso, f"{application}/logo", PNG)
    contoso.ok("DELETE", application)
    contoso.post(f"/directory/deletedItems/{application.rsplit('/', 1)[1]}/restore")

    assert PNG == contoso.send("GET", f"{application}/logo").content
    assert 404 == contoso.error("GET", f"{application_of(contoso)}/logo")[0]


def test_only_owners_write_a_logo_with_the_permission_for_what_they_own(contoso: Api) -> None:
    application = application_of(contoso)
    contoso.ok("DELETE", f"{application}/owners/{contoso.get(f'{application}/owners')['value'][0]['id']}/$ref")

    assert 403 == put(contoso.holding("Application.ReadWrite.OwnedBy"), f"{application}/logo", PNG).status_code
    assert 204 == put(contoso.holding("Application.ReadWrite.All"), f"{application}/logo", PNG).status_code
