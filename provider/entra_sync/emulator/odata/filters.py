"""``$filter`` text as a tree.

The grammar is the part of OData 4 that the directory's pages document: comparisons, ``and``/``or``/``not``, ``in``,
``startsWith``/``endsWith``/``contains``, ``any``/``all``, ``/$count``, paths with slashes, and ``tolower`` for the
logs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from entra_sync.emulator.errors import Fault, bad_request

__all__ = [
    "Any_",
    "Comparison",
    "Date",
    "Function",
    "Guid",
    "Logical",
    "Membership",
    "Node",
    "Not",
    "Path",
    "parse_filter",
]


_FRACTION = re.compile(r"\.\d+")
"""Fraction of a second, which may have more digits than Python's moments."""


class Guid(str):
    """A GUID without quotation marks."""


class Date(str):
    """A date or moment without quotation marks, in UTC and without a zone; a date is its first moment."""

    @classmethod
    def read(cls, text: str) -> Date:
        """A literal of OData.

        Raises:
            ValueError: There is no such moment.
        """
        found = _FRACTION.search(text)
        fraction = found[0] if found else ""
        moment = datetime.fromisoformat(text.replace(fraction, "", 1))
        try:
            utc = moment.astimezone(UTC) if moment.tzinfo else moment
        except OverflowError as error:
            raise ValueError(str(error)) from None
        return cls(utc.replace(tzinfo=None).isoformat() + fraction)


@dataclass(frozen=True, slots=True)
class Path:
    """A property path such as ``manager/id``; ``lowered`` if wrapped in tolower, ``count`` if it ends in /$count."""

    parts: tuple[str, ...]
    lowered: bool = False
    count: bool = False

    @property
    def text(self) -> str:
        """The path as written."""
        return "/".join(self.parts)


@dataclass(frozen=True, slots=True)
class Comparison:
    """``path operator value``."""

    path: Path
    operator: str
    value: Any


@dataclass(frozen=True, slots=True)
class Membership:
    """``path in (value, …)``."""

    path: Path
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """``startsWith(path, value)`` and its like."""

    name: str
    path: Path
    value: Any


@dataclass(frozen=True, slots=True)
class Any_:
    """``path/any(x: condition)`` or ``all``; ``condition`` is None for a bare ``any()``."""

    path: Path
    variable: str
    condition: Node | None
    every: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """``not condition``."""

    condition: Node


@dataclass(frozen=True, slots=True)
class Logical:
    """Conditions joined by ``and`` or ``or``."""

    operator: str
    conditions: tuple[Node, ...]


Node = Comparison | Membership | Function | Any_ | Not | Logical

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')"
    r"|(?P<date>\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?)(?![\w-])"
    r"|(?P<guid>[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})"
    r"|(?P<number>-?\d+(?:\.\d+)?)(?![\w-])"
    r"|(?P<name>[A-Za-z_$@][\w.$@-]*)"
    r"|(?P<mark>[(),:/]))"
)
_FUNCTIONS = {"startswith": "startsWith", "endswith": "endsWith", "contains": "contains"}
_DEEPEST = 30
"""Levels of parentheses, negations and lambdas in one clause."""
_LONGEST = 500
"""Conditions that ``and`` and ``or`` join in one clause."""
_OPERATORS = {"eq", "ne", "gt", "ge", "lt", "le"}


