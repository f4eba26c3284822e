"""Prints what CHANGELOG.md says of one release, for the page of that release.

    python scripts/release_notes.py 0.1.0

Ends with an error if pyproject.toml names another version, or if the release has no entry with a date.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def notes(version: str, changelog: str, packaged: str) -> str:
    """Returns the section of *version*.

    Raises:
        ValueError: The package has another version, or the changelog has no dated section for it.
    """
    if version != packaged:
        raise ValueError(f"the tag says {version}, pyproject.toml says {packaged}; change one of them")
    found = re.search(rf"(?ms)^## {re.escape(version)} \((?P<date>[^)]*)\)\n(?P<text>.*?)(?=^## |\Z)", changelog)
    if found is None or not re.fullmatch(r"\d{4}-\d\d-\d\d", found["date"]):
        raise ValueError(f'CHANGELOG.md has no heading "## {version} (YYYY-MM-DD)"; give the release its date')
    return found["text"].strip() + "\n"


if __name__ == "__main__":
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    try:
        print(notes(sys.argv[1].removeprefix("v"), (ROOT / "CHANGELOG.md").read_text(), project["version"]), end="")
    except (IndexError, ValueError) as error:
        sys.exit(f"error: {error if isinstance(error, ValueError) else 'name the version, e.g. 0.1.0'}")
