"""What an index finds, and a number that is kept, is what looking at every object gives."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

import pytest
from hypothesis import given, settings, strategies as st

from entra_sync.emulator import Emulator
from entra_sync.emulator.odata import indexes
from tests.emulator.api import Api

EVENTUAL = {"ConsistencyLevel": "eventual"}
TEXT = st.text("aAbÉé9 .-_'", min_size=1, max_size=5)
PROPERTIES = st.fixed_dictionaries({"displayName": TEXT}, optional={"city": st.none() | TEXT})
WHICH = st.integers(0, 20)
WRITES = st.lists(
    st.one_of(
        st.tuples(st.just("create"), PROPERTIES),
        st.tuples(st.just("change"), WHICH, PROPERTIES),
        st.tuples(st.sampled_from(["delete", "delete group", "restore", "purge", "fail"]), WHICH),
        st.tuples(st.sampled_from(["add", "remove"]), WHICH, WHICH),
    ),
    max_size=10,
)


class Directory:
    """A tenant with a group of all users, which no index finds them in, and with groups inside of others."""

    def __init__(self) -> None:
        self.api = Api(Emulator.sample("contoso", seed=3, people=5), "contoso")
        users = [item["id"] for item in self.api.pages("/users")]
        self.all = self.api.group("Everyone", users)["id"]
        outer, middle, inner = [
            self.api.group(name, users[number : number + 3])["id"]
            for number, name in enumerate(("Outer", "Middle", "Inner"))
        ]
        self.groups = [outer, middle, inner]
        self.api.add_member(outer, middle)
        self.api.add_member(middle, inner)

    def write(self, step: tuple[Any, ...], number: int) -> None:
        """Carries a random write out."""
        api = self.api
        users = [item["id"] for item in api.pages("/users?$select=id")]
        gone = [
            item["id"]
            for kind in ("user", "group")
            for item in api.get(f"/directory/deletedItems/microsoft.graph.{kind}")["value"]
        ]
        match step:
            case ("create", properties):
                api.add_member(self.all, api.user(f"New {number}", **properties)["id"])
            case ("change", which, properties):
                api.patch(f"/users/{users[which % len(users)]}", properties)
            case ("delete", which) if len(users) > 1:
                api.ok("DELETE", f"/users/{users[which % len(users)]}")
            case ("delete group", which):
                api.send("DELETE", f"/groups/{self.groups[which % 3]}")
            case ("restore", which) if gone:
                api.post(f"/directory/deletedItems/{gone[which % len(gone)]}/restore")
            case ("purge", which) if gone:
                api.ok("DELETE", f"/directory/deletedItems/{gone[which % len(gone)]}")
            case ("fail", which):
                api.error("PATCH", f"/users/{users[which % len(users)]}", {"displayName": "lost", "usageLocation": "x"})
            case ("add", group, which):
                reference = {"@odata.id": f"{api.tenant.graph_url}/v1.0/directoryObjects/{users[which % len(users)]}"}
                api.send("POST", f"/groups/{self.groups[group % 3]}/members/$ref", reference)
            case ("remove", group, which):
                api.send("DELETE", f"/groups/{self.groups[group % 3]}/members/{users[which % len(users)]}/$ref")

    def found(self, collection: str, condition: str) -> list[str]:
        """Ids that a query finds, page by page."""
        path = f"{collection}?$select=id&$top=3&$count=true&{condition}"
        return [item["id"] for item in self.api.pages(path, headers=EVENTUAL)]

    def number(self, path: str) -> int:
        """A number that ``/$count`` answers."""
        return int(self.api.send("GET", path, headers=EVENTUAL).text)


def searches(text: str) -> list[str]:
    """Conditions about a text that an index answers, and some that join them with others."""
    literal = quote(text.replace("'", "''"))
    quoted = quote(text)
    return [
        f'$search="displayName:{quoted}"',
        f'$search="displayName:{quoted}" OR "displayName:a"',
        f"$filter=city eq '{literal}'",
        f"$filter=tolower(city) eq '{literal}'",
        f"$filter=startsWith(city,'{literal}')",
        f"$filter=startsWith(displayName,'a') and city eq '{literal}'",
        f"$filter=startsWith(displayName,'{literal}') and accountEnabled eq true",
        f"$filter=city eq '{literal}' or displayName eq 'a'",
        f"$filter=startsWith(displayName,'a')&$search=\"displayName:{quoted}\"",
    ]


@settings(max_examples=12)
@given(WRITES, TEXT, st.sampled_from([1, 10_000]))
def test_an_index_finds_what_looking_at_every_user_finds(steps: list[tuple[Any, ...]], text: str, most: int) -> None:
    """After every write, also of pages that would be put together from many objects."""
    with patch.object(indexes, "_MOST_SORTED", most):
        directory = Directory()
        members = f"/groups/{directory.all}/members/microsoft.graph.user"
        conditions = searches(text)
        for number, step in enumerate([("fail", 0), *steps]):
            directory.write(step, number)
            for condition in conditions:
                every = directory.found(members, condition)

                assert every == directory.found("/users", condition), condition
                assert len(every) == directory.number(f"/users/$count?{condition}"), condition


@settings(max_examples=12)
@given(WRITES)
def test_a_number_of_members_is_that_of_the_listed_ones(steps: list[tuple[Any, ...]]) -> None:
    """After every write, of direct members and of those of groups inside."""
    directory = Directory()
    for number, step in enumerate([("fail", 0), *steps]):
        directory.write(step, number)
        live = {item["id"] for item in directory.api.pages("/groups?$select=id")}
        for group in live.intersection(directory.groups):
            for relation in ("members", "transitiveMembers", "transitiveMembers/microsoft.graph.user"):
                path = f"/groups/{group}/{relation}"

                assert len(directory.api.pages(path)) == directory.number(f"{path}/$count")


def test_a_number_of_members_is_kept_while_no_member_changes(contoso: Api) -> None:
    """A write of a user leaves the number as it is; a new member does not."""
    person = contoso.get("/users")["value"][0]["id"]
    group = contoso.group("Counted", [person])["id"]
    path = f"/groups/{group}/transitiveMembers/$count"
    statements: list[str] = []

    def statements_of_a_count() -> int:
        statements.clear()
        assert 200 == contoso.send("GET", path, headers=EVENTUAL).status_code
        return sum("count(*)" in statement for statement in statements)

    contoso.emulator.service.store.database.set_trace_callback(statements.append)
    first = statements_of_a_count()
    contoso.patch(f"/users/{person}", {"jobTitle": "Clerk"})
    kept = statements_of_a_count()
    contoso.add_member(group, contoso.user("Another")["id"])

    assert (1, 0, 1) == (first, kept, statements_of_a_count())


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        ('$search="displayName:ada"', "words_in_displayName"),
        ("$filter=department eq 'Sales'", "ordered_"),
        ("$filter=startsWith(department,'Sa')", "ordered_"),
    ],
)
def test_a_query_goes_by_its_index(contoso: Api, condition: str, index: str) -> None:
    """SQLite chooses it, and sorts nothing."""
    database = contoso.emulator.service.store.database
    statements: list[str] = []
    contoso.get(f"/users?{condition}", headers=EVENTUAL)
    database.set_trace_callback(statements.append)
    contoso.get(f"/users?{condition}&$top=5", headers=EVENTUAL)
    database.set_trace_callback(None)
    page = next(statement for statement in statements if statement.startswith("SELECT coalesce(plain, doc)"))
    plan = " / ".join(row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {page}"))

    assert index in plan, plan
    assert "TEMP B-TREE FOR ORDER BY" not in plan, plan


def test_state_of_an_earlier_version_loses_its_indexes(tmp_path: Path) -> None:
    """Earlier versions had another index of words, which no query uses any more."""
    emulator = Emulator.sample("contoso", people=5, state=tmp_path)
    snapshot = tmp_path / "earlier"
    emulator.service.store.snapshot(snapshot)
    with closing(sqlite3.connect(snapshot)) as file, file:
        file.execute("CREATE INDEX words_of_displayName ON objects (tenant, id)")
        file.execute("PRAGMA user_version = 1")
    emulator.service.store.restore(snapshot)
    api = Api(emulator, "contoso")
    name = api.get("/users")["value"][0]["displayName"]

    assert api.get(f'/users?$search="displayName:{quote(name)}"', headers=EVENTUAL)["value"]
    assert not emulator.service.store.query("SELECT 1 FROM sqlite_schema WHERE name = 'words_of_displayName'", [])
    emulator.close()
