"""The dashboard as a user sees and uses it, in headless Chromium."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.emulator.dashboard.browser import CHROMIUM, CONTRASTS, Page, browser
from tests.emulator.dashboard.screenshots import eventful
from tests.emulator.linking import Link

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
    pytest.mark.xdist_group("browser"),
]

HOSTILE = '<img src=x onerror="window.harm=1">&amp;<script>window.harm=1</script>\'"\u202e'
TABS = ("people", "cycles", "provisioning", "requests")


@dataclass
class Dashboard:
    """The page of a served emulator in a browser."""

    page: Page
    url: str
    link: Link

    def open(self, address: str = "", width: int = 1280, height: int = 900) -> None:
        """Open the page at an address such as ``tab=cycles`` and wait for its list."""
        self.page.problems.clear()
        self.page.size(width, height, phone=width < 600)
        self.page.open(f"{self.url}/#{address}")
        self.page.shows(".list tbody tr")
        self.page.shows(".live.on")

    def names(self, side: str = "source", part: str = "b") -> list[str]:
        """Names in a column of the people; their principal names are the ``small`` part."""
        found: list[str] = self.page.evaluate(
            f"[...document.querySelectorAll('tr.row .{side} {part}')].map((name) => name.textContent)"
        )
        return found


@pytest.fixture(scope="module")
def dashboard() -> Iterator[Dashboard]:
    """Contoso after three cycles, with a user whose name is an attack."""
    link = eventful(people=70)
    person = link.source.user("Mallory")
    link.source.patch(f"/users/{person['id']}", {"displayName": HOSTILE})
    link.assign(person["id"])
    link.cycle()
    with link.source.emulator.serve() as server, browser() as page:
        yield Dashboard(page, server.url(link.source.tenant.cloud), link)


def test_people_stand_side_by_side_with_what_links_them(dashboard: Dashboard) -> None:
    """A row shows the person, the state and the account, under the names of the two tenants."""
    dashboard.open("find=mallory")

    assert ["Contoso Global", "", "Contoso Federal US Government"] == [
        title.strip()
        for title in dashboard.page.evaluate("[...document.querySelectorAll('th')].map((t) => t.innerText)")
    ]
    assert "Synchronized" == dashboard.page.text("tr.row .bond")
    assert (
        f"mallory_{dashboard.link.source.tenant.domain}#EXT#@{dashboard.link.target.tenant.domain}"
        == dashboard.page.text("tr.row .target small")
    )


def test_names_are_text_whatever_they_hold(dashboard: Dashboard) -> None:
    """Nothing in a name becomes markup or runs, in any tab or detail."""
    for tab in TABS:
        dashboard.open(f"tab={tab}" + ("&find=mallory" if tab in {"people", "provisioning"} else ""))
        dashboard.page.click("tr.row td")
        dashboard.page.shows(".detail-body > *")

        assert [None, 0] == dashboard.page.evaluate(
            "[window.harm ?? null, document.querySelectorAll('main img').length]"
        )
        assert [] == dashboard.page.problems
    dashboard.open("find=mallory")

    assert [HOSTILE] == dashboard.names()
    assert [HOSTILE] == dashboard.names("target")


def test_page_follows_what_happens_without_a_reload(dashboard: Dashboard) -> None:
    """A person who is renamed through Graph, and synchronized, changes under the reader's eyes."""
    person = dashboard.link.source.user("Grace Hopper")
    dashboard.link.assign(person["id"])
    dashboard.open("find=gracehopper&state=all")
    dashboard.page.evaluate("window.untouched = true")
    before = dashboard.page.text("tr.row .bond")
    dashboard.link.cycle()
    dashboard.page.wait("document.querySelector('tr.row .bond').innerText === 'Synchronized'")
    dashboard.link.source.patch(f"/users/{person['id']}", {"displayName": "Admiral Hopper"})
    dashboard.page.wait("document.querySelector('tr.row .source b').textContent === 'Admiral Hopper'")

    assert "Not linked" == before
    assert dashboard.page.evaluate("window.untouched")


def test_the_list_begins_with_the_users_of_the_link(dashboard: Dashboard) -> None:
    """Users that the job does not know come only if all users are asked for, and a search says where it looked."""
    dashboard.open()
    states = set(dashboard.page.evaluate("[...document.querySelectorAll('.bond')].map((cell) => cell.innerText)"))
    dashboard.page.type("input", "in.the.way")
    nothing = dashboard.page.wait("document.querySelector('.nothing')?.innerText")
    dashboard.page.click(".choices button", "All users")
    dashboard.page.wait("document.querySelectorAll('tr.row').length === 1")

    assert set() == states & {"Not linked", "Only in the target"}
    assert "No user of this link matches. Choose All users to look in both tenants." == nothing
    assert "Only in the target" == dashboard.page.text("tr.row .bond")


