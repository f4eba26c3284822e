"""Reading dates exactly by .NET's format strings ("DateTime.ParseExact", "Custom date and time format strings").

The invariant culture holds, and the server's own time zone is taken to be UTC (see `choices`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from entra_sync.expressions.dotnet.date_formats import real_format
from entra_sync.expressions.dotnet.dates import (
    DAY_NAMES,
    LAST_TICK,
    MONTH_NAMES,
    TICKS_PER_DAY,
    TICKS_PER_MINUTE,
    TICKS_PER_SECOND,
    Moment,
    four_digit_year,
    moment,
)
from entra_sync.expressions.dotnet.no_value import NoValue
from entra_sync.expressions.dotnet.text import WHITE_SPACE

__all__ = ["parse_exact"]

MAX_OFFSET = 14 * 60

_ROUND_TRIP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}(?P<zone>Z|(?P<sign>[+-])(?P<hours>\d\d?):(?P<minutes>\d\d))?"
"""What .NET reads by the format O without styles. With styles it reads what the custom format stands for, which takes
other forms of an offset too; only here may an offset have more than 59 minutes."""


def parse_exact(text: str, pattern: str, styles: frozenset[str], now: Moment) -> Moment:
    """The moment that *text* names in the format *pattern* ("DateTime.ParseExact").

    *now* supplies the parts of the date that the format does not have.

    Raises:
        NoValue: *text* does not have that format, or names no existing date.
    """
    if not text or not pattern:
        raise NoValue("a date and its format cannot be empty")
    strict = pattern in ("o", "O") and styles <= {"None"}
    reading = _round_trip(text, styles) if strict else _Reading(text, real_format(pattern), styles)
    if pattern == "U":
        reading.offset, reading.is_utc = 0, True
    reading.trim()
    reading.read()
    return reading.finished(now)


@dataclass
class _Reading:
    """A text that is read by a format; a field that the format does not have stays out of `fields`."""

    text: str
    pattern: str
    styles: frozenset[str]
    at: int = 0
    position: int = 0
    fields: dict[str, int] = field(default_factory=dict)
    two_digit_year: bool = False
    twelve_hours: bool = False
    offset: int | None = None
    is_utc: bool = False

    def fail(self) -> NoValue:
        return NoValue(f'"{self.text}" does not have the date format')

    def trim(self) -> None:
        """Takes the white space off both texts where the styles allow it, in the format also inside quotes."""
        if "AllowTrailingWhite" in self.styles:
            self.pattern = re.sub(r"""[ \s]+(['"])\Z""", r"\1", self.pattern.rstrip(WHITE_SPACE))
            self.text = self.text.rstrip(WHITE_SPACE)
        if "AllowLeadingWhite" in self.styles:
            self.pattern = re.sub(r"""\A(['"])[ \s]+""", r"\1", self.pattern.lstrip(WHITE_SPACE))
            self.text = self.text.lstrip(WHITE_SPACE)

    def read(self) -> None:
        while self.at < len(self.pattern):
            if "AllowInnerWhite" in self.styles:
                self.skip_white()
            self.read_one()
        if self.position < len(self.text):
            raise self.fail()

    def read_one(self) -> None:
        """Reads what the next part of the format asks for: specifier, separator, quoted text or a character."""
        letter = self.pattern[self.at]
        if letter in _SPECIFIERS:
            count = len(self.pattern) - self.at - len(self.pattern[self.at :].lstrip(letter))
            self.at += count
            _SPECIFIERS[letter](self, count)
            return
        self.at += 1
        if letter in "'\"":
            self.quoted(letter)
        elif letter == "%":
            if self.pattern[self.at : self.at + 1] in ("", "%"):
                raise self.fail()
        elif letter == "\\":
            if self.at == len(self.pattern):
                raise self.fail()
            self.at += 1
            self.literal(self.pattern[self.at - 1])
        elif letter == ".":
            self.point()
        elif letter == " ":
            self.space()
        elif self.pattern[self.at - 1 : self.at + 2].upper() == "GMT":
            self.at += 2
            self.zone(0)
            self.literal("GMT")
        else:
            self.literal(letter)

    def quoted(self, mark: str) -> None:
        """A text in quotation marks, in which a backslash stands before a character that is meant literally."""
        while True:
            character = self.pattern[self.at : self.at + 1]
            self.at += 1
            if character == mark:
                return
            if character == "\\":
                character = self.pattern[self.at : self.at + 1]
                self.at += 1
            if not character:
                raise self.fail()
            if character == " " and "AllowInnerWhite" in self.styles:
                self.skip_white()
            else:
                self.literal(character)

    def point(self) -> None:
        """A point may lack before ``FF`` and more decimals; .NET does not look at the first of these letters."""
        if self.takes("."):
            return
        if self.pattern[self.at + 1 : self.at + 2] != "F":
            raise self.fail()
        self.at = len(self.pattern) - len(self.pattern[self.at + 1 :].lstrip("F"))

    def space(self) -> None:
        """A space may lack before something that is empty itself, if trailing white space is allowed."""
        if "AllowInnerWhite" in self.styles or self.takes(" "):
            return
        if "AllowTrailingWhite" not in self.styles or self.at == len(self.pattern):
            raise self.fail()
        self.read_one()

    def put(self, name: str, value: int) -> None:
        if self.fields.setdefault(name, value) != value:
            raise self.fail()

    def zone(self, offset: int) -> None:
        if self.offset not in (None, offset):
            raise self.fail()
        self.offset = offset

    def takes(self, text: str) -> bool:
        found = self.text.startswith(text, self.position)
        self.position += len(text) * found
        return found

    def literal(self, text: str) -> None:
        if not self.takes(text):
            raise self.fail()

    def skip_white(self) -> None:
        while self.text[self.position : self.position + 1] and self.text[self.position] in WHITE_SPACE:
            self.position += 1

    def some_digits(self, most: int) -> str:
        match = re.compile(rf"[0-9]{{0,{most}}}").match(self.text, self.position)
        assert match is not None  # the pattern matches the empty text
        self.position = match.end()
        return match[0]

    def digits(self, count: int) -> int:
        """So many digits; 1 means one or two of them."""
        digits = self.some_digits(2 if count == 1 else count)
        if len(digits) < count:
            raise self.fail()
        return int(digits)

    def name(self, names: tuple[str, ...]) -> int:
        """The place of the longest of *names* that stands here, in any case."""
        for name in sorted(names, key=len, reverse=True):
            if self.text[self.position : self.position + len(name)].lower() == name.lower():
                self.position += len(name)
                return names.index(name)
        raise self.fail()

    def signed_offset(self, count: int) -> None:
        sign = self.text[self.position : self.position + 1]
        if sign not in ("+", "-"):
            raise self.fail()
        self.position += 1
        hours = self.digits(min(count, 2) if count < 3 else 1)
        minutes = 0
        if count > 2:
            self.takes(":")
            minutes = self.digits(2)
        if minutes > 59:
            raise self.fail()
        self.zone((hours * 60 + minutes) * (-1 if sign == "-" else 1))

    def finished(self, now: Moment) -> Moment:
        fields = self.fields
        if self.two_digit_year:
            if fields["y"] > 99:
                raise self.fail()
            fields["y"] = four_digit_year(fields["y"])
        hour = self.hour_of_day()
        minute, second = fields.get("m", 0), fields.get("s", 0)
        if hour > 23 or minute > 59 or second > 59:
            raise NoValue(f'"{self.text}" has no valid time of day')
        if fields.keys() & {"y", "M", "d"}:
            year, month, day = fields.get("y", now.day.year), fields.get("M", 1), fields.get("d", 1)
        else:
            year, month, day = (1, 1, 1) if "NoCurrentDateDefault" in self.styles else now.day.timetuple()[:3]
        time = ((hour * 60 + minute) * 60 + second) * TICKS_PER_SECOND + fields.get("f", 0)
        found = moment(year, month, day, time)
        if fields.get("weekday", found.weekday) != found.weekday:
            raise NoValue(f'"{self.text}" names a day of the week that it is not')
        return self.in_zone(found.ticks)

    def hour_of_day(self) -> int:
        hour = self.fields.get("H", -1)
        half = self.fields.get("half")
        if self.twelve_hours:
            if hour > 12:
                raise self.fail()
            return hour % 12 + 12 * (half or 0)
        if half is not None and (hour >= 12) != half:
            raise self.fail()
        return max(hour, 0)

    def in_zone(self, ticks: int) -> Moment:
        """The moment in the zone that the styles ask for; its kind is what .NET knows of that zone."""
        if abs(self.offset or 0) > MAX_OFFSET:
            raise NoValue(f'"{self.text}" has an offset beyond 14 hours')
        to_universal = "AdjustToUniversal" in self.styles
        if self.offset is None and not self.styles & {"AssumeLocal", "AssumeUniversal"}:
            return Moment(ticks, "unspecified")
        if self.is_utc and "RoundtripKind" in self.styles:
            return Moment(ticks, "utc")
        adjusted = ticks - (self.offset or 0) * TICKS_PER_MINUTE
        if adjusted < 0 and (to_universal or ticks < TICKS_PER_DAY):
            adjusted += TICKS_PER_DAY  # a time of day on the first day there is
        if not 0 <= adjusted <= LAST_TICK:
            raise NoValue("the date is beyond the years 1 to 9999")
        return Moment(adjusted, "utc" if to_universal else "local")


def _round_trip(text: str, styles: frozenset[str]) -> _Reading:
    """A text in the format O, of which the zone is read."""
    found = re.fullmatch(_ROUND_TRIP, text, re.ASCII)
    pattern = real_format("O").removesuffix("K") + (f"'{found['zone']}'" if found and found["zone"] else "")
    reading = _Reading(text, pattern, styles)
    if found is None:
        raise reading.fail()
    if found["sign"]:
        reading.zone(int(f"{found['sign']}1") * (int(found["hours"]) * 60 + int(found["minutes"])))
    elif found["zone"]:
        reading.zone(0)
        reading.is_utc = True
    return reading


def _year(reading: _Reading, count: int) -> None:
    reading.two_digit_year |= count <= 2
    reading.put("y", reading.digits(count))


def _month(reading: _Reading, count: int) -> None:
    if count <= 2:
        reading.put("M", reading.digits(count))
    else:
        names = tuple(name[:3] for name in MONTH_NAMES) if count == 3 else MONTH_NAMES
        reading.put("M", reading.name(names) + 1)


def _day(reading: _Reading, count: int) -> None:
    if count <= 2:
        reading.put("d", reading.digits(count))
    else:
        names = tuple(name[:3] for name in DAY_NAMES) if count == 3 else DAY_NAMES
        reading.put("weekday", reading.name(names))


def _hour12(reading: _Reading, count: int) -> None:
    reading.twelve_hours = True
    reading.put("H", reading.digits(min(count, 2)))


def _fraction(reading: _Reading, count: int, optional: bool) -> None:
    if count > 7:
        raise reading.fail()
    digits = reading.some_digits(count)
    if len(digits) < count and not optional:
        raise reading.fail()
    reading.put("f", int(digits.ljust(7, "0")))


def _era(reading: _Reading, count: int) -> None:
    reading.name(("A.D.", "AD"))


def _half(reading: _Reading, count: int) -> None:
    """AM or PM in any case; a single letter in this case only."""
    if count == 1:
        half = "AP".find(reading.text[reading.position : reading.position + 1] or "?")
        if half < 0:
            raise reading.fail()
        reading.position += 1
    else:
        half = reading.name(("AM", "PM"))
    reading.put("half", half)


def _zulu(reading: _Reading, count: int) -> None:
    """Each Z of the format stands for Z or GMT in any case, with no letter after it."""
    for _ in range(count):
        if "AllowInnerWhite" in reading.styles:
            reading.skip_white()
        reading.zone(0)
        reading.is_utc = True
        reading.name(("Z", "GMT"))
        if reading.text[reading.position : reading.position + 1].isalpha():
            raise reading.fail()


def _zone(reading: _Reading, count: int) -> None:
    """Each K of the format stands for Z, an offset, or nothing."""
    for _ in range(count):
        if "AllowInnerWhite" in reading.styles:
            reading.skip_white()
        if reading.takes("Z"):
            reading.zone(0)
            reading.is_utc = True
        elif reading.text[reading.position : reading.position + 1] in ("+", "-"):
            reading.signed_offset(3)


_SPECIFIERS: dict[str, Callable[[_Reading, int], None]] = {
    "y": _year,
    "M": _month,
    "d": _day,
    "g": _era,
    "h": _hour12,
    "H": lambda reading, count: reading.put("H", reading.digits(min(count, 2))),
    "m": lambda reading, count: reading.put("m", reading.digits(min(count, 2))),
    "s": lambda reading, count: reading.put("s", reading.digits(min(count, 2))),
    "f": lambda reading, count: _fraction(reading, count, optional=False),
    "F": lambda reading, count: _fraction(reading, count, optional=True),
    "t": _half,
    "z": lambda reading, count: reading.signed_offset(count),
    "Z": _zulu,
    "K": _zone,
}
"""What each letter of a format reads, and how many of it there are in a row."""
