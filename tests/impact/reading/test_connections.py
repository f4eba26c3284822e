"""Who is linked to which account is asked of the job, and the job's count of synchronized users does not replace it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from entra_sync.errors import BadArgument
from entra_sync.expressions import Context, Mappings, synchronization_rule
from entra_sync.graph import paths
from entra_sync.graph.requests import Request
from entra_sync.impact.canaries.expected import outcomes, read_as_it_stands
from entra_sync.impact.facts.declaration import Declaration
from entra_sync.impact.planning.reasons import Doubt
from entra_sync.impact.reading.connections import FEW
from entra_sync.impact.reading.users import Reader
from entra_sync.impact.why import why
from tests.impact.world import World

JSON = Any


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One world for all tests, which each set it back first."""
    yield World.build()


def person(number: int) -> JSON:
    """A user of the source."""
    name = f"p{number}@contoso.onmicrosoft.com"
    return {"userPrincipalName": name, "displayName": f"P {number}", "accountEnabled": True, "_netId": f"{number:016X}"}


def on_demand(world: World, id: str) -> None:
    """Provisions one user now."""
    rule = synchronization_rule(world.send("contoso", "GET", f"{world.job_path}/schema"))["id"]
    body = {"parameters": [{"ruleId": rule, "subjects": [{"objectId": id, "objectTypeName": "User"}]}]}
    world.send("contoso", "POST", f"{world.job_path}/provisionOnDemand", body)


def test_a_renamed_user_is_known_although_the_count_is_reached_without_the_user(world: World) -> None:
    """Two users were synchronized by a cycle, a third on demand since; then the first is renamed."""
    world.reset()
    first, second, third = (world.add_user("contoso", person(number)) for number in range(3))
    world.assign([first, second])
    world.start()
    world.cycle()
    world.assign([first, second, third])
    on_demand(world, third)
    world.send("contoso", "PATCH", f"/v1.0/users/{first}", {"userPrincipalName": "renamed@contoso.onmicrosoft.com"})
    now = world.now()
    assert now is not None

    assert 2 == now.synchronized
    assert world.links() == dict(world.facts(now, now).connections.iter_rows())
    assert 0 == world.plan(world.then()).counts.get("create", 0)


def test_a_link_to_an_account_that_is_gone_for_good_does_not_stand_for_another_one(world: World) -> None:
    """Synchronization deleted the first user's account a month ago, and the user is back in scope; then the second user
    is gone for good."""
    world.reset()
    first, second = (
        world.add_user("contoso", {**person(number), "mail": f"p{number}@contoso.com"}) for number in (0, 1)
    )
    world.assign([first, second])
    world.start()
    world.cycle()
    account = world.links()[second]
    world.assign([second])
    world.cycle()
    world.pass_days(31)
    world.assign([first, second])
    directory = world.emulator.service.directory(world.emulator.tenants["contoso"].tenant_id)
    directory.soft_delete("user", second)
    directory.purge("user", second)
    plan = world.plan(world.then())

    assert [account] == plan.people.filter(plan.people["action"] == "delete")["account"].to_list()


def test_members_who_are_gone_for_good_change_their_groups(world: World) -> None:
    """The delta of groups says that a purged user is not a member any more."""
    world.reset()
    ada = world.add_user("contoso", person(0))
    body = {"displayName": "Team", "mailEnabled": False, "mailNickname": "team", "securityEnabled": True}
    group = world.send("contoso", "POST", "/v1.0/groups", body)["id"]
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{ada}"}
    world.send("contoso", "POST", f"/v1.0/groups/{group}/members/$ref", reference)
    latest = "/v1.0/groups/delta?$select=id,members&$deltatoken=latest"
    link = world.send("contoso", "GET", latest)["@odata.deltaLink"].removeprefix("https://graph.microsoft.com")
    world.send("contoso", "DELETE", f"/v1.0/users/{ada}")
    world.send("contoso", "DELETE", f"/v1.0/directory/deletedItems/{ada}")

    (changed,) = world.send("contoso", "GET", link)["value"]
    (member,) = changed["members@delta"]
    assert (group, ada, "deleted") == (changed["id"], member["id"], member["@removed"]["reason"])


