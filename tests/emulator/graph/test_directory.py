"""Users, groups, applications, assignments, licenses and deleted items."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.emulator.api import Api

JSON = Any
CROSS_TENANT = "518e5f48-1fc8-4c48-9387-9fdf28b0dfe7"
P2 = "84a661c4-e949-4bd2-a560-ed7766fcaf2b"
FLOW = "f30db892-07e9-47e9-837c-80727f46fd3d"


# Users


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"displayName": None}, "A value is required for property 'displayName' of resource 'User'."),
        ({"shoeSize": 42}, "Invalid property 'shoeSize'."),
        ({"securityIdentifier": "S-1"}, "Property 'securityIdentifier' is read-only and cannot be set."),
        ({"displayName": 3}, "Invalid value specified for property 'displayName' of resource 'User'."),
        ({"usageLocation": "Germany"}, "Invalid value specified for property 'usageLocation' of resource 'User'."),
        ({"userType": "Friend"}, "Invalid value specified for property 'userType' of resource 'User'."),
        ({"mailNickname": "two words"}, "Invalid value specified for property 'mailNickname' of resource 'User'."),
        (
            {"userPrincipalName": "x@example.com"},
            "The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain"
            " names in your organization.",
        ),
        (
            {"passwordProfile": {"password": "short"}},
            "The specified password does not comply with password complexity requirements. Please provide a different"
            " password.",
        ),
    ],
)
def test_user_with_a_wrong_property_is_refused(contoso: Api, changes: JSON, message: str) -> None:
    """The service's text names the property."""
    body = {
        "accountEnabled": True,
        "displayName": "Somebody",
        "mailNickname": "somebody",
        "userPrincipalName": "somebody@contoso.com",
        "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"},
        **changes,
    }

    assert contoso.error("POST", "/users", body)[2] == message


def test_principal_name_and_address_are_unique(contoso: Api) -> None:
    """Without regard to case, and only among live objects."""
    ada = contoso.user("Ada Lovelace", mail="ada@contoso.com")
    status, code, message = contoso.error(
        "PATCH", f"/users/{contoso.user('Other')['id']}", {"userPrincipalName": ada["userPrincipalName"].upper()}
    )
    assert (400, "Request_BadRequest") == (status, code)
    assert "Another object with the same value for property userPrincipalName already exists." == message
    assert 400 == contoso.error("PATCH", f"/users/{contoso.user('Third')['id']}", {"mail": "ADA@contoso.com"})[0]

    contoso.ok("DELETE", f"/users/{ada['id']}")
    again = contoso.user("Ada Lovelace", mail="ada@contoso.com")
    assert again["id"] != ada["id"]
    assert 400 == contoso.error("POST", f"/directory/deletedItems/{ada['id']}/restore")[0]


def test_user_is_found_by_principal_name(contoso: Api) -> None:
    """The principal name stands for the id in a path, also one with #EXT#."""
    user = contoso.user("Path Finder")
    assert contoso.get(f"/users/{user['userPrincipalName']}")["id"] == user["id"]
    invited = {"invitedUserEmailAddress": "x@fabrikam.com", "inviteRedirectUrl": "https://example.com"}
    guest = contoso.post("/invitations", invited)["invitedUser"]

    assert contoso.get(f"/users/{guest['userPrincipalName'].replace('#', '%23')}")["id"] == guest["id"]


def test_deleted_user_keeps_its_memberships_until_it_is_restored(contoso: Api) -> None:
    """While deleted a user is in no list; afterwards everything is as before."""
    user = contoso.user("Back Again")
    group = contoso.group("Group", [user["id"]])
    contoso.ok("DELETE", f"/users/{user['id']}")
    assert [] == contoso.get(f"/groups/{group['id']}/members")["value"]
    deleted = contoso.get(f"/directory/deletedItems/{user['id']}")
    assert f"{user['id'].replace('-', '')}{user['userPrincipalName']}" == deleted["userPrincipalName"]
    contoso.post(f"/directory/deletedItems/{user['id']}/restore")

    assert [member["id"] for member in contoso.get(f"/groups/{group['id']}/members")["value"]] == [user["id"]]
    assert contoso.get(f"/users/{user['id']}")["userPrincipalName"] == user["userPrincipalName"]


