"""The page on expressions says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from typer.testing import CliRunner

from entra_sync.cli import app, commands
from entra_sync.errors import ExpressionError
from entra_sync.expressions import parse
from tests.scripts import script

ROOT = Path(__file__).parents[2]


def test_tables_of_the_page_are_those_of_the_code() -> None:
    """After a change of a function or a choice: `python scripts/pages/expression_tables.py`."""
    expression_tables = script("pages/expression_tables")

    assert expression_tables.page() == expression_tables.PAGE.read_text(encoding="utf-8")


def test_commands_of_the_page_print_what_it_shows() -> None:
    """Each console example is run."""
    commands.register(app)
    text = (ROOT / "docs" / "reference" / "expressions.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\$ entra-sync (\w+) '(.*?)'(?: --input '(.*?)')?\n(.*?)(?=^\$|^```)", text, re.M | re.S)

    assert 2 == len(shown)
    for command, expression, attributes, output in shown:
        answer = CliRunner().invoke(app, [command, expression, *(["--input", attributes] if attributes else [])])
        printed = answer.stdout
        if isinstance(answer.exception, ExpressionError):
            printed = "error: " + answer.exception.pointed().replace("\n", "\n       ") + "\n"

        assert output == printed


def test_examples_of_the_page_parse() -> None:
    """The expressions shown at the top are expressions."""
    text = (ROOT / "docs" / "reference" / "expressions.md").read_text(encoding="utf-8")
    block = re.search(r"^```\n(.*?)^```", text, re.M | re.S)

    assert block is not None
    assert all(str(parse(line)) for line in block[1].splitlines())
