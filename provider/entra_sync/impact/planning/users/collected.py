"""What is decided for the users of each part, of all parts together: a row a user, and no attribute's values."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import polars as pl

from entra_sync.expressions import Context
from entra_sync.expressions.columns.evaluation import evaluate_mappings
from entra_sync.expressions.language.syntax import Attribute, walk
from entra_sync.impact.facts.facts import Facts
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.facts.series import falses, filled, nulls
from entra_sync.impact.facts.users import PENDING
from entra_sync.impact.planning.reasons import REASON, Reason
from entra_sync.impact.planning.users.claims import claims, unverified
from entra_sync.impact.planning.users.decisions.decide import Decisions, decide
from entra_sync.impact.planning.users.parts import Parts
from entra_sync.impact.planning.users.scope import Scoping

__all__ = ["Collected", "collect"]

_OF_EXCHANGE = ("mail", "showInAddressList")

NO_LONGER = {
    str(Reason.EVERYONE): str(Reason.NO_LONGER_EVERYONE),
    str(Reason.ASSIGNED): str(Reason.NO_LONGER_ASSIGNED),
    str(Reason.MEMBER): str(Reason.NO_LONGER_MEMBER),
}
"""What brought a user in → why the user is out when it does so no longer."""


@dataclass(frozen=True, slots=True)
class Collected:
    """The decisions for all users.

    Attributes:
        parts: The users.
        table: One row a user, in order of their ids: the columns of
            :attr:`entra_sync.impact.planning.users.decisions.decide.Decisions.table`; ``was present`` and ``present``,
            who is in scope now and then; ``same scope``: the change of the link does not change whether the user is in
            scope; ``invitation pending``: the account was invited, and the invitation is not redeemed; and
            ``exchange``, ``left before`` and ``block read``, which make the user's turn doubtful.
        arriving: Rows of the users who are in scope and looked at.
        changes: Target attribute → which of *arriving* have an account that would change.
        in_case: Target attribute → which of *arriving* have an account whose value differs in its case only, and stays.
        claims: Values that users are to get and do not have yet
            (:func:`entra_sync.impact.planning.users.claims.claims`).
        unverified: Users whose mail would be of a domain that the source has not verified
            (:func:`entra_sync.impact.planning.users.claims.unverified`).
        managers: ``person`` and ``manager``, the ids of users of the source: whose manager the mapping asks for.
    """

    parts: Parts
    table: pl.DataFrame
    arriving: pl.Series
    changes: dict[str, pl.Series]
    in_case: dict[str, pl.Series]
    claims: pl.DataFrame
    unverified: pl.DataFrame
    managers: pl.DataFrame


def collect(parts: Parts, now: LinkState | None, then: LinkState, context: Context) -> Collected:
    """Decides for all users, part by part, two parts at a time.

    Arguments and errors are those of :func:`entra_sync.impact.planning.users.decisions.decide.decide`.
    """

    def of_part(number: int) -> Collected:
        return _one(parts, decide(then, parts, parts[number], context), now, then, context)

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(of_part, range(len(parts))))
    return Collected(
        parts,
        pl.concat([each.table for each in found]),
        _joined(each.arriving for each in found),
        {target: _joined(each.changes[target] for each in found) for target in found[0].changes},
        {
            target: _joined(each.in_case.get(target, falses(each.arriving.len())) for each in found)
            for target in sorted(set().union(*(each.in_case for each in found)))
        },
        pl.concat([each.claims for each in found]),
        pl.concat([each.unverified for each in found]),
        pl.concat([each.managers for each in found]),
    )


def _one(parts: Parts, decisions: Decisions, now: LinkState | None, then: LinkState, context: Context) -> Collected:
    """What is kept of the decisions of one part."""
    scope = decisions.scope
    before = decisions.population.scoping(now) if now is not None else None
    table = decisions.table
    same = falses(table.height)
    if before is not None:
        same = (before.present == scope.present) & (before.read == scope.read)
    table = table.with_columns(
        *_reasons(table, scope, before, now, then),
        scope.present.alias("present"),
        (falses(table.height) if before is None else before.present).alias("was present"),
        same.alias("same scope"),
        (decisions.accounts["userState"] == PENDING).fill_null(False).alias("invitation pending"),
        *_doubtful(parts.facts, decisions, then, before),
    )
    return Collected(
        parts,
        table,
        decisions.arriving + decisions.part.start,
        dict(decisions.changes),
        dict(decisions.in_case),
        claims(decisions),
        unverified(decisions, parts.facts),
        _managers(then, decisions, parts, context),
    )


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


def _doubtful(
    facts: Facts, decisions: Decisions, then: LinkState, before: Scoping | None
) -> tuple[pl.Series, pl.Series, pl.Series]:
    """What makes turns of single users doubtful: the columns ``exchange``, ``left before`` and ``block read``.

    ``exchange``: the account gets another mail or place in the address list. ``left before``: the user is out of scope
    now, and the log does not show which users synchronization deleted. ``block read``: the user is blocked, while an
    expression reads ``IsSoftDeleted``.
    """
    height = decisions.table.height
    exchange = falses(decisions.arriving.len())
    for name in _OF_EXCHANGE:
        exchange = exchange | decisions.changes.get(name, falses(exchange.len()))
    reads = any(
        isinstance(node, Attribute) and node.name == "IsSoftDeleted"
        for row in then.mappings
        if row.target != "IsSoftDeleted" and row.expression is not None
        for node in walk(row.expression)
    )
    left_before = ~before.present if before is not None and facts.removed is None else falses(height)
    blocked = (~decisions.people["accountEnabled"] & decisions.scope.present) if reads else falses(height)
    return (
        falses(height).scatter(decisions.arriving, exchange).alias("exchange"),
        left_before.alias("left before"),
        blocked.alias("block read"),
    )


def _managers(link: LinkState, decisions: Decisions, parts: Parts, context: Context) -> pl.DataFrame:
    mapping = link.mappings.get("manager")
    if not parts.facts.managers or mapping is None or mapping.expression is None:
        return pl.DataFrame(schema={"person": pl.String, "manager": pl.String})
    newcomers = decisions.people[decisions.arriving]
    wanted = evaluate_mappings({"manager": mapping.expression}, newcomers, context)["manager"].values
    return pl.DataFrame({"person": newcomers["id"], "manager": wanted.replace("", None)}).drop_nulls()


def _joined(series: Iterable[pl.Series]) -> pl.Series:
    return pl.concat(list(series))
