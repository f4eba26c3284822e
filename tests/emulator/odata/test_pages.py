"""Pages that are put together from answers kept beside the documents, or kept as a whole, are what rendering gives."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from entra_sync.emulator import Emulator
from entra_sync.emulator.http.pages import Pages
from entra_sync.emulator.state.catalog.entities import entity
from entra_sync.microsoft.assumptions import Facts
from tests.emulator.api import Api

NAMES = entity("user").v1
ALL = ",".join(NAMES)
EVENTUAL = {"ConsistencyLevel": "eventual"}


def value(api: Api, path: str, **options: Any) -> bytes:
    """The objects of a page as they came over the wire."""
    answer = api.send("GET", path, **options)
    assert 200 == answer.status_code, answer.text
    return answer.content.partition(b'"value":')[2]


def rendered(api: Api, path: str) -> bytes:
    """The same page rendered again: every name is asked for, by a new address."""
    api.emulator.service.pages.clear()
    return value(api, f"{path}{'&' if '?' in path else '?'}$select={ALL}")


def test_sample_people_look_as_their_documents_say(contoso: Api) -> None:
    """The answers that a sample writes beside its documents are those of the documents."""
    assert rendered(contoso, "/users?$top=999") == value(contoso, "/users?$top=999")


def test_members_look_as_their_documents_say(contoso: Api) -> None:
    """People in a group carry their type unless the collection has only one."""
    group = contoso.get("/groups?$filter=displayName eq 'Engineering'")["value"][0]["id"]
    people = contoso.get(f"/groups/{group}/members")["value"]
    plain = f"/groups/{group}/members/microsoft.graph.user"

    assert {"#microsoft.graph.user", "#microsoft.graph.group"} == {item["@odata.type"] for item in people}
    assert rendered(contoso, plain) == value(contoso, plain)


def test_a_kept_page_is_forgotten_when_anything_is_written(contoso: Api) -> None:
    """The same request is answered from what is there."""
    path = "/users?$top=999&$select=id,jobTitle"
    user = contoso.get(path)["value"][0]["id"]
    before = value(contoso, path)
    contoso.patch(f"/users/{user}", {"jobTitle": "Astronaut"})

    assert before != value(contoso, path)
    assert "Astronaut" == contoso.get(path)["value"][0]["jobTitle"]


def test_a_page_is_kept_if_what_is_written_is_not_on_it(contoso: Api) -> None:
    """A write of one user leaves all pages but the user's own, and the one whose next link leads to the user."""
    pages = contoso.emulator.service.pages
    pages.clear()
    ids = [item["id"] for item in contoso.pages("/users?$top=5")]
    contoso.patch(f"/users/{ids[12]}", {"jobTitle": "Astronaut"})
    before = [id(page) for page in pages.held.values()]
    contoso.pages("/users?$top=5")
    after = [id(page) for page in pages.held.values()]

    assert len(before) == len(after)
    assert 1 == len(set(after) - set(before))


def test_a_page_of_other_facts_is_not_kept(contoso: Api) -> None:
    """What is assumed of the service decides what a page looks like."""
    contoso.get("/users")
    contoso.emulator.service.store.assume(Facts({}))
    contoso.get("/users")

    assert 1 == len(contoso.emulator.service.pages.held)


def test_a_kept_page_is_for_the_caller_who_may_see_it(contoso: Api) -> None:
    """Another application with other permissions gets an answer of its own."""
    contoso.get("/users")

    assert 403 == contoso.holding("Organization.Read.All").send("GET", "/users").status_code
    assert 401 == contoso.send("GET", "/users", headers={"Authorization": "Bearer unknown"}).status_code


def test_a_snapshot_that_is_opened_shows_its_own_pages(contoso: Api, tmp_path: Any) -> None:
    """Pages of what was there before are gone, even when as much was written since."""
    emulator = contoso.emulator
    user = contoso.get("/users")["value"][0]["id"]
    emulator.snapshot(tmp_path / "state.sqlite3")
    contoso.patch(f"/users/{user}", {"jobTitle": "First"})
    first = value(contoso, "/users")
    emulator.reset(tmp_path / "state.sqlite3")
    contoso.patch(f"/users/{user}", {"jobTitle": "Other"})

    assert first != value(contoso, "/users")


def test_pages_are_kept_up_to_a_size(contoso: Api) -> None:
    """What was read first goes first."""
    pages = contoso.emulator.service.pages
    pages.clear()
    pages.most = 100_000
    for top in range(100, 200):
        contoso.get(f"/users?$top={top}")

    assert pages.size <= 100_000
    assert sum(len(page.content) for page in pages.held.values()) == pages.size


