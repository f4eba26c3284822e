"""Writes the tables of docs/reference/expressions.md from the code: functions, and what the documentation leaves open.

python scripts/pages/expression_tables.py
"""

from __future__ import annotations

from pathlib import Path

from entra_sync.expressions import CHOICES, FUNCTIONS, FunctionDefinition

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "expressions.md"


def page() -> str:
    """Returns the page with its generated tables."""
    text = PAGE.read_text(encoding="utf-8")
    for name, table in (("functions", functions_table()), ("choices", choices_table())):
        before, start, rest = text.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition("<!-- end -->")
        text = f"{before}{start}{table}\n{end}{after}"
    return text


def functions_table() -> str:
    """Returns one row per function: its parameters, what it does, and the Microsoft page that documents it."""
    pages = sorted({definition.page for definition in FUNCTIONS.values()}, key=_first_use)
    rows = ["| function | what it does | source |", "|---|---|---|"]
    for name in sorted(FUNCTIONS, key=str.lower):
        definition = FUNCTIONS[name]
        told = _sentence(definition)
        if definition.not_run:
            told += f" **Not in cross-tenant synchronization:** {definition.not_run}."
        rows.append(f"| `{_written(definition)}` | {told} | {pages.index(definition.page) + 1} |")
    sources = [f"{number}. {page}" for number, page in enumerate(pages, 1)]
    return "\n".join([*rows, "", *sources])


def choices_table() -> str:
    """Returns one row per open question."""
    rows = ["| name | question | assumed here | why |", "|---|---|---|---|"]
    for choice in CHOICES:
        rows.append(f"| `{choice.name}` | {choice.question} | {choice.answer} | {choice.reason} |")
    return "\n".join(rows).replace(" <, <=, > and >= ", " `<`, `<=`, `>` and `>=` ")


def _first_use(title: str) -> int:
    return next(place for place, known in enumerate(FUNCTIONS.values()) if known.page == title)


def _written(definition: FunctionDefinition) -> str:
    names = [parameter.name if parameter.required else f"[{parameter.name}]" for parameter in definition.parameters]
    if definition.parameters and (repeats := definition.parameters[-1].repeats):
        names[-1] = "key, value, …" if repeats == 2 else f"{names[-1]}, …"
    return f"{definition.name}({', '.join(names)})"


def _sentence(definition: FunctionDefinition) -> str:
    """The first paragraph of the definition's docstring, on one line."""
    told = (definition.evaluate.__doc__ or "").split("\n\n")[0]
    return " ".join(told.split()).replace("|", "\\|").replace("``", "`")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
