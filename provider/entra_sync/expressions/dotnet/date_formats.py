"""Writing and reading dates by .NET's format strings ("Custom date and time format strings", "Standard …").

Both directions follow the invariant culture. Reading is exact, like DateTime.ParseExact: ``d``, ``M``, ``h``, ``H``,
``m``, ``s`` take one or two digits, every longer specifier exactly as many digits as it has letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from entra_sync.expressions.dotnet.dates import (
    DAY_NAMES,
    MONTH_NAMES,
    TICKS_PER_SECOND,
    Moment,
    four_digit_year,
    moment,
)
from entra_sync.expressions.dotnet.problem import Problem

__all__ = ["DEFAULT_STYLES", "format_date", "parse_exact", "read_styles"]

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

_STYLES = frozenset(
    {
        "None",
        "AllowLeadingWhite",
        "AllowTrailingWhite",
        "AllowInnerWhite",
        "AllowWhiteSpaces",
        "NoCurrentDateDefault",
        "AdjustToUniversal",
        "AssumeLocal",
        "AssumeUniversal",
        "RoundtripKind",
    }
)

DEFAULT_STYLES = frozenset({"RoundtripKind", "AllowLeadingWhite", "AllowTrailingWhite"})
"""What FormatDateTime uses when its dateTimeStyles are left out."""


def read_styles(text: str) -> frozenset[str]:
    """The DateTimeStyles that a comma-separated *text* names, with or without ``DateTimeStyles.`` before each.

    Raises:
        Problem: A name is not one of DateTimeStyles, or two exclude each other.
    """
    names = {name.strip().removeprefix("DateTimeStyles.") for name in text.split(",")}
    for name in names - _STYLES:
        raise Problem(f'"{name}" is not a member of DateTimeStyles')
    if {"AssumeLocal", "AssumeUniversal"} <= names or (
        "RoundtripKind" in names and names & {"AssumeLocal", "AssumeUniversal", "AdjustToUniversal"}
    ):
        raise Problem(f'the styles "{text}" exclude each other')
    if "AllowWhiteSpaces" in names:
        names |= {"AllowLeadingWhite", "AllowTrailingWhite", "AllowInnerWhite"}
    return frozenset(names)


_TOKEN = re.compile(
    r"d{1,}|f{1,}|F{1,}|g{1,}|h{1,}|H{1,}|K|m{1,}|M{1,}|s{1,}|t{1,}|y{1,}|z{1,}|[:/]"
    r"|\\(?P<escaped>.)|'(?P<single>(?:[^'\\]|\\.)*)'|\"(?P<double>(?:[^\"\\]|\\.)*)\"|%(?P<only>[^%])",
    re.DOTALL,
)


@lru_cache(maxsize=256)
def _tokens(pattern: str) -> tuple[tuple[str, bool], ...]:
    return tuple(_read_tokens(pattern))


def _read_tokens(pattern: str) -> Iterator[tuple[str, bool]]:
    """The specifiers and literal texts of a format; the flag says whether it is a specifier."""
    pattern = pattern or "G"
    if len(pattern) == 1:
        if pattern not in _STANDARD:
            raise Problem(f'"{pattern}" is not a date format')
        pattern = _STANDARD[pattern]
    position = 0
    while position < len(pattern):
        match = _TOKEN.match(pattern, position)
        if match is None:
            if pattern[position] in "\\'\"%":
                raise Problem(f'the date format "{pattern}" has an unfinished {pattern[position]}')
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
            position -= 1  # the character after % is read on its own
        else:
            yield match[0], True


def format_date(value: Moment, pattern: str) -> str:
    """*value* written by a standard or custom format.

    Raises:
        Problem: The format is not one.
    """
    written = ""
    for token, is_specifier in _tokens(pattern):
        if not is_specifier:
            written += token
        elif token[0] == "F" and value.fraction // 10 ** (7 - min(len(token), 7)) == 0:
            written = written.removesuffix(".")
        else:
            written += _written(value, token)
    return written


def _written(value: Moment, token: str) -> str:
    letter, count = token[0], len(token)
    if letter in "fF":
        if count > 7:
            raise Problem(f'"{token}" asks for more than seven decimals')
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


@lru_cache(maxsize=256)
def _piece(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.ASCII)


@dataclass
class _Reading:
    """What has been read so far; a field that the format does not have stays out of `fields`."""

    text: str
    styles: frozenset[str]
    position: int = 0
    fields: dict[str, int] = field(default_factory=dict)
    twelve_hours: bool = False
    half: str = ""
    offset: int | None = None
    is_utc: bool = False

    def fail(self) -> Problem:
        return Problem(f'"{self.text}" does not have the date format')

    def put(self, name: str, value: int) -> None:
        if self.fields.setdefault(name, value) != value:
            raise self.fail()

    def take(self, pattern: str) -> str:
        match = _piece(pattern).match(self.text, self.position)
        if match is None:
            raise self.fail()
        self.position = match.end()
        return match[0]

    def digits(self, least: int, most: int) -> int:
        return int(self.take(rf"\d{{{least},{most}}}"))

    def literal(self, text: str) -> None:
        if not self.text.startswith(text, self.position):
            raise self.fail()
        self.position += len(text)

    def name(self, names: tuple[str, ...]) -> int:
        """The place of the first of *names* that stands here, in any case."""
        found = self.take("|".join(map(re.escape, sorted(names, key=len, reverse=True)))).lower()
        return next(place for place, name in enumerate(names) if name.lower() == found)


def parse_exact(text: str, pattern: str, styles: frozenset[str], now: Moment) -> Moment:
    """The moment that *text* names in the format *pattern* ("DateTime.ParseExact").

    *now* supplies the date when the format has none. The server's zone is taken to be UTC.

    Raises:
        Problem: *text* does not have that format, or names no existing date.
    """
    if "AllowLeadingWhite" in styles:
        text = text.lstrip()
    if "AllowTrailingWhite" in styles:
        text = text.rstrip()
    reading = _Reading(text, styles)
    if pattern in ("r", "R", "u", "U"):
        reading.is_utc = True
    tokens = _tokens(pattern)
    for place, (token, is_specifier) in enumerate(tokens):
        if is_specifier:
            _read(reading, token)
        elif token == "Z":
            reading.literal("Z")
            reading.offset, reading.is_utc = 0, True
        elif token == " " and "AllowInnerWhite" in styles:
            reading.take(r"\s*")
        elif token == "." and tokens[place + 1 : place + 2] and tokens[place + 1][0][0] == "F":
            reading.take(r"\.?")
        else:
            reading.literal(token)
    if reading.position != len(text):
        raise reading.fail()
    return _finished(reading, now)


def _read(reading: _Reading, token: str) -> None:
    letter, count = token[0], len(token)
    if letter in ":/":
        reading.literal(token)
    elif letter == "d" and count > 2:
        names = DAY_NAMES if count > 3 else tuple(name[:3] for name in DAY_NAMES)
        reading.put("weekday", reading.name(names))
    elif letter == "M" and count > 2:
        names = MONTH_NAMES if count > 3 else tuple(name[:3] for name in MONTH_NAMES)
        reading.put("M", reading.name(names) + 1)
    elif letter in "dMhHms":
        reading.put("H" if letter == "h" else letter, reading.digits(1 if count == 1 else 2, 2))
        reading.twelve_hours |= letter == "h"
    elif letter == "y":
        year = reading.digits(1, 2) if count == 1 else reading.digits(count, count)
        reading.put("y", four_digit_year(year) if count <= 2 else year)
    elif letter in "fF":
        if count > 7:
            raise Problem(f'"{token}" asks for more than seven decimals')
        digits = reading.take(rf"\d{{{count if letter == 'f' else 0},{count}}}")
        reading.put("f", int(digits.ljust(7, "0")))
    elif letter == "t":
        reading.half = "PM" if reading.take("[AP]" if count == 1 else "AM|PM")[0] in "pP" else "AM"
    elif letter == "g":
        reading.take(r"A\.D\.|AD")
    elif letter == "K" and reading.position == len(reading.text):
        return
    elif letter == "K" and reading.text[reading.position] == "Z":
        reading.literal("Z")
        reading.offset, reading.is_utc = 0, True
    else:
        _read_offset(reading, 3 if letter == "K" else min(count, 3))


def _read_offset(reading: _Reading, width: int) -> None:
    written = reading.take({1: r"[+-]\d{1,2}", 2: r"[+-]\d{2}", 3: r"[+-]\d{2}:?\d{2}"}[width])
    digits = written[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:] or 0)
    if minutes > 14 * 60:
        raise Problem(f'"{reading.text}" has an offset beyond 14 hours')
    reading.offset = -minutes if written[0] == "-" else minutes


def _finished(reading: _Reading, now: Moment) -> Moment:
    fields = reading.fields
    hour = fields.get("H", 0)
    if reading.twelve_hours:
        if hour > 12:
            raise reading.fail()
        hour = hour % 12 + (12 if reading.half == "PM" else 0)
    elif reading.half and (hour >= 12) != (reading.half == "PM"):
        raise reading.fail()
    minute, second = fields.get("m", 0), fields.get("s", 0)
    if hour > 23 or minute > 59 or second > 59:
        raise Problem(f'"{reading.text}" has no valid time of day')
    if not fields.keys() & {"y", "M", "d"}:
        year, month, day = (1, 1, 1) if "NoCurrentDateDefault" in reading.styles else now.day.timetuple()[:3]
    else:
        year, month, day = fields.get("y", now.day.year), fields.get("M", 1), fields.get("d", 1)
    time = ((hour * 60 + minute) * 60 + second) * TICKS_PER_SECOND + fields.get("f", 0)
    offset = reading.offset or 0
    if reading.is_utc or reading.styles & {"AdjustToUniversal"}:
        kind = "utc"
    else:
        kind = "unspecified" if reading.offset is None else "local"
    found = moment(year, month, day, time, offset, kind)
    if "weekday" in fields and fields["weekday"] != moment(year, month, day).weekday:
        raise Problem(f'"{reading.text}" names a day of the week that it is not')
    return found
