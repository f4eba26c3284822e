"""Assertions are written in one way: what is expected stands first."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("assert 3 == len(found)", []),
        ("assert len(found) == 3", [1]),
        ("assert found == [('a', 1)]", [1]),
        ("assert found == expected", []),
        ("assert 1 < 2", []),
    ],
)
def test_an_assertion_the_other_way_round_is_found(code: str, lines: list[int]) -> None:
    assert lines == list(_reversed(ast.parse(code)))


def test_what_is_expected_stands_first() -> None:
    """Python's own way to show a failed assertion then says what differs from what was expected."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(TESTS.rglob("*.py"))}
    assert [] == [f"{path.relative_to(TESTS)}:{line}" for path, tree in trees.items() for line in _reversed(tree)]


def _reversed(tree: ast.AST) -> Iterator[int]:
    """Lines of assertions that compare a computed value with a literal, and not the literal with the value."""
    for node in ast.walk(tree):
        match node:
            case ast.Assert(test=ast.Compare(left=left, ops=[ast.Eq()], comparators=[right])):
                if _is_literal(right) and not _is_literal(left):
                    yield node.lineno


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except ValueError:
        return False
    return True
