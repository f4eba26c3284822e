"""What the next cycle does with people who are not in scope."""

from __future__ import annotations

import polars as pl

from entra_sync.expressions import Context
from entra_sync.impact.facts.facts import Facts
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.facts.series import falses
from entra_sync.impact.facts.users import PURGED
from entra_sync.impact.planning.reasons import DOUBT, REASON, Doubt, Reason, Reasons
from entra_sync.impact.planning.users.decisions.actions import DECIDED, Case, code, decided
from entra_sync.impact.planning.users.flow import is_true
from entra_sync.impact.planning.users.parts import Rows
from entra_sync.impact.planning.users.scope import Scoping

__all__ = ["leaving"]


def leaving(
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
    cases: list[Case] = [
        (pl.col("given up"), "skipped", Reason.DEPROVISIONED),
        (stays, "skipped", Reason.STAYS_DISABLED),
        (has & may_delete, "delete", "why"),
        (pl.lit(True), "skipped", "why"),
    ]
    found = frame.with_columns(
        *decided(cases),
        pl.when(unmanaged)
        .then(code(Reason.UNMANAGED, REASON))
        .when(has & ~stays & ~pl.col("given up") & ~may_delete)
        .then(code(Reason.DELETES_NOT_MAPPED, REASON))
        .otherwise(code(None, REASON))
        .alias("kept"),
        pl.when(has & ~pl.col("asked"))
        .then(code(Doubt.INFERRED, DOUBT))
        .otherwise(code(None, DOUBT))
        .alias("uncertain"),
    )
    return found.with_columns((pl.col("action") == "delete").alias("deprovisions")).select(*table.columns, *DECIDED)