def test_deleted_items_need_a_cast_and_end_after_thirty_days(contoso: Api) -> None:
    """Without a type the list is not there; after thirty days nothing is left."""
    user = contoso.user("Gone")
    contoso.ok("DELETE", f"/users/{user['id']}")
    path = "/directory/deletedItems/microsoft.graph.user"

    assert [item["id"] for item in contoso.get(path)["value"]] == [user["id"]]
    assert contoso.error("GET", "/directory/deletedItems")[0] in (404, 501)
    contoso.emulator.clock.advance(timedelta(days=30, seconds=1))
    contoso.emulator.run_due()
    assert [] == contoso.get(path)["value"]
    assert 404 == contoso.error("POST", f"/directory/deletedItems/{user['id']}/restore")[0]


# Groups


def test_deleted_group_can_be_restored_for_thirty_days(contoso: Api) -> None:
    """Security groups go to the deleted items as Microsoft 365 groups do."""
    security, unified = contoso.group("Security"), contoso.group("Unified", unified=True)
    for group in (security, unified):
        contoso.ok("DELETE", f"/groups/{group['id']}")
    found = contoso.get("/directory/deletedItems/microsoft.graph.group")["value"]

    assert sorted((security["id"], unified["id"])) == sorted(group["id"] for group in found)

    contoso.ok("POST", f"/directory/deletedItems/{security['id']}/restore")
    assert "Security" == contoso.get(f"/groups/{security['id']}")["displayName"]


def test_membership_rules(contoso: Api) -> None:
    """A member is added once, has to exist, and is not the group itself; twenty at once at most."""
    user, group = contoso.user("Member")["id"], contoso.group("Group")["id"]
    contoso.add_member(group, user)
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{user}"}
    assert (
        400,
        "Request_BadRequest",
        "One or more added object references already exist for the following modified properties: 'members'.",
    ) == contoso.error("POST", f"/groups/{group}/members/$ref", reference)
    missing = {"@odata.id": "https://graph.microsoft.com/v1.0/users/3f7565a3-fde6-4e4d-bda8-1bb70aba3612"}
    assert 404 == contoso.error("POST", f"/groups/{group}/members/$ref", missing)[0]
    itself = {"@odata.id": f"https://graph.microsoft.com/v1.0/groups/{group}"}
    assert 400 == contoso.error("POST", f"/groups/{group}/members/$ref", itself)[0]
    links = [f"https://graph.microsoft.com/v1.0/users/{number}" for number in range(21)]
    assert 400 == contoso.error("PATCH", f"/groups/{group}", {"members@odata.bind": links})[0]


def test_members_of_one_request_are_added_all_or_none(contoso: Api) -> None:
    """One unknown member takes the others back."""
    user, group = contoso.user("Member")["id"], contoso.group("Group")["id"]
    root = "https://graph.microsoft.com/v1.0/directoryObjects"
    links = [f"{root}/{user}", f"{root}/3f7565a3-fde6-4e4d-bda8-1bb70aba3612"]

    assert 404 == contoso.error("PATCH", f"/groups/{group}", {"members@odata.bind": links})[0]
    assert [] == contoso.get(f"/groups/{group}/members")["value"]


def test_transitive_members_and_groups(contoso: Api) -> None:
    """Groups in groups are followed, circles end."""
    user = contoso.user("Deep")["id"]
    inner = contoso.group("Inner", [user])["id"]
    outer = contoso.group("Outer", [inner])["id"]
    contoso.add_member(inner, outer)

    assert {item["id"] for item in contoso.pages(f"/groups/{outer}/transitiveMembers")} == {user, inner}
    assert {item["id"] for item in contoso.pages(f"/users/{user}/transitiveMemberOf")} == {inner, outer}
    assert [item["id"] for item in contoso.pages(f"/users/{user}/memberOf")] == [inner]


