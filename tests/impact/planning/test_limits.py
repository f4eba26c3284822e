"""Limits: too many users removed, created or changed are refused, in numbers and with the way to go on."""

from __future__ import annotations

import zlib
from typing import Any

import pytest

from entra_sync.expressions import Mappings, ScopingFilter, any_of, clause
from entra_sync.impact.planning.limits import Affected, Limits, Violation, accounts_after
from entra_sync.impact.planning.plan import ImpactPlan
from entra_sync.impact.report.summary import summary
from entra_sync.impact.words import refusal
from tests.impact.world import World

JSON = Any
US = any_of(clause("country").equals("US"))


@pytest.fixture(scope="module")
def world() -> World:
    """Of ninety assigned users the filter lets twenty in, who are synchronized."""
    made = World.build()
    ids = []
    for number in range(90):
        doc = {
            "userPrincipalName": f"p{number}@contoso.onmicrosoft.com",
            "displayName": f"Person {number}",
            "country": "US" if number < 20 else "DE",
            "accountEnabled": True,
            "_netId": f"{number:016X}",
        }
        ids.append(made.add_user("contoso", doc))
    made.assign(ids)
    made.schema(Mappings(()), US)
    made.start()
    made.cycle()
    return made


@pytest.fixture(scope="module")
def spill(world: World) -> ImpactPlan:
    """The line with the filter is deleted from the program."""
    return world.plan(world.then(filters=ScopingFilter.everybody()))


def person(name: str, **properties: Any) -> JSON:
    """A user of the source."""
    return {
        "userPrincipalName": f"{name}@contoso.onmicrosoft.com",
        "displayName": name,
        "accountEnabled": True,
        "_netId": f"{zlib.crc32(name.encode()):016X}",
        **properties,
    }


def violations(plan: ImpactPlan, **limits: Any) -> list[tuple[str, int]]:
    return [(each.kind, each.count) for each in plan.violations(Limits(**limits))]


def test_a_filter_that_is_deleted_is_refused(spill: ImpactPlan) -> None:
    """Seventy new accounts are few for the absolute limit, and more than half of the twenty that exist."""
    assert [Violation("created", 70, 20, 100, 50.0)] == spill.violations(Limits())


def test_the_refusal_has_numbers_and_the_way_to_go_on(spill: ImpactPlan) -> None:
    """How many, of how many, which limit, and what to write into the program."""
    assert (
        "70 accounts would be created in federal, which has 20 now; the limits are 100 accounts and 50 %. See who is "
        'affected with `entra-sync impact --people`. To go ahead, raise `limits` or set allow=["created"].'
    ) == refusal(spill.violations(Limits()), spill.target)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"allow": ["created"]}, []),
        ({"max_created": None}, []),
        ({"max_created": 70}, []),
        ({"max_created": 69}, [("created", 70)]),
    ],
)
def test_the_limit_can_be_set_or_lifted(spill: ImpactPlan, limits: JSON, expected: JSON) -> None:
    """A number takes the place of the usual limits, None of all limits."""
    assert expected == violations(spill, **limits)


def test_a_first_cycle_has_no_usual_limit() -> None:
    """A link that has never run creates an account for every user in scope; a number that is declared counts."""
    world = World.build()
    ids = [
        world.add_user(
            "contoso",
            {"userPrincipalName": f"p{number}@contoso.onmicrosoft.com", "displayName": "P", "_netId": f"{number:016X}"},
        )
        for number in range(101)
    ]
    plan = world.plan(world.then(users=ids))

    assert 101 == plan.counts["create"]
    assert [] == violations(plan)
    assert [("created", 101)] == violations(plan, max_created=100)


def test_more_than_a_hundred_new_accounts_are_refused_whatever_the_share() -> None:
    """A pilot of three users that is opened to all: a share of three says nothing, the number does."""
    world = World.build()
    ids = [
        world.add_user(
            "contoso",
            {"userPrincipalName": f"p{number}@contoso.onmicrosoft.com", "displayName": "P", "_netId": f"{number:016X}"},
        )
        for number in range(104)
    ]
    world.assign(ids[:3])
    world.start()
    world.cycle()

    assert [("created", 101)] == violations(world.plan(world.then(users=ids)))
    assert [] == violations(world.plan(world.then(users=ids[:103])))


