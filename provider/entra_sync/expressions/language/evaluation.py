"""The value of an expression for one person: the scalar form, which is the definition of every other form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from entra_sync.errors import EvaluationError
from entra_sync.expressions.dotnet.no_value import NoValue
from entra_sync.expressions.language.binding import bind
from entra_sync.expressions.language.context import Context
from entra_sync.expressions.language.functions import FUNCTIONS
from entra_sync.expressions.language.registry import OMITTED, FunctionDefinition, Omitted, Parameter
from entra_sync.expressions.language.syntax import (
    Attribute,
    Call,
    Comparison,
    Concatenation,
    Expression,
    Number,
    Text,
    Word,
)
from entra_sync.expressions.language.values import (
    IGNORE_ATTRIBUTE,
    IGNORE_OBJECT,
    FlowIgnored,
    Ignored,
    Value,
    attribute_value,
    compare,
    is_empty,
    one_text,
    to_date,
    to_integer,
    to_texts,
)

__all__ = ["Observer", "call_function", "concatenation", "evaluate", "holds", "word_value"]

Observer = Callable[[Expression, Value], None]
"""Is told each part of an expression that was computed, and its value."""


def evaluate(
    expression: Expression,
    attributes: Mapping[str, Any],
    context: Context,
    observe: Observer | None = None,
) -> Value | Ignored:
    """The value of *expression* for a person with these *attributes*.

    Args:
        expression: From `parse` or `from_source`.
        attributes: By name: a text, a list of texts, a Boolean or an integer. A missing name or None is an absent
            attribute.
        context: Time, randomness and what the target holds.
        observe: Is called with each part that is computed, innermost first.

    Returns:
        A text, a tuple of texts, a Boolean, an integer or None; or IGNORE_ATTRIBUTE or IGNORE_OBJECT when the
        expression leaves the attribute or the object out of the flow.

    Raises:
        EvaluationError: A function has no value for its arguments.
    """
    try:
        return _Evaluation(attributes, context, observe).value(expression)
    except FlowIgnored as flow:
        return flow.ignored


class _Evaluation:
    def __init__(self, attributes: Mapping[str, Any], context: Context, observe: Observer | None) -> None:
        self.attributes = attributes
        self.context = context
        self.observe = observe

    def value(self, node: Expression) -> Value:
        try:
            value = self.compute(node)
        except NoValue as problem:
            name = f"{node.name}: " if isinstance(node, Call) else ""
            raise EvaluationError(node.source or str(node), node.span, f"{name}{problem}") from problem
        if self.observe is not None:
            self.observe(node, value)
        return value

    def compute(self, node: Expression) -> Value:
        if isinstance(node, Attribute):
            return attribute_value(self.attributes, node.name)
        if isinstance(node, Text):
            return node.value
        if isinstance(node, Number):
            return node.digits
        if isinstance(node, Call):
            return self.call(node)
        if isinstance(node, Comparison):
            return holds(node, self.value(node.left), self.value(node.right))
        if isinstance(node, Concatenation):
            return concatenation(*[self.value(part) for part in node.parts])
        assert isinstance(node, Word)
        return word_value(node.name)

    def call(self, node: Call) -> Value:
        definition = FUNCTIONS[node.name]
        if definition.lazy:
            thunks = [
                OMITTED if argument is None else partial(self.value, argument) for _, argument in bind(node, definition)
            ]
            return call_lazily(definition, thunks, self.context)
        values: list[tuple[Parameter, Value | Omitted]] = []
        for parameter, argument in bind(node, definition):
            values.append((parameter, OMITTED if argument is None else self.value(argument)))
        return call_function(definition, values, self.context)


def concatenation(*values: Value) -> str:
    """The texts one after the other, null counting as empty."""
    return "".join(one_text(value) or "" for value in values)


def word_value(name: str) -> str:
    """What a bare word stands for; two of them end the evaluation instead."""
    if name == "IgnoreAttributeFlow":
        raise FlowIgnored(IGNORE_ATTRIBUTE)
    if name == "IgnoreObjectFlow":
        raise FlowIgnored(IGNORE_OBJECT)
    return name


def holds(node: Comparison, left: Value, right: Value) -> bool:
    """Whether a comparison is true of the values of its two sides.

    An attribute that is absent or empty makes it false, whatever the operator ("If the source attribute used within the
    IIF function is empty or null, the condition check fails").
    """
    for side, value in ((node.left, left), (node.right, right)):
        if isinstance(side, Attribute) and is_empty(value):
            return False
    return compare(node.operator, one_text(left) or "", one_text(right) or "")


def call_lazily(definition: FunctionDefinition, thunks: list[Any], context: Context) -> Value:
    """The value of a function that computes its own arguments."""
    return definition.evaluate(context, *thunks) if definition.uses_context else definition.evaluate(*thunks)


def call_function(
    definition: FunctionDefinition, arguments: list[tuple[Parameter, Value | Omitted]], context: Context
) -> Value:
    """The value of a function for *arguments*, one for each parameter, converted to the kinds it takes."""
    first = arguments[0][1] if arguments else None
    if definition.each and isinstance(first, tuple):
        parameter, rest = arguments[0][0], arguments[1:]
        each = [call_function(definition, [(parameter, item), *rest], context) for item in first]
        return tuple(one_text(value) or "" for value in each)
    converted = [
        value if isinstance(value, Omitted) else _CONVERSIONS[parameter.kind](value) for parameter, value in arguments
    ]
    return definition.evaluate(context, *converted) if definition.uses_context else definition.evaluate(*converted)


def _as_it_is(value: Value) -> Value:
    return value


_CONVERSIONS: dict[str, Callable[[Value], Any]] = {
    "Any": _as_it_is,
    "DateTime": to_date,
    "Integer": to_integer,
    "String": one_text,
    "Strings": to_texts,
}