# Applications and assignments


def test_instantiating_twice_makes_two_applications(contoso: Api) -> None:
    """A template may be used again under the same name."""
    one, two = (contoso.application(CROSS_TENANT, "Link") for _ in range(2))
    assert one["application"]["id"] != two["application"]["id"]
    found = contoso.get("/servicePrincipals?$filter=displayName eq 'Link'")["value"]
    assert 2 == len(found)
    by_template = contoso.get(f"/servicePrincipals?$filter=applicationTemplateId eq '{CROSS_TENANT}'")["value"]
    assert 2 == len(by_template)


def test_application_takes_its_service_principal_along(contoso: Api) -> None:
    """Both are soft-deleted; restoring the application leaves the service principal deleted."""
    made = contoso.application(CROSS_TENANT, "Link")
    application, principal = made["application"]["id"], made["servicePrincipal"]["id"]
    contoso.ok("DELETE", f"/applications/{application}")
    assert 404 == contoso.error("GET", f"/servicePrincipals/{principal}")[0]
    contoso.post(f"/directory/deletedItems/{application}/restore")

    assert contoso.get(f"/applications/{application}")["id"] == application
    assert 404 == contoso.error("GET", f"/servicePrincipals/{principal}")[0]
    contoso.post(f"/directory/deletedItems/{principal}/restore")
    assert contoso.get(f"/servicePrincipals(appId='{made['application']['appId']}')")["id"] == principal


def test_assignment_is_seen_from_both_ends(contoso: Api) -> None:
    """appRoleAssignedTo of the resource and appRoleAssignments of the principal are the same object."""
    principal = contoso.application(CROSS_TENANT, "Link")["servicePrincipal"]
    user = contoso.user("Assigned")
    role = principal["appRoles"][0]["id"]
    body = {"principalId": user["id"], "resourceId": principal["id"], "appRoleId": role}
    made = contoso.post(f"/users/{user['id']}/appRoleAssignments", body)
    path = f"/servicePrincipals/{principal['id']}/appRoleAssignedTo"

    assert contoso.get(path)["value"][0]["id"] == made["id"]
    assert "Permission being assigned already exists on the object" == contoso.error("POST", path, body)[2]
    contoso.ok("DELETE", f"{path}/{made['id']}")
    assert [] == contoso.get(f"/users/{user['id']}/appRoleAssignments")["value"]


def test_assignment_needs_a_role_of_the_resource(contoso: Api) -> None:
    """An unknown role, and the zero role where there are others, are refused."""
    principal = contoso.application(CROSS_TENANT, "Link")["servicePrincipal"]
    body = {"principalId": contoso.user("Assigned")["id"], "resourceId": principal["id"]}
    path = f"/servicePrincipals/{principal['id']}/appRoleAssignedTo"
    for role in ("00000000-0000-0000-0000-000000000000", "3f7565a3-fde6-4e4d-bda8-1bb70aba3612"):
        assert 400 == contoso.error("POST", path, {**body, "appRoleId": role})[0]
    assert 400 == contoso.error("POST", path, body)[0]


# Licenses


def license(sku: str, *disabled: str) -> JSON:
    """The body of an assignment."""
    return {"addLicenses": [{"skuId": sku, "disabledPlans": list(disabled)}], "removeLicenses": []}


