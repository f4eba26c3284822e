"""Random moments, .NET date formats, texts and styles."""

from __future__ import annotations

from random import Random

__all__ = ["date_text", "format_case", "random_format", "random_moment", "random_styles", "spoiled"]

_STANDARD = "dDfFgGmMoOrRstTuUyYQx"
_SPECIFIERS = (
    *[
        "d",
        "dd",
        "ddd",
        "dddd",
        "ddddd",
        "f",
        "ff",
        "fff",
        "ffff",
        "fffff",
        "ffffff",
        "fffffff",
        "ffffffff",
        "F",
        "FF",
        "FFF",
        "FFFF",
        "FFFFFFF",
        "FFFFFFFF",
        "g",
        "gg",
        "ggg",
    ],
    *[
        "h",
        "hh",
        "hhh",
        "H",
        "HH",
        "HHH",
        "K",
        "KK",
        "m",
        "mm",
        "mmm",
        "M",
        "MM",
        "MMM",
        "MMMM",
        "MMMMM",
        "s",
        "ss",
        "sss",
        "t",
        "tt",
        "ttt",
        "y",
        "yy",
        "yyy",
        "yyyy",
        "yyyyy",
        "yyyyyy",
    ],
    *["z", "zz", "zzz", "zzzz", ":", "/"],
)
_LITERALS = (
    " ",
    "  ",
    ", ",
    "-",
    ".",
    "T",
    "Z",
    "'T'",
    "'o''clock'",
    '"at"',
    "\\d",
    "\\\\",
    "%",
    "_",
    "é",
    "'",
    "\\",
    "GMT",
    "%d",
)
_COMMON = (
    "yyyy-MM-dd",
    "yyyy-MM-ddTHH:mm:ssZ",
    "yyyy-MM-ddTHH:mm:ss.fffZ",
    "yyyy-MM-ddTHH:mm:sszzz",
    "yyyy-MM-ddTHH:mm:ss.FFFFFFFK",
    "M/d/yyyy h:mm:ss tt",
    "MM/dd/yyyy HH:mm:ss",
    "yyyyMMdd",
    "yyyyMMddHHmmss",
    "yyyyMMddHHmmss.0Z",
    "dd.MM.yyyy",
    "ddd, dd MMM yyyy HH:mm:ss zz",
    "dddd, d MMMM yyyy",
    "d MMM yy",
    "H:m:s",
    "hh:mm tt",
)
_STYLES = (
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
)
_TICKS_PER_SECOND = 10_000_000


def random_moment(random: Random) -> tuple[int, str]:
    """Returns ticks and kind; rarely near the ends of the calendar."""
    last = 3_155_378_975_999_999_999
    ticks = random.choice(
        (
            random.randint(0, last),
            random.randint(630_000_000_000_000_000, 650_000_000_000_000_000),
            random.randint(630_000_000_000_000_000, 650_000_000_000_000_000),
            random.choice((random.randint(0, 10**13), last - random.randint(0, 10**13))),
        )
    )
    grain = random.choice((1, 10, 1000, 10_000, _TICKS_PER_SECOND, _TICKS_PER_SECOND, _TICKS_PER_SECOND * 86_400))
    return ticks // grain * grain, random.choice(("utc", "local", "unspecified"))


def random_format(random: Random) -> str:
    """Returns a standard, common or made-up format, sometimes one that .NET rejects."""
    kind = random.random()
    if kind < 0.15:
        return random.choice(_STANDARD)
    if kind < 0.4:
        return random.choice(_COMMON)
    pieces = []
    for _ in range(random.choice((1, 2, 3, 4, 5, 6, 8))):
        pieces.append(random.choice(_SPECIFIERS))
        if random.random() < 0.6:
            pieces.append(
                random.choice(_LITERALS) if random.random() < 0.4 else random.choice((" ", "-", ":", ".", "/"))
            )
    return "".join(pieces)


def random_styles(random: Random) -> str:
    """Returns one to three of DateTimeStyles, which may exclude each other."""
    return ", ".join(random.sample(_STYLES, random.choice((1, 1, 1, 2, 3))))


def format_case(random: Random) -> tuple[int, str, str]:
    """Returns ticks, kind and format."""
    return *random_moment(random), random_format(random)


def spoiled(random: Random, text: str) -> str:
    """Returns the text with a random change, most often none."""
    kind = random.random()
    if kind < 0.5 or not text:
        return text
    place = random.randrange(len(text))
    if kind < 0.65:
        return random.choice((" ", "  ", "\t")) + text + random.choice(("", " "))
    if kind < 0.75:
        return text[:place] + " " + text[place:]
    if kind < 0.85:
        return text[:place] + text[place + 1 :]
    if kind < 0.9:
        return text.upper() if random.random() < 0.5 else text.lower()
    return text[:place] + random.choice("0123456789:-/.+ TZGPA") + text[place + 1 :]


def date_text(random: Random) -> str:
    """Returns a date as people and programs write it, for DateTime.Parse."""
    year, month, day = random.randint(1900, 2100), random.randint(1, 12), random.randint(1, 28)
    names = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ]
    name = names[month - 1][: random.choice((3, 20))]
    short = f"{year % 100:02}"
    date = random.choice(
        (
            f"{year}-{month:02}-{day:02}",
            f"{year}-{month:02}-{day:02}",
            f"{year}/{month}/{day}",
            f"{year}.{month}.{day}",
            f"{month}/{day}/{year}",
            f"{month}/{day}/{short}",
            f"{month}-{day}-{year}",
            f"{month}.{day}.{year}",
            f"{day} {name} {year}",
            f"{day} {name} {short}",
            f"{day}-{name}-{year}",
            f"{day}-{name}-{short}",
            f"{name} {day}, {year}",
            f"{name} {day} {year}",
            f"{name}, {year}",
            f"{name} {year}",
            f"{year}-{month:02}",
            f"{year}/{month}",
            f"{year} {name} {day}",
            f"{year}{month:02}{day:02}",
            f"{month}/{day}",
            f"{day} {name}",
            f"{name} {day}",
            "",
        )
    )
    hour, minute, second = random.randint(0, 23), random.randint(0, 59), random.randint(0, 59)
    half = random.choice(("AM", "PM", "am", "a", "P", "pm"))
    time = random.choice(
        (
            "",
            "",
            f"{hour:02}:{minute:02}:{second:02}",
            f"{hour}:{minute:02}",
            f"{hour:02}:{minute:02}:{second:02}.{random.randint(0, 9999999)}",
            f"{hour:02}:{minute:02}:{second:02},{random.randint(0, 999)}",
            f"{hour % 12 or 12}:{minute:02}:{second:02} {half}",
            f"{hour % 12 or 12}:{minute:02}{half}",
            f"{hour % 12 or 12} {half}",
            f"{hour}:{minute:02} {half}",
            f"{hour:02}{minute:02}{second:02}",
            "24:00:00",
        )
    )
    zone = random.choice(
        ("", "", "Z", "z", " Z", "GMT", " GMT", "+02:00", " -05:30", "+0200", " +2", "-7", "+14:00", "+15:00", " UTC")
    )
    joint = random.choice(("T", " ", " ", ", ", "t", "  ")) if date and time else ""
    text = date + joint + time + (zone if time or random.random() < 0.1 else "")
    return spoiled(random, text) if random.random() < 0.4 else text
