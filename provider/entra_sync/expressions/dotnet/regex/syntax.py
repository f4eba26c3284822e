"""Reading .NET regular expressions into a tree ("Regular Expression Language - Quick Reference").

What stands for one character becomes a mask of code units (`characters`), so what is left is a small tree that a
matcher can run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from entra_sync.expressions.dotnet.regex.characters import CharacterReader
from entra_sync.expressions.dotnet.regex.classes import (
    ALL,
    class_mask,
    ignore_case,
    mask_of,
)
from entra_sync.expressions.dotnet.regex.tree import (
    Alternation,
    Anchor,
    Atomic,
    Backreference,
    Conditional,
    Group,
    LookAround,
    Node,
    Repeat,
    Sequence,
    Unit,
)
from entra_sync.expressions.dotnet.text import utf16

__all__ = ["read_pattern"]

MAX_DEPTH = 50


@dataclass(frozen=True, slots=True)
class _Options:
    """Inline options i, m, n, s, x."""

    letters: frozenset[str] = frozenset()

    def changed(self, text: str) -> _Options:
        letters, on = set(self.letters), True
        for letter in text.lower():
            if letter in "+-":
                on = letter == "+"
            elif on:
                letters.add(letter)
            else:
                letters.discard(letter)
        return _Options(frozenset(letters))

    def __contains__(self, letter: str) -> bool:
        return letter in self.letters


_QUANTIFIER = re.compile(r"[*+?]|\{([0-9]+)(,([0-9]*))?\}")
_DIGITS = re.compile(r"[0-9]*")
_COMMENTS = re.compile(r"(?:\(\?#[^)]*\))*")
_BLANKS = re.compile(r"(?:\(\?#[^)]*\)|[ \t\n\v\f\r]|#[^\n]*)*")
_OPTIONS = re.compile(r"\(\?(?!\))([imnsxIMNSX+-]*)([:)])")
_NAMED = re.compile(
    r"\(\?(?:<(?=\w|-\w)(?P<name>\w*)(?:-(?P<other>\w+))?>|'(?=\w|-\w)(?P<name2>\w*)(?:-(?P<other2>\w+))?')"
)
_CONDITION = re.compile(r"\(\?\((\w+)\)")
_NUMBERED_CONDITION = re.compile(r"\(\?\(([0-9]+)")
_CAPTURING_CONDITION = re.compile(r"\(\?\(\?(?:'|#|<(?![!=]))")
_NAMED_REFERENCE = re.compile(r"\\k?(?:<([0-9]+|[^\W0-9]\w*)>|'([0-9]+|[^\W0-9]\w*)')")
_ANCHOR_ESCAPES = {
    "A": "start",
    "z": "end",
    "Z": "last-line-end",
    "G": "search-start",
    "b": "boundary",
    "B": "no boundary",
}


def read_pattern(pattern: str) -> tuple[Node, dict[str, int]]:
    """The tree of *pattern*, and the number of each group by its name and by its number.

    .NET numbers unnamed groups from left to right and the named ones after them.

    Raises:
        RegexRefused: With the construct and where it starts.
    """
    units = utf16(pattern)
    scout = _Reader(units, known=None)
    scout.whole()
    reader = _Reader(units, known=scout.numbers())
    return reader.whole(), reader.numbers()


class _Reader(CharacterReader):
    """Recursive descent over a pattern.

    Whether ``\\12`` is a group or a character depends on groups that may come later, so a pattern is read twice: with
    `known` None to find the groups, then with their numbers.
    """

    def __init__(self, pattern: str, known: dict[str, int] | None) -> None:
        super().__init__(pattern)
        self.known = known
        self.depth = 0
        self.unnamed = 0
        self.names: list[str] = []
        self.in_conditional = False

    def numbers(self) -> dict[str, int]:
        numbers = {str(number): number for number in range(self.unnamed + 1)}
        for name in self.names:
            if name.isdigit():
                numbers.setdefault(str(int(name)), int(name))
        following = self.unnamed + 1
        for name in self.names:
            if not name.isdigit() and name not in numbers:
                while following in numbers.values():
                    following += 1
                numbers[name] = following
                numbers[str(following)] = following
        return numbers

    def whole(self) -> Node:
        node = self.alternation(_Options())
        if self.position < len(self.pattern):
            self.refuse("too many closing brackets")
        return node

    def alternation(self, options: _Options) -> Node:
        """Branches up to a closing bracket or the end. Options set in one branch hold in those after it."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.refuse(f"groups are nested more than {MAX_DEPTH} deep")
        branches: list[Node] = []
        parts: list[Node] = []
        while True:
            self.skip_blanks(options)
            character = self.peek()
            if character in ("", ")"):
                break
            if character == "|":
                self.position += 1
                branches.append(Sequence(tuple(parts)))
                parts = []
            elif (match := self.options_here()) and match[2] == ")":
                self.position = match.end()
                options = options.changed(match[1])
            else:
                parts.append(self.quantified(options))
        self.depth -= 1
        branches.append(Sequence(tuple(parts)))
        return branches[0] if len(branches) == 1 else Alternation(tuple(branches))

    def quantified(self, options: _Options) -> Node:
        if _QUANTIFIER.match(self.pattern, self.position):
            self.refuse("a quantifier follows nothing")
        atom = self.atom(options)
        self.skip_blanks(options)
        quantifier = _QUANTIFIER.match(self.pattern, self.position)
        if quantifier is None:
            return atom
        least, most = self.bounds(quantifier)
        self.position = quantifier.end()
        self.skip_blanks(options)
        lazy = self.peek() == "?"
        self.position += lazy
        self.skip_blanks(options)
        if _QUANTIFIER.match(self.pattern, self.position):
            self.refuse("a quantifier follows another one")
        return Repeat(atom, least, most, lazy)

    def bounds(self, quantifier: re.Match[str]) -> tuple[int, int | None]:
        if quantifier[0] in ("*", "+", "?"):
            return int(quantifier[0] == "+"), 1 if quantifier[0] == "?" else None
        least = int(quantifier[1])
        most = least if quantifier[2] is None else int(quantifier[3]) if quantifier[3] else None
        if max(least, most or 0) > 0x7FFFFFFF or (most is not None and most < least):
            self.refuse("a quantifier's bounds are reversed or too large")
        return least, most

    def atom(self, options: _Options) -> Node:
        character = self.peek()
        self.position += 1
        if character == "(":
            self.position -= 1
            return self.group(options)
        if character == "[":
            return Unit(self.character_class("i" in options))
        if character == "\\":
            return self.escape(options)
        if character == ".":
            return Unit(ALL if "s" in options else ALL & ~mask_of("\n"))
        if character == "^":
            return Anchor("line-start" if "m" in options else "start")
        if character == "$":
            return Anchor("line-end" if "m" in options else "last-line-end")
        return self.literal(character, options)

    def literal(self, character: str, options: _Options) -> Unit:
        mask = mask_of(character)
        return Unit(ignore_case(mask) if "i" in options else mask)

    def group(self, options: _Options, captures: bool = True) -> Node:
        start = self.position
        if not self.pattern.startswith("(?", start) or self.pattern.startswith("(?)", start):
            self.position += 1
            if "n" in options or not captures:
                return self.closed(options, start)
            self.unnamed += 1
            key = str(self.unnamed)
            return Group(key, self.closed(options, start))
        for opening, behind, negative in (("(?=", 0, 0), ("(?!", 0, 1), ("(?<=", 1, 0), ("(?<!", 1, 1)):
            if self.pattern.startswith(opening, start):
                self.position += len(opening)
                return LookAround(self.closed(options, start), bool(behind), bool(negative))
        if self.pattern.startswith("(?>", start):
            self.position += 3
            return Atomic(self.closed(options, start))
        if match := self.options_here():
            self.position = match.end()
            return self.closed(options.changed(match[1]), start)
        if self.pattern.startswith("(?(", start):
            return self.conditional(options)
        if match := _NAMED.match(self.pattern, start):
            return self.named(match, options)
        return self.refuse("this grouping construct is not one of .NET's")

    def named(self, match: re.Match[str], options: _Options) -> Group:
        """``(?<name>…)``, and the balancing groups ``(?<name-other>…)`` and ``(?<-other>…)``."""
        name, other = match["name"] or match["name2"], match["other"] or match["other2"]
        key = None
        if name:
            key = self.key(name)
            if key == "0":
                self.refuse("group 0 is the whole match")
            self.names.append(key)
        balances = self.key(other) if other else None
        if balances is not None and self.known is not None and balances not in self.known:
            self.refuse(f"there is no group {other}")
        self.position = match.end()
        return Group(key, self.closed(options, match.start()), balances)

    def key(self, name: str) -> str:
        """A group's name; a number without leading zeros."""
        if name[0].isdigit() and not name.isdigit():
            self.refuse("a group name must not start with a digit")
        return str(int(name)) if name.isdigit() else name

    def conditional(self, options: _Options) -> Conditional:
        """``(?(name)yes|no)`` and ``(?(pattern)yes|no)``; what is no group's name is a pattern."""
        start = self.position
        if _CAPTURING_CONDITION.match(self.pattern, start):
            self.refuse("a condition cannot be a comment or a named group")
        match = _CONDITION.match(self.pattern, start)
        name = match[1] if match else ""
        numbered = _NUMBERED_CONDITION.match(self.pattern, start)
        if numbered and (not match or (self.known is not None and self.key(name) not in self.known)):
            self.refuse(f"there is no group {numbered[1]}")
        around = self.in_conditional
        test: str | Node
        if match and (numbered or (self.known is not None and name in self.known)):
            self.in_conditional = False
            test = self.key(name)
            self.position = match.end()
        else:
            self.in_conditional = self.known is not None  # a name may turn out to be a group's
            self.position += 2
            test = self.group(options, captures=False)
        branches = self.alternation(options)
        self.in_conditional = around
        self.close(start)
        if not isinstance(branches, Alternation):
            return Conditional(test, branches, Sequence(()))
        if len(branches.branches) > 2:
            self.refuse("a conditional has more than two branches")
        return Conditional(test, *branches.branches)

    def closed(self, options: _Options, start: int) -> Node:
        """The inside of a group and its closing bracket."""
        around, self.in_conditional = self.in_conditional, False
        body = self.alternation(options)
        self.in_conditional = around
        self.close(start)
        return body

    def close(self, start: int) -> None:
        if self.peek() != ")":
            self.position = start
            self.refuse("the bracket is not closed")
        self.position += 1

    def options_here(self) -> re.Match[str] | None:
        """Options at this place, ``(?i)`` or ``(?i:``; .NET knows none directly in a condition on a pattern."""
        match = _OPTIONS.match(self.pattern, self.position)
        return None if match and match[1] and self.in_conditional else match

    def escape(self, options: _Options) -> Node:
        """What follows a backslash outside a class."""
        character = self.peek()
        if character in _ANCHOR_ESCAPES and character:
            self.position += 1
            return Anchor(_ANCHOR_ESCAPES[character])
        if character and character in "dDsSwW":
            self.position += 1
            return Unit(class_mask(character))
        if character in ("p", "P"):
            mask, is_range = self.category("i" in options)
            return Unit(ignore_case(mask) if is_range and "i" in options else mask)
        if match := _NAMED_REFERENCE.match(self.pattern, self.position - 1):
            self.position = match.end()
            return self.backreference(match[1] or match[2], options)
        if character == "k":
            self.refuse("a named reference is written \\k<name>")
        if character and character in "123456789":
            digits = self.digits()
            if self.known is None or digits in self.known or len(digits) == 1:
                self.position += len(digits)
                return self.backreference(digits, options)
        return self.literal(self.escaped_character(), options)

    def digits(self) -> str:
        match = _DIGITS.match(self.pattern, self.position)
        assert match is not None  # the pattern matches the empty text
        return match[0]

    def backreference(self, name: str, options: _Options) -> Backreference:
        key = str(int(name)) if name.isdigit() else name
        if self.known is not None and key not in self.known:
            self.refuse(f"there is no group {name}")
        return Backreference(key, "i" in options)

    def skip_blanks(self, options: _Options) -> None:
        """Comments, and with option x also white space and comments up to the end of the line."""
        match = (_BLANKS if "x" in options else _COMMENTS).match(self.pattern, self.position)
        assert match is not None  # the pattern matches the empty text
        self.position = match.end()
