"""What the next cycle does with each person, before it is asked whose values are in whose way.

Rules, in the order in which the service applies them: "filter resource type" (who fails the input filter is not looked
at), "What is cross-tenant synchronization?" (deprovisioning, restore, accounts that exist), "Configure cross-tenant
synchronization" (accounts deleted in the target).
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import polars as pl

from entra_sync.expressions import Context
from entra_sync.impact.facts.facts import Facts
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.facts.series import falses, filled, nulls
from entra_sync.impact.facts.users import PURGED, as_the_service_sees, converted
from entra_sync.impact.planning.reasons import DOUBT, REASON, Doubt, Reason, Reasons
from entra_sync.impact.planning.users.accounts import with_matches
from entra_sync.impact.planning.users.flow import Flow, FlowRow, flow, is_true
from entra_sync.impact.planning.users.parts import Part, Parts, Rows
from entra_sync.impact.planning.users.scope import Population, Scoping

__all__ = ["ACTION", "ACTIONS", "Decisions", "decide", "flow_of", "seen"]

ACTIONS = (
    "create",
    "match",
    "restore",
    "update",
    "disable",
    "delete",
    "conflict",
    "failed",
    "skipped",
    "unchanged",
)
"""What can happen to a person.

``create``: an account is made. ``match``: an account that exists already is taken over. ``restore``: the soft-deleted
account comes back. ``update``: attributes of the account change. ``disable``: its sign-in is blocked, whatever else
changes. ``delete``: it is soft-deleted. ``conflict``: a value that has to be unique is another user's. ``failed``: the
person cannot be provisioned. ``skipped``: the service leaves the person as they are. ``unchanged``: in scope, and
nothing differs.
"""

ACTION = pl.Enum(ACTIONS)

DECIDED = ("action", "reason", "subject", "detail", "kept", "uncertain", "deprovisions")
"""Columns that a decision adds. ``kept``: why the account of a user who is not in scope stays; ``uncertain``: why it
may end differently; ``deprovisions``: it counts towards the service's deletion threshold."""

WORKERS = 2
"""Attributes compared at the same time; Polars leaves Python's lock while it works."""

USER_TYPES = ("Member", "Guest")

ADDRESS = r"^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$"
"""What a mail address looks like: an invitation to anything else fails ("How to analyze the provisioning logs",
InvitationCreationFailureInvalidPropertyValue)."""


@dataclass(frozen=True)
class Decisions:
    """One row a person of one part, in order of their ids.

    Attributes:
        part: The part.
        people: As the service sees them.
        population: The same, to be asked who is in scope.
        scope: Who is in scope.
        table: ``person``, the columns of :data:`entra_sync.impact.planning.users.accounts.ACCOUNT`, and those of
            :data:`DECIDED`.
        accounts: The target's users at the accounts of the table.
        flow: What the mappings write for those in *arriving*.
        arriving: Rows of the people who are in scope and looked at.
        changes: Target attribute → which of *arriving* have an account that would change.
        in_case: Target attribute → which of *arriving* have an account whose value differs in its case only, and stays.
    """

    part: Part
    people: pl.DataFrame
    population: Population
    scope: Scoping
    table: pl.DataFrame
    accounts: Rows
    flow: Flow
    arriving: pl.Series
    changes: Mapping[str, pl.Series] = field(default_factory=dict)
    in_case: Mapping[str, pl.Series] = field(default_factory=dict)


def decide(link: LinkState, parts: Parts, part: Part, context: Context) -> Decisions:
    """Decides for every person of a part of the source.

    Args:
        link: The link as the cycle finds it.
        parts: Both tenants.
        part: The part.
        context: Time and randomness of the evaluation.

    Raises:
        ConfigurationError: Something that the link reads was not read.
    """
    facts = parts.facts
    people = seen(link, facts, part.people)
    population = Population(part.members, people)
    scope = population.scoping(link)
    looked_at = scope.present & scope.read
    arriving = looked_at.arg_true()
    everyone = arriving.len() == people.height
    flows = flow_of(link, facts, people if everyone else people[arriving], context)
    table = _accounts(parts, part, arriving, flows)
    accounts = parts.accounts(part.number, table["row"])
    come = _arriving(
        link,
        facts,
        flows,
        table if everyone else table[arriving],
        people if everyone else people[arriving],
        accounts if everyone else accounts.gather(arriving),
    )
    gone = _leaving(link, facts, people, scope, population.reasons(link, scope), table, accounts, context)
    table = (
        gone.with_columns(
            come.table[name].zip_with(looked_at, gone[name])
            if everyone
            else gone[name].scatter(arriving, come.table[name])
            for name in DECIDED
        )
        if arriving.len()
        else gone
    )
    return Decisions(part, people, population, scope, table, accounts, flows, arriving, come.changes, come.in_case)


