"""A sign-in that fails: one line with the cause and the remedy that fits it."""

from __future__ import annotations

import base64
import json
import logging
from pathlib import Path

import httpx
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from entra_sync.errors import ConfigurationError
from entra_sync.graph.gateway import Graph
from entra_sync.graph.sign_in import credential, no_token
from entra_sync.microsoft.tenant import Tenant
from tests.graph.service import Service, ok

TENANT = Tenant("contoso", tenant_id="3d0f5dec-5d3d-455c-8016-e2af1ae4d31a", cloud="usgov")
CAUSES = [
    # what azure-identity says, the part of the remedy that fits
    ("AADSTS7000215: Invalid client secret provided.", "Use the secret's value, not its id"),
    (
        "AADSTS7000222: The provided client secret keys for app 'x' are expired.",
        "The secret in ENTRA_CONTOSO_CLIENT_SECRET has expired",
    ),
    (
        "AADSTS700016: Application with identifier 'x' was not found in the directory 'y'.",
        "has no application client-1",
    ),
    ("AADSTS7000112: Application 'x' is disabled.", "is disabled in tenant"),
    (
        "AADSTS7000229: The client application x is missing service principal in the tenant y.",
        "Grant consent to it there",
    ),
    (
        "AADSTS90002: Tenant 'x' not found. Check to make sure you have the correct tenant ID.",
        "Check the tenantId and the cloud",
    ),
    ("AADSTS900382: Confidential Client is not supported in Cross Cloud request.", "is in another cloud than"),
    (
        "AADSTS700027: The certificate with identifier used to sign the client assertion is not registered.",
        "Upload its public part",
    ),
    ("AADSTS700024: Client assertion is not within its valid time range.", "Check this machine's clock"),
    (
        "AADSTS70021: No matching federated identity record found for presented assertion.",
        "Compare issuer, subject and audience",
    ),
    (
        "AADSTS700213: No matching federated identity record found for presented assertion subject 'x'.",
        "has the subject of the token",
    ),
    (
        "AADSTS700211: No matching federated identity record found for presented assertion issuer 'x'.",
        "has the issuer of the token",
    ),
    (
        "AADSTS700212: No matching federated identity record found for presented assertion audience 'x'.",
        "has the audience of the token",
    ),
    ("AADSTS53003: Access has been blocked by Conditional Access policies.", "A Conditional Access policy of tenant"),
    (
        "AADSTS500011: The resource principal named x was not found in the tenant named y.",
        "does not know this Microsoft Graph",
    ),
    (
        "Authentication failed: HTTPSConnectionPool(host='login.microsoftonline.us', port=443): Max retries exceeded "
        "(Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
        "self-signed certificate (_ssl.c:1006)')))",
        "set ENTRA_CONTOSO_CA_FILE to a file with its root certificate",
    ),
    (
        "<urllib3.connection.HTTPSConnection object at 0x1>: Failed to resolve 'login.microsoftonline.us' "
        "([Errno -2] Name or service not known)",
        "cannot be found. Check the network, authorityUrl",
    ),
    ("[Errno 111] Connection refused", "cannot be reached. Check the network, a firewall"),
    ("HTTPSConnectionPool: Read timed out. (read timeout=300)", "cannot be reached. Check the network, a firewall"),
    ("Cannot connect to proxy. OSError('Tunnel connection failed: 407')", "Check HTTPS_PROXY and NO_PROXY"),
    (
        "Unable to get authority configuration for https://login.microsoftonline.us/x.",
        "Check the tenantId and the cloud",
    ),
    ("An answer that is not known", "Check ENTRA_CONTOSO_CLIENT_ID and ENTRA_CONTOSO_CLIENT_SECRET"),
]


