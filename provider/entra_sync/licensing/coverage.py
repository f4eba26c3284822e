"""Coverage: the users in scope of a link against the licenses of their tenant.

Synchronizing a person within a cloud takes Entra ID P1 or P2 in the source tenant; into another cloud, or with groups,
Entra ID Governance or Entra Suite on top of it ("What is cross-tenant synchronization?", license requirements). What
counts is the service plan, not the product: bundles and government products contain it under other names.

Two figures answer "is it enough?", and they may differ. The service's terms count seats: there must be as many as
users in scope, assigned or not ("Microsoft Entra ID Governance licensing fundamentals", questions). Assignment tells
who really has one of them, and why a user has none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from entra_sync.errors import ConfigurationError
from entra_sync.licensing.contract import SeatFigures
from entra_sync.licensing.identifiers import AAD_PREMIUM, AAD_PREMIUM_P2, ENTRA_IDENTITY_GOVERNANCE, product
from entra_sync.licensing.subscriptions import Subscription
from entra_sync.microsoft.clouds import Cloud, pair

__all__ = [
    "GOVERNANCE",
    "P1",
    "USER_PROPERTIES",
    "Coverage",
    "Holding",
    "Requirement",
    "Seats",
    "coverage",
    "holdings",
    "requirement",
]

JSON = Any

USER_PROPERTIES = ("licenseAssignmentStates",)
"""What ``$select`` of a person needs for :func:`holdings`."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """What one synchronized person needs.

    Attributes:
        name: ``p1`` or ``governance``.
        label: The same for people.
        plans: Service plan ids of which one must be effective.
    """

    name: str
    label: str
    plans: frozenset[str]


P1 = Requirement("p1", "Entra ID P1 or P2", frozenset({AAD_PREMIUM, AAD_PREMIUM_P2}))
"""For people, within one cloud."""

GOVERNANCE = Requirement(
    "governance",
    "Entra ID Governance or Entra Suite, on top of P1 or P2",
    frozenset({ENTRA_IDENTITY_GOVERNANCE}),
)
"""Into another cloud, and for groups."""


def requirement(source: Cloud, target: Cloud, *, groups: bool = False) -> Requirement:
    """What a link from *source* to *target* needs for each person; *groups*: group objects are synchronized too."""
    return GOVERNANCE if groups or pair(source, target).cross_cloud else P1


@dataclass(frozen=True, slots=True)
class Holding:
    """One assigned product of one person ("licenseAssignmentState resource type").

    Attributes:
        sku_id: The product, lower case.
        disabled: Ids of the service plans that are left out.
        group: Object id of the group that it comes from; empty for a direct assignment.
        state: ``Active``, ``ActiveWithError``, ``Disabled`` or ``Error``.
        error: Why it is in error, e.g. ``CountViolation``; empty where it is not.
    """

    sku_id: str
    disabled: frozenset[str] = frozenset()
    group: str = ""
    state: str = "Active"
    error: str = ""

    @property
    def effective(self) -> bool:
        """Whether the person has what the assignment gives."""
        return self.state in {"Active", "ActiveWithError"}


def holdings(user: Mapping[str, JSON]) -> tuple[Holding, ...]:
    """What a user has assigned, out of Graph's user.

    Raises:
        ConfigurationError: The user was read without ``licenseAssignmentStates``: unknown is not "no license".
    """
    states = user.get("licenseAssignmentStates")
    if states is None:
        raise ConfigurationError(
            f"user {user.get('id', '')} was read without licenseAssignmentStates; add it to $select to judge licenses"
        )
    return tuple(
        Holding(
            sku_id=str(state["skuId"]).lower(),
            disabled=frozenset(str(plan).lower() for plan in state.get("disabledPlans") or ()),
            group=str(state.get("assignedByGroup") or ""),
            state=str(state.get("state") or "Active"),
            error="" if state.get("error") in {None, "None"} else str(state["error"]),
        )
        for state in states
    )


@dataclass(frozen=True, slots=True)
class Seats:
    """Seats of a kind against people who need one.

    Attributes:
        needed: People in scope.
        total: Seats that can be used, those in their grace period included.
        warning: Those of them that end with their grace period.
        suspended: Seats that were bought and cannot be used; not in *total*.
        assigned: Seats that are assigned, to whomever in the tenant.
    """

    needed: int
    total: int
    warning: int
    suspended: int
    assigned: int

    @property
    def free(self) -> int:
        """Seats left when each person in scope has one."""
        return max(0, self.total - self.needed)

    @property
    def shortfall(self) -> int:
        """Seats that are missing for the users in scope."""
        return max(0, self.needed - self.total)

    @property
    def unassigned(self) -> int:
        """Seats that are not assigned; what Graph can still assign."""
        return max(0, self.total - self.assigned)

    def facts(self) -> SeatFigures:
        """The figures under the names that policies and reports use."""
        return {
            "needed": self.needed,
            "total": self.total,
            "warning": self.warning,
            "suspended": self.suspended,
            "assigned": self.assigned,
            "free": self.free,
            "shortfall": self.shortfall,
            "unassigned": self.unassigned,
        }


@dataclass(frozen=True, slots=True)
class Coverage:
    """How the licenses of a tenant cover the users in scope of a link.

    Attributes:
        requirement: What each of them needs.
        people: How many they are.
        covered: How many have it assigned, and effective.
        gaps: Why the others have not: reason → their object ids.
        seats: Seats of the needed plan.
        base: Seats of P1 or P2 beside it, where the needed plan is an add-on.
        notes: What else a buyer should know, one sentence each.
    """

    requirement: Requirement
    people: int
    covered: int
    gaps: Mapping[str, tuple[str, ...]]
    seats: Seats
    base: Seats | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def not_covered(self) -> int:
        """How many people have not what they need."""
        return self.people - self.covered

    @property
    def shortfall(self) -> int:
        """Seats that are missing: of the needed plan or of the base, whichever lacks more."""
        return max(self.seats.shortfall, self.base.shortfall if self.base else 0)


def coverage(
    needs: Requirement,
    people: Iterable[tuple[str, Sequence[Holding]]],
    owned: Sequence[Subscription],
) -> Coverage:
    """Judges who is covered, and counts seats.

    Args:
        needs: What each person needs, from :func:`requirement`.
        people: Object id and holdings of each person in scope, each person once.
        owned: The tenant's subscriptions.
    """
    judge = _Judge(needs, owned)
    verdicts: dict[frozenset[Holding], str] = {}
    gaps: dict[str, list[str]] = defaultdict(list)
    count = 0
    for person, held in people:
        count += 1
        key = frozenset(held)
        if key not in verdicts:
            verdicts[key] = judge.gap(key)
        if verdicts[key]:
            gaps[verdicts[key]].append(person)
    seats, base, notes = judge.count(count)
    ordered = sorted(gaps.items(), key=lambda item: (-len(item[1]), item[0]))
    return Coverage(
        requirement=needs,
        people=count,
        covered=count - sum(map(len, gaps.values())),
        gaps={reason: tuple(ids) for reason, ids in ordered},
        seats=seats,
        base=base,
        notes=notes,
    )


_BASE_PLANS = frozenset({AAD_PREMIUM, AAD_PREMIUM_P2})


class _Judge:
    """The rules of one requirement over one tenant's subscriptions."""

    def __init__(self, needs: Requirement, owned: Sequence[Subscription]) -> None:
        self.needs = needs
        self.owned = owned
        self.by_id = {each.sku_id: each for each in owned}
        self.active_plans = frozenset().union(*(each.plans for each in owned if each.usable))

    def gap(self, held: frozenset[Holding]) -> str:
        """Why a user with these holdings is not covered; empty if they are."""
        effective: set[str] = set()
        for holding in held:
            effective |= self._given(holding)
        candidates = [holding for holding in held if self._given(holding) & self.needs.plans]
        if not candidates:
            return self._why_not(held)
        missing = [self.by_id[each.sku_id].base for each in candidates]
        if any(not base or base & effective for base in missing):
            return ""
        return f"add-on without its base, {_base_name(frozenset().union(*missing))}"

    def count(self, people: int) -> tuple[Seats, Seats | None, tuple[str, ...]]:
        """Seats of the needed plan, seats of its base, and notes."""
        carrying = [each for each in self.owned if each.plans & self.needs.plans]
        notes, founded = [], []
        for each in carrying:
            if each.base and each.seats and not each.base & self.active_plans:
                wanted = _base_name(each.base)
                notes.append(f"{each.name}: {_seat_count(each.seats)} not counted, the tenant has no active {wanted}")
            else:
                founded.append(each)
        for each in carrying:
            if each.usable and each.warning:
                notes.append(f"{each.name}: {_seat_count(each.warning)} in the grace period, which will stop counting")
            if _lost(each):
                notes.append(f"{each.name}: {_seat_count(_lost(each))} suspended, not counted")
            if each.assigned > each.seats > 0:
                notes.append(f"{each.name}: {each.assigned:,} assigned of {_seat_count(each.seats)}")
        seats = _seats(people, founded, carrying)
        base = None
        if self.needs is GOVERNANCE:
            accepted = frozenset().union(*(each.base for each in founded)) or _BASE_PLANS
            below = [each for each in self.owned if each.plans & accepted]
            base = _seats(people, below, below)
        return seats, base, tuple(notes)

    def _given(self, holding: Holding) -> frozenset[str]:
        """Plans that a holding gives: none where it or its subscription is out of use."""
        subscription = self.by_id.get(holding.sku_id)
        if subscription is None or not subscription.usable or not holding.effective:
            return frozenset()
        return subscription.plans - holding.disabled

    def _why_not(self, held: frozenset[Holding]) -> str:
        """The nearest thing to a license among holdings that give none."""
        reasons = []
        for holding in held:
            subscription = self.by_id.get(holding.sku_id)
            published = product(holding.sku_id)
            plans = subscription.plans if subscription else published.plans if published else frozenset()
            if not plans & self.needs.plans:
                continue
            if subscription is None:
                reasons.append((3, "subscription has ended"))
            elif not subscription.usable:
                reasons.append((2, f"subscription is {_words(subscription.status)}"))
            elif not holding.effective:
                reasons.append((1, f"assignment failed: {holding.error or holding.state}"))
            else:
                reasons.append((0, "service plan is disabled"))
        return min(reasons)[1] if reasons else "no license"


def _seats(people: int, counted: Sequence[Subscription], all_of_them: Sequence[Subscription]) -> Seats:
    return Seats(
        needed=people,
        total=sum(each.seats for each in counted),
        warning=sum(each.warning for each in counted if each.usable),
        suspended=sum(_lost(each) for each in all_of_them),
        assigned=sum(each.assigned for each in counted),
    )


def _lost(subscription: Subscription) -> int:
    """Seats that were bought and cannot be used."""
    unusable = 0 if subscription.usable else subscription.enabled + subscription.warning
    return subscription.suspended + unusable


def _words(status: str) -> str:
    return "locked out" if status == "LockedOut" else status.lower()


def _seat_count(count: int) -> str:
    return f"{count:,} seat{'' if count == 1 else 's'}"


def _base_name(base: frozenset[str]) -> str:
    return "P1 or P2" if AAD_PREMIUM in base else "P2"
