"""Hypothesis strategies for expressions and for the people they are evaluated for."""

from __future__ import annotations

import polars as pl
from hypothesis import strategies as st

from entra_sync.expressions import FUNCTIONS, Expression, parse
from entra_sync.expressions.language.registry import FunctionDefinition, Parameter
from entra_sync.expressions.language.syntax import Attribute, Call, Comparison, Concatenation, Number, Text, Word

LETTERS = (
    "abcxyzABCXYZ019 .,-_@'()"
    "áÉñøßœŁıİſΣσςǅ\u0301\u0304\u200d\u00a0\u2003"  # diacritics, letters with odd case rules, marks, spaces
    "אבمש𝒜😀\U00010400\U00010428"  # right to left, beyond U+FFFF, with and without case
    '$\\"[]\n\t'
)

nasty_text = st.one_of(
    st.text(st.sampled_from(LETTERS), max_size=12),
    st.sampled_from(
        ["", " ", "True", "false", "0", "7", "007", "-3", "1.0", "&HF7", "ada.lovelace@contoso.com", "a,b, c"]
    ),
    st.text(max_size=6).map(lambda text: text.encode("utf-8", "ignore").decode()),
    st.integers(1, 60).map(lambda times: "Ää1 " * times),
)

dates = st.sampled_from(
    [
        "2025-07-30",
        "2024-02-29T23:59:59Z",
        "6/15/2009 1:45:30 PM",
        "2012-03-16-07:00",
        "1 June 2020",
        "",
        "soon",
        "0001-01-01+01:00",
    ]
)

COLUMNS = {
    "text": (nasty_text, pl.String),
    "other": (nasty_text, pl.String),
    "date": (dates, pl.String),
    "flag": (st.booleans(), pl.Boolean),
    "count": (st.integers(-5, 300), pl.Int64),
    "list": (st.lists(nasty_text, max_size=3), pl.List(pl.String)),
}
"""Attributes of a generated person: values and column type."""


@st.composite
def people(draw: st.DrawFn) -> pl.DataFrame:
    """Up to six people; many of them lack some attribute."""
    height = draw(st.integers(0, 6))
    return pl.DataFrame(
        {
            name: pl.Series(draw(st.lists(st.none() | values, min_size=height, max_size=height)), dtype=kind)
            for name, (values, kind) in COLUMNS.items()
        }
    )


constants = st.one_of(
    nasty_text.map(Text),
    st.integers(-9, 99).map(str).map(Number),
    st.sampled_from(["a", "&H1F"]).map(lambda text: Number(text) if text[0] == "&" else Text(text)),
)
attributes = st.sampled_from(sorted(COLUMNS)).map(Attribute)
mixed = st.permutations(["text", "list"]).map(lambda names: Call("Coalesce", tuple(map(Attribute, names))))
"""A part that is a text for some people and a list for others."""
intervals = st.sampled_from(["yyyy", "m", "d", "ww", "h", "n", "s", "q"]).map(Text)
formats = st.sampled_from(
    ["yyyy-MM-dd", "M/d/yyyy h:mm:ss tt", "dd MMM yy HH:mm", "o", "yyyy-MM-ddTHH:mm:ssZ", "x"]
).map(Text)
patterns = st.sampled_from(
    [
        "[a-z]+",
        "(?<first>[a-z]*)[. ](?<rest>.*)",
        "^.",
        "(a|b)*c?$",
        r"\d+",
        r"\s*",
        "(?i)ADA",
        "(x)|y",
        r"\bA",
        "(",
        r"(\w)\1",
    ]
).map(Text)
replacements = st.sampled_from(["", "$1", "${first}-$0", "x$$y", "$&$&", "$`|$'"]).map(Text)
_BY_NAME = {
    "interval": intervals,
    "inputFormat": formats,
    "outputFormat": formats,
    "regexPattern": patterns,
    "replacementValue": replacements,
    "regexGroupName": st.sampled_from(["first", "1", "none"]).map(Text),
    "culture": st.sampled_from(["", "tr-TR", "en-US", "?"]).map(Text),
    "compareType": st.sampled_from(["vbTextCompare", "vbBinaryCompare"]).map(Word),
    "Encoding": st.sampled_from(["UTF8", "ASCII", "Unicode"]).map(Word),
    "dateTimeStyles": st.sampled_from(["None", "AllowWhiteSpaces", "Assume"]).map(Text),
}


def expressions(volatile: bool = False, depth: int = 3, nested: bool = False) -> st.SearchStrategy[Expression]:
    """Expressions that parse, of at most that many levels of calls."""
    known = [
        definition
        for _, definition in sorted(FUNCTIONS.items())
        if (volatile or not definition.volatile) and not (nested and definition.outermost)
    ]
    leaves = st.one_of(attributes, attributes, constants, mixed)
    if depth == 0:
        return leaves
    inner = st.deferred(lambda: expressions(volatile, depth - 1, nested=True))
    return st.one_of(
        leaves,
        st.sampled_from(known).flatmap(lambda definition: calls(definition, inner)),
        st.sampled_from(known).flatmap(lambda definition: calls(definition, inner)),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Concatenation(tuple(map(_term, parts)))),
        st.builds(
            lambda operator, left, right: Comparison(operator, _operand(left), _operand(right)),
            st.sampled_from(["=", "<>", "<", "<=", ">", ">="]),
            inner,
            inner,
        ),
        st.sampled_from(["IgnoreAttributeFlow", "IgnoreObjectFlow"]).map(Word),
    )


def _term(node: Expression) -> Expression:
    """The language has no brackets: an operand of & is a term."""
    return Call("CStr", (node,)) if isinstance(node, Concatenation | Comparison) else node


def _operand(node: Expression) -> Expression:
    return Call("CBool", (node,)) if isinstance(node, Comparison) else node


@st.composite
def calls(draw: st.DrawFn, definition: FunctionDefinition, inner: st.SearchStrategy[Expression]) -> Call:
    """Calls of one function with as many arguments as it takes."""
    signature = draw(st.sampled_from(definition.signatures))
    arguments: list[Expression | None] = []
    for parameter in signature:
        times = 1 if not parameter.repeats else draw(st.integers(1, 3)) * parameter.repeats
        for _ in range(times):
            left_out = not parameter.required and draw(st.booleans())
            arguments.append(None if left_out else draw(_argument(parameter, inner)))
    return Call(definition.name, tuple(arguments))


def _argument(parameter: Parameter, inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    if parameter.name in _BY_NAME:
        return _BY_NAME[parameter.name]
    if parameter.kind == "Integer":
        return st.one_of(st.integers(-2, 12).map(str).map(Number), attributes)
    if parameter.kind == "DateTime":
        return st.one_of(st.just(Attribute("date")), dates.map(Text), inner)
    if parameter.kind == "Strings":
        return st.one_of(st.just(Attribute("list")), inner)
    return inner


def parsed(expression: Expression) -> Expression:
    """The same expression as a user would have it, read from its text."""
    return parse(str(expression))
