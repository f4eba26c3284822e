"""Where a .NET regular expression matches in a column of text, and replacing what it matches.

`regex` runs a pattern as .NET does, in Python, which is exact and slow. Most values of a directory are plain: ASCII
without line breaks. On those a character is a code unit and ``$`` is the end. A pattern without look-around, atomic
groups, conditions and back-references means the same there in the regular expressions of Polars, which find whether
there is a match without trying paths one by one. So plain values go there, and every other distinct value to the exact
matcher.
"""

from __future__ import annotations

from functools import lru_cache

import polars as pl

from entra_sync.errors import RegexRefused, RegexTooSlow
from entra_sync.expressions.columns.values import by_distinct_value
from entra_sync.expressions.dotnet.regex import DotNetRegex, compile_dotnet
from entra_sync.expressions.dotnet.regex.program import can_be_empty
from entra_sync.expressions.dotnet.regex.tree import Alternation, Anchor, Group, Node, Repeat, Sequence, Unit

__all__ = ["contains_dotnet", "replace_dotnet"]


def contains_dotnet(column: pl.Series, pattern: str) -> pl.Series:
    """In which texts of *column* the pattern is found; a Boolean series, null where the text is.

    Raises:
        RegexRefused, RegexTooSlow: as `regex` does.
    """
    regex = compile_dotnet(pattern)
    translated = _translated(regex, capturing=False)
    if translated is None:
        return by_distinct_value(column, regex.matches, pl.Boolean())
    plain = _plain(column)
    found = column.str.contains(translated)
    if plain.all():
        return found
    return found.zip_with(plain, by_distinct_value(column.set(plain, None), regex.matches, pl.Boolean()))


def replace_dotnet(column: pl.Series, pattern: str, replacement: str) -> pl.Series | None:
    """The texts of *column* with every match replaced, or None where it takes the exact matcher, text by text."""
    try:
        regex = compile_dotnet(pattern)
        translated = _translated(regex, capturing=True)
        written = _replacement(regex, replacement)
        if translated is None or written is None or (written and can_be_empty(regex.tree)):
            return None
        plain = _plain(column)
        replaced = column.str.replace_all(translated, written)
        if plain.all():
            return replaced
        exact = by_distinct_value(column.set(plain, None), lambda text: regex.replace(text, replacement), pl.String())
        return replaced.zip_with(plain, exact)
    except (RegexRefused, RegexTooSlow):
        return None  # the caller finds out which users it fails for


def _plain(column: pl.Series) -> pl.Series:
    ascii_only = column.str.len_bytes() == column.str.len_chars()
    return (ascii_only & ~column.str.contains("\n", literal=True)).fill_null(True)


def _replacement(regex: DotNetRegex, replacement: str) -> str | None:
    """The replacement for Polars, or None when it holds a substitution that Polars does not know."""
    written = ""
    for part in regex.substitutions(replacement):
        if isinstance(part, str):
            written += part.replace("$", "$$")
        elif isinstance(part, int):
            written += f"${{g{part}}}" if part else "${0}"
        else:
            return None
    return written


@lru_cache(maxsize=512)
def _translated(regex: DotNetRegex, capturing: bool) -> str | None:
    """The pattern for Polars, with its meaning on ASCII text without line breaks; None where it has none there."""
    translated = _Writer(regex.groups, capturing).written(regex.tree)
    if translated is None:
        return None
    try:
        pl.Series([""]).str.contains(translated)
    except pl.exceptions.ComputeError:  # too large once its repetitions are written out, or a group that stands twice
        return None
    return translated


_ANCHORS = {
    "start": r"\A",
    "line-start": r"\A",
    "end": r"\z",
    "line-end": r"\z",
    "last-line-end": r"\z",
    "boundary": r"(?-u:\b)",
    "no boundary": r"(?-u:\B)",
}


class _Writer:
    """Writes a tree as a pattern for Polars; groups are called g and their number when they are to be captured."""

    def __init__(self, groups: dict[str, int], capturing: bool) -> None:
        self.groups = groups
        self.capturing = capturing

    def written(self, node: Node) -> str | None:
        match node:
            case Unit(mask):
                return _class(mask)
            case Anchor(kind):
                return _ANCHORS.get(kind)
            case Group(str() as key, body, None):
                inner = self.written(body)
                opening = f"(?P<g{self.groups[key]}>" if self.capturing else "(?:"
                return None if inner is None else f"{opening}{inner})"
            case Sequence(parts):
                return self.all_written(parts, "")
            case Alternation(branches):
                return self.all_written(branches, "|")
            case Repeat():
                return self.repeat(node)
        return None

    def all_written(self, nodes: tuple[Node, ...], separator: str) -> str | None:
        written = [self.written(node) for node in nodes]
        return None if None in written else "(?:" + separator.join(map(str, written)) + ")"

    def repeat(self, node: Repeat) -> str | None:
        """A loop that goes round without moving captures differently, so it is not written for replacing."""
        inner = self.written(node.body)
        if inner is None or (self.capturing and can_be_empty(node.body)):
            return None
        bounds = f"{node.least}," if node.most is None else f"{node.least},{node.most}"
        return f"(?:{inner}){{{bounds}}}{'?' if node.lazy else ''}"


def _class(mask: int) -> str:
    """The ASCII characters of a mask as a class."""
    members = "".join(rf"\x{code:02x}" for code in range(128) if mask >> code & 1)
    return f"[{members}]" if members else "[a&&b]"
