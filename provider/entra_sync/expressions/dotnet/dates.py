"""Dates as .NET's DateTime holds and reads them, and the calendar arithmetic of DateAdd and DateDiff.

A `Moment` counts 100-nanosecond ticks since the year 1, as DateTime does. The service's own time zone is taken to be
UTC (see `choices`), so "local" and UTC read the same.
"""

from __future__ import annotations

import calendar
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from entra_sync.expressions.dotnet.no_value import NoValue

__all__ = [
    "DAY_NAMES",
    "LAST_TICK",
    "MONTH_NAMES",
    "TICKS_PER_DAY",
    "TICKS_PER_MINUTE",
    "TICKS_PER_SECOND",
    "Moment",
    "add_interval",
    "difference",
    "four_digit_year",
    "moment",
    "read_date",
]

TICKS_PER_SECOND = 10_000_000
TICKS_PER_MINUTE = 60 * TICKS_PER_SECOND
TICKS_PER_HOUR = 60 * TICKS_PER_MINUTE
TICKS_PER_DAY = 24 * TICKS_PER_HOUR
LAST_TICK = 3_155_378_975_999_999_999
FILE_TIME_EPOCH = 504_911_232_000_000_000
"""Ticks of 1601-01-01, where Active Directory's file times begin."""

MONTH_NAMES = tuple(calendar.month_name)[1:]
DAY_NAMES = (calendar.day_name[6], *tuple(calendar.day_name)[:6])
"""Sunday first, as in .NET."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time.

    Attributes:
        ticks: 100-nanosecond units since 0001-01-01.
        kind: What .NET knows of its zone, "utc", "local" or "unspecified"; only the format specifier K shows it.
    """

    ticks: int
    kind: str = "utc"

    def __post_init__(self) -> None:
        if not 0 <= self.ticks <= LAST_TICK:
            raise NoValue("the date is beyond the years 1 to 9999")

    @classmethod
    def of(cls, instant: datetime) -> Moment:
        """The moment of a Python datetime, which has to know its zone."""
        utc = instant.astimezone(UTC)
        days = utc.toordinal() - 1
        seconds = (utc.hour * 60 + utc.minute) * 60 + utc.second
        return cls(days * TICKS_PER_DAY + seconds * TICKS_PER_SECOND + utc.microsecond * 10)

    @classmethod
    def from_file_time(cls, value: int) -> Moment:
        """The moment of an Active Directory file time ("DateTime.FromFileTimeUtc")."""
        if value < 0:
            raise NoValue("a file time is not negative")
        return cls(FILE_TIME_EPOCH + value)

    @property
    def file_time(self) -> int:
        """100-nanosecond units since 1601-01-01 UTC ("DateTime.ToFileTimeUtc")."""
        if self.ticks < FILE_TIME_EPOCH:
            raise NoValue("a file time cannot be before the year 1601")
        return self.ticks - FILE_TIME_EPOCH

    @property
    def day(self) -> date:
        return date.fromordinal(self.ticks // TICKS_PER_DAY + 1)

    @property
    def hour(self) -> int:
        return self.ticks // TICKS_PER_HOUR % 24

    @property
    def minute(self) -> int:
        return self.ticks // TICKS_PER_MINUTE % 60

    @property
    def second(self) -> int:
        return self.ticks // TICKS_PER_SECOND % 60

    @property
    def fraction(self) -> int:
        """Ticks since the last whole second."""
        return self.ticks % TICKS_PER_SECOND

    @property
    def weekday(self) -> int:
        """0 for Sunday to 6 for Saturday."""
        return self.day.isoweekday() % 7

    def __str__(self) -> str:
        """``M/d/yyyy h:mm:ss tt``, the form in which CDate, DateAdd and Now write a date."""
        day, hour = self.day, self.hour % 12 or 12
        half = "AM" if self.hour < 12 else "PM"
        return f"{day.month}/{day.day}/{day.year:04} {hour}:{self.minute:02}:{self.second:02} {half}"


def moment(year: int, month: int, day: int, time: int = 0, offset: int = 0, kind: str = "utc") -> Moment:
    """The moment of a date, ticks since its midnight, and a zone offset in minutes.

    Raises:
        NoValue: There is no such day, or it is beyond the years 1 to 9999.
    """
    try:
        days = date(year, month, day).toordinal() - 1
    except (ValueError, OverflowError) as error:
        raise NoValue(f"there is no day {year:04}-{month:02}-{day:02}") from error
    return Moment(days * TICKS_PER_DAY + time - offset * TICKS_PER_MINUTE, kind)


def _fraction(digits: str) -> int:
    """Ticks of the digits behind a second's point, rounded as .NET Core 3.1 does it, digit by digit in binary."""
    part, weight = 0.0, 0.1
    for digit in digits:
        part += int(digit) * weight
        weight *= 0.1
    return round(part * TICKS_PER_SECOND)


def four_digit_year(year: int) -> int:
    """The year that two digits mean: up to 2049, else in the 1900s ("Calendar.TwoDigitYearMax")."""
    return year + (2000 if year <= 49 else 1900) if year < 100 else year


_MONTHS = "|".join(sorted({*MONTH_NAMES, *(name[:3] for name in MONTH_NAMES)}, key=len, reverse=True))
_DAYS = "|".join(sorted({*DAY_NAMES, *(name[:3] for name in DAY_NAMES)}, key=len, reverse=True))
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:\.(?P<fraction>\d+))?)?"
_TIME = rf"(?:{_CLOCK}(?:\s*(?P<half>[AP]M))?|(?P<hour_only>\d{{1,2}})\s*(?P<half_only>[AP]M))"
_ISO_TIME = r"(?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d+))?)?"
_OFFSET = r"[+-]\d{1,2}:\d{2}|[+-]\d{4}|[+-]\d{1,2}"
_ZONE = rf"(?:\s*(?P<offset>{_OFFSET}|(?<![APM])(?:Z|GMT)))?"
_YEAR_FIRST = r"(?P<year>\d{4})(?P<s>[-/.])(?P<month>\d{1,2})(?P=s)(?P<day>\d{1,2})"
_DAY_NAME = rf"(?:(?:{_DAYS}),?\s+)?"
_YEAR = r"(?P<year>\d{4}|\d{2})"
_DATES = (
    _YEAR_FIRST,
    rf"(?P<month>\d{{1,2}})(?P<s>[-/.])(?P<day>\d{{1,2}})(?P=s){_YEAR}",
    rf"{_DAY_NAME}(?P<day>\d{{1,2}})(?:\s+|\s*-\s*)(?P<month_name>{_MONTHS})(?:\s+|\s*[-,]\s*){_YEAR}",
    rf"{_DAY_NAME}(?P<month_name>{_MONTHS})\s+(?P<day>\d{{1,2}})[\s,]+{_YEAR}",
)
_FORMS = (
    *(rf"{date}(?:[\s,]+{_TIME})?{_ZONE}" for date in _DATES),
    rf"{_YEAR_FIRST}T{_ISO_TIME}(?:\s*(?P<offset>Z|{_OFFSET}))?",
    rf"(?P<month_name>{_MONTHS})[\s,]+(?P<year>\d{{4}})",
    r"(?P<year>\d{4})[-/](?P<month>\d{1,2})",
)


