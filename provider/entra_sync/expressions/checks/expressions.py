"""Static checks of one mapping expression: attributes, functions, and what goes into what.

Rules: "Reference for writing expressions for attribute mappings in Microsoft Entra ID" and "Known issues for
provisioning in Microsoft Entra ID". Arity and function names are the parser's business.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from entra_sync.errors import EntraSyncError
from entra_sync.expressions.checks.findings import AttributeList, Span
from entra_sync.expressions.checks.open_questions import choices_touched
from entra_sync.expressions.dotnet.no_value import NoValue
from entra_sync.expressions.dotnet.regex import compile_dotnet
from entra_sync.expressions.language.binding import bind
from entra_sync.expressions.language.functions import FUNCTIONS
from entra_sync.expressions.language.syntax import (
    Attribute,
    Call,
    Comparison,
    Concatenation,
    Expression,
    Number,
    Text,
    walk,
)
from entra_sync.expressions.language.values import to_date, to_integer
from entra_sync.expressions.schema.attributes import NOT_SOURCE

__all__ = ["Remark", "check_expression", "check_result", "kind_of", "results"]

MANY = "Strings"
"""Kind of a multi-valued result, as the table of functions calls it."""

_ROLE_FUNCTIONS = {"SingleAppRoleAssignment", "AppRoleAssignmentsComplex", "AssertiveAppRoleAssignmentsComplex"}


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding about a span of an expression, before it has a path."""

    severity: Literal["error", "warning"]
    message: str
    span: Span


def error(message: str, node: Expression | None = None, span: Span = (0, 0)) -> Remark:
    return Remark("error", message, node.span if node else span)


def warning(message: str, span: Span) -> Remark:
    return Remark("warning", message, span)


def check_expression(expression: Expression, attributes: AttributeList, *, cross_tenant: bool) -> Iterator[Remark]:
    """What is wrong inside an expression over the *attributes* of the source."""
    for node in walk(expression):
        match node:
            case Attribute():
                yield from _check_attribute(node, attributes, cross_tenant)
            case Call():
                yield from _check_call(node, attributes, cross_tenant)
            case Concatenation(parts):
                for part in parts:
                    yield from _check_argument("&", "each part", "String", part, attributes)
            case Comparison(operator, left, right):
                for side, other in ((left, right), (right, left)):
                    yield from _check_argument("a comparison", "each side", "String", side, attributes)
                    if operator in ("=", "<>"):
                        yield from _never_equal(side, other, attributes)
    for choice in choices_touched(expression):
        touched = [node for node in walk(expression) if choice.touched_by(node)]
        if choice.of_absent:
            touched = [node for node in touched if not _always_has_a_value(node, attributes)]
        if not touched:
            continue
        part = touched[0]
        span = part.name_span if isinstance(part, Call) else part.span
        yield warning(choice.caution, span)


def _always_has_a_value(node: Expression, attributes: AttributeList) -> bool:
    """Whether no user lacks what a part of an expression reads: the schema requires all of its attributes."""
    names = [each.name for each in walk(node) if isinstance(each, Attribute)]
    return bool(names) and all(attributes.is_required(name) for name in names)


def check_result(
    expression: Expression, kind: str, many: bool, target: str, attributes: AttributeList
) -> Iterator[Remark]:
    """What keeps the result of an expression from going into a target attribute of this type.

    Args:
        expression: The mapping's source.
        kind: The target attribute's type.
        many: Whether it takes several values.
        target: Its name.
        attributes: Those of the source.
    """
    if kind == "Reference":
        if not (isinstance(expression, Attribute) and attributes.type_of(expression.name) == "Reference"):
            yield error(f"{target} is a reference; it takes a reference attribute of the source as it is", expression)
        return
    for result in results(expression):
        given = kind_of(result, attributes)
        if given == "Reference":
            yield error(
                f"{result} is a reference; it goes only into a reference attribute, and {target} is {kind}", result
            )
        elif given == MANY and not many:
            yield error(f"{result} gives several values and {target} takes one; use Join or Item", result)
        elif isinstance(result, Text | Number):
            if problem := constant_problem(_written(result), kind):
                yield error(f"{target} {problem}", result)
        elif {given, kind} in ({"Boolean", "Integer"}, {"Boolean", "DateTime"}, {"Integer", "DateTime"}):
            yield error(f"{result} gives {given} and {target} takes {kind}", result)
        elif given == "String" and (kind in _SPELLINGS or (kind == "DateTime" and isinstance(result, Attribute))):
            wanted = _SPELLINGS.get(kind, "a date and time")
            yield warning(
                f"{result} gives text and {target} is {kind}: fails for every user whose value is not {wanted}",
                result.span,
            )


_SPELLINGS = {"Boolean": "True or False", "Integer": "a whole number"}


def constant_problem(value: str, kind: str) -> str:
    """Why a fixed text cannot go into an attribute of this type; empty when it can."""
    if kind == "Boolean" and value.lower() not in ("true", "false"):
        return f'is a Boolean; "{value}" is neither True nor False'
    if kind == "Integer" and not _is_whole_number(value):
        return f'is an integer; "{value}" is none'
    if kind == "DateTime" and not _is_date(value):
        return f'is a date and time; "{value}" is none'
    return ""


