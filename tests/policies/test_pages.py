"""The pages on policies say what the rules do."""

from pathlib import Path

from tests.scripts import script

ROOT = Path(__file__).parents[2]


def test_each_rule_has_its_page_and_its_line_in_the_table() -> None:
    """After a change of a rule or of its cases: `python scripts/pages/policy_pages.py`."""
    policy_pages = script("pages/policy_pages")

    pages = policy_pages.pages()

    assert {path: path.read_text(encoding="utf-8") for path in pages} == pages
    assert sorted(policy_pages.PAGES.glob("*.md")) == sorted(pages.keys() - {policy_pages.INDEX})
