"""The page of a report as somebody sees and uses it, in headless Chromium."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from entra_sync.impact.report import page
from tests.emulator.browser import CHROMIUM, Page, browser
from tests.emulator.test_dashboard_in_browser import _CONTRASTS
from tests.impact.pictures import Pages, pages, show

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
    pytest.mark.xdist_group("browser"),
]

JSON = Any


@dataclass
class Shown:
    """A plan's pages and a browser to open them in."""

    window: Page
    made: Pages
    folder: Path

    def open(self, text: str, scheme: str = "light", width: int = 1280) -> None:
        """Open a page and wait for its table."""
        path = self.folder / "report.html"
        path.write_text(text, encoding="utf-8")
        self.window.problems.clear()
        show(self.window, path, scheme, width)

    def column(self, name: str) -> list[str]:
        """The texts of a column of the table."""
        place = self.window.evaluate(
            f"[...document.querySelectorAll('th')].findIndex(head => head.innerText === '{name}')"
        )
        found: list[str] = self.window.evaluate(
            f"[...document.querySelectorAll('#rows tr')].map(row => row.cells[{place}].innerText)"
        )
        return found

    def crowd(self, people: int, **first: JSON) -> str:
        """A page of many people; what is given is true of the first."""
        report = copy.deepcopy(self.made.report)
        known = report["people"]
        report["people"] = [{**known[number % len(known)], "id": f"person {number}"} for number in range(people)]
        report["people"][0] |= first
        report["peopleListed"], report["peopleTouched"] = people, people + 7345
        return page(report)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """A filter that narrows and a mapping that changes."""
    with browser() as window:
        yield Shown(window, pages(200), tmp_path_factory.mktemp("pages"))


def test_page_says_who_loses_access_first(shown: Shown) -> None:
    """The cards, the bars and the table agree with the report, and nothing is fetched or refused."""
    shown.open(shown.made.plain)
    cards = shown.window.evaluate("[...document.querySelectorAll('.card')].map(card => card.innerText)")

    assert f"{shown.made.report['removed']}\nlose access" == cards[0]
    assert "removed" == shown.column("action")[0]
    assert 'department is "Legal"' in shown.column("why")
    assert [] == shown.window.problems
    assert 0 == shown.window.evaluate("performance.getEntriesByType('resource').length")


def test_names_and_values_are_on_the_page_of_people_only(shown: Shown) -> None:
    """Without --people there are ids; with it, names, addresses, old and new values."""
    shown.open(shown.made.plain)
    plain = shown.column("person")
    shown.open(shown.made.named)
    named = shown.column("person")

    assert all(len(id) == 36 for id in plain)
    assert all("@contoso.com" in text for text in named)
    assert "displayName" in shown.window.text("#rows")
    assert " (Contoso)" in shown.window.text("#rows")


def test_search_finds_names_reasons_and_values(shown: Shown) -> None:
    """Each word has to be there, in whatever order and case; nothing found says so."""
    shown.open(shown.made.named)
    name = next(row["name"] for row in shown.made.report["people"] if row["action"] == "update")
    shown.window.type("#search", " ".join(reversed(name.upper().split())))
    shown.window.wait("document.getElementById('rows').rows.length < 5")

    assert any(name in text for text in shown.column("person"))

    shown.window.type("#search", "nobody of that name")
    shown.window.wait("document.getElementById('rows').rows.length === 0")

    assert shown.window.text("#shown").startswith("Nobody fits; ")


def test_choice_of_action_and_order_of_columns(shown: Shown) -> None:
    """A choice narrows the table, a column's head orders it, the second click turns it round."""
    shown.open(shown.made.named)
    shown.window.evaluate("Object.assign(document.getElementById('action'), {value: 'delete'}).onchange()")
    removed = shown.column("action")
    shown.window.evaluate("Object.assign(document.getElementById('action'), {value: ''}).onchange()")
    shown.window.click("th button", "person")
    rising = shown.column("person")
    shown.window.click("th button", "person")

    assert ["removed"] * shown.made.report["removed"] == removed
    assert rising[:100] == list(reversed(shown.column("person")))[:100]
    assert "descending" == shown.window.evaluate("document.querySelectorAll('th')[1].getAttribute('aria-sort')")


def test_five_thousand_people_are_shown_bit_by_bit(shown: Shown) -> None:
    """The page says how many there are beyond those that it lists."""
    shown.open(shown.crowd(5000, held=True, uncertain="pages disagree"))
    first = len(shown.column("action"))
    shown.window.click("#more")

    assert 200 == first
    assert 400 == len(shown.column("action"))
    assert (
        "5,000 of 5,000 found; 12,345 people are touched, and the first 5,000 of them are in this page."
        == shown.window.text("#shown")
    )
    assert "held back by the service's deletion threshold" in shown.column("why")[0]
    assert "may come otherwise: pages disagree" in shown.column("why")[0]


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_nothing_runs_over_the_edge(shown: Shown, width: int) -> None:
    """On a phone the table scrolls in itself, and the page does not."""
    shown.open(shown.crowd(300, uncertain="pages disagree"), width=width)

    assert width == shown.window.evaluate("document.documentElement.scrollWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable_in_light_and_dark(shown: Shown, scheme: str) -> None:
    """Every text has the contrast that WCAG 2.2 asks for, 4.5 to 1, against what is behind it."""
    shown.open(shown.crowd(300, uncertain="pages disagree"), scheme)
    pale = shown.window.evaluate(f"({_CONTRASTS})(4.5)")

    assert [] == pale, json.dumps(pale, indent=1)
