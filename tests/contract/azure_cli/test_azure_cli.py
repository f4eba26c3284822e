"""Contract with Azure CLI: `az login` with a client secret, and its `az ad` commands, unmodified.

The cloud is registered with the emulator's addresses, as for any cloud that Azure CLI does not know. Without its
packages the tests are skipped; `make contract` has them fail instead.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from entra_sync.emulator import Emulator
from entra_sync.emulator.serving.server import Server
from tests.contract import programs
from tests.processes import end

JSON = Any

pytestmark = pytest.mark.xdist_group("azure-cli")


NOT_FOUND = 3
"""Exit code of Azure CLI for an object that does not exist."""


class AzureCli:
    """Azure CLI with a configuration of its own."""

    def __init__(self, command: list[str], emulator: Emulator, root: str, ca_file: Path, folder: Path) -> None:
        self.emulator, self.root = emulator, root
        settings = {
            "AZURE_CONFIG_DIR": str(folder),
            "AZURE_CORE_COLLECT_TELEMETRY": "no",
            "AZURE_CORE_INSTANCE_DISCOVERY": "false",
            "REQUESTS_CA_BUNDLE": str(ca_file),
            "NO_PROXY": "localhost",
        }
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **settings},
        )

    def ask(self, *arguments: str) -> JSON:
        """The whole answer to a command: code, value, error."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def __call__(self, command: str, *more: str) -> JSON:
        """What a command answers; it has to succeed."""
        answer = self.ask(*command.split(), *more)
        assert (0, "") == (answer["code"], answer["error"]), command
        return answer["value"]

    def close(self) -> None:
        """Ends the process."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        end(self._process)


@contextmanager
def configured(command: list[str], server: Server, folder: Path) -> Iterator[AzureCli]:
    """Azure CLI for the emulator's cloud, before `az login`."""
    tenant = server.emulator.tenants["contoso"]
    root = server.url(tenant.cloud)
    client = AzureCli(command, server.emulator, root, server.ca_file, folder)
    addresses = {
        "active-directory": root,
        "active-directory-graph-resource-id": root,
        "active-directory-resource-id": "https://management.core.windows.net/",
        "management": root,
        "microsoft-graph-resource-id": f"{root}/",
        "resource-manager": root,
    }
    client("cloud register --name emulator", *(f"--endpoint-{name}={url}" for name, url in addresses.items()))
    client("cloud set --name emulator")
    yield client
    client.close()


def credentials(server: Server, secret: str) -> list[str]:
    """`az login` as Contoso's administration."""
    tenant = server.emulator.tenants["contoso"]
    names = [f"--username={tenant.client_id}", f"--password={secret}", f"--tenant={tenant.tenant_id}"]
    return ["login", "--service-principal", "--allow-no-subscriptions", *names]


@pytest.fixture(scope="module")
def command() -> list[str]:
    """Azure CLI in an environment of its own, which the first run installs in a few seconds."""
    try:
        return programs.azure_cli()
    except programs.Unavailable as reason:
        if os.environ.get("ENTRA_CONTRACT") == "all":
            raise
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def az(command: list[str], server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzureCli]:
    """Azure CLI, signed in."""
    with configured(command, server, tmp_path_factory.mktemp("azure")) as client:
        client(*credentials(server, server.emulator.tenants["contoso"].client_secret))
        yield client


def test_the_account_is_the_tenant_without_a_subscription(az: AzureCli) -> None:
    """What `az account show` prints after `az login --allow-no-subscriptions`."""
    account = az("account show")

    assert az.emulator.tenants["contoso"].tenant_id == account["tenantId"]
    assert "N/A(tenant level account)" == account["name"]


def test_a_wrong_secret_is_refused_with_the_services_number(command: list[str], server: Server, tmp_path: Path) -> None:
    """The number that people search for."""
    with configured(command, server, tmp_path) as client:
        answer = client.ask(*credentials(server, "wrong"))

    assert 0 != answer["code"]
    assert "AADSTS7000215" in answer["error"]


def test_users_are_listed_made_changed_and_deleted(az: AzureCli) -> None:
    """`az ad user`."""
    domain = az.emulator.tenants["contoso"].domain
    name = f"riley@{domain}"
    made = az("ad user create --display-name Riley --password Pa55-word-7", "--user-principal-name", name)
    az("ad user update --id", name, "--display-name", "Riley R")
    shown = az("ad user show --id", made["id"])
    found = az("ad user list --upn", name)
    az("ad user delete --id", made["id"])

    assert "Riley R" == shown["displayName"]
    assert [made["id"]] == [user["id"] for user in found]
    assert len(az("ad user list")) >= 150
    assert NOT_FOUND == az.ask("ad", "user", "show", "--id", name)["code"]


