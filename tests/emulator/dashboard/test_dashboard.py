"""The dashboard's page, tenants and links, and people side by side."""

from __future__ import annotations

import re
import ssl
from datetime import timedelta

import httpx
import pytest

from entra_sync.emulator import Emulator
from entra_sync.emulator.dashboard import in_dashboard
from entra_sync.emulator.dashboard.people import STATES
from entra_sync.microsoft.clouds import Cloud
from tests.emulator.dashboard.looking import ADDRESSES, ask, every, persons, reply
from tests.emulator.dashboard.screenshots import eventful
from tests.emulator.linking import Link

# The page


@pytest.mark.parametrize("path", ["/", "/_emulator/dashboard/page.css", "/_emulator/dashboard/page.js"])
def test_page_and_its_files_may_load_nothing_from_elsewhere(morning: Link, path: str) -> None:
    """A policy in every answer keeps scripts and connections to the emulator itself."""
    answer = reply(morning.source.emulator, path)

    assert (200, "nosniff") == (answer.status, answer.headers["X-Content-Type-Options"])
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in answer.headers["Content-Security-Policy"]


def test_page_names_only_files_that_are_there(morning: Link) -> None:
    """Every file that the page or one of its scripts refers to is served."""
    emulator = morning.source.emulator
    waiting, seen = ["/"], set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        text = reply(emulator, path).content.decode()
        waiting += re.findall(r'(?:href|src)="(/[^"]*)"', text)
        waiting += [f"/_emulator/dashboard/{name}" for name in re.findall(r'from "\./([^"]+)"', text)]

        assert 200 == reply(emulator, path).status, path

    assert {f"/_emulator/dashboard/{name}" for name in ("page.js", "list.js", "page.css", "lists.css")} <= seen


@pytest.mark.parametrize("path", ["/", "/_emulator/dashboard/people"])
def test_dashboard_only_shows(morning: Link, path: str) -> None:
    """A request that would change something is refused with the way to do it."""
    answer = reply(morning.source.emulator, path, "POST")

    assert (405, "the dashboard only shows; changes go to Microsoft Graph or to /_emulator") == (
        answer.status,
        answer.body["error"],
    )


@pytest.mark.parametrize(
    ("source", "query", "status", "message"),
    [
        ("nothing", {}, 404, "the dashboard has no nothing"),
        ("../answer.py", {}, 404, "the dashboard has no ../answer.py"),
        ("people", {"tenant": "x"}, 404, 'there is no tenant "x"'),
        ("people", {"job": "x"}, 404, 'there is no job "x"'),
        ("cycles", {}, 404, "say which job"),
        ("request", {"id": "x"}, 404, 'the log has no request "x"'),
        ("requests", {"writes": "all"}, 400, 'writes: "all" is none of only'),
        ("requests", {"after": "[1]"}, 400, 'after: "[1]" is no place in this list'),
        ("requests", {"size": "51"}, 400, 'size: "51" is no number from 1 to 50'),
    ],
)
def test_question_that_makes_no_sense_gets_one_line(
    morning: Link, source: str, query: dict[str, str], status: int, message: str
) -> None:
    """The line names the parameter and what it was."""
    answer = reply(morning.source.emulator, f"/_emulator/dashboard/{source}", **query)

    assert (status, message) == (answer.status, answer.body["error"])


@pytest.mark.parametrize("place", ['["live"]', '["elsewhere",["",""]]', '["live",[1,2]]', "null", "{"])
def test_place_of_another_list_is_refused(morning: Link, place: str) -> None:
    """A place in a list of people names a stretch of it and where in the stretch."""
    answer = reply(morning.source.emulator, "/_emulator/dashboard/people", job=morning.job_id, after=place)

    assert (400, f'after: "{place}" is no place in this list') == (answer.status, answer.body["error"])


def test_graph_and_control_keep_their_paths() -> None:
    """Only the root and the dashboard's own paths are the dashboard's."""
    paths = ("/", "/_emulator/dashboard/people", "/v1.0/users", "/_emulator", "/_emulator/cycle", "/tenant/v2.0")

    assert [True, True, False, False, False, False] == [in_dashboard(path) for path in paths]


# Tenants and links


def test_overview_shows_the_clouds_tenants_and_where_the_others_are(morning: Link) -> None:
    """The page of a cloud lists its own tenants, and every cloud's address."""
    found = ask(morning.source.emulator, "overview")

    assert ["Contoso"] == [tenant["displayName"] for tenant in found["tenants"]]
    assert [("Global", 1), ("US Government", 1), ("US Government DoD", 0), ("China (21Vianet)", 0)] == [
        (cloud["label"], cloud["tenants"]) for cloud in found["clouds"]
    ]
    assert list(ADDRESSES.values()) == [cloud["url"] for cloud in found["clouds"]]


