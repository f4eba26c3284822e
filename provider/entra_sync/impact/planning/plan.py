"""The plan of a link: what the next cycle does, person by person and attribute by attribute, and why.

Pure: two snapshots and two states of the link go in, a plan comes out. Nothing here asks Graph, and nothing here knows
the emulator, so that the emulator's next cycle can be the judge of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from entra_sync.expressions import Context
from entra_sync.impact.facts.facts import Facts
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.facts.remarks import Note, Remark
from entra_sync.impact.facts.series import falses, filled, nulls
from entra_sync.impact.facts.users import PENDING
from entra_sync.impact.planning.cycle import Situation, situation
from entra_sync.impact.planning.doubts import Circumstances
from entra_sync.impact.planning.limits import Affected, Limits, Violation
from entra_sync.impact.planning.reasons import DOUBT, REASON, Reason
from entra_sync.impact.planning.users.changes import ATTRIBUTES, Details
from entra_sync.impact.planning.users.conflicts import settle_values
from entra_sync.impact.planning.users.decide import ACTIONS, decide
from entra_sync.impact.planning.users.managers import settle_managers
from entra_sync.impact.planning.users.scope import Scoping

__all__ = ["ImpactPlan", "plan"]

DECISION_COLUMNS = (
    "person",
    "account",
    "action",
    "reason",
    "subject",
    "detail",
    "kept",
    "uncertain",
    "pending",
    "held",
    "redeemed",
    "shares",
    "linked",
)

KEPT: dict[str, pl.DataType] = {"reason": REASON, "subject": pl.String(), "kept": REASON, "people": pl.UInt32()}

NO_LONGER = {
    str(Reason.EVERYONE): str(Reason.NO_LONGER_EVERYONE),
    str(Reason.ASSIGNED): str(Reason.NO_LONGER_ASSIGNED),
    str(Reason.MEMBER): str(Reason.NO_LONGER_MEMBER),
}
"""What brought a user in → why the user is out when it does so no longer."""


@dataclass(frozen=True)
class ImpactPlan:
    """What a change of a link does to people.

    Attributes:
        source: Name of the source tenant.
        target: Name of the target tenant.
        people: One row a user, in order of their ids: ``person`` and ``account`` (object ids), ``action``
            (:data:`entra_sync.impact.planning.users.decide.ACTIONS`), ``reason`` (a code,
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
        return _by_reason(self.people.filter(pl.col("action") == action))

    @property
    def left_out(self) -> pl.DataFrame:
        """Rows of :attr:`people` for users who are in scope and whose turn the job skips, such as disabled ones."""
        in_scope = pl.col("person").is_in(self.scope_then.implode())
        return self.people.filter((pl.col("action") == "skipped") & in_scope)

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

    def names(self, people: Sequence[str]) -> pl.DataFrame:
        """``person``, ``displayName`` and ``userPrincipalName`` at home of *people*: personal data."""
        if self._details is None:
            return pl.DataFrame(schema=dict.fromkeys(("person", "displayName", "userPrincipalName"), pl.String))
        known = self._details.decisions.people.filter(pl.col("id").is_in(list(people)))
        return known.select(pl.col("id").alias("person"), "displayName", "userPrincipalName")

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
    rows = people.group_by("reason", "subject", "kept").agg(pl.len().alias("people"))
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
    decisions = decide(then, facts, context, matching_again=comes.drops_links)
    table = decisions.table
    held = _held(table, then, comes)
    table = settle_values(decisions, facts, held)
    table = settle_managers(then, decisions, facts, table, context)
    table = table.with_columns(_invitation_pending(facts, table).alias("invitation pending"))
    before = decisions.population.scoping(now) if now is not None else None
    table = table.with_columns(
        _pending(table, decisions.scope, before, now, then).alias("pending"),
        *_reasons(table, decisions.scope, before, now, then),
    )
    doubts = _uncertain(table, Circumstances.of(facts, decisions, now, then, before, comes))
    table = table.with_columns(doubts.alias("uncertain"))
    details = Details(decisions, facts, table, _changed_rows(now, then))
    return ImpactPlan(
        source=source,
        target=target,
        people=table.select(DECISION_COLUMNS),
        situation=comes,
        existing=int((table["linked"] & (table["state"] == "live")).sum()),
        in_scope_now=int(before.present.sum()) if before is not None else 0,
        in_scope_then=int(decisions.scope.present.sum()),
        threshold=then.deletion_threshold,
        gaps=(*facts.gaps, *facts.source.gaps, *facts.target.gaps),
        unknown=then.unknown,
        notes=(*then.notes, *comes.notes, *_notes(facts, details)),
        kept=_kept(table, decisions.scope, before),
        scope_now=decisions.people["id"].filter(before.present) if before is not None else pl.Series(dtype=pl.String),
        scope_then=decisions.people["id"].filter(decisions.scope.present),
        _details=details,
    )


def _invitation_pending(facts: Facts, table: pl.DataFrame) -> pl.Series:
    """Whose account was invited and is not redeemed, so that it has no identity yet."""
    states = facts.target.people["userState"]
    if not states.len():
        return falses(table.height)
    return (states.gather(table["row"]) == PENDING).fill_null(False)


def _held(table: pl.DataFrame, then: LinkState, comes: Situation) -> pl.Series:
    """Whose turn the service's threshold holds back: with too many deletions and disables, all of them."""
    removals = table["deprovisions"]
    if then.deletion_threshold is None or comes.forces_deletions or int(removals.sum()) <= then.deletion_threshold:
        return falses(table.height)
    return removals


def _pending(
    table: pl.DataFrame, scope: Scoping, before: Scoping | None, now: LinkState | None, then: LinkState
) -> pl.Series:
    """Which users would have the same happen if the link stayed as it is."""
    if now is None or before is None or not now.enabled:
        return falses(table.height)
    same_scope = (before.present == scope.present) & (before.read == scope.read)
    if now.same_schema(then):
        return same_scope
    return same_scope & table["action"].is_in(["create", "delete", "restore", "match", "disable"]).fill_null(False)


def _reasons(
    table: pl.DataFrame, scope: Scoping, before: Scoping | None, now: LinkState | None, then: LinkState
) -> list[pl.Series]:
    """Why, if the decision alone does not say it: what brings a user in, and what takes a user out."""
    names = {**(now.names if now else {}), **then.names}
    was = before.via if before else None
    height = table.height
    frame = table.select("action", "reason", "subject").with_columns(
        scope.via.code.alias("via"),
        scope.via.subject.replace(names).alias("via subject"),
        (was.code.replace_strict(NO_LONGER, return_dtype=REASON) if was else filled(None, height, REASON)).alias("was"),
        (was.subject.replace(names) if was else nulls(height)).alias("was subject"),
    )
    left = (pl.col("reason") == Reason.NOT_ASSIGNED) & pl.col("was").is_not_null()
    came = pl.col("reason").is_null() & pl.col("action").is_in(["create", "restore"])
    return [
        frame.select(
            pl.when(left).then(f"was{part}").when(came).then(f"via{part}").otherwise(f"{name}").alias(name)
        ).to_series()
        for name, part in (("reason", ""), ("subject", " subject"))
    ]


def _uncertain(table: pl.DataFrame, circumstances: Circumstances) -> pl.Series:
    """Why a user's turn may end differently: what the decision says, else the first doubt that applies."""
    frame = table.with_columns(
        circumstances.exchange.alias("exchange"),
        circumstances.block_read.alias("block read"),
        circumstances.left_before.alias("left before"),
    )
    chain = pl.when(pl.col("uncertain").is_not_null()).then("uncertain")
    for condition, doubt in circumstances.doubts(int(table["deprovisions"].sum())):
        chain = chain.when(condition).then(pl.lit(str(doubt), DOUBT))  # type: ignore[assignment]
    return frame.select(chain.otherwise(pl.lit(None, DOUBT))).to_series()


def _changed_rows(now: LinkState | None, then: LinkState) -> frozenset[str]:
    """Target attributes whose mapping the change of the link changes."""
    if now is None:
        return frozenset()
    return frozenset(
        row.target
        for row in then.mappings
        if (before := now.mappings.get(row.target)) is None or not before.same_as(row)
    )


def _kept(table: pl.DataFrame, then: Scoping, now: Scoping | None) -> pl.DataFrame:
    """Users who leave the scope and keep an account: neither removed nor unchanged."""
    if now is None:
        return pl.DataFrame(schema=KEPT)
    return _by_reason(
        table.filter(
            now.present & ~then.present & table["linked"] & (table["state"] == "live") & (table["action"] == "skipped")
        )
    )


def _notes(facts: Facts, details: Details) -> list[Remark]:
    notes = list(facts.notes)
    if facts.strangers:
        notes.append(Remark(Note.STRANGERS, (len(facts.strangers),)))
    for row in details.decisions.flow.rows:
        if row.unpredictable:
            notes.append(Remark(Note.UNPREDICTABLE, (row.target, row.unpredictable)))
    return notes


def _destroyed(facts: Facts, now: LinkState | None, comes: Situation, source: str, target: str) -> ImpactPlan:
    """No user is touched: accounts stay, unmanaged."""
    linked = facts.connections.join(
        facts.target.people.filter(pl.col("deleted").is_null()).select(pl.col("id").alias("account")), on="account"
    )
    nothing = pl.lit(None, pl.String)
    people = linked.select(
        "person",
        "account",
        pl.lit("skipped", pl.Enum(ACTIONS)).alias("action"),
        pl.lit(str(Reason.UNMANAGED), REASON).alias("reason"),
        nothing.alias("subject"),
        nothing.alias("detail"),
        pl.lit(None, REASON).alias("kept"),
        pl.lit(None, DOUBT).alias("uncertain"),
        pl.lit(False).alias("pending"),
        pl.lit(False).alias("held"),
        pl.lit(False).alias("redeemed"),
        nothing.alias("shares"),
        pl.lit(True).alias("linked"),
    ).sort("person")
    gaps = (*facts.gaps, *facts.source.gaps, *facts.target.gaps)
    return ImpactPlan(source, target, people, comes, people.height, people.height, 0, None, gaps, (), comes.notes)