def test_license_needs_a_usage_location_a_subscription_and_a_free_seat(contoso: Api) -> None:
    """Each has the service's text; nothing is assigned."""
    nowhere, user = contoso.user("Nowhere"), contoso.user("Somewhere", usageLocation="US")
    contoso.tenant.add_subscription("FLOW_FREE", 1)
    path = f"/users/{user['id']}/assignLicense"

    assert "invalid usage location" in contoso.error("POST", f"/users/{nowhere['id']}/assignLicense", license(P2))[2]
    unknown = "3f7565a3-fde6-4e4d-bda8-1bb70aba3612"
    assert "does not correspond to a valid company License" in contoso.error("POST", path, license(unknown))[2]
    contoso.post(path, license(FLOW))
    other = contoso.user("Other", usageLocation="US")
    assert (
        "does not have any available licenses"
        in contoso.error("POST", f"/users/{other['id']}/assignLicense", license(FLOW))[2]
    )
    assert 400 == contoso.error("POST", path, {"addLicenses": []})[0]
    removal = {"addLicenses": [], "removeLicenses": [P2]}
    assert "User does not have a corresponding license." == contoso.error("POST", path, removal)[2]


def test_seats_are_counted_and_freed(contoso: Api) -> None:
    """consumedUnits follows assignment, removal and deletion."""
    user = contoso.user("Licensed", usageLocation="US")
    path = f"/subscribedSkus/{contoso.tenant.tenant_id}_{P2}"
    contoso.post(f"/users/{user['id']}/assignLicense", license(P2, "8a256a2b-b617-496d-b51b-e76466e88db0"))
    assert 1 == contoso.get(path)["consumedUnits"]
    (detail,) = contoso.get(f"/users/{user['id']}/licenseDetails")["value"]
    states = {plan["servicePlanName"]: plan["provisioningStatus"] for plan in detail["servicePlans"]}
    assert ("Disabled", "Success") == (states["MFA_PREMIUM"], states["AAD_PREMIUM_P2"])

    contoso.ok("DELETE", f"/users/{user['id']}")
    assert 0 == contoso.get(path)["consumedUnits"]


def test_group_license_reaches_members_later_and_reports_errors(contoso: Api) -> None:
    """202, then processing; a user without a seat has an error, and the group shows it."""
    contoso.emulator.service.latency = timedelta(seconds=30)
    contoso.tenant.add_subscription("FLOW_FREE", 1)
    people = [contoso.user(name, usageLocation="US")["id"] for name in ("First", "Second")]
    group = contoso.group("Licensed", people)["id"]
    answer = contoso.send("POST", f"/groups/{group}/assignLicense", license(FLOW))
    state = f"/groups/{group}?$select=assignedLicenses,licenseProcessingState,hasMembersWithLicenseErrors"

    assert 202 == answer.status_code
    assert {"state": "QueuedForProcessing"} == contoso.get(state)["licenseProcessingState"]
    contoso.emulator.clock.advance(timedelta(seconds=31))
    contoso.emulator.run_due()
    shown = contoso.get(state)
    assert {"state": "ProcessingComplete"} == shown["licenseProcessingState"]
    assert shown["hasMembersWithLicenseErrors"] is True
    (failed,) = contoso.get(f"/groups/{group}/membersWithLicenseErrors")["value"]
    user = contoso.get(f"/users/{failed['id']}?$select=licenseAssignmentStates,assignedLicenses")
    (found,) = user["licenseAssignmentStates"]
    assert ("Error", "CountViolation", group) == (found["state"], found["error"], found["assignedByGroup"])
    assert [] == user["assignedLicenses"]


def test_products_of_a_group_are_assigned_all_or_none(contoso: Api) -> None:
    """If one product lacks seats, a new member gets none of the group's; those who have them keep them."""
    contoso.tenant.add_subscription("FLOW_FREE", 1)
    first, second = (contoso.user(f"Member {name}", usageLocation="US") for name in "AB")
    group = contoso.group("Both products", [first["id"]])["id"]
    contoso.post(f"/groups/{group}/assignLicense", license(P2))
    contoso.post(f"/groups/{group}/assignLicense", license(FLOW))
    contoso.add_member(group, second["id"])
    contoso.emulator.advance(timedelta(minutes=5))

    def states(user: JSON) -> dict[str, str]:
        shown = contoso.get(f"/users/{user['id']}?$select=licenseAssignmentStates")["licenseAssignmentStates"]
        return {state["skuId"]: state["error"] for state in shown}

    assert {P2: "None", FLOW: "None"} == states(first)
    assert {P2: "Other", FLOW: "CountViolation"} == states(second)
    assert [] == contoso.get(f"/users/{second['id']}?$select=assignedLicenses")["assignedLicenses"]


