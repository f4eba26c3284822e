"""Administrative units: their properties, members, deletion, and how their members show them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.api import Api

JSON = Any
UNITS = "/directory/administrativeUnits"
EVENTUAL = {"ConsistencyLevel": "eventual"}
SECURITY = {"@odata.type": "#microsoft.graph.group", "displayName": "Made inside", "mailEnabled": False,
            "mailNickname": "inside", "securityEnabled": True}  # fmt: skip


def reference(api: Api, id: str) -> JSON:
    """A body that refers to an object."""
    return {"@odata.id": f"{api.tenant.graph_url}/v1.0/directoryObjects/{id}"}


def unit_of(api: Api, *members: str, **properties: Any) -> str:
    """Path of a new unit with members."""
    path = f"{UNITS}/{api.post(UNITS, {'displayName': 'Research', **properties})['id']}"
    for member in members:
        api.post(f"{path}/members/$ref", reference(api, member))
    return path


def ids(page: JSON) -> set[str]:
    """Ids of the objects of a page."""
    return {item["id"] for item in page["value"]}


def test_a_unit_shows_what_it_was_given_and_null_for_the_rest(contoso: Api) -> None:
    body = {"displayName": "Research", "description": "Those who look", "visibility": "HiddenMembership"}
    made = contoso.post(UNITS, body)

    assert {
        **body,
        "@odata.context": f"{contoso.tenant.graph_url}/v1.0/$metadata#directory/administrativeUnits/$entity",
        "id": made["id"],
        "deletedDateTime": None,
        "isMemberManagementRestricted": None,
        "membershipRule": None,
        "membershipRuleProcessingState": None,
        "membershipType": None,
    } == made
    assert made == contoso.get(f"{UNITS}/{made['id']}")


def test_units_are_found_by_name_and_by_words(contoso: Api) -> None:
    unit_of(contoso, displayName="Research and development")
    unit_of(contoso, displayName="Sales")

    def found(query: str, **options: Any) -> list[str]:
        return [item["displayName"] for item in contoso.get(f"{UNITS}?{query}", **options)["value"]]

    assert ["Sales"] == found("$filter=displayName eq 'Sales'")
    assert ["Research and development"] == found("$filter=startsWith(displayName,'Res')")
    assert ["Research and development"] == found('$search="displayName:devel"', headers=EVENTUAL)
    assert "2" == contoso.send("GET", f"{UNITS}/$count", headers=EVENTUAL).text


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"displayName": ""},
        {"displayName": "x" * 257},
        {"displayName": "x", "visibility": "Secret"},
        {"displayName": "x", "membershipType": "Some"},
        {"displayName": "x", "membershipType": "Dynamic"},
        {"displayName": "x", "color": "red"},
    ],
)
def test_wrong_units_are_refused(contoso: Api, body: JSON) -> None:
    assert 400 == contoso.error("POST", UNITS, body)[0]


def test_management_is_restricted_at_creation_or_never(contoso: Api) -> None:
    """The property is immutable (administrativeUnit resource)."""
    plain, restricted = unit_of(contoso), unit_of(contoso, isMemberManagementRestricted=True)
    contoso.patch(restricted, {"isMemberManagementRestricted": True, "displayName": "Other"})

    assert 400 == contoso.error("PATCH", plain, {"isMemberManagementRestricted": True})[0]
    assert 400 == contoso.error("PATCH", restricted, {"isMemberManagementRestricted": False})[0]


def test_a_restricted_unit_takes_security_groups_only(contoso: Api) -> None:
    """ "Add a member": only groups that are not mail-enabled are supported."""
    members = f"{unit_of(contoso, isMemberManagementRestricted=True)}/members/$ref"
    mail, security = contoso.group("Mail", unified=True)["id"], contoso.group("Security")["id"]
    contoso.post(members, reference(contoso, security))

    assert 400 == contoso.error("POST", members, reference(contoso, mail))[0]


def test_members_of_a_dynamic_unit_cannot_be_added(contoso: Api) -> None:
    unit = unit_of(contoso, membershipType="Dynamic", membershipRule='(user.country -eq "United States")')
    user = contoso.user("Ada")["id"]

    assert 400 == contoso.error("POST", f"{unit}/members/$ref", reference(contoso, user))[0]
    assert 400 == contoso.error("POST", f"{unit}/members", SECURITY)[0]


def test_members_are_listed_by_type_as_references_and_one_by_one(contoso: Api) -> None:
    user, group = contoso.user("Ada")["id"], contoso.group("Group")["id"]
    unit = unit_of(contoso, user, group)

    assert {user, group} == ids(contoso.get(f"{unit}/members"))
    assert {group} == ids(contoso.get(f"{unit}/members/microsoft.graph.group"))
    assert 2 == len(contoso.get(f"{unit}/members/$ref")["value"])
    assert "2" == contoso.send("GET", f"{unit}/members/$count", headers=EVENTUAL).text
    assert {user, group} == {item["id"] for item in contoso.get(f"{unit}?$expand=members")["members"]}
    assert "#microsoft.graph.user" == contoso.get(f"{unit}/members/{user}")["@odata.type"]
    assert 404 == contoso.error("GET", f"{unit}/members/{contoso.user('Other')['id']}")[0]


def test_a_member_is_added_and_removed_once(contoso: Api) -> None:
    user = contoso.user("Ada")["id"]
    unit = unit_of(contoso, user)
    again = contoso.error("POST", f"{unit}/members/$ref", reference(contoso, user))
    contoso.ok("DELETE", f"{unit}/members/{user}/$ref")

    assert (400, "Request_BadRequest") == again[:2]
    assert [] == contoso.get(f"{unit}/members")["value"]
    assert 404 == contoso.error("DELETE", f"{unit}/members/{user}/$ref")[0]


def test_neither_units_nor_applications_can_be_members(contoso: Api) -> None:
    unit = unit_of(contoso)
    application = contoso.post("/applications", {"displayName": "A"})["id"]

    for other in (unit.rsplit("/", 1)[1], application):
        assert 404 == contoso.error("POST", f"{unit}/members/$ref", reference(contoso, other))[0]


def test_members_show_their_units_beside_their_groups(contoso: Api) -> None:
    user = contoso.user("Ada")["id"]
    group = contoso.group("Group", [user])["id"]
    unit = unit_of(contoso, user).rsplit("/", 1)[1]
    shown = contoso.get(f"/users/{user}/memberOf")

    assert {group: "#microsoft.graph.group", unit: "#microsoft.graph.administrativeUnit"} == {
        item["id"]: item["@odata.type"] for item in shown["value"]
    }
    assert {group} == ids(contoso.get(f"/users/{user}/memberOf/microsoft.graph.group"))
    assert {unit} == ids(contoso.get(f"/users/{user}/memberOf/microsoft.graph.administrativeUnit"))
    assert "2" == contoso.send("GET", f"/users/{user}/memberOf/$count", headers=EVENTUAL).text


def test_a_group_does_not_bring_its_members_into_its_unit(contoso: Api) -> None:
    """ "Administrative units in Microsoft Entra ID", Groups."""
    user = contoso.user("Ada")["id"]
    group = contoso.group("Group", [user])["id"]
    unit = unit_of(contoso, group).rsplit("/", 1)[1]

    assert {unit} == ids(contoso.get(f"/groups/{group}/memberOf"))
    assert {group} == ids(contoso.get(f"/users/{user}/transitiveMemberOf"))


def test_member_objects_are_groups_and_units_and_member_groups_are_not(contoso: Api) -> None:
    user = contoso.user("Ada")["id"]
    group = contoso.group("Group", [user])["id"]
    unit = unit_of(contoso, user).rsplit("/", 1)[1]

    def asked(action: str, body: JSON) -> list[str]:
        return sorted(contoso.post(f"/users/{user}/{action}", body)["value"])

    assert sorted([group, unit]) == asked("getMemberObjects", {"securityEnabledOnly": False})
    assert [group] == asked("getMemberObjects", {"securityEnabledOnly": True})
    assert [group] == asked("getMemberGroups", {"securityEnabledOnly": False})
    assert [unit] == asked("checkMemberObjects", {"ids": [unit]})


def test_a_group_is_made_inside_a_unit(contoso: Api) -> None:
    unit = unit_of(contoso)
    made = contoso.post(f"{unit}/members", SECURITY)

    assert "#microsoft.graph.group" == made["@odata.type"]
    assert {made["id"]} == ids(contoso.get(f"{unit}/members"))
    assert "Made inside" == contoso.get(f"/groups/{made['id']}")["displayName"]
    assert 400 == contoso.error("POST", f"{unit}/members", {**SECURITY, "@odata.type": None})[0]


def test_making_a_group_inside_a_unit_needs_two_permissions(contoso: Api) -> None:
    """ "Add a member", Permissions to create a new group."""
    members = f"{unit_of(contoso)}/members"

    assert 403 == contoso.holding("Group.Create").error("POST", members, SECURITY)[0]
    assert 403 == contoso.holding("AdministrativeUnit.ReadWrite.All").error("POST", members, SECURITY)[0]
    assert contoso.holding("Group.Create", "AdministrativeUnit.Read.All").post(members, SECURITY)["id"]


def test_deleted_members_are_no_members_until_they_are_restored(contoso: Api) -> None:
    user, group = contoso.user("Ada")["id"], contoso.group("Group")["id"]
    unit = unit_of(contoso, user, group)
    contoso.ok("DELETE", f"/users/{user}")
    contoso.ok("DELETE", f"/groups/{group}")
    without = contoso.get(f"{unit}/members")
    contoso.post(f"/directory/deletedItems/{user}/restore")

    assert [] == without["value"]
    assert {user} == ids(contoso.get(f"{unit}/members"))


def test_a_deleted_unit_can_be_restored_with_its_members(contoso: Api) -> None:
    user = contoso.user("Ada")["id"]
    unit = unit_of(contoso, user)
    id = unit.rsplit("/", 1)[1]
    contoso.ok("DELETE", unit)
    gone, groups = contoso.error("GET", unit)[0], contoso.get(f"/users/{user}/memberOf")["value"]
    deleted = contoso.get("/directory/deletedItems/microsoft.graph.administrativeUnit")
    contoso.post(f"/directory/deletedItems/{id}/restore")

    assert (404, []) == (gone, groups)
    assert {id} == ids(deleted)
    assert {user} == ids(contoso.get(f"{unit}/members"))


def test_a_purged_unit_is_gone_for_good(contoso: Api) -> None:
    user = contoso.user("Ada")["id"]
    unit = unit_of(contoso, user)
    id = unit.rsplit("/", 1)[1]
    contoso.ok("DELETE", unit)

    assert 403 == contoso.holding("Group.ReadWrite.All").error("DELETE", f"/directory/deletedItems/{id}")[0]
    contoso.ok("DELETE", f"/directory/deletedItems/{id}")
    assert 404 == contoso.error("POST", f"/directory/deletedItems/{id}/restore")[0]


def test_changes_of_units_and_of_their_members_are_tracked(contoso: Api) -> None:
    user, other = contoso.user("Ada")["id"], contoso.user("Other")["id"]
    unit = unit_of(contoso, user)
    id = unit.rsplit("/", 1)[1]
    link = _last(contoso, contoso.get(f"{UNITS}/delta"))
    contoso.post(f"{unit}/members/$ref", reference(contoso, other))
    contoso.ok("DELETE", f"/users/{user}")
    contoso.ok("DELETE", f"/directory/deletedItems/{user}")
    changed = contoso.get(link)
    contoso.ok("DELETE", unit)

    assert [id] == [item["id"] for item in changed["value"]]
    assert {(user, True), (other, False)} == {
        (item["id"], "@removed" in item) for item in changed["value"][0]["members@delta"]
    }
    assert [{"id": id, "@removed": {"reason": "changed"}}] == contoso.get(_last(contoso, changed))["value"]


def _last(api: Api, page: JSON) -> str:
    """The link for the next round."""
    while "@odata.deltaLink" not in page:
        page = api.get(page["@odata.nextLink"])
    return str(page["@odata.deltaLink"])


def test_what_happens_to_a_unit_is_audited(contoso: Api) -> None:
    user = contoso.user("Ada")["id"]
    unit = unit_of(contoso, user)
    contoso.patch(unit, {"description": "d"})
    contoso.ok("DELETE", f"{unit}/members/{user}/$ref")
    contoso.ok("DELETE", unit)
    entries = contoso.get("/auditLogs/directoryAudits?$filter=category eq 'AdministrativeUnit'")["value"]

    assert {
        "Add administrative unit": 1,
        "Add member to administrative unit": 2,
        "Update administrative unit": 1,
        "Remove member from administrative unit": 2,
        "Delete administrative unit": 1,
    } == {entry["activityDisplayName"]: len(entry["targetResources"]) for entry in entries}


def test_beta_has_the_units_at_its_older_path_too(contoso: Api) -> None:
    """Terraform's azuread deletes them there."""
    user = contoso.user("Ada")["id"]
    unit = unit_of(contoso, user)
    older = unit.removeprefix("/directory")

    assert {user} == ids(contoso.get(f"{older}/members", version="beta"))
    contoso.ok("DELETE", older, version="beta")
    assert 404 == contoso.error("GET", unit)[0]