def seen(link: LinkState, facts: Facts, people: pl.DataFrame) -> pl.DataFrame:
    """Users of the source as the service sees them."""
    found = as_the_service_sees(people, link.booleans, facts.sms)
    return found.with_columns((~pl.col("accountEnabled")).alias("IsSoftDeleted"))


def flow_of(link: LinkState, facts: Facts, people: pl.DataFrame, context: Context) -> Flow:
    """What the mappings of the link write for *people* (:func:`seen`)."""
    read = people.select("id", *sorted((link.source_attributes - {"id"}) & set(people.columns)))
    return flow(link, read, facts.domain, context)


def _accounts(parts: Parts, part: Part, arriving: pl.Series, flows: Flow) -> pl.DataFrame:
    """The accounts of all people; the mappings' principal names help to find those of users in scope."""
    height = part.people.height
    names = nulls(height)
    created = flows.created("userPrincipalName")
    if created is not None and arriving.len():
        names = created if arriving.len() == height else names.scatter(arriving, created)
    found = with_matches(part.linked, parts.free, part.people, names, parts.facts.domain)
    return pl.DataFrame({"person": part.ids}).hstack(found)


@dataclass(frozen=True, slots=True)
class _Arriving:
    table: pl.DataFrame
    changes: dict[str, pl.Series]
    in_case: dict[str, pl.Series]


def _arriving(
    link: LinkState, facts: Facts, flows: Flow, table: pl.DataFrame, newcomers: pl.DataFrame, accounts: Rows
) -> _Arriving:
    """Action, reason and uncertainty of users in scope, and what would change of their accounts."""
    changes: dict[str, pl.Series] = {}
    in_case: dict[str, pl.Series] = {}
    any_change = falses(table.height)
    has_account = table["state"] != "none"
    rows = [row for row in flows.rows if row.on_update]
    with ThreadPoolExecutor(WORKERS) as pool:
        masks = pool.map(lambda row: _compared(row, accounts[row.target], has_account), rows)
        for row, (mask, alike) in zip(rows, masks, strict=True):
            changes[row.target] = mask
            any_change = any_change | mask
            if alike.any():
                in_case[row.target] = alike
    disables = _disables(flows, changes, accounts)
    unknown = facts.removed is None
    removed = table["account"].is_in(sorted(facts.removed or ())).fill_null(False)
    none = table["state"] == "none"
    kind = _strange_kinds(flows, changes, none)
    mastered = _mastered_on_premises(accounts, table.height) & any_change
    frame = table.with_columns(
        any_change.alias("changed"),
        disables.alias("disables"),
        removed.alias("removed"),
        *flows.update_outcome.columns("updating"),
        *flows.create_outcome.otherwise(kind.where(none)).otherwise(_missing(flows, none)).columns("creating"),
        *kind.columns("kind"),
        *_unsupported(newcomers).columns("unsupported"),
        mastered.alias("mastered"),
    )
    adds, updates = "Add" in link.flow_types, "Update" in link.flow_types
    state, updating, creating, kind_problem = (pl.col(name) for name in ("state", "updating", "creating", "kind"))
    create, live = state == "none", state == "live"
    returns = (state == "deleted") & (pl.col("removed") | pl.lit(unknown))
    dropped, fails = updating == Reason.DROPPED, updating.is_not_null() & (updating != Reason.DROPPED)
    unlinked = ~pl.col("linked") & (state != "deleted")
    cases: list[_Case] = [
        (unlinked & pl.col("unsupported").is_not_null(), "skipped", "unsupported"),
        (create & pl.lit(not adds), "skipped", Reason.CREATES_NOT_MAPPED),
        (create & (creating == Reason.DROPPED), "skipped", Reason.DROPPED),
        (create & pl.lit(facts.invitations is False), "failed", Reason.NO_INVITATIONS),
        (create & creating.is_not_null(), "failed", "creating"),
        (create, "create", None),
        ((state == "deleted") & ~returns, "failed", Reason.DELETED_IN_TARGET),
        (fails, "failed", "updating"),
        (returns & kind_problem.is_not_null(), "failed", "kind"),
        (returns, "restore", None),
        (live & dropped, "skipped", Reason.DROPPED),
        (live & pl.lit(not updates), "skipped", Reason.UPDATES_NOT_MAPPED),
        (live & kind_problem.is_not_null(), "failed", "kind"),
        (live & pl.col("mastered"), "failed", Reason.ON_PREMISES),
        (live & ~pl.col("linked") & pl.col("disables"), "disable", Reason.SAME_IDENTITY_BLOCKED),
        (live & ~pl.col("linked"), "match", Reason.SAME_IDENTITY),
        (live & pl.col("disables"), "disable", Reason.SIGN_IN_BLOCKED),
        (live & pl.col("changed"), "update", None),
        (live, "unchanged", None),
    ]
    decided = frame.with_columns(
        *_decided(cases),
        _code(None, REASON).alias("kept"),
        pl.when("contested")
        .then(_code(Doubt.CONTESTED, DOUBT))
        .when(unlinked & (pl.col("unsupported") == Reason.INTERNAL_GUEST))
        .then(_code(Doubt.INTERNAL_GUEST, DOUBT))
        .when(pl.lit(converted(newcomers)))
        .then(_code(Doubt.CONVERTED, DOUBT))
        .when(returns)
        .then(_code(Doubt.RESTORE_REMOVER if unknown else Doubt.RESTORE, DOUBT))
        .otherwise(_code(None, DOUBT))
        .alias("uncertain"),
        (
            (live & updating.is_null() & pl.lit(updates) & pl.col("disables") & ~pl.col("mastered"))
            & ~(unlinked & pl.col("unsupported").is_not_null())
        ).alias("deprovisions"),
    )
    return _Arriving(decided.select(*table.columns, *DECIDED), changes, in_case)


