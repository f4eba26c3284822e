"""The plan of a link: what the next cycle does, person by person and attribute by attribute, and why.

Pure: two snapshots and two states of the link go in, a plan comes out. Nothing here asks Graph, and nothing here knows
the emulator, so that the emulator's next cycle can be the judge of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from entra_sync.errors import UnsafePlan
from entra_sync.expressions import Context
from entra_sync.impact.facts.facts import Facts
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.facts.series import falses, nulls
from entra_sync.impact.planning.changes import ATTRIBUTES, Details
from entra_sync.impact.planning.conflicts import settle_values
from entra_sync.impact.planning.cycle import Situation, situation
from entra_sync.impact.planning.decide import ACTIONS, decide
from entra_sync.impact.planning.flow import DETAIL
from entra_sync.impact.planning.limits import Limits
from entra_sync.impact.planning.managers import settle_managers
from entra_sync.impact.planning.scope import Scoping, named

__all__ = ["ImpactPlan", "plan"]

DECISION_COLUMNS = (
    "person",
    "account",
    "action",
    "reason",
    "detail",
    "uncertain",
    "pending",
    "held",
    "redeemed",
    "shares",
    "linked",
)


@dataclass(frozen=True)
class ImpactPlan:
    """What a change of a link does to people.

    Attributes:
        source: Name of the source tenant.
        target: Name of the target tenant.
        people: One row a person, in order of their ids: ``person`` and ``account`` (object ids), ``action`` (see
            :data:`entra_sync.impact.planning.decide.ACTIONS`), ``reason`` (without personal data), ``detail`` (the
            value or the other person that it is about: personal data), ``uncertain`` (why it may come otherwise),
            ``pending`` (it would happen without this change too), ``held`` (the service's deletion threshold holds it
            back), ``redeemed`` (an invitation leads to an account that exists), ``shares`` (whose account the person
            is given besides), ``linked`` (the job has linked the account).
        situation: Which cycle comes, and what the change is.
        existing: Accounts that are synchronized now.
        in_scope_now: People in scope as the link stands.
        in_scope_then: People in scope as it is declared.
        threshold: The service's own deletion threshold.
        gaps: What could not be read; with gaps the counts are not complete.
        unknown: What cannot be known before `up`.
        notes: What to know besides.
        scope_now: Object ids of the people in scope as the link stands.
        scope_then: Object ids of the people in scope as it is declared.
    """

    source: str
    target: str
    people: pl.DataFrame
    situation: Situation
    existing: int
    in_scope_now: int
    in_scope_then: int
    threshold: int | None = None
    gaps: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    scope_now: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.String), repr=False, compare=False)
    scope_then: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.String), repr=False, compare=False)
    _details: Details | None = field(default=None, repr=False, compare=False)

    @cached_property
    def counts(self) -> dict[str, int]:
        """People by action; every action has an entry."""
        found = dict(self.people.group_by("action").len().iter_rows())
        return {action: int(found.get(action, 0)) for action in ACTIONS}

    @cached_property
    def held(self) -> int:
        """People whose deletion or disable the service's threshold holds back."""
        return int(self.people["held"].sum())

    @property
    def removed(self) -> int:
        """People who lose access: accounts deleted or disabled."""
        return self.counts["delete"] + self.counts["disable"]

    @property
    def taken_over(self) -> int:
        """Accounts that exist already and come under the link's management: from then on they can be deleted by it."""
        taken = pl.col("account").is_not_null() & ~pl.col("linked") & pl.col("action").is_in(["match", "disable"])
        return int(self.people.select(taken.sum()).item())

    @property
    def effective(self) -> bool:
        """Whether a cycle comes that does it."""
        return self.situation.cycle != "none"

    def reasons(self, action: str) -> pl.DataFrame:
        """``reason`` and ``people`` of an action, most people first."""
        rows = self.people.filter(pl.col("action") == action).group_by("reason").agg(pl.len().alias("people"))
        return rows.sort(["people", "reason"], descending=[True, False])

    def attribute_counts(self) -> pl.DataFrame:
        """``attribute``, ``cause`` and ``people`` over those whose accounts change, most people first."""
        if self._details is None:
            return pl.DataFrame(schema={"attribute": pl.String, "cause": pl.String, "people": pl.UInt32})
        return self._details.counts()

    def attribute_changes(self, people: Sequence[str] | None = None) -> pl.DataFrame:
        """What changes of the accounts of *people*, or of everybody's; see
        :data:`entra_sync.impact.planning.changes.ATTRIBUTES`.

        Of an account that is created or taken over, everything that is written is listed.
        """
        if self._details is None:
            return pl.DataFrame(schema=ATTRIBUTES)
        return self._details.changes(people)

    def names(self, people: Sequence[str]) -> pl.DataFrame:
        """``person``, ``displayName`` and ``userPrincipalName`` at home of *people*: personal data."""
        if self._details is None:
            return pl.DataFrame(schema=dict.fromkeys(("person", "displayName", "userPrincipalName"), pl.String))
        known = self._details.decisions.people.filter(pl.col("id").is_in(list(people)))
        return known.select(pl.col("id").alias("person"), "displayName", "userPrincipalName")

    def raise_if_unsafe(self, limits: Limits) -> None:
        """Refuses a plan that touches more people than *limits* allow.

        Raises:
            UnsafePlan: It does; the message says how many, and the way on.
        """
        if not self.effective:
            return
        violations = list(limits.violations(self))
        if violations:
            kinds = [
                word for word in ("removed", "created", "changed", "matched", "partial") if _about(word, violations)
            ]
            raise UnsafePlan(
                f"{'; '.join(violations)}. Read the list with `entra-sync impact --people`; raise `limits` or set "
                f"allow={{{', '.join(f'{chr(34)}{kind}{chr(34)}' for kind in kinds)}}} to go on.",
                self,
            )