# What Terraform's azuread sends


def test_azuread_makes_a_unit_with_members_changes_and_deletes_it(contoso: Api) -> None:
    """azuread_administrative_unit: a temporary name shows whether the unit is known everywhere."""
    user, group = contoso.user("Ada")["id"], contoso.group("Group")["id"]
    unit = f"{UNITS}/{contoso.post(UNITS, {'displayName': 'Unit', 'visibility': 'Public'})['id']}"
    contoso.patch(unit, {"displayName": "TERRAFORM_UPDATE_1"})
    contoso.patch(unit, {"displayName": "Unit"})
    for member in (user, group):
        contoso.post(f"{unit}/members/$ref", reference(contoso, member))
    created = contoso.get(unit)
    contoso.patch(unit, {"description": "", "displayName": "Unit", "visibility": "HiddenMembership"})
    contoso.ok("DELETE", f"{unit}/members/{group}/$ref")
    updated = contoso.get(unit)

    assert ("Unit", "Public") == (created["displayName"], created["visibility"])
    assert ("", "HiddenMembership") == (updated["description"], updated["visibility"])
    assert {user} == ids(contoso.get(f"{unit}/members"))
    assert [created["id"]] == [item["id"] for item in contoso.get(f"{UNITS}?$filter=displayName eq 'Unit'")["value"]]


