"""Answers questions about .NET from a real .NET runtime.

Runs in an environment of its own (`runtime.py`), not in the project's: loading .NET into a process is for good. Reads
one JSON array ``[kind, cases]`` from each line of standard input and writes the answers as one JSON array. A case that
.NET refuses is ``{"refused": …}``; an error that is a fault of .NET itself is ``{"broken": …}``,
and a text that cannot be handed over ``{"unreadable": …}``.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dotnetcore2
from clr_loader import get_coreclr
from pythonnet import set_runtime

ROOT = Path(dotnetcore2.__file__).parent / "bin"
os.environ["DOTNET_ROOT"] = str(ROOT)
VERSION = next((ROOT / "shared" / "Microsoft.NETCore.App").iterdir()).name

with tempfile.NamedTemporaryFile("w", suffix=".runtimeconfig.json") as config:
    json.dump(
        {
            "runtimeOptions": {
                "tfm": "netcoreapp3.1",
                "framework": {"name": "Microsoft.NETCore.App", "version": VERSION},
            }
        },
        config,
    )
    config.flush()
    set_runtime(get_coreclr(runtime_config=config.name, dotnet_root=str(ROOT)))

import clr  # type: ignore[import-not-found]  # noqa: E402

clr.AddReference("System.Text.RegularExpressions")
clr.AddReference("Microsoft.VisualBasic.Core")

import System  # type: ignore[import-not-found]  # noqa: E402
from Microsoft.VisualBasic import DateAndTime, DateInterval, Strings  # type: ignore[import-not-found]  # noqa: E402
from System.Globalization import CultureInfo, DateTimeStyles  # type: ignore[import-not-found]  # noqa: E402
from System.Text.RegularExpressions import (  # type: ignore[import-not-found]  # noqa: E402
    Regex,
    RegexMatchTimeoutException,
    RegexOptions,
)

INVARIANT = CultureInfo.InvariantCulture.Clone()
INVARIANT.DateTimeFormat.Calendar.TwoDigitYearMax = 2049  # as in .NET since version 8
CultureInfo.CurrentCulture = INVARIANT
PATIENCE = System.TimeSpan.FromSeconds(2)
KINDS = {
    "utc": System.DateTimeKind.Utc,
    "local": System.DateTimeKind.Local,
    "unspecified": System.DateTimeKind.Unspecified,
}
KIND_NAMES = {int(kind): name for name, kind in KINDS.items()}


def plain(text: Any) -> str:
    """A .NET string as text; half of a surrogate pair becomes U+FFFD, as on the wire."""
    data = System.Text.Encoding.Unicode.GetBytes(text)
    return bytes(data).decode("utf-16-le", "replace")


def regex(pattern: str, text: str, replacement: str) -> Any:
    """First match with its groups by number, and the text with every match replaced."""
    compiled = Regex(pattern, getattr(RegexOptions, "None"), PATIENCE)
    match = compiled.Match(text)
    groups = None
    if match.Success:
        groups = {}
        for number in compiled.GetGroupNumbers():
            group = match.Groups[number]
            groups[str(number)] = [group.Index, group.Index + group.Length] if group.Success else None
    try:
        replaced = plain(compiled.Replace(text, replacement))
    except UnicodeDecodeError:  # pythonnet hands over no text with half of a surrogate pair
        replaced = None
    return [groups, replaced]


def moment(ticks: int, kind: str) -> Any:
    return System.DateTime(System.Int64(ticks), KINDS[kind])


def format_date(ticks: int, kind: str, pattern: str) -> str:
    return plain(moment(ticks, kind).ToString(pattern, INVARIANT))


def styles_of(names: str) -> Any:
    return System.Enum.Parse(clr.GetClrType(DateTimeStyles), names)


def parse_exact(text: str, pattern: str, styles: str) -> Any:
    found = System.DateTime.ParseExact(text, pattern, INVARIANT, styles_of(styles))
    return [found.Ticks, KIND_NAMES[int(found.Kind)]]


def parse(text: str, styles: str) -> Any:
    return System.DateTime.Parse(text, INVARIANT, styles_of(styles)).Ticks


def upper(text: str, culture: str) -> str:
    return plain(System.String(text).ToUpper(CultureInfo(culture)))


def lower(text: str, culture: str) -> str:
    return plain(System.String(text).ToLower(CultureInfo(culture)))


def normalize(text: str, form: str) -> str:
    return plain(System.String(text).Normalize(getattr(System.Text.NormalizationForm, form)))


def title(text: str) -> str:
    return plain(INVARIANT.TextInfo.ToTitleCase(System.String(text).ToLowerInvariant()))


def trim(text: str) -> str:
    return plain(System.String(text).Trim())


def to_base64(text: str) -> str:
    return System.Convert.ToBase64String(System.Text.Encoding.Unicode.GetBytes(text))


def from_base64(text: str, encoding: str) -> str:
    return plain(getattr(System.Text.Encoding, encoding).GetString(System.Convert.FromBase64String(text)))


def utf8_hex(text: str) -> str:
    return str(System.BitConverter.ToString(System.Text.Encoding.UTF8.GetBytes(text))).replace("-", "")


def integer(text: str) -> int:
    styles = System.Globalization.NumberStyles.Integer
    return int(System.Int64.Parse(text, styles, INVARIANT))


def from_file_time(value: int) -> int:
    return System.DateTime.FromFileTimeUtc(System.Int64(value)).Ticks


def to_file_time(ticks: int) -> int:
    return moment(ticks, "utc").ToFileTimeUtc()


INTERVALS = {
    "yyyy": DateInterval.Year,
    "m": DateInterval.Month,
    "ww": DateInterval.WeekOfYear,
    "d": DateInterval.Day,
    "h": DateInterval.Hour,
    "n": DateInterval.Minute,
    "s": DateInterval.Second,
}


def date_add(interval: str, count: int, ticks: int) -> int:
    return DateAndTime.DateAdd(INTERVALS[interval], float(count), moment(ticks, "utc")).Ticks


def date_diff(interval: str, first: int, second: int) -> int:
    return DateAndTime.DateDiff(INTERVALS[interval], moment(first, "utc"), moment(second, "utc"))


def in_str(text: str, wanted: str, start: int) -> int:
    return Strings.InStr(start, text, wanted)


def left(text: str, count: int) -> str:
    return plain(Strings.Left(text, count))


def mid(text: str, start: int, length: int) -> str:
    return plain(Strings.Mid(text, start, length))


REFUSALS = (System.ArgumentException, System.FormatException, System.OverflowException)


def answer(question: Callable[..., Any], case: list[Any]) -> Any:
    try:
        return question(*case)
    except UnicodeDecodeError:  # pythonnet hands over no text with half of a surrogate pair
        return {"unreadable": True}
    except RegexMatchTimeoutException:
        return {"slow": True}
    except REFUSALS as error:
        return {"refused": str(error.Message)}
    except System.Exception as error:
        return {"broken": str(error.GetType().FullName)}


def main() -> None:
    for line in sys.stdin:
        kind, cases = json.loads(line)
        question = globals()[kind]
        print(json.dumps([answer(question, case) for case in cases]), flush=True)


if __name__ == "__main__":
    main()