def test_subscription_in_grace_can_be_used_and_is_marked(contoso: Api) -> None:
    """Seats that have expired count as a warning; every subscription has an id."""
    contoso.tenant.add_subscription("FLOW_FREE", 0, grace=5)
    sku = contoso.get(f"/subscribedSkus/{contoso.tenant.tenant_id}_{FLOW}")

    assert ("Warning", 0, 5) == (
        sku["capabilityStatus"],
        sku["prepaidUnits"]["enabled"],
        sku["prepaidUnits"]["warning"],
    )
    assert [str(UUID(id)) for id in sku["subscriptionIds"]] == sku["subscriptionIds"] != []


def test_audit_entry_of_a_member_names_group_and_user(contoso: Api) -> None:
    """Two targets, the group with what was used and the user by name, and the client that asked."""
    user = contoso.user("Joins")
    group = contoso.group("Joined", [user["id"]], unified=True)
    entries = contoso.get("/auditLogs/directoryAudits?$filter=activityDisplayName eq 'Add member to group'")["value"]
    one, other = entries[0]["targetResources"]

    assert (group["id"], "Group", "unifiedGroups") == (one["id"], one["type"], one["groupType"])
    assert ["Action Client Name"] == [change["displayName"] for change in one["modifiedProperties"]]
    assert (user["id"], "User", user["userPrincipalName"]) == (other["id"], other["type"], other["userPrincipalName"])
    assert ["User-Agent"] == [detail["key"] for detail in entries[0]["additionalDetails"]]


def test_inherited_license_cannot_be_removed_directly(contoso: Api) -> None:
    """It goes when the member leaves the group."""
    user = contoso.user("Member", usageLocation="US")["id"]
    group = contoso.group("Licensed", [user])["id"]
    contoso.post(f"/groups/{group}/assignLicense", license(P2))
    removal = {"addLicenses": [], "removeLicenses": [P2]}
    assert "inherited from a group membership" in contoso.error("POST", f"/users/{user}/assignLicense", removal)[2]
    assert 400 == contoso.error("DELETE", f"/groups/{group}")[0]

    contoso.ok("DELETE", f"/groups/{group}/members/{user}/$ref")
    assert [] == contoso.get(f"/users/{user}?$select=assignedLicenses")["assignedLicenses"]


def test_removal_without_ref_deletes_the_object_itself(contoso: Api) -> None:
    """ "Remove member" and "Remove application owner", caution: 403 without a permission for the object's type."""
    group, application = contoso.group("Staff")["id"], contoso.post("/applications", {"displayName": "App"})["id"]
    member, owner = contoso.user("Member")["id"], contoso.user("Owner")["id"]
    reference = "https://graph.microsoft.com/v1.0/directoryObjects/"
    contoso.post(f"/groups/{group}/members/$ref", {"@odata.id": reference + member})
    contoso.post(f"/applications/{application}/owners/$ref", {"@odata.id": reference + owner})
    permissions = ("GroupMember.ReadWrite.All", "Application.ReadWrite.All")

    for path, id in ((f"/groups/{group}/members", member), (f"/applications/{application}/owners", owner)):
        assert 403 == contoso.holding(*permissions).error("DELETE", f"{path}/{id}")[0]
        assert 404 == contoso.error("DELETE", f"{path}/{group}")[0]
        contoso.holding(*permissions, "User.ReadWrite.All").ok("DELETE", f"{path}/{id}")
        assert 404 == contoso.error("GET", f"/users/{id}")[0]
        assert id == contoso.get(f"/directory/deletedItems/{id}")["id"]
        assert [] == [each["id"] for each in contoso.get(path)["value"] if each["id"] == id]


