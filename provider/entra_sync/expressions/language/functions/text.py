"""Functions on text. Positions and lengths count UTF-16 code units, as the service's .NET does."""

from __future__ import annotations

import unicodedata

from entra_sync.expressions.dotnet.diacritics import without_diacritics
from entra_sync.expressions.dotnet.no_value import NoValue
from entra_sync.expressions.dotnet.text import WHITE_SPACE, from_utf16, is_culture_name, lower, upper, utf16
from entra_sync.expressions.language.registry import CLOUD_SYNC, GRAPH_FUNCTIONS, OMITTED, Omitted, function

__all__ = [
    "append",
    "in_str",
    "left",
    "mid",
    "normalize_diacritics",
    "p_case",
    "prepend",
    "strip_spaces",
    "to_lower",
    "to_upper",
    "trim",
    "word",
]


@function("Append(source: String, suffix: String) -> String", each=True)
def append(source: str | None, suffix: str | None) -> str:
    """Returns the source followed by the suffix. Null counts as empty text."""
    return (source or "") + (suffix or "")


@function("Prepend(prefix: String, source: String) -> String", page=GRAPH_FUNCTIONS)
def prepend(prefix: str | None, source: str | None) -> str:
    """Returns the prefix followed by the source. Null counts as empty text. Graph lists it without a description."""
    return (prefix or "") + (source or "")


@function("Left(String: String, NumChars: Integer) -> String", each=True)
def left(source: str | None, count: int) -> str:
    """Returns the first *NumChars* characters, or the whole text if it is negative. Null gives empty text."""
    units = utf16(source or "")
    return from_utf16(units if count < 0 else units[:count])


@function("Mid(source: String, start: Integer, length?: Integer) -> String", each=True)
def mid(source: str | None, start: int, length: int | Omitted) -> str | None:
    """Returns at most *length* characters from the position *start*, counted from 1. Null stays null."""
    if start < 1:
        raise NoValue(f"start counts from 1, it cannot be {start}")
    if length is not OMITTED and length < 0:
        raise NoValue(f"length cannot be {length}")
    if source is None:
        return None
    units = utf16(source)[start - 1 :]
    return from_utf16(units if length is OMITTED else units[:length])


@function("InStr(value1: String, value2: String, start?: Integer, compareType?: String) -> Integer")
def in_str(searched: str | None, wanted: str | None, start: int | Omitted, compare: str | Omitted | None) -> int:
    """Returns the position of *value2* in *value1* at or after *start*, or 0. Positions count from 1."""
    first = 1 if start is OMITTED else start
    if first < 1:
        raise NoValue(f"start counts from 1, it cannot be {first}")
    units, part = utf16(searched or ""), utf16(wanted or "")
    if compare == "vbTextCompare":
        units, part = upper(units), upper(part)
    elif compare not in (OMITTED, None, "vbBinaryCompare"):
        raise NoValue(f'compareType is vbTextCompare or vbBinaryCompare, not "{compare}"')
    return 0 if first > len(units) else units.find(part, first - 1) + 1


@function("Word(String: String, WordNumber: Integer, delimiters: String) -> String", each=True)
def word(source: str | None, number: int, delimiters: str | None) -> str:
    """Returns the word of that number, counted from 1. Each character of *delimiters* separates words.

    It returns empty text if there is no such word, and also if the text has no delimiter.
    """
    words = [""]
    for character in source or "":
        if character in (delimiters or ""):
            words.append("")
        else:
            words[-1] += character
    found = [part for part in words if part]
    return found[number - 1] if len(words) > 1 and 1 <= number <= len(found) else ""


@function("StripSpaces(source: String) -> String", each=True)
def strip_spaces(source: str | None) -> str | None:
    """Removes spaces (U+0020). Other white space stays, and null stays null."""
    return None if source is None else source.replace(" ", "")


@function(
    "Trim(value: String) -> String",
    page=CLOUD_SYNC,
    each=True,
    not_run="it is documented for Cloud Sync only",
)
def trim(source: str | None) -> str | None:
    """Removes white space at both ends of the text, or of each text in a list."""
    return None if source is None else source.strip(WHITE_SPACE)


@function("ToLower(source: String, culture?: String) -> String", each=True)
def to_lower(source: str | None, culture: str | Omitted | None) -> str | None:
    """Returns the text in lower case for *culture*, such as tr-TR. The default is the invariant culture."""
    return None if source is None else lower(source, _culture(culture))


@function("ToUpper(source: String, culture?: String) -> String", each=True)
def to_upper(source: str | None, culture: str | Omitted | None) -> str | None:
    """Returns the text in upper case for *culture*, such as tr-TR. The default is the invariant culture."""
    return None if source is None else upper(source, _culture(culture))


def _culture(name: str | Omitted | None) -> str:
    culture = name if isinstance(name, str) else ""
    if not is_culture_name(culture):
        raise NoValue(f'culture is a name such as en-US, not "{culture}"')
    return culture


@function("NormalizeDiacritics(source: String) -> String", each=True)
def normalize_diacritics(source: str | None) -> str | None:
    """Replaces letters with diacritics by plain Latin letters. Null stays null."""
    return None if source is None else without_diacritics(source)


@function("PCase(source: String, wordSeparators?: String) -> String", each=True)
def p_case(source: str | None, separators: str | Omitted | None) -> str | None:
    """Returns each word with its first letter in upper case and all others in lower case.

    If *wordSeparators* are given, only those characters separate words. Otherwise the rule is .NET's
    TextInfo.ToTitleCase on the text in lower case: a word begins at a letter and ends at a space, control, punctuation
    or symbol, but not at an apostrophe.
    """
    if source is None:
        return None
    in_word = False
    written = []
    for letter in lower(source):
        if isinstance(separators, str):
            starts, ends = not in_word, letter in separators
        else:
            category = unicodedata.category(letter)
            starts = not in_word and category[0] == "L"
            ends = category[0] in "ZPS" or category in ("Cc", "Cf")
            ends = ends and not (in_word and letter == "'")
        if ends:
            in_word = False
        elif starts:
            in_word = True
            letter = _title(letter)
        written.append(letter)
    return "".join(written)


def _title(letter: str) -> str:
    titled = letter.title()
    return titled if len(titled) == 1 and upper(letter) != letter else letter
