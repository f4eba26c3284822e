"""The expression language as a tree: reading it, and printing it back.

Microsoft's "Reference for writing expressions for attribute mappings in Microsoft Entra ID" describes the language by
example; the grammar that all of its examples fit is

    expression := operand [("=" | "<>" | ">" | ">=" | "<" | "<=") operand]
    operand    := term {"&" term}
    term       := call | attribute | text | number | word
    call       := NAME "(" [argument {"," argument}] ")"
    argument   := expression | nothing                    an optional parameter that is left out
    attribute  := "[" name "]"
    text       := '"' characters, with \\\\ and \\" for a backslash and a quotation mark '"'
    number     := ["-"] digits | "&H" hexadecimal digits
    word       := vbTextCompare, IgnoreAttributeFlow, UTF8, …

Blanks, tabs and line breaks between these mean nothing. A backslash before any other character stands for itself.
`parse` reads a text in one pass from left to right; every node knows the characters it was read from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from entra_sync.errors import ExpressionError
from entra_sync.expressions.dotnet.text import from_utf16

__all__ = [
    "COMPARISONS",
    "MAX_DEPTH",
    "MAX_LENGTH",
    "Attribute",
    "Call",
    "Comparison",
    "Concatenation",
    "Expression",
    "Number",
    "Text",
    "Word",
    "parse_syntax",
    "walk",
]

MAX_LENGTH = 10_000
"""Longest expression the provisioning service takes, in characters ("Known issues for provisioning")."""

MAX_DEPTH = 64
"""Deepest nesting of calls that is read. The service states no limit, readers of JSON do: a call is three levels."""

COMPARISONS = ("=", "<>", ">=", "<=", ">", "<")
"""The comparison operators; the two-character ones first, as they must be tried first."""

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Expression:
    """A node of the tree. ``str(node)`` is its canonical text.

    `source` is the whole text the node was read from and `span` its characters there; equality ignores both.
    """

    span: Span = field(default=(0, 0), compare=False, repr=False, kw_only=True)
    source: str = field(default="", compare=False, repr=False, kw_only=True)

    def __str__(self) -> str:
        pieces: list[str] = []
        self.write(pieces)
        return "".join(pieces)

    def write(self, pieces: list[str]) -> None:
        """Append the canonical text, piece by piece."""
        raise NotImplementedError

    def children(self) -> tuple[Expression, ...]:
        """The nodes directly below this one, in the order they are written."""
        return ()


@dataclass(frozen=True, slots=True)
class Attribute(Expression):
    """``[name]``: an attribute of the source object."""

    name: str

    def write(self, pieces: list[str]) -> None:
        pieces.append(f"[{self.name}]")


@dataclass(frozen=True, slots=True)
class Text(Expression):
    """``"value"``: a text constant."""

    value: str

    def write(self, pieces: list[str]) -> None:
        pieces.append('"' + self.value.replace("\\", "\\\\").replace('"', '\\"') + '"')


@dataclass(frozen=True, slots=True)
class Number(Expression):
    """``8``, ``-10`` or ``&HF7``: a constant without quotes, kept as it was written."""

    digits: str

    def write(self, pieces: list[str]) -> None:
        pieces.append(self.digits)

    @property
    def value(self) -> int:
        """The number that the digits stand for."""
        return int(self.digits[2:], 16) if self.digits[:2] in ("&H", "&h") else int(self.digits)


@dataclass(frozen=True, slots=True)
class Word(Expression):
    """A bare word such as ``vbTextCompare`` or ``IgnoreAttributeFlow``."""

    name: str

    def write(self, pieces: list[str]) -> None:
        pieces.append(self.name)


@dataclass(frozen=True, slots=True)
class Call(Expression):
    """``Name(argument, …)``; an argument that was left out is None.

    `name_span` covers the name alone, `argument_spans` each argument, an empty one included.
    """

    name: str
    arguments: tuple[Expression | None, ...] = ()
    name_span: Span = field(default=(0, 0), compare=False, repr=False)
    argument_spans: tuple[Span, ...] = field(default=(), compare=False, repr=False)

    def write(self, pieces: list[str]) -> None:
        pieces.append(f"{self.name}(")
        for place, argument in enumerate(self.arguments):
            pieces.append(", " if place else "")
            if argument is not None:
                argument.write(pieces)
        pieces.append(")")

    def children(self) -> tuple[Expression, ...]:
        return tuple(argument for argument in self.arguments if argument is not None)


@dataclass(frozen=True, slots=True)
class Concatenation(Expression):
    """``part & part & …``: the texts one after the other."""

    parts: tuple[Expression, ...]

    def write(self, pieces: list[str]) -> None:
        for place, part in enumerate(self.parts):
            pieces.append(" & " if place else "")
            part.write(pieces)

    def children(self) -> tuple[Expression, ...]:
        return self.parts


@dataclass(frozen=True, slots=True)
class Comparison(Expression):
    """``left operator right``; the language allows one comparison and no AND or OR."""

    operator: str
    left: Expression
    right: Expression

    def write(self, pieces: list[str]) -> None:
        self.left.write(pieces)
        pieces.append(f" {self.operator} ")
        self.right.write(pieces)

    def children(self) -> tuple[Expression, ...]:
        return (self.left, self.right)


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and all nodes below it, from the outside in and from left to right."""
    pending = [expression]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(node.children()))


