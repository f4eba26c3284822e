"""Expressions as Graph's attributeMappingSource, and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from entra_sync.errors import ExpressionError
from entra_sync.expressions import FUNCTIONS, Expression, from_source, parse, to_source
from entra_sync.expressions.language.syntax import MAX_DEPTH, Number, Text
from tests.expressions.generated import expressions, parsed


def attribute(name: str) -> dict[str, Any]:
    return {"expression": f"[{name}]", "name": name, "parameters": [], "type": "Attribute"}


def constant(value: str) -> dict[str, Any]:
    return {"expression": f'"{value}"', "name": value, "parameters": [], "type": "Constant"}


def test_the_documented_sample() -> None:
    """The answer of parseExpression on its page: parameters left out have no entry, the text keeps their commas."""
    assert {
        "expression": 'Replace([preferredLanguage], "-", , , "_", , )',
        "name": "Replace",
        "parameters": [
            {"key": "source", "value": attribute("preferredLanguage")},
            {"key": "Find", "value": constant("-")},
            {"key": "Replacement", "value": constant("_")},
        ],
        "type": "Function",
    } == to_source(parse('Replace([preferredLanguage], "-", , , "_", ,  )'))


def test_numbers_are_constants_of_text() -> None:
    """The outer text shows the bare number, the constant inside a quoted one."""
    source = to_source(parse("Mid([a], 1, 8)"))

    assert ("Mid([a], 1, 8)", constant("8")) == (source["expression"], source["parameters"][2]["value"])


def test_repeated_parameters_repeat_their_key() -> None:
    """Join's sources and Switch's keys and values stand under one key each."""
    join = to_source(parse('Join("-", [a], [b])'))
    switch = to_source(parse('Switch([a], , "1", "x", "2", "y")'))

    assert ["separator", "source", "source"] == [pair["key"] for pair in join["parameters"]]
    assert ["source", *["switchValue"] * 4] == [pair["key"] for pair in switch["parameters"]]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (attribute("mail"), "[mail]"),
        ({"name": "mail"}, "[mail]"),
        ({"type": "Attribute", "expression": "[mail]", "name": None}, "[mail]"),
        (constant("Member"), '"Member"'),
        ({"type": "Function", "name": "Now", "expression": None, "parameters": []}, "Now()"),
        (
            {
                "type": "Function",
                "name": "Mid",
                "expression": "",
                "parameters": [
                    {"key": "start", "value": constant("1")},
                    {"key": "source", "value": attribute("a")},
                    {"key": "length", "value": constant("8")},
                ],
            },
            'Mid([a], "1", "8")',
        ),
        (
            {
                "type": "Function",
                "name": "Replace",
                "expression": "Replace([other])",  # says something else than the parameters, which count
                "parameters": [
                    {"key": "source", "value": attribute("a")},
                    {"key": "Template", "value": constant("t")},
                    {"key": "Find", "value": constant("f")},
                ],
            },
            'Replace([a], "f", , , , , "t")',
        ),
        ({"type": "Function", "name": "Left", "expression": "Left([a], 2)", "parameters": None}, "Left([a], 2)"),
    ],
)
def test_sources_are_read_by_their_parameters(source: dict[str, Any], text: str) -> None:
    """Keys decide the places; the text counts only where it says the same, or where there are no parameters."""
    assert text == str(from_source(source))


@pytest.mark.parametrize("name", sorted(name for name, each in FUNCTIONS.items() if len(each.parameters) == 1))
@pytest.mark.parametrize("text", [True, False])
def test_key_that_is_not_known_is_no_fault(name: str, text: bool) -> None:
    """With or without its text, a function with another key for its parameter is read."""
    written = f"{name}([a])"
    source = {"type": "Function", "name": name, "parameters": [{"key": "someKey", "value": attribute("a")}]}

    assert written == str(from_source({**source, "expression": written} if text else source))


def test_text_places_the_arguments_whose_keys_are_not_known() -> None:
    """A left-out argument in the middle is seen only in the text."""
    pairs = [("source", "a"), ("pattern", "b"), ("new", "c")]
    parameters = [{"key": key, "value": attribute(name)} for key, name in pairs]
    text = "Replace([a], , [b], , [c], , )"

    assert text == str(
        from_source({"type": "Function", "name": "Replace", "expression": text, "parameters": parameters})
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            {"type": "Function", "name": "Lefft", "parameters": [{"key": "a", "value": attribute("a")}]},
            "there is no function",
        ),
        (
            {"type": "Function", "name": "Left", "parameters": [{"key": "a", "value": attribute("a")}]},
            "NumChars is missing",
        ),
        ({"type": "Reference", "name": "a"}, "Reference is not a type of source"),
        ({"type": "Constant"}, "the source of type Constant has no name"),
        ({"type": "Attribute", "name": "a]b"}, "expected the end of the expression"),
    ],
)
def test_what_is_no_expression_is_refused(source: dict[str, Any], message: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(ExpressionError, match=message):
        from_source(source)


def test_deep_sources_are_refused() -> None:
    """A tree deeper than any expression is an error, never a full stack."""
    source = attribute("a")
    for _ in range(4 * MAX_DEPTH):
        source = {"type": "Function", "name": "Not", "parameters": [{"key": "source", "value": source}]}

    with pytest.raises(ExpressionError, match="nested more than"):
        from_source(source)


def test_members_of_the_future_survive() -> None:
    """What is unchanged is given back as it was, and what is unknown is carried over."""
    before = {**to_source(parse("Mid([a], 1, 8)")), "@odata.type": "#microsoft.graph.attributeMappingSource"}
    before["parameters"][0]["weight"] = 7

    unchanged = to_source(parse("Mid([a], 1, 8)"), before)
    changed = to_source(parse("[b]"), before)

    assert before == unchanged
    assert {**attribute("b"), "@odata.type": "#microsoft.graph.attributeMappingSource"} == changed


@settings(max_examples=300)
@given(expressions(volatile=True).map(parsed))
def test_every_expression_survives_graphs_form(expression: Expression) -> None:
    """from_source(to_source(expression)) is the expression; a number that stands alone comes back as text."""
    expected = Text(expression.digits) if isinstance(expression, Number) else expression

    assert expected == from_source(to_source(expression))
