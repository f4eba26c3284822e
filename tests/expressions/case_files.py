"""Reading the case files in ``cases``.

A line is ``expression | attributes => result``; a comment ``# origin: …`` says where the results of the lines after it
come from. Attributes are ``name=value`` between semicolons: a text, ``[a, b]`` for a list, quotation marks as in JSON
where a text has blanks at its ends or odd characters. ``@now`` and ``@taken`` set the instant and what the target
holds, ``@json`` gives attributes that are not texts. A result is a text, a list, ``null``, ``ignore-attribute``,
``ignore-object`` or ``error: `` and the message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Case:
    """One line of a case file."""

    place: str
    origin: str
    expression: str
    attributes: dict[str, Any]
    expected: Any
    now: datetime
    taken: frozenset[str]


def read_case_files() -> Iterator[Case]:
    """All cases of all files, in order."""
    for path in sorted(CASES.glob("*.txt")):
        origin = ""
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.startswith("# origin: "):
                origin = line.removeprefix("# origin: ")
            elif line.strip():
                yield _read_line(line, f"{path.name}:{number}", origin)


def _read_line(line: str, place: str, origin: str) -> Case:
    left, _, expected = line.rpartition(" => ")
    expression, _, given = left.rpartition(" |")
    attributes: dict[str, Any] = {}
    settings: dict[str, str] = {}
    for pair in re.split(r";\s+(?=@?\w+=)", given.strip()) if given.strip() else []:
        name, _, value = pair.partition("=")
        if name == "@json":
            attributes |= json.loads(value)
        elif name.startswith("@"):
            settings[name] = value
        else:
            attributes[name] = _value(value)
    return Case(
        place,
        origin,
        expression.strip(),
        attributes,
        None if expected == "null" else _value(expected),
        datetime.fromisoformat(settings["@now"]) if "@now" in settings else datetime(2025, 1, 1, tzinfo=UTC),
        frozenset(settings["@taken"].split(",")) if "@taken" in settings else frozenset(),
    )


def _value(text: str) -> str | list[str]:
    if text.startswith('"') and text.endswith('"'):
        return str(json.loads(text))
    if text.startswith("[") and text.endswith("]"):
        items = re.findall(r'\s*("(?:[^"\\]|\\.)*"|[^,]+)\s*(?:,|$)', text[1:-1])
        return [str(_value(item)) for item in items]
    return text
