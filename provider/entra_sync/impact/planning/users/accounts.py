"""Which account of the target belongs to which person: by the job's links, else by what the service would match.

The service finds accounts by ``alternativeSecurityIds``, which no API shows. An account that an invitation made, and
that was redeemed, has the identity of the person whose principal name it carries: the name stands for it here.
"""

from __future__ import annotations

import polars as pl

from entra_sync.impact.facts.facts import Facts
from entra_sync.impact.facts.users import PENDING, external_name, is_external

__all__ = ["ACCOUNT", "accounts"]

ACCOUNT: dict[str, pl.DataType] = {
    "account": pl.String(),
    "row": pl.UInt32(),
    "state": pl.String(),
    "linked": pl.Boolean(),
    "lost": pl.Boolean(),
    "contested": pl.Boolean(),
}
"""Columns of the answer: id of the account and its row in the target's people, both null where there is none; ``live``,
``deleted`` or ``none``; whether the job has linked it, or would only match it; whether the account that the job has
linked is gone for good; whether links are dropped that several people had to one account."""


def accounts(facts: Facts, people: pl.DataFrame, names: pl.Series, *, dropped: bool) -> pl.DataFrame:
    """The account of each of the *people*, in their order; see :data:`ACCOUNT`.

    Args:
        facts: Both tenants.
        people: Records of the source.
        names: Principal names that the mappings give in the target, null where none.
        dropped: The job's links are dropped first, as by a restart that forgets everything.
    """
    target = facts.target.people.with_row_index("row")
    linked = _linked(facts, people, target)
    if dropped:
        linked = _matched_again(facts, people, linked)
    free = (
        target.lazy()
        .filter(pl.col("deleted").is_null() & is_external() & (pl.col("userState").fill_null("") != PENDING))
        .select("row", pl.col("id").alias("account"), pl.col("userPrincipalName").alias("name"))
        .join(facts.connections.lazy(), on="account", how="anti")
        .with_columns(pl.col("name").str.to_lowercase())
        .collect()
    )
    found = linked
    for candidate in ("given", "own"):
        open_rows = (found["state"] == "none").arg_true()
        if free.height and open_rows.len():
            wanted = _given(names, open_rows) if candidate == "given" else _own(facts, people, open_rows)
            found = _fill(found, _by_name(wanted, free), open_rows)
    return found


def _given(names: pl.Series, rows: pl.Series) -> pl.Series:
    return names.gather(rows)


def _own(facts: Facts, people: pl.DataFrame, rows: pl.Series) -> pl.Series:
    names = people["userPrincipalName"].gather(rows)
    return pl.select(external_name(pl.lit(names), facts.domain)).to_series()


def _linked(facts: Facts, people: pl.DataFrame, target: pl.DataFrame) -> pl.DataFrame:
    """The accounts that the job's links lead to; a link to an account that is gone leads nowhere."""
    known = target.select("row", "deleted", pl.col("id").alias("account"))
    joined = (
        people.select(pl.col("id").alias("person"))
        .join(facts.connections, on="person", how="left", maintain_order="left")
        .join(known, on="account", how="left", maintain_order="left")
    )
    there = pl.col("row").is_not_null()
    return joined.select(
        pl.when(there).then("account").alias("account"),
        pl.col("row").cast(pl.UInt32),
        pl.when(~there)
        .then(pl.lit("none"))
        .when(pl.col("deleted").is_null())
        .then(pl.lit("live"))
        .otherwise(pl.lit("deleted"))
        .alias("state"),
        there.alias("linked"),
        (~there & pl.col("account").is_not_null()).alias("lost"),
        pl.lit(False).alias("contested"),
    )


def _by_name(names: pl.Series, free: pl.DataFrame) -> pl.DataFrame:
    wanted = pl.DataFrame({"name": names.str.to_lowercase()})
    return wanted.join(free.unique("name", keep="none"), on="name", how="left", maintain_order="left")


def _fill(found: pl.DataFrame, matched: pl.DataFrame, open_rows: pl.Series) -> pl.DataFrame:
    hit = matched["row"].is_not_null()
    rows = open_rows.filter(hit)
    return found.with_columns(
        found["account"].scatter(rows, matched["account"].filter(hit)),
        found["row"].scatter(rows, matched["row"].filter(hit).cast(pl.UInt32)),
        found["state"].scatter(rows, "live"),
    )


def _matched_again(facts: Facts, people: pl.DataFrame, linked: pl.DataFrame) -> pl.DataFrame:
    """What becomes of links that are dropped: a live account still has the identity of its last user.

    Of several who share one, that is not the person whose name it carries, as the name is that of the first; unless a
    mapping has written a name since, so with several it is a guess.
    """
    names = facts.target.people.select(pl.col("id").alias("account"), pl.col("userPrincipalName").alias("carried"))
    own = people.select(external_name(pl.col("userPrincipalName"), facts.domain).alias("name"))
    frame = linked.with_row_index("at").hstack(own).join(names, on="account", how="left", maintain_order="left")
    frame = frame.with_columns(
        (pl.col("name").str.to_lowercase() == pl.col("carried").str.to_lowercase()).fill_null(False).alias("namesake")
    )
    heirs = (
        frame.filter(pl.col("state") == "live")
        .sort("namesake", "at", descending=[True, False])
        .unique("account", keep="last", maintain_order=True)
    )
    keeps = pl.col("at").is_in(heirs["at"].implode())
    return frame.select(
        pl.when(keeps).then("account").alias("account"),
        pl.when(keeps).then("row").alias("row"),
        pl.when(keeps).then("state").otherwise(pl.lit("none")).alias("state"),
        pl.lit(False).alias("linked"),
        pl.lit(False).alias("lost"),
        ((pl.col("state") == "live") & (pl.len().over("account") > 1)).alias("contested"),
    )
