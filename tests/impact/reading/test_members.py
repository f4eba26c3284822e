"""Members of groups are read 20 lists to a batch, and none of the lists is short."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from entra_sync.errors import GraphError
from entra_sync.graph.loop import together
from entra_sync.impact.facts.columns import UserColumns
from entra_sync.impact.reading.users import Reader
from tests.impact.world import World

JSON = Any


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One world for all tests, which each set it back first."""
    yield World.build()


def groups(world: World, *sizes: int) -> dict[str, set[str]]:
    """New groups of so many users each, and who is in which."""
    found = {}
    for number, size in enumerate(sizes):
        body = {"mailEnabled": False, "securityEnabled": True, "mailNickname": "part", "displayName": "Part"}
        group = world.send("contoso", "POST", "/v1.0/groups", body)["id"]
        users = set()
        for place in range(size):
            name = f"p{number}-{place}@contoso.onmicrosoft.com"
            users.add(world.add_user("contoso", {"userPrincipalName": name, "displayName": name}))
        for user in users:
            link = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{user}"}
            world.send("contoso", "POST", f"/v1.0/groups/{group}/members/$ref", link)
        found[group] = users
    return found


def read(world: World, wanted: dict[str, set[str]]) -> dict[str, set[str]]:
    """Who is in which of the groups, as it is read."""
    reader = Reader(world.graphs["contoso"], UserColumns.of(()))
    people, pairs = together(reader.members(wanted))
    assert set().union(*wanted.values()) == set(people["id"])
    found: dict[str, set[str]] = {group: set() for group in wanted}
    for group, person in pairs.iter_rows():
        found[group].add(person)
    return found


def test_twenty_lists_go_in_a_batch(world: World) -> None:
    """Twenty-one groups are two round trips."""
    world.reset()
    wanted = groups(world, 2, 1, *[0] * 19)
    start = len(world.emulator.requests)

    assert wanted == read(world, wanted)
    assert 2 == len({each.batch for each in world.emulator.requests[start:]} - {None, ""})


@pytest.mark.parametrize("page", [1, 2, 3, 4])
def test_list_that_is_longer_than_a_page_of_a_batch_is_read_whole(world: World, monkeypatch: Any, page: int) -> None:
    """Whether it ends with the page, before or after it."""
    world.reset()
    monkeypatch.setattr("entra_sync.impact.reading.users.BATCHED_PAGE", page)
    wanted = groups(world, 3, 1, 0)

    assert wanted == read(world, wanted)


def test_list_that_fails_in_a_batch_is_an_error_and_not_empty(world: World) -> None:
    """The message names its group."""
    world.reset()
    wanted = groups(world, 1, 1)
    world.emulator.fault(path=f"groups/{min(wanted)}/members", status=403, times=None)

    with pytest.raises(GraphError, match=f"reading the members of group {min(wanted)}: 403"):
        read(world, wanted)


@pytest.mark.parametrize("status", [429, 503])
def test_list_that_is_refused_for_a_while_is_asked_for_again(world: World, status: int) -> None:
    """Only its item of the batch."""
    world.reset()
    wanted = groups(world, 1, 1)
    world.emulator.fault(path=f"groups/{min(wanted)}/members", status=status, times=2)

    assert wanted == read(world, wanted)
