"""What the next cycle does with people who are in scope."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import polars as pl

from entra_sync.impact.facts.facts import Facts
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.facts.series import falses, filled
from entra_sync.impact.facts.users import converted
from entra_sync.impact.planning.reasons import DOUBT, REASON, Doubt, Reason, Reasons
from entra_sync.impact.planning.users.decisions.actions import DECIDED, Case, code, decided
from entra_sync.impact.planning.users.flow import Flow, FlowRow
from entra_sync.impact.planning.users.parts import Rows

__all__ = ["Arriving", "arriving"]

WORKERS = 2
"""Attributes compared at the same time; Polars leaves Python's lock while it works."""

USER_TYPES = ("Member", "Guest")

ADDRESS = r"^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$"
"""What a mail address looks like: an invitation to anything else fails ("How to analyze the provisioning logs",
InvitationCreationFailureInvalidPropertyValue)."""

# Columns of what is asked of each person, see _questions.
_STATE = pl.col("state")
_LIVE = _STATE == "live"
_NONE = _STATE == "none"
_REFUSED = ~pl.col("linked") & (_STATE != "deleted") & pl.col("unsupported").is_not_null()


@dataclass(frozen=True, slots=True)
class Arriving:
    """Decisions about people in scope.

    Attributes:
        table: The given table with the columns of
            :data:`entra_sync.impact.planning.users.decisions.actions.DECIDED`.
        changes: Target attribute → whose account would change.
        in_case: Target attribute → whose account has a value that differs in its case only, and stays.
    """

    table: pl.DataFrame
    changes: dict[str, pl.Series]
    in_case: dict[str, pl.Series]


def arriving(
    link: LinkState, facts: Facts, flows: Flow, table: pl.DataFrame, newcomers: pl.DataFrame, accounts: Rows
) -> Arriving:
    """Action, reason and uncertainty of users in scope, and what would change of their accounts."""
    changes, in_case = _changes(flows, table["state"] != "none", accounts)
    found = _questions(facts, flows, changes, table, newcomers, accounts).with_columns(
        *decided(_cases(link, facts)),
        code(None, REASON).alias("kept"),
        _doubt(facts, newcomers).alias("uncertain"),
        _deprovisions(link).alias("deprovisions"),
    )
    return Arriving(found.select(*table.columns, *DECIDED), changes, in_case)


def _changes(flows: Flow, has_account: pl.Series, accounts: Rows) -> tuple[dict[str, pl.Series], dict[str, pl.Series]]:
    """What would change of each account, and what differs in its case only; both by target attribute."""
    changes: dict[str, pl.Series] = {}
    in_case: dict[str, pl.Series] = {}
    rows = [row for row in flows.rows if row.on_update]
    with ThreadPoolExecutor(WORKERS) as pool:
        masks = pool.map(lambda row: _compared(row, accounts[row.target], has_account), rows)
        for row, (mask, alike) in zip(rows, masks, strict=True):
            changes[row.target] = mask
            if alike.any():
                in_case[row.target] = alike
    return changes, in_case


def _questions(
    facts: Facts,
    flows: Flow,
    changes: Mapping[str, pl.Series],
    table: pl.DataFrame,
    newcomers: pl.DataFrame,
    accounts: Rows,
) -> pl.DataFrame:
    """The table with a column for each question that decides about a person.

    Of those that are a reason or null: ``creating`` and ``updating``, why the values cannot be written; ``kind``, why
    the target refuses the kind of user; ``unsupported``, why a user without a linked account gets none.
    """
    any_change = falses(table.height)
    for mask in changes.values():
        any_change = any_change | mask
    removed = table["account"].is_in(sorted(facts.removed or ())).fill_null(False) | (facts.removed is None)
    none = table["state"] == "none"
    kind = _strange_kinds(flows, changes, none)
    return table.with_columns(
        any_change.alias("changed"),
        _disables(flows, changes, accounts).alias("disables"),
        ((table["state"] == "deleted") & removed).alias("returns"),
        *flows.update_outcome.columns("updating"),
        *flows.create_outcome.otherwise(kind.where(none)).otherwise(_missing(flows, none)).columns("creating"),
        *kind.columns("kind"),
        *_unsupported(newcomers).columns("unsupported"),
        (_mastered_on_premises(accounts, table.height) & any_change).alias("mastered"),
    )


def _cases(link: LinkState, facts: Facts) -> list[Case]:
    """What happens and why, in the order in which the service looks."""
    adds, updates = "Add" in link.flow_types, "Update" in link.flow_types
    creating, updating, kind = pl.col("creating"), pl.col("updating"), pl.col("kind")
    matched, returns = _LIVE & ~pl.col("linked"), pl.col("returns")
    return [
        (_REFUSED, "skipped", "unsupported"),
        (_NONE & pl.lit(not adds), "skipped", Reason.CREATES_NOT_MAPPED),
        (_NONE & (creating == Reason.DROPPED), "skipped", Reason.DROPPED),
        (_NONE & pl.lit(facts.invitations is False), "failed", Reason.NO_INVITATIONS),
        (_NONE & creating.is_not_null(), "failed", "creating"),
        (_NONE, "create", None),
        ((_STATE == "deleted") & ~returns, "failed", Reason.DELETED_IN_TARGET),
        (updating.is_not_null() & (updating != Reason.DROPPED), "failed", "updating"),
        (returns & kind.is_not_null(), "failed", "kind"),
        (returns, "restore", None),
        (_LIVE & (updating == Reason.DROPPED), "skipped", Reason.DROPPED),
        (_LIVE & pl.lit(not updates), "skipped", Reason.UPDATES_NOT_MAPPED),
        (_LIVE & kind.is_not_null(), "failed", "kind"),
        (_LIVE & pl.col("mastered"), "failed", Reason.ON_PREMISES),
        (matched & pl.col("disables"), "disable", Reason.SAME_IDENTITY_BLOCKED),
        (matched, "match", Reason.SAME_IDENTITY),
        (_LIVE & pl.col("disables"), "disable", Reason.SIGN_IN_BLOCKED),
        (_LIVE & pl.col("changed"), "update", None),
        (_LIVE, "unchanged", None),
    ]


def _doubt(facts: Facts, newcomers: pl.DataFrame) -> pl.Expr:
    """Why it may end differently."""
    return (
        pl.when("contested")
        .then(code(Doubt.CONTESTED, DOUBT))
        .when(_REFUSED & (pl.col("unsupported") == Reason.INTERNAL_GUEST))
        .then(code(Doubt.INTERNAL_GUEST, DOUBT))
        .when(pl.lit(converted(newcomers)))
        .then(code(Doubt.CONVERTED, DOUBT))
        .when("returns")
        .then(code(Doubt.RESTORE_REMOVER if facts.removed is None else Doubt.RESTORE, DOUBT))
        .otherwise(code(None, DOUBT))
    )


def _deprovisions(link: LinkState) -> pl.Expr:
    """Whether blocking the sign-in counts towards the service's deletion threshold."""
    writes = _LIVE & pl.col("updating").is_null() & pl.lit("Update" in link.flow_types)
    return writes & pl.col("disables") & ~pl.col("mastered") & ~_REFUSED


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