def parse_filter(text: str) -> Node:
    """The tree of a ``$filter``.

    Raises:
        Fault: 400 with the service's message for a clause that is not well formed.
    """
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text.rstrip()):
            found = _TOKEN.match(text, at)
            if found is None:
                raise self._invalid(f"Syntax error at position {at} in '{text}'.")
            kind = found.lastgroup or ""
            self._tokens.append((kind, found[kind]))
            at = found.end()
        self._at = self._depth = 0
        if sum(text.lower() in {"and", "or"} for kind, text in self._tokens if kind == "name") > _LONGEST:
            raise self._invalid(f"The clause has more than {_LONGEST} conditions.")

    def parse(self) -> Node:
        node = self._or()
        if self._tokens[self._at :] == [("mark", ",")]:
            return node  # "List users" shows a filter with a comma at its end that the service answers.
        if self._at < len(self._tokens):
            raise self._invalid(f"Syntax error: unexpected '{self._tokens[self._at][1]}' in '{self._text}'.")
        return node

    def _invalid(self, reason: str) -> Fault:
        return bad_request(f"Invalid filter clause: {reason}", "BadRequest")

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise self._invalid(f"Expression expected at position {len(self._text)} in '{self._text}'.")
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, mark: str) -> None:
        _, text = self._next()
        if text != mark:
            raise self._invalid(f"'{mark}' expected but '{text}' found in '{self._text}'.")

    def _joined(self, word: str, part: Any) -> Node:
        conditions = [part()]
        while self._peek().lower() == word:
            self._next()
            conditions.append(part())
        return conditions[0] if len(conditions) == 1 else Logical(word, tuple(conditions))

    def _or(self) -> Node:
        return self._joined("or", self._and)

    def _and(self) -> Node:
        return self._joined("and", self._unary)

    def _unary(self) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._invalid(f"The clause is nested deeper than {_DEEPEST} levels.")
        if self._peek().lower() == "not":
            self._next()
            node: Node = Not(self._unary())
        elif self._peek() == "(":
            self._next()
            node = self._or()
            self._expect(")")
        else:
            node = self._condition()
        self._depth -= 1
        return node

    def _condition(self) -> Node:
        function = _FUNCTIONS.get(self._peek().lower())
        if function and self._tokens[self._at + 1 : self._at + 2] == [("mark", "(")]:
            self._at += 2
            path = self._path()
            self._expect(",")
            value = self._value()
            self._expect(")")
            if self._peek().lower() == "eq":
                self._next()
                return (
                    Function(function, path, value) if self._value() is True else Not(Function(function, path, value))
                )
            return Function(function, path, value)
        path = self._path()
        if self._peek() == "(":
            return self._lambda(path)
        _, operator = self._next()
        if operator.lower() == "in":
            self._expect("(")
            values = [self._value()]
            while self._peek() == ",":
                self._next()
                values.append(self._value())
            self._expect(")")
            return Membership(path, tuple(values))
        if operator.lower() not in _OPERATORS:
            raise self._invalid(f"Syntax error: operator expected but '{operator}' found in '{self._text}'.")
        return Comparison(path, operator.lower(), self._value())

    def _path(self) -> Path:
        kind, text = self._next()
        if text.lower() == "tolower" and self._peek() == "(":
            self._next()
            kind, text = self._next()
            path = self._segments(kind, text)
            self._expect(")")
            return Path(path.parts, lowered=True)
        return self._segments(kind, text)

    def _segments(self, kind: str, text: str) -> Path:
        if kind != "name":
            raise self._invalid(f"Property name expected but '{text}' found in '{self._text}'.")
        parts = [text]
        while self._peek() == "/":
            self._next()
            parts.append(self._next()[1])
        if parts[-1] == "$count":
            return Path(tuple(parts[:-1]), count=True)
        return Path(tuple(parts))

    def _lambda(self, path: Path) -> Node:
        word = path.parts[-1].lower()
        if word not in {"any", "all"} or len(path.parts) < 2:
            raise self._invalid(f"An unknown function with name '{path.text}' was found.")
        owner = Path(path.parts[:-1])
        self._expect("(")
        if self._peek() == ")":
            self._next()
            return Any_(owner, "", None)
        _, variable = self._next()
        self._expect(":")
        condition = self._or()
        self._expect(")")
        return Any_(owner, variable, condition, every=word == "all")

    def _value(self) -> Any:
        kind, text = self._next()
        if kind == "string":
            return text[1:-1].replace("''", "'")
        if kind == "number" and ("." in text or -(2**63) <= int(text[:20]) < 2**63):
            return float(text) if "." in text else int(text)
        if kind == "date":
            try:
                return Date.read(text)
            except ValueError:
                raise self._invalid(f"Unrecognized 'Edm.DateTimeOffset' literal '{text}' in '{self._text}'.") from None
        if kind == "guid":
            return Guid(text)
        known = {"true": True, "false": False, "null": None}
        if text.lower() in known:
            return known[text.lower()]
        raise self._invalid(f"Literal value expected but '{text}' found in '{self._text}'.")
