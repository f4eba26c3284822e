"""The documentation site: built strictly, complete without the web, and its search finds pages."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from tests.emulator.dashboard.browser import CHROMIUM, browser

pytestmark = pytest.mark.xdist_group("site")

ROOT = Path(__file__).parents[2]
HTTP = r"(?:https?:)?//"
FOREIGN = (
    rf'<(?:script|img|iframe|source)[^>]*\ssrc="{HTTP}',
    rf'<link[^>]*\shref="{HTTP}',
    rf"url\([\"']?{HTTP}",
    rf"@import\s+[\"']{HTTP}",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built strictly: a page that the menu leaves out, a link or an anchor that leads nowhere, is an error."""
    directory = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [Path(sys.executable).with_name("mkdocs"), "build", "--strict", "--quiet", "--site-dir", directory],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == built.returncode, built.stderr
    return directory


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    """The site, served by this process."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Prints nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_page_is_on_the_site(site: Path) -> None:
    """Each page of docs/ has its own address."""
    pages = [path.relative_to(ROOT / "docs").with_suffix("") for path in (ROOT / "docs").rglob("*.md")]
    addresses = [page.parent if page.name == "index" else page for page in pages]

    assert [] == [str(each) for each in addresses if not (site / each / "index.html").is_file()]


def test_a_page_lies_in_the_folder_of_its_menu() -> None:
    """``Guide`` is ``docs/guide``, and so on; the first page lies beside them."""
    menu: list[dict[str, str | list[str]]] = yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]
    elsewhere = [
        page
        for section in menu
        for name, pages in section.items()
        for page in ([] if isinstance(pages, str) else pages)
        if page.partition("/")[0] != name.lower()
    ]

    assert [] == elsewhere


def test_a_type_in_a_table_has_no_backslash(site: Path) -> None:
    """GitHub needs one in front of each ``|`` of a table, and mkdocs would show it."""
    pages = list(site.rglob("*.html"))

    assert [] == [path.relative_to(site) for path in pages if re.search(r"<code>[^<]*\\\|", path.read_text())]
    assert "Scope | Input[<wbr>" in (site / "reference" / "reference" / "index.html").read_text()


def test_no_page_loads_anything_from_another_host(site: Path) -> None:
    """Scripts, styles, fonts and pictures are the site's own. Links that a reader clicks may lead elsewhere."""
    files = [path for path in site.rglob("*") if path.suffix in {".html", ".css"}]
    loaded = [
        f"{path.relative_to(site)}: {found[0]}"
        for path in files
        for pattern in FOREIGN
        for found in re.finditer(pattern, path.read_text())
    ]

    assert [] == loaded
    assert 50 < len(files)


def test_every_file_that_a_page_loads_is_there(site: Path) -> None:
    """Pictures, scripts and styles, also where a page names them by a tag of its own."""
    pages = list(site.rglob("*.html"))
    loaded = [
        (path, found)
        for path in pages
        for found in re.findall(r'<(?:img|script|source)[^>]*\ssrc="([^"]+)"', path.read_text())
    ]
    missing = [
        f"{path.relative_to(site)}: {address}"
        for path, address in loaded
        if not (path.parent / address if not address.startswith("/") else site / address[1:]).is_file()
    ]

    assert [] == missing
    assert any(address.endswith(".png") for _, address in loaded)


@pytest.mark.parametrize(
    "markup",
    [
        '<script src="https://unpkg.com/x.js">',
        '<img alt="a" src="//example.com/a.png">',
        '<link rel="stylesheet" href="https://fonts.example.com/css">',
        "url(https://example.com/a.woff2)",
        "@import 'https://example.com/a.css'",
    ],
)
def test_what_another_host_serves_is_found(markup: str) -> None:
    """Each way to load a file is a pattern that fits."""
    assert any(re.search(pattern, markup) for pattern in FOREIGN)


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_word_is_found_without_the_web(address: str) -> None:
    """A reader types it, and pages that have it are listed; the browser reports no failed request."""
    with browser() as page:
        page.open(f"{address}/")
        page.click("[for=__search]")
        page.type(".md-search__input", "quarantine")
        page.shows(".md-search-result__item")

        assert "job-not-in-quarantine" in page.text(".md-search-result__list")
        assert [] == page.problems


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
@pytest.mark.parametrize(("system", "scheme"), [("light", "default"), ("dark", "slate")])
def test_the_colors_are_those_of_the_readers_system(address: str, system: str, scheme: str) -> None:
    """On a phone too, where the page is as wide as the screen."""
    with browser() as page:
        page.colors(system)
        page.size(420, 900, phone=True)
        page.open(f"{address}/guide/get-started/")
        page.shows(f'body[data-md-color-scheme="{scheme}"]')

        assert 420 == page.evaluate("document.documentElement.scrollWidth")
