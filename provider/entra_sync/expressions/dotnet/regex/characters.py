"""Reading what stands for one character of a pattern: escapes, categories and classes.

They all become masks of code units (`classes`). What is built of characters is read in `syntax`.
"""

from __future__ import annotations

import re
from typing import NoReturn

from entra_sync.errors import RegexRefused
from entra_sync.expressions.dotnet.regex.blocks import BLOCKS
from entra_sync.expressions.dotnet.regex.classes import (
    ALL,
    category_masks,
    class_mask,
    ignore_case,
    mask_of,
    range_mask,
    word_mask,
)

__all__ = ["CharacterReader"]

_OCTAL = re.compile(r"[0-7]{1,3}")
_CATEGORY = re.compile(r"([pP])\{([\w-]+)\}")
_RANGE = re.compile(r"-(?!\]|\[|$)")
_POSIX = re.compile(r"\[::\]")
"""What is left in .NET of POSIX classes: of these four characters in a class, only the first one counts."""

_PLAIN_ESCAPES = {"a": "\a", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class CharacterReader:
    """A place in a pattern of UTF-16 code units, and what can be read from there that stands for one character."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.position = 0

    def escaped_character(self) -> str:
        """The character that an escape stands for, inside or outside a class; `position` is after the backslash."""
        character = self.peek()
        if character == "":
            self.refuse("the pattern ends in a backslash")
        self.position += 1
        if character in _PLAIN_ESCAPES:
            return _PLAIN_ESCAPES[character]
        if character in "01234567":
            match = _OCTAL.match(self.pattern, self.position - 1)
            assert match is not None  # the character before is such a digit
            self.position = match.end()
            return chr(int(match[0], 8) & 0xFF)
        if character in "xu":
            width = 2 if character == "x" else 4
            code = self.pattern[self.position : self.position + width]
            if not re.fullmatch(f"[0-9A-Fa-f]{{{width}}}", code):
                self.refuse(f"\\{character} needs {width} hexadecimal digits")
            self.position += width
            return chr(int(code, 16))
        if character == "c":
            control = self.peek().upper()
            if not "@" <= control <= "_":
                self.refuse("\\c needs a letter")
            self.position += 1
            return chr(ord(control) - 64)
        if word_mask() >> ord(character) & 1:
            self.refuse(f"\\{character} is not an escape of .NET's")
        return character

    def category(self, any_case: bool) -> tuple[int, bool]:
        """``p{Lu}`` or ``P{Lu}`` after a backslash: its mask, and whether it is a block and so a range of characters.

        When case is ignored, each of Lu, Ll and Lt is all three of them.
        """
        match = _CATEGORY.match(self.pattern, self.position)
        if match is None:
            self.refuse("a Unicode category is written \\p{Lu}")
        name = match[2]
        block = BLOCKS.get(name.removeprefix("Is")) if name.startswith("Is") else None
        categories = category_masks()
        if block is not None:
            mask = range_mask(*block)
        elif name not in categories:
            self.refuse(f"{name} is neither a Unicode category nor one of .NET's blocks")
        elif any_case and name in ("Lu", "Ll", "Lt"):
            mask = categories["Lu"] | categories["Ll"] | categories["Lt"]
        else:
            mask = categories[name]
        self.position = match.end()
        return mask if match[1] == "p" else ALL & ~mask, block is not None

    def character_class(self, any_case: bool) -> int:
        """A class after its opening bracket, by the rules of .NET: ``]`` is literal when first, ``-[…]`` subtracts."""
        start = self.position - 1
        negative = self.peek() == "^"
        self.position += negative
        mask = categories = removed = 0
        first = True
        while True:
            if self.position >= len(self.pattern):
                self.position = start
                self.refuse("the class is not closed")
            if self.peek() == "]" and not first:
                self.position += 1
                break
            if self.pattern.startswith("-[", self.position) and not first:
                self.position += 2
                removed = self.character_class(any_case)
                if self.peek() != "]":
                    self.refuse("a subtraction must be the last in its class")
                continue
            if self.take_hyphens():
                mask |= mask_of("-")
                first = False
                continue
            bracket = _POSIX.match(self.pattern, self.position)
            low = self.class_item(any_case)
            if bracket is not None:
                self.position = bracket.end()
            first = False
            if isinstance(low, tuple):
                if low[1]:
                    mask |= low[0]
                else:
                    categories |= low[0]
            elif _RANGE.match(self.pattern, self.position):
                self.position += 1
                if self.take_hyphens():
                    mask |= mask_of("-")
                    if self.peek() == "]":
                        continue  # .NET forgets the first end of a range that has no second
                high = self.class_item(any_case)
                if isinstance(high, tuple):
                    self.refuse("a range must end in a character")
                if high < low:
                    self.refuse("a range is reversed")
                mask |= range_mask(ord(low), ord(high))
            else:
                mask |= mask_of(low)
        if any_case:
            mask = ignore_case(mask)
        mask |= categories
        return (ALL & ~mask if negative else mask) & ~removed

    def class_item(self, any_case: bool) -> str | tuple[int, bool]:
        """A character, or the mask of an escape that stands for several and whether it is a range of characters."""
        character = self.peek()
        self.position += 1
        if character != "\\":
            return character
        escaped = self.peek()
        if escaped and escaped in "dDsSwW":
            self.position += 1
            return class_mask(escaped), False
        if escaped in ("p", "P"):
            return self.category(any_case)
        if escaped == "b":
            self.position += 1
            return "\b"
        return self.escaped_character()

    def take_hyphens(self) -> bool:
        """Whether escaped hyphens stand here, which a class has for themselves and never as an end of a range."""
        start = self.position
        while self.pattern.startswith("\\-", self.position):
            self.position += 2
        return self.position > start

    def peek(self) -> str:
        return self.pattern[self.position : self.position + 1]

    def refuse(self, construct: str) -> NoReturn:
        raise RegexRefused(self.pattern, construct, min(self.position, max(len(self.pattern) - 1, 0)))