def _about(kind: str, violations: Sequence[str]) -> bool:
    words = {
        "removed": "be removed",
        "created": "be created",
        "changed": "would change",
        "matched": "taken over",
        "partial": "cannot be told",
    }
    return any(words[kind] in violation for violation in violations)


def plan(
    facts: Facts, now: LinkState | None, then: LinkState | None, *, source: str, target: str, context: Context
) -> ImpactPlan:
    """What the change of a link from *now* to *then* does to people.

    Args:
        facts: Both tenants. The people of scope now and of scope then are among them.
        now: The link as it stands; None where there is none.
        then: The link as it is declared; None where it is destroyed.
        source: Name of the source tenant.
        target: Name of the target tenant.
        context: Time and randomness that expressions are evaluated with.

    Raises:
        ConfigurationError: The link reads something that was not read.
    """
    comes = situation(now, then)
    if then is None:
        return _destroyed(facts, now, comes, source, target)
    decisions = decide(then, facts, context, matching_anew=comes.drops_links)
    table = decisions.table
    held = _held(table, then, comes)
    table = settle_values(decisions, facts, held)
    table = settle_managers(then, decisions, facts, table, context)
    table = table.with_columns(_parted(table["reason"]))
    before = decisions.population.scoping(now) if now is not None else None
    table = table.with_columns(
        _pending(table, decisions.scope, before, now, then).alias("pending"),
        _reasons(table, decisions.scope, before, now, then).alias("reason"),
        _uncertain(table, comes).alias("uncertain"),
    )
    details = Details(decisions, facts, table, _changed_rows(now, then))
    return ImpactPlan(
        source=source,
        target=target,
        people=table.select(DECISION_COLUMNS),
        situation=comes,
        existing=int((table["linked"] & (table["state"] == "live")).sum()),
        in_scope_now=int(before.present.sum()) if before is not None else 0,
        in_scope_then=int(decisions.scope.present.sum()),
        threshold=then.threshold,
        gaps=(*facts.gaps, *facts.source.gaps, *facts.target.gaps),
        unknown=then.unknown,
        notes=(*then.notes, *comes.notes, *_kept(table, decisions.scope, before), *_notes(facts, details)),
        scope_now=decisions.people["id"].filter(before.present) if before is not None else pl.Series(dtype=pl.String),
        scope_then=decisions.people["id"].filter(decisions.scope.present),
        _details=details,
    )


def _parted(reasons: pl.Series) -> list[pl.Series]:
    """Reasons as they are for many, and what of them is one person's."""
    parts = reasons.str.split_exact(DETAIL, 1)
    return [parts.struct.field("field_0").alias("reason"), parts.struct.field("field_1").alias("detail")]


def _held(table: pl.DataFrame, then: LinkState, comes: Situation) -> pl.Series:
    """Whose turn the service's threshold holds back: with too many deletions and disables, all of them."""
    removals = table["deprovisions"]
    if then.threshold is None or comes.forces_deletions or int(removals.sum()) <= then.threshold:
        return falses(table.height)
    return removals


def _pending(
    table: pl.DataFrame, scope: Scoping, before: Scoping | None, now: LinkState | None, then: LinkState
) -> pl.Series:
    """For whom the same would happen if the link stayed as it is."""
    if now is None or before is None or not now.running:
        return falses(table.height)
    same_scope = (before.present == scope.present) & (before.read == scope.read)
    if now.same_schema(then):
        return same_scope
    return same_scope & table["action"].is_in(["create", "delete", "restore", "match", "disable"]).fill_null(False)


