"""A hook of mkdocs: files of the repository that pages link to, which are not pages of the site, become plain text.

On GitHub these links lead to the files. The site has only the folder docs/.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

__all__ = ["on_page_markdown"]


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Returns the page with links out of docs/ replaced by their text."""
    depth = len(PurePosixPath(page.file.src_uri).parent.parts)
    outside = "../" * (depth + 1)
    return re.sub(rf"\[([^\]]+)\]\({re.escape(outside)}(?!\.)[^)]*\)", r"\1", markdown)