def test_list_turns_its_pages(dashboard: Dashboard) -> None:
    """Fifty rows at most, then the rest, and back."""
    dashboard.open()
    first = dashboard.names("source", "small")
    dashboard.page.click(".turn button", "Next")
    dashboard.page.wait("document.querySelector('.note').innerText.startsWith('51 to')")
    second = dashboard.names("source", "small")
    dashboard.page.click(".turn button", "Previous")
    dashboard.page.wait("document.querySelector('.note').innerText === '1 to 50'")

    assert 50 == dashboard.page.evaluate("document.querySelectorAll('tr.row').length")
    assert first == dashboard.names("source", "small")
    assert set(first).isdisjoint(second)


def test_search_and_choice_narrow_the_list_and_stand_in_the_address(dashboard: Dashboard) -> None:
    """What is looked for can be kept as a link, and nothing found has a text."""
    dashboard.open()
    dashboard.page.click(".choices button", "Failed")
    dashboard.page.wait("document.querySelectorAll('tr.row').length === 1")
    dashboard.page.type("input", "no such name")
    nothing = dashboard.page.wait("document.querySelector('.nothing')?.innerText")
    address = dashboard.page.evaluate("location.hash")

    assert "No user matches." == nothing
    assert "#state=failed&find=no+such+name" == address


def test_detail_marks_the_attributes_that_differ(dashboard: Dashboard) -> None:
    """Opening a row compares both sides."""
    dashboard.open("find=mallory")
    dashboard.page.click("tr.row .source")
    dashboard.page.shows(".attributes .differs")
    marked = dashboard.page.evaluate("[...document.querySelectorAll('.differs th')].map((name) => name.textContent)")

    assert "userPrincipalName" in marked
    assert "displayName" not in marked
    assert "true" == dashboard.page.evaluate("document.querySelector('button.disclose').getAttribute('aria-expanded')")


def test_person_leads_to_their_provisioning_log(dashboard: Dashboard) -> None:
    """The button below a person opens the log of that person alone, and the back button returns."""
    dashboard.open("find=mallory")
    dashboard.page.click("tr.row .source")
    dashboard.page.click(".detail button", "Provisioning log")
    dashboard.page.shows(".provisioning tr.row")
    actions = dashboard.page.evaluate("[...document.querySelectorAll('td.action')].map((cell) => cell.innerText)")
    dashboard.page.evaluate("history.back()")
    dashboard.page.shows(".people tr.row")

    assert ["Create"] == actions
    assert [HOSTILE] == dashboard.names()


def test_cycle_shows_its_numbers(dashboard: Dashboard) -> None:
    """The cycle that created all users is the last row."""
    dashboard.open("tab=cycles")
    cells = dashboard.page.evaluate(
        "[...[...document.querySelectorAll('tr.row')].at(-1).querySelectorAll('td')].map((cell) => cell.innerText)"
    )
    counts = dashboard.link.source.emulator.service.store.objects(dashboard.link.source.tenant.tenant_id, "cycle")
    initial = next(entry.doc for entry in counts if entry.doc["initial"])

    assert str(initial["counts"]["create"]) == cells[3]
    assert "initial" in cells[1]


def test_cloud_without_tenants_leads_to_those_that_have_some(dashboard: Dashboard) -> None:
    """The empty page says what to do and links to the others."""
    dashboard.page.problems.clear()
    cloud = dashboard.page.evaluate("[...document.querySelectorAll('#clouds a')].at(-1).href")
    dashboard.page.open(cloud)
    text = dashboard.page.text("#tenant .empty")

    assert "This cloud has no tenant yet. There are tenants in Global and US Government." in text
    assert [] == dashboard.page.problems


@pytest.mark.parametrize("width", [390, 768, 1280])
@pytest.mark.parametrize("tab", TABS)
def test_nothing_runs_over_the_edge(dashboard: Dashboard, tab: str, width: int) -> None:
    """On a phone, a tablet and a small laptop the page is as wide as the screen, with a row open."""
    dashboard.open(f"tab={tab}", width, 844)
    dashboard.page.click("tr.row td")
    dashboard.page.shows(".detail-body > *")

    assert width == dashboard.page.evaluate("document.documentElement.scrollWidth")


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_a_figure_of_a_link_is_one_line(dashboard: Dashboard, width: int) -> None:
    """A number and the longest distance in time are equally high."""
    dashboard.open(width=width)
    heights = dashboard.page.evaluate(
        """(() => {
            const figures = [...document.querySelectorAll(".figures dd")];
            figures[0].textContent = "177";
            figures[3].textContent = "59 min ago";
            return figures.map((each) => each.offsetHeight);
        })()"""
    )

    assert [heights[0]] * 5 == heights


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tab", TABS)
def test_text_is_readable_in_light_and_dark(dashboard: Dashboard, tab: str, scheme: str) -> None:
    """Every text has the contrast that WCAG 2.2 asks for, 4.5 to 1, against what is behind it."""
    dashboard.page.colors(scheme)
    dashboard.open(f"tab={tab}")
    dashboard.page.click("tr.row td")
    dashboard.page.shows(".detail-body > *")
    pale = dashboard.page.evaluate(f"({CONTRASTS})(4.5)")

    assert [] == pale, json.dumps(pale, indent=1)
