"""Reading JSON that the commands are given: files of cases, and attributes of a person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["read_attributes", "read_cases"]


def read_cases(path: Path) -> list[dict[str, Any]]:
    """The cases of a JSON file, ``-`` for standard input: an array, alone or as ``{"cases": […]}``.

    Raises:
        ConfigurationError: the file cannot be read or holds something else.
    """
    from entra_sync.errors import ConfigurationError

    read = _read(path)
    cases = read.get("cases") if isinstance(read, dict) else read
    if not isinstance(cases, list) or not all(isinstance(case, dict) for case in cases):
        raise ConfigurationError(f'{path}: an array of cases is expected, alone or as {{"cases": […]}}')
    return cases


def read_attributes(given: str) -> dict[str, Any]:
    """The attributes of one person: a JSON object, the name of a file that holds one, or ``-`` for standard input.

    Raises:
        ConfigurationError: it is no JSON object.
    """
    from entra_sync.errors import ConfigurationError

    try:
        read = json.loads(given) if given.lstrip().startswith("{") else _read(Path(given))
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"--input is not JSON: {error}") from None
    if not isinstance(read, dict):
        raise ConfigurationError("--input: an object of attributes and values is expected")
    return read


def _read(path: Path) -> Any:
    import sys

    from entra_sync.errors import ConfigurationError

    try:
        return json.loads(sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise ConfigurationError(f"{path} is not JSON: {error}") from None
