"""Writes the table of ids in docs/reference/languages.md from the code.

python scripts/pages/import_table.py
"""

from __future__ import annotations

from pathlib import Path

from entra_sync.program.packaged.import_kinds import IMPORTS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "languages.md"


def page() -> str:
    """The page with the table that the code makes."""
    before, start, rest = PAGE.read_text(encoding="utf-8").partition("<!-- imports -->\n")
    _, end, after = rest.partition("<!-- end -->")
    return f"{before}{start}{table()}\n{end}{after}"


def table() -> str:
    """One row per kind: the id, what an import reads, and what a destroy does then."""
    rows = ["| resource and id | an import reads | a destroy then |", "|---|---|---|"]
    rows += [f"| {kind}<br>`{each.id}` | {each.reads} | {each.destroy} |" for kind, each in IMPORTS.items()]
    return "\n".join(rows)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