def test_azuread_finds_a_member_by_its_id(contoso: Api) -> None:
    """azuread_administrative_unit_member: reads the members with this id before and after."""
    user = contoso.user("Ada")["id"]
    unit = unit_of(contoso)
    query = f"{unit}/members?$filter=id eq '{user}'"
    before = contoso.get(query)["value"]
    contoso.post(f"{unit}/members/$ref", reference(contoso, user))
    added = contoso.get(query)["value"]
    contoso.ok("DELETE", f"{unit}/members/{user}/$ref")

    assert [[], [user], []] == [[item["id"] for item in page] for page in (before, added, contoso.get(query)["value"])]


def test_azuread_makes_a_group_in_its_first_unit_and_adds_it_to_the_others(contoso: Api) -> None:
    """azuread_group with administrative_unit_ids, all by beta."""
    one, two = unit_of(contoso), unit_of(contoso)
    group = contoso.post(f"{one}/members", SECURITY, version="beta")["id"]
    contoso.post(f"{two}/members/$ref", reference(contoso, group), version="beta")
    shown = contoso.get(f"/groups/{group}/memberOf", version="beta")["value"]
    contoso.ok("DELETE", f"{one}/members/{group}/$ref", version="beta")

    assert {one.rsplit("/", 1)[1], two.rsplit("/", 1)[1]} == {
        item["id"] for item in shown if item["@odata.type"] == "#microsoft.graph.administrativeUnit"
    }
    assert {two.rsplit("/", 1)[1]} == ids(contoso.get(f"/groups/{group}/memberOf", version="beta"))
