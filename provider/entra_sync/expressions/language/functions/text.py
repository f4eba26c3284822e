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
    """The source followed by the suffix; null counts as empty."""
    return (source or "") + (suffix or "")


@function("Prepend(prefix: String, source: String) -> String", page=GRAPH_FUNCTIONS)
def prepend(prefix: str | None, source: str | None) -> str:
    """The prefix followed by the source; null counts as empty. Graph lists it without a description."""
    return (prefix or "") + (source or "")


@function("Left(String: String, NumChars: Integer) -> String", each=True)
def left(source: str | None, count: int) -> str:
    """The first *count* characters: all when it is negative or larger than the text, the empty text for null."""
    units = utf16(source or "")
    return from_utf16(units if count < 0 else units[:count])


@function("Mid(source: String, start: Integer, length?: Integer) -> String", each=True)
def mid(source: str | None, start: int, length: int | Omitted) -> str | None:
    """*length* characters from *start*, counted from 1, or what there is of them; null stays null."""
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
    """Where *wanted* first occurs at or after *start*, counted from 1 of the whole text; 0 when it does not."""
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
    """The word of that number, counted from 1; every character of *delimiters* separates words.

    The empty text when there is no such word, and also when the text holds no delimiter at all.
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
    """The text without its U+0020 spaces; other white space stays, and null stays null."""
    return None if source is None else source.replace(" ", "")


@function(
    "Trim(value: String) -> String",
    page=CLOUD_SYNC,
    each=True,
    not_run="it is documented for Cloud Sync only",
)
def trim(source: str | None) -> str | None:
    """The text without white space at its ends; of a list, each of its texts."""
    return None if source is None else source.strip(WHITE_SPACE)


@function("ToLower(source: String, culture?: String) -> String", each=True)
def to_lower(source: str | None, culture: str | Omitted | None) -> str | None:
    """The text in lower case by the rules of *culture*, an RFC 4646 name; invariant when it is left out."""
    return None if source is None else lower(source, _culture(culture))


@function("ToUpper(source: String, culture?: String) -> String", each=True)
def to_upper(source: str | None, culture: str | Omitted | None) -> str | None:
    """The text in upper case by the rules of *culture*, an RFC 4646 name; invariant when it is left out."""
    return None if source is None else upper(source, _culture(culture))


def _culture(name: str | Omitted | None) -> str:
    culture = name if isinstance(name, str) else ""
    if not is_culture_name(culture):
        raise NoValue(f'culture is a name such as en-US, not "{culture}"')
    return culture


@function("NormalizeDiacritics(source: String) -> String", each=True)
def normalize_diacritics(source: str | None) -> str | None:
    """The text with Latin letters in place of letters with diacritics; null stays null."""
    return None if source is None else without_diacritics(source)


@function("PCase(source: String, wordSeparators?: String) -> String", each=True)
def p_case(source: str | None, separators: str | Omitted | None) -> str | None:
    """The text with each word's first letter in upper case and all others in lower case.

    With *separators* only those characters part words. Without, the rule is .NET's TextInfo.ToTitleCase on the text in
    lower case: a word begins at a letter and ends at a space, control, punctuation or symbol, but not at an apostrophe.
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
