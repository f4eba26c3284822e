"""What must hold although no ordinary run shows it: the threshold's edge, links and deletions that cannot be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import polars as pl
import pytest

from entra_sync.expressions import AttributeMapping, Mappings, any_of, clause, set_switches
from entra_sync.impact.declared.read import read_declared
from entra_sync.impact.facts.declaration import Declaration
from entra_sync.impact.facts.remarks import Gap, Remark
from entra_sync.impact.planning.limits import Limits
from entra_sync.impact.planning.plan import pending
from entra_sync.impact.reading.gather import with_deleted
from entra_sync.microsoft.assumptions import Facts
from tests.impact.planning.worlds import synchronized, user
from tests.impact.prediction.plays import check, two_people
from tests.impact.prediction.scenarios import LinkChange
from tests.impact.prediction.settling import facts, settled
from tests.impact.world import World

BOTH = LinkChange(frozenset(), frozenset({0, 1}), False, Mappings(()), None, threshold=1)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Two tenants in two clouds."""
    yield World.build()


def test_force_deletes_carries_out_what_the_threshold_would_hold_back(world: World) -> None:
    """Two users leave, one deletion is allowed, and the restart forces them."""
    narrow = replace(BOTH, filters=any_of(clause("country").equals("US")), restarts=("ForceDeletes",))

    check(world, two_people([(BOTH, [])], narrow))


def test_as_many_deletions_as_the_threshold_are_carried_out(world: World) -> None:
    check(world, two_people([(BOTH, [])], replace(BOTH, users=frozenset({0}))))


def test_links_that_cannot_be_read_are_inferred_and_said(world: World) -> None:
    """No links would mean that no user is affected."""
    then, ids = settled(world)
    world.emulator.fault(path="objectConnections", status=403, times=None)
    found = facts(world, world.now(), then, None)

    assert found.gaps
    assert len(ids) == found.connections.height


def test_settings_that_graph_hides_are_taken_as_declared_and_said(world: World) -> None:
    """All users are in scope, and Graph does not show it: the plan is incomplete, and no user leaves."""
    world.reset()
    ada = user(world, "ada", 1)
    synchronized(world, ada, everyone=True)
    world.emulator.assume(Facts({"secrets.readable": ["CompanyId", "SyncNotificationSettings"]}))
    declared = Declaration(everyone=True, deletion_threshold=None)
    try:
        read = read_declared(world.graphs["contoso"], world.graphs["federal"], world.owner, declared)
        planned = read.plan()
    finally:
        world.emulator.assume(Facts())

    assert [Remark(Gap.SETTINGS, ("SyncAll",))] == list(planned.gaps)
    assert () == planned.situation.events
    assert [(ada, "unchanged")] == planned.people.select("person", "action").rows()


def test_a_user_who_is_deleted_while_the_tenant_is_read_is_deleted() -> None:
    live = pl.DataFrame({"id": ["a"], "deleted": [None]}, schema={"id": pl.String, "deleted": pl.String})
    gone = pl.DataFrame({"id": ["a"], "deleted": ["2026"]})

    assert ["2026"] == with_deleted(live, gone)["deleted"].to_list()


def test_a_plan_with_a_gap_is_refused_unless_gaps_are_allowed() -> None:
    """What could not be read may be the users who lose access."""
    gaps = ("deleted users",)
    none = dict.fromkeys(("removed", "created", "changed", "matched", "existing"), 0)
    plan = SimpleNamespace(**none, counts=Counter(), gaps=gaps, first=False)

    assert ["partial"] == [each.kind for each in Limits().violations(plan)]  # type: ignore[arg-type]
    assert [] == list(Limits(allow=["partial"]).violations(plan))  # type: ignore[arg-type]


def test_a_paused_link_would_change_no_user_by_itself() -> None:
    """What the change does is not said to come anyway."""
    paused = SimpleNamespace(enabled=False)
    people = pl.DataFrame({"action": ["create", "delete"], "same scope": [True, True]})

    assert [False, False] == pending(people, paused, paused).to_list()  # type: ignore[arg-type]


def test_a_link_without_the_update_action_updates_no_one(world: World) -> None:
    """The mapping changes, and the job may only create and delete."""
    settled(world)
    rows = Mappings((AttributeMapping(target="displayName", source='Append([displayName], "!")'),))
    then = world.then(mappings=rows)
    schema = set_switches(then.schema, enabled=True, actions=("create", "delete"), input_filter=None)

    assert world.plan(then).counts["update"]
    assert not world.plan(replace(then, schema=schema)).counts["update"]


def test_a_target_without_guest_invitations_gets_no_new_accounts(world: World) -> None:
    """Two users are in scope; the account that one of them has already is taken over."""
    world.reset()
    world.emulator.tenants["federal"].change(guestInvites="none")
    domain = world.emulator.tenants["federal"].domain
    base = {"accountEnabled": True, "userType": "Member", "_netId": f"{1:016X}"}
    people = [
        world.add_user("contoso", {"userPrincipalName": f"{name}@contoso.com", "displayName": name, **base})
        for name in ("ada", "bob")
    ]
    guest = {"userPrincipalName": f"bob_contoso.com#EXT#@{domain}", "displayName": "Bob", "userType": "Guest"}
    identity = {"externalUserState": "Accepted", "_alternativeSecurityIds": f"5::{1:016X}", "accountEnabled": True}
    world.add_user("federal", {**guest, **identity})
    planned = world.plan(world.then(users=frozenset(people), enabled=True))
    rows = {row["person"]: row for row in planned.people.iter_rows(named=True)}

    assert [("failed", "no-invitations"), ("match", "same-identity")] == [
        (rows[person]["action"], rows[person]["reason"]) for person in people
    ]


def test_invitations_that_cannot_be_read_are_a_note(world: World) -> None:
    """The permission may be missing; everything else is planned."""
    then, _ = settled(world)
    world.emulator.fault(path="authorizationPolicy", status=403, times=None)
    found = facts(world, world.now(), then, None)

    assert found.invitations is None
    assert ["invitations-not-read"] == [note.code for note in found.notes]


def test_leaver_whose_account_may_have_been_restored_is_uncertain_without_the_log(world: World) -> None:
    """Only the log tells an account that was restored by hand, which is not managed, from any other."""
    _, ids = settled(world)
    world.assign(())
    left = world.then(users=frozenset(), groups=frozenset())
    world.emulator.fault(path="auditLogs", status=403, times=None)
    planned = world.plan(left)
    rows = [row for row in planned.people.iter_rows(named=True) if row["action"] == "delete"]

    assert len(ids) == len(rows)
    assert {"restored-unknown"} == {row["uncertain"] for row in rows}
