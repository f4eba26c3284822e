"""Reports: counts first, bounded, and nothing in a name can break out of them."""

from __future__ import annotations

import html
import html.parser
import io
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from entra_sync.expressions import Mappings, any_of, clause
from entra_sync.impact.planning.limits import Limits
from entra_sync.impact.planning.plan import ImpactPlan
from entra_sync.impact.planning.reasons import Doubt, Reason
from entra_sync.impact.report.data import Who, report
from entra_sync.impact.report.markdown import markdown
from entra_sync.impact.report.page import page
from entra_sync.impact.report.summary import block, summary
from entra_sync.impact.report.terminal import terminal
from entra_sync.impact.words import doubted, kept_accounts, reason
from tests.base.hostile import HOSTILE, is_plain
from tests.impact.world import World

JSON = Any
NASTY = "</script><script>alert(1)</script> | `code` [x](javascript:y) <img src=x onerror=z> @team"


@pytest.fixture(scope="module")
def plan() -> ImpactPlan:
    """A filter and a mapping for 120 people; one of them has a name that is markup."""
    world = World.build()
    ids = []
    for number in range(120):
        doc = {
            "userPrincipalName": f"p{number}@contoso.onmicrosoft.com",
            "displayName": NASTY if number == 7 else f"Person {number}",
            "country": "DE" if number % 3 == 1 else "US",
            "_netId": f"{number:016X}",
        }
        ids.append(world.add_user("contoso", doc))
    world.assign(ids)
    world.start()
    world.cycle()
    rows = [{"target": "displayName", "source": 'Append([displayName], "!")'}]
    return world.plan(
        world.then(filters=any_of(clause("country").equals("US")), mappings=Mappings.model_validate(rows))
    )


def test_markdown_has_counts_then_who_loses_access(plan: ImpactPlan) -> None:
    """Headline, refusal, table, and a folded list of those who lose access before all others."""
    text = markdown(report(plan, Limits()))
    headline, losing, others = (text.index(part) for part in ("40 users lose access", "Who loses access", "Who else"))

    assert text.startswith("**contoso → federal**: 40 users lose access, 80 updated. **Refused**: 40 of 120 users")
    assert '| removed | 40 | country is not "US" (40) |' in text
    assert headline < losing < others


@pytest.mark.parametrize("longest", [1_000, 5_000, 60_000])
def test_markdown_is_never_longer_than_a_comment(plan: ImpactPlan, longest: int) -> None:
    """Lists are cut, and say how many they leave out; the counts stay."""
    text = markdown(report(plan, Limits(), Who(people=True)), longest)

    assert len(text) <= longest
    assert "| removed | 40 |" in text
    assert text.count("<details>") == text.count("</details>")


def test_names_cannot_break_out_of_markdown(plan: ImpactPlan) -> None:
    """No tag, no link, no mention, no new cell of the table."""
    text = markdown(report(plan, Limits(), Who(people=True)))
    line = next(line for line in text.splitlines() if "alert" in line)

    assert re.search(r"(?<!\\)[<\[`|]", line) is None
    assert "@" not in line


@pytest.mark.parametrize("render", ["markdown", "terminal"])
def test_what_may_come_otherwise_is_said(plan: ImpactPlan, render: str) -> None:
    """Beside the counts stands how many of them are not certain and what the threshold holds back."""
    found = {**report(plan), "held": 40, "uncertain": 1_200}
    shown = io.StringIO()
    terminal(found, Console(file=shown, width=200))
    text = markdown(found) if render == "markdown" else shown.getvalue()

    assert "the service's deletion threshold would hold back 40 removals" in text
    assert "for 1,200 users the outcome is uncertain" in text


@pytest.mark.parametrize("render", ["markdown", "terminal", "block"])
def test_users_in_scope_who_get_no_account_are_counted_with_the_reason(render: str) -> None:
    """Of three assigned users one is disabled and one is filtered out: 2 in scope, 1 created."""
    world = World.build()
    docs = [{"country": "US"}, {"country": "US", "accountEnabled": False}, {"country": "DE"}]
    ids = []
    for place, doc in enumerate(docs):
        names = {"userPrincipalName": f"p{place}@contoso.onmicrosoft.com", "displayName": f"Person {place}"}
        ids.append(world.add_user("contoso", {**names, "_netId": f"{place:016X}", **doc}))
    world.assign(ids)
    planned = world.plan(world.then(filters=any_of(clause("country").equals("US"))))
    found = report(planned, who=Who(people=True))
    shown = io.StringIO()
    terminal(found, Console(file=shown, width=200))
    text = {"markdown": markdown(found), "terminal": shown.getvalue(), "block": block("a", "b", summary(planned))}[
        render
    ]
    reason = "disabled in the source: a user must be active before an account is created (1)"

    assert (2, {"create": 1, "skipped": 2}) == (found["inScopeThen"], found["counts"])
    assert {"disabled": 1} == found["reasonCodes"]["skipped"]
    assert ["Person 1"] == [row["name"] for row in found["leftOut"]]
    assert f"not in scope (1); in scope, but {reason}" in text


def test_names_of_groups_are_no_markup(plan: ImpactPlan) -> None:
    """A group can be called anything; the terminal shows it as it is."""
    found = report(plan)
    found["reasons"]["delete"] = {"was member of [/bold] [red]Sales": 40}
    shown = io.StringIO()
    terminal(found, Console(file=shown, width=200))

    assert "was member of [/bold] [red]Sales (40)" in shown.getvalue()


