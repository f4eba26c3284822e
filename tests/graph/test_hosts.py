"""Where requests go: no redirect is followed, no link leads elsewhere, no id changes its path."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from entra_sync.base.args import Guid, Values
from entra_sync.base.principals import Group
from entra_sync.errors import ConfigurationError, GraphError
from entra_sync.errors.argument import ArgumentError
from entra_sync.graph.gateway import Graph, connect, connecting
from entra_sync.graph.links import Links, address
from entra_sync.graph.paths import segment
from entra_sync.graph.requests import Request
from entra_sync.graph.sdk import trust
from entra_sync.microsoft.tenant import Tenant
from tests.graph.service import CONTOSO, Service, ok

FOREIGN = [
    "https://evil.example/v1.0/users",
    "https://graph.microsoft.com.evil.example/v1.0/users",
    "https://graph.microsoft.com@evil.example/v1.0/users",
    "https://user@graph.microsoft.com/v1.0/users",
    "https://graph.microsoft.com:8443/v1.0/users",
    "https://graph.microsoft.us/v1.0/users",
    "http://graph.microsoft.com/v1.0/users",
    "http://graph.microsoft.com:443/v1.0/users",
    "//evil.example/v1.0/users",
    ".evil.example/v1.0/users",
    "@evil.example/v1.0/users",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "https://[::1/v1.0",
    "https://graph.microsoft.com:99999999/v1.0",
    "https://graph.microsoft.com\\@evil.example/v1.0",
    "https://graph.microsoft.com/v1.0/users\r\nHost: evil.example",
    "https://gr\u0430ph.microsoft.com/v1.0/users",
    "",
]


@pytest.mark.parametrize("link", FOREIGN)
def test_a_link_to_another_host_is_refused(link: str) -> None:
    """Its answer would be taken for the tenant's data. Nothing is sent to it."""
    service = Service(ok({"value": [{"id": "1"}], "@odata.nextLink": link}))

    if link == "":
        with pytest.raises(GraphError, match="which is not part of"):
            Links(CONTOSO, "listing").next(link)
        return
    with pytest.raises(GraphError, match="which is not part of") as caught:
        list(service.graph().pages("/v1.0/users"))

    assert 1 == len(service.asked)
    assert str(caught.value).startswith("tenant contoso (global): while listing /v1.0/users: the answer leads to")


@pytest.mark.parametrize(
    "link",
    [
        "https://graph.microsoft.com/v1.0/users?$skiptoken=a",
        "https://GRAPH.microsoft.com:443/v1.0/users?$skiptoken=%2e%2e",
    ],
)
def test_links_of_the_tenants_own_graph_are_followed(link: str) -> None:
    service = Service(ok({"value": [1], "@odata.nextLink": link}), ok({"value": [2]}))

    assert [1, 2] == list(service.graph().pages("/v1.0/users"))


@pytest.mark.parametrize("links", [["a", "a"], ["a", "b", "a"], ["a", "b", "c", "b"]])
def test_pages_that_lead_in_a_circle_end(links: list[str]) -> None:
    """A list that never ends is an error, not a run that never ends."""
    pages = [ok({"value": [1], "@odata.nextLink": f"https://graph.microsoft.com/v1.0/users?{link}"}) for link in links]

    with pytest.raises(GraphError, match="the pages lead in a circle"):
        list(Service(*pages).graph().pages("/v1.0/users"))


@pytest.mark.parametrize("link", [5, ["x"], {"a": 1}, True])
def test_a_link_that_is_no_text_is_an_error(link: object) -> None:
    with pytest.raises(GraphError, match="a link to the next page is not a text"):
        list(Service(ok({"value": [], "@odata.nextLink": link})).graph().pages("/v1.0/users"))


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "location", ["https://evil.example/x", "https://graph.microsoft.com/v1.0/y", "http://a", "/v1.0/y"]
)
def test_no_redirect_is_followed(status: int, method: str, location: str) -> None:
    """Bodies hold secrets: they go where they were sent, whatever the answer says."""
    service = Service(httpx.Response(status, headers={"Location": location}))
    body = None if method == "GET" else {"value": [{"key": "BaseAddress", "value": "secret"}]}

    with pytest.raises(GraphError, match=f"answered {status}, a redirect to .* which is not followed"):
        service.graph().send(Request(method, "/v1.0/servicePrincipals/a/synchronization/secrets", body, "writing"))

    assert 1 == len(service.asked)


HOSTILE_IDS = [
    "../x",
    "a/b",
    "a?b=c",
    "a#b",
    "a%2fb",
    "%2e%2e",
    "a\r\nHost: x",
    "a\x00b",
    "…",
    "\ud800",
    "a b",
    "a&b",
    "~",
    "...",
]


