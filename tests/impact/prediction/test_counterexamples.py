"""Scenarios in which the plan and the cycle once differed: as small as they get, and one as it was drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from entra_sync.expressions import AttributeMapping, Mappings, any_of, clause
from tests.impact.prediction.plays import check, two_people
from tests.impact.prediction.scenarios import Change, Guest, LinkChange, Scenario, scenario
from tests.impact.world import World

ORDERS = {"second user first": 0, "first user first": 2}
"""What ids are drawn from, by whose turn comes first."""

ONE_MAIL = AttributeMapping(target="mail", source='"shared@contoso.com"')


@pytest.fixture(scope="module")
def within_a_cloud() -> Iterator[World]:
    """One world for all scenarios, which each set it back first."""
    yield World.build("global")


def of_both(*rows: AttributeMapping, threshold: int | None = None) -> LinkChange:
    """A link with both users in scope."""
    return LinkChange(frozenset(), frozenset({0, 1}), False, Mappings(rows), None, threshold)


def default_beside_a_list() -> Scenario:
    """One user has two values, which no single value takes; the other has none, and gets the default."""
    row = AttributeMapping(target="surname", source="[proxyAddresses]", default="none")
    found = two_people([], of_both(row))
    addresses = ["SMTP:x@contoso.com", "smtp:y@contoso.com"]
    return replace(found, users=[{**found.users[0], "proxyAddresses": addresses}, found.users[1]])


def disabled_user_with_an_account_by_hand() -> Scenario:
    """It is left alone, so it does not count among the removals that the threshold holds back."""
    grouped = replace(of_both(threshold=1), users=frozenset(), groups=frozenset({0}))
    found = two_people([(grouped, [Change("leave", 0)])], grouped)
    return replace(
        found,
        users=[{**found.users[0], "accountEnabled": False}, found.users[1]],
        members=[frozenset({0, 1}), frozenset(), frozenset()],
        guests=[Guest(0, None, "redeemed", deleted=False)],
    )


def manager_who_shares_the_account() -> Scenario:
    """Both users have one address, so that they end up with one account, and one is the other's manager."""
    return replace(two_people([], of_both(ONE_MAIL), mail="shared@contoso.com"), managers={0: 1})


def shared_address_and_an_account_of_the_user() -> Scenario:
    """An account whose name does not show whose it is has the second user's identity."""
    guest = Guest(1, "old@contoso.com", "converted", deleted=False)
    return replace(two_people([], of_both(ONE_MAIL), mail="shared@contoso.com"), guests=[guest])


def account_back_after_its_user_left() -> Scenario:
    """The account is deleted in the target, its user leaves, and after the next cycle an administrator restores it."""
    grouped = replace(of_both(), users=frozenset(), groups=frozenset({0}))
    past = [
        (grouped, [Change("delete target", 0), Change("delete target", 0), Change("leave", 0), Change("leave", 0)]),
        (grouped, [Change("restore target", 0), Change("restore target", 0)]),
    ]
    return replace(two_people(past, grouped), members=[frozenset({0, 1}), frozenset(), frozenset()])


def failed_user_and_a_cycle_that_fails_as_a_whole() -> Scenario:
    """The status of such a cycle does not count the users who wait for another try."""
    row = AttributeMapping(target="displayName", default="")
    both = of_both(row)
    past = [(both, []), (both, [Change("forbid", 0, "consent of the target")]), (both, [])]
    return two_people(past, both)


def pending_invitation_and_an_account_of_the_user() -> Scenario:
    """The invitation would be redeemed, but an account whose name does not show whose it is has the user's identity."""
    guests = [
        Guest(1, "b@contoso.com", "pending", deleted=False),
        Guest(1, "old@contoso.com", "converted", deleted=False),
    ]
    found = two_people([], of_both())
    return replace(found, users=[found.users[0], {**found.users[1], "mail": "b@contoso.com"}], guests=guests)


def two_managers_of_a_shared_account() -> Scenario:
    """Each of two users who share an account sets its manager in turn."""
    both = of_both(ONE_MAIL)
    found = two_people([(both, [])], replace(both, restarts=("Watermark",)), mail="shared@contoso.com")
    return replace(found, managers={0: 1, 1: 0})