def test_link_shows_on_both_ends_with_the_status_of_its_job(morning: Link) -> None:
    """The source's page and the target's page show the same link."""
    here, there = (
        ask(morning.source.emulator, "overview", cloud)["tenants"][0] for cloud in (Cloud.GLOBAL, Cloud.USGOV)
    )
    (link,) = here["links"]
    status = morning.status()

    assert here["links"] == there["links"]
    assert ("Contoso", "Contoso Federal") == (link["source"]["displayName"], link["target"]["displayName"])
    assert status["lastExecution"] == link["last"]
    assert (status["synchronizedEntryCountByType"][0]["value"], 3) == (link["synchronized"], link["cycles"])


def test_overview_counts_what_the_tenant_holds(morning: Link) -> None:
    """Numbers of users, deleted users and groups are those of the directory."""
    (tenant,) = ask(morning.source.emulator, "overview")["tenants"]

    assert len(morning.source.pages("/users?$select=id")) == tenant["counts"]["users"]
    assert 1 == tenant["counts"]["deletedUsers"]
    assert len(morning.source.pages("/groups?$select=id")) == tenant["counts"]["groups"]


def test_overview_shows_the_tenants_that_are_trusted(morning: Link) -> None:
    """Allowed clouds on both sides, and the box that only the target ticks."""
    here, there = (
        ask(morning.source.emulator, "overview", cloud)["tenants"][0] for cloud in (Cloud.GLOBAL, Cloud.USGOV)
    )

    assert {"clouds": ["US Government"], "synchronizationFromClouds": [], "partners": 1} == here["trusts"]
    assert (["Global"], ["Global"]) == (
        there["trusts"]["clouds"],
        there["trusts"]["synchronizationFromClouds"],
    )


def test_pulse_changes_with_every_write_and_every_request_and_not_by_itself() -> None:
    """The page reads again only when there is something to read."""
    emulator = Emulator.sample("contoso", people=5)
    stamps = [ask(emulator, "pulse")["stamp"], ask(emulator, "pulse")["stamp"]]
    emulator.add_tenant("fabrikam")
    stamps.append(ask(emulator, "pulse")["stamp"])
    with httpx.Client(transport=emulator.transport()) as client:
        client.get("https://graph.microsoft.com/v1.0/users")
    stamps.append(ask(emulator, "pulse")["stamp"])

    assert stamps[0] == stamps[1]
    assert 3 == len(set(stamps))


# People


def test_person_stands_beside_the_account_that_belongs_to_them(morning: Link) -> None:
    """Each synchronized person's row has the account that Graph finds in the target."""
    rows = persons(morning, "synchronized")
    found = {user["id"]: user["userPrincipalName"] for user in morning.target.pages("/users")}

    assert morning.status()["synchronizedEntryCountByType"][0]["value"] == len(rows)
    assert {row["target"]["id"]: row["target"]["principalName"] for row in rows}.items() <= found.items()
    assert [f"{row['source']['principalName'].replace('@', '_')}#EXT#" for row in rows] == [
        row["target"]["principalName"].split("@")[0] for row in rows
    ]


def test_every_person_and_account_is_listed_once(morning: Link) -> None:
    """The whole list has every user of both tenants, whatever the size of its pages."""
    whole = every(morning.source.emulator, "people", job=morning.job_id)
    small = every(morning.source.emulator, "people", job=morning.job_id, size="7")
    sources = [row["source"]["id"] for row in whole if row["source"]]
    targets = [row["target"]["id"] for row in whole if row["target"] and not row["target"]["deleted"]]
    gone = morning.source.get("/directory/deletedItems/microsoft.graph.user")["value"]

    assert whole == small
    assert sorted(user["id"] for user in [*morning.source.pages("/users"), *gone]) == sorted(sources)
    assert sorted(user["id"] for user in morning.target.pages("/users")) == sorted(targets)


def test_states_part_the_people(morning: Link) -> None:
    """Each user is in exactly one state, and a state lists the users who are in it."""
    whole = every(morning.source.emulator, "people", job=morning.job_id)
    states = {state: persons(morning, state) for state in STATES if state != "linked"}
    known = [row for row in whole if row["state"] not in ("unlinked", "target")]

    assert len(whole) == sum(map(len, states.values()))
    assert known == persons(morning, "linked")
    assert all(row in whole and row["state"] == state for state, rows in states.items() for row in rows)


def test_failed_person_shows_the_code_and_the_next_attempt(morning: Link) -> None:
    """A user whose address an internal user of the target has."""
    (row,) = persons(morning, "failed")
    detail = ask(morning.source.emulator, "person", job=morning.job_id, id=row["source"]["id"])

    assert ("InvitationCreationFailureAmbiguousUser", None) == (row["code"], row["target"])
    assert {"code": row["code"], "count": 2, "nextCycle": 4} == detail["failure"]


