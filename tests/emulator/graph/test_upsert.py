"""Objects by the keys that clients give them: created where they are missing, changed where they are there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.api import Api

JSON = Any
UPSERT = {"Prefer": "create-if-missing"}
GROUP = {"displayName": "Pilots", "mailEnabled": False, "mailNickname": "pilots", "securityEnabled": True}


def upsert(api: Api, path: str, body: JSON) -> tuple[int, JSON]:
    """Status and body of a PATCH that may create."""
    answer = api.send("PATCH", path, body, headers=UPSERT)
    return answer.status_code, answer.json() if answer.content else None


@pytest.mark.parametrize("path", ["/groups(uniqueName='pilots')", "/groups/(uniqueName='pilots')"])
def test_group_is_created_once_and_changed_afterwards(contoso: Api, path: str) -> None:
    """Both spellings of the key are documented."""
    status, made = upsert(contoso, path, GROUP)
    assert (201, "pilots", "Pilots") == (status, made["uniqueName"], made["displayName"])
    assert made["@odata.context"].endswith("/$metadata#groups/$entity")

    assert (204, None) == upsert(contoso, path, {"description": "They fly first"})
    assert "They fly first" == contoso.get(path)["description"]
    assert made["id"] == contoso.get(path)["id"]


def test_application_is_registered_once_and_changed_afterwards(contoso: Api) -> None:
    """It has the name that it was asked for by."""
    status, made = upsert(contoso, "/applications(uniqueName='app-65278')", {"displayName": "First"})
    assert (201, "app-65278") == (status, made["uniqueName"])

    assert (204, None) == upsert(contoso, "/applications(uniqueName='app-65278')", {"displayName": "Second"})
    assert "Second" == contoso.get(f"/applications/{made['id']}")["displayName"]


def test_service_principal_is_made_of_its_application(contoso: Api) -> None:
    """Its key is the application's."""
    app_id = contoso.post("/applications", {"displayName": "Registered"})["appId"]
    path = f"/servicePrincipals(appId='{app_id}')"
    status, made = upsert(contoso, path, {"displayName": "Instance", "notes": "Made by key"})
    assert (201, "Instance", "Made by key") == (status, made["displayName"], made["notes"])

    assert (204, None) == upsert(contoso, path, {"notes": "Changed by key"})
    assert "Changed by key" == contoso.get(path)["notes"]


@pytest.mark.parametrize("path", ["/groups(uniqueName='nobody')", "/applications(uniqueName='nobody')"])
def test_without_the_preference_what_is_missing_is_not_found(contoso: Api, path: str) -> None:
    """Then it is an update."""
    assert (404, "Request_ResourceNotFound") == contoso.error("PATCH", path, {"displayName": "Nobody"})[:2]
    assert (404, "Request_ResourceNotFound") == contoso.error("GET", path)[:2]


def test_group_that_lacks_what_creation_needs_is_refused(contoso: Api) -> None:
    """The properties that POST needs."""
    status, answer = upsert(contoso, "/groups(uniqueName='pilots')", {"displayName": "Pilots"})

    assert (400, "mailEnabled") == (status, answer["error"]["details"][0]["target"])


def test_unique_name_is_given_once(contoso: Api) -> None:
    """An object that has none can get one; another one is refused, and so is the one of another group."""
    first, second = contoso.group("First")["id"], contoso.group("Second")["id"]
    contoso.patch(f"/groups/{first}", {"uniqueName": "first"})

    assert first == contoso.get("/groups(uniqueName='first')")["id"]
    assert 400 == contoso.error("PATCH", f"/groups/{first}", {"uniqueName": "other"})[0]
    assert 400 == contoso.error("PATCH", f"/groups/{second}", {"uniqueName": "first"})[0]
    assert 400 == upsert(contoso, "/groups(uniqueName='third')", {**GROUP, "uniqueName": "fourth"})[0]
    assert 201 == upsert(contoso, "/applications(uniqueName='first')", {"displayName": "Of another kind"})[0]


def test_another_key_is_refused(contoso: Api) -> None:
    """Groups have no appId."""
    assert 400 == contoso.error("GET", "/groups(appId='x')")[0]


def test_who_may_change_members_may_not_create_groups(contoso: Api) -> None:
    """Upsert needs Group.ReadWrite.All."""
    changer, creator = (contoso.holding(name) for name in ("GroupMember.ReadWrite.All", "Group.ReadWrite.All"))

    assert 403 == upsert(changer, "/groups(uniqueName='pilots')", GROUP)[0]
    assert 201 == upsert(creator, "/groups(uniqueName='pilots')", GROUP)[0]


def test_deleted_object_frees_its_unique_name(contoso: Api) -> None:
    """A deleted one is not there, and cannot come back beside its successor."""
    _, made = upsert(contoso, "/applications(uniqueName='app')", {"displayName": "First"})
    contoso.ok("DELETE", "/applications(uniqueName='app')")
    status, successor = upsert(contoso, "/applications(uniqueName='app')", {"displayName": "Second"})

    assert 201 == status
    assert made["id"] != successor["id"]
    assert contoso.send("POST", f"/directory/deletedItems/{made['id']}/restore").is_error
