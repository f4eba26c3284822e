"""Each doubt that a plan can have about a user: the world that gives it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from entra_sync.expressions import AttributeMapping, Mappings
from entra_sync.impact.planning.reasons import Doubt
from tests.impact.planning.worlds import guest, synchronized, user
from tests.impact.world import World

JSON = Any
Told = Callable[[World], JSON]
"""Prepares a world; returns what the link declares next."""

WORLDS: dict[Doubt, Told] = {}
ELSEWHERE = {
    Doubt.RESTORED: "test_safety.py",
    Doubt.SMS: "prediction/test_sms.py",
    Doubt.WHOLE_PLAN: "prediction/test_why_prediction.py",
    Doubt.CONTESTED: "test_prediction.py",
}
"""Doubts with tests of their own, by the file that names them."""


def gives(doubt: Doubt) -> Callable[[Told], Told]:
    """Registers the world of a doubt."""

    def register(told: Told) -> Told:
        WORLDS[doubt] = told
        return told

    return register


@gives(Doubt.NARROWED)
def all_users_were_in_scope(world: World) -> JSON:
    """OV says that they are deleted, KI that the change takes a restart."""
    user(world, "ada", 1)
    synchronized(world, everyone=True)
    return {"everyone": False}


@gives(Doubt.THRESHOLD)
def removals_meet_the_threshold(world: World) -> JSON:
    """ACC: "met" and "exceeded" on one page."""
    synchronized(world, user(world, "ada", 1), threshold=1)
    return {"users": frozenset()}


@gives(Doubt.INTERNAL_GUEST)
def internal_guest(world: World) -> JSON:
    """The page on topologies says yes, two others no."""
    return {"users": frozenset({user(world, "ivy", 1, userType="Guest")})}


@gives(Doubt.CONVERTED)
def converted_to_internal(world: World) -> JSON:
    """No page says what the service reads."""
    return {"users": frozenset({user(world, "con", 1, creationType="Invitation")})}


@gives(Doubt.RESTORE)
def back_after_a_deletion(world: World) -> JSON:
    """OV says restored, CFG not."""
    ada = user(world, "ada", 1)
    synchronized(world, ada)
    world.assign([])
    world.cycle()
    return {"users": frozenset({ada})}


@gives(Doubt.RESTORE_REMOVER)
def back_while_the_log_is_not_read(world: World) -> JSON:
    """Only an account that synchronization deleted is restored."""
    declared = back_after_a_deletion(world)
    world.emulator.fault(path="auditLogs", status=403, times=None)
    return declared


@gives(Doubt.INFERRED)
def links_are_not_read(world: World) -> JSON:
    """The account's name suggests whose it is."""
    synchronized(world, user(world, "ada", 1))
    world.emulator.fault(path="objectConnections", status=403, times=None)
    return {"users": frozenset()}


@gives(Doubt.IDENTITY)
def redeemed_account_with_the_mail(world: World) -> JSON:
    """Its name is another one, so its identity may be anyone's."""
    guest(world, "x_outlook.com", mail="ada@contoso.com", proxyAddresses=["SMTP:ada@contoso.com"])
    return {"users": frozenset({user(world, "ada", 1)})}


@gives(Doubt.STRANGERS)
def account_with_a_name_of_the_source(world: World) -> JSON:
    """No user of the source has this name."""
    guest(world, "gone_contoso.com")
    return {"users": frozenset({user(world, "ada", 1)})}


@gives(Doubt.BLOCK_READ)
def expression_reads_is_soft_deleted(world: World) -> JSON:
    """CAA: true for blocked users; OV treats the two apart."""
    ada = user(world, "ada", 1)
    synchronized(world, ada)
    world.send("contoso", "PATCH", f"/v1.0/users/{ada}", {"accountEnabled": False})
    row = AttributeMapping(target="department", source='Switch([IsSoftDeleted], "no", "True", "yes")')
    return {"mappings": Mappings((row,))}


@gives(Doubt.EXCHANGE)
def another_mail_for_an_account(world: World) -> JSON:
    """KI: not updated if the account has a mailbox."""
    ada = user(world, "ada", 1)
    synchronized(world, ada)
    world.emulator.service.directory(world.emulator.tenants["contoso"].tenant_id).update(
        "user", ada, {"mail": "countess@contoso.com"}
    )
    return {}


