"""The plan of a link: what the next cycle does, person by person and attribute by attribute, and why.

Pure: two snapshots and two states of the link go in, a plan comes out. Nothing here asks Graph, and nothing here knows
the emulator, so that the emulator's next cycle can be the judge of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from entra_sync.expressions import Context
from entra_sync.impact.facts.facts import Facts
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.facts.remarks import Note, Remark
from entra_sync.impact.facts.series import falses
from entra_sync.impact.planning.cycle import Situation, situation
from entra_sync.impact.planning.doubts import Circumstances
from entra_sync.impact.planning.limits import Affected, Limits, Violation
from entra_sync.impact.planning.reasons import DOUBT, REASON, Doubt, Reason
from entra_sync.impact.planning.users.changes import ATTRIBUTES, Details
from entra_sync.impact.planning.users.collected import collect
from entra_sync.impact.planning.users.conflicts import settle_values
from entra_sync.impact.planning.users.decisions.actions import ACTION, ACTIONS
from entra_sync.impact.planning.users.flow import unpredictable, written
from entra_sync.impact.planning.users.managers import settle_managers, with_doubtful_managers
from entra_sync.impact.planning.users.parts import Parts

__all__ = ["ImpactPlan", "pending", "plan"]

PEOPLE: dict[str, pl.DataType] = {
    "person": pl.String(),
    "account": pl.String(),
    "action": ACTION,
    "reason": REASON,
    "subject": pl.String(),
    "detail": pl.String(),
    "kept": REASON,
    "uncertain": DOUBT,
    "pending": pl.Boolean(),
    "held": pl.Boolean(),
    "redeemed": pl.Boolean(),
    "shares": pl.String(),
    "linked": pl.Boolean(),
}

_REASON = ("reason", "subject", "kept")

KEPT: dict[str, pl.DataType] = {"reason": REASON, "subject": pl.String(), "kept": REASON, "people": pl.UInt32()}


@dataclass(frozen=True)
class ImpactPlan:
    """What a change of a link does to people.

    Attributes:
        source: Name of the source tenant.
        target: Name of the target tenant.
        people: One row a user, in order of their ids: ``person`` and ``account`` (object ids), ``action``
            (:data:`entra_sync.impact.planning.users.decisions.actions.ACTIONS`), ``reason`` (a code,
            :class:`entra_sync.impact.planning.reasons.Reason`), ``subject`` (the group, attribute or clause that the
            reason is about), ``detail`` (the value or the other user that it is about: personal data), ``kept`` (why
            the account of a user who is out of scope stays: a code), ``uncertain`` (why it may end differently: a
            code, :class:`entra_sync.impact.planning.reasons.Doubt`), ``pending`` (it would happen without this change
            too), ``held`` (the service's deletion threshold holds it back), ``redeemed`` (an invitation leads to an
            account that exists), ``shares`` (whose account the user is given as well), ``linked`` (the job has linked
            the account).
        kept: Users who leave the scope and keep their accounts: ``reason``, ``subject``, ``kept`` and ``people``.
        situation: Which cycle comes, and what the change is.
        existing: Accounts that are synchronized now.
        in_scope_now: People in scope as the link stands.
        in_scope_then: People in scope as it is declared.
        threshold: The service's own deletion threshold.
        gaps: What could not be read; with gaps the counts are not complete.
        unknown: What cannot be known before `up`.
        notes: What else to know.
        left_out: Rows of *people* for users who are in scope and whose turn the job skips, such as disabled ones.
        scope_now: Object ids of the users in scope as the link stands.
        scope_then: Object ids of the users in scope as it is declared.
    """

    source: str
    target: str
    people: pl.DataFrame
    situation: Situation
    existing: int
    in_scope_now: int
    in_scope_then: int
    threshold: int | None = None
    gaps: tuple[Remark, ...] = ()
    unknown: tuple[Remark, ...] = ()
    notes: tuple[Remark, ...] = ()
    kept: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=KEPT), repr=False, compare=False)
    left_out: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PEOPLE), repr=False, compare=False)
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
        """``reason``, ``subject``, ``kept`` and ``people`` of an action, most people first."""
        return _by_reason(self.people.select("action", *_REASON).filter(pl.col("action") == action))

    def left_out_reasons(self) -> pl.DataFrame:
        """``reason``, ``subject``, ``kept`` and ``people`` of :attr:`left_out`, most people first."""
        return _by_reason(self.left_out)

    def attribute_counts(self) -> pl.DataFrame:
        """``attribute``, ``cause`` and ``people`` over those whose accounts change, most people first."""
        if self._details is None:
            return pl.DataFrame(schema={"attribute": pl.String, "cause": pl.String, "people": pl.UInt32})
        return self._details.counts()

    def attribute_changes(self, people: Sequence[str] | None = None) -> pl.DataFrame:
        """What changes of the accounts of *people*, or of all; see
        :data:`entra_sync.impact.planning.users.changes.ATTRIBUTES`.

        Of an account that is created or taken over, everything that is written is listed.
        """
        if self._details is None:
            return pl.DataFrame(schema=ATTRIBUTES)
        return self._details.changes(people)

    def kept_in_case(self, people: Sequence[str]) -> tuple[Remark, ...]:
        """Remarks on values of *people* that stay because only their case would change."""
        return () if self._details is None else _in_case(self._details.kept_in_case(people))

    def names(self, people: Sequence[str]) -> pl.DataFrame:
        """``person``, ``displayName`` and ``userPrincipalName`` at home of *people*: personal data."""
        if self._details is None:
            return pl.DataFrame(schema=dict.fromkeys(("person", "displayName", "userPrincipalName"), pl.String))
        return self._details.names(people)

    def violations(self, limits: Limits) -> list[Violation]:
        """The *limits* that the plan exceeds; none if no cycle comes that carries it out."""
        if not self.effective:
            return []
        affected = Affected(
            existing=self.existing,
            removed=self.removed,
            created=self.counts["create"],
            changed=self.counts["update"],
            matched=self.taken_over,
            first=self.situation.first,
            gaps=self.gaps,
        )
        return list(limits.violations(affected))


def _by_reason(people: pl.DataFrame) -> pl.DataFrame:
    rows = people.group_by(_REASON).agg(pl.len().alias("people"))
    return rows.sort(
        "people", pl.col("reason").cast(pl.String), "subject", "kept", descending=[True, False, False, False]
    )


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
    collected = collect(Parts(facts, then, dropped=comes.drops_links), now, then, context)
    held = _held(collected.table, then, comes)
    table = settle_values(collected, facts, held)
    table = settle_managers(collected, facts, table)
    table = table.with_columns(pending(table, now, then).alias("pending"))
    table = table.with_columns(
        _uncertain(table, Circumstances.of(collected.parts, now, then, comes)).alias("uncertain")
    )
    table = with_doubtful_managers(collected, facts, table)
    details = Details(collected, then, table, context, _changed_rows(now, then))
    return ImpactPlan(
        source=source,
        target=target,
        people=table.select(*PEOPLE),
        situation=comes,
        existing=int((table["linked"] & (table["state"] == "live")).sum()),
        in_scope_now=int(table["was present"].sum()),
        in_scope_then=int(table["present"].sum()),
        threshold=then.deletion_threshold,
        gaps=(*facts.gaps, *facts.source.gaps, *facts.target.gaps),
        unknown=then.unknown,
        notes=(*then.notes, *comes.notes, *_notes(facts, then), *_in_case(details.kept_in_case())),
        left_out=table.filter(pl.col("present") & (pl.col("action") == "skipped")).select(*PEOPLE),
        kept=_kept(table) if now is not None else pl.DataFrame(schema=KEPT),
        scope_now=table["person"].filter(table["was present"]),
        scope_then=table["person"].filter(table["present"]),
        _details=details,
    )


def _held(table: pl.DataFrame, then: LinkState, comes: Situation) -> pl.Series:
    """Whose turn the service's threshold holds back: with too many deletions and disables, all of them."""
    removals = table["deprovisions"]
    if then.deletion_threshold is None or comes.forces_deletions or int(removals.sum()) <= then.deletion_threshold:
        return falses(table.height)
    return removals


