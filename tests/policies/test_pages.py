"""The pages on policies say what the rules do."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))


def test_each_rule_has_its_page_and_its_line_in_the_table() -> None:
    """After a change of a rule or of its cases: `python scripts/policy_pages.py`."""
    import policy_pages

    pages = policy_pages.pages()

    assert {path: path.read_text(encoding="utf-8") for path in pages} == pages
    assert sorted(policy_pages.PAGES.glob("*.md")) == sorted(pages.keys() - {policy_pages.INDEX})
