"""The check of web addresses, which a weekly job runs: what it asks, and what it calls broken."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.scripts import script

ROOT = Path(__file__).parents[2]


def test_addresses_of_a_page_are_found_once_without_punctuation(tmp_path: Path) -> None:
    """Not those of the emulator, of examples, or of Graph itself."""
    web_links = script("web_links")

    page = tmp_path / "page.md"
    page.write_text(
        "See [Pulumi](https://www.pulumi.com/docs/install#top), https://www.pulumi.com/docs/install.\n"
        "<https://localhost:8443/> https://graph.microsoft.com/v1.0/users https://login.microsoftonline.us/x\n"
    )

    assert {"https://www.pulumi.com/docs/install": ["page.md"] * 2} == web_links.addresses([page])


def test_the_documentation_has_addresses_to_ask() -> None:
    """An expression that finds nothing would find nothing broken."""
    web_links = script("web_links")

    found = web_links.addresses(web_links.PAGES)

    assert "https://www.pulumi.com/docs/install" in found
    assert [] == [address for address in found if not httpx.URL(address).host]


def test_errors_and_silence_are_broken_and_refused_robots_are_not() -> None:
    """Each line names the address, its pages and the cause."""
    web_links = script("web_links")

    def ask(address: str) -> httpx.Response:
        if address.endswith("silent"):
            raise httpx.ConnectError("no route")
        return httpx.Response(int(address.rpartition("/")[2]))

    found = {f"https://site.test/{end}": ["a.md"] for end in ("200", "403", "404", "silent")}

    assert [
        "https://site.test/404 in a.md: 404",
        "https://site.test/silent in a.md: ConnectError: no route",
    ] == web_links.broken(found, ask)
