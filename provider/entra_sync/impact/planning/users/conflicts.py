"""Addresses and principal names of other users: who conflicts with whose account, in a cycle and in the target.

Almost all users have values that no other user has, and columns find the few who do not. Those are gone through one by
one in the order in which a cycle works, by object id, since what the first of two gets the second does not.

Rules: "User property values that have to be unique" (userPrincipalName, mail, proxyAddresses), "How to analyze the
provisioning logs" (InvitationCreationFailureAmbiguousUser, …InvalidPropertyValue, …UserAccountDisabled, EntryConflict),
"Known issues for provisioning" (two people who share a mail address end up with one account).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

import polars as pl

from entra_sync.impact.facts.facts import Facts
from entra_sync.impact.facts.snapshot import Snapshot
from entra_sync.impact.facts.users import PENDING, SMTP, is_external
from entra_sync.impact.planning.reasons import REASON, Reason
from entra_sync.impact.planning.users.claims import WRITES
from entra_sync.impact.planning.users.collected import Collected
from entra_sync.impact.planning.users.decisions.actions import ACTION

__all__ = ["Holder", "Holders", "Move", "play", "settle_values"]

Key = tuple[str, str]
"""``address`` or ``name``, and a value in lower case."""


@dataclass(slots=True)
class Move:
    """What one person's turn takes and gives back."""

    person: str
    action: str
    account: str | None
    takes: tuple[Key, ...]
    gives: tuple[Key, ...]
    mail: str = ""

    @property
    def values(self) -> set[Key]:
        """All of them."""
        return {*self.takes, *self.gives}


@dataclass(slots=True)
class _Outcome:
    action: str
    reason: Reason
    detail: str
    account: str | None = None
    shares: str | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """What has a value: an account that is there, one that was just made for a person, or with neither a group."""

    account: str | None = None
    person: str | None = None


@dataclass
class Holders:
    """Who has which value.

    ``blocked``: accounts that were invited and not redeemed, and are disabled.
    """

    by_key: dict[Key, Holder] = field(default_factory=dict)
    external: set[str] = field(default_factory=set)
    blocked: set[str] = field(default_factory=set)
    persons: dict[str, str] = field(default_factory=dict)

    def free(self, account: str, keys: Iterable[Key]) -> None:
        for key in keys:
            if self.by_key.get(key) == Holder(account):
                del self.by_key[key]


def settle_values(collected: Collected, facts: Facts, held: pl.Series) -> pl.DataFrame:
    """The decisions' table with what values that belong to others, or that no invitation takes, make of it; see
    :func:`_settled`."""
    strange = collected.unverified
    table = _settled(collected, facts, held, frozenset(strange["person"]))
    if not strange.height:
        return table
    joined = table.join(strange, on="person", how="left", maintain_order="left")
    fails = (pl.col("action") == "create") & pl.col("domain").is_not_null()
    return joined.with_columns(
        pl.when(fails).then(pl.lit("failed", ACTION)).otherwise("action").alias("action"),
        pl.when(fails).then(pl.lit(str(Reason.DOMAIN_NOT_VERIFIED), REASON)).otherwise("reason").alias("reason"),
        pl.when(fails).then("domain").otherwise("subject").alias("subject"),
        pl.when(fails).then("address").otherwise("detail").alias("detail"),
    ).select(table.columns)


