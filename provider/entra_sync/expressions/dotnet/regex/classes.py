"""Classes of characters as masks of UTF-16 code units.

A mask is an int of 65,536 bits, one for each code unit: union is ``|``, negation and subtraction are ``& ~``, and a
literal is a mask of one bit. Categories follow "Character Classes in Regular Expressions".
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from entra_sync.expressions.dotnet.text import lower, upper

__all__ = ["ALL", "category_masks", "class_mask", "ignore_case", "mask_of", "range_mask", "word_mask"]

ALL = (1 << 0x10000) - 1
"""Every code unit."""


@lru_cache(maxsize=1)
def category_masks() -> dict[str, int]:
    """Unicode general categories, and their one-letter unions, as masks."""
    categories = [unicodedata.category(chr(unit)) for unit in range(0x10000)]
    numbers = {name: number for number, name in enumerate(sorted(set(categories)))}
    numbered = bytes(numbers[name] for name in reversed(categories))
    masks: dict[str, int] = {}
    for name, number in numbers.items():
        digits = b"0" * number + b"1" + b"0" * (255 - number)
        masks[name] = int(numbered.translate(digits), 2)
        masks[name[0]] = masks.get(name[0], 0) | masks[name]
    return masks


def mask_of(units: str) -> int:
    """The mask with the bit of every unit of *units* set."""
    mask = 0
    for unit in units:
        mask |= 1 << ord(unit)
    return mask


def range_mask(first: int, last: int) -> int:
    """The mask of the units from *first* to *last*, both included."""
    return (1 << last + 1) - (1 << first)


@lru_cache(maxsize=1)
def word_mask() -> int:
    """``\\w``: letters, non-spacing marks, decimal digits and connector punctuation."""
    categories = category_masks()
    return categories["L"] | categories["Mn"] | categories["Nd"] | categories["Pc"]


def class_mask(letter: str) -> int:
    """``\\d``, ``\\s``, ``\\w`` or, by a capital letter, everything else."""
    categories = category_masks()
    if letter in "dD":
        mask = categories["Nd"]
    elif letter in "sS":
        mask = categories["Z"] | mask_of("\t\n\v\f\r\x85")
    else:
        mask = word_mask()
    return mask if letter.islower() else ALL & ~mask


@lru_cache(maxsize=1)
def _case_partners() -> dict[int, int]:
    """For every unit with case partners, the mask of all units equal to it when case is ignored."""
    groups: dict[str, int] = {}
    for code in range(0x10000):
        unit = chr(code)
        folded = lower(upper(unit))
        if folded != unit or upper(unit) != unit:
            groups[folded] = groups.get(folded, 0) | 1 << code | 1 << ord(folded)
    return {code: mask for mask in groups.values() for code in _codes(mask)}


def _codes(mask: int) -> list[int]:
    codes = []
    while mask:
        lowest = mask & -mask
        codes.append(lowest.bit_length() - 1)
        mask ^= lowest
    return codes


def ignore_case(mask: int) -> int:
    partners = _case_partners()
    cased = mask & _cased_mask()
    for code in _codes(cased):
        mask |= partners[code]
    return mask


@lru_cache(maxsize=1)
def _cased_mask() -> int:
    mask = 0
    for code in _case_partners():
        mask |= 1 << code
    return mask
