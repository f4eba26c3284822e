"""A hook of mkdocs: pages that are written for GitHub too.

Links to files of the repository become plain text, because the site has only the folder docs/. In code of a table,
GitHub shows ``\\|`` as ``|``, and mkdocs shows both characters.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

__all__ = ["on_page_content", "on_page_markdown"]


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Returns the page with links out of docs/ replaced by their text."""
    depth = len(PurePosixPath(page.file.src_uri).parent.parts)
    outside = "../" * (depth + 1)
    return re.sub(rf"\[([^\]]+)\]\({re.escape(outside)}(?!\.)[^)]*\)", r"\1", markdown)


def on_page_content(html: str, **_: Any) -> str:
    """Returns the page with ``|`` in code of tables, and with types that may break after a bracket."""
    return re.sub(r"<td[^>]*>.*?</td>", lambda cell: re.sub(r"<code>.*?</code>", _code, cell[0]), html, flags=re.DOTALL)


def _code(found: re.Match[str]) -> str:
    return found[0].replace("\\|", "|").replace("[", "[<wbr>")