def pending(table: pl.DataFrame, now: LinkState | None, then: LinkState) -> pl.Series:
    """Which users would have the same happen if the link stayed as it is."""
    if now is None or not now.enabled:
        return falses(table.height)
    if now.same_schema(then):
        return table["same scope"]
    return table["same scope"] & table["action"].is_in(["create", "delete", "restore", "match", "disable"]).fill_null(
        False
    )


def _uncertain(table: pl.DataFrame, circumstances: Circumstances) -> pl.Series:
    """Why a user's turn may end differently: what the decision says, else the first doubt that applies.

    If a conflict depends on a turn that may not come, that counts for more.
    """
    meets = pl.lit(circumstances.incremental) & (pl.col("action") == "conflict") & pl.col("met")
    chain = pl.when(meets).then(pl.lit(str(Doubt.OTHERS_TURNS), DOUBT))
    chain = chain.when(pl.col("uncertain").is_not_null()).then("uncertain")  # type: ignore[assignment]
    for condition, doubt in circumstances.doubts(int(table["deprovisions"].sum())):
        chain = chain.when(condition).then(pl.lit(str(doubt), DOUBT))  # type: ignore[assignment]
    found = table.select(chain.otherwise(pl.lit(None, DOUBT)).alias("uncertain"), "deprovisions")
    removed = found["deprovisions"]
    unsure = removed & (found["uncertain"] == str(Doubt.INCREMENTAL)).fill_null(False)
    if circumstances.may_hold_back(int(removed.sum()), int((removed & ~unsure).sum())):
        # Fewer removals than the threshold may come, and then none of them is held back.
        others = pl.lit(str(Doubt.OTHERS_TURNS), DOUBT)
        found = found.with_columns(pl.when("deprovisions").then(others).otherwise("uncertain").alias("uncertain"))
    return found["uncertain"]


