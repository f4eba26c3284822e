"""People in scope against licenses: who is covered, why not, and whether the seats suffice."""

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from entra_sync.errors import ConfigurationError
from entra_sync.licensing import GOVERNANCE, P1, Holding, Subscription, coverage, facts, holdings, requirement, summary
from entra_sync.microsoft.clouds import Cloud
from tests.licensing.conftest import (
    GOVERNANCE_PLAN,
    GOVERNANCE_SKU,
    P1_SKU,
    P2_SKU,
    STEP_UP_SKU,
    governance,
    has,
    p1,
    p2,
    step_up,
)


@pytest.mark.parametrize(
    ("source", "target", "groups", "needed"),
    [
        (Cloud.GLOBAL, Cloud.GLOBAL, False, P1),
        (Cloud.USGOV, Cloud.USGOV_DOD, False, P1),
        (Cloud.GLOBAL, Cloud.GLOBAL, True, GOVERNANCE),
        (Cloud.GLOBAL, Cloud.USGOV, False, GOVERNANCE),
        (Cloud.USGOV_DOD, Cloud.GLOBAL, False, GOVERNANCE),
        (Cloud.GLOBAL, Cloud.CHINA, False, GOVERNANCE),
    ],
)
def test_pair_of_clouds_decides_what_is_needed(source: Cloud, target: Cloud, groups: bool, needed: object) -> None:
    """P1 within a cloud, Governance across clouds and for groups; the two US Government clouds are one."""
    assert requirement(source, target, groups=groups) is needed


@pytest.mark.parametrize(
    ("held", "gap"),
    [
        (has(GOVERNANCE_SKU, P1_SKU), ""),
        (has(GOVERNANCE_SKU, P2_SKU), ""),
        (has(STEP_UP_SKU, P2_SKU), ""),
        (has(), "no license"),
        (has(P2_SKU), "no license"),
        (has("00000000-0000-0000-0000-000000000001"), "no license"),
        (has(GOVERNANCE_SKU), "add-on without its base, P1 or P2"),
        (has(STEP_UP_SKU, P1_SKU), "add-on without its base, P2"),
        ((Holding(GOVERNANCE_SKU, disabled=frozenset({GOVERNANCE_PLAN})), *has(P1_SKU)), "service plan is disabled"),
        (
            (Holding(GOVERNANCE_SKU, group="g", state="Error", error="CountViolation"), *has(P1_SKU)),
            "assignment failed: CountViolation",
        ),
        ((Holding(GOVERNANCE_SKU, state="Disabled"), *has(P1_SKU)), "assignment failed: Disabled"),
        ((Holding(GOVERNANCE_SKU, state="ActiveWithError"), *has(P1_SKU)), ""),
    ],
)
def test_person_is_covered_by_the_plans_that_are_effective(held: tuple[Holding, ...], gap: str) -> None:
    """Across clouds: Governance, on top of what it stands on, neither disabled nor in error."""
    owned = [p1(enabled=9), p2(enabled=9), governance(enabled=9), step_up(enabled=9)]

    judged = coverage(GOVERNANCE, [("ada", held)], owned)

    assert dict(judged.gaps) == ({gap: ("ada",)} if gap else {})
    assert judged.covered == (0 if gap else 1)


def test_product_from_two_sources_gives_what_either_gives() -> None:
    """A plan that a direct assignment leaves out may come by group."""
    direct = Holding(GOVERNANCE_SKU, disabled=frozenset({GOVERNANCE_PLAN}))
    by_group = Holding(GOVERNANCE_SKU, group="engineering")
    owned = [p1(enabled=1), governance(enabled=1)]

    judged = coverage(GOVERNANCE, [("ada", (direct, by_group, *has(P1_SKU)))], owned)

    assert 1 == judged.covered


@pytest.mark.parametrize(
    ("subscription", "gap"),
    [
        (governance("Suspended", enabled=5), "subscription is suspended"),
        (governance("LockedOut", enabled=5), "subscription is locked out"),
        (governance("Warning", warning=5), ""),
        (None, "subscription has ended"),
    ],
)
def test_subscription_out_of_use_covers_no_user(subscription: Subscription | None, gap: str) -> None:
    """The assignment is still there; a grace period still covers."""
    owned = [p1(enabled=5), *([subscription] if subscription else [])]

    judged = coverage(GOVERNANCE, [("ada", has(GOVERNANCE_SKU, P1_SKU))], owned)

    assert list(judged.gaps) == ([gap] if gap else [])