def manager_whose_account_was_deleted_in_the_target() -> Scenario:
    """The account is not restored, so that no user gets it as the manager."""
    both = of_both()
    past = [(replace(both, users=frozenset({0})), [Change("delete target", 0)])]
    return replace(two_people(past, replace(both, restarts=("Watermark",))), managers={1: 0})


def manager_whose_account_comes_back() -> Scenario:
    """Graph does not show whose manager a deleted account is, so whether that is written again is not known."""
    grouped = replace(of_both(), users=frozenset(), groups=frozenset({0}))
    past = [(grouped, [Change("leave", 0)]), (grouped, [Change("come back", 0)])]
    found = two_people(past, replace(grouped, restarts=("Watermark",)))
    return replace(found, managers={0: 1, 1: 0}, members=[frozenset({0, 1}), frozenset(), frozenset()])


def manager_whose_account_comes_back_while_the_user_changes() -> Scenario:
    """The same in an incremental cycle, which looks at the user because of the change."""
    found = manager_whose_account_comes_back()
    edits = [Change("edit source", number, {"displayName": "Grace"}) for number in range(2)]
    (first, changes), (second, more) = found.past
    return replace(found, past=[(first, changes), (second, [*more, *edits])], future=second)


def shared_account_that_is_restored_after_one_user_left() -> Scenario:
    """It is deleted for the one who is gone, and still managed for the other, who leaves after that."""
    grouped = replace(of_both(ONE_MAIL), users=frozenset(), groups=frozenset({0}))
    past = [
        (grouped, [Change("delete source", 0)]),
        (grouped, [Change("restore target", 0), Change("leave", 0), Change("leave", 0)]),
    ]
    found = two_people(past, grouped, mail="shared@contoso.com")
    return replace(found, members=[frozenset({0, 1}), frozenset(), frozenset()])


def account_back_after_its_user_failed_the_filter() -> Scenario:
    """The user is still assigned, so that nothing but the log tells that the job has looked at the user since."""
    filtered = replace(of_both(), filters=any_of(clause("country").equals("US")))
    moves = [Change("edit source", number, {"country": "DE"}) for number in range(2)]
    past = [
        (filtered, [Change("delete target", 0), Change("delete target", 0), *moves]),
        (filtered, [Change("restore target", 0), Change("restore target", 0)]),
    ]
    return two_people(past, filtered, country="US")


def another_account_with_the_identity_once_links_are_dropped() -> Scenario:
    """The user's account has the user's name, and another account, whose name shows nothing, came back."""
    past = [(of_both(), [Change("restore target", 0)])]
    found = two_people(past, replace(of_both(), restarts=("Full",)))
    return replace(found, guests=[Guest(0, "old@contoso.com", "converted", deleted=True)])


def mail_of_an_account_that_may_be_anybodys() -> Scenario:
    """A user who arrives has the identity of such an account, whose mail becomes free for another user."""
    second = replace(of_both(), users=frozenset({1}))
    past = [(second, [Change("change mail", 0, {"mail": "taken@contoso.com"})])]
    found = two_people(past, replace(of_both(), restarts=("Watermark",)))
    guests = [Guest(0, "taken@contoso.com", "converted", deleted=False)]
    return replace(found, users=[{**found.users[0], "mail": "a@contoso.com"}, found.users[1]], guests=guests)


def shared_account_of_a_user_who_is_gone_for_good() -> Scenario:
    """The account is deleted for the one who cannot be named, before the other one's turn."""
    both = of_both(ONE_MAIL)
    past = [(both, [Change("purge source", 0), Change("edit source", 0, {"displayName": "Grace"})])]
    return two_people(past, replace(both, restarts=("Watermark",)), mail="shared@contoso.com")


def manager_whose_account_is_found_and_not_updated() -> Scenario:
    """The other user gets the mail first, so that nothing but the manager's identity is found."""
    found = two_people([], of_both(ONE_MAIL), mail="shared@contoso.com")
    return replace(found, managers={1: 0}, guests=[Guest(0, "old@contoso.com", "redeemed", deleted=False)])


def disabled_account_back_after_its_user_was_deleted() -> Scenario:
    """A disabled account stays only while its user is there."""
    both = of_both()
    gone = [Change("delete target", 0), Change("delete target", 0)]
    past = [
        (both, [Change("block source", 0), Change("block source", 1)]),
        (both, [*gone, Change("delete source", 0), Change("delete source", 1)]),
        (both, [Change("restore target", 0), Change("restore target", 0)]),
    ]
    return two_people(past, both)


