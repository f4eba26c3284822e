"""How many people a change may touch before it is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from entra_sync.base.args import Values

if TYPE_CHECKING:
    from entra_sync.impact.planning.plan import ImpactPlan

__all__ = ["FEWEST_FOR_PERCENT", "Allowance", "Limits"]

FEWEST_FOR_PERCENT = 10
"""Synchronized people below which a share of them says nothing, so that only absolute limits count."""

Allowance = Literal["removed", "created", "changed", "matched", "partial"]


class Limits(Values):
    """Beyond these the plan of a link is refused, in preview and again just before `up` changes anything.

    The defaults are stricter than the service's own deletion threshold of 500 per cycle, which does not look at the
    size of the link. A share counts from ten synchronized people on.

    Args:
        max_removed: People who may lose access in one change: accounts deleted or disabled. None: no limit.
        max_removed_percent: The same as a share, in percent, of the accounts that are synchronized now.
        max_created: Accounts that may be created.
        max_changed_percent: Share, in percent, of the synchronized accounts whose attributes may change.
        max_matched: Accounts that exist already and may be taken over.
        allow: What is allowed whatever the limits say: ``removed``, ``created``, ``changed``, ``matched``; and
            ``partial``, to go on although something could not be read.
    """

    max_removed: int | None = Field(25, ge=0, description="People who may lose access in one change.")
    max_removed_percent: float | None = Field(
        10, ge=0, le=100, description="The same, in percent of the synchronized accounts."
    )
    max_created: int | None = Field(None, ge=0, description="Accounts that may be created.")
    max_changed_percent: float | None = Field(
        None, ge=0, le=100, description="Synchronized accounts that may change, in percent."
    )
    max_matched: int | None = Field(None, ge=0, description="Accounts of others that may be taken over.")
    allow: list[Allowance] = Field(default=[], description="What is allowed beyond the limits.")

    def violations(self, plan: ImpactPlan) -> Iterator[str]:
        """What of *plan* is beyond the limits, one sentence each."""
        allowed = set(self.allow)
        counts, target = plan.counts, plan.target
        removed = counts["delete"] + counts["disable"]
        share = _percent(removed, plan.existing)
        if "removed" not in allowed and removed:
            beyond = self.max_removed is not None and removed > self.max_removed
            beyond |= _beyond(self.max_removed_percent, share, plan.existing)
            if beyond:
                bounds = [] if self.max_removed is None else [f"{self.max_removed:,} people"]
                bounds += [] if self.max_removed_percent is None else [f"{self.max_removed_percent:g} %"]
                yield (
                    f"{removed:,} of {plan.existing:,} people would be removed from {target} ({share:.1f} %); "
                    f"limits are {' and '.join(bounds)}"
                )
        created = counts["create"]
        if "created" not in allowed and self.max_created is not None and created > self.max_created:
            yield f"{created:,} accounts would be created in {target}; the limit is {self.max_created:,}"
        changed = counts["update"]
        share = _percent(changed, plan.existing)
        if "changed" not in allowed and _beyond(self.max_changed_percent, share, plan.existing):
            yield (
                f"{changed:,} of {plan.existing:,} accounts in {target} would change ({share:.1f} %); "
                f"the limit is {self.max_changed_percent:g} %"
            )
        matched = plan.taken_over
        if "matched" not in allowed and self.max_matched is not None and matched > self.max_matched:
            yield f"{matched:,} accounts that exist in {target} would be taken over; the limit is {self.max_matched:,}"
        if "partial" not in allowed and plan.gaps:
            yield f"how many people are touched cannot be told: {plan.gaps[0]}"


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


def _beyond(limit: float | None, share: float, existing: int) -> bool:
    return limit is not None and existing >= FEWEST_FOR_PERCENT and share > limit