def read_date(text: str) -> Moment:
    """The moment that *text* names, in the forms DateTime.Parse reads in the invariant culture.

    Read are ``2009-06-15``, ``6/15/2009``, ``15 June 2009`` and ``Jun 15, 2009``, each with an optional time and an
    offset, Z or GMT; ``2009-06-15T13:45:30Z``; and ``2009-06`` and ``June 2009``. A text without a zone is in UTC.
    .NET reads some more, such as a time without a date and a day without a year.

    Raises:
        NoValue: *text* is none of these, or no existing day or time.
    """
    for form in _FORMS:
        match = re.fullmatch(form, text.strip(), re.IGNORECASE | re.ASCII)
        if match is not None:
            return _moment_of(defaultdict(lambda: None, match.groupdict()), text)
    raise NoValue(f'"{text}" is not a date and time')


def _moment_of(parts: dict[str, str | None], text: str) -> Moment:
    month = parts.get("month") or _month_number(parts.get("month_name") or "")
    year = four_digit_year(int(parts["year"] or "")) if len(parts["year"] or "") < 4 else int(parts["year"] or "")
    half = (parts["half"] or parts["half_only"] or "").upper()
    hour = int(parts["hour"] or parts["hour_only"] or 0)
    minute, second = int(parts["minute"] or 0), int(parts["second"] or 0)
    if (half == "AM" and hour > 12) or hour > 23 or minute > 59 or second > 59:
        raise NoValue(f'"{text}" has no valid time of day')
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "PM" else 0)
    time = ((hour * 60 + minute) * 60 + second) * TICKS_PER_SECOND + _fraction(parts["fraction"] or "")
    return moment(year, int(month), int(parts.get("day") or 1), time, _offset_minutes(parts["offset"], text))