@pytest.mark.parametrize("id", HOSTILE_IDS)
def test_an_id_stays_one_segment(id: str) -> None:
    """What is sent is what is listed."""
    service = Service(ok({"id": "1"}))
    path = f"/v1.0/users/{segment(id)}/memberOf"

    service.graph().get(path)

    assert path == service.asked[0].url.raw_path.decode()


@given(st.text(max_size=12))
def test_no_id_leaves_its_path(id: str) -> None:
    """Any text is one segment, or is refused."""
    try:
        quoted = segment(id)
    except ConfigurationError:
        assert id in ("", ".", "..")
        return
    url = httpx.URL(address(CONTOSO, f"/v1.0/users/{quoted}/memberOf", "reading"))

    assert ["", "v1.0", "users", quoted, "memberOf"] == url.raw_path.decode().split("/")
    assert id == unquote(quoted, errors="surrogatepass")


@pytest.mark.parametrize("id", ["", ".", ".."])
def test_ids_made_of_dots_are_refused(id: str) -> None:
    with pytest.raises(ConfigurationError, match="is not an id"):
        segment(id)


@pytest.mark.parametrize(
    "path", ["/v1.0/policies/x/partners/..", "/v1.0/a/./b", "https://graph.microsoft.com/v1.0/../beta"]
)
def test_paths_with_dots_are_never_sent(path: str) -> None:
    service = Service()

    with pytest.raises(GraphError, match="has dots for an id, and is not sent"):
        service.graph().get(path)


class Held(Values):
    """A typed argument."""

    id: Guid


@pytest.mark.parametrize(
    "id", ["", "..", "c00d9779-5f42", "x" * 36, "c00d9779-5f42-4e7d-9df5-0123456789ab\n", "{c00d9779}"]
)
def test_an_id_that_is_no_guid_is_refused(id: str) -> None:
    with pytest.raises(ValidationError, match="is not an id; ids are GUIDs such as"):
        Group(id)


def test_a_guid_is_in_lower_case_however_it_is_written() -> None:
    """As Graph answers it, so that the two can be compared."""
    id = "C00D9779-5F42-4E7D-9DF5-0123456789AB"

    assert (id.lower(), id.lower()) == (Held(id=id).id, Group(id).id)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://", "names a host"),
        ("https:///v1.0", "names a host"),
        ("ftp://graph.example", "starts with https://"),
        ("graph.example", "starts with https://"),
        ("https://user:pw@graph.example", "must not hold a user name or password"),
        ("https://graph.example/v1.0", "without path"),
        ("https://graph.example?x=1", "without path"),
        ("https://graph.example#x", "without path"),
        ("https://graph.example:port", "is not an address"),
        ("https://graph.example:99999", "is not an address"),
        ("https://graph.example\r\nX: y", "starts with https://"),
        ("https://gr\u0430ph.example", "starts with https://"),
        ("https://\ud800", "starts with https://"),
        ("https://[::1", "is not an address"),
        ("https://a b", "starts with https://"),
    ],
)
def test_addresses_of_a_tenant_are_read_strictly(url: str, problem: str) -> None:
    for name in ("graph_url", "authority_url"):
        with pytest.raises(ArgumentError) as caught:
            Tenant("contoso", tenant_id=CONTOSO.tenant_id, cloud="global", **{name: url})

        assert problem in str(caught.value)
        assert "pw" not in str(caught.value)


def test_a_port_and_a_slash_at_the_end_are_fine() -> None:
    tenant = Tenant("contoso", tenant_id=CONTOSO.tenant_id, cloud="global", graph_url="https://LocalHost:9443/")

    assert "https://localhost:9443" == tenant.graph


def test_names_that_share_credentials_are_refused() -> None:
    """The credentials of one would be sent for the other."""
    with connecting(Graph):
        connect(Tenant("a-b", tenant_id=CONTOSO.tenant_id, cloud="global"))
        with pytest.raises(
            ConfigurationError, match="tenants a-b and a_b would both take their credentials from ENTRA_A_B_"
        ):
            connect(Tenant("a_b", tenant_id=CONTOSO.tenant_id, cloud="usgov"))


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.write_text("no certificate"), "holds no certificates in PEM"),
        (lambda path: path.write_text(""), "holds no certificates in PEM"),
        (lambda path: path.write_bytes(b"\x00\xff" * 50), "holds no certificates in PEM"),
        (lambda path: None, "which does not exist"),
        (lambda path: path.mkdir(), "which does not exist"),
    ],
)
def test_a_bad_ca_file_is_one_line(
    make: Callable[[Path], object], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ca.pem"
    make(path)
    monkeypatch.setenv("ENTRA_CONTOSO_CA_FILE", str(path))

    with pytest.raises(ConfigurationError) as caught:
        trust(CONTOSO)

    assert f"ENTRA_CONTOSO_CA_FILE names {path}, which" in str(caught.value)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