@gives(Doubt.ESCROWED)
def failed_before(world: World) -> JSON:
    """HOW: tried again at growing intervals."""
    ada = user(world, "ada", 1)
    other = {"userPrincipalName": f"a@{world.emulator.tenants['federal'].domain}", "displayName": "A"}
    world.add_user("federal", {**other, "mail": "ada@contoso.com", "userType": "Member", "accountEnabled": True})
    synchronized(world, ada)
    return {}


@gives(Doubt.INBOUND)
def target_allows_no_synchronization(world: World) -> JSON:
    """GR: synchronization stops."""
    synchronized(world, user(world, "ada", 1))
    partner = f"/v1.0/policies/crossTenantAccessPolicy/partners/{world.emulator.tenants['contoso'].tenant_id}"
    world.send("federal", "PATCH", f"{partner}/identitySynchronization", {"userSyncInbound": {"isSyncAllowed": False}})
    return {"users": frozenset()}


def consent(world: World, name: str, direction: str) -> JSON:
    """An administrator switches automatic redemption off for the other tenant, after the first cycle."""
    ada = user(world, "ada", 1)
    synchronized(world, ada)
    other = {"contoso": "federal", "federal": "contoso"}[name]
    path = f"/v1.0/policies/crossTenantAccessPolicy/partners/{world.emulator.tenants[other].tenant_id}"
    world.send(name, "PATCH", path, {"automaticUserConsentSettings": {f"{direction}Allowed": False}})
    return {"users": frozenset({user(world, "bob", 2)})}


@gives(Doubt.OUTBOUND_CONSENT)
def source_redeems_no_longer(world: World) -> JSON:
    """LOG and CFG: an error of the user, or of the connection."""
    return consent(world, "contoso", "outbound")


@gives(Doubt.INBOUND_CONSENT)
def target_redeems_no_longer(world: World) -> JSON:
    """The same from the other side."""
    return consent(world, "federal", "inbound")


def mail_handed_over(world: World, ada: str, bob: str) -> JSON:
    """The first user gives the mail up in the source, and the second one gets it."""
    directory = world.emulator.service.directory(world.emulator.tenants["contoso"].tenant_id)
    directory.update("user", ada, {"mail": "old@contoso.com"})
    directory.update("user", bob, {"mail": "ada@contoso.com"})
    return {"users": frozenset({ada, bob})}


def sharing_an_account(world: World) -> tuple[Mappings, str, str]:
    """Synchronizes two users who have the same mail in the target: the mappings, and the ids of the users."""
    mappings = Mappings((AttributeMapping(target="mail", source='"team@contoso.com"'),))
    ada, bob = user(world, "ada", 1), user(world, "bob", 2)
    world.schema(mappings, None)
    synchronized(world, ada, bob)
    return mappings, ada, bob


@gives(Doubt.SHARED)
def account_that_was_deleted_for_another_user(world: World) -> JSON:
    """Both users have one account, and no page says for which of them it is managed after it came back."""
    mappings, ada, _ = sharing_an_account(world)
    world.assign([ada])
    world.cycle()
    account = world.links()[ada]
    world.send("federal", "POST", f"/v1.0/directory/deletedItems/{account}/restore")
    return {"users": frozenset(), "mappings": mappings}


@gives(Doubt.UNNAMED)
def account_of_a_user_who_is_gone_for_good(world: World) -> JSON:
    """Two users have one account, by which Graph names only one of them."""
    mappings, ada, bob = sharing_an_account(world)
    source = world.emulator.service.directory(world.emulator.tenants["contoso"].tenant_id)
    source.soft_delete("user", ada)
    source.purge("user", ada)
    source.update("user", bob, {"displayName": "Robert"})
    return {"users": frozenset({bob}), "mappings": mappings}


@gives(Doubt.FORCED)
def deletions_were_forced_in_a_cycle_that_failed(world: World) -> JSON:
    """No page says whether the next cycle still deletes them."""
    users = [user(world, "ada", 1), user(world, "bob", 2)]
    synchronized(world, *users, threshold=1)
    world.forbid("synchronization")
    world.assign([])
    world.restart(["ForceDeletes"])
    world.cycle()
    world.allow()
    return {"users": frozenset()}


