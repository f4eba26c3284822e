"""Objects by id whatever their type, and which groups a user is in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.emulator.api import Api

JSON = Any
EVENTUAL = {"ConsistencyLevel": "eventual"}


@pytest.fixture
def nested(contoso: Api) -> dict[str, str]:
    """A person in a security group that is in a Microsoft 365 group, and an empty group."""
    person = contoso.user("Person")["id"]
    inner = contoso.group("Inner", [person])["id"]
    outer = contoso.group("Outer", [inner], unified=True)["id"]
    return {"person": person, "inner": inner, "outer": outer, "other": contoso.group("Other")["id"]}


@pytest.mark.parametrize("collection", ["users", "directoryObjects"])
def test_groups_are_checked_through_other_groups(contoso: Api, nested: dict[str, str], collection: str) -> None:
    """Of the groups that are asked about those that the person is in."""
    asked = [nested["outer"], nested["other"], nested["inner"].upper()]
    for action, name in (("checkMemberGroups", "groupIds"), ("checkMemberObjects", "ids")):
        answer = contoso.post(f"/{collection}/{nested['person']}/{action}", {name: asked})

        assert [nested["outer"], nested["inner"]] == answer["value"]
        assert answer["@odata.context"].endswith("/v1.0/$metadata#Collection(Edm.String)")


def test_member_groups_can_be_security_groups_only(contoso: Api, nested: dict[str, str]) -> None:
    """All groups or those that are security enabled."""
    path = f"/users/{nested['person']}"

    assert {nested["inner"], nested["outer"]} == set(
        contoso.post(f"{path}/getMemberGroups", {"securityEnabledOnly": False})["value"]
    )
    assert [nested["inner"]] == contoso.post(f"{path}/getMemberObjects", {"securityEnabledOnly": True})["value"]
    assert [nested["outer"]] == contoso.post(
        f"/groups/{nested['inner']}/getMemberGroups", {"securityEnabledOnly": False}
    )["value"]


def test_signed_in_user_asks_about_themselves(contoso: Api, nested: dict[str, str]) -> None:
    """``/me`` stands for the user."""
    me = contoso.signed_in(nested["person"], ["User.Read"])

    assert [nested["inner"]] == me.post("/me/checkMemberGroups", {"groupIds": [nested["inner"]]})["value"]


@pytest.mark.parametrize("body", [{}, {"groupIds": []}, {"groupIds": "x"}, {"groupIds": ["x"] * 21}])
def test_check_without_ids_or_with_too_many_is_refused(contoso: Api, nested: dict[str, str], body: JSON) -> None:
    """At most twenty groups are checked at once."""
    assert 400 == contoso.error("POST", f"/users/{nested['person']}/checkMemberGroups", body)[0]


def test_objects_come_by_their_ids(contoso: Api, nested: dict[str, str]) -> None:
    """Each with its type; ids of nothing are left out, and so are other types than those asked for."""
    ids = [nested["outer"], nested["person"], "00000000-0000-0000-0000-000000000001"]
    found = contoso.post("/directoryObjects/getByIds", {"ids": ids, "types": ["user", "group"]})
    users = contoso.post("/directoryObjects/getByIds", {"ids": ids, "types": ["user"]})

    assert ["#microsoft.graph.group", "#microsoft.graph.user"] == [item["@odata.type"] for item in found["value"]]
    assert [nested["person"]] == [item["id"] for item in users["value"]]
    assert found["@odata.context"].endswith("$metadata#directoryObjects")
    assert "#microsoft.graph.user" == contoso.get(f"/directoryObjects/{nested['person']}")["@odata.type"]
    assert 404 == contoso.error("GET", f"/directoryObjects/{ids[-1]}")[0]


@pytest.mark.parametrize(
    "path",
    [
        "/applicationTemplates/delta",
        "/applicationTemplates/$count",
        "/directory/deletedItems/microsoft.graph.device",
        "/users/microsoft.graph.reminderView",
    ],
)
def test_an_operation_that_is_not_known_is_never_taken_for_an_object(contoso: Api, path: str) -> None:
    """The answer is 501 with the path, and not that an object is gone."""
    status, code, message = contoso.error("GET", path)

    assert (501, "NotImplemented") == (status, code)
    assert path in message


def test_applications_without_owners_are_found(contoso: Api) -> None:
    """``owners/$count`` can be compared in an advanced query."""
    mine, nobodys = (contoso.post("/applications", {"displayName": name})["id"] for name in ("Mine", "Nobody's"))
    (owner,) = contoso.get(f"/applications/{nobodys}/owners")["value"]
    contoso.ok("DELETE", f"/applications/{nobodys}/owners/{owner['id']}/$ref")
    path = "/applications?$filter=owners/$count eq 0&$count=true&$select=id,displayName"
    found = {item["id"] for item in contoso.pages(path, headers=EVENTUAL)}

    assert (True, False) == (nobodys in found, mine in found)
    assert 400 == contoso.error("GET", "/applications?$filter=owners/$count eq 0")[0]
    assert "1" == contoso.send("GET", f"/applications/{mine}/owners/$count", headers=EVENTUAL).text


def test_deleted_people_come_in_order_of_their_deletion(contoso: Api) -> None:
    """Ordering by deletedDateTime is an advanced query."""
    ids = [contoso.user(f"Gone {number}")["id"] for number in range(3)]
    for id in reversed(ids):
        contoso.ok("DELETE", f"/users/{id}")
        contoso.emulator.clock.advance(timedelta(minutes=1))
    path = (
        "/directory/deletedItems/microsoft.graph.user?$count=true&$orderby=deletedDateTime asc&$select=id,DisplayName"
    )
    found = contoso.get(path, headers=EVENTUAL)

    assert list(reversed(ids)) == [item["id"] for item in found["value"]]
    assert {"id", "displayName"} == found["value"][0].keys()


def test_organization_says_where_to_write_to(contoso: Api) -> None:
    """Notification addresses and the privacy profile can be changed; the name cannot."""
    path = f"/organization/{contoso.tenant.tenant_id}"
    body = {"privacyProfile": {"contactEmail": "alice@contoso.com"}, "technicalNotificationMails": ["tech@contoso.com"]}
    admin = contoso.holding("Organization.ReadWrite.All")
    admin.patch(path, body)
    found = contoso.get(path)

    assert ["tech@contoso.com"] == found["technicalNotificationMails"]
    assert {"contactEmail": "alice@contoso.com", "statementUrl": ""} == found["privacyProfile"]
    assert 400 == admin.error("PATCH", path, {"displayName": "Other"})[0]
    assert 403 == contoso.holding("Organization.Read.All").error("PATCH", path, body)[0]


def test_tenant_is_found_by_domain(contoso: Api) -> None:
    """Of the same cloud only."""
    path = "/tenantRelationships/findTenantInformationByDomainName"

    assert contoso.tenant.tenant_id == contoso.get(f"{path}(domainName='Contoso.com')")["tenantId"]
    assert 404 == contoso.error("GET", f"{path}(domainName='contosofederal.us')")[0]


def test_application_is_made_with_a_secret(contoso: Api) -> None:
    """The answer to its creation shows the secret, this once."""
    body = {"displayName": "With a secret", "passwordCredentials": [{"displayName": "First"}]}
    made = contoso.post("/applications", body)
    (shown,) = made["passwordCredentials"]
    (kept,) = contoso.get(f"/applications/{made['id']}")["passwordCredentials"]

    assert shown["secretText"].startswith(shown["hint"])
    assert {**shown, "secretText": None} == kept
    assert 400 == contoso.error("PATCH", f"/applications/{made['id']}", body)[0]


def test_properties_that_exchange_holds_come_with_the_id(contoso: Api) -> None:
    """They can be selected and changed."""
    group = contoso.group("Mailing", unified=True)["id"]
    path = f"/groups/{group}?$select=allowExternalSenders,unseenCount"
    found = contoso.get(path)
    contoso.patch(f"/groups/{group}", {"allowExternalSenders": True})

    assert {"id": group, "allowExternalSenders": False, "unseenCount": 0}.items() <= found.items()
    assert contoso.get(path)["allowExternalSenders"]


def test_customer_account_is_shown_with_its_identities(contoso: Api) -> None:
    """The answer to the creation of a local account shows how it signs in."""
    identity = {"signInType": "emailAddress", "issuer": "contoso.onmicrosoft.com", "issuerAssignedId": "jo@example.com"}
    body = {
        "displayName": "Jo",
        "identities": [identity],
        "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"},
        "passwordPolicies": "DisablePasswordExpiration",
    }
    made = contoso.post("/users", body)

    assert identity in made["identities"]
    assert "DisablePasswordExpiration" == made["passwordPolicies"]


def test_references_lead_to_the_members_and_owners(contoso: Api, nested: dict[str, str]) -> None:
    """Instead of the objects, where they are; in pages as the objects are."""
    other = contoso.user("Other person")["id"]
    contoso.add_member(nested["inner"], other)
    root = f"{contoso.tenant.graph_url}/v2/{contoso.tenant.tenant_id}/directoryObjects"
    first = contoso.get(f"/groups/{nested['inner']}/members/$ref?$top=1")
    rest = contoso.get(first["@odata.nextLink"])
    found = [item["@odata.id"] for item in first["value"] + rest["value"]]

    assert first["@odata.context"].endswith("/v1.0/$metadata#Collection($ref)")
    assert [f"{root}/{id}/Microsoft.DirectoryServices.User" for id in sorted([nested["person"], other])] == found
    (group,) = contoso.get(f"/groups/{nested['outer']}/members/$ref")["value"]
    assert {"@odata.id": f"{root}/{nested['inner']}/Microsoft.DirectoryServices.Group"} == group
    (owner,) = contoso.get(f"/groups/{nested['outer']}/owners/$ref")["value"]
    assert owner["@odata.id"].endswith("/Microsoft.DirectoryServices.ServicePrincipal")


def test_reference_leads_to_the_manager(contoso: Api, nested: dict[str, str]) -> None:
    """One reference, or 404."""
    path = f"/users/{nested['person']}/manager/$ref"
    assert 404 == contoso.error("GET", path)[0]
    boss = contoso.user("Boss")["id"]
    contoso.ok("PUT", path, {"@odata.id": f"{contoso.tenant.graph_url}/v1.0/users/{boss}"})

    assert contoso.get(path)["@odata.id"].endswith(f"/directoryObjects/{boss}/Microsoft.DirectoryServices.User")


def test_a_user_shows_what_they_own_of_every_type(contoso: Api) -> None:
    """ "List ownedObjects"."""
    user = contoso.user("Owner")["id"]
    link = {"owners@odata.bind": [f"{contoso.tenant.graph_url}/v1.0/users/{user}"]}
    application = contoso.post("/applications", {"displayName": "A", **link})
    principal = contoso.post("/servicePrincipals", {"appId": application["appId"], **link})["id"]
    group = contoso.group("Owned", **link)["id"]
    owned = f"/users/{user}/ownedObjects"

    assert {
        application["id"]: "#microsoft.graph.application",
        principal: "#microsoft.graph.servicePrincipal",
        group: "#microsoft.graph.group",
    } == {item["id"]: item["@odata.type"] for item in contoso.get(owned)["value"]}
    assert [group] == [item["id"] for item in contoso.get(f"{owned}/microsoft.graph.group")["value"]]
    assert "3" == contoso.send("GET", f"{owned}/$count", headers={"ConsistencyLevel": "eventual"}).text
    assert 3 == len(contoso.get(f"/users/{user}?$expand=ownedObjects")["ownedObjects"])
    assert 3 == len(contoso.signed_in(user, ["User.Read"]).get("/me/ownedObjects")["value"])


def test_a_service_principal_shows_what_it_owns(contoso: Api) -> None:
    made = contoso.post("/applications", {"displayName": "A"})["id"]
    owner = contoso.get(f"/applications/{made}/owners")["value"][0]["id"]

    assert made in {item["id"] for item in contoso.pages(f"/servicePrincipals/{owner}/ownedObjects")}


@pytest.mark.parametrize("relation", ["ownedDevices", "registeredDevices"])
def test_users_have_no_devices(contoso: Api, relation: str) -> None:
    user = contoso.user("Owner")["id"]

    assert [] == contoso.get(f"/users/{user}/{relation}")["value"]
    assert [] == contoso.get(f"/users/{user}/{relation}/microsoft.graph.device")["value"]
    assert [] == contoso.get(f"/users/{user}?$expand={relation}")[relation]