def _month_number(name: str) -> int:
    return next(number for number, month in enumerate(MONTH_NAMES, 1) if month[:3].lower() == name[:3].lower())


def _offset_minutes(offset: str | None, text: str) -> int:
    if offset is None or offset.upper() in ("Z", "GMT"):
        return 0
    digits = offset[1:].replace(":", "")
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
    if minutes > 59 or hours * 60 + minutes > 14 * 60:
        raise NoValue(f'"{text}" has an offset beyond 14 hours')
    return (-1 if offset[0] == "-" else 1) * (hours * 60 + minutes)


_FIXED = {
    "ww": 7 * TICKS_PER_DAY,
    "d": TICKS_PER_DAY,
    "h": TICKS_PER_HOUR,
    "n": TICKS_PER_MINUTE,
    "s": TICKS_PER_SECOND,
}


def add_interval(interval: str, count: int, start: Moment) -> Moment:
    """*start* plus *count* intervals; a day that the month does not have becomes its last ("DateTime.AddMonths")."""
    if interval in _FIXED:
        return Moment(start.ticks + count * _FIXED[interval])
    months = {"m": 1, "yyyy": 12}.get(interval)
    if months is None:
        raise NoValue(_unknown(interval))
    year, month = divmod(start.day.year * 12 + start.day.month - 1 + count * months, 12)
    if not 1 <= year <= 9999:
        raise NoValue("the date is beyond the years 1 to 9999")
    last = calendar.monthrange(year, month + 1)[1]
    return moment(year, month + 1, min(start.day.day, last), start.ticks % TICKS_PER_DAY)


def difference(interval: str, first: Moment, second: Moment) -> int:
    """How many intervals *second* is after *first*, as DateDiff of Visual Basic counts ("DateAndTime.DateDiff").

    Years and months are the difference of the calendar fields, weeks the Sundays between, and the others whole elapsed
    units, rounded towards zero.
    """
    counters: dict[str, Callable[[], int]] = {
        "yyyy": lambda: second.day.year - first.day.year,
        "m": lambda: (second.day.year - first.day.year) * 12 + second.day.month - first.day.month,
        "ww": lambda: _whole(_whole(_week_start(second) - _week_start(first), TICKS_PER_DAY), 7),
    }
    if interval in counters:
        return counters[interval]()
    if interval not in _FIXED:
        raise NoValue(_unknown(interval))
    return _whole(second.ticks - first.ticks, _FIXED[interval])


def _week_start(day: Moment) -> int:
    return day.ticks - day.weekday * TICKS_PER_DAY


def _whole(count: int, unit: int) -> int:
    return count // unit if count >= 0 else -(-count // unit)


def _unknown(interval: str) -> str:
    return f'"{interval}" is not an interval; use yyyy, m, d, ww, h, n or s'
