"""Expressions as Graph's attributeMappingSource trees, and back ("attributeMappingSource resource type").

A source is ``{expression, name, parameters, type}``. Graph keeps every constant as text, a number included, gives each
argument the key of its parameter, repeats the key of a repeated parameter, and has no entry for one that is left out.
Comparisons, ``&`` and bare words have no published form; here they are functions named by their operator, and constants
whose expression has no quotation marks (see `choices`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from entra_sync.errors import ExpressionError
from entra_sync.expressions.language.binding import parse, slots
from entra_sync.expressions.language.functions import FUNCTIONS
from entra_sync.expressions.language.registry import WORDS
from entra_sync.expressions.language.syntax import (
    COMPARISONS,
    MAX_DEPTH,
    Attribute,
    Call,
    Comparison,
    Concatenation,
    Expression,
    Number,
    Text,
    Word,
    parse_syntax,
)

__all__ = ["from_source", "to_source"]

_MEMBERS = ("expression", "name", "parameters", "type")


def to_source(expression: Expression, previous: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The attributeMappingSource of *expression*.

    Args:
        expression: From `parse` or `from_source`.
        previous: The source that stood there. Its members are given back unchanged when it says the same; otherwise
            those that this package does not know are carried over. The result shares their values with it.
    """
    if previous is not None:
        try:
            if from_source(previous) == expression:
                return dict(previous)
        except ExpressionError:
            pass  # what stood there cannot be read, so it does not say the same
    unknown = {name: value for name, value in (previous or {}).items() if name not in _MEMBERS}
    return {**_source(expression), **unknown}


def _source(node: Expression) -> dict[str, Any]:
    if isinstance(node, Attribute):
        return _leaf(str(node), node.name, "Attribute")
    if isinstance(node, Text):
        return _leaf(str(node), node.value, "Constant")
    if isinstance(node, Number):
        return _leaf(str(Text(node.digits)), node.digits, "Constant")
    if isinstance(node, Word):
        return _leaf(node.name, node.name, "Constant")
    if isinstance(node, Call):
        arguments = zip(slots(node, FUNCTIONS[node.name]), node.arguments, strict=True)
        keyed = [(slot.key, argument) for slot, argument in arguments if argument is not None]
        return _function(node, node.name, keyed)
    if isinstance(node, Comparison):
        return _function(node, node.operator, [("left", node.left), ("right", node.right)])
    assert isinstance(node, Concatenation)
    return _function(node, "&", [("source", part) for part in node.parts])


def _leaf(expression: str, name: str, kind: str) -> dict[str, Any]:
    return {"expression": expression, "name": name, "parameters": [], "type": kind}


def _function(node: Expression, name: str, arguments: list[tuple[str, Expression]]) -> dict[str, Any]:
    parameters = [{"key": key, "value": _source(argument)} for key, argument in arguments]
    return {"expression": str(node), "name": name, "parameters": parameters, "type": "Function"}


def from_source(source: Mapping[str, Any]) -> Expression:
    """The expression of an attributeMappingSource.

    The parameters say what it is. Where the expression text says the same it is read instead, as it also tells how
    constants were written and which slots were left out.

    Raises:
        ExpressionError: The source is not an expression, or calls a function that does not exist.
    """
    text = source.get("expression")
    kind = source.get("type") or "Attribute"
    if kind == "Function" and not source.get("parameters") and text:
        return parse(text)
    built = parse(str(_node(source, 0)))
    if kind == "Function" and text:
        try:
            written = parse(text)
        except ExpressionError:
            return built
        return written if _meaning(_source(written)) == _meaning(_source(built)) else built
    return built


def _node(source: Mapping[str, Any], depth: int) -> Expression:
    name, kind = source.get("name"), source.get("type") or "Attribute"
    text = str(source.get("expression") or name)
    if depth > 3 * MAX_DEPTH + 3:  # an argument may be a comparison of texts joined by &
        raise ExpressionError(text, (0, len(text)), f"calls are nested more than {MAX_DEPTH} deep")
    if not isinstance(name, str) and source.get("expression"):
        return parse_syntax(text)
    if not isinstance(name, str):
        raise ExpressionError(text, (0, len(text)), f"the source of type {kind} has no name")
    if kind == "Attribute":
        return Attribute(name)
    if kind == "Constant":
        return Word(name) if source.get("expression") == name and name in WORDS else Text(name)
    if kind != "Function":
        raise ExpressionError(
            text, (0, len(text)), f"{kind} is not a type of source", "use Attribute, Constant or Function"
        )
    keyed = [(pair.get("key"), _node(pair.get("value") or {}, depth + 1)) for pair in source.get("parameters") or []]
    arguments = [argument for _, argument in keyed]
    if name in FUNCTIONS and not _known_keys(name, keyed):
        return _written(source) or Call(name, tuple(arguments))
    if name in COMPARISONS and len(arguments) == 2:
        return Comparison(name, *arguments)
    if name == "&" and arguments:
        return Concatenation(tuple(arguments))
    return Call(name, tuple(_in_order(name, keyed)))


def _known_keys(name: str, keyed: list[tuple[Any, Expression]]) -> bool:
    """Whether every key is that of a parameter of the function *name*."""
    return {key for key, _ in keyed} <= {parameter.key for parameter in FUNCTIONS[name].parameters}


def _written(source: Mapping[str, Any]) -> Expression | None:
    """The expression text of a function's source, if it can be read and calls that function."""
    try:
        written = parse_syntax(str(source.get("expression") or ""))
    except ExpressionError:
        return None
    return written if isinstance(written, Call) and written.name == source.get("name") else None


def _in_order(name: str, keyed: list[tuple[Any, Expression]]) -> list[Expression | None]:
    """The arguments in the places of their keys, without empty places at the end."""
    if name not in FUNCTIONS:
        return [argument for _, argument in keyed]
    arguments: list[Expression | None] = []
    for parameter in FUNCTIONS[name].parameters:
        given = [argument for key, argument in keyed if key == parameter.key]
        arguments += given or [None]
    while arguments and arguments[-1] is None:
        arguments.pop()
    return arguments


def _meaning(source: dict[str, Any]) -> dict[str, Any]:
    """The source without its texts, which may differ in how constants and empty slots are written."""
    parameters = [(pair["key"], _meaning(pair["value"])) for pair in source["parameters"]]
    return {"name": source["name"], "parameters": parameters, "type": source["type"]}
