"""Random texts and numbers for functions of .NET's that change or convert them."""

from __future__ import annotations

import unicodedata
from random import Random

__all__ = ["base64_text", "integer_text", "letters", "plain_text", "white_text"]

_SAMPLES = "aZ09 _-'.,;:!?()&@\t\n\u00a0\u200b\u2028ßÄéñøŁżçİ\u0131\u03c3ςΣдЖאب中あ🄰😀\u0301\u0308ǅﬁ½²"


def letters(random: Random) -> str:
    """Returns text of letters that have existed since Unicode 6, whose case all versions of .NET know."""
    written = ""
    while len(written) < 12:
        code = random.choice(
            (random.randint(0x20, 0x24F), random.randint(0x250, 0xD7FF), random.randint(0xF900, 0xFFFD))
        )
        if unicodedata.ucd_3_2_0.category(chr(code)) != "Cn":
            written += chr(code)
    return written[: random.randint(1, 12)]


def plain_text(random: Random) -> str:
    """Returns text with words, marks, and characters beyond U+FFFF."""
    return "".join(random.choices(_SAMPLES, k=random.randint(0, 12)))


def white_text(random: Random) -> str:
    """Returns text with all kinds of white space at its ends."""
    white = "\t\n\v\f\r \x85\xa0\u1680\u180e\u2000\u200a\u200b\u2028\u2029\u202f\u205f\u3000\ufeff\x1c\x1f"
    ends = ["".join(random.choices(white, k=random.randint(0, 3))) for _ in range(2)]
    return ends[0] + random.choice(("", "a", "a b", "é\u2003x")) + ends[1]


def base64_text(random: Random) -> str:
    """Returns Base64, sometimes with blanks, wrong padding or other characters."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    text = "".join(random.choices(alphabet, k=4 * random.randint(0, 4)))
    text += random.choice(("", "", "QQ==", "QUI=", "QR==", "QQ=", "QQ", "Q", "====", "Q===", "=QQ="))
    if random.random() < 0.3 and text:
        place = random.randrange(len(text) + 1)
        text = (
            text[:place] + random.choice((" ", "\n", "\t", "\r\n", "-", "_", "=", "é", "\v", "\u2003")) + text[place:]
        )
    return text


def integer_text(random: Random) -> str:
    """Returns something near to a whole number."""
    digits = str(random.choice((random.randint(0, 99), random.randint(0, 2**64), 2**63 - 1, 2**63, 7)))
    sign = random.choice(("", "", "+", "-", "--", "- ", "\u2212"))
    return (
        random.choice(("", " ", "\t", "\u00a0"))
        + sign
        + random.choice(("", "00"))
        + digits
        + random.choice(("", "", " ", "\n", "\0", ".", ".0", "e1", ",000", "\u2003", "l"))
    )
