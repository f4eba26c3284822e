"""One life of a link in both forms, from the first mistake to its destroy: what is refused, listed and sent.

A row of the table that differs between the forms fails, and so does one that misses what it must say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from entra_sync.graph.requests import Request
from tests.programs.both.playing import (
    Act,
    Form,
    Seen,
    asks,
    cycles,
    makes,
    played,
    previews,
    refuses_all,
    removes,
    restores,
    rests,
    tries,
)
from tests.programs.conftest import PROGRAMS
from tests.programs.planted import PLANTED, found

pytestmark = pytest.mark.xdist_group("both-forms")

NO_USER = "3d0f5dec-5d3d-455c-8016-e2af1ae4d31a"
QUICKSTART = (PROGRAMS / "quickstart" / "__main__.py").read_text()


def changed(program: str, old: str, new: str) -> str:
    """A program with another text in one place."""
    assert 1 == program.count(old), old
    return program.replace(old, new)


NOTIFY = '    notify="identity-ops@contoso.com",\n'
CANARIES = f'{NOTIFY}    canaries=config.get_object("canaries") or [],\n'
LINK = changed(QUICKSTART, NOTIFY, f'{CANARIES}    secret_values={{"SecretToken": "{PLANTED}"}},\n')
WRONG_CASE = changed(LINK, "[displayName]", "[DisplayName]")
ALL_USERS = changed(LINK, LINK[LINK.index("    filters=") : LINK.index("    mappings=")], "")
OTHER_NAMES = changed(LINK, "(Contoso)", "(Contoso Ltd)")
ALIVE = "    deletion_threshold=50,\n"
PROTECTED = changed(OTHER_NAMES, ALIVE, f"{ALIVE}    opts=pulumi.ResourceOptions(protect=True),\n")
NONE = QUICKSTART.partition("link = ")[0]


def renamed(form: Form) -> None:
    """An administrator renames the application."""
    graph = form.stack.graphs["contoso"]
    (application,) = graph.pages("/v1.0/applications?$filter=displayName eq 'contoso-to-federal'")
    path = f"/v1.0/applications/{application['id']}"
    graph.send(Request("PATCH", path, {"displayName": "renamed"}, "acting as an administrator"))


LIFE = {
    "an attribute in the wrong case": Act(
        previews,
        says=(r"mappings\[\d+\]\.source", 'did you mean "displayName"'),
        program=WRONG_CASE,
        config={"groups": ["Engineering", "Support"], "canaries": 2},
        refused=True,
    ),
    "a canary that does not exist": Act(
        previews, says=(f"has no user {NO_USER}",), program=LINK, config={"strangers": [NO_USER]}, refused=True
    ),
    "the first preview": Act(previews, says=("first enablement", "canary .* create"), config={"strangers": []}),
    "the service does otherwise with a canary": Act(
        tries,
        says=(r"displayName \(mapped from Append", "planned a text of ", "the service wrote a text of "),
        service=("(Contoso)", "(Fabrikam)"),
        refused=True,
        writes=True,
    ),
    "the rest is made": Act(makes, writes=True),
    "a cycle": Act(cycles, writes=True),
    "nothing is left to do": Act(rests, says=("unchanged",)),
    "a filter that is deleted": Act(
        previews, says=(r"\d+ accounts would be created in federal",), program=ALL_USERS, refused=True
    ),
    "a scope that shrinks too far": Act(
        previews,
        says=("users would be removed from federal",),
        program=LINK,
        config={"groups": ["Support"], "canaries": 0},
        refused=True,
    ),
    "the users by name": Act(
        asks("impact", "--people", "--no-cache", "--json"), says=('"removed": ?[1-9]',), refused=True
    ),
    "an up that is refused": Act(tries, says=("users would be removed from federal",), refused=True),
    "a scope that shrinks and may": Act(makes, config={"allow": ["removed", "changed"]}, writes=True),
    "the users leave": Act(cycles, writes=True),
    "a mapping that changes": Act(makes, program=OTHER_NAMES, writes=True),
    "drift": Act(
        asks("drift", "--json"), says=("PATCH /v1.0/applications/",), before=renamed, refused=True, writes=True
    ),
    "the status": Act(asks("status", "--json"), says=("contoso-to-federal", "federal")),
    "drift is undone": Act(restores, writes=True),
    "a link that is removed": Act(previews, says=("accounts stay in federal, and nothing manages them",), program=NONE),
    "a protected link": Act(makes, program=PROTECTED, writes=True),
    "a protected link that is removed": Act(refuses_all, says=("protect",), program=NONE, refused=True),
    "protection ends": Act(makes, program=OTHER_NAMES, writes=True),
    "a destroy": Act(removes, says=(), writes=True),
}


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, Seen | Exception]]:
    """What came of each row, in each form."""
    return played(tmp_path_factory.mktemp("life"), LIFE)


@pytest.mark.parametrize("row", LIFE)
def test_both_forms_do_the_same(row: str, life: Mapping[str, Mapping[str, Seen | Exception]]) -> None:
    """They send and list the same, refuse the same, and say why."""
    act, seen = LIFE[row], life[row]
    for form, outcome in seen.items():
        if isinstance(outcome, Exception):
            raise AssertionError(f"in {form}") from outcome
        assert act.refused == (outcome.code != 0), f"in {form}: {outcome.said}"
        missing = [text for text in act.says if not re.search(text, outcome.said)]
        assert [] == missing, f"in {form}: {outcome.said}"
        assert "Traceback" not in outcome.said
        assert [] == found(outcome.said, [PLANTED]), form
    assert seen["python"].same == seen["yaml"].same
