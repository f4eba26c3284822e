"""Values of expressions and how one kind is taken for another.

A value is a text, several texts (a multi-valued attribute), a Boolean, an integer, or None for an absent attribute.
Graph hands a result over as texts (parseExpressionResponse), so every value has a canonical text: Booleans are ``True``
and ``False`` and integers decimal ("Reference for writing expressions for attribute mappings").
"""

from __future__ import annotations

import operator as operators
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from entra_sync.expressions.dotnet.dates import Moment, read_date
from entra_sync.expressions.dotnet.no_value import NoValue
from entra_sync.expressions.dotnet.text import from_utf16, utf16

__all__ = [
    "IGNORE_ATTRIBUTE",
    "IGNORE_OBJECT",
    "FlowIgnored",
    "Ignored",
    "Value",
    "attribute_value",
    "canonical",
    "compare",
    "decimal_of",
    "is_empty",
    "one_text",
    "to_date",
    "to_integer",
    "to_texts",
    "truth",
]

Value = None | str | bool | int | tuple[str, ...]


class Ignored(Enum):
    """Instead of a value: the attribute, or the whole object, is left out of this flow."""

    ATTRIBUTE = "ignore-attribute"
    OBJECT = "ignore-object"


IGNORE_ATTRIBUTE: Final = Ignored.ATTRIBUTE
IGNORE_OBJECT: Final = Ignored.OBJECT


class FlowIgnored(Exception):
    """Ends an evaluation: there is no value to flow, as `ignored` says."""

    def __init__(self, ignored: Ignored) -> None:
        self.ignored = ignored
        super().__init__(ignored.value)


def attribute_value(attributes: Mapping[str, Any], name: str) -> Value:
    """The value of an attribute: absent, None and an empty list are all None.

    Raises:
        NoValue: The attribute holds something that no attribute of the service can hold.
    """
    value = attributes.get(name)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return from_utf16(value)
    if isinstance(value, Iterable):
        items = tuple(item for item in value if item is not None)
        if all(isinstance(item, str) for item in items):
            return tuple(map(from_utf16, items)) or None
    raise NoValue(f"attribute {name} is neither a text, a number, a Boolean nor a list of texts")


def canonical(value: Value | Ignored) -> str | list[str] | None:
    """The value as texts: one text, a list of them, or None. An ignored flow is None too."""
    if value is None or isinstance(value, Ignored):
        return None
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, str) else str(value)


def one_text(value: Value) -> str | None:
    """The value as a single text.

    Raises:
        NoValue: The value is a list of more than one.
    """
    if isinstance(value, tuple):
        if len(value) > 1:
            raise NoValue(f"takes one value, not a list of {len(value)}")
        return value[0] if value else None
    return value if value is None or isinstance(value, str) else str(value)


def to_texts(value: Value) -> tuple[str, ...]:
    """The value as a list of texts; None is the empty list."""
    if isinstance(value, tuple):
        return value
    text = one_text(value)
    return () if text is None else (text,)


_INTEGER = re.compile(r"[\t-\r ]*([+-]?)0*([0-9]+)[\t-\r ]*\0*")
_HEXADECIMAL = re.compile(r"&[Hh]([0-9A-Fa-f]+)")
_DECIMAL = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_LARGEST = 2**63


def to_integer(value: Value) -> int:
    """The whole number that a value is or spells: in decimal as Int64.Parse reads it, or ``&H`` and hexadecimal digits.

    Raises:
        NoValue: It is not one, or does not fit 64 bits.
    """
    text = one_text(value)
    if text is None:
        raise NoValue("takes a number, not null")
    if match := _HEXADECIMAL.fullmatch(text):
        number = int(match[1], 16) if len(match[1]) <= 16 else _LARGEST
    elif match := _INTEGER.fullmatch(text):
        number = int(match[1] + match[2]) if len(match[2]) <= 19 else _LARGEST
    else:
        raise NoValue(f'takes a whole number, not "{text}"')
    if not -_LARGEST <= number < _LARGEST:
        raise NoValue(f'takes a number of at most 64 bits, not "{text}"')
    return number


def decimal_of(text: str) -> Decimal | None:
    """The number that *text* looks like, or None."""
    return Decimal(text) if _DECIMAL.fullmatch(text) else None


def to_date(value: Value) -> Moment:
    """The moment that a text names.

    Raises:
        NoValue: It names none.
    """
    text = one_text(value)
    if text is None:
        raise NoValue("takes a date and time, not null")
    try:
        return read_date(text)
    except NoValue as problem:
        raise NoValue(f"takes a date and time: {problem}") from problem


def compare(operator: str, left: str, right: str) -> bool:
    """Whether two texts compare so: as numbers when both look like numbers, else by their characters, case included.

    By size, texts in the date form of CDate and Now compare as dates, others by UTF-16 code units.
    """
    numbers = decimal_of(left), decimal_of(right)
    sides: tuple[Any, Any] = left, right
    if None not in numbers:
        sides = numbers
    elif operator not in ("=", "<>"):
        dated = _DATE_FORM.fullmatch(left) and _DATE_FORM.fullmatch(right)
        sides = (to_date(left).ticks, to_date(right).ticks) if dated else (utf16(left), utf16(right))
    return _COMPARE[operator](*sides)


_DATE_FORM = re.compile(r"\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d\d:\d\d [AP]M", re.ASCII)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operators.eq,
    "<>": operators.ne,
    ">": operators.gt,
    ">=": operators.ge,
    "<": operators.lt,
    "<=": operators.le,
}


def is_empty(value: Value) -> bool:
    """Whether a value is absent or the empty text."""
    return value is None or value in ("", ("",))


def truth(value: Value) -> bool:
    """Whether a value counts as true: the text ``True`` in any case, or a number other than zero."""
    text = one_text(value)
    if text is None:
        return False
    number = decimal_of(text)
    return number != 0 if number is not None else text.lower() == "true"
