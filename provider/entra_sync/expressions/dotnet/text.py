"""Text as .NET sees it: UTF-16 code units, simple case mapping and invariant culture.

The provisioning service is a .NET program, so positions and lengths count UTF-16 code units, and a letter changes case
on its own ("String.ToUpperInvariant", "String.Length"): ``ß`` stays ``ß`` in upper case and a final sigma is nothing
special. Python counts code points and maps whole words; these few functions close the gap.
"""

from __future__ import annotations

import re

__all__ = ["WHITE_SPACE", "from_utf16", "is_culture_name", "lower", "upper", "utf16"]

_SURROGATES_OR_ASTRAL = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")
_CULTURE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_TURKIC = frozenset({"tr", "az"})

WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
"""What Char.IsWhiteSpace takes for white space, and String.Trim removes."""

_INVARIANT_UNCHANGED = frozenset("\u0130\u0131\u017f")
"""Dotted capital I, dotless i and long s have no case partner in the invariant culture."""


def utf16(text: str) -> str:
    """*text* with every character beyond U+FFFF as its two surrogates, so that indexes count code units."""
    if not _SURROGATES_OR_ASTRAL.search(text):
        return text
    data = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(data[at] | data[at + 1] << 8) for at in range(0, len(data), 2))


def from_utf16(units: str) -> str:
    """The text that *units* spell; half of a surrogate pair becomes U+FFFD, as it does on the wire."""
    if not _SURROGATES_OR_ASTRAL.search(units):
        return units
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def is_culture_name(name: str) -> bool:
    """Whether *name* has the form of RFC 4646 that CultureInfo accepts; the empty name is the invariant culture."""
    return not name or _CULTURE.fullmatch(name) is not None


def upper(text: str, culture: str = "") -> str:
    """*text* in upper case, letter by letter, by the rules of *culture* (invariant when empty)."""
    if text.isascii() and not _is_turkic(culture):
        return text.upper()
    return "".join(_upper_letter(letter, culture) for letter in text)


def lower(text: str, culture: str = "") -> str:
    """*text* in lower case, letter by letter, by the rules of *culture* (invariant when empty)."""
    if text.isascii() and not _is_turkic(culture):
        return text.lower()
    return "".join(_lower_letter(letter, culture) for letter in text)


def _is_turkic(culture: str) -> bool:
    return culture.split("-")[0].lower() in _TURKIC


def _upper_letter(letter: str, culture: str) -> str:
    if letter == "i" and _is_turkic(culture):
        return "\u0130"
    if letter in _INVARIANT_UNCHANGED and not culture:
        return letter
    for mapped in (letter.upper(), letter.title()):  # the second is the single letter for a Greek one with iota below
        if len(mapped) == 1:
            return mapped
    return letter


def _lower_letter(letter: str, culture: str) -> str:
    if letter == "I" and _is_turkic(culture):
        return "\u0131"
    if letter == "\u0130":
        return "i" if culture else letter
    mapped = letter.lower()
    return mapped if len(mapped) == 1 else letter
