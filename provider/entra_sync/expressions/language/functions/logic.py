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
    """The value of one branch; the other is not computed."""
    return when_true() if truth(condition()) else when_false()


@function("Switch(source: String, defaultValue?: Any, value/switchValue**: Any) -> Any", lazy=True)
def switch(source: Thunk, default: Thunk | Omitted, *pairs: Thunk) -> Value:
    """The value after the first key that equals the source, case included; the key "" catches empty and null.

    Only the value that is chosen is computed. Without a match the default, or null when its slot is empty.
    """
    wanted = one_text(source()) or ""
    for key, value in zip(pairs[::2], pairs[1::2], strict=True):
        if (one_text(key()) or "") == wanted:
            return value()
    return None if default is OMITTED else default()


@function("Coalesce(source*: Any) -> Any", lazy=True)
def coalesce(*sources: Thunk) -> Value:
    """The first argument that is not null, or null; the default value is simply the last argument."""
    for source in sources:
        value = source()
        if value is not None:
            return value
    return None


@function("IsNull(Expression: Any) -> Boolean")
def is_null(value: Value) -> bool:
    """Whether the value is absent."""
    return value is None


@function("IsNullOrEmpty(Expression: Any) -> Boolean")
def is_null_or_empty(value: Value) -> bool:
    """Whether the value is absent or the empty text."""
    return is_empty(value)


@function("IsPresent(Expression: Any) -> Boolean")
def is_present(value: Value) -> bool:
    """Whether the value is neither absent nor the empty text."""
    return not is_empty(value)


@function("IsString(Expression: Any) -> Boolean")
def is_string(value: Value) -> bool:
    """Whether the value can be taken as one text."""
    return value is not None and not isinstance(value, tuple)


@function("IsNothing(source: Any) -> Boolean", page=GRAPH_FUNCTIONS)
def is_nothing(value: Value) -> bool:
    """Whether the value is absent, as IsNull. Graph lists it without a description."""
    return value is None


@function("Not(source: String) -> Boolean")
def logical_not(source: str | None) -> bool:
    """False for the text True, in any case; True for anything else."""
    return (source or "").lower() != "true"


@function("CBool(Expression: Any) -> Boolean")
def c_bool(value: Value) -> bool:
    """Whether the value is true or a number other than zero."""
    return truth(value)


@function("IgnoreFlowIfNullOrEmpty(expression: Any) -> Any")
def ignore_flow_if_null_or_empty(value: Value) -> Value:
    """The value; when it is absent or empty the attribute is left out of the flow."""
    if is_empty(value):
        raise FlowIgnored(IGNORE_ATTRIBUTE)
    return value


@function("Redact(value: Any) -> Any")
def redact(value: Value) -> Value:
    """The value as it is; only the provisioning logs show ``[Redact]`` in its place."""
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
    """The first rule's value that the target does not hold yet; when it holds all of them, the entry is escrowed."""
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
    """No value: the object fails with the message."""
    raise NoValue(message or "")