def mail_of_the_account_of_a_user_who_is_gone_for_good() -> Scenario:
    """The user who cannot be named shares the account whose mail a third user is to get."""
    both = of_both(ONE_MAIL)
    past = [(both, [Change("purge source", 0)])]
    found = two_people(past, both, mail="shared@contoso.com")
    third = {**found.users[1], "userPrincipalName": "p2@contoso.onmicrosoft.com", "_netId": f"{2:016X}"}
    guests = [Guest(2, "third@contoso.com", "redeemed", deleted=False)]
    everyone = [(replace(link, users=frozenset({0, 1, 2})), changes) for link, changes in past]
    return replace(found, users=[*found.users, third], guests=guests, past=everyone, future=everyone[0][0])


def manager_whose_account_comes_back_beside_a_user_who_is_gone_for_good() -> Scenario:
    """Whether the manager is set is open, and also whether a user who cannot be named shares the account."""
    everyone = replace(of_both(), users=frozenset(range(4)))
    edits = [Change("edit source", number, {"displayName": "Grace"}) for number in range(3)]
    past = [
        (everyone, [Change("delete source", 1)]),
        (everyone, [Change("restore source", 1), Change("purge source", 2), *edits]),
    ]
    found = two_people(past, everyone)
    sharing = [
        {**found.users[1], "userPrincipalName": f"p{number}@contoso.onmicrosoft.com", "_netId": f"{number:016X}"}
        | {"mail": "shared@contoso.com"}
        for number in (2, 3)
    ]
    return replace(found, users=[*found.users, *sharing], managers={0: 1})


def deletions_forced_in_a_cycle_that_failed() -> Scenario:
    """The next cycle may still delete what the threshold would hold back."""
    base = replace(of_both(threshold=1), users=frozenset(), groups=frozenset({0}))
    left = [Change("leave", 0), Change("leave", 0)]
    past = [
        (base, [*left, Change("forbid", 0, "consent of the source")]),
        (replace(base, restarts=("ForceDeletes",)), []),
    ]
    return replace(two_people(past, base), members=[frozenset({0, 1}), frozenset(), frozenset()])


@pytest.mark.parametrize(
    "made",
    [
        default_beside_a_list,
        disabled_user_with_an_account_by_hand,
        manager_who_shares_the_account,
        shared_address_and_an_account_of_the_user,
        account_back_after_its_user_left,
        failed_user_and_a_cycle_that_fails_as_a_whole,
        pending_invitation_and_an_account_of_the_user,
        two_managers_of_a_shared_account,
        manager_whose_account_was_deleted_in_the_target,
        manager_whose_account_comes_back,
        manager_whose_account_comes_back_while_the_user_changes,
        shared_account_that_is_restored_after_one_user_left,
        account_back_after_its_user_failed_the_filter,
        another_account_with_the_identity_once_links_are_dropped,
        mail_of_an_account_that_may_be_anybodys,
        shared_account_of_a_user_who_is_gone_for_good,
        manager_whose_account_is_found_and_not_updated,
        disabled_account_back_after_its_user_was_deleted,
        mail_of_the_account_of_a_user_who_is_gone_for_good,
        manager_whose_account_comes_back_beside_a_user_who_is_gone_for_good,
        deletions_forced_in_a_cycle_that_failed,
    ],
)
@pytest.mark.parametrize("ids", ORDERS.values(), ids=ORDERS)
def test_the_cycle_does_what_is_planned(within_a_cloud: World, made: Callable[[], Scenario], ids: int) -> None:
    check(within_a_cloud, replace(made(), ids=ids))


SHARED = 567
"""A user shares the account of another user, whose deletion the threshold holds back."""

RESTORED = 28030
"""An account is restored, and its mail is that of a new user, who waits for another try."""


def test_a_conflict_with_a_turn_that_may_not_come_is_uncertain_for_that_reason() -> None:
    """What is uncertain about the restored account otherwise counts for less."""
    check(World.build("usgov"), scenario(RESTORED))


def test_a_user_who_shares_an_account_depends_on_the_other_users_turn() -> None:
    """Whether the account is there is another user's turn, so that the row is not certain."""
    check(World.build("usgov"), scenario(SHARED))