def test_removed_person_shows_the_deleted_account(morning: Link) -> None:
    """Who was deleted, and who left the group, keep their row with the account that can be restored."""
    rows = persons(morning, "removed")

    assert [False, True] == sorted(row["source"]["deleted"] is not None for row in rows)
    assert all(row["target"]["deleted"] for row in rows)


def test_person_in_scope_that_a_filter_leaves_out_is_skipped() -> None:
    """In scope and without an account is something else than unknown to the job."""
    link = eventful(people=30)
    link.filter(("country", "EQUALS", "ZZ"))
    link.source.ok("POST", f"{link.job}/restart", {"criteria": {"resetScope": "Full"}})
    link.cycle()

    assert [] == persons(link, "synchronized")
    assert {"skipped"} == {row["state"] for row in persons(link, "skipped")}


def test_person_that_only_the_job_remembers_stays_listed() -> None:
    """After thirty days a deleted person is gone from the directory, and the row shows it."""
    link = eventful(people=30)
    (before,) = (row for row in persons(link, "removed") if row["source"]["deleted"])
    link.source.emulator.advance(timedelta(days=31))
    (after,) = (row for row in persons(link, "removed") if row["source"]["id"] == before["source"]["id"])

    assert (True, before["source"]["principalName"]) == (after["source"]["gone"], after["source"]["principalName"])
    assert True is after["target"]["gone"]


def test_tenant_without_a_link_shows_its_people_alone() -> None:
    """One column if there is no user to compare with."""
    emulator = Emulator.sample("contoso", people=5)
    contoso = emulator.tenants["contoso"]
    rows = every(emulator, "people", tenant=contoso.tenant_id)

    assert 5 == len(rows)
    assert {None} == {row["target"] for row in rows} == {row["state"] for row in rows}


def test_search_knows_names_addresses_and_ids_in_any_case(morning: Link) -> None:
    """The same person is found by each of them, and by the id of the account."""
    emulator = morning.source.emulator
    (renamed,) = every(emulator, "people", job=morning.job_id, find="SOFÍA 'sol'")
    texts = (renamed["source"]["principalName"].upper(), renamed["source"]["id"], renamed["target"]["id"])

    assert [[renamed]] * 3 == [every(emulator, "people", job=morning.job_id, find=text) for text in texts]


def test_long_search_is_many_short_ones(morning: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer looks at more rows than the limit, and together they find what one would."""
    emulator = morning.source.emulator
    whole = every(emulator, "people", job=morning.job_id, find="an")
    monkeypatch.setattr("entra_sync.emulator.dashboard.people.AT_ONCE", 10)
    found, place = [], ""
    while place is not None:
        page = ask(emulator, "people", job=morning.job_id, find="an", after=place)
        assert page["examined"] <= 10
        found += page["rows"]
        place = page["next"]

    assert whole == found


def test_person_shows_attributes_of_both_sides(morning: Link) -> None:
    """The names are those of mappings, the values those of Graph."""
    row = persons(morning, "synchronized")[0]
    detail = ask(morning.source.emulator, "person", job=morning.job_id, id=row["source"]["id"])
    attributes = {item["name"]: (item["source"], item["target"]) for item in detail["attributes"]}
    user = morning.source.get(f"/users/{row['source']['id']}?$select=jobTitle,officeLocation")

    assert (user["jobTitle"],) * 2 == attributes["jobTitle"]
    assert (user["officeLocation"],) * 2 == attributes["physicalDeliveryOfficeName"]
    assert (row["source"]["principalName"], row["target"]["principalName"]) == attributes["userPrincipalName"]
    assert ["All company"] == detail["assigned"]


def test_account_that_belongs_to_no_user_shows_its_own_attributes(morning: Link) -> None:
    """An account of the target alone has no source side."""
    row = persons(morning, "target")[0]
    detail = ask(morning.source.emulator, "person", job=morning.job_id, account=row["target"]["id"])

    assert (None, row["target"]) == (detail["source"], detail["target"])
    assert {None} == {item["source"] for item in detail["attributes"]}


# Over the network


def test_root_of_each_cloud_is_the_page_and_graph_is_beside_it(emulator: Emulator) -> None:
    """Over TLS, the page at the root and Graph's answers below its versions."""
    with emulator.serve() as server, httpx.Client(verify=ssl.create_default_context(cafile=server.ca_file)) as client:
        pages = [client.get(server.url(cloud)) for cloud in Cloud]
        people = client.get(f"{server.url(Cloud.GLOBAL)}/_emulator/dashboard/overview").json()
        graph = client.get(f"{server.url(Cloud.GLOBAL)}/v1.0/users")

    assert [(200, "text/html; charset=utf-8")] * 4 == [
        (page.status_code, page.headers["Content-Type"]) for page in pages
    ]
    assert [server.url(cloud) for cloud in Cloud] == [cloud["url"] for cloud in people["clouds"]]
    assert 401 == graph.status_code
