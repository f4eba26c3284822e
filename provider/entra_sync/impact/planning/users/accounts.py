"""Which account of the target belongs to which person: by the job's links, else by what the service would match.

The service finds accounts by ``alternativeSecurityIds``, which no API shows. An account that an invitation made, and
that was redeemed, has the identity of the person whose principal name it carries: the name stands for it here.
"""

from __future__ import annotations

import polars as pl

from entra_sync.impact.facts.facts import Facts
from entra_sync.impact.facts.series import falses, filled
from entra_sync.impact.facts.snapshot import Snapshot
from entra_sync.impact.facts.users import PENDING, external_name, is_external, is_nameless

__all__ = ["ACCOUNT", "connected_accounts", "free_accounts", "linked_accounts", "strange_accounts", "with_matches"]

STATE = pl.Enum(["live", "deleted", "none"])

ACCOUNT: dict[str, pl.DataType] = {
    "account": pl.String(),
    "row": pl.UInt32(),
    "state": STATE,
    "linked": pl.Boolean(),
    "lost": pl.Boolean(),
    "contested": pl.Boolean(),
    "asked": pl.Boolean(),
}
"""Columns of the answer: id of the account and its row in the target's people, both null where there is none; ``live``,
``deleted`` or ``none``; whether the job has linked it, or would only match it; whether the account that the job has
linked is gone for good; whether links are dropped that several people had to one account; whether the job itself named
the link."""


def connected_accounts(facts: Facts) -> pl.DataFrame:
    """The job's links in order of their users: ``person``, ``account``, ``asked``, and of the account ``row`` and
    ``deleted``, null where the target has no such user."""
    links = facts.connections.with_columns(_asked(facts).alias("asked"))
    known = facts.target.select("row", pl.col("deleted").is_not_null().alias("deleted"), pl.col("id").alias("account"))
    joined = links.join(known, on="account", how="left", maintain_order="left")
    return joined.rechunk() if joined["person"].is_sorted() else joined.sort("person")


def linked_accounts(facts: Facts, people: pl.Series, connected: pl.DataFrame, *, dropped: bool) -> pl.DataFrame:
    """The accounts that the job's links lead to, of the *people* in their order; see :data:`ACCOUNT`.

    Args:
        facts: Both tenants.
        people: Object ids of all users of the source, in order.
        connected: What :func:`connected_accounts` gives.
        dropped: The job's links are dropped first, as by a restart that forgets everything.
    """
    at = people.search_sorted(connected["person"])
    known = people.gather(at.set(at == people.len(), None)).eq_missing(connected["person"]).arg_true()
    link = filled(None, people.len(), pl.UInt32).scatter(at.gather(known), known)
    joined = connected.select(pl.exclude("person").gather(link))
    there = pl.col("row").is_not_null()
    linked = joined.select(
        pl.when(there).then("account").alias("account"),
        pl.col("row").cast(pl.UInt32),
        pl.when(~there)
        .then(pl.lit("none", STATE))
        .when(~pl.col("deleted"))
        .then(pl.lit("live", STATE))
        .otherwise(pl.lit("deleted", STATE))
        .alias("state"),
        there.alias("linked"),
        (~there & pl.col("account").is_not_null()).alias("lost"),
        pl.lit(False).alias("contested"),
        pl.col("asked").fill_null(False),
    )
    return _matched_again(facts, linked) if dropped else linked


def free_accounts(facts: Facts, connected: pl.DataFrame) -> pl.DataFrame:
    """Accounts that may be matched by name, each with a name of its own: ``row``, ``account``, ``name``.

    Args:
        facts: Both tenants.
        connected: What :func:`connected_accounts` gives.
    """
    found = facts.target.select(
        "row",
        pl.col("userPrincipalName").alias("name"),
        where=pl.col("deleted").is_null() & is_external() & (pl.col("userState").fill_null("") != PENDING),
    )
    taken = falses(facts.target.height).scatter(connected["row"].drop_nulls(), True)
    names = found.filter(~taken.gather(found["row"])).with_columns(pl.col("name").str.to_lowercase())
    names = names.unique("name", keep="none")
    ids = facts.target.select("row", pl.col("id").alias("account"), where=pl.col("row").is_in(names["row"].implode()))
    return names.join(ids, on="row")