def _settled(collected: Collected, facts: Facts, held: pl.Series, unverified: frozenset[str]) -> pl.DataFrame:
    """The decisions' table with what values in each other's way make of it.

    Args:
        collected: What the cycle sets out to do.
        facts: Both tenants.
        held: Whose deletion or disable the threshold holds back, so that nothing of it happens.
        unverified: Users who get no account, unless an invitation leads to one that exists.

    Returns:
        The table; ``action``, ``reason`` and ``detail`` change for users whose values collide. More columns:
        ``redeemed``: an invitation leads the user to the ``account`` that has the address; ``shares``: whose account
        the user is given as well; ``held``: as given; ``met``: how it ends depends on other users' turns;
        ``unsettled``: and one of these turns is uncertain.
    """
    decided = collected.table.with_columns(
        pl.lit(False).alias("redeemed"),
        pl.lit(None, pl.String).alias("shares"),
        held.alias("held"),
        pl.lit(False).alias("met"),
        pl.lit(False).alias("unsettled"),
    )
    table = _shared(decided)
    claims = _all_claims(collected.claims, decided, facts)
    if not claims.height:
        return table
    holdings = _holdings(facts, claims)
    met = _met(claims, holdings, facts)
    if not met.height:
        return table
    moves = list(_moves(decided, claims, holdings, met))
    table = table.with_columns(
        pl.col("person").is_in(_meeting(moves)).alias("met"),
        pl.col("person").is_in(_unsettled(moves, decided, _of(collected.parts.strange, holdings))).alias("unsettled"),
    )
    outcomes = play(moves, _holders(decided, facts, holdings, met), unverified)
    if not outcomes:
        return table
    changed = pl.DataFrame(
        {
            "person": list(outcomes),
            "new action": pl.Series([each.action for each in outcomes.values()], dtype=ACTION),
            "new reason": pl.Series([str(each.reason) for each in outcomes.values()], dtype=REASON),
            "new detail": [each.detail for each in outcomes.values()],
            "new account": pl.Series([each.account for each in outcomes.values()], dtype=pl.String),
            "new shares": pl.Series([each.shares for each in outcomes.values()], dtype=pl.String),
        }
    )
    accounts = facts.target.select(
        pl.col("id").alias("new account"),
        pl.col("row").alias("new row"),
        (pl.col("userState") == PENDING).fill_null(False).alias("new pending"),
        where=pl.col("id").is_in(changed["new account"].drop_nulls().implode()),
    )
    joined = table.join(changed, on="person", how="left", maintain_order="left").join(
        accounts, on="new account", how="left", maintain_order="left"
    )
    meets = pl.col("new action").is_not_null()
    return joined.with_columns(
        pl.coalesce("new action", "action").alias("action"),
        pl.when(meets).then("new reason").otherwise("reason").alias("reason"),
        pl.when(meets).then(None).otherwise("subject").alias("subject"),
        pl.when(meets).then("new detail").otherwise("detail").alias("detail"),
        pl.coalesce("new account", "account").alias("account"),
        pl.coalesce("new row", "row").alias("row"),
        pl.coalesce("new pending", "invitation pending").alias("invitation pending"),
        pl.col("new account").is_not_null().alias("redeemed"),
        pl.col("new shares").alias("shares"),
    ).select(table.columns)


def _shared(table: pl.DataFrame) -> pl.DataFrame:
    """People who are linked to one account: the first one that goes takes it away, and the others find it deleted."""
    rows = table["row"].drop_nulls()
    if rows.n_unique() == rows.len():
        return table
    removers = (
        table.filter((pl.col("action") == "delete") & ~pl.col("held"))
        .group_by("account")
        .agg(pl.col("person").min().alias("remover"))
    )
    joined = table.join(removers, on="account", how="left", maintain_order="left")
    too_late = (pl.col("remover") < pl.col("person")) & pl.col("action").is_in(WRITES) & ~pl.col("held")
    return joined.with_columns(
        pl.when(too_late).then(pl.lit("conflict", ACTION)).otherwise("action").alias("action"),
        pl.when(too_late).then(pl.lit(str(Reason.REMOVED_BY_SHARER), REASON)).otherwise("reason").alias("reason"),
        pl.when(too_late).then(None).otherwise("subject").alias("subject"),
        pl.when(too_late).then("remover").otherwise("detail").alias("detail"),
    ).drop("remover")


