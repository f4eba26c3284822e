"""``entra-sync evaluate`` and ``entra-sync explain``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from entra_sync.cli.expressions.mappings import register
from entra_sync.errors import ConfigurationError, ExpressionError
from tests.expressions.case_files import CASES


def run(*arguments: str, given: str | None = None) -> Result:
    app = typer.Typer()
    register(app)
    return CliRunner().invoke(app, list(arguments), input=given)


def lines(result: Result) -> list[Any]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_evaluate_prints_one_json_line() -> None:
    """The result as canonical text, letters as they are; open questions go to standard error."""
    result = run("evaluate", "Left([givenName], 2) & [n]", "--input", '{"givenName": "Åsa", "n": 7}')

    assert [{"result": "Ås7"}] == lines(result)
    assert "Ås7" in result.stdout
    assert "(concatenation)\n" in result.stderr


def test_cases_name_each_open_question_once(tmp_path: Path) -> None:
    """With the cases that it is about, on standard error; each case has its one line."""
    texts = ["SingleAppRoleAssignment([roles])", "[city]", "SingleAppRoleAssignment([roles])", "Left("]
    path = tmp_path / "cases.json"
    path.write_text(
        json.dumps([{"id": n, "expression": text, "input": {"roles": ["A", "B"]}} for n, text in enumerate(texts)])
    )
    result = run("evaluate", "--cases", str(path))
    notes = [line for line in result.stderr.splitlines() if "(form-of-roles)" in line]

    assert 4 == len(lines(result))
    assert 1 == len(notes)
    assert notes[0].endswith("Cases: 0, 2")


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("IgnoreFlowIfNullOrEmpty([a])", {"flow": "ignore-attribute"}),
        ("IgnoreObjectFlow", {"flow": "ignore-object"}),
        ("[a]", {"result": None}),
        ('Split("a,b", ",")', {"result": ["a", "b"]}),
        ("IsNull([a])", {"result": "True"}),
        ("Now()", {"result": "7/30/2025 12:00:00 AM"}),
    ],
)
def test_kinds_of_results(expression: str, answer: dict[str, Any]) -> None:
    """Lists, null, Booleans and ignored flows can be told apart."""
    assert [answer] == lines(run("evaluate", expression, "--now", "2025-07-30"))


def test_input_from_a_file(tmp_path: Path) -> None:
    """--input may name a file."""
    path = tmp_path / "ada.json"
    path.write_text('{"mail": "ada@contoso.com"}')

    assert [{"result": "ada"}] == lines(run("evaluate", 'Word([mail], 1, "@")', "--input", str(path)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["evaluate"], "give either an expression or --cases"),
        (["evaluate", "Now()", "--now", "noon"], "'noon' is not an instant such as 2025-07-30T00:00:00Z"),
        (["evaluate", "[a]", "--input", "{"], "--input is not JSON"),
        (["evaluate", "[a]", "--input", "missing.json"], "missing.json: No such file or directory"),
        (["evaluate", "--cases", "missing.json"], "missing.json: No such file or directory"),
    ],
)
def test_wrong_arguments_are_told_in_one_line(arguments: list[str], message: str) -> None:
    """What is wrong and where."""
    error = run(*arguments).exception

    assert isinstance(error, ConfigurationError)
    assert message in str(error)


def test_evaluation_errors_point_at_the_part() -> None:
    """The same error that Python callers get."""
    error = run("evaluate", "CDate([d])", "--input", '{"d": "soon"}').exception

    assert isinstance(error, ExpressionError)
    assert 'CDate([d])\n^^^^^^^^^^ CDate: takes a date and time: "soon" is not a date and time' == error.pointed()


def test_every_published_case_has_a_line() -> None:
    """A file of cases gives as many lines, with the ids in order."""
    path = CASES / "expressions.json"
    cases = json.loads(path.read_text(encoding="utf-8"))["cases"]

    answers = lines(run("evaluate", "--cases", str(path)))

    assert [case["id"] for case in cases] == [answer["id"] for answer in answers]
    graded = {
        case["id"]: str(case["expect"]) for case in cases if case["kind"] == "value" and isinstance(case["expect"], str)
    }
    assert graded == {answer["id"]: answer["result"] for answer in answers if answer["id"] in graded}


def test_strange_cases_do_not_cost_the_others_their_lines() -> None:
    """Whatever is in a case, it has its line and so has the next."""
    cases = [
        {"id": 1, "expression": 'Append([a], "\ud800")', "input": {"a": "\udc00"}},
        {"id": 2},
        {"id": 3, "expression": "[a]", "input": [1]},
        {"id": 4, "expression": "ToLower([a])", "input": {"a": 1.5}},
        {"id": 5, "expression": "Now()", "now": 7},
        {"id": 6, "expression": "Now()", "taken": 5},
        {"id": 7, "expression": "Left([a]"},
        {"id": 8, "expression": "Not(" * 5000},
        {"id": 9, "expression": 'Replace([a], , "(b*)*\\\\1c", , "")', "input": {"a": "b" * 99}},
        {"id": 10, "expression": "SelectUniqueValue([a], [b])", "input": {"a": "x", "b": "y"}, "taken": ["X", "y"]},
        {"id": 11, "expression": "Now()", "now": "2025-07-30T00:00:00Z"},
    ]

    answers = lines(run("evaluate", "--cases", "-", given=json.dumps(cases)))

    assert list(range(1, 12)) == [answer["id"] for answer in answers]
    assert {"id": 1, "result": "��"} == answers[0]
    assert all(set(answer) == {"id", "error"} for answer in answers[1:10])
    assert {"id": 11, "result": "7/30/2025 12:00:00 AM"} == answers[10]


def test_explain_shows_the_tree() -> None:
    """Functions with their parameters' names, without values."""
    result = run("explain", 'IIF([a] = "1", Left([b], 2), "x")')

    assert [
        "IIF",
        "├── condition: =",
        "│   ├── [a]",
        '│   └── "1"',
        "├── valueIfTrue: Left",
        "│   ├── String: [b]",
        "│   └── NumChars: 2",
        '└── valueIfFalse: "x"',
    ] == result.stdout.splitlines()[:8]


def test_explain_shows_each_steps_value() -> None:
    """With an input every computed part has its value, and what was not needed is marked."""
    result = run("explain", 'IIF([a] = "1", Left([b], 2), Split([c]))', "--input", '{"a": "2", "c": "x,y"}')

    assert [
        'IIF → ["x", "y"]',
        '├── condition: = → "False"',
        '│   ├── [a] → "2"',
        '│   └── "1"',
        "├── valueIfTrue: Left (not computed)",
        "│   ├── String: [b] (not computed)",
        "│   └── NumChars: 2",
        '└── valueIfFalse: Split → ["x", "y"]',
        '    └── source: [c] → "x,y"',
        'result: ["x", "y"]',
    ] == result.stdout.splitlines()[:10]


def test_explain_shows_how_far_a_failing_evaluation_came() -> None:
    """The tree is printed before the error."""
    result = run("explain", "ToUpper(CDate([d]))", "--input", '{"d": "soon"}')

    assert ["ToUpper (not computed)", "└── source: CDate (not computed)", '    └── expression: [d] → "soon"'] == (
        result.stdout.splitlines()[:3]
    )
    assert isinstance(result.exception, ExpressionError)
