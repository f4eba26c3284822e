"""Regular expressions with .NET's results, in bounded time.

Replace and the REGEX MATCH filter operator take .NET patterns ("Reference for writing expressions…", "Scoping users or
groups to be provisioned with scoping filters"). Python's ``re`` gives other answers for many of them (``\\w``, ``\\s``,
case, options in mid-pattern, group numbers, look-behind of varying width) and can run for years on a few of them, so
patterns are read by `regex_syntax` and run by `regex_program`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from entra_sync.expressions.dotnet.regex.program import MAX_STEPS, Captures, Matcher, RegexTooSlow, compile_tree
from entra_sync.expressions.dotnet.regex.syntax import read_pattern
from entra_sync.expressions.dotnet.regex.tree import RegexRefused
from entra_sync.expressions.dotnet.text import from_utf16, utf16

__all__ = ["MAX_STEPS", "DotNetRegex", "RegexRefused", "RegexTooSlow", "Substitution", "compile_dotnet"]


@dataclass(frozen=True, slots=True)
class Match:
    """Where a pattern matched; `captures` holds start and end of each group by number, -1 where it took no part."""

    units: str
    captures: Captures

    @property
    def start(self) -> int:
        return self.captures[0]

    @property
    def end(self) -> int:
        return self.captures[1]

    def group(self, number: int) -> str | None:
        start, end = self.captures[2 * number : 2 * number + 2]
        return None if start < 0 or end < 0 else self.units[start:end]


def compile_dotnet(pattern: str) -> DotNetRegex:
    """The regular expression that *pattern* writes in .NET's language.

    Raises:
        RegexRefused: For what .NET rejects and for the few constructs that are not supported, by name.
    """
    compiled = _compiled(pattern)
    if isinstance(compiled, RegexRefused):
        raise RegexRefused(compiled.pattern, compiled.construct, compiled.position)
    return compiled


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> DotNetRegex | RegexRefused:
    try:
        return DotNetRegex(pattern)
    except RegexRefused as refused:
        return refused


class DotNetRegex:
    """A compiled pattern; make one with `compile_dotnet`."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.tree, self.groups = read_pattern(pattern)
        self.program = compile_tree(pattern, self.tree, self.groups)
        self._nothing = (-1,) * self.program.slots

    def search(self, text: str) -> Match | None:
        """The leftmost match in *text*, or None.

        Raises:
            RegexTooSlow: After `MAX_STEPS` steps; also from the other methods.
        """
        return next(self._matches(utf16(text)), None)

    def matches(self, text: str, anchored: bool = False) -> bool:
        """Whether the pattern matches somewhere in *text* or, when *anchored*, the whole of it."""
        if not anchored:
            return self.search(text) is not None
        units = utf16(text)
        return Matcher(self.program, units).run(self.program.code, 0, self._nothing, whole=True) is not None

    def replace(self, text: str, replacement: str) -> str:
        """*text* with every match replaced ("Substitutions in Regular Expressions").

        *replacement* may hold ``$1``, ``${name}``, ``$&``, ``$+``, ``$_``, ``$$`` and the texts before and after.
        """
        units = utf16(text)
        parts = self.substitutions(replacement)
        written: list[str] = []
        position = 0
        for match in self._matches(units):
            written.append(units[position : match.start])
            written.extend(part if isinstance(part, str) else self._expand(part, match) for part in parts)
            position = match.end
        written.append(units[position:])
        return from_utf16("".join(written))

    def replace_group(self, text: str, group: str, value: str) -> str:
        """*text* with what *group* captured in each match replaced by *value*; the rest of a match stays."""
        units = utf16(text)
        number = self.number(group)
        written: list[str] = []
        position = 0
        for match in self._matches(units):
            start, end = match.captures[2 * number : 2 * number + 2]
            if start >= position:
                written += [units[position:start], utf16(value)]
                position = end
        written.append(units[position:])
        return from_utf16("".join(written))

    def group_text(self, text: str, group: str) -> str | None:
        """What *group* captured in the first match, or None when there is no match or the group took no part."""
        match = self.search(text)
        captured = match.group(self.number(group)) if match else None
        return None if captured is None else from_utf16(captured)

    def number(self, group: str) -> int:
        """The number of the group of that name.

        Raises:
            RegexRefused: When the pattern has no such group.
        """
        key = str(int(group)) if re.fullmatch("[0-9]+", group) else group
        if key not in self.groups:
            raise RegexRefused(self.pattern, f"there is no group {group!r}", 0)
        return self.groups[key]

    def substitutions(self, replacement: str) -> tuple[str | int | Substitution, ...]:
        """A replacement as texts, numbers of groups and other substitutions; an unknown group is text."""
        return _substitutions(utf16(replacement), tuple(self.groups.items()))

    def _matches(self, units: str) -> Iterator[Match]:
        """All matches from left to right; after an empty one the search goes on one unit further."""
        matcher = Matcher(self.program, units)
        position = 0
        while position <= len(units):
            captures = matcher.search(position, self._nothing)
            if captures is None:
                return
            yield Match(units, captures)
            position = captures[1] + (captures[0] == captures[1])

    def _expand(self, part: int | Substitution, match: Match) -> str:
        if isinstance(part, int):
            return match.group(part) or ""
        if part.kind == "`":
            return match.units[: match.start]
        if part.kind == "'":
            return match.units[match.end :]
        if part.kind == "_":
            return match.units
        return match.group(max(self.groups.values())) or ""


@dataclass(frozen=True, slots=True)
class Substitution:
    """A substitution other than a group: the text before or after the match, the whole text, or the last group."""

    kind: str


_SUBSTITUTION = re.compile(r"\$(?:(?P<sign>[$&`'+_])|(?P<digits>[0-9]+)|\{(?P<name>\w+)\})")


@lru_cache(maxsize=512)
def _substitutions(replacement: str, groups: tuple[tuple[str, int], ...]) -> tuple[str | int | Substitution, ...]:
    known = dict(groups)
    parts: list[str | int | Substitution] = []
    position = 0
    for match in _SUBSTITUTION.finditer(replacement):
        parts.append(replacement[position : match.start()])
        position = match.end()
        sign, digits, name = match["sign"], match["digits"], match["name"]
        if sign:
            parts.append("$" if sign == "$" else 0 if sign == "&" else Substitution(sign))
        else:
            written = digits or name
            key = str(int(written)) if re.fullmatch("[0-9]+", written) else written
            parts.append(known.get(key, match[0]))
    parts.append(replacement[position:])
    return tuple(part for part in parts if part != "")
