"""Permissions: every operation has its row, and a token without one is refused."""

from __future__ import annotations

import pytest

from entra_sync.emulator.graph import ROUTES
from entra_sync.emulator.identity.permissions import alternatives
from tests.emulator.api import Api
from tests.emulator.linking import connect

DENIED = (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


@pytest.mark.parametrize("key", sorted({route.key for route in ROUTES.routes}))
def test_every_operation_has_a_row(key: str) -> None:
    """No operation can be called without its permissions being known."""
    assert isinstance(alternatives(key, delegated=False), list)
    assert isinstance(alternatives(key, delegated=True), list)


@pytest.mark.parametrize(
    ("method", "path", "enough", "not_enough"),
    [
        ("GET", "/policies/crossTenantAccessPolicy", "Policy.Read.All", "Directory.Read.All"),
        ("GET", "/users", "User.Read.All", "Group.Read.All"),
        ("GET", "/groups", "Group.Read.All", "User.Read.All"),
        ("GET", "/servicePrincipals", "Application.Read.All", "User.Read.All"),
        ("GET", "/auditLogs/provisioning", "ProvisioningLog.Read.All", "User.Read.All"),
        ("GET", "/auditLogs/provisioning", "AuditLog.Read.All", "User.Read.All"),
        ("GET", "/subscribedSkus", "Organization.Read.All", "User.Read.All"),
    ],
)
def test_a_fitting_permission_is_enough_and_another_is_not(
    contoso: Api, method: str, path: str, enough: str, not_enough: str
) -> None:
    """One permission that the reference lists suffices; one that it does not is refused."""
    assert 200 == contoso.holding(enough).send(method, path).status_code
    assert DENIED == contoso.holding(not_enough).error(method, path)


def test_reading_does_not_allow_writing(contoso: Api) -> None:
    """A read permission is refused on a write, and nothing changes."""
    reader = contoso.holding("Policy.Read.All")
    body = {"allowedCloudEndpoints": ["microsoftonline.us"]}

    assert DENIED == reader.error("PATCH", "/policies/crossTenantAccessPolicy", body)
    assert [] == contoso.get("/policies/crossTenantAccessPolicy")["allowedCloudEndpoints"]


def test_permissions_that_are_needed_together(contoso: Api, federal: Api) -> None:
    """Assigning to a service principal needs AppRoleAssignment.ReadWrite.All and a permission to read."""
    link = connect(contoso, federal)
    user = contoso.user("Assigned")
    body = {"principalId": user["id"], "resourceId": link.principal, "appRoleId": link.role}
    path = f"/servicePrincipals/{link.principal}/appRoleAssignedTo"

    assert DENIED == contoso.holding("AppRoleAssignment.ReadWrite.All").error("POST", path, body)
    both = contoso.holding("AppRoleAssignment.ReadWrite.All", "Application.Read.All")
    assert 201 == both.send("POST", path, body).status_code


def test_owned_by_allows_what_the_caller_made(contoso: Api, federal: Api) -> None:
    """Application.ReadWrite.OwnedBy reaches applications that the caller owns, and no others."""
    owner = contoso.holding("Application.ReadWrite.OwnedBy")
    mine = owner.application("518e5f48-1fc8-4c48-9387-9fdf28b0dfe7", "Mine")
    graph = contoso.get("/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")

    assert (
        200
        == owner.send("GET", f"/servicePrincipals/{mine['servicePrincipal']['id']}/synchronization/jobs").status_code
    )
    assert DENIED == owner.error("PATCH", f"/servicePrincipals/{graph['id']}", {"notes": "x"})


def test_me_needs_a_signed_in_user(contoso: Api) -> None:
    """/me means nothing to an application."""
    assert (
        400,
        "BadRequest",
        "/me request is only valid with delegated authentication flow.",
    ) == contoso.error("GET", "/me")
    user = contoso.user("Me Myself")
    assert contoso.signed_in(user["id"], ["User.Read"]).get("/me")["id"] == user["id"]


def test_roles_come_from_the_grants_of_the_tenant(contoso: Api) -> None:
    """A new application has no permission until an app role of Microsoft Graph is assigned to it."""
    made = contoso.post("/applications", {"displayName": "Reader"})
    principal = contoso.post("/servicePrincipals", {"appId": made["appId"]})
    token = contoso.emulator.token(contoso.tenant, client_id=made["appId"])
    assert DENIED == Api(contoso.emulator, contoso.tenant, token).error("GET", "/users")

    graph = contoso.get("/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")
    role = next(role["id"] for role in graph["appRoles"] if role["value"] == "User.Read.All")
    body = {"principalId": principal["id"], "resourceId": graph["id"], "appRoleId": role}
    contoso.post(f"/servicePrincipals/{principal['id']}/appRoleAssignments", body)
    token = contoso.emulator.token(contoso.tenant, client_id=made["appId"])
    assert Api(contoso.emulator, contoso.tenant, token).get("/users?$top=1")["value"]


def test_custom_security_attributes_are_null_without_their_permission(contoso: Api) -> None:
    """Their own permissions are needed to read and to write them."""
    user = contoso.user("Attributed")["id"]
    values = {"Engineering": {"@odata.type": "#Microsoft.DirectoryServices.CustomSecurityAttributeValue", "Level": 3}}
    assert DENIED == contoso.error("PATCH", f"/users/{user}", {"customSecurityAttributes": values})
    writer = contoso.holding("User.ReadWrite.All", "CustomSecAttributeAssignment.ReadWrite.All")
    writer.patch(f"/users/{user}", {"customSecurityAttributes": values})
    path = f"/users/{user}?$select=customSecurityAttributes"

    assert contoso.get(path)["customSecurityAttributes"] is None
    assert 3 == writer.get(path)["customSecurityAttributes"]["Engineering"]["Level"]
