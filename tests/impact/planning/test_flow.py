"""Values that an expression cannot make: what the plan tells of the user, and what the cycle does."""

from __future__ import annotations

from typing import Any

import pytest

from entra_sync.expressions import AttributeMapping, Mappings, expr
from tests.impact.planning.worlds import synchronized, user
from tests.impact.world import World

JSON = Any


@pytest.fixture(scope="module")
def built() -> World:
    """Two tenants of the global cloud."""
    return World.build("global")


FAILS = "Mid([displayName], 0, 1)"
"""Positions are counted from 1, so there is no value."""


def before_and_after(built: World, row: dict[str, JSON]) -> tuple[list[JSON], JSON, JSON]:
    """Plans a mapping and runs a cycle with it, for one user who has an account and one who has none.

    Returns:
        What the plan tells of the two, and the accounts before and after the cycle.
    """
    built.reset()
    users = [user(built, "ada", 1)]
    synchronized(built, *users)
    users.append(user(built, "bob", 2))
    built.assign(users)
    mappings = Mappings((AttributeMapping(**row),))
    rows = {each["person"]: each for each in built.plan(built.then(mappings=mappings)).people.iter_rows(named=True)}
    before = built.accounts()
    built.schema(mappings, None)
    built.cycle()
    return [tuple(rows[id][name] for name in ("action", "reason", "subject")) for id in users], before, built.accounts()


@pytest.mark.parametrize(
    ("row", "ada", "bob"),
    [
        (
            {"target": "department", "source": expr(FAILS)},
            ("failed", "no-value", "department"),
            ("failed", "no-value", "department"),
        ),
        (
            {"target": "department", "source": expr(FAILS), "apply": "onCreate"},
            ("unchanged", None, None),
            ("failed", "no-value", "department"),
        ),
        (
            {"target": "accountEnabled", "source": expr("[displayName]")},
            ("failed", "not-boolean", "accountEnabled"),
            ("failed", "not-boolean", "accountEnabled"),
        ),
    ],
    ids=["at each change", "only when an account is made", "a value of another type"],
)
def test_a_user_fails_if_a_value_that_is_to_be_written_cannot_be_made(
    built: World, row: dict[str, JSON], ada: JSON, bob: JSON
) -> None:
    """A user who has an account keeps it as it is, and one who has none gets none."""
    planned, before, accounts = before_and_after(built, row)

    assert [ada, bob] == planned
    assert before == accounts


def test_an_expression_that_ignores_the_user_leaves_both_users_out(built: World) -> None:
    row = {"target": "department", "source": expr("IgnoreObjectFlow")}
    planned, before, accounts = before_and_after(built, row)

    assert [("skipped", "dropped-by-expression", None)] * 2 == planned
    assert before == accounts


def test_an_expression_that_ignores_the_attribute_leaves_no_user_out(built: World) -> None:
    row = {"target": "department", "source": expr("IgnoreAttributeFlow")}
    planned, before, accounts = before_and_after(built, row)

    assert ["unchanged", "create"] == [action for action, *_ in planned]
    assert len(before) + 1 == len(accounts)
