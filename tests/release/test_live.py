"""``make live``: the tests of resources in real tenants, tried with the emulator in the place of real tenants."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from entra_sync.emulator import Emulator
from entra_sync.emulator.serving.server import Server
from entra_sync.microsoft.tenant import Tenant
from tests.emulator.api import Api
from tests.resources.live import SWITCH, from_environment

JSON = Any
ROOT = Path(__file__).parents[2]
POLICY = "/policies/crossTenantAccessPolicy"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Two tenants that are reached over the network, as real ones are."""
    emulator = Emulator.sample("contoso", people=5)
    emulator.tenants["federal"].allow_cross_cloud_synchronization_from("global")
    with emulator.serve() as running:
        yield running


def environment(server: Server, **changes: str) -> dict[str, str]:
    """What a person with two tenants sets."""
    found = dict(server.environment())
    for name in server.emulator.tenants:
        connection = server.connection(name)
        tenant = Tenant(name, **connection)
        suffixes = {"TENANT_ID": "tenantId", "CLOUD": "cloud", "GRAPH_URL": "graphUrl", "AUTHORITY_URL": "authorityUrl"}
        found |= {tenant.variable(suffix): str(connection[key]) for suffix, key in suffixes.items()}
    ids = [tenant.tenant_id for tenant in server.emulator.tenants.values()]
    return {**os.environ, **found, SWITCH: ",".join(ids), **changes}


def live(environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    """Exit code and output of the command that the Makefile has."""
    command = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def left(server: Server) -> JSON:
    """What the tenants hold that tests make."""
    found = []
    for name in server.emulator.tenants:
        api = Api(server.emulator, name)
        found.append([app["displayName"] for app in api.pages("/applications")])
        found.append(api.get(f"{POLICY}/partners")["value"])
        found.append(api.get(POLICY, version="beta")["allowedCloudEndpoints"])
    return found


def test_resources_are_tested_in_tenants_that_are_named_and_left_as_they_were(server: Server) -> None:
    """Tests that need the emulator itself are skipped with a reason."""
    before = left(server)
    files = ("test_identity_synchronization.py", "test_allowed_cloud_endpoint.py", "test_service_principal.py")
    names = "test_basic or test_an_empty_copy"
    code, output = live(environment(server), *(f"tests/resources/{name}" for name in files), "-k", names, "-rs")

    assert 0 == code, output
    assert "3 passed, 1 skipped" in output
    assert "looks into the emulator, moves its clock, or lets it fail" in output
    assert before == left(server)
    assert {"contoso", "federal"} == {record.tenant for record in server.emulator.requests.writes}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({SWITCH: "none"}, "name the two test tenants to change them: make live TENANTS=SOURCE_ID,TARGET_ID"),
        ({"ENTRA_CONTOSO_TENANT_ID": ""}, "ENTRA_CONTOSO_TENANT_ID is not set"),
        ({"ENTRA_FEDERAL_CLOUD": "china"}, "the tests are written for one in usgov: set ENTRA_FEDERAL_CLOUD"),
        ({"ENTRA_CONTOSO_CLIENT_SECRET": "wrong"}, "AADSTS7000215"),
    ],
)
def test_without_two_tenants_nothing_is_run(server: Server, changes: dict[str, str], problem: str) -> None:
    """The message says what to set."""
    start = len(server.emulator.requests.writes)
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in environment(server, **changes).items():
            patch.setenv(variable, value)
        with pytest.raises(
            pytest.exit.Exception, match=f"make live: .*{re.escape(problem)}.* Nothing was changed."
        ) as end:
            from_environment()

    assert 2 == end.value.returncode
    assert start == len(server.emulator.requests.writes)


def test_tenants_in_use_are_refused(server: Server) -> None:
    """Settings for the other tenant may belong to a link."""
    contoso, federal = (Api(server.emulator, name) for name in ("contoso", "federal"))
    contoso.post(f"{POLICY}/partners", {"tenantId": federal.tenant.tenant_id})
    problem = "contoso has settings for federal, so it is in use; take other tenants. Nothing was changed."
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in environment(server).items():
            patch.setenv(variable, value)
        with pytest.raises(pytest.exit.Exception, match=problem):
            from_environment()
    contoso.ok("DELETE", f"{POLICY}/partners/{federal.tenant.tenant_id}")


def test_without_the_switch_the_emulator_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in `make test`."""
    monkeypatch.delenv(SWITCH, raising=False)

    assert from_environment() is None
