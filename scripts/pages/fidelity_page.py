"""Writes the table of guesses in docs/emulator/fidelity.md from the register of assumptions.

`python scripts/pages/fidelity_page.py` writes the page; a test compares it with what is there.
"""

from __future__ import annotations

from pathlib import Path

from permission_pages import table

from entra_sync.microsoft.assumptions import Assumption, guesses

PAGE = Path(__file__).resolve().parents[2] / "docs" / "emulator" / "fidelity.md"
START, END = "<!-- made by scripts/pages/fidelity_page.py -->\n", "<!-- until here -->\n"


def page() -> str:
    """The page with a new table."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    heads = ["assumption", "what it is", "assumed", "why it is a guess", "instead", "`verify`"]
    made = table(heads, [row(each) for each in guesses()])
    return f"{before}{START}\n{made}\n{END}{rest.partition(END)[2]}"


def row(guess: Assumption) -> list[str]:
    """One guess."""
    override = f"`{guess.override}`" if guess.override else ""
    return [
        f"`{guess.key}`",
        guess.about,
        shown(guess.value),
        guess.source,
        override,
        f"no: {guess.unseen}" if guess.unseen else "yes",
    ]


def shown(value: object) -> str:
    """A value in few words."""
    if isinstance(value, list):
        return ", ".join(f"`{each}`" for each in value)
    if isinstance(value, dict):
        return "; ".join(f"{name} {shown(each)}" for name, each in value.items() if each)
    return f"`{value}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
