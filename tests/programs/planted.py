"""Secrets that are planted, and where they are found."""

from __future__ import annotations

import re

PLANTED = "canary-of-a-secret-value-7f3a"
TOKEN = re.compile(r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+")
"""An access token, as each request to Graph carries one."""


def found(text: str, secrets: list[str]) -> list[str]:
    """The lines that hold a secret or a token, cut short."""
    return [line[:200] for line in text.splitlines() if any(each in line for each in secrets) or TOKEN.search(line)]
