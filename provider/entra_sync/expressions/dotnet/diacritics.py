"""Letters without their diacritics, by the table of the NormalizeDiacritics function.

The reference lists Latin letters with accents, macrons, dots, rings, hooks and carons, composed or as combining marks,
and says that "any diacritical characters" are replaced. So every mark on a letter A to Z goes, whether the table lists
the pair or not, and letters of other scripts are left alone (see `choices`).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

__all__ = ["precomposed", "without_diacritics"]

_SPECIAL = {"æ": "ae", "Æ": "AE", "ø": "oe", "Ø": "OE", "ß": "ss", "ł": "l", "Ł": "L", "\u0131": "i"}
_ONLY_WITH_MARKS = {"œ": "oe", "Œ": "OE"}
"""The table lists œ with a macron and does not list it plain."""


_BEYOND_ASCII = re.compile("[\x00-\x7f]?[^\x00-\x7f]+")


def without_diacritics(text: str) -> str:
    """*text* with the replacements of the table; a character it does not cover stays as it is."""
    return _BEYOND_ASCII.sub(lambda match: _plain_run(match[0]), text)


@lru_cache(maxsize=1)
def precomposed() -> dict[str, str]:
    """Every single character that is replaced, and by what; combining marks are not among them."""
    characters = filter(unicodedata.decomposition, map(chr, range(0x80, 0x10000)))
    plain = {character: _plain(character) for character in (*characters, *_SPECIAL)}
    return {character: text for character, text in plain.items() if text != character}


@lru_cache(maxsize=4096)
def _plain_run(text: str) -> str:
    """A few characters, of which only the first may be a plain letter."""
    written: list[str] = []
    position = 0
    while position < len(text):
        end = position + 1
        while end < len(text) and _is_mark(text[end]):
            end += 1
        written.append(_plain(text[position:end]))
        position = end
    return "".join(written)


def _is_mark(character: str) -> bool:
    """Whether a character is a combining mark, or several in one, such as a Tibetan vowel."""
    return all(map(unicodedata.combining, unicodedata.normalize("NFD", character)))


def _plain(cluster: str) -> str:
    """One character and the combining marks after it."""
    decomposed = unicodedata.normalize("NFD", cluster)
    base, marks = decomposed[0], decomposed[1:]
    if not all(map(unicodedata.combining, marks)):
        return cluster
    if base in _SPECIAL:
        return _SPECIAL[base]
    if marks and base in _ONLY_WITH_MARKS:
        return _ONLY_WITH_MARKS[base]
    return base if base.isascii() and base.isalpha() else cluster
