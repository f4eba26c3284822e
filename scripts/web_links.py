"""Asks each web address of README, documentation and programs for a page: ``python scripts/web_links.py``.

Addresses of the emulator, of examples and of APIs that need a token are left out. A weekly job runs it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("programs/*/README.md")]
ADDRESS = re.compile(r"https?://[^\s)<>\"'`\]|…]+")
NOT_ASKED = re.compile(
    r"https?://(localhost|127\.|[\w.-]*(example|contoso|fabrikam)\.|graph\.microsoft|token\.actions\.|microsoftgraph\.|dod-graph\.|login\."
    r"|management\.|[^/]*\$|[^/]*\{)"
)


def addresses(pages: Iterable[Path]) -> dict[str, list[str]]:
    """Returns each address with the pages that have it."""
    found: dict[str, list[str]] = {}
    for page in pages:
        for address in ADDRESS.findall(page.read_text(encoding="utf-8")):
            plain = address.partition("#")[0].rstrip(".,;:*")
            if not NOT_ASKED.match(plain):
                found.setdefault(plain, []).append(page.name)
    return found


def broken(found: Mapping[str, list[str]], ask: Callable[[str], httpx.Response]) -> list[str]:
    """Returns a line for each address that does not answer, or answers with an error.

    A site that refuses robots (403, 429) has the page, as far as anyone can tell.
    """

    def judged(address: str) -> str:
        try:
            status = ask(address).status_code
        except httpx.HTTPError as problem:
            return f"{type(problem).__name__}: {problem}"
        return str(status) if status >= 400 and status not in (403, 429) else ""

    with ThreadPoolExecutor(8) as pool:
        said = pool.map(judged, found)
    return [f"{address} in {', '.join(found[address])}: {why}" for address, why in zip(found, said, strict=True) if why]


def main() -> int:
    """Prints the broken ones; 1 if there are some."""
    found = addresses(PAGES)
    with httpx.Client(follow_redirects=True, timeout=30) as client:
        lines = broken(found, client.get)
    print(*lines, f"{len(found)} addresses, {len(lines)} broken", sep="\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
