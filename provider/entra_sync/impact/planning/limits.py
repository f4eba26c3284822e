"""How many users a change may affect before it is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from entra_sync.base.args import Values
from entra_sync.impact.facts.remarks import Remark

__all__ = [
    "USUAL_CREATED",
    "USUAL_CREATED_PERCENT",
    "Affected",
    "Allowance",
    "Limits",
    "Violation",
    "accounts_after",
    "exceeds_percent",
]

JSON = Any

SMALL = 10
"""Synchronized accounts below which a link counts as one of so many: one of its few accounts may go, all may not."""

USUAL_CREATED = 100
"""Accounts that one change may create, unless the link has never run."""

USUAL_CREATED_PERCENT = 50.0
"""The same in percent of the synchronized accounts."""

Allowance = Annotated[
    Literal["removed", "created", "changed", "matched", "partial"],
    Field(
        title="Allowance",
        description="What is allowed beyond the limits. partial: go on although something could not be read.",
    ),
]

Usual = Annotated[
    Literal["usual"],
    Field(title="UsualNumber", description="100, and 50 % of the synchronized accounts; no limit for the first cycle."),
]


@dataclass(frozen=True, slots=True)
class Affected:
    """How many accounts a plan affects: what limits judge.

    Attributes:
        existing: Accounts that are synchronized now.
        removed: Accounts that are deleted or disabled.
        created, changed: Accounts that are created, and that are changed.
        matched: Existing accounts that are taken over.
        first: No cycle of the link has run yet.
        gaps: What could not be read.
    """

    existing: int
    removed: int
    created: int
    changed: int
    matched: int
    first: bool
    gaps: Sequence[Remark] = ()


@dataclass(frozen=True, slots=True)
class Violation:
    """A limit that a plan exceeds.

    Attributes:
        kind: The word for ``allow`` that lets it pass.
        count: Accounts that the plan affects in this way; gaps if the plan is ``partial``.
        existing: Accounts that are synchronized now.
        limit: The most accounts that may be affected; None if there is no such limit.
        percent: The same in percent of *existing*.
        gap: What could not be read, if the plan is ``partial``.
    """

    kind: Allowance
    count: int
    existing: int
    limit: int | None = None
    percent: float | None = None
    gap: Remark | None = None


class Limits(Values):
    """Limits of one change. Preview refuses a plan that exceeds them, and so does `up` before it changes anything.

    The limit of removals is stricter than the service's own deletion threshold of 500 per cycle ("Enable
    accidental deletions prevention"), which does not consider the size of the link. A link with fewer than ten
    synchronized accounts counts as one with ten: one of five may be removed, two may not. A link that small may grow,
    so that only the number of created accounts counts there.

    Args:
        max_removed: Users who may lose access in one change: accounts deleted or disabled. None: no limit.
        max_removed_percent: The same in percent of the synchronized accounts.
        max_created: Accounts that may be created. ``usual``: 100, and 50 % of the synchronized accounts, unless the
            link has never run, since its first cycle creates an account for every user in scope. A number also limits
            the first cycle. None: no limit.
        max_changed_percent: Synchronized accounts whose attributes may change, in percent. None: no limit.
        max_matched: Existing accounts that may be taken over. None: no limit.
        allow: What is allowed beyond the limits: ``removed``, ``created``, ``changed``, ``matched``; and ``partial``,
            to continue although something could not be read.
    """

    max_removed: int | None = Field(default=25, ge=0, description="Users who may lose access in one change.")
    max_removed_percent: float | None = Field(
        default=10, ge=0, le=100, description="The same, in percent of the synchronized accounts."
    )
    max_created: int | Usual | None = Field(
        default="usual",
        description="Accounts that may be created; usual: 100 and 50 % of the synchronized accounts, except the first "
        "time.",
    )
    max_changed_percent: float | None = Field(
        default=50, ge=0, le=100, description="Most synchronized accounts that may change, in percent."
    )
    max_matched: int | None = Field(default=None, ge=0, description="Existing accounts that may be taken over.")
    allow: list[Allowance] = Field(default=[], description="What is allowed beyond the limits.")

    def violations(self, plan: Affected) -> Iterator[Violation]:
        """The limits that a plan exceeds."""
        created: tuple[int | None, float | None] = (None, None)
        if self.max_created != "usual":
            created = (self.max_created, None)
        elif not plan.first:
            created = (USUAL_CREATED, None if plan.existing < SMALL else USUAL_CREATED_PERCENT)
        judged: tuple[tuple[Allowance, int, int | None, float | None], ...] = (
            ("removed", plan.removed, self.max_removed, self.max_removed_percent),
            ("created", plan.created, *created),
            ("changed", plan.changed, None, self.max_changed_percent),
            ("matched", plan.matched, self.max_matched, None),
        )
        for kind, count, limit, percent in judged:
            if kind not in self.allow and _exceeds(count, plan.existing, limit, percent):
                yield Violation(kind, count, plan.existing, limit, percent)
        if "partial" not in self.allow and plan.gaps:
            yield Violation("partial", len(plan.gaps), plan.existing, gap=plan.gaps[0])


def _exceeds(count: int, existing: int, limit: int | None, percent: float | None) -> bool:
    if limit is not None and count > limit:
        return True
    return percent is not None and exceeds_percent(count, existing, percent)


def exceeds_percent(count: float, existing: float, percent: float) -> bool:
    """Whether *count* is more than so many percent of the *existing* accounts, of which there are ten at least."""
    return 100 * count / max(existing, SMALL) > percent


def accounts_after(impact: Mapping[str, JSON]) -> int:
    """Accounts that a link has after the cycle that its last impact is about."""
    counts = impact["counts"]
    taken_over = impact.get("takenOver", counts.get("match", 0))  # an older state counts matches only
    made = counts.get("create", 0) + counts.get("restore", 0) + taken_over
    return int(impact["existing"] - counts.get("delete", 0) + made)