@gives(Doubt.OTHERS_TURNS)
def mail_of_an_account_that_gives_it_up(world: World) -> JSON:
    """Whether the mail is free depends on a user that an incremental cycle may not look at."""
    ada, bob = user(world, "ada", 1), user(world, "bob", 2)
    synchronized(world, ada)
    return mail_handed_over(world, ada, bob)


@gives(Doubt.OTHERS_UNCERTAIN)
def mail_of_an_account_that_may_be_restored(world: World) -> JSON:
    """Whether the account comes back, and its mail with it, pages do not agree on."""
    ada, bob = user(world, "ada", 1), user(world, "bob", 2)
    synchronized(world, ada)
    world.assign([])
    world.cycle()
    return mail_handed_over(world, ada, bob)


@gives(Doubt.MANAGER)
def manager_may_be_restored(world: World) -> JSON:
    """Whether the manager's account comes back, pages do not agree on."""
    ada, bob = user(world, "ada", 1), user(world, "bob", 2)
    world.send(
        "contoso",
        "PUT",
        f"/v1.0/users/{bob}/manager/$ref",
        {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{ada}"},
    )
    synchronized(world, ada)
    world.assign([])
    world.cycle()
    return {"users": frozenset({ada, bob})}


@gives(Doubt.GONE_INCREMENTAL)
def account_is_gone(world: World) -> JSON:
    """LOG: an error until a restart; CFG: provisioned again."""
    ada = user(world, "ada", 1)
    synchronized(world, ada)
    target = world.emulator.service.directory(world.emulator.tenants["federal"].tenant_id)
    account = world.links()[ada]
    target.soft_delete("user", account)
    target.purge("user", account)
    return {}


@gives(Doubt.INCREMENTAL)
def changed_in_the_target(world: World) -> JSON:
    """OV: stays until the source changes."""
    ada = user(world, "ada", 1, department="Research")
    synchronized(world, ada)
    target = world.emulator.service.directory(world.emulator.tenants["federal"].tenant_id)
    target.update("user", world.links()[ada], {"department": "Sales"})
    return {}


@pytest.fixture(scope="module")
def built() -> Iterator[World]:
    """One world in one cloud, whose Graph shows links; each test sets it back."""
    yield World.build("global")


@pytest.mark.parametrize("doubt", WORLDS, ids=str)
def test_a_plan_has_the_doubt(built: World, doubt: Doubt) -> None:
    built.reset()
    declared = WORLDS[doubt](built)
    found = built.plan(built.then(enabled=True, **declared)).people

    assert doubt in found["uncertain"].to_list()


def test_every_doubt_has_a_world() -> None:
    assert set(Doubt) == {*WORLDS, *ELSEWHERE}


def address_of_a_member(world: World) -> frozenset[str]:
    """Two users, of which the second one is new and has the address of a member of the target."""
    ada, bob = user(world, "ada", 1), user(world, "bob", 2)
    other = {"userPrincipalName": f"b@{world.emulator.tenants['federal'].domain}", "displayName": "B"}
    world.add_user("federal", {**other, "mail": "bob@contoso.com", "userType": "Member", "accountEnabled": True})
    synchronized(world, ada)
    return frozenset({ada, bob})


def test_an_address_that_no_turn_frees_is_certain(built: World) -> None:
    """Which users an incremental cycle looks at does not matter for it."""
    built.reset()
    found = built.plan(built.then(enabled=True, users=address_of_a_member(built))).people

    assert [("conflict", None)] == found.filter(~found["linked"]).select("action", "uncertain").rows()


def test_turns_of_others_count_for_more_than_the_wait_for_another_try(built: World) -> None:
    """The wait leaves open only when it happens, and the turns of others what happens."""
    built.reset()
    declared = mail_of_an_account_that_gives_it_up(built)
    now = built.now()
    assert now is not None
    found = built.plan(built.then(enabled=True, **declared), replace(now, escrowed=None)).people

    assert Doubt.OTHERS_TURNS == found.filter(~found["linked"])["uncertain"].item()