@pytest.mark.parametrize("text", ["@team", "(@team)", "see #12", "GH-12", "http://evil.example", "www.evil.example"])
def test_nothing_in_a_name_becomes_a_link_or_a_mention(plan: ImpactPlan, text: str) -> None:
    """GitHub and GitLab look for mentions, issues and addresses in what they have rendered, too."""
    found = report(plan)
    found["reasons"]["delete"] = {f"was member of {text}": 40}
    rendered = html.unescape(re.sub(r"\\(.)", r"\1", markdown(found)))

    assert text not in rendered
    assert text in rendered.replace("\u200b", "")


@pytest.mark.parametrize("render", ["markdown", "terminal", "block"])
@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_is_an_escape_sequence_a_forged_line_or_a_command(plan: ImpactPlan, name: str, render: str) -> None:
    """Group owners name groups; a build service that runs the preview obeys none of them."""
    found = report(plan, Limits(), Who(people=True))
    found |= {"events": [name], "notes": [name], "gaps": [name], "unknown": [name], "source": name}
    found["reasons"]["delete"] = {name: 40}
    for row in found["people"]:
        row |= {"name": name, "reason": name}
    shown = io.StringIO()
    if render == "terminal":
        terminal(found, Console(file=shown, soft_wrap=True))
    elif render == "markdown":
        shown.write(markdown(found))
    else:
        shown.write(
            block(
                "contoso (global)",
                "federal (US Government)",
                {**found, **summary(plan), "reasons": found["reasons"], "notes": [name], "events": [name]},
            )
        )

    assert all(map(is_plain, shown.getvalue().split("\n")))
    assert not any(line.strip() == "removed         0" for line in shown.getvalue().split("\n"))


class _Scripts(html.parser.HTMLParser):
    """Counts the elements of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attributes: JSON) -> None:
        self.tags.append(tag)


def test_page_stands_alone_and_names_cannot_break_out(plan: ImpactPlan) -> None:
    """Two scripts, the data and the page's own; no image, no link, nothing fetched."""
    text = page(report(plan, Limits(), Who(people=True)))
    parser = _Scripts()
    parser.feed(text)

    assert 2 == parser.tags.count("script")
    assert "img" not in parser.tags
    assert "link" not in parser.tags
    assert [] == re.findall(r"https?://", text)


def test_terminal_shows_values_only_when_asked(plan: ImpactPlan) -> None:
    """Old and new values are personal data."""
    plain, named = io.StringIO(), io.StringIO()
    terminal(report(plan, Limits()), Console(file=plain, width=200))
    terminal(report(plan, Limits(), Who(people=True)), Console(file=named, width=200))

    value = re.compile(r"'(Person \d+)' → '\1!'")
    assert value.search(plain.getvalue()) is None
    assert value.search(named.getvalue()) is not None
    assert "refused: 40 of 120 users" in plain.getvalue()


def test_list_is_cut_and_counts_are_of_all(plan: ImpactPlan) -> None:
    """The JSON has the number of people that it leaves out."""
    found = report(plan, Limits(), most=5)

    assert 5 == len(found["people"]) == found["peopleListed"]
    assert 120 == found["peopleTouched"]
    assert {"delete"} == {row["action"] for row in found["people"]}


def test_every_key_of_the_json_is_documented(plan: ImpactPlan) -> None:
    """The page on the JSON has a row for each."""
    text = (Path(__file__).parents[3] / "docs" / "reference" / "impact-json.md").read_text()
    found = report(plan, Limits(), Who(people=True))
    keys = {*found, *found["people"][0], *found["attributes"][0], *found["people"][-1]["attributes"][0]}

    assert [] == sorted(key for key in keys if f"`{key}`" not in text)


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium")
def test_page_works_in_a_browser(plan: ImpactPlan, tmp_path: Path) -> None:
    """The table is filled, and a name that is no name is text."""
    path = tmp_path / "impact.html"
    path.write_text(page(report(plan, Limits(), Who(people=True))))
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", path.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout

    assert "120 of 120 found" in dom
    assert json.dumps("alert(1)") not in dom
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in dom


def test_who_leaves_and_keeps_an_account_is_said() -> None:
    """A disabled account stays where its person is no longer assigned: neither removed nor unchanged."""
    world = World.build()
    doc = {"displayName": "Person", "country": "US"}
    ids = [
        world.add_user(
            "contoso",
            {
                **doc,
                "userPrincipalName": f"{name}@contoso.onmicrosoft.com",
                "accountEnabled": True,
                "_netId": net,
            },
        )
        for name, net in (("a", "000A"), ("b", "000B"), ("c", "000C"))
    ]
    world.assign(ids)
    world.start()
    world.cycle()
    world.send("contoso", "PATCH", f"/v1.0/users/{ids[1]}", {"accountEnabled": False})
    world.cycle()
    found = world.plan(world.then(users=frozenset(ids[2:])))

    assert {"delete": 1, "unchanged": 1} == {action: found.counts[action] for action in ("delete", "unchanged")}
    assert [(Reason.STAYS_DISABLED, 1)] == list(found.kept.select("reason", "people").iter_rows())
    assert [
        "1 user leaves the scope and keeps the account: disabled, and no longer assigned; the account stays, disabled."
    ] == kept_accounts(found)


def test_every_code_has_words_and_is_documented() -> None:
    """Reasons and doubts have codes that automation compares, and words that users read."""
    text = (Path(__file__).parents[3] / "docs" / "reference" / "impact-json.md").read_text()

    assert [] == [code for code in (*Reason, *Doubt) if f"`{code}`" not in text]
    assert all(reason(code, "x") for code in Reason)
    assert all(doubted(code) for code in Doubt)