def _changed_rows(now: LinkState | None, then: LinkState) -> frozenset[str]:
    """Target attributes whose mapping the change of the link changes."""
    if now is None:
        return frozenset()
    return frozenset(
        row.target
        for row in then.mappings
        if (before := now.mappings.get(row.target)) is None or not before.same_as(row)
    )


def _kept(table: pl.DataFrame) -> pl.DataFrame:
    """Users who leave the scope and keep an account: neither removed nor unchanged."""
    leaves = pl.col("was present") & ~pl.col("present")
    keeps = pl.col("linked") & (pl.col("state") == "live") & (pl.col("action") == "skipped")
    return _by_reason(table.lazy().filter(leaves & keeps).select(_REASON).collect())


def _notes(facts: Facts, then: LinkState) -> list[Remark]:
    notes = list(facts.notes)
    if facts.strangers:
        notes.append(Remark(Note.STRANGERS, (len(facts.strangers),)))
    for mapping in written(then):
        if why := unpredictable(mapping.expression):
            notes.append(Remark(Note.UNPREDICTABLE, (mapping.target, why)))
    return notes


def _in_case(kept: Mapping[str, int]) -> tuple[Remark, ...]:
    """What to know of accounts that keep values whose case is another one, by target attribute."""
    return tuple(Remark(Note.CASE_ALONE, (target, number)) for target, number in kept.items())


def _destroyed(facts: Facts, now: LinkState | None, comes: Situation, source: str, target: str) -> ImpactPlan:
    """No user is touched: accounts stay, unmanaged."""
    live = facts.target.select(pl.col("id").alias("account"), where=pl.col("deleted").is_null())
    linked = facts.connections.join(live, on="account")
    known: dict[str, pl.Expr] = {
        "person": pl.col("person"),
        "account": pl.col("account"),
        "action": pl.lit("skipped"),
        "reason": pl.lit(str(Reason.UNMANAGED)),
        "linked": pl.lit(True),
        **dict.fromkeys(("pending", "held", "redeemed"), pl.lit(False)),
    }
    people = linked.select(known.get(name, pl.lit(None)).cast(kind).alias(name) for name, kind in PEOPLE.items()).sort(
        "person"
    )
    gaps = (*facts.gaps, *facts.source.gaps, *facts.target.gaps)
    return ImpactPlan(source, target, people, comes, people.height, people.height, 0, None, gaps, (), comes.notes)