def test_a_mapping_that_changes_most_accounts_is_refused(world: World) -> None:
    """Twenty of twenty accounts would get another name."""
    rows = Mappings.model_validate([{"target": "displayName", "source": 'Append([displayName], "!")'}])
    plan = world.plan(world.then(mappings=rows))

    assert [("changed", 20)] == violations(plan)
    assert [] == violations(plan, max_changed_percent=100)
    assert [] == violations(plan, allow=["changed"])


def test_limits_do_not_stop_a_paused_job(world: World) -> None:
    """No cycle comes that would create them."""
    assert [] == violations(world.plan(world.then(filters=ScopingFilter.everybody(), enabled=False)))


@pytest.mark.parametrize(
    ("existing", "counts", "refused"),
    [
        (1, {"removed": 1}, []),
        (5, {"removed": 1}, []),
        (5, {"removed": 2}, ["removed"]),
        (5, {"removed": 5}, ["removed"]),
        (9, {"removed": 1}, []),
        (10, {"removed": 1}, []),
        (10, {"removed": 2}, ["removed"]),
        (5, {"changed": 5}, []),
        (7, {"changed": 6}, ["changed"]),
        (10, {"changed": 6}, ["changed"]),
        (5, {"created": 95}, []),
        (5, {"created": 101}, ["created"]),
        (10, {"created": 6}, ["created"]),
        (0, {"created": 95}, []),
    ],
)
def test_a_link_with_fewer_than_ten_accounts_counts_as_one_with_ten(existing: int, counts: JSON, refused: JSON) -> None:
    """One account of a pilot may go, an empty filter is refused; a pilot may grow within the number."""
    plan = Affected(existing, **{"removed": 0, "created": 0, "changed": 0, "matched": 0, **counts}, first=False)

    assert refused == [each.kind for each in Limits().violations(plan)]


def test_accounts_that_a_link_has_after_a_cycle_are_counted_before_it() -> None:
    """One stays, one comes back, one is made, and one that an administrator made is taken over."""
    world = World.build()
    everyone = [world.add_user("contoso", person(name)) for name in ("stays", "returns", "made", "taken")]
    domain = world.emulator.tenants["federal"].domain
    invited = {"userPrincipalName": f"taken_contoso.onmicrosoft.com#EXT#@{domain}", "creationType": "Invitation"}
    redeemed = {"externalUserState": "Accepted", "_alternativeSecurityIds": f"5::{person('taken')['_netId']}"}
    world.add_user("federal", {**invited, **redeemed, "displayName": "taken"})
    world.assign(everyone[:2])
    world.start()
    world.cycle()
    world.assign(everyone[:1])
    world.cycle()
    plan = world.plan(world.then(users=frozenset(everyone)))
    world.assign(everyone)
    world.cycle()
    live = {item["id"] for item in world.graphs["federal"].pages("/v1.0/users?$select=id")}

    assert dict.fromkeys(("unchanged", "restore", "create", "match"), 1) == summary(plan)["counts"]
    assert len(live & set(world.links().values())) == accounts_after(summary(plan)) == 4


@pytest.mark.parametrize(
    ("counts", "taken_over"),
    [
        pytest.param({"disable": 2}, 2, id="disabled when they are taken over"),
        pytest.param({"match": 10, "create": 2}, 0, id="matched again after the job has forgotten its links"),
        pytest.param({"delete": 1, "restore": 3}, 0, id="that come back"),
    ],
)
def test_accounts_that_a_link_manages_count_once(counts: dict[str, int], taken_over: int) -> None:
    """Ten before, twelve after."""
    assert 12 == accounts_after({"existing": 10, "counts": counts, "takenOver": taken_over})
