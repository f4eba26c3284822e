"""The page of a report as a reader sees and uses it, in headless Chromium."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from entra_sync.impact.report.page import page
from tests.emulator.dashboard.browser import CHROMIUM, CONTRASTS, Page, browser
from tests.impact.report.pictures import Pages, pages, show

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
    pytest.mark.xdist_group("browser"),
]

JSON = Any


SIDE = {"people": 1, "covered": 0, "notCovered": 1, "shortfall": 0, "gaps": {"no license": 1}}
LICENSING = {
    "label": "Microsoft Entra ID Governance",
    "now": {**SIDE, "seats": {"total": 5, "free": 4}},
    "after": {**SIDE, "people": 2, "seats": {"total": 5, "free": 3}},
    "notes": [],
    "uncovered": [
        {"id": "1", "name": "Ada Lovelace", "userPrincipalName": "ada@contoso.com", "reason": "no license"},
    ],
}


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

    assert f"{shown.made.report['removed']}\nLose access" == cards[0]
    assert "removed" == shown.column("Action")[0]
    assert 'department is "Legal"' in shown.column("Why")
    assert [] == shown.window.problems
    assert 0 == shown.window.evaluate("performance.getEntriesByType('resource').length")


def test_page_says_what_was_refused_when_and_of_which_stack(shown: Shown) -> None:
    """A report is kept as evidence of a change, so it names what it is about; zero tiles are quiet."""
    made = {"time": "2026-11-28 19:00 UTC", "stack": "my-link/production", "version": "0.1.0"}
    shown.open(page({**shown.made.report, "made": made}))

    assert "Refused" == shown.window.text("#judged")
    assert [f"Refused: {each['text']}" for each in shown.made.report["violations"]] == shown.window.evaluate(
        "[...document.querySelectorAll('.refused')].map(line => line.innerText)"
    )
    assert all(value in shown.window.text("#made") for value in made.values())
    assert {"0"} == set(
        shown.window.evaluate("[...document.querySelectorAll('.card.zero b')].map(each => each.innerText)")
    )


def test_users_without_a_license_have_names_below_the_list_of_users(shown: Shown) -> None:
    """They are folded, so that hundreds of them hide nothing."""
    shown.open(page({**shown.made.report, "licensing": LICENSING}))
    shown.window.evaluate("document.querySelector('#licenses details').open = true")

    assert "No license: 1" == shown.window.text("#licenses summary")
    assert ["Ada Lovelace (ada@contoso.com)"] == shown.window.evaluate(
        "[...document.querySelectorAll('#licenses details li')].map(line => line.innerText)"
    )
    assert "Licenses needed (1 now)" in shown.window.text("#licenses")
    assert shown.window.evaluate(
        "document.querySelector('#licenses').offsetTop > document.querySelector('#rows').offsetTop"
    )


def test_names_and_values_are_on_the_page_of_people_only(shown: Shown) -> None:
    """Without --people there are ids; with it, names, addresses, old and new values."""
    shown.open(shown.made.plain)
    plain = shown.column("User")
    shown.open(shown.made.named)
    named = shown.column("User")

    assert all(len(id) == 36 for id in plain)
    assert all("@contoso.com" in text for text in named)
    assert "displayName" in shown.window.text("#rows")
    assert " (Contoso)" in shown.window.text("#rows")


def test_search_finds_names_reasons_and_values(shown: Shown) -> None:
    """Each word has to be there, in whatever order and case; nothing found has a text."""
    shown.open(shown.made.named)
    name = next(row["name"] for row in shown.made.report["people"] if row["action"] == "update")
    shown.window.type("#search", " ".join(reversed(name.upper().split())))
    shown.window.wait("document.getElementById('rows').rows.length < 5")

    assert any(name in text for text in shown.column("User"))

    shown.window.type("#search", "no such name")
    shown.window.wait("document.getElementById('rows').rows.length === 0")

    assert shown.window.text("#shown").startswith("No user matches; ")


def test_choice_of_action_and_order_of_columns(shown: Shown) -> None:
    """A choice narrows the table, a column's head orders it, the second click turns it round."""
    shown.open(shown.made.named)
    shown.window.evaluate("Object.assign(document.getElementById('action'), {value: 'delete'}).onchange()")
    removed = shown.column("Action")
    shown.window.evaluate("Object.assign(document.getElementById('action'), {value: ''}).onchange()")
    shown.window.click("th button", "User")
    rising = shown.column("User")
    shown.window.click("th button", "User")

    assert ["removed"] * shown.made.report["removed"] == removed
    assert rising[:100] == list(reversed(shown.column("User")))[:100]
    assert "descending" == shown.window.evaluate("document.querySelectorAll('th')[1].getAttribute('aria-sort')")


def test_five_thousand_people_are_shown_bit_by_bit(shown: Shown) -> None:
    """The page says how many there are beyond those that it lists."""
    shown.open(shown.crowd(5000, held=True, uncertain="pages disagree"))
    first = len(shown.column("Action"))
    shown.window.click("#more")

    assert 200 == first
    assert 400 == len(shown.column("Action"))
    assert (
        "5,000 of 5,000 found; 12,345 users are affected, and the first 5,000 of them are in this page."
        == shown.window.text("#shown")
    )
    assert "held back by the service's deletion threshold" in shown.column("Why")[0]
    assert "uncertain: pages disagree" in shown.column("Why")[0]


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_nothing_runs_over_the_edge(shown: Shown, width: int) -> None:
    """On a phone each user is a card."""
    shown.open(shown.crowd(300, uncertain="pages disagree"), width=width)

    assert width == shown.window.evaluate("document.documentElement.scrollWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable_in_light_and_dark(shown: Shown, scheme: str) -> None:
    """Every text has the contrast that WCAG 2.2 asks for, 4.5 to 1, against what is behind it."""
    shown.open(shown.crowd(300, uncertain="pages disagree"), scheme)
    pale = shown.window.evaluate(f"({CONTRASTS})(4.5)")

    assert [] == pale, json.dumps(pale, indent=1)