def test_within_a_cloud_any_product_with_p1_or_p2_covers() -> None:
    """The E5 Security add-on has the plan of P2 alone."""
    security = "26124093-3d78-432b-b5dc-48bf992543d5"
    owned = [p1(enabled=1), Subscription(security, "IDENTITY_THREAT_PROTECTION", "Enabled", p2().plans, enabled=1)]
    people = [("ada", has(P1_SKU)), ("bo", has(security)), ("cy", has())]

    judged = coverage(P1, people, owned)

    assert (2, {"no license": ("cy",)}, None) == (judged.covered, dict(judged.gaps), judged.base)
    assert (2, 1) == (judged.seats.total, judged.shortfall)


def test_seats_count_people_whether_or_not_they_are_assigned() -> None:
    """No user has one assigned, and there is still one seat left over."""
    owned = [p1(enabled=10), governance(enabled=3, assigned=0)]

    judged = coverage(GOVERNANCE, [("ada", has()), ("bo", has())], owned)

    assert (0, 2) == (judged.covered, judged.not_covered)
    assert (1, 3, 0) == (judged.seats.free, judged.seats.unassigned, judged.shortfall)


def test_seats_of_several_products_add_up() -> None:
    """Governance and its step-up both carry the plan; P2 is the base of both."""
    owned = [p2(enabled=8), governance(enabled=2), step_up(enabled=3)]

    judged = coverage(GOVERNANCE, [(str(person), has()) for person in range(7)], owned)

    assert (5, 2, 0) == (judged.seats.total, judged.seats.shortfall, judged.base.shortfall)


def test_base_may_be_what_is_short() -> None:
    """Seven Governance seats on three of P1: four people have nothing to stand on."""
    judged = coverage(GOVERNANCE, [(str(n), has()) for n in range(7)], [p1(enabled=3), governance(enabled=7)])

    assert (0, 4, 4) == (judged.seats.shortfall, judged.base.shortfall, judged.shortfall)


def test_step_up_needs_seats_of_p2() -> None:
    """P1 seats are no base for it."""
    judged = coverage(GOVERNANCE, [("ada", has()), ("bo", has())], [p1(enabled=9), p2(enabled=1), step_up(enabled=9)])

    assert (1, 1) == (judged.base.total, judged.base.shortfall)


def test_add_on_without_a_base_in_the_tenant_has_no_seats() -> None:
    """The product's terms ask for an active subscription beside it."""
    judged = coverage(GOVERNANCE, [("ada", has(GOVERNANCE_SKU))], [governance(enabled=10)])

    assert (0, 1) == (judged.seats.total, judged.seats.shortfall)
    assert ("Microsoft Entra ID Governance: 10 seats not counted, the tenant has no active P1 or P2",) == judged.notes


def test_notes_tell_of_seats_that_end_that_do_not_count_and_that_are_overdrawn() -> None:
    """What a buyer should know beside the figures."""
    owned = [p1(enabled=9), governance(enabled=1, warning=2, suspended=4, assigned=5)]

    judged = coverage(GOVERNANCE, [], owned)

    assert (
        "Microsoft Entra ID Governance: 2 seats in the grace period, which will stop counting",
        "Microsoft Entra ID Governance: 4 seats suspended, not counted",
        "Microsoft Entra ID Governance: 5 assigned of 3 seats",
    ) == judged.notes
    assert (3, 2, 4, 0) == (judged.seats.total, judged.seats.warning, judged.seats.suspended, judged.seats.unassigned)


def test_seats_of_a_suspended_subscription_are_counted_as_suspended() -> None:
    """They were bought and cannot be used."""
    judged = coverage(GOVERNANCE, [], [p1(enabled=9), governance("Suspended", enabled=5)])

    assert (0, 5) == (judged.seats.total, judged.seats.suspended)
    assert ("Microsoft Entra ID Governance: 5 seats suspended, not counted",) == judged.notes


def test_holdings_come_from_the_assignment_states_of_a_user() -> None:
    """Direct and by group, with what is left out and what went wrong."""
    user = {
        "id": "ada",
        "licenseAssignmentStates": [
            {"skuId": P1_SKU.upper(), "disabledPlans": [], "assignedByGroup": None, "state": "Active", "error": "None"},
            {"skuId": GOVERNANCE_SKU, "disabledPlans": [GOVERNANCE_PLAN.upper()], "assignedByGroup": "g1",
             "state": "Error", "error": "DependencyViolation"},
        ],
    }  # fmt: skip

    assert holdings(user) == (
        Holding(P1_SKU),
        Holding(GOVERNANCE_SKU, frozenset({GOVERNANCE_PLAN}), "g1", "Error", "DependencyViolation"),
    )


def test_user_read_without_assignment_states_is_an_error() -> None:
    """Unknown is not "no license"."""
    with pytest.raises(ConfigurationError, match="user ada was read without licenseAssignmentStates"):
        holdings({"id": "ada", "assignedLicenses": []})