def test_groups_take_members_and_owners(az: AzureCli) -> None:
    """`az ad group`, with its `member` and `owner`."""
    user = az("ad user list", "--filter", "userType eq 'Member'")[0]
    group = az("ad group create --display-name Contract --mail-nickname contract --description made")
    az("ad group member add --group", group["id"], "--member-id", user["id"])
    az("ad group owner add --group", group["id"], "--owner-object-id", user["id"])

    assert [user["id"]] == [member["id"] for member in az("ad group member list --group", "Contract")]
    assert {"value": True}.items() <= az("ad group member check --group Contract --member-id", user["id"]).items()
    assert user["id"] in {owner["id"] for owner in az("ad group owner list --group", group["id"])}
    assert group["id"] in az("ad user get-member-groups --id", user["id"], "--query", "[].id")
    az("ad group member remove --group", group["id"], "--member-id", user["id"])
    az("ad group owner remove --group", group["id"], "--owner-object-id", user["id"])
    assert [] == az("ad group member list --group", group["id"])
    assert "Contract" == az("ad group show --group", group["id"])["displayName"]
    az("ad group delete --group", group["id"])
    assert [] == az("ad group list --display-name Contract")


def test_applications_are_made_changed_and_deleted(az: AzureCli) -> None:
    """`az ad app`: what is not changed stays."""
    app = az(
        "ad app create --display-name Portal --sign-in-audience AzureADMyOrg --web-redirect-uris https://a.example"
    )
    az("ad app update --id", app["appId"], "--web-home-page-url", "https://b.example")
    shown = az("ad app show --id", app["id"])

    assert (["https://a.example"], "https://b.example") == (shown["web"]["redirectUris"], shown["web"]["homePageUrl"])
    assert [app["id"]] == [each["id"] for each in az("ad app list --display-name Portal")]
    az("ad app delete --id", app["id"])
    assert [] == az("ad app list --app-id", app["appId"])


def test_credentials_of_applications_are_reset_listed_and_deleted(az: AzureCli) -> None:
    """`az ad app credential`, for a secret and a certificate."""
    app = az("ad app create --display-name Credentials")
    secret = az("ad app credential reset --id", app["appId"], "--display-name", "first")
    az("ad app credential reset --create-cert --append --id", app["appId"])
    (listed,) = az("ad app credential list --id", app["appId"])
    (certificate,) = az("ad app credential list --cert --id", app["appId"])

    assert app["appId"] == secret["appId"]
    assert secret["password"].startswith(listed["hint"])
    assert ("first", "Verify") == (listed["displayName"], certificate["usage"])
    az("ad app credential delete --id", app["appId"], "--key-id", listed["keyId"])
    assert [] == az("ad app credential list --id", app["appId"])
    az("ad app delete --id", app["id"])


def test_federated_credentials_and_permissions_of_applications(az: AzureCli) -> None:
    """`az ad app federated-credential`, `permission` and `owner`."""
    app = az("ad app create --display-name Federated")
    trust = {"name": "main", "issuer": "https://token.example", "subject": "s", "audiences": ["api://a"]}
    made = az("ad app federated-credential create --id", app["id"], "--parameters", json.dumps(trust))
    change = json.dumps({**trust, "subject": "other"})
    one = ("--id", app["id"], "--federated-credential-id", "main")
    az("ad app federated-credential update", *one, "--parameters", change)
    (listed,) = az("ad app federated-credential list --id", app["id"])

    assert (made["id"], "other") == (listed["id"], listed["subject"])
    az("ad app federated-credential delete --id", app["id"], "--federated-credential-id", made["id"])
    graph, role = "00000003-0000-0000-c000-000000000000", "df021288-bdef-4463-88db-98f22de89214"
    az("ad app permission add --id", app["id"], "--api", graph, "--api-permissions", f"{role}=Role")
    (access,) = az("ad app permission list --id", app["id"])
    assert [{"id": role, "type": "Role"}] == access["resourceAccess"]
    assert 1 == len(az("ad app owner list --id", app["id"]))
    az("ad app delete --id", app["id"])


def test_service_principals_and_their_credentials(az: AzureCli) -> None:
    """`az ad sp`, and `create-for-rbac` without a role: the new principal signs in."""
    app = az("ad app create --display-name Principal")
    principal = az("ad sp create --id", app["appId"])
    az("ad sp update --id", app["appId"], "--set", "notes=contract")
    secret = az("ad sp credential reset --id", app["appId"])

    assert "contract" == az("ad sp show --id", principal["id"])["notes"]
    assert [principal["id"]] == [each["id"] for each in az("ad sp list --display-name Principal")]
    assert 1 == len(az("ad sp owner list --id", app["appId"]))
    assert app["appId"] == secret["appId"] and secret["password"]
    az("ad sp delete --id", app["appId"])
    az("ad app delete --id", app["id"])
    robot = az("ad sp create-for-rbac --display-name Robot")
    assert az.emulator.tenants["contoso"].tenant_id == robot["tenant"]
    az("ad sp delete --id", robot["appId"])


def test_any_request_is_sent_by_az_rest(az: AzureCli) -> None:
    """With a token for this Graph."""
    answer = az("rest --url", f"{az.root}/v1.0/organization", "--resource", az.root)

    assert [az.emulator.tenants["contoso"].tenant_id] == [each["id"] for each in answer["value"]]
