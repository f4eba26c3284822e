"""The cases notice when a rule loses a condition: each mutant of each rule fails at least one of them.

A mutant is a rule's function with one part changed: a report left out, an `if` turned round or always taken or never,
a comparison turned round, an operand of `and` or `or` left out.
"""

from __future__ import annotations

import ast
import inspect
import os
import sys
import textwrap
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any
from unittest import mock

import pytest

from entra_guard import POLICIES, Rule, StackRule
from tests.policies.cases import CASES
from tests.policies.harness import BY_NAME, Case, messages


def mutants(function: Callable[..., None]) -> Iterator[tuple[str, Callable[..., None]]]:
    """Every mutant of a function, with what is changed in it."""
    source = textwrap.dedent(inspect.getsource(function))
    count = len(list(_changes(ast.parse(source))))
    for number in range(count):
        tree = ast.parse(source)
        what, change = list(_changes(tree))[number]
        change()
        yield what, _compiled(tree, function)


def _changes(tree: ast.Module) -> Iterator[tuple[str, Callable[[], None]]]:
    """Ways to change a tree in place, each with its description."""
    for node in ast.walk(tree):
        line = f"line {getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Expr) and _is_report(node.value):
            yield f"{line}: no report", lambda node=node: setattr(node, "value", ast.Constant(None))
        if isinstance(node, (ast.If, ast.IfExp)):
            original = node.test
            for name, test in (
                ("turned round", ast.UnaryOp(ast.Not(), original)),
                ("always", ast.Constant(True)),
                ("never", ast.Constant(False)),
            ):
                yield f"{line}: if {ast.unparse(original)}: {name}", lambda n=node, t=test: setattr(n, "test", t)
        if isinstance(node, ast.BoolOp):
            neutral = ast.Constant(isinstance(node.op, ast.And))
            for index, value in enumerate(node.values):
                others = [*node.values[:index], neutral, *node.values[index + 1 :]]
                yield f"{line}: without {ast.unparse(value)}", lambda n=node, o=others: setattr(n, "values", o)
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _OPPOSITES:
            operator = _OPPOSITES[type(node.ops[0])]()
            yield f"{line}: {ast.unparse(node)} turned round", lambda n=node, o=operator: setattr(n, "ops", [o])


_OPPOSITES: dict[type, type] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip


def _is_report(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "report"


def _compiled(tree: ast.Module, function: Callable[..., None]) -> Callable[..., None]:
    """The function of a changed tree, with the names of the module that it is from, and without its decorator."""
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    definition.decorator_list = []
    names: dict[str, Any] = dict(vars(sys.modules[function.__module__]))
    exec(compile(ast.fix_missing_locations(tree), function.__module__, "exec"), names)
    made: Callable[..., None] = names[definition.name]
    return made


def holds(case: Case) -> bool:
    """Whether a case finds what it expects."""
    with mock.patch.dict(os.environ, case.environment):
        try:
            return messages(case) == list(case.expected)
        except Exception:
            return False


@pytest.mark.parametrize("name", BY_NAME)
def test_cases_of_a_rule_hold_until_it_is_changed(name: str) -> None:
    """The comparison itself is sound: unchanged, every case holds."""
    assert [] == [case for case in CASES if case.rule == name and not holds(case)]


@pytest.mark.parametrize(
    ("rule", "changed", "mutant"),
    [
        pytest.param(rule, changed, mutant, id=f"{rule.name}-{changed}")
        for rule in POLICIES
        for changed, mutant in mutants(rule.condition)
    ],
)
def test_mutant_of_a_rule_is_noticed(
    rule: Rule | StackRule, changed: str, mutant: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At least one case of the rule no longer holds."""
    monkeypatch.setattr(rule, "condition", mutant)

    assert any(not holds(case) for case in CASES if case.rule == rule.name), changed


MODULES = sorted({sys.modules[rule.condition.__module__] for rule in POLICIES}, key=lambda module: module.__name__)
TRIED_ELSEWHERE = {
    # Remedies (test_remedies.py), and validators that are part of a configuration model (test_configuration.py).
    *("_with_threshold", "_with_mail", "_is_pair", "_are_forbidden", "_is_pattern"),
}
HELPERS = [
    (module, function)
    for module in MODULES
    for function in vars(module).values()
    if inspect.isfunction(function) and function.__module__ == module.__name__
]


@pytest.mark.parametrize(
    ("module", "name", "mutant"),
    [
        pytest.param(module, function.__name__, mutant, id=f"{function.__name__}-{changed}")
        for module, function in HELPERS
        for changed, mutant in mutants(function)
        if function.__name__ not in TRIED_ELSEWHERE
    ],
)
def test_mutant_of_a_helper_is_noticed(
    module: ModuleType, name: str, mutant: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At least one case of a rule beside it no longer holds; validators of configuration are part of their model."""
    monkeypatch.setattr(module, name, mutant)
    here = {rule.name for rule in POLICIES if rule.condition.__module__ == module.__name__}

    assert any(not holds(case) for case in CASES if case.rule in here)
