"""Change tracking: rounds, removed objects, relations, tokens that expire."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.emulator.api import Api

JSON = Any


def round_of(api: Api, link: str, **options: Any) -> tuple[list[JSON], str]:
    """Everything of one round of change tracking, and the link for the next."""
    found: list[JSON] = []
    while True:
        page = api.get(link, **options)
        found += page["value"]
        if "@odata.deltaLink" in page:
            return found, page["@odata.deltaLink"]
        link = page["@odata.nextLink"]


def test_first_round_shows_all_users(contoso: Api) -> None:
    """Without a token every user is shown, then a delta link."""
    found, _ = round_of(contoso, "/users/delta")

    assert {user["id"] for user in found} == {user["id"] for user in contoso.pages("/users?$select=id")}


def test_next_round_shows_what_changed(contoso: Api) -> None:
    """New, changed, soft-deleted and purged users come with the reason."""
    kept, deleted, purged = contoso.user("Kept"), contoso.user("Deleted"), contoso.user("Purged")
    _, link = round_of(contoso, "/users/delta")
    new = contoso.user("New")
    contoso.patch(f"/users/{kept['id']}", {"jobTitle": "Other"})
    for user in (deleted, purged):
        contoso.ok("DELETE", f"/users/{user['id']}")
    contoso.ok("DELETE", f"/directory/deletedItems/{purged['id']}")
    found, _ = round_of(contoso, link)
    by_id = {user["id"]: user for user in found}

    assert set(by_id) == {new["id"], kept["id"], deleted["id"], purged["id"]}
    assert "Other" == by_id[kept["id"]]["jobTitle"]
    assert by_id[deleted["id"]] == {"id": deleted["id"], "@removed": {"reason": "changed"}}
    assert by_id[purged["id"]] == {"id": purged["id"], "@removed": {"reason": "deleted"}}


def test_round_without_changes_is_empty(contoso: Api) -> None:
    """A delta link may be used again and again."""
    _, link = round_of(contoso, "/users/delta")
    found, again = round_of(contoso, link)

    assert [] == found
    assert [] == round_of(contoso, again)[0]


def test_restored_user_comes_back_in_full(contoso: Api) -> None:
    """A restored user is shown with all properties."""
    user = contoso.user("Restored", jobTitle="Back")
    contoso.ok("DELETE", f"/users/{user['id']}")
    _, link = round_of(contoso, "/users/delta")
    contoso.post(f"/directory/deletedItems/{user['id']}/restore")
    found, _ = round_of(contoso, link)

    assert [(item["id"], item["jobTitle"]) for item in found] == [(user["id"], "Back")]


def test_change_of_a_property_that_is_not_tracked_stays_out(contoso: Api) -> None:
    """$select of the first request says what is tracked, for all rounds."""
    user = contoso.user("Tracked", jobTitle="One")
    _, link = round_of(contoso, "/users/delta?$select=jobTitle")
    contoso.patch(f"/users/{user['id']}", {"city": "Ulm"})
    found, link = round_of(contoso, link)
    assert [] == found
    contoso.patch(f"/users/{user['id']}", {"jobTitle": "Two"})
    found, _ = round_of(contoso, link)

    assert found == [{"id": user["id"], "jobTitle": "Two"}]


def test_minimal_shows_changed_properties_only(contoso: Api) -> None:
    """Prefer: return=minimal leaves out what did not change, and shows a property that became null."""
    user = contoso.user("Minimal", jobTitle="One", city="Ulm")
    _, link = round_of(contoso, "/users/delta?$select=jobTitle,city,displayName")
    contoso.patch(f"/users/{user['id']}", {"jobTitle": None})
    headers = {"Prefer": "return=minimal"}
    answer = contoso.send("GET", link, headers=headers)

    assert "return=minimal" == answer.headers["Preference-Applied"]
    assert answer.json()["value"] == [{"id": user["id"], "jobTitle": None}]
    assert {"id", "jobTitle", "city", "displayName"} == set(contoso.get(link)["value"][0])


def test_membership_changes_are_tracked(contoso: Api) -> None:
    """members@delta lists who came and who went."""
    stays, comes, goes = (contoso.user(name)["id"] for name in ("Stays", "Comes", "Goes"))
    group = contoso.group("Tracked", [stays, goes])["id"]
    first, link = round_of(contoso, "/groups/delta?$select=displayName,members")
    (shown,) = [item for item in first if item["id"] == group]
    assert {member["id"] for member in shown["members@delta"]} == {stays, goes}

    contoso.add_member(group, comes)
    contoso.ok("DELETE", f"/groups/{group}/members/{goes}/$ref")
    (changed,), _ = round_of(contoso, link)
    assert {
        (comes, False),
        (goes, True),
    } == {(member["id"], "@removed" in member) for member in changed["members@delta"]}


def test_latest_gives_a_link_and_no_user(contoso: Api) -> None:
    """$deltatoken=latest begins with now."""
    page = contoso.get("/users/delta?$deltaToken=latest")
    assert [] == page["value"]
    user = contoso.user("Later")

    found, _ = round_of(contoso, page["@odata.deltaLink"])
    assert [item["id"] for item in found] == [user["id"]]


def test_filter_by_id_tracks_some_objects(contoso: Api) -> None:
    """The only filter is by id, for at most fifty objects."""
    one, two = contoso.user("One")["id"], contoso.user("Two")["id"]
    found, _ = round_of(contoso, f"/users/delta?$filter=id eq '{one}' or id eq '{two}'")
    assert {item["id"] for item in found} == {one, two}

    assert 400 == contoso.error("GET", "/users/delta?$filter=city eq 'Ulm'")[0]
    many = " or ".join(f"id eq '{number}'" for number in range(51))
    assert 400 == contoso.error("GET", f"/users/delta?$filter={many}")[0]


def test_tokens_expire_after_seven_days(contoso: Api) -> None:
    """An old token is 410 Gone with the place to start again."""
    _, link = round_of(contoso, "/users/delta")
    contoso.emulator.clock.advance(timedelta(days=8))
    answer = contoso.send("GET", link)

    assert (410, "syncStateNotFound") == (answer.status_code, answer.json()["error"]["code"])
    assert answer.headers["Location"].endswith("/v1.0/users/delta?$deltatoken=")


def test_options_that_change_tracking_does_not_take_are_refused(contoso: Api) -> None:
    """$expand, $orderby, $search and $top are bad requests."""
    for option in ("$expand=manager", "$orderby=displayName", "$top=5"):
        assert 400 == contoso.error("GET", f"/users/delta?{option}")[0]


def test_function_form_of_the_sdks_is_understood(contoso: Api) -> None:
    """SDKs call delta() and microsoft.graph.delta()."""
    assert contoso.get("/users/delta()")["value"]
    assert contoso.get("/groups/microsoft.graph.delta()")["value"]


def test_applications_and_service_principals_are_tracked(contoso: Api) -> None:
    """What was registered, changed and deleted, whichever end of an application it is."""
    kept = contoso.post("/applications", {"displayName": "Kept"})
    gone = contoso.post("/applications", {"displayName": "Gone"})
    links = {name: round_of(contoso, f"/{name}/delta")[1] for name in ("applications", "servicePrincipals")}
    made = contoso.post("/servicePrincipals", {"appId": kept["appId"]})
    contoso.patch(f"/applications/{kept['id']}", {"notes": "Changed"})
    contoso.ok("DELETE", f"/applications/{gone['id']}")

    applications, _ = round_of(contoso, links["applications"])
    assert {(item["id"], item.get("notes"), "@removed" in item) for item in applications} == {
        (kept["id"], "Changed", False),
        (gone["id"], None, True),
    }
    principals, link = round_of(contoso, links["servicePrincipals"])
    assert [(item["id"], item["appId"]) for item in principals] == [(made["id"], kept["appId"])]
    contoso.patch(f"/servicePrincipals/{made['id']}", {"notes": "Short"})
    (minimal,) = contoso.get(link, headers={"Prefer": "return=minimal"})["value"]
    assert minimal == {"id": made["id"], "notes": "Short"}


def test_tracked_application_hides_what_a_plain_answer_hides(contoso: Api) -> None:
    """No secret, no key, and parts that every application has."""
    made = contoso.post("/applications", {"displayName": "Secretive"})
    contoso.post(f"/applications/{made['id']}/addPassword", {"passwordCredential": {"displayName": "Secret"}})
    found, _ = round_of(contoso, "/applications/delta")
    (shown,) = [item for item in found if item["id"] == made["id"]]
    whole = contoso.get(f"/applications/{made['id']}")

    assert shown["passwordCredentials"][0]["secretText"] is None
    assert shown == {name: whole[name] for name in shown}
