"""Directory roles, their templates, and roles with the scope of an administrative unit."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.api import Api

JSON = Any
UNITS = "/directory/administrativeUnits"
PRINTERS = "644ef478-e28f-4e28-b9dc-3fdde9aa0b1f"
"""Template of Printer Administrator."""


def active(api: Api, template: str = PRINTERS) -> str:
    """Id of a role that was activated."""
    return str(api.post("/directoryRoles", {"roleTemplateId": template})["id"])


def held(api: Api, unit: str, role: str, member: str) -> JSON:
    """A role for a unit, given in the way of Terraform's azuread."""
    body = {"administrativeUnitId": unit.rsplit("/", 1)[1], "roleId": role, "roleMemberInfo": {"id": member}}
    return api.post(f"{unit}/scopedRoleMembers", body)


@pytest.fixture
def unit(contoso: Api) -> str:
    """Path of a unit."""
    return f"{UNITS}/{contoso.post(UNITS, {'displayName': 'Research'})['id']}"


def test_a_role_is_activated_by_its_template_once(contoso: Api) -> None:
    """As azuread_directory_role does it."""
    template = contoso.get(f"/directoryRoleTemplates/{PRINTERS}")
    query = f"/directoryRoles?$filter=roleTemplateId eq '{PRINTERS}'"
    before = contoso.get(query)["value"]
    made = contoso.post("/directoryRoles", {"roleTemplateId": PRINTERS})

    assert ("Printer Administrator", []) == (template["displayName"], before)
    assert [made["id"]] == [role["id"] for role in contoso.get(query)["value"]]
    assert (PRINTERS, "Printer Administrator") == (made["roleTemplateId"], made["displayName"])
    assert made["id"] == contoso.get(f"/directoryRoles(roleTemplateId='{PRINTERS}')")["id"]
    assert 400 == contoso.error("POST", "/directoryRoles", {"roleTemplateId": PRINTERS})[0]
    assert 400 == contoso.error("POST", "/directoryRoles", {"roleTemplateId": "x"})[0]


def test_global_administrator_is_active_from_the_start(contoso: Api) -> None:
    assert ["Global Administrator"] == [role["displayName"] for role in contoso.get("/directoryRoles")["value"]]


def test_users_groups_and_service_principals_have_a_role_for_a_unit(contoso: Api, unit: str) -> None:
    """As azuread_administrative_unit_role_member does it: made, read, imported and deleted."""
    role, user = active(contoso), contoso.user("Ada")
    group = contoso.group("Roles", isAssignableToRole=True)["id"]
    principal = contoso.get("/servicePrincipals?$top=1")["value"][0]["id"]
    made = [held(contoso, unit, role, member) for member in (user["id"], group, principal)]
    read = contoso.get(f"{unit}/scopedRoleMembers/{made[0]['id']}")
    listed = contoso.get(f"{unit}/scopedRoleMembers")["value"]
    contoso.ok("DELETE", f"{unit}/scopedRoleMembers/{made[0]['id']}")

    assert made[0] == read
    assert (role, unit.rsplit("/", 1)[1]) == (read["roleId"], read["administrativeUnitId"])
    assert {
        "id": user["id"],
        "displayName": "Ada",
        "userPrincipalName": user["userPrincipalName"],
    } == read["roleMemberInfo"]
    assert {user["id"], group, principal} == {item["roleMemberInfo"]["id"] for item in listed}
    assert 404 == contoso.error("GET", f"{unit}/scopedRoleMembers/{made[0]['id']}")[0]


def test_roles_members_and_groups_that_a_unit_cannot_have_are_refused(contoso: Api, unit: str) -> None:
    """ "Assign Microsoft Entra roles" has the message for a role that is only for the tenant."""
    role, user = active(contoso), contoso.user("Ada")["id"]
    administrator = contoso.get("/directoryRoles")["value"][0]["id"]
    held(contoso, unit, role, user)

    def refused(**body: JSON) -> tuple[int, str, str]:
        return contoso.error("POST", f"{unit}/scopedRoleMembers", body)

    assert (
        400,
        "Request_BadRequest",
        "The given built-in role is not supported to be assigned to a single resource scope.",
    ) == refused(roleId=administrator, roleMemberInfo={"id": user})
    assert 400 == refused(roleId=role, roleMemberInfo={"id": user})[0]
    assert 400 == refused(roleId=role, roleMemberInfo={"id": contoso.group("Plain")["id"]})[0]
    assert 404 == refused(roleId=role, roleMemberInfo={"id": PRINTERS})[0]
    assert 404 == refused(roleId=PRINTERS, roleMemberInfo={"id": user})[0]
    assert 400 == refused(roleId=role, administrativeUnitId=PRINTERS, roleMemberInfo={"id": user})[0]


def test_a_role_for_a_unit_ends_with_its_member_and_with_its_unit(contoso: Api, unit: str) -> None:
    role, user, other = active(contoso), contoso.user("Ada")["id"], contoso.user("Other")["id"]
    gone, kept = held(contoso, unit, role, user)["id"], held(contoso, unit, role, other)["id"]
    contoso.ok("DELETE", f"/users/{user}")
    hidden = contoso.error("GET", f"{unit}/scopedRoleMembers/{gone}")[0]
    contoso.ok("DELETE", f"/directory/deletedItems/{user}")
    listed = [item["id"] for item in contoso.get(f"{unit}/scopedRoleMembers")["value"]]
    contoso.ok("DELETE", unit)

    assert (404, [kept]) == (hidden, listed)
    assert 404 == contoso.error("GET", f"{unit}/scopedRoleMembers")[0]


def test_roles_for_units_need_the_permission_for_roles(contoso: Api, unit: str) -> None:
    role, user = active(contoso), contoso.user("Ada")["id"]
    body = {"roleId": role, "roleMemberInfo": {"id": user}}
    path = f"{unit}/scopedRoleMembers"

    assert 403 == contoso.holding("AdministrativeUnit.ReadWrite.All").error("POST", path, body)[0]
    assert contoso.holding("RoleManagement.ReadWrite.Directory").post(path, body)["id"]


def test_who_got_a_role_for_a_unit_is_audited(contoso: Api, unit: str) -> None:
    made = held(contoso, unit, active(contoso), contoso.user("Ada")["id"])["id"]
    contoso.ok("DELETE", f"{unit}/scopedRoleMembers/{made}")
    entries = contoso.get("/auditLogs/directoryAudits?$filter=category eq 'RoleManagement'")["value"]

    assert {
        ("Add scoped member to role", "User", "Role"),
        ("Remove scoped member from role", "User", "Role"),
    } == {(entry["activityDisplayName"], *(target["type"] for target in entry["targetResources"])) for entry in entries}