def strange_accounts(facts: Facts, connected: pl.Series) -> pl.Series:
    """Accounts that the job has not linked, and that may have the identity of any user, as their names do not show it.

    Such a name is one that no user of the source has, or that of an account that was internal before it was invited
    ("Invite internal users to B2B collaboration": it keeps its name).

    Args:
        facts: Both tenants.
        connected: Rows of the target's users that the job has linked.
    """
    named = pl.col("id").is_in(list(facts.strangers)) if facts.strangers else pl.lit(False)
    live = facts.target.select("row", "id", where=pl.col("deleted").is_null() & (named | is_nameless()))
    return live.filter(~pl.col("row").is_in(connected.implode()))["id"]


def with_matches(
    linked: pl.DataFrame, free: pl.DataFrame, people: pl.DataFrame, names: pl.Series, domain: str
) -> pl.DataFrame:
    """The *linked* accounts, and for users who have none those that the service would match.

    Args:
        linked: What :func:`linked_accounts` gives for the people.
        free: What :func:`free_accounts` gives.
        people: Users of the source.
        names: Principal names that the mappings give in the target, null where none.
        domain: Initial domain of the target.
    """
    found = linked
    for candidate in ("given", "own"):
        open_rows = (found["state"] == "none").arg_true()
        if free.height and open_rows.len():
            wanted = names.gather(open_rows) if candidate == "given" else _own(people, open_rows, domain)
            found = _fill(found, _by_name(wanted, free), open_rows)
    return found


def _asked(facts: Facts) -> pl.Series:
    """Which links the job itself named."""
    people = facts.connections["person"]
    if facts.asked.equals(people):
        return people.is_not_null()
    return people.is_in(facts.asked.implode())


def _own(people: pl.DataFrame, rows: pl.Series, domain: str) -> pl.Series:
    names = people["userPrincipalName"].gather(rows)
    return pl.select(external_name(pl.lit(names), domain)).to_series()


def _by_name(names: pl.Series, free: pl.DataFrame) -> pl.DataFrame:
    wanted = pl.DataFrame({"name": names.str.to_lowercase()})
    return wanted.join(free, on="name", how="left", maintain_order="left")


def _fill(found: pl.DataFrame, matched: pl.DataFrame, open_rows: pl.Series) -> pl.DataFrame:
    hit = matched["row"].is_not_null()
    rows = open_rows.filter(hit)
    return found.with_columns(
        found["account"].scatter(rows, matched["account"].filter(hit)),
        found["row"].scatter(rows, matched["row"].filter(hit).cast(pl.UInt32)),
        found["state"].scatter(rows, pl.Series(["live"], dtype=STATE).new_from_index(0, rows.len())),
    )


def _matched_again(facts: Facts, linked: pl.DataFrame) -> pl.DataFrame:
    """What becomes of links that are dropped: a live account still has the identity of its last user.

    Of several who share one, that is not the person whose name it carries, as the name is that of the first; unless a
    mapping has written a name since, so with several it is a guess.
    """
    names = facts.target.select(pl.col("id").alias("account"), pl.col("userPrincipalName").alias("carried"))
    own = _sorted_by_id(facts.source).select(external_name(pl.col("userPrincipalName"), facts.domain).alias("name"))
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
        pl.when(keeps).then("state").otherwise(pl.lit("none", STATE)).alias("state"),
        pl.lit(False).alias("linked"),
        pl.lit(False).alias("lost"),
        ((pl.col("state") == "live") & (pl.len().over("account") > 1)).alias("contested"),
        "asked",
    )


def _sorted_by_id(source: Snapshot) -> pl.DataFrame:
    return source.select("id", "userPrincipalName").sort("id")
