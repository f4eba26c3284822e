"""What differs between the clouds: properties and operations that a national cloud lacks."""

from __future__ import annotations

from typing import Any

import pytest

from entra_sync.emulator import Emulator
from tests.emulator.api import Api
from tests.emulator.linking import Link, connect

JSON = Any
POLICY = "/policies/crossTenantAccessPolicy"
HOME = {"tenantId": "3d0f5dec-5d3d-455c-8016-e2af1ae4d31a"}
BLOCKED = {"accessType": "blocked", "targets": [{"target": "AllUsers", "targetType": "user"}]}


@pytest.fixture(params=["usgov", "usgovdod", "china"])
def national(request: pytest.FixtureRequest) -> Api:
    """A tenant of a national cloud."""
    emulator = Emulator(seed=3)
    emulator.add_tenant("abroad", request.param)
    return Api(emulator, "abroad")


def test_list_of_allowed_clouds_is_in_beta_only(national: Api) -> None:
    """v1.0 neither shows nor takes the property; beta does both."""
    body = {"allowedCloudEndpoints": ["microsoftonline.com"]}

    assert "allowedCloudEndpoints" not in national.get(POLICY)
    assert 400 == national.error("PATCH", POLICY, body)[0]
    national.patch(POLICY, body, version="beta")
    assert ["microsoftonline.com"] == national.get(POLICY, version="beta")["allowedCloudEndpoints"]


@pytest.mark.parametrize("path", [f"{POLICY}/default", f"{POLICY}/partners/{HOME['tenantId']}"])
def test_settings_that_version_1_lacks_are_in_beta(national: Api, path: str) -> None:
    """Tenant restrictions of partners and of the default."""
    national.post(f"{POLICY}/partners", HOME)
    body = {"tenantRestrictions": {"usersAndGroups": BLOCKED}}

    assert "tenantRestrictions" not in national.get(path)
    assert 400 == national.error("PATCH", path, body)[0]
    national.patch(path, body, version="beta")
    assert "blocked" == national.get(path, version="beta")["tenantRestrictions"]["usersAndGroups"]["accessType"]


def test_new_partner_shows_what_the_cloud_has(national: Api, contoso: Api) -> None:
    """The answer to a creation, too, has the properties of the cloud's own version."""
    here, there = (api.post(f"{POLICY}/partners", HOME) for api in (contoso, national))

    assert {"isInMultiTenantOrganization", "tenantRestrictions"} == here.keys() - there.keys()


def test_object_connections_are_in_the_global_cloud_only(contoso: Api, federal: Api) -> None:
    """A job of a national cloud has none: the segment is unknown, which is no answer about the user."""
    link: Link = connect(federal, contoso)
    user = federal.user("Linked")
    path = f"{link.job}/objectConnections('{user['id']}')"

    assert (400, "BadRequest", "Resource not found for the segment 'objectConnections'.") == federal.error(
        "GET", path, version="beta"
    )


@pytest.mark.parametrize(
    ("role", "answer"),
    [
        ("SynchronizationMetadata.Read.All", 404),
        ("Synchronization.Read.All", 404),
        ("SynchronizationMetadata.Read.OwnedBy", 404),
        ("AuditLog.Read.All", 403),
    ],
)
def test_permissions_of_object_connections(contoso: Api, federal: Api, role: str, answer: int) -> None:
    """The permissions of both pages count; the caller owns the application here."""
    link = connect(contoso, federal)
    user = contoso.user("No link")

    path = f"{link.job}/objectConnections('{user['id']}')"
    assert answer == contoso.holding(role).error("GET", path, version="beta")[0]
