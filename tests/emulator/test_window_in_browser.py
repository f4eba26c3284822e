"""The window as somebody sees and uses it, in headless Chromium."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.emulator.browser import CHROMIUM, Page, browser
from tests.emulator.linking import Link
from tests.emulator.screenshots import eventful

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
    pytest.mark.xdist_group("browser"),
]

HOSTILE = '<img src=x onerror="window.harm=1">&amp;<script>window.harm=1</script>\'"\u202e'
TABS = ("people", "cycles", "provisioning", "requests")


@dataclass
class Window:
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
def window() -> Iterator[Window]:
    """Contoso after three cycles, with somebody whose name is an attack."""
    link = eventful(people=70)
    person = link.source.user("Mallory")
    link.source.patch(f"/users/{person['id']}", {"displayName": HOSTILE})
    link.assign(person["id"])
    link.cycle()
    with link.source.emulator.serve() as server, browser() as page:
        yield Window(page, server.url(link.source.tenant.cloud), link)


def test_people_stand_side_by_side_with_what_links_them(window: Window) -> None:
    """A row shows the person, the state and the account, under the names of the two tenants."""
    window.open("find=mallory")

    assert ["Contoso Global", "", "Contoso Federal US Government"] == [
        title.strip() for title in window.page.evaluate("[...document.querySelectorAll('th')].map((t) => t.innerText)")
    ]
    assert "Synchronized" == window.page.text("tr.row .bond")
    assert f"mallory_{window.link.source.tenant.domain}#EXT#@{window.link.target.tenant.domain}" == window.page.text(
        "tr.row .target small"
    )


def test_names_are_text_whatever_they_hold(window: Window) -> None:
    """Nothing in a name becomes markup or runs, in any tab or detail."""
    for tab in TABS:
        window.open(f"tab={tab}" + ("&find=mallory" if tab in {"people", "provisioning"} else ""))
        window.page.click("tr.row td")
        window.page.shows(".detail-body > *")

        assert [None, 0] == window.page.evaluate("[window.harm ?? null, document.querySelectorAll('main img').length]")
        assert [] == window.page.problems
    window.open("find=mallory")

    assert [HOSTILE] == window.names()
    assert [HOSTILE] == window.names("target")


def test_page_follows_what_happens_without_a_reload(window: Window) -> None:
    """A person who is renamed through Graph, and synchronized, changes under the reader's eyes."""
    person = window.link.source.user("Grace Hopper")
    window.link.assign(person["id"])
    window.open("find=gracehopper")
    window.page.evaluate("window.untouched = true")
    before = window.page.text("tr.row .bond")
    window.link.cycle()
    window.page.wait("document.querySelector('tr.row .bond').innerText === 'Synchronized'")
    window.link.source.patch(f"/users/{person['id']}", {"displayName": "Admiral Hopper"})
    window.page.wait("document.querySelector('tr.row .source b').textContent === 'Admiral Hopper'")

    assert "Not linked" == before
    assert window.page.evaluate("window.untouched")


def test_list_turns_its_pages(window: Window) -> None:
    """Fifty rows at most, then the rest, and back."""
    window.open()
    first = window.names("source", "small")
    window.page.click(".turn button", "Next")
    window.page.wait("document.querySelector('.note').innerText.startsWith('51 to')")
    second = window.names("source", "small")
    window.page.click(".turn button", "Previous")
    window.page.wait("document.querySelector('.note').innerText === '1 to 50'")

    assert 50 == window.page.evaluate("document.querySelectorAll('tr.row').length")
    assert first == window.names("source", "small")
    assert set(first).isdisjoint(second)


def test_search_and_choice_narrow_the_list_and_stand_in_the_address(window: Window) -> None:
    """What is looked for can be kept as a link, and nothing found says so."""
    window.open()
    window.page.click(".choices button", "Failed")
    window.page.wait("document.querySelectorAll('tr.row').length === 1")
    window.page.type("input", "nobody of that name")
    nothing = window.page.wait("document.querySelector('.nothing')?.innerText")
    address = window.page.evaluate("location.hash")

    assert "Nobody fits." == nothing
    assert "#state=failed&find=nobody+of+that+name" == address


def test_detail_marks_the_attributes_that_differ(window: Window) -> None:
    """Opening a row compares both sides."""
    window.open("find=mallory")
    window.page.click("tr.row .source")
    window.page.shows(".attributes .differs")
    marked = window.page.evaluate("[...document.querySelectorAll('.differs th')].map((name) => name.textContent)")

    assert "userPrincipalName" in marked
    assert "displayName" not in marked
    assert "true" == window.page.evaluate("document.querySelector('button.disclose').getAttribute('aria-expanded')")


def test_person_leads_to_their_provisioning_log(window: Window) -> None:
    """The button below a person opens the log of that person alone, and the back button returns."""
    window.open("find=mallory")
    window.page.click("tr.row .source")
    window.page.click(".detail button", "Provisioning log")
    window.page.shows(".provisioning tr.row")
    actions = window.page.evaluate("[...document.querySelectorAll('td.action')].map((cell) => cell.innerText)")
    window.page.evaluate("history.back()")
    window.page.shows(".people tr.row")

    assert ["Create"] == actions
    assert [HOSTILE] == window.names()


def test_cycle_shows_its_numbers(window: Window) -> None:
    """The cycle that created everybody is the last row."""
    window.open("tab=cycles")
    cells = window.page.evaluate(
        "[...[...document.querySelectorAll('tr.row')].at(-1).querySelectorAll('td')].map((cell) => cell.innerText)"
    )
    counts = window.link.source.emulator.service.store.objects(window.link.source.tenant.tenant_id, "cycle")
    initial = next(entry.doc for entry in counts if entry.doc["initial"])

    assert str(initial["counts"]["create"]) == cells[3]
    assert "initial" in cells[1]


def test_cloud_without_tenants_leads_to_those_that_have_some(window: Window) -> None:
    """The empty page says what to do and links to the others."""
    window.page.problems.clear()
    cloud = window.page.evaluate("[...document.querySelectorAll('#clouds a')].at(-1).href")
    window.page.open(cloud)
    text = window.page.text("#tenant .empty")

    assert "This cloud has no tenant yet. There are tenants in Global and US Government." in text
    assert [] == window.page.problems


@pytest.mark.parametrize("width", [390, 768, 1280])
@pytest.mark.parametrize("tab", TABS)
def test_nothing_runs_over_the_edge(window: Window, tab: str, width: int) -> None:
    """On a phone, a tablet and a small laptop the page is as wide as the screen, with a row open."""
    window.open(f"tab={tab}", width, 844)
    window.page.click("tr.row td")
    window.page.shows(".detail-body > *")

    assert width == window.page.evaluate("document.documentElement.scrollWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tab", TABS)
def test_text_is_readable_in_light_and_dark(window: Window, tab: str, scheme: str) -> None:
    """Every text has the contrast that WCAG 2.2 asks for, 4.5 to 1, against what is behind it."""
    window.page.colours(scheme)
    window.open(f"tab={tab}")
    window.page.click("tr.row td")
    window.page.shows(".detail-body > *")
    pale = window.page.evaluate(f"({_CONTRASTS})(4.5)")

    assert [] == pale, json.dumps(pale, indent=1)


_CONTRASTS = """(least) => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const linear = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const colour = parts(getComputedStyle(element).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || element.disabled || !element.checkVisibility()) continue;
    const [one, other] = [parts(getComputedStyle(element).color), behind(element)].map(light);
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < least) found.push([element.className, element.textContent.slice(0, 40), contrast]);
  }
  return found;
}"""
