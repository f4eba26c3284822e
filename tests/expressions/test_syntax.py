"""Reading expressions, printing them back, and errors that point at the place."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings, strategies as st

from entra_sync.errors import ExpressionError
from entra_sync.expressions import Context, Expression, evaluate, from_source, parse, to_source
from entra_sync.expressions.columns.evaluation import evaluate_columns
from entra_sync.expressions.language.syntax import (
    MAX_DEPTH,
    MAX_LENGTH,
    Attribute,
    Call,
    Comparison,
    Concatenation,
    Number,
    Text,
    Word,
    parse_syntax,
    walk,
)
from tests.expressions.generated import expressions, parsed


def problem_at(text: str) -> tuple[str, str]:
    """The characters that an error points at, and its message."""
    with pytest.raises(ExpressionError) as refused:
        parse(text)
    start, end = refused.value.span
    return text[start:end], str(refused.value)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ('Replace([preferredLanguage], "-", , , "_", ,  )', 'Replace([preferredLanguage], "-", , , "_", , )'),
        ('Switch\t([a],\n  ,\r\n"1" ,\'', None),
        ('Switch\t([a],\n  ,\r\n"1" , "x")', 'Switch([a], , "1", "x")'),
        ("Mid([x],1,8)", "Mid([x], 1, 8)"),
        ('IIF([a]<>"b",[c],-5)', 'IIF([a] <> "b", [c], -5)'),
        ('"t-"&[alias]&"x"', '"t-" & [alias] & "x"'),
        ("BitAnd(&HF,&HF7)", "BitAnd(&HF, &HF7)"),
        ('Append("a\\+b", "\\"\\\\")', 'Append("a\\\\+b", "\\"\\\\")'),
        ("InStr([a],[b],,vbTextCompare)", "InStr([a], [b], , vbTextCompare)"),
        ("[extension_53c9_costCenter]", "[extension_53c9_costCenter]"),
        ('[emails[type eq "work"].value]', '[emails[type eq "work"].value]'),
        ('"alone"', '"alone"'),
    ],
)
def test_canonical_text(text: str, canonical: str | None) -> None:
    """Blanks are set as Graph sets them; empty slots keep their commas."""
    if canonical is None:
        with pytest.raises(ExpressionError):
            parse(text)
    else:
        assert canonical == str(parse(text))


def test_spans_cover_what_was_written() -> None:
    """Every part knows its characters in the text."""
    text = ' IIF( [a] = "1" , Left([b],2) & "x", vbTextCompare )'

    assert [
        'IIF( [a] = "1" , Left([b],2) & "x", vbTextCompare )',
        '[a] = "1"',
        "[a]",
        '"1"',
        'Left([b],2) & "x"',
        "Left([b],2)",
        "[b]",
        "2",
        '"x"',
        "vbTextCompare",
    ] == [text[slice(*node.span)] for node in walk(parse(text))]


def test_equality_ignores_where_it_was_written() -> None:
    """Two texts of one meaning are one value, and hash alike."""
    first, second = parse("Left([a],1)"), parse(" Left( [a] , 1 ) ")

    assert (first, hash(first)) == (second, hash(second))


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", "", 'the expression is empty; expected an attribute in [ ], a text in " ", a number or a function'),
        ("Left([a], 1", "(", 'the bracket of Left is not closed; expected "," or ")" at the end'),
        ("Left([a] 1)", "1", 'expected "," or ")", found \'1\''),
        ("Left([a, 1)", "[", 'the attribute\'s "[" is not closed; expected "]"'),
        ('Append([a], "b)', '"', "the text's opening quotation mark has no closing one"),
        ("Append([a], [ ])", "[ ]", "an attribute name is expected between [ and ]"),
        ("Left([a], 1))", ")", "expected the end of the expression, found ')'"),
        ("Left([a], 1x)", "x", "a number is followed by a letter; quote a text"),
        ("Left([a], +1)", "+", "expected an attribute in [ ], a text in \" \", a number or a function, found '+'"),
        (
            "Append([a], %Domain%)",
            "%",
            "expected an attribute in [ ], a text in \" \", a number or a function, found '%'; "
            "a parameter of Cloud Sync, such as %DomainFQDN%, has no value here; write the value as a text",
        ),
        ("IIF([a]=1=2,1,2)", "=", "only one comparison is allowed, nest IIF for AND and OR, found '='"),
        (
            '"a" &',
            "",
            'expected an attribute in [ ], a text in " ", a number or a function, found the end of the expression',
        ),
        ("Lefft([a], 1)", "Lefft", "there is no function Lefft; did you mean Left? Names are case-sensitive"),
        ("tolower([a])", "tolower", "there is no function tolower; did you mean ToLower? Names are case-sensitive"),
        ("Xyzzy()", "Xyzzy", "there is no function Xyzzy; see docs/reference/expressions.md for the functions"),
        (
            'Switch([country], "Other", "US")',
            '"US"',
            'Switch: key "US" has no value; write Switch(source, [defaultValue], key, value, …)',
        ),
        ("Left([a])", ")", "Left: NumChars is missing; write Left(String, NumChars)"),
        ("Left(, 1)", ",", "Left: String is left out, and it is required; write Left(String, NumChars)"),
        ("Not([a], [b], [c])", "[b]", "Not: takes at most 1 arguments, not 3; write Not(source)"),
        (
            "ToUpper(SelectUniqueValue([a], [b]))",
            "SelectUniqueValue",
            "SelectUniqueValue cannot be nested in another expression",
        ),
        (
            "SelectUniqueValue()",
            ")",
            "SelectUniqueValue: uniqueValueRule is missing; write SelectUniqueValue(uniqueValueRule, …)",
        ),
        (
            'IIF(country = "US", "a", "b")',
            "country",
            'country is not a word of the language; write "country" for a text, [country] for an attribute',
        ),
        (
            "IgnoreAttribute",
            "IgnoreAttribute",
            "IgnoreAttribute is not a word of the language; did you mean IgnoreAttributeFlow?",
        ),
    ],
)
def test_error_points_at_the_character(text: str, place: str, message: str) -> None:
    """The span is the first character that does not fit, the message says what was expected."""
    assert (place, message) == problem_at(text)


def test_error_is_shown_below_its_line() -> None:
    """Carets stand under the characters, on the line that they are on."""
    with pytest.raises(ExpressionError) as refused:
        parse('Join(", ",\n     Left([surname], 1)\n     Rigth([a]))')

    assert '     Rigth([a]))\n     ^^^^^ expected "," or ")", found Rigth' == refused.value.pointed()


def test_length_is_limited() -> None:
    """The service takes 10,000 characters."""
    longest = f'"{"a" * (MAX_LENGTH - 2)}"'

    assert MAX_LENGTH == len(str(parse(longest)))
    assert "an expression has at most 10,000 characters, this one has 10,001" == problem_at(longest[:-1] + 'b"')[1]


def test_nesting_is_limited() -> None:
    """Deep nesting is an error of its own, never a full stack."""
    deepest = "Not(" * MAX_DEPTH + "[a]" + ")" * MAX_DEPTH

    assert deepest == str(parse(deepest))
    assert f"calls are nested more than {MAX_DEPTH} deep" == problem_at(f"Not({deepest})")[1]


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ('IIF([a] = "y", "n", ', ")"),
        ("IIF(", ', "t", "f")'),
        ("Switch([a], ", ', "k", "v")'),
        ('Join("", ', ")"),
        ("Coalesce(", ")"),
        ('Append("x" & ', ', "")'),
    ],
)
def test_deepest_expressions_are_computed(opening: str, closing: str) -> None:
    """What is not too deep to read is not too deep for anything else, under a stack that is in use already."""
    text = opening * MAX_DEPTH + '"z"' + closing * MAX_DEPTH

    def work(frames: int) -> Expression:
        if frames:
            return work(frames - 1)
        tree = parse(text)
        evaluate(tree, {"a": "x"}, Context.fixed())
        evaluate_columns(tree, pl.DataFrame({"a": ["x"]}), Context.fixed())
        return from_source(to_source(tree))

    assert parse(text) == work(200)


@settings(max_examples=500)
@given(expressions(volatile=True))
def test_printed_trees_read_back(expression: Expression) -> None:
    """parse(print(tree)) is the tree, for every tree that parse can give."""
    assert expression == parse(str(expression))


@settings(max_examples=200)
@given(expressions(volatile=True).map(parsed), st.data())
def test_broken_expressions_are_errors_within_the_text(expression: Expression, data: st.DataObject) -> None:
    """An expression with a character taken out or put in is read, or refused with a span inside the text."""
    text = str(expression)
    place = data.draw(st.integers(0, len(text)))
    broken = text[:place] + data.draw(st.text(max_size=2)) + text[place + data.draw(st.integers(0, 2)) :]

    try:
        parse(broken)
    except ExpressionError as error:
        assert 0 <= error.span[0] <= len(error.text) and error.span[0] < error.span[1]
        assert error.pointed()


@settings(max_examples=500)
@given(st.text(max_size=60) | st.text(st.sampled_from('LeftMid()[],"\\&H019<>= -_\n'), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the parser fail in another way."""
    try:
        tree = parse_syntax(text)
    except ExpressionError:
        return
    assert isinstance(tree, Attribute | Call | Comparison | Concatenation | Number | Text | Word)
