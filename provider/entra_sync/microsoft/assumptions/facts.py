"""The assumptions, some of them replaced by what tenants showed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from entra_sync.errors import ConfigurationError
from entra_sync.microsoft.assumptions.register import REGISTER

__all__ = ["FORMAT", "Facts", "found"]

JSON = Any


class Facts(Mapping[str, JSON]):
    """The assumptions, some of them replaced by what tenants showed.

    Args:
        differing: Values by key that replace the assumed ones.

    Raises:
        ConfigurationError: A key that is not in the register, or a value of another kind than the assumed one.
    """

    def __init__(self, differing: Mapping[str, JSON] | None = None) -> None:
        self.differing = dict(differing or {})
        for key, value in self.differing.items():
            if key not in REGISTER:
                raise ConfigurationError(f'"{key}" is not an assumption of this version; remove it, or update')
            if type(value) is not type(REGISTER[key].value):
                kind = type(REGISTER[key].value).__name__
                raise ConfigurationError(f"{key}: the value must be a {kind}, got {json.dumps(value)[:60]}")

    def __getitem__(self, key: str) -> JSON:
        return self.differing[key] if key in self.differing else REGISTER[key].value

    def __iter__(self) -> Iterator[str]:
        return iter(REGISTER)

    def __len__(self) -> int:
        return len(REGISTER)


FORMAT = 1
"""Version of the file that ``entra-sync verify`` writes."""


def found(path: Path) -> Facts:
    """Reads the facts of a file that ``entra-sync verify`` wrote.

    Raises:
        ConfigurationError: The file cannot be read or is not such a file.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise ConfigurationError(f"{path}: {problem.strerror}") from None
    except ValueError as problem:
        raise ConfigurationError(f"{path}: is not JSON: {problem}") from None
    facts = content.get("facts") if isinstance(content, dict) and content.get("format") == FORMAT else None
    if not isinstance(facts, dict):
        raise ConfigurationError(f"{path}: is not a file of this version's entra-sync verify; write it again")
    try:
        return Facts(facts)
    except ConfigurationError as problem:
        raise ConfigurationError(f"{path}: {problem}") from None