# Other


def test_tenant_information_does_not_cross_clouds(contoso: Api, federal: Api) -> None:
    """A tenant of another cloud is not found."""
    path = "/tenantRelationships/findTenantInformationByTenantId(tenantId='{}')"
    assert "Contoso" == contoso.get(path.format(contoso.tenant.tenant_id))["displayName"]

    assert 404 == contoso.error("GET", path.format(federal.tenant.tenant_id))[0]


def test_batch_runs_dependencies_and_fails_what_depends_on_failure(contoso: Api) -> None:
    """Each item has its own status; 424 for what depends on a failed one; duplicates fail the batch."""
    requests = [
        {"id": "1", "method": "GET", "url": "/users/nobody"},
        {"id": "2", "method": "GET", "url": "organization", "dependsOn": ["1"]},
        {"id": "3", "method": "GET", "url": "/organization"},
    ]
    responses = contoso.post("/$batch", {"requests": requests})["responses"]
    assert [404, 424, 200] == [response["status"] for response in responses]

    for wrong in (
        [{"id": "1", "method": "GET", "url": "/users"}] * 2,
        [{"id": str(number), "method": "GET", "url": "/users"} for number in range(21)],
        [{"id": "1", "method": "POST", "url": "/users", "body": {}}],
        [],
    ):
        assert 400 == contoso.error("POST", "/$batch", {"requests": wrong})[0]


@pytest.mark.parametrize(
    ("kind", "name"),
    [("users", "displayName"), ("users", "accountEnabled"), ("groups", "displayName"), ("groups", "securityEnabled")],
)
def test_what_an_object_is_created_with_cannot_be_cleared(contoso: Api, kind: str, name: str) -> None:
    id = contoso.get(f"/{kind}?$top=1&$select=id")["value"][0]["id"]

    assert (400, "Request_BadRequest") == contoso.error("PATCH", f"/{kind}/{id}", {name: None})[:2]


def test_ids_that_are_no_ids_are_refused(contoso: Api) -> None:
    answer = contoso.error("POST", "/directoryObjects/getByIds", {"ids": ["nobody"]})

    assert (400, "Request_BadRequest", "Invalid GUID specified.") == answer


def test_what_a_group_gets_when_it_is_made_never_changes(contoso: Api) -> None:
    plain, assignable = contoso.group("Plain")["id"], contoso.group("Assignable", isAssignableToRole=True)
    hidden = contoso.group("Hidden", unified=True, visibility="HiddenMembership")["id"]

    assert "Private" == assignable["visibility"]
    assert 400 == contoso.error("PATCH", f"/groups/{plain}", {"isAssignableToRole": True})[0]
    assert 400 == contoso.error("PATCH", f"/groups/{assignable['id']}", {"isAssignableToRole": False})[0]
    assert 400 == contoso.error("PATCH", f"/groups/{plain}", {"visibility": "HiddenMembership"})[0]
    assert 400 == contoso.error("PATCH", f"/groups/{hidden}", {"visibility": "Public"})[0]
    contoso.patch(f"/groups/{assignable['id']}", {"isAssignableToRole": True, "description": "d"})


def test_visibility_of_a_group_is_one_of_three(contoso: Api) -> None:
    body = {"displayName": "A", "mailEnabled": False, "mailNickname": "a", "securityEnabled": True}

    for visibility in ("Secret", "HiddenMembership"):
        assert 400 == contoso.error("POST", "/groups", {**body, "visibility": visibility})[0]
    assert 400 == contoso.error("POST", "/groups", {**body, "visibility": "Public", "isAssignableToRole": True})[0]
