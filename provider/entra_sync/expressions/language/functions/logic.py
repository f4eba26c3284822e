"""Functions that decide: conditions, choices, and what keeps a value out of the flow."""

from __future__ import annotations

from typing import NoReturn

from entra_sync.expressions.dotnet.no_value import NoValue
from entra_sync.expressions.language.context import Context
from entra_sync.expressions.language.registry import CLOUD_SYNC, GRAPH_FUNCTIONS, OMITTED, Omitted, Thunk, function
from entra_sync.expressions.language.values import IGNORE_ATTRIBUTE, FlowIgnored, Value, is_empty, one_text, truth

__all__ = [
    "c_bool",
    "coalesce",
    "error",
    "ignore_flow_if_null_or_empty",
    "iif",
    "is_nothing",
    "is_null",
    "is_null_or_empty",
    "is_present",
    "is_string",
    "logical_not",
    "redact",
    "select_unique_value",
    "switch",
]


@function("IIF(condition: Any, valueIfTrue: Any, valueIfFalse: Any) -> Any", lazy=True)
def iif(condition: Thunk, when_true: Thunk, when_false: Thunk) -> Value:
    """Returns the second argument if the condition is true, else the third. Only that argument is computed."""
    return when_true() if truth(condition()) else when_false()


@function("Switch(source: String, defaultValue?: Any, value/switchValue**: Any) -> Any", lazy=True)
def switch(source: Thunk, default: Thunk | Omitted, *pairs: Thunk) -> Value:
    """Returns the value after the first key that equals the source. The key "" matches empty and null.

    Keys are case-sensitive. Only the returned value is computed. Without a match, it returns the default, or null if
    no default is given.
    """
    wanted = one_text(source()) or ""
    for key, value in zip(pairs[::2], pairs[1::2], strict=True):
        if (one_text(key()) or "") == wanted:
            return value()
    return None if default is OMITTED else default()


@function("Coalesce(source*: Any) -> Any", lazy=True)
def coalesce(*sources: Thunk) -> Value:
    """Returns the first argument that is not null, or null. A default is the last argument."""
    for source in sources:
        value = source()
        if value is not None:
            return value
    return None


@function("IsNull(Expression: Any) -> Boolean")
def is_null(value: Value) -> bool:
    """Returns whether the value is absent."""
    return value is None


@function("IsNullOrEmpty(Expression: Any) -> Boolean")
def is_null_or_empty(value: Value) -> bool:
    """Returns whether the value is absent or empty text."""
    return is_empty(value)


@function("IsPresent(Expression: Any) -> Boolean")
def is_present(value: Value) -> bool:
    """Returns whether the value is neither absent nor empty text."""
    return not is_empty(value)


@function("IsString(Expression: Any) -> Boolean")
def is_string(value: Value) -> bool:
    """Returns whether the value is present and not a list."""
    return value is not None and not isinstance(value, tuple)


@function("IsNothing(source: Any) -> Boolean", page=GRAPH_FUNCTIONS)
def is_nothing(value: Value) -> bool:
    """Returns whether the value is absent, as IsNull does. Graph lists it without a description."""
    return value is None


@function("Not(source: String) -> Boolean")
def logical_not(source: str | None) -> bool:
    """Returns False for the text True in any case, and True for every other value."""
    return (source or "").lower() != "true"


@function("CBool(Expression: Any) -> Boolean")
def c_bool(value: Value) -> bool:
    """Returns whether the value is True or a number other than zero."""
    return truth(value)


@function("IgnoreFlowIfNullOrEmpty(expression: Any) -> Any")
def ignore_flow_if_null_or_empty(value: Value) -> Value:
    """Returns the value. If it is absent or empty, the target attribute is not written."""
    if is_empty(value):
        raise FlowIgnored(IGNORE_ATTRIBUTE)
    return value


@function("Redact(value: Any) -> Any")
def redact(value: Value) -> Value:
    """Returns the value unchanged. Only the provisioning logs show ``[Redact]`` instead."""
    return value


@function(
    "SelectUniqueValue(uniqueValueRule*: Any) -> String",
    lazy=True,
    uses_context=True,
    volatile=True,
    outermost=True,
    not_run="it works only from Workday, SuccessFactors or the API to on-premises Active Directory",
)
def select_unique_value(context: Context, *rules: Thunk) -> str:
    """Returns the first value that no target object has yet. If all are taken, the entry is escrowed."""
    tried = []
    for rule in rules:
        value = one_text(rule())
        if value and not context.taken(value):
            return value
        tried.append(value or "")
    raise NoValue("every value exists at the target already: " + ", ".join(f'"{value}"' for value in tried))


@function(
    "Error(ErrorMessage: String) -> Any",
    page=CLOUD_SYNC,
    not_run="it is documented for Cloud Sync only",
)
def error(message: str | None) -> NoReturn:
    """Returns no value: the object fails with this message."""
    raise NoValue(message or "")