def _all_claims(written: pl.DataFrame, table: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """What is *written*, except to accounts that are held back, and what accounts that are restored bring back."""
    held = table.filter("held").select("person")
    if held.height:
        written = written.join(held, on="person", how="anti")
    restored = table.filter((pl.col("action") == "restore") & ~pl.col("held")).select("person", "account")
    if restored.height:
        returning = _values_of(facts.target, pl.col("id").is_in(restored["account"].implode()))
        back = returning.join(restored, on="account").select(written.columns)
        written = pl.concat([written, back])
    return written.unique()


def _holdings(facts: Facts, claims: pl.DataFrame) -> pl.DataFrame:
    """Which live accounts of the target have values that are claimed: ``account``, ``kind``, ``value``."""
    return _values_of(facts.target, pl.col("deleted").is_null(), claims)


def _values_of(target: Snapshot, whose: pl.Expr, claims: pl.DataFrame | None = None) -> pl.DataFrame:
    """The values that some users have, all of them or those that are claimed."""
    claimed = None if claims is None else claims["value"].unique().implode()
    value = pl.col("value")
    found = []
    for kind, name in (("name", "userPrincipalName"), ("address", "mail"), ("address", "proxyAddresses")):
        wanted = (value != "") if claimed is None else value.is_in(claimed)
        if name == "proxyAddresses":
            column = target.select("row", pl.col(name).alias("value"), where=whose)
            column = column.explode("value", empty_as_null=False).with_columns(value.str.to_lowercase())
            column = column.filter(value.str.starts_with(SMTP)).with_columns(value.str.slice(len(SMTP))).filter(wanted)
        else:
            column = target.select("row", pl.col(name).str.to_lowercase().alias("value"), where=whose).filter(wanted)
        found.append(column.select("row", pl.lit(kind).alias("kind"), "value"))
    values = pl.concat(found).unique()
    listed = pl.col("row").is_in(values["row"].unique().implode())
    ids = target.select("row", pl.col("id").alias("account"), where=listed)
    return values.join(ids, on="row").select("account", "kind", "value")


def _met(claims: pl.DataFrame, holdings: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """The values that more than one wants, or that another user has: ``kind``, ``value``."""
    keys = ["kind", "value"]
    several = claims.group_by(keys).len().filter(pl.col("len") > 1).select(keys)
    held = claims.join(holdings, on=keys, how="inner", suffix=" held")
    others = held.filter(pl.col("account").ne_missing(pl.col("account held"))).select(keys)
    groups = claims.filter((pl.col("kind") == "address") & pl.col("value").is_in(sorted(facts.group_addresses)))
    return pl.concat([several, others, groups.select(keys)]).unique()


def _moves(table: pl.DataFrame, claims: pl.DataFrame, holdings: pl.DataFrame, met: pl.DataFrame) -> Iterator[Move]:
    """The turns of all users who want, have or give back one of the values, in order of their ids."""
    keys = ["kind", "value"]
    wanted = claims.join(met, on=keys, how="semi")
    had = holdings.join(met, on=keys, how="semi")
    involved = table.filter(
        pl.col("person").is_in(wanted["person"].implode()) | pl.col("account").is_in(had["account"].implode())
    )
    takes = _grouped(wanted, "person")
    claimed = _grouped(claims.join(involved.select("person"), on="person", how="semi"), "person")
    gives = _grouped(had, "account")
    for row in involved.sort("person").iter_rows(named=True):
        person, account, action = row["person"], row["account"], row["action"]
        if row["held"] or action not in (*WRITES, "delete"):
            continue
        owned = gives.get(account, ()) if account else ()
        wants, claim = takes.get(person, ()), claimed.get(person, ())
        kinds = {kind for kind, _ in claim}
        given = owned if action == "delete" else tuple(key for key in owned if key[0] in kinds and key not in wants)
        mail = next((value for kind, value in claim if kind == "address"), "")
        yield Move(person, action, account, tuple(wants), given, mail)


def _meeting(moves: Iterable[Move]) -> list[str]:
    """Users whose turn takes or gives back a value that another user's turn takes or gives back, or whose account is
    another user's as well."""
    keys = {move.person: {*move.values, ("account", move.account or move.person)} for move in moves}
    turns = Counter(key for each in keys.values() for key in each)
    return [person for person, each in keys.items() if any(turns[key] > 1 for key in each)]


def _unsettled(moves: Collection[Move], table: pl.DataFrame, strange: set[Key]) -> list[str]:
    """Users of whose values another user, whose turn is uncertain, wants or has one, or who want one of the *strange*
    values: those of accounts that may be anybody's."""
    unsure = set(table.filter(pl.col("uncertain").is_not_null())["person"])
    keys = strange.union(*(move.values for move in moves if move.person in unsure))
    return [move.person for move in moves if move.person not in unsure and keys & move.values]


def _of(accounts: pl.Series, holdings: pl.DataFrame) -> set[Key]:
    """The values that some accounts have."""
    held = holdings.filter(pl.col("account").is_in(accounts.implode()))
    return set(held.select("kind", "value").iter_rows())


def _grouped(frame: pl.DataFrame, by: str) -> dict[str, tuple[Key, ...]]:
    found: dict[str, list[Key]] = {}
    for name, kind, value in frame.select(by, "kind", "value").iter_rows():
        found.setdefault(name, []).append((kind, value))
    return {name: tuple(keys) for name, keys in found.items()}


def _holders(table: pl.DataFrame, facts: Facts, holdings: pl.DataFrame, met: pl.DataFrame) -> Holders:
    had = holdings.join(met, on=["kind", "value"], how="semi")
    holders = Holders(
        {(kind, value): Holder(account) for account, kind, value in had.select("account", "kind", "value").iter_rows()}
    )
    for value in met.filter(pl.col("kind") == "address")["value"]:
        if value in facts.group_addresses:
            holders.by_key.setdefault(("address", value), Holder())
    accounts = facts.target.select(
        "id",
        is_external().alias("external"),
        ((pl.col("userState") == PENDING).fill_null(False) & ~pl.col("accountEnabled").fill_null(True)).alias(
            "blocked"
        ),
        where=pl.col("id").is_in(had["account"].implode()),
    )
    holders.external = set(accounts.filter("external")["id"])
    holders.blocked = set(accounts.filter("blocked")["id"])
    manages = pl.col("linked") | pl.col("action").is_in([*WRITES, "unchanged"])
    owners = table.filter(pl.col("account").is_in(had["account"].implode()) & manages)
    holders.persons = dict(owners.select("account", "person").iter_rows())
    return holders


def play(moves: Iterable[Move], holders: Holders, unverified: frozenset[str]) -> dict[str, _Outcome]:
    """Goes through the turns; tells only those that end otherwise than they were meant to."""
    outcomes: dict[str, _Outcome] = {}
    for move in moves:
        if move.action == "delete":
            holders.free(str(move.account), move.gives)
            continue
        outcome = _invite(move, holders, unverified) if move.action == "create" else _change(move, holders)
        if outcome is not None:
            outcomes[move.person] = outcome
    return outcomes


def _invite(move: Move, holders: Holders, unverified: frozenset[str]) -> _Outcome | None:
    """An invitation: the address of an external user leads to their account."""
    holder = holders.by_key.get(("address", move.mail)) if move.mail else None
    if holder is not None:
        account, other = holder.account, holder.person
        if account is None and other is None:
            return _Outcome("conflict", Reason.MAIL_OF_GROUP, move.mail)
        if account is not None:
            other = holders.persons.get(account)
        if other is not None:
            return _Outcome("conflict", Reason.SHARED_MAIL, move.mail, account, other)
        if account not in holders.external:
            return _Outcome("conflict", Reason.MAIL_OF_MEMBER, move.mail)
        if account in holders.blocked:
            return _Outcome("failed", Reason.INVITED_AND_BLOCKED, move.mail)
        return _Outcome("match", Reason.INVITED, move.mail, account)
    if move.person in unverified:
        return None  # no account is made, so no value is taken
    for kind, value in move.takes:
        if kind == "name" and ("name", value) in holders.by_key:
            return _Outcome("conflict", Reason.NAME_TAKEN, value)
    for key in move.takes:
        holders.by_key[key] = Holder(person=move.person)
    return None


def _change(move: Move, holders: Holders) -> _Outcome | None:
    account = str(move.account)
    mine = Holder(account)
    holders.external.add(account)
    holders.persons[account] = move.person
    for key in move.takes:
        if holders.by_key.get(key, mine) != mine:
            what = Reason.MAIL_TAKEN if key[0] == "address" else Reason.NAME_TAKEN
            return _Outcome("conflict", what, key[1])
    for key in move.takes:
        holders.by_key[key] = mine
    holders.free(account, move.gives)
    return None
