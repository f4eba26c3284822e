"""Where a .NET regular expression matches in a column of text.

`regex` runs a pattern as .NET does, in Python, which is exact and slow. Most values of a directory are plain: ASCII
without line breaks. On those a character is a code unit, ``$`` is the end, and a pattern without look-around, atomic
groups and back-references means the same in the regular expressions of Polars, which find whether there is a match
without trying paths one by one. So plain values go there, and every other distinct value to the exact matcher.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import polars as pl

from entra_sync.expressions.regex import compile_dotnet
from entra_sync.expressions.regex_syntax import Alternation, Anchor, Group, Node, Repeat, Sequence, Unit

__all__ = ["by_distinct_value", "contains_dotnet"]


def contains_dotnet(column: pl.Series, pattern: str) -> pl.Series:
    """In which texts of *column* the pattern is found; a Boolean series, null where the text is.

    Raises:
        RegexRefused, RegexTooSlow: as `regex` does.
    """
    regex = compile_dotnet(pattern)
    translated = _translated(pattern)
    if translated is None:
        return by_distinct_value(column, regex.matches)
    plain = (column.str.len_bytes() == column.str.len_chars()) & ~column.str.contains("\n", literal=True)
    found = column.str.contains(translated)
    if plain.all():
        return found
    return found.zip_with(
        plain.fill_null(True), by_distinct_value(column.set(plain.fill_null(True), None), regex.matches)
    )


def by_distinct_value(column: pl.Series, test: Callable[[Any], bool]) -> pl.Series:
    """What *test* says of each value of *column*, asked once per distinct value; null where the value is."""
    distinct = column.drop_nulls().unique()
    true = distinct.filter(pl.Series([test(value) for value in distinct.to_list()], dtype=pl.Boolean))
    return column.is_in(true.implode())


@lru_cache(maxsize=512)
def _translated(pattern: str) -> str | None:
    """The pattern for Polars, with its meaning on ASCII text without line breaks; None where it has none there."""
    translated = _written(compile_dotnet(pattern).tree)
    if translated is None:
        return None
    try:
        pl.Series([""]).str.contains(translated)
    except pl.exceptions.ComputeError:  # too large once its repetitions are written out
        return None
    return translated


_ANCHORS = {
    "start": r"\A",
    "line start": r"\A",
    "end": r"\z",
    "line end": r"\z",
    "last line end": r"\z",
    "boundary": r"(?-u:\b)",
    "no boundary": r"(?-u:\B)",
}


def _written(node: Node) -> str | None:
    match node:
        case Unit(mask):
            return _class(mask)
        case Anchor(kind):
            return _ANCHORS[kind]
        case Group(body=body):
            return _written(body)
        case Sequence(parts):
            written = [_written(part) for part in parts]
            return None if None in written else "(?:" + "".join(map(str, written)) + ")"
        case Alternation(branches):
            written = [_written(branch) for branch in branches]
            return None if None in written else "(?:" + "|".join(map(str, written)) + ")"
        case Repeat(body, least, most, _):
            inner = _written(body)
            bounds = f"{least}," if most is None else f"{least},{most}"
            return None if inner is None else f"(?:{inner}){{{bounds}}}"
    return None


def _class(mask: int) -> str:
    """The ASCII characters of a mask as a class."""
    members = "".join(rf"\x{code:02x}" for code in range(128) if mask >> code & 1)
    return f"[{members}]" if members else "[a&&b]"
