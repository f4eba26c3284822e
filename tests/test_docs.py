"""Pages that say what the code does are made from the code, or run."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))


def test_the_page_of_resources_is_what_the_code_says() -> None:
    """After a change of a resource: `python scripts/resource_pages.py`."""
    import resource_pages

    assert resource_pages.page() == resource_pages.PAGE.read_text()


def test_the_page_of_permissions_is_what_the_code_says() -> None:
    """After a change of what a resource or command asks: `python scripts/permission_pages.py`."""
    import permission_pages

    assert permission_pages.page() == permission_pages.PAGE.read_text()


@pytest.mark.parametrize("page", ["README.md", "docs/impact.md", "docs/pull-requests.md", "docs/licensing.md"])
def test_other_pages_list_no_permissions_of_their_own(page: str) -> None:
    """They link to the generated page, so that there is one list."""
    listed = re.findall(r"`[A-Z]\w+\.Read(?:Write)?\.\w+`(?:,| and) `[A-Z]\w+\.Read", (ROOT / page).read_text())

    assert [] == listed


@pytest.mark.parametrize(
    "page", sorted(path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    """Relative links only; the web is not asked."""
    text = (ROOT / page).read_text()
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", re.sub(r"```.*?```", "", text, flags=re.DOTALL))

    assert [] == [target for target in targets if not ((ROOT / page).parent / target).exists()]


def test_the_readme_example_is_python() -> None:
    """With names that the package has."""
    import entra_sync

    code = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    names = {
        node.attr
        for block in code
        for node in ast.walk(ast.parse(block))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "entra"
    }

    assert names and names <= set(entra_sync.__all__)
