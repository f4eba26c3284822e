"""Functions on dates. A date is the text ``M/d/yyyy h:mm:ss tt`` in UTC between functions."""

from __future__ import annotations

from entra_sync.expressions.dotnet.date_formats import format_date
from entra_sync.expressions.dotnet.date_parsing import parse_exact
from entra_sync.expressions.dotnet.date_styles import DEFAULT_STYLES, read_styles
from entra_sync.expressions.dotnet.dates import Moment, add_interval, difference
from entra_sync.expressions.dotnet.no_value import NoValue
from entra_sync.expressions.language.context import Context
from entra_sync.expressions.language.registry import Omitted, function

__all__ = [
    "c_date",
    "date_add",
    "date_diff",
    "date_from_num",
    "format_date_time",
    "now",
    "num_from_date",
]


@function("CDate(expression: DateTime) -> String")
def c_date(value: Moment) -> str:
    """Reads a date and returns it in UTC. Without a zone it is in UTC. Without a time it is midnight."""
    return str(value)


@function("Now() -> String", uses_context=True)
def now(context: Context) -> str:
    """Returns the current date and time in UTC."""
    return str(Moment.of(context.now))


@function("DateAdd(interval: String, value: Integer, dateTime: DateTime) -> String")
def date_add(interval: str | None, value: int, start: Moment) -> str:
    """Adds a number of intervals to a date: yyyy, m, d, ww, h, n (minutes) or s. A negative number subtracts."""
    return str(add_interval(interval or "", value, start))


@function("DateDiff(interval: String, date1: DateTime, date2: DateTime) -> Integer")
def date_diff(interval: str | None, first: Moment, second: Moment) -> int:
    """Returns the number of intervals from the first date to the second, counted as Visual Basic's DateDiff does."""
    return difference(interval or "", first, second)


@function("DateFromNum(value: Integer) -> String")
def date_from_num(value: int) -> str:
    """Returns the date of an Active Directory file time: units of 100 nanoseconds since 1601-01-01 UTC."""
    return str(Moment.from_file_time(value))


@function("NumFromDate(value: DateTime) -> Integer")
def num_from_date(value: Moment) -> int:
    """Returns the Active Directory file time of a date."""
    return value.file_time


@function(
    "FormatDateTime(source: String, dateTimeStyles?: String, inputFormat: String, outputFormat: String) -> String",
    "FormatDateTime(source: String, inputFormat: String, outputFormat: String) -> String",
    uses_context=True,
)
def format_date_time(
    context: Context,
    source: str | None,
    styles: str | Omitted | None,
    input_format: str | None,
    output_format: str | None,
) -> str:
    """Reads a date in one .NET format and writes it in another.

    The default styles are RoundtripKind, AllowLeadingWhite and AllowTrailingWhite. The three-parameter form is that of
    Graph's function list.
    """
    if source is None:
        raise NoValue("takes a date and time, not null")
    read = read_styles(styles) if isinstance(styles, str) and styles else DEFAULT_STYLES
    value = parse_exact(source, input_format or "", read, Moment.of(context.now))
    return format_date(value, output_format or "")