def test_facts_name_no_user() -> None:
    """Both sides of a change in figures, gaps as counts, P1 or P2 beside them."""
    owned = [p1(enabled=5), governance(enabled=1)]
    people = [("ada", has(GOVERNANCE_SKU, P1_SKU)), ("bo", has(P1_SKU))]

    figures = facts(coverage(GOVERNANCE, people, owned), coverage(GOVERNANCE, people[:1], owned))

    assert {
        "people": 2, "covered": 1, "notCovered": 1, "shortfall": 1, "gaps": {"no license": 1},
        "seats": {"needed": 2, "total": 1, "warning": 0, "suspended": 0, "assigned": 0, "free": 0, "shortfall": 1,
                  "unassigned": 1},
        "base": {"needed": 2, "total": 5, "warning": 0, "suspended": 0, "assigned": 0, "free": 3, "shortfall": 0,
                 "unassigned": 5},
    } == figures["now"]  # fmt: skip
    assert ("governance", 0, []) == (figures["requires"], figures["after"]["shortfall"], figures["notes"])


@pytest.mark.parametrize(
    ("owned", "line"),
    [
        (
            [p1(enabled=2000), governance(enabled=1250)],
            "1,171 needed after, 1,204 now; 1,250 Governance seats, 79 free after; 0 of 1,171 users have one assigned",
        ),
        (
            [p1(enabled=2000), governance(enabled=1200, warning=50)],
            "1,171 needed after, 1,204 now; 1,250 Governance seats, 79 free after, 50 of them in the grace period, "
            "which end soon; 0 of 1,171 users have one assigned",
        ),
        (
            [p1(enabled=1000), governance(enabled=1000)],
            "1,171 needed after, 1,204 now; 1,000 Governance seats, 171 short after; "
            "1,000 P1 or P2 seats below them, 171 short; 0 of 1,171 users have one assigned",
        ),
    ],
)
def test_summary_is_one_line(owned: list[Subscription], line: str) -> None:
    """Needed before and after, seats, what is left or lacking, and how many have one."""
    now, after = (coverage(GOVERNANCE, [(str(n), ()) for n in range(count)], owned) for count in (1204, 1171))

    assert summary(facts(now, after)) == line


SKUS = st.sampled_from([P1_SKU, P2_SKU, GOVERNANCE_SKU, STEP_UP_SKU])
HOLDINGS = st.builds(
    Holding,
    SKUS,
    st.frozensets(st.sampled_from(sorted(p2().plans | {GOVERNANCE_PLAN}))),
    st.sampled_from(["", "group"]),
    st.sampled_from(["Active", "ActiveWithError", "Error"]),
)
PEOPLE = st.lists(st.lists(HOLDINGS, max_size=3).map(tuple), max_size=8).map(
    lambda people: [(str(number), held) for number, held in enumerate(people)]
)
UNITS = st.integers(0, 12)
OWNED = st.tuples(UNITS, UNITS, UNITS, UNITS, st.sampled_from(["Enabled", "Warning", "Suspended"])).map(
    lambda drawn: [
        p1(enabled=drawn[0]),
        p2(enabled=drawn[1]),
        replace(governance(drawn[4]), enabled=drawn[2]),
        step_up(enabled=drawn[3]),
    ]
)


@given(st.sampled_from([P1, GOVERNANCE]), PEOPLE, OWNED)
def test_all_users_is_covered_or_has_one_reason(needs, people, owned) -> None:
    """No user is lost or counts twice, and there cannot be both seats left and seats lacking."""
    judged = coverage(needs, people, owned)
    named = [person for ids in judged.gaps.values() for person in ids]

    assert judged.people == len(people) == judged.covered + len(named)
    assert len(set(named)) == len(named)
    assert 0 == judged.seats.free * judged.seats.shortfall


@given(PEOPLE, OWNED, SKUS)
def test_one_more_license_never_covers_fewer(people, owned, sku) -> None:
    """A user who gets a product in addition keeps the others."""
    more = [(person, (*held, Holding(sku))) for person, held in people]

    assert coverage(GOVERNANCE, more, owned).covered >= coverage(GOVERNANCE, people, owned).covered


@given(PEOPLE, OWNED, st.randoms())
def test_order_of_people_products_and_holdings_does_not_matter(people, owned, random) -> None:
    """Graph lists them in any order."""
    shuffled = random.sample(people, len(people))
    other = [(person, tuple(random.sample(held, len(held)))) for person, held in shuffled]
    judged = coverage(GOVERNANCE, people, owned)
    again = coverage(GOVERNANCE, other, random.sample(owned, len(owned)))

    assert (again.covered, again.seats) == (judged.covered, judged.seats)
    assert {reason: set(ids) for reason, ids in again.gaps.items()} == {
        reason: set(ids) for reason, ids in judged.gaps.items()
    }