@pytest.mark.parametrize("groups", [1, 2, 50, 60])
def test_transitive_members_come_once_each_in_order_of_id(contoso: Api, groups: int) -> None:
    """However many groups they are read from, and however small the pages."""
    people = sorted(item["id"] for item in contoso.pages("/users?$select=id"))
    outer = contoso.group("Outer", people[:3])["id"]
    inner = [contoso.group(f"Inner {number}", people[number % 7 : 5 + number % 9])["id"] for number in range(groups)]
    for id in inner:
        contoso.add_member(outer, id)
    contoso.add_member(inner[0], outer)
    within = {*people[:3], *inner}
    within |= {id for number in range(groups) for id in people[number % 7 : 5 + number % 9]}
    path = f"/groups/{outer}/transitiveMembers"
    found = [item["id"] for item in contoso.pages(f"{path}?$top=4&$select=id")]

    assert sorted(within) == found
    assert str(len(within)) == contoso.send("GET", f"{path}/$count", headers=EVENTUAL).text


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_ordered_pages_show_all_users_once(contoso: Api, direction: str) -> None:
    """People of the same name come in the order in which they were written."""
    for number in range(7):
        contoso.user(f"Twin {number}", displayName="Twin")
    found = contoso.pages(f"/users?$top=3&$select=id,displayName&$orderby=displayName {direction}")
    names = [item["displayName"].lower() for item in found]

    assert sorted(names, reverse=direction == "desc") == names
    assert {item["id"] for item in contoso.pages("/users")} == {item["id"] for item in found}
    assert len(found) == len({item["id"] for item in found})


def test_only_the_first_page_has_the_count(contoso: Api) -> None:
    """``@odata.count`` is a property of the first page."""
    first = contoso.get("/users?$top=5&$count=true", headers=EVENTUAL)
    second = contoso.get(first["@odata.nextLink"], headers=EVENTUAL)

    assert len(contoso.pages("/users")) == first["@odata.count"]
    assert "@odata.count" not in second


TEXT = st.text(string.ascii_letters + 'é"\\ ü\u2028', min_size=1, max_size=12)
PROPERTIES = st.fixed_dictionaries(
    {},
    optional={
        "displayName": TEXT,
        "givenName": TEXT,
        "surname": st.none() | TEXT,
        "jobTitle": st.none() | TEXT,
        "mobilePhone": st.none() | TEXT,
        "officeLocation": st.none() | TEXT,
        "preferredLanguage": st.none() | st.just("de-DE"),
        "businessPhones": st.lists(TEXT, max_size=1),
        "department": st.none() | TEXT,
    },
)
WRITES = st.lists(
    st.one_of(
        st.tuples(st.just("create"), PROPERTIES),
        st.tuples(st.just("change"), st.integers(0, 20), PROPERTIES),
        st.tuples(st.just("delete"), st.integers(0, 20)),
        st.tuples(st.just("restore"), st.integers(0, 20)),
        st.tuples(st.just("manager"), st.integers(0, 20), st.integers(0, 20)),
        st.tuples(st.just("fail"), st.integers(0, 20)),
    ),
    max_size=12,
)


def write(api: Api, step: tuple[Any, ...], number: int) -> None:
    """Carry a random write out."""
    people = [item["id"] for item in api.pages("/users?$top=5")]
    match step:
        case ("create", properties):
            api.user(f"New {number}", **{"displayName": f"New {number}", **properties})
        case ("restore", which):
            gone = api.get("/directory/deletedItems/microsoft.graph.user")["value"]
            if gone:
                api.post(f"/directory/deletedItems/{gone[which % len(gone)]['id']}/restore")
        case ("change", which, properties) if properties:
            api.patch(f"/users/{people[which % len(people)]}", properties)
        case ("delete", which) if len(people) > 1:
            api.ok("DELETE", f"/users/{people[which % len(people)]}")
        case ("manager", which, other):
            link = {"@odata.id": f"{api.tenant.graph_url}/v1.0/users/{people[other % len(people)]}"}
            api.ok("PUT", f"/users/{people[which % len(people)]}/manager/$ref", link)
        case ("fail", which):
            api.error("PATCH", f"/users/{people[which % len(people)]}", {"displayName": "lost", "usageLocation": "x"})


@settings(max_examples=40)
@given(WRITES, st.sets(st.sampled_from([*NAMES, "department", "userType", "proxyAddresses"]), min_size=1))
def test_pages_are_the_same_however_they_are_made(steps: list[tuple[Any, ...]], select: set[str]) -> None:
    """After every write a kept page, a page of kept answers and a rendered one hold the same bytes.

    Pages that are kept across writes are those of an emulator that has kept none.
    """
    emulator = Emulator.sample("contoso", seed=3, people=8)
    api = Api(emulator, "contoso")
    chosen = f"/users?$select={','.join(sorted(select))}&$orderby=displayName"
    kept = emulator.service.pages
    for number, step in enumerate(steps):
        write(api, step, number)
        found = walked(api)
        emulator.service.pages = Pages()
        assert found == walked(api)

        emulator.service.pages = kept
        plain, few = value(api, "/users"), value(api, chosen)
        assert plain == value(api, "/users")
        assert plain == rendered(api, "/users")
        emulator.service.pages.clear()
        assert few == value(api, chosen)
    emulator.close()


def walked(api: Api) -> list[bytes]:
    """All pages of five users."""
    found, path = [], "/users?$top=5"
    while path:
        answer = api.send("GET", path)
        found.append(answer.content)
        path = answer.json().get("@odata.nextLink")
    return found