def parse_syntax(text: str) -> Expression:
    """Read *text* by the grammar alone, without looking function names up.

    Raises:
        ExpressionError: With the span of the first character that does not fit and what was expected there.
    """
    text = from_utf16(text)
    if len(text) > MAX_LENGTH:
        problem = f"an expression has at most {MAX_LENGTH:,} characters, this one has {len(text):,}"
        raise ExpressionError(text, (MAX_LENGTH, len(text)), problem)
    return _Reader(text).whole()


_BLANKS = re.compile(r"[ \t\r\n]*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = re.compile(r"-?[0-9]+|&[Hh][0-9A-Fa-f]+")
_PLAIN_TEXT = re.compile(r'[^"\\]*')
_STRANGER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|&&|\|\||==|!=|[^\W\d_]+")
_HINTS = {
    "'`\u00ab\u00b4\u00bb\u2018\u2019\u201c\u201d\u201e": 'write " before and after a text',
    ("==",): "write = to compare",
    ("!=", "!"): "write <> to compare",
    ("+",): "write & to join texts",
    ("%",): "a parameter of Cloud Sync, such as %DomainFQDN%, has no value here; write the value as a text",
    ("&&", "AND", "And", "and", "||", "|", "OR", "Or", "or"): "nest IIF for AND and OR",
}
"""What to do about signs of other languages."""
_BRACKET = re.compile(r"[\[\]]")
_TERM = 'an attribute in [ ], a text in " ", a number or a function'


class _Reader:
    """Recursive descent over one text; `position` is the next character to be read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.depth = 0

    def whole(self) -> Expression:
        self.skip_blanks()
        if self.position == len(self.text):
            self.fail((0, 1), f"the expression is empty; expected {_TERM}")
        expression = self.expression()
        if self.position < len(self.text):
            self.fail_here("expected the end of the expression")
        return expression

    def expression(self) -> Expression:
        left = self.operand()
        for operator in COMPARISONS:
            if self.text.startswith(operator, self.position):
                self.advance(len(operator))
                right = self.operand()
                if self.text.startswith(COMPARISONS, self.position):
                    self.fail_here("only one comparison is allowed, nest IIF for AND and OR")
                return Comparison(operator, left, right, span=(left.span[0], right.span[1]), source=self.text)
        return left

    def operand(self) -> Expression:
        parts = [self.term()]
        while self.peek() == "&":
            self.advance(1)
            parts.append(self.term())
        if len(parts) == 1:
            return parts[0]
        return Concatenation(tuple(parts), span=(parts[0].span[0], parts[-1].span[1]), source=self.text)

    def term(self) -> Expression:
        character = self.peek()
        if character == "[":
            return self.attribute()
        if character == '"':
            return self.quoted()
        if match := _NUMBER.match(self.text, self.position):
            if _NAME.match(self.text, match.end()):
                self.fail((match.end(), match.end() + 1), "a number is followed by a letter; quote a text")
            self.advance(match.end() - self.position)
            return Number(match[0], span=match.span(), source=self.text)
        if match := _NAME.match(self.text, self.position):
            self.advance(match.end() - self.position)
            if self.peek() == "(":
                return self.call(match)
            return Word(match[0], span=match.span(), source=self.text)
        return self.fail_here(f"expected {_TERM}")

    def call(self, name: re.Match[str]) -> Call:
        opened = self.position
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(name.span(), f"calls are nested more than {MAX_DEPTH} deep")
        self.advance(1)
        arguments: list[Expression | None] = []
        spans: list[Span] = []
        while self.peek() != ")" or arguments:
            start = self.position
            argument = None if self.peek() in (",", ")") else self.expression()
            arguments.append(argument)
            spans.append(argument.span if argument else (start, start + 1))
            if self.peek() == ")":
                break
            if self.position == len(self.text):
                self.fail(
                    (opened, opened + 1), f'the bracket of {name[0]} is not closed; expected "," or ")" at the end'
                )
            if self.peek() != ",":
                self.fail_here('expected "," or ")"')
            self.advance(1)
        end = self.position + 1
        self.advance(1)
        self.depth -= 1
        return Call(name[0], tuple(arguments), name.span(), tuple(spans), span=(name.start(), end), source=self.text)

    def attribute(self) -> Attribute:
        start, depth = self.position, 0
        for bracket in _BRACKET.finditer(self.text, start):
            depth += 1 if bracket[0] == "[" else -1
            if depth == 0:
                name = self.text[start + 1 : bracket.start()]
                if not name.strip():
                    self.fail((start, bracket.end()), "an attribute name is expected between [ and ]")
                self.advance(bracket.end() - start)
                return Attribute(name, span=(start, bracket.end()), source=self.text)
        return self.fail((start, start + 1), 'the attribute\'s "[" is not closed; expected "]"')

    def quoted(self) -> Text:
        start = self.position
        end = start + 1
        parts: list[str] = []
        while True:
            plain = _PLAIN_TEXT.match(self.text, end)
            assert plain is not None  # the pattern matches the empty text
            parts.append(plain[0])
            end = plain.end()
            if end == len(self.text):
                self.fail((start, start + 1), "the text's opening quotation mark has no closing one")
            if self.text[end] == '"':
                break
            escaped = self.text[end + 1 : end + 2]
            parts.append(escaped if escaped in ("\\", '"') else "\\" + escaped)
            end += 2
        self.advance(end + 1 - start)
        return Text("".join(parts), span=(start, end + 1), source=self.text)

    def peek(self) -> str:
        return self.text[self.position : self.position + 1]

    def advance(self, count: int) -> None:
        self.position += count
        self.skip_blanks()

    def skip_blanks(self) -> None:
        blanks = _BLANKS.match(self.text, self.position)
        assert blanks is not None  # the pattern matches the empty text
        self.position = blanks.end()

    def fail_here(self, problem: str) -> NoReturn:
        """Fails at the next character, or at the whole word or operator that begins there."""
        start = self.position
        if start == len(self.text):
            self.fail((start, start + 1), f"{problem}, found the end of the expression")
        again = "&" if self.text[start] == "&" else "=" if self.text[start] == "=" else ""
        if again and start and self.text.startswith(again, start - 1):
            start -= 1
        match = _STRANGER.match(self.text, start)
        found = match[0] if match else self.text[start]
        hint = next((hint for known, hint in _HINTS.items() if found in known), "")
        if found == "+" and _TERM in problem:
            hint = ""  # a sign, not a sum
        problem = f"{problem}, found {found if found.isalpha() else repr(found)}"
        raise ExpressionError(self.text, (start, start + len(found)), problem, hint)

    def fail(self, span: Span, problem: str) -> NoReturn:
        raise ExpressionError(self.text, span, problem)