@pytest.fixture(autouse=True)
def with_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenant whose credential is a secret."""
    monkeypatch.setenv("ENTRA_CONTOSO_CLIENT_ID", "client-1")
    monkeypatch.setenv("ENTRA_CONTOSO_CLIENT_SECRET", "s3cret-value")


@pytest.mark.parametrize(("said", "remedy"), CAUSES)
def test_each_cause_has_its_remedy_once(said: str, remedy: str) -> None:
    """Not all variables, and not the wrong ones."""
    trace = " Trace ID: 1 Correlation ID: 2 Timestamp: 2026-11-28 12:00:00Z"
    message = str(no_token(TENANT, ClientAuthenticationError(message=said + trace)))

    assert message.startswith("tenant contoso (US Government): no token from https://login.microsoftonline.us: ")
    assert 1 == message.count(remedy)
    assert "\n" not in message and "_ssl.c" not in message
    assert "Correlation ID" not in message
    assert "s3cret-value" not in message
    assert message.endswith(".") and ".." not in message


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("AADSTS53003: Access has been blocked. It needs more.", "AADSTS53003: Access has been blocked. A Cond"),
        ("Authentication failed: [Errno 111] Connection refused", "[Errno 111] Connection refused. https"),
    ],
)
def test_what_was_said_comes_first_with_its_code(said: str, reason: str) -> None:
    """The code is what one searches for."""
    message = str(no_token(TENANT, ClientAuthenticationError(message=said)))

    assert f"no token from https://login.microsoftonline.us: {reason}" in message


def test_without_a_credential_all_ways_to_one_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """And only then."""
    monkeypatch.delenv("ENTRA_CONTOSO_CLIENT_ID")
    monkeypatch.delenv("ENTRA_CONTOSO_CLIENT_SECRET")
    message = str(
        no_token(TENANT, ClientAuthenticationError(message="DefaultAzureCredential failed to retrieve a token"))
    )

    assert "Set ENTRA_CONTOSO_CLIENT_ID and a credential (ENTRA_CONTOSO_CLIENT_SECRET, " in message


@pytest.mark.parametrize("suffix", ["CERTIFICATE_PATH", "FEDERATED_TOKEN_FILE"])
def test_a_missing_file_is_named_with_its_variable(suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENTRA_CONTOSO_CLIENT_SECRET")
    monkeypatch.setenv(f"ENTRA_CONTOSO_{suffix}", "/nope.pem")

    with pytest.raises(ConfigurationError) as caught:
        credential(TENANT)

    assert str(caught.value) == (
        f"tenant contoso (US Government): ENTRA_CONTOSO_{suffix} names /nope.pem, which cannot be read: "
        "No such file or directory"
    )


def test_a_file_that_is_no_certificate_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "c.pem"
    path.write_text("no certificate")
    monkeypatch.delenv("ENTRA_CONTOSO_CLIENT_SECRET")
    monkeypatch.setenv("ENTRA_CONTOSO_CERTIFICATE_PATH", str(path))

    with pytest.raises(
        ConfigurationError, match="cannot be used as a certificate; ENTRA_CONTOSO_CERTIFICATE_PATH needs"
    ):
        credential(TENANT)


def test_a_token_of_another_tenant_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Azure CLI gives one of the tenant that it is signed in to, whichever tenant the program means."""
    for suffix in ("CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.delenv(f"ENTRA_CONTOSO_{suffix}", raising=False)
    other = "5a3b1c0d-1111-4222-8333-444455556666"
    service = Service()
    graph = Graph(TENANT, credential=Fixed(token(tid=other)), transport=httpx.MockTransport(service.respond))
    with pytest.raises(ConfigurationError) as refused:
        graph.get("/v1.0/users")

    assert f"the token is of tenant {other}, not of {TENANT.tenant_id}, so nothing was sent" in str(refused.value)
    assert f"`az login --tenant {TENANT.tenant_id}`" in str(refused.value)
    assert [] == service.asked


@pytest.mark.parametrize("claims", [{"tid": TENANT.tenant_id.upper()}, {}])
def test_a_token_of_the_tenant_or_one_that_does_not_tell_is_used(claims: dict[str, str]) -> None:
    service = Service(ok({"id": "1"}))
    graph = Graph(TENANT, credential=Fixed(token(**claims)), transport=httpx.MockTransport(service.respond))

    assert {"id": "1"} == graph.get("/v1.0/users/1")


class Fixed:
    """A credential with one token."""

    def __init__(self, token: str) -> None:
        self.token = token

    def get_token(self, *scopes: str, **options: object) -> AccessToken:
        """The token."""
        return AccessToken(self.token, 2**40)


def token(**claims: str) -> str:
    """An access token as Microsoft Entra makes them, without a signature."""
    parts = ({"alg": "none"}, claims)
    return ".".join([*(base64.urlsafe_b64encode(json.dumps(each).encode()).decode() for each in parts), ""])


def test_nothing_is_printed_beside_the_error(capsys: pytest.CaptureFixture[str]) -> None:
    """azure-identity logs a warning of its own, which Python prints if no log is configured."""
    logging.getLogger("azure.identity._internal.get_token_mixin").warning("ClientSecretCredential.get_token failed")

    assert "" == capsys.readouterr().err


@pytest.mark.parametrize("own", [False, True])
def test_only_an_authority_of_its_own_is_taken_without_discovery(own: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """azure-identity asks Microsoft about an authority that it does not know; an emulator's is none of these."""
    given: dict[str, object] = {}
    monkeypatch.setattr("azure.identity.ClientSecretCredential", lambda *_, **options: given.update(options))
    for name in ("CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.setenv(f"ENTRA_CONTOSO_{name}", "it")
    url = {"authority_url": "https://localhost:8443", "graph_url": "https://localhost:8443"} if own else {}
    credential(Tenant("contoso", tenant_id=TENANT.tenant_id, cloud="usgov", **url))

    assert own == given.get("disable_instance_discovery", False)
    assert ("https://localhost:8443" if own else "https://login.microsoftonline.us") == given["authority"]
