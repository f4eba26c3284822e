"""What can happen to a person, and the choice of the first case that is true."""

from __future__ import annotations

import polars as pl

from entra_sync.impact.planning.reasons import REASON, Doubt, Reason

__all__ = ["ACTION", "ACTIONS", "DECIDED", "Case", "code", "decided"]

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

Case = tuple[pl.Expr, str, Reason | str | None]
"""When it is true; the action; its reason, or the prefix of the columns that have the reason."""


def decided(cases: list[Case]) -> list[pl.Expr]:
    """Action, reason, subject and detail by the first case that is true."""
    nothing = pl.lit(None, pl.String)

    def column(kind: str, reason: Reason | str | None) -> pl.Expr:
        if reason is None or isinstance(reason, Reason):
            return code(reason, REASON) if kind == "reason" else nothing
        return pl.col(reason if kind == "reason" else f"{reason} {kind}")

    return [
        _when([(condition, pl.lit(action, ACTION)) for condition, action, _ in cases]).alias("action"),
        *(
            _when([(condition, column(kind, reason)) for condition, _, reason in cases]).alias(kind)
            for kind in ("reason", "subject", "detail")
        ),
    ]


def code(code: Reason | Doubt | None, kind: pl.Enum) -> pl.Expr:
    return pl.lit(None if code is None else str(code), kind)


def _when(cases: list[tuple[pl.Expr, pl.Expr]]) -> pl.Expr:
    """The value of the first case that is true."""
    (condition, value), *others = cases
    chain = pl.when(condition).then(value)
    for condition, value in others:
        chain = chain.when(condition).then(value)  # type: ignore[assignment]
    return chain.otherwise(None)