def results(expression: Expression) -> Iterator[Expression]:
    """The parts of an expression of which its value can be one: the branches of IIF and Switch, and so on."""
    if not isinstance(expression, Call):
        yield expression
        return
    match expression.name:
        case "IIF":
            branches = expression.arguments[1:]
        case "Switch":
            branches = (expression.arguments[1], *expression.arguments[3::2])
        case "Coalesce":
            branches = expression.arguments
        case "IgnoreFlowIfNullOrEmpty" | "Redact":
            branches = expression.arguments[:1]
        case _:
            branches = ()
    if not branches:
        yield expression
    for branch in branches:
        if branch is not None:
            yield from results(branch)


def kind_of(node: Expression, attributes: AttributeList) -> str:
    """Kind of a node's value: String, Integer, Boolean, DateTime, Reference, Strings or Any."""
    match node:
        case Attribute(name):
            return MANY if attributes.is_multivalued(name) else attributes.type_of(name)
        case Call(name):
            branches = list(results(node))
            if branches != [node]:
                kinds = {kind_of(branch, attributes) for branch in branches}
                return kinds.pop() if len(kinds) == 1 else "Any"
            if FUNCTIONS[name].each and node.arguments and node.arguments[0] is not None:
                return MANY if kind_of(node.arguments[0], attributes) == MANY else FUNCTIONS[name].result
            return FUNCTIONS[name].result
        case Comparison():
            return "Boolean"
        case Text() | Concatenation():
            return "String"
        case Number():
            return "Integer"
    return "Any"


def _check_attribute(node: Attribute, attributes: AttributeList, cross_tenant: bool) -> Iterator[Remark]:
    forbidden = {name.casefold(): reason for name, reason in NOT_SOURCE.items()} if cross_tenant else {}
    if reason := forbidden.get(node.name.casefold()):
        yield error(f'attribute "{node.name}" cannot be a source: {reason}', node)
    elif node.name not in attributes:
        yield error(attributes.missing(node.name), node)
    elif attributes.mutability(node.name) == "WriteOnly":
        yield error(f'attribute "{node.name}" can be written but not read', node)
    elif node.name.startswith("extension_") and attributes.is_multivalued(node.name):
        yield error(
            f'attribute "{node.name}" has many values; the service does not map such directory extensions', node
        )


def _check_call(call: Call, attributes: AttributeList, cross_tenant: bool) -> Iterator[Remark]:
    definition = FUNCTIONS[call.name]
    if cross_tenant and definition.not_run:
        yield error(
            f"{call.name} does not run in cross-tenant synchronization: {definition.not_run}", span=call.name_span
        )
    for place, (parameter, argument) in enumerate(bind(call, definition)):
        if argument is not None:
            each = definition.each and place == 0
            yield from _check_argument(call.name, parameter.name, parameter.kind, argument, attributes, each=each)
        if parameter.key == "RegularExpression" and isinstance(argument, Text):
            try:
                compile_dotnet(argument.value)
            except EntraSyncError as problem:
                yield error(str(problem), argument)
    if call.name == "Switch":
        for key in call.arguments[2::2]:
            yield from _never_equal(call.arguments[0], key, attributes)
    if call.name == "Switch" and call.arguments and isinstance(call.arguments[0], Call):
        inner = call.arguments[0]
        if inner.name in ("IsPresent", "IsNull", "IsNullOrEmpty"):
            yield warning(f"the reference advises against {inner.name} as the source of Switch; use IIF", inner.span)


def _check_argument(
    where: str, slot: str, taken: str, argument: Expression, attributes: AttributeList, *, each: bool = False
) -> Iterator[Remark]:
    given = kind_of(argument, attributes)
    if given == "Reference" and where not in _ROLE_FUNCTIONS and (where == "Switch" or taken != "Any"):
        yield error(f"{argument} is a reference, which {where} does not take; map it as it is", argument)
    elif given == MANY and not each and taken not in (MANY, "Any"):
        yield error(f"{argument} has several values and {where} takes one as {slot}", argument)
    elif isinstance(argument, Text):
        if taken == "Integer" and not _is_whole_number(argument.value):
            yield error(f'{where} takes a whole number as {slot}, not "{argument.value}"', argument)
        elif taken == "DateTime" and not _is_date(argument.value):
            yield error(f'{where} takes a date and time as {slot}, not "{argument.value}"', argument)
    elif taken in ("Integer", "DateTime") and given in ("Integer", "Boolean", "DateTime") and given != taken:
        yield error(f"{where} takes {taken} as {slot}, and {argument} is {given}", argument)


def _never_equal(value: Expression | None, constant: Expression | None, attributes: AttributeList) -> Iterator[Remark]:
    """A Boolean that is compared with a text that no Boolean is: it reads True or False, and case counts."""
    if value is None or not isinstance(constant, Text | Number) or kind_of(value, attributes) != "Boolean":
        return
    text = _written(constant)
    if text not in ("True", "False", ""):
        near = f'; write "{text.capitalize()}"' if text.lower() in ("true", "false") else ""
        yield warning(f'{value} is the text True or False, so it never equals "{text}"{near}', constant.span)


def _written(constant: Text | Number) -> str:
    return constant.value if isinstance(constant, Text) else constant.digits


def _is_whole_number(value: str) -> bool:
    try:
        to_integer(value)
    except NoValue:
        return False
    return True


def _is_date(value: str) -> bool:
    try:
        to_date(value)
    except NoValue:
        return False
    return True
