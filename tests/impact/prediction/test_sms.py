"""Users who sign in by SMS: synchronization skips them, and plan, `why` and cycle agree."""

from __future__ import annotations

from typing import Any

import pytest

from entra_sync.graph.requests import Request
from entra_sync.impact.facts.declaration import Declaration
from entra_sync.impact.reading.sms import sms_policy
from entra_sync.impact.why.answer import why
from entra_sync.microsoft.tenant import Tenant
from tests.impact.world import World

JSON = Any
SMS = "/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/sms"
PHONE = {"phoneType": "mobile", "phoneNumber": "+1 4255550101"}


@pytest.fixture(scope="module")
def built() -> World:
    """One world for all tests, which each set it back first."""
    return World.build()


@pytest.fixture
def world(built: World) -> World:
    """Users may sign in by SMS."""
    built.reset()
    built.send("contoso", "PATCH", SMS, {"state": "enabled", "includeTargets": [{"id": "all_users"}]})
    return built


def user(world: World, name: str, number: int) -> str:
    base = {"accountEnabled": True, "userType": "Member", "_netId": f"{number:016X}"}
    return world.add_user(
        "contoso", {"userPrincipalName": f"{name}@contoso.onmicrosoft.com", "displayName": name, **base}
    )


def registered(world: World, id: str) -> str:
    """Registers a phone with which the user signs in."""
    return str(world.send("contoso", "POST", f"/v1.0/users/{id}/authentication/phoneMethods", PHONE)["smsSignInState"])


def planned(world: World, *users: str) -> dict[str, tuple[str, str | None, str | None]]:
    people = world.plan(world.then(users=frozenset(users), enabled=True)).people
    return {row["person"]: (row["action"], row["reason"], row["uncertain"]) for row in people.iter_rows(named=True)}


def test_a_user_who_signs_in_by_sms_gets_no_account(world: World) -> None:
    ada, bob = user(world, "ada", 1), user(world, "bob", 2)

    assert "ready" == registered(world, ada)
    assert {ada: ("skipped", "sms-sign-in", None), bob: ("create", "assigned", None)} == planned(world, ada, bob)

    world.assign([ada, bob])
    world.start()
    world.cycle()

    assert [bob] == list(world.links())


def test_the_account_of_a_user_who_signs_in_by_sms_stays_as_it_is(world: World) -> None:
    """Nothing is updated, and nothing is deleted when the user leaves."""
    ada = user(world, "ada", 1)
    world.assign([ada])
    world.start()
    world.cycle()
    registered(world, ada)
    world.assign([])
    before = world.accounts()

    assert {ada: ("skipped", "sms-sign-in", None)} == planned(world)

    world.cycle()

    assert before == world.accounts()


def test_if_phones_cannot_be_read_what_would_be_written_is_uncertain(world: World) -> None:
    ada = user(world, "ada", 1)
    world.emulator.fault(path="phoneMethods", status=403, times=None)
    plan = world.plan(world.then(users=frozenset({ada}), enabled=True))

    assert [("create", "sms-sign-in-unknown")] == plan.people.select("action", "uncertain").rows()
    assert "sms-sign-in-not-read" in [note.code for note in plan.notes]


def test_if_the_policy_cannot_be_read_there_is_a_note(world: World) -> None:
    ada = user(world, "ada", 1)
    world.emulator.fault(path="authenticationMethodConfigurations", status=403, times=None)
    plan = world.plan(world.then(users=frozenset({ada}), enabled=True))

    assert [("create", None)] == plan.people.select("action", "uncertain").rows()
    assert "sms-policy-not-read" in [note.code for note in plan.notes]


@pytest.mark.parametrize(
    "policy",
    [{"state": "disabled"}, {"includeTargets": [{"id": "all_users", "isUsableForSignIn": False}]}],
)
def test_phones_are_read_only_if_users_may_sign_in_by_sms(world: World, policy: JSON) -> None:
    ada = user(world, "ada", 1)
    world.send("contoso", "PATCH", SMS, policy)
    world.emulator.fault(path="phoneMethods", status=500, times=None)

    assert {ada: ("create", "assigned", None)} == planned(world, ada)


@pytest.fixture
def members(world: World) -> str:
    """The only group whose members may sign in by SMS."""
    doc = {"displayName": "Front line", "groupTypes": [], "mailEnabled": False, "securityEnabled": True}
    made = world.emulator.service.directory(world.emulator.tenants["contoso"].tenant_id).create("group", doc).id
    world.send("contoso", "PATCH", SMS, {"includeTargets": [{"id": made}]})
    return made


def join(world: World, group: str, id: str) -> None:
    link = {"@odata.id": f"{world.emulator.tenants['contoso'].graph_url}/v1.0/directoryObjects/{id}"}
    world.send("contoso", "POST", f"/v1.0/groups/{group}/members/$ref", link)


def test_phones_are_read_only_of_users_who_may_sign_in_by_sms_and_are_enabled(world: World, members: str) -> None:
    ada, bob, cyd = (user(world, name, number) for number, name in enumerate(("ada", "bob", "cyd")))
    for each in (ada, cyd):
        join(world, members, each)
    registered(world, ada)
    world.send("contoso", "PATCH", f"/v1.0/users/{cyd}", {"accountEnabled": False})
    for each in (bob, cyd):
        world.emulator.fault(path=f"{each}/authentication/phoneMethods", status=500, times=None)
    plan = planned(world, ada, bob, cyd)

    assert {ada: "sms-sign-in", bob: "assigned", cyd: "disabled"} == {id: reason for id, (_, reason, _) in plan.items()}


def test_if_members_cannot_be_read_the_phones_of_all_are(world: World, members: str) -> None:
    ada = user(world, "ada", 1)
    join(world, members, ada)
    registered(world, ada)
    world.emulator.fault(path="transitiveMembers", status=403, times=None)

    assert {ada: ("skipped", "sms-sign-in", None)} == planned(world, ada)


def test_a_group_of_the_policy_that_is_gone_lets_no_user_sign_in(world: World, members: str) -> None:
    ada = user(world, "ada", 1)
    world.send("contoso", "DELETE", f"/v1.0/groups/{members}")
    world.emulator.fault(path="phoneMethods", status=500, times=None)

    assert {ada: ("create", "assigned", None)} == planned(world, ada)


def test_why_tells_that_a_user_signs_in_by_sms(world: World) -> None:
    ada = user(world, "ada", 1)
    registered(world, ada)
    world.assign([ada])
    source, target = (world.graphs[name] for name in ("contoso", "federal"))
    found = why(source, target, world.owner, Declaration(users=frozenset({ada})), ada)

    assert ("skipped", "signs in by SMS: the service skips such users until SMS sign-in is disabled for them") == (
        found["nextCycle"]["action"],  # type: ignore[typeddict-item]
        found["nextCycle"]["reason"],  # type: ignore[typeddict-item]
    )


def test_clouds_without_sms_sign_in_are_not_asked(world: World) -> None:
    assert isinstance(sms_policy(world.tenant("contoso")), Request)
    assert sms_policy(Tenant("beijing", tenant_id=world.tenant("contoso").tenant_id, cloud="china")) is None
