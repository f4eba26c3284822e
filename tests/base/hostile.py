"""Names that could hide or break what is printed."""

from __future__ import annotations

import unicodedata

HOSTILE = [
    "\x1b[2J\x1b[31mred",
    "Sales\n  removed         0",
    "Sales\r\nX: y",
    "\x00\x07\x08\x7f\x85\x9b",
    "\u202etxt.exe\u2066\u2069\u200b\ufeff\u2028\u2029\U000e0041",
    "##vso[task.setvariable variable=a]b",
    "x ##vso[task.logissue type=error]y",
    "##[group]z",
    "###vso[a]b",
    "::add-mask::secret",
    "  ::error file=a::b",
    ":::::",
    "##teamcity[buildStatus status='SUCCESS']",
]


def is_plain(text: str) -> bool:
    """Whether a terminal shows the text as it stands and no build service finds a command in it."""
    unseen = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    seen = all(unicodedata.category(character) not in unseen for character in text)
    return seen and "##vso[" not in text and "##[" not in text and "::" not in text
