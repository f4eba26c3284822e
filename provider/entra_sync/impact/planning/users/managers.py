"""Managers: a reference resolves if the manager has an account by the end of the cycle.

Rules: "What is cross-tenant synchronization?" (manager: both users must be in scope; within the global cloud only;
users are not updated when their manager comes into scope later; taking a manager away does not clear it).
"""

from __future__ import annotations

import polars as pl

from entra_sync.impact.facts.facts import Facts
from entra_sync.impact.planning.reasons import DOUBT, Doubt
from entra_sync.impact.planning.users.collected import Collected
from entra_sync.impact.planning.users.decisions.actions import ACTION

__all__ = ["settle_managers", "with_doubtful_managers"]

_KEEPS_ACCOUNT = ("create", "match", "restore", "update", "disable", "unchanged")

_ONE_OR_THE_OTHER = (Doubt.STRANGERS, Doubt.IDENTITY, Doubt.EXCHANGE)
"""Doubts of a manager who has an account in any case."""

_WHETHER = (Doubt.ESCROWED, Doubt.GONE_INCREMENTAL, Doubt.INCREMENTAL, Doubt.UNNAMED, Doubt.SMS)
"""Doubts that leave open only when a user's turn comes, or whether it does, so that one about what it does counts for
more."""


def settle_managers(collected: Collected, facts: Facts, table: pl.DataFrame) -> pl.DataFrame:
    """The table with two columns more: ``new manager``, the manager that the cycle sets, as the id of the
    source user, and ``old manager``, as the id of an account. Both are null where nothing changes.

    A user who was ``unchanged`` except for the manager is ``update``.
    """
    asks, nothing = collected.managers, pl.lit(None, pl.String)
    if not asks.height:
        return table.with_columns(nothing.alias("new manager"), nothing.alias("old manager"))
    theirs = table.select(
        pl.col("person").alias("manager"),
        pl.col("account").alias("manager account"),
        pl.col("action").alias("manager action"),
        pl.col("linked").alias("manager linked"),
        pl.col("state").alias("manager state"),
        pl.col("held").alias("manager held"),
        pl.col("shares").is_not_null().alias("manager shares"),
    )
    current = facts.target.select(pl.col("id").alias("account"), pl.col("manager").alias("old manager"))
    done = ~pl.col("manager held")
    goes = done & (pl.col("manager action") == "delete")
    had = pl.col("manager linked") & (pl.col("manager state") == "live") & ~goes
    comes = done & (pl.col("manager action").is_in(_KEEPS_ACCOUNT) | pl.col("manager shares"))
    settled = (
        table.select("person", "account", "action", "held")
        .filter(pl.col("action").is_in(_KEEPS_ACCOUNT) & ~pl.col("held"))
        .join(asks, on="person")
        .join(theirs, on="manager")
        .filter(had | comes)
        .join(current, on="account", how="left")
        .sort("person")
        .with_columns(_manager_before())
        .filter(pl.col("old manager").ne_missing(pl.col("manager account")) | pl.col("manager account").is_null())
        .select("person", pl.col("manager").alias("new manager"), "old manager")
    )
    joined = table.join(settled, on="person", how="left", maintain_order="left")
    only_manager = pl.col("new manager").is_not_null() & (pl.col("action") == "unchanged")
    return joined.with_columns(pl.when(only_manager).then(pl.lit("update", ACTION)).otherwise("action").alias("action"))


def with_doubtful_managers(collected: Collected, facts: Facts, table: pl.DataFrame) -> pl.DataFrame:
    """The table in which users are uncertain whose manager may or may not have an account by the end of the cycle.

    A manager whose live account stays has one for sure. Of a deleted account Graph does not show whose manager it is.
    No page says whether an account that was only matched counts if the manager's own turn fails.
    """
    if not collected.managers.height:
        return table
    stays = pl.col("linked") & (pl.col("state") == "live") & (pl.col("action") != "delete")
    unsure = pl.col("uncertain").is_not_null() & ~pl.col("uncertain").is_in([str(each) for each in _ONE_OR_THE_OTHER])
    fails = ~pl.col("linked") & (pl.col("state") == "live") & pl.col("action").is_in(["conflict", "failed"])
    managers = table.filter((unsure & ~stays) | fails).select(
        pl.col("person").alias("manager"), pl.col("account").alias("manager account")
    )
    if not managers.height:
        return table
    current = facts.target.select(pl.col("id").alias("account"), pl.col("manager").alias("has"))
    people = (
        collected.managers.join(managers, on="manager")
        .join(table.select("person", "account"), on="person")
        .join(current, on="account", how="left")
        .filter(pl.col("has").ne_missing(pl.col("manager account")) | pl.col("has").is_null())["person"]
    )
    open_yet = pl.col("uncertain").is_null() | pl.col("uncertain").is_in([str(each) for each in _WHETHER])
    doubtful = (
        pl.col("person").is_in(people.implode()) & pl.col("action").is_in(_KEEPS_ACCOUNT) & ~pl.col("held") & open_yet
    )
    doubt = pl.lit(str(Doubt.MANAGER), DOUBT)
    return table.with_columns(pl.when(doubtful).then(doubt).otherwise("uncertain").alias("uncertain"))


def _manager_before() -> pl.Expr:
    """The manager that an account has before a user's turn: of an account that several users share, the one that the
    user before has asked for."""
    earlier = pl.col("manager account").shift(1).over("account")
    first = pl.int_range(pl.len()).over("account") == 0
    return pl.when(first | pl.col("account").is_null()).then("old manager").otherwise(earlier).alias("old manager")
