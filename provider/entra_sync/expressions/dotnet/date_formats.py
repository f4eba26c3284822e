"""Writing dates by .NET's format strings in the invariant culture ("Custom date and time format strings")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from entra_sync.expressions.dotnet.dates import (
    DAY_NAMES,
    MONTH_NAMES,
    Moment,
)
from entra_sync.expressions.dotnet.no_value import NoValue

__all__ = ["format_date", "real_format"]

_STANDARD = {
    "d": "MM/dd/yyyy",
    "D": "dddd, dd MMMM yyyy",
    "f": "dddd, dd MMMM yyyy HH:mm",
    "F": "dddd, dd MMMM yyyy HH:mm:ss",
    "g": "MM/dd/yyyy HH:mm",
    "G": "MM/dd/yyyy HH:mm:ss",
    "m": "MMMM dd",
    "M": "MMMM dd",
    "o": "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK",
    "O": "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK",
    "r": "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
    "R": "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
    "s": "yyyy'-'MM'-'dd'T'HH':'mm':'ss",
    "t": "HH:mm",
    "T": "HH:mm:ss",
    "u": "yyyy'-'MM'-'dd HH':'mm':'ss'Z'",
    "U": "dddd, dd MMMM yyyy HH:mm:ss",
    "y": "yyyy MMMM",
    "Y": "yyyy MMMM",
}

_SPECIFIERS = "dfFghHKmMstyz:/"
_TOKEN = (
    r"d{1,}|f{1,}|F{1,}|g{1,}|h{1,}|H{1,}|K|m{1,}|M{1,}|s{1,}|t{1,}|y{1,}|z{1,}|[:/]"
    r"|\\(?P<escaped>.)|'(?P<single>(?:[^'\\]|\\.)*)'|\"(?P<double>(?:[^\"\\]|\\.)*)\"|%(?P<only>[^%])"
)


@lru_cache(maxsize=256)
def _tokens(pattern: str) -> tuple[tuple[str, bool], ...]:
    return tuple(_read_tokens(pattern))


def real_format(pattern: str) -> str:
    """The custom format that a standard one stands for; another format is itself.

    Raises:
        NoValue: A single character is not a standard format.
    """
    if len(pattern) != 1:
        return pattern
    if pattern not in _STANDARD:
        raise NoValue(f'"{pattern}" is not a date format')
    return _STANDARD[pattern]


def _read_tokens(pattern: str) -> Iterator[tuple[str, bool]]:
    """The specifiers and literal texts of a format; the flag says whether it is a specifier."""
    pattern = real_format(pattern or "G")
    position, token = 0, re.compile(_TOKEN, re.DOTALL)
    while position < len(pattern):
        match = token.match(pattern, position)
        if match is None:
            if pattern[position] in "\\'\"%":
                raise NoValue(f'the date format "{pattern}" has an unfinished {pattern[position]}')
            yield pattern[position], False
            position += 1
            continue
        position = match.end()
        quoted = match["single"] if match["single"] is not None else match["double"]
        if match["escaped"] is not None:
            yield match["escaped"], False
        elif quoted is not None:
            yield re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL), False
        elif match["only"] is not None:
            if match["only"] in "\\'\"":
                raise NoValue(f'the date format "{pattern}" has an unfinished {match["only"]}')
            yield match["only"], match["only"] in _SPECIFIERS
        else:
            yield match[0], True


def format_date(value: Moment, pattern: str) -> str:
    """*value* written by a standard or custom format.

    Raises:
        NoValue: The format is not one.
    """
    written = ""
    for token, is_specifier in _tokens(pattern):
        if not is_specifier:
            written += token
        elif token[0] == "F" and len(token) <= 7 and value.fraction // 10 ** (7 - min(len(token), 7)) == 0:
            written = written.removesuffix(".")
        else:
            written += _written(value, token)
    return written


def _written(value: Moment, token: str) -> str:
    letter, count = token[0], len(token)
    if letter in "fF":
        if count > 7:
            raise NoValue(f'"{token}" asks for more than seven decimals')
        digits = f"{value.fraction:07}"[:count]
        return digits if letter == "f" else digits.rstrip("0")
    if letter == "d" and count > 2:
        name = DAY_NAMES[value.weekday]
        return name[:3] if count == 3 else name
    if letter == "M" and count > 2:
        name = MONTH_NAMES[value.day.month - 1]
        return name[:3] if count == 3 else name
    if letter == "y":
        year = value.day.year
        return str(year % 100).zfill(count) if count <= 2 else str(year).zfill(count)
    if letter == "t":
        half = "AM" if value.hour < 12 else "PM"
        return half[:count]
    numbers = {
        "d": value.day.day,
        "M": value.day.month,
        "h": value.hour % 12 or 12,
        "H": value.hour,
        "m": value.minute,
        "s": value.second,
    }
    if letter in numbers:
        return str(numbers[letter]).zfill(min(count, 2))
    fixed = {"g": "A.D.", "z": ("+0", "+00", "+00:00")[min(count, 3) - 1]}
    if letter == "K":
        return {"utc": "Z", "local": "+00:00", "unspecified": ""}[value.kind]
    return fixed.get(letter, token)
