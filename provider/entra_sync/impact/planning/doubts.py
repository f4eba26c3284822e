"""Doubts about a plan that do not come from one decision: the cycle, the target's settings, pages that disagree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from entra_sync.impact.facts.facts import Facts
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.facts.remarks import Gap
from entra_sync.impact.planning.cycle import Situation
from entra_sync.impact.planning.reasons import Doubt, Reason
from entra_sync.impact.planning.users.parts import Parts

__all__ = ["Circumstances"]

_UNSUPPORTED = (Reason.DISABLED, Reason.INTERNAL_GUEST)
"""Why the service does not look for an account of a user."""

_WRITES = ("create", "match", "restore", "update", "disable", "delete")


@dataclass(frozen=True)
class Circumstances:
    """What makes some turns of a plan doubtful.

    Attributes:
        incremental: The cycle only looks at users who have changed.
        forbidden: What a tenant has switched off since the link ran, without which the service synchronizes no one.
        strangers: Live accounts without a link may have the identity of any user of the source.
        escrowed: The job has, or may have, failed users that it retries at growing intervals.
        narrowed: Users lose the scope because it was for all users, and the job is not restarted.
        threshold: Removals that the deletion threshold lets pass; None without one.
        sms_unread: Users may sign in by SMS, and who does is not known.
        passed_over: Users out of scope that the job has looked at since then, with live accounts.
        sharing: Users who share an account that synchronization deleted for one of them.
        unnamed: The job has synchronized users that could not be named.
        failed: The last cycle failed as a whole.
    """

    incremental: bool
    forbidden: Doubt | None
    strangers: bool
    escrowed: bool
    narrowed: bool
    threshold: int | None
    sms_unread: bool
    passed_over: frozenset[str]
    sharing: tuple[str, ...]
    unnamed: bool
    failed: bool

    @classmethod
    def of(cls, parts: Parts, now: LinkState | None, then: LinkState, comes: Situation) -> Circumstances:
        """The circumstances of a change of the link from *now* to *then*."""
        facts = parts.facts
        return cls(
            incremental=comes.cycle == "incremental",
            forbidden=_forbidden(facts) if now is not None and now.ran else None,
            strangers=bool(parts.strange.len()),
            escrowed=now is not None and now.escrowed != 0,
            narrowed=now is not None and now.everyone and not then.everyone and not then.restart,
            threshold=None if comes.forces_deletions else then.deletion_threshold,
            sms_unread=facts.sms_unread,
            passed_over=facts.passed_over,
            sharing=_sharing(facts),
            failed=now is not None and now.ran and now.escrowed is None,
            unnamed=any(gap.code is Gap.UNNAMED for gap in facts.gaps),
        )

    def may_hold_back(self, removals: int, sure: int) -> bool:
        """Whether it depends on *removals* that the cycle may not look at if the threshold holds them back."""
        return self.threshold is not None and sure <= self.threshold < removals

    def doubts(self, removals: int) -> Iterator[tuple[pl.Expr, Doubt]]:
        """When which doubt applies, the gravest first, in a plan with so many *removals*."""
        action, linked = pl.col("action"), pl.col("linked")
        invited = (pl.col("reason") == Reason.INVITED).fill_null(False)
        existing = action.is_in(["match", "restore", "update", "disable"])
        unsettled = action.is_in(["create", "conflict", "failed", "match"])
        turns = action.is_in([*_WRITES, "conflict", "failed"])
        if self.forbidden is not None:
            yield turns, self.forbidden
        yield invited & ~pl.col("invitation pending"), Doubt.IDENTITY
        unsupported = pl.col("reason").is_in([str(each) for each in _UNSUPPORTED]).fill_null(False)
        yield pl.lit(self.strangers) & ~linked & pl.col("present") & ~unsupported, Doubt.STRANGERS
        yield (
            pl.lit(self.narrowed)
            & (action == "delete")
            & (pl.col("reason") == Reason.NO_LONGER_EVERYONE).fill_null(False),
            Doubt.NARROWED,
        )
        yield pl.lit(self.threshold == removals) & pl.col("deprovisions"), Doubt.THRESHOLD
        yield pl.col("left before") & (action == "delete"), Doubt.RESTORED
        stays = (pl.col("reason") == Reason.DEPROVISIONED).fill_null(False)
        yield pl.col("person").is_in(self.sharing) & (stays | (action == "delete")), Doubt.SHARED
        yield pl.col("block read"), Doubt.BLOCK_READ
        yield pl.lit(self.unnamed) & (action == "conflict"), Doubt.OTHERS_UNCERTAIN
        yield pl.lit(self.unnamed) & linked & turns, Doubt.UNNAMED
        yield pl.lit(self.failed) & pl.col("held"), Doubt.FORCED
        yield pl.col("unsettled"), Doubt.OTHERS_UNCERTAIN
        yield pl.lit(self.incremental) & pl.col("met"), Doubt.OTHERS_TURNS
        yield pl.lit(self.escrowed and self.incremental) & ~linked & unsettled, Doubt.ESCROWED
        yield pl.lit(self.incremental) & pl.col("lost"), Doubt.GONE_INCREMENTAL
        yield pl.col("exchange") & existing, Doubt.EXCHANGE
        yield (
            pl.lit(self.incremental) & linked & action.is_in(["update", "disable", "conflict", "failed"]),
            Doubt.INCREMENTAL,
        )
        known = pl.col("person").is_in(sorted(self.passed_over))
        yield pl.lit(self.incremental) & known & (action == "delete"), Doubt.INCREMENTAL
        yield pl.lit(self.sms_unread) & turns, Doubt.SMS


def _forbidden(facts: Facts) -> Doubt | None:
    """What a tenant does not allow now.

    Without inbound synchronization the service stops (crossTenantUserSyncInbound resource type). Both sides have to
    redeem invitations automatically ("What is cross-tenant synchronization?"). Pages do not say whether without that
    the cycle stops ("Configure cross-tenant synchronization", AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure;
    synchronizationError resource type), or only a user fails ("Provisioning logs",
    AzureDirectoryB2BManagementPolicyCheckFailure).
    """
    settings = {
        Doubt.INBOUND: facts.inbound,
        Doubt.OUTBOUND_CONSENT: facts.source_consents,
        Doubt.INBOUND_CONSENT: facts.target_consents,
    }
    return next((doubt for doubt, allowed in settings.items() if allowed is False), None)


def _sharing(facts: Facts) -> tuple[str, ...]:
    """Users who share an account that synchronization deleted for one of them.

    That it goes by user is a guess.
    """
    links = facts.connections
    given_up = links.filter(pl.col("person").is_in(sorted(facts.given_up)))["account"]
    links = links.filter(pl.col("account").is_in(given_up.unique().implode())).filter(pl.len().over("account") > 1)
    return tuple(sorted(links["person"]))
