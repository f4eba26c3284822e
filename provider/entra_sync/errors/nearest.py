"""The nearest name to one that does not exist."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["did_you_mean", "nearest_name"]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a message about a name that does not exist: the nearest one, if one is near."""
    near = nearest_name(name, known)
    return f', did you mean "{near}"?' if near else ""


def nearest_name(name: str, known: Iterable[str]) -> str:
    """The name that *name* was probably meant to be, or an empty text."""
    plain = {re.sub("[^a-z]", "", each.lower()): each for each in known}
    near = get_close_matches(re.sub("[^a-z]", "", name.lower()), plain, 1, 0.6)
    return plain[near[0]] if near else ""
