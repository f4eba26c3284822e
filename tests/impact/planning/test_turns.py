"""Users in each other's way, turn by turn: who gets an address or a name that several want, or that is taken."""

from __future__ import annotations

from typing import Any

import pytest

from entra_sync.impact.planning.users.conflicts import Holder, Holders, Move, play

A, B, N = ("address", "a@x"), ("address", "b@x"), ("name", "n@x")


def new(person: str, *takes: tuple[str, str], mail: str = "a@x") -> Move:
    """A user who gets an account."""
    return Move(person, "create", None, takes or (A,), (), mail)


def change(person: str, account: str, takes: Any = (), gives: Any = ()) -> Move:
    """A user whose account changes."""
    return Move(person, "update", account, tuple(takes), tuple(gives))


def delete(account: str, *gives: tuple[str, str]) -> Move:
    """An account that goes."""
    return Move("gone", "delete", account, (), gives)


def held(*persons: tuple[str, str], external: Any = (), blocked: Any = (), **keys: str) -> Holders:
    """Accounts by the value that they have: ``a``, ``b`` and ``n`` are the values above; a group has no account."""
    by_key = {
        {"a": A, "b": B, "n": N}[name]: Holder(None if account == "group" else account)
        for name, account in keys.items()
    }
    return Holders(by_key, set(external), set(blocked), dict(persons))


@pytest.mark.parametrize(
    ("moves", "holders", "expected"),
    [
        ([new("p")], held(), {}),
        ([new("p", mail="")], held(a="x"), {}),
        ([new("p"), new("q")], held(), {"q": "conflict shared-mail a@x None p"}),
        ([new("p"), new("q", B, mail="b@x")], held(), {}),
        ([new("p")], held(a="group"), {"p": "conflict mail-of-group a@x None None"}),
        ([new("p")], held(a="x"), {"p": "conflict mail-of-member a@x None None"}),
        ([new("p")], held(a="x", external=["x"]), {"p": "match invited a@x x None"}),
        ([new("p")], held(a="x", external=["x"], blocked=["x"]), {"p": "failed invited-and-blocked a@x None None"}),
        ([new("p")], held(("x", "q"), a="x", external=["x"]), {"p": "conflict shared-mail a@x x q"}),
        ([new("p", N)], held(n="x"), {"p": "conflict name-taken n@x None None"}),
        ([new("p", N)], held(), {}),
        ([new("p", N, A)], held(b="x"), {}),
        ([new("p", B)], held(b="x"), {}),
        ([delete("x", A), new("p")], held(a="x"), {}),
        ([delete("y", A), new("p")], held(a="x"), {"p": "conflict mail-of-member a@x None None"}),
        ([delete("x", B), new("p")], held(a="x"), {"p": "conflict mail-of-member a@x None None"}),
        ([change("p", "x", [A])], held(), {}),
        ([change("p", "x", [A])], held(a="x"), {}),
        ([change("p", "x", [A])], held(a="y"), {"p": "conflict mail-taken a@x None None"}),
        ([change("p", "x", [N])], held(n="y"), {"p": "conflict name-taken n@x None None"}),
        ([change("p", "x", [A]), change("q", "y", [A])], held(), {"q": "conflict mail-taken a@x None None"}),
        ([change("p", "x", [B], [A]), change("q", "y", [A])], held(a="x"), {}),
        ([change("p", "x", [B], [A]), change("q", "y", [A])], held(a="x", b="z"),
         {"p": "conflict mail-taken b@x None None", "q": "conflict mail-taken a@x None None"}),
        ([change("p", "x"), new("q")], held(a="x"), {"q": "conflict shared-mail a@x x p"}),
        ([change("p", "x", [A]), new("q")], held(), {"q": "conflict shared-mail a@x x p"}),
    ],
)  # fmt: skip
def test_each_turn_ends_as_the_ones_before_it_leave_the_values(
    moves: list[Move], holders: Holders, expected: dict[str, str]
) -> None:
    """The first of two gets what the second does not; a value that was given back is free."""
    found = play(moves, holders, frozenset())

    assert expected == {
        person: f"{each.action} {each.reason} {each.detail} {each.account} {each.shares}"
        for person, each in found.items()
    }


def test_a_user_of_an_unverified_domain_takes_no_value() -> None:
    """No account is made for one."""
    assert {} == play([new("p"), new("q")], held(), frozenset({"p"}))