def _reasons(
    table: pl.DataFrame, scope: Scoping, before: Scoping | None, now: LinkState | None, then: LinkState
) -> pl.Series:
    """Why, where the decision alone does not say it: what brings somebody in, and what takes somebody out."""
    names = {**(now.names if now else {}), **then.names}
    frame = table.select("action", "reason").with_columns(
        named(scope.via, names).alias("via"),
        (named(before.via, names) if before else nulls(table.height)).alias("was"),
    )
    left = pl.col("reason").str.starts_with("not assigned") & pl.col("was").is_not_null()
    return frame.select(
        pl.when(left)
        .then(pl.lit("not in scope any more: was ") + pl.col("was") + pl.col("reason").str.strip_prefix("not assigned"))
        .when(pl.col("reason").is_null() & pl.col("action").is_in(["create", "restore"]))
        .then("via")
        .otherwise("reason")
    ).to_series()


def _uncertain(table: pl.DataFrame, comes: Situation) -> pl.Series:
    """Why it may come otherwise; in an incremental cycle only people who changed are looked at."""
    if comes.cycle != "incremental":
        return table["uncertain"]
    only_changed = "an incremental cycle looks at this person only if they changed in the source since the last one"
    writes, linked, lost = pl.col("action").is_in(["update", "disable", "conflict"]), pl.col("linked"), pl.col("lost")
    cases = (
        pl.when(pl.col("uncertain").is_not_null())
        .then("uncertain")
        .when("met")
        .then(pl.lit("how it ends depends on people who may not be looked at in an incremental cycle"))
        .when(lost)
        .then(pl.lit(f"the account is gone from the target; {only_changed}, although who left is said to come back"))
        .when(writes & linked)
        .then(pl.lit(f"{only_changed}; what was changed in the target stays until then"))
    )
    return table.select(cases.otherwise(pl.lit(None, pl.String))).to_series()


def _changed_rows(now: LinkState | None, then: LinkState) -> frozenset[str]:
    """Target attributes whose mapping the change of the link changes."""
    if now is None:
        return frozenset()
    return frozenset(
        row.target
        for row in then.mappings
        if (before := now.mappings.get(row.target)) is None or not before.same_as(row)
    )


def _kept(table: pl.DataFrame, then: Scoping, now: Scoping | None) -> list[str]:
    """Who leaves the scope and keeps an account: neither removed nor unchanged."""
    if now is None:
        return []
    kept = table.filter(
        now.present & ~then.present & table["linked"] & (table["state"] == "live") & (table["action"] == "skipped")
    )
    reasons = kept.group_by("reason").len("people").sort(["people", "reason"], descending=[True, False])
    return [
        f"{people:,} {'person leaves' if people == 1 else 'people leave'} the scope and "
        f"{'keeps the account' if people == 1 else 'keep their accounts'}: {reason}."
        for reason, people in reasons.iter_rows()
    ]


def _notes(facts: Facts, details: Details) -> list[str]:
    notes = list(facts.notes)
    if facts.strangers:
        notes.append(
            f"{len(facts.strangers):,} accounts in the target carry names of the source that nobody there has; whether "
            "the job has linked them cannot be known."
        )
    for row in details.decisions.flow.rows:
        if row.unpredictable:
            notes.append(f"What is written to {row.target} cannot be foretold: {row.unpredictable}.")
    return notes


def _destroyed(facts: Facts, now: LinkState | None, comes: Situation, source: str, target: str) -> ImpactPlan:
    """Nobody is touched: whoever is synchronized stays, unmanaged."""
    linked = facts.connections.join(
        facts.target.people.filter(pl.col("deleted").is_null()).select(pl.col("id").alias("account")), on="account"
    )
    nothing = pl.lit(None, pl.String)
    people = linked.select(
        "person",
        "account",
        pl.lit("skipped", pl.Enum(ACTIONS)).alias("action"),
        pl.lit("the account stays, and nothing manages it any more").alias("reason"),
        nothing.alias("detail"),
        nothing.alias("uncertain"),
        pl.lit(False).alias("pending"),
        pl.lit(False).alias("held"),
        pl.lit(False).alias("redeemed"),
        nothing.alias("shares"),
        pl.lit(True).alias("linked"),
    ).sort("person")
    gaps = (*facts.gaps, *facts.source.gaps, *facts.target.gaps)
    return ImpactPlan(source, target, people, comes, people.height, people.height, 0, None, gaps, (), comes.notes)
