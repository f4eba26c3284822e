"""A tenant's arguments, and where its credentials come from."""

from pathlib import Path

import pytest

from entra_sync.errors import ConfigurationError
from entra_sync.errors.argument import ArgumentError
from entra_sync.graph.gateway import Graph
from entra_sync.microsoft.tenant import Tenant

ID = "3d0f5dec-5d3d-455c-8016-e2af1ae4d31a"


def test_state_keeps_what_refresh_needs_and_nothing_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name, id, cloud and endpoints; a credential in the environment is not among them."""
    monkeypatch.setenv("ENTRA_CONTOSO_CLIENT_SECRET", "hunter2")
    tenant = Tenant("contoso", tenant_id=ID, cloud="usgov", graph_url="https://localhost:1/")

    assert {
        "name": "contoso",
        "tenantId": ID,
        "cloud": "usgov",
        "graphUrl": "https://localhost:1",
    } == tenant.model_dump(by_alias=True, exclude_none=True)


def test_environment_variables_are_named_after_the_tenant() -> None:
    """What is no letter or digit becomes an underscore."""
    assert "ENTRA_CONTOSO_EAST_CLIENT_ID" == Tenant("contoso-east", tenant_id=ID, cloud="global").variable("CLIENT_ID")


def test_each_cloud_has_its_own_graph_and_authority() -> None:
    """Overrides win."""
    dod = Tenant("army", tenant_id=ID, cloud="usgovdod")
    local = Tenant("army", tenant_id=ID, cloud="usgovdod", authority_url="https://localhost:2")

    assert ("https://dod-graph.microsoft.us", "https://login.microsoftonline.us") == (dod.graph, dod.authority)
    assert "https://localhost:2" == local.authority


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"tenant_id": "contoso.com", "cloud": "global"}, '"contoso.com" is not a directory (tenant) id'),
        ({"tenant_id": ID, "cloud": "mars"}, 'cloud: "mars" is unknown; known are global, usgov, usgovdod, china'),
        ({"tenant_id": ID, "cloud": "global", "graph_url": "http://x"}, "must be an address that starts with https://"),
        ({"tenant_id": ID}, "cloud: is required"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_tenant(arguments: dict[str, str], problem: str) -> None:
    """And the program's line."""
    with pytest.raises(ArgumentError) as caught:
        Tenant("contoso", **arguments)

    message = str(caught.value)
    assert message.startswith('Tenant "contoso": ')
    assert problem in message
    assert "test_tenant.py:" in message
    assert 1 == len(message.splitlines())


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"CLIENT_ID": "x"}, "set one of ENTRA_CONTOSO_CLIENT_SECRET"),
        ({"CLIENT_SECRET": "hunter2"}, "ENTRA_CONTOSO_CLIENT_ID is not"),
        ({"CA_FILE": "/nowhere.pem", "CLIENT_ID": "x", "CLIENT_SECRET": "hunter2"}, "names /nowhere.pem"),
    ],
)
def test_half_a_credential_says_what_is_missing(
    variables: dict[str, str], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is sent, and without the secret."""
    for name, value in variables.items():
        monkeypatch.setenv(f"ENTRA_CONTOSO_{name}", value)
    with pytest.raises(ConfigurationError) as caught:
        Graph(Tenant("contoso", tenant_id=ID, cloud="global")).get("/v1.0/organization")

    assert problem in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_federated_token_needs_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Workload identity: a client id and a file."""
    from azure.identity import WorkloadIdentityCredential

    from entra_sync.graph.sign_in import credential

    (tmp_path / "token").write_text("t")
    monkeypatch.setenv("ENTRA_CONTOSO_CLIENT_ID", "x")
    monkeypatch.setenv("ENTRA_CONTOSO_FEDERATED_TOKEN_FILE", str(tmp_path / "token"))

    assert isinstance(credential(Tenant("contoso", tenant_id=ID, cloud="global")), WorkloadIdentityCredential)