def _compared(row: FlowRow, current: pl.Series, has_account: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Whose account a mapping would change, and whose it leaves although the case of the value is another one."""
    changes = row.changes(current)
    return changes & has_account, row.differs_in_case(current, changes) & has_account


def _disables(flows: Flow, changes: Mapping[str, pl.Series], accounts: Rows) -> pl.Series:
    """Whose sign-in would be blocked: the account allows it now, and the mapping says no."""
    row = flows.by_target.get("accountEnabled")
    allowed = accounts["accountEnabled"].fill_null(False)
    if row is None or "accountEnabled" not in changes:
        return falses(allowed.len())
    return changes["accountEnabled"] & allowed & ~row.value.fill_null(True)


def _strange_kinds(flows: Flow, changes: Mapping[str, pl.Series], create: pl.Series) -> Reasons:
    """Why the target refuses the kind of user that a user would become."""
    row = flows.by_target.get("userType")
    if row is None:
        return Reasons.none(create.len())
    written = row.created.zip_with(create, row.value)
    writes = create & written.is_not_null()
    if row.target in changes:
        writes = writes | changes[row.target]
    strange = writes & ~written.is_in(USER_TYPES).fill_null(True)
    return Reasons.of(Reason.NOT_A_USER_TYPE, strange, detail=written)


def _unsupported(people: pl.DataFrame) -> Reasons:
    """Why a user without a linked account gets none.

    "How Application Provisioning works" (known limitations): a user must be active. "What is cross-tenant
    synchronization?" (user types): not an internal guest; the page on topologies says otherwise.
    """
    disabled = Reasons.of(Reason.DISABLED, ~people["accountEnabled"])
    return disabled.otherwise(Reasons.of(Reason.INTERNAL_GUEST, (people["userType"] == "Guest").fill_null(False)))


def _mastered_on_premises(accounts: Rows, height: int) -> pl.Series:
    """Whose account comes from a directory on premises ("How to analyze the provisioning logs")."""
    return accounts["dirSyncEnabled"].fill_null(False) if "dirSyncEnabled" in accounts else falses(height)


def _missing(flows: Flow, create: pl.Series) -> Reasons:
    """Which of the values that an invitation needs a user does not have, or has in a form that it does not take; of
    users to *create*."""
    rows = create.arg_true()
    absent = []
    for name in ("userPrincipalName", "displayName"):
        values = flows.created(name)
        if values is None:
            absent.append(filled(name, rows.len()))
        else:
            values = values.gather(rows)
            empty = values.is_null() | (values == "").fill_null(False)
            absent.append(filled(name, rows.len()).set(~empty, None))
    names = pl.DataFrame({str(place): column for place, column in enumerate(absent)})
    joined = names.select(pl.concat_str(pl.all(), separator=", ", ignore_nulls=True)).to_series()
    missing = Reasons.of(Reason.VALUES_MISSING, joined != "", joined)
    mail = flows.created("mail")
    if mail is not None:
        mail = mail.gather(rows)
        strange = (~mail.str.contains(ADDRESS) & (mail != "")).fill_null(False)
        missing = missing.otherwise(Reasons.of(Reason.NOT_AN_ADDRESS, strange, detail=mail))
    return missing.spread(rows, create.len())


def _leaving(
    link: LinkState,
    facts: Facts,
    people: pl.DataFrame,
    scope: Scoping,
    why: Reasons,
    table: pl.DataFrame,
    accounts: Rows,
    context: Context,
) -> pl.DataFrame:
    """Action, reason and uncertainty of users who are not in scope; only what the job has linked is touched."""
    has_account = table["linked"] & (table["state"] == "live") & ~scope.present & scope.read
    going = has_account.arg_true()
    deletes = falses(people.height)
    purged = people["deleted"].eq_missing(PURGED)
    if going.len():
        leavers = people[going].with_columns(pl.lit(True).alias("IsSoftDeleted"))
        deletes = deletes.scatter(going, is_true(link, "IsSoftDeleted", leavers, context) | purged.gather(going))
    blocked = ~accounts["accountEnabled"].fill_null(True)
    stays_disabled = has_account & blocked & ~people["accountEnabled"] & ~scope.entitled & people["deleted"].is_null()
    given_up = table["person"].is_in(sorted(facts.given_up)) & has_account
    frame = table.with_columns(
        has_account.alias("has account"),
        stays_disabled.alias("stays"),
        given_up.alias("given up"),
        deletes.alias("deletes"),
        *why.columns("why"),
        scope.read.alias("read"),
    )
    has, may_delete = pl.col("has account"), pl.lit("Delete" in link.flow_types) & pl.col("deletes")
    stays = has & pl.col("stays")
    unmanaged = ~pl.col("read") & pl.col("linked")
    cases: list[_Case] = [
        (pl.col("given up"), "skipped", Reason.DEPROVISIONED),
        (stays, "skipped", Reason.STAYS_DISABLED),
        (has & may_delete, "delete", "why"),
        (pl.lit(True), "skipped", "why"),
    ]
    decided = frame.with_columns(
        *_decided(cases),
        pl.when(unmanaged)
        .then(_code(Reason.UNMANAGED, REASON))
        .when(has & ~stays & ~pl.col("given up") & ~may_delete)
        .then(_code(Reason.DELETES_NOT_MAPPED, REASON))
        .otherwise(_code(None, REASON))
        .alias("kept"),
        pl.when(has & ~pl.col("asked"))
        .then(_code(Doubt.INFERRED, DOUBT))
        .otherwise(_code(None, DOUBT))
        .alias("uncertain"),
    )
    return decided.with_columns((pl.col("action") == "delete").alias("deprovisions")).select(*table.columns, *DECIDED)


_Case = tuple[pl.Expr, str, Reason | str | None]
"""When it is true; the action; its reason, or the prefix of the columns that have the reason."""


def _decided(cases: list[_Case]) -> list[pl.Expr]:
    """Action, reason, subject and detail by the first case that is true."""
    nothing = pl.lit(None, pl.String)

    def column(kind: str, reason: Reason | str | None) -> pl.Expr:
        if reason is None or isinstance(reason, Reason):
            return _code(reason, REASON) if kind == "reason" else nothing
        return pl.col(reason if kind == "reason" else f"{reason} {kind}")

    return [
        _when([(condition, pl.lit(action, ACTION)) for condition, action, _ in cases]).alias("action"),
        *(
            _when([(condition, column(kind, reason)) for condition, _, reason in cases]).alias(kind)
            for kind in ("reason", "subject", "detail")
        ),
    ]


def _code(code: Reason | Doubt | None, kind: pl.Enum) -> pl.Expr:
    return pl.lit(None if code is None else str(code), kind)


def _when(cases: list[tuple[pl.Expr, pl.Expr]]) -> pl.Expr:
    """The value of the first case that is true."""
    (condition, value), *others = cases
    chain = pl.when(condition).then(value)
    for condition, value in others:
        chain = chain.when(condition).then(value)  # type: ignore[assignment]
    return chain.otherwise(None)
