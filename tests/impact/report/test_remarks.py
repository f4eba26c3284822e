"""Events, notes and gaps of a plan are values; sentences are made from them in one table."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

import entra_sync.impact
from entra_sync.expressions import ScopingFilter, any_of, clause, default_schema
from entra_sync.graph.synchronization.cross_cloud import Lack, Missing
from entra_sync.impact.facts.declaration import Declaration
from entra_sync.impact.facts.link import after
from entra_sync.impact.facts.remarks import Event, Gap, Note, Remark, Unknown, recalled, recorded
from entra_sync.impact.planning.cycle import situation
from entra_sync.impact.words import crossing, said

CODES = [*Event, *Note, *Gap, *Unknown]
PLANNING = Path(entra_sync.impact.__file__).parent
DOCS = Path(__file__).parents[3] / "docs" / "reference" / "impact-json.md"


@pytest.mark.parametrize("code", CODES, ids=[f"{type(code).__name__}-{code}" for code in CODES])
def test_every_code_has_words_and_is_documented(code: Event | Note | Gap | Unknown) -> None:
    """A code without words would fail in front of a user; one that is not documented cannot be compared."""
    texts = {Event.MAPPINGS, Event.RESTARTED}
    one = {Event.USERS_COME, Event.USERS_LEAVE, Note.OUT_OF_SCOPE, Unknown.PRINCIPALS}
    values: tuple[str | int, ...] = ("mail", "city") if code in texts else (3,) if code in one else (3, 2, 1)
    values = ("mail", 2) if code is Note.CASE_ALONE else values
    values = (Lack.DISABLED, "federal", "Sync") if code is Note.CROSS_CLOUD else values

    assert said(Remark(code, values))
    assert f"`{code}`" in DOCS.read_text()


@pytest.mark.parametrize("folder", ["planning", "reading", "facts", "declared"])
def test_remarks_are_made_from_codes_only(folder: str) -> None:
    """No module below the words makes an event, a note or a gap from a sentence."""
    made = [
        (path.name, node.lineno)
        for path in (PLANNING / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Remark"
        if any(isinstance(part, ast.JoinedStr) or _is_sentence(part) for part in node.args for part in ast.walk(part))
    ]

    assert [] == [place for place in made if place[0] != "remarks.py"]


def _is_sentence(part: ast.AST) -> bool:
    return isinstance(part, ast.Constant) and isinstance(part.value, str) and " " in part.value


@pytest.mark.parametrize("lack", Lack)
def test_what_a_target_lacks_has_words_and_a_fix(lack: Lack) -> None:
    """Each is told with the tenant's name, and what to do is a part of its own."""
    found, fix = crossing(Missing(lack, "federal", "Sync", "User.Invite.All"))

    assert "federal" in found
    assert f"{found}; {fix}." == said(Remark(Note.CROSS_CLOUD, (lack, "federal", "Sync", "User.Invite.All")))


def test_a_change_is_told_in_codes_and_in_words() -> None:
    """Codes are stable; the words name groups, and count users."""
    schema = default_schema("global", "usgov")
    now = replace(after(None, Declaration(groups={"a"}, users={"u"}), schema), ran=True, names={"a": "Sales"})
    filters: ScopingFilter = any_of(clause("country").equals("US"))
    then = after(now, Declaration(users={"v", "w"}, filters=filters, restart={"Full"}), schema)
    events = situation(now, then).events

    assert [
        Remark(Event.FILTER),
        Remark(Event.LEAVES, ("Sales",)),
        Remark(Event.USERS_COME, (2,)),
        Remark(Event.USERS_LEAVE, (1,)),
        Remark(Event.RESTARTED, ("Full",)),
    ] == list(events)
    assert [
        "the filter changes",
        "Sales leaves the scope",
        "2 directly assigned users come into scope",
        "1 directly assigned user leaves the scope",
        "the job is restarted and forgets Full",
    ] == [said(each) for each in events]


def test_remarks_are_kept_as_codes_and_sentences_of_before_are_still_said() -> None:
    """A snapshot that an earlier version saved has sentences in their place."""
    remarks = (Remark(Gap.UNNAMED, (30, 12)), Remark(Gap.LINKS, ("HTTP 500",)))

    assert remarks == recalled(Gap, orjson.loads(orjson.dumps(recorded(remarks))))
    assert ["deleted users could not be read"] == [
        said(each) for each in recalled(Gap, ["deleted users could not be read"])
    ]
    assert ["federal lacks it."] == [
        said(each) for each in recalled(Note, [["cross-cloud-synchronization", "federal lacks it."]])
    ]
