"""Regular expressions with .NET's results, in bounded time.

Replace and the REGEX MATCH filter operator take .NET patterns ("Reference for writing expressions…", "Scoping users or
groups to be provisioned with scoping filters"). Python's ``re`` gives other answers for many of them (``\\w``, ``\\s``,
case, options in mid-pattern, group numbers, look-behind of varying width) and can run for years on a few of them, so
patterns are read by `syntax` and run by `program`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from entra_sync.errors import RegexRefused
from entra_sync.expressions.dotnet.regex.matcher import MAX_STEPS, Matcher, State
from entra_sync.expressions.dotnet.regex.program import compile_tree
from entra_sync.expressions.dotnet.regex.syntax import read_pattern
from entra_sync.expressions.dotnet.text import from_utf16, utf16

__all__ = ["MAX_STEPS", "DotNetRegex", "Substitution", "compile_dotnet"]


@dataclass(frozen=True, slots=True)
class Match:
    """Where a pattern matched; `state` begins with what each group captured, None if it took no part."""

    units: str
    start: int
    end: int
    state: State

    def span(self, number: int) -> tuple[int, int] | None:
        """Start and end of a group's last capture; group 0 is the match."""
        if number == 0:
            return self.start, self.end
        captured = self.state[number]
        return None if captured is None else captured[:2]

    def group(self, number: int) -> str | None:
        span = self.span(number)
        return None if span is None else self.units[span[0] : span[1]]


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
        return Matcher(self.program, utf16(text)).matches_whole()

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
            span = match.span(number)
            if span is not None and span[0] >= position:
                written += [units[position : span[0]], utf16(value)]
                position = span[1]
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
        position = origin = 0
        while position <= len(units):
            found = matcher.search(position, origin)
            if found is None:
                return
            yield Match(units, *found)
            start, origin, _ = found
            position = origin + (start == origin)

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