@pytest.mark.parametrize("by", ["the job", "an administrator"])
def test_a_user_with_a_deleted_account_cannot_be_a_canary(world: World, by: str) -> None:
    """Provision on demand does not restore a deleted account: it makes a second one."""
    world.reset()
    ada = world.add_user("contoso", person(0))
    world.assign([ada])
    world.start()
    world.cycle()
    (account,) = world.links().values()
    if by == "the job":
        world.assign([])
        world.cycle()
        world.assign([ada])
    else:
        world.send("federal", "DELETE", f"/v1.0/users/{account}")
    read = read_as_it_stands(world.graphs["contoso"], world.graphs["federal"], world.owner, Mappings(()), None)

    with pytest.raises(BadArgument, match="has a soft-deleted account in the target"):
        outcomes(read, [ada], Context.fixed(world.emulator.clock.now()))


def test_why_says_of_a_restored_account_that_the_job_does_not_manage_it(world: World) -> None:
    """The job deleted the account, an administrator restored it, and the user is still out of scope."""
    world.reset()
    ada = world.add_user("contoso", person(0))
    world.assign([ada])
    world.start()
    world.cycle()
    (account,) = world.links().values()
    world.assign([])
    world.cycle()
    world.send("federal", "POST", f"/v1.0/directory/deletedItems/{account}/restore")
    declared = Declaration(groups=frozenset(), users=frozenset(), mappings=Mappings(()), filters=None, everyone=False)
    answer = why(world.graphs["contoso"], world.graphs["federal"], world.owner, declared, ada)
    planned = world.plan(world.then()).people.row(0, named=True)

    assert ("skipped", "deprovisioned") == (planned["action"], planned["reason"])
    assert (planned["action"], planned["reason"]) == (answer["nextCycle"]["action"], answer["nextCycle"]["reasonCode"])


@pytest.mark.parametrize(
    ("leavers", "users", "lists"),
    [(0, 0, 1), (1, 1, 1), (FEW, FEW, 1), (FEW + 1, 1, 2)],
    ids=["0", "1", "FEW", "FEW+1"],
)
def test_the_log_is_asked_for_few_users_who_left(
    world: World, monkeypatch: pytest.MonkeyPatch, leavers: int, users: int, lists: int
) -> None:
    """Of many users who left since the last cycle, only those that the job has ever skipped are asked about.

    The list that is always read is that of deletions.
    """
    world.reset()
    people = [world.add_user("contoso", person(number)) for number in range(FEW + 2)]
    world.assign(people)
    world.start()
    world.cycle()
    account = world.links()[people[0]]
    world.send("federal", "DELETE", f"/v1.0/users/{account}")
    if leavers:
        world.assign(people[1:])
        world.cycle()
    world.send("federal", "POST", f"/v1.0/directory/deletedItems/{account}/restore")
    world.assign(people[leavers:])
    asked: list[str] = []
    bodies, objects = Reader.bodies, Reader.objects

    async def each(self: Reader, requests: Sequence[Request]) -> list[JSON]:
        asked.extend(request.path for request in requests)
        return await bodies(self, requests)

    async def listed(self: Reader, path: str, purpose: str) -> list[JSON]:
        asked.append(path)
        return await objects(self, path, purpose)

    monkeypatch.setattr(Reader, "bodies", each)
    monkeypatch.setattr(Reader, "objects", listed)
    plan = world.plan(world.then())
    log = [path for path in asked if path.startswith(paths.PROVISIONING_LOG)]

    assert users == sum("sourceIdentity/id" in path for path in log)
    assert lists == sum("sourceIdentity/id" not in path for path in log)
    assert [Doubt.INCREMENTAL] * bool(leavers) == plan.people["uncertain"].drop_nulls().to_list()
