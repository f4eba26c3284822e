"""``post-comment`` beside a service, or a proxy, that answers something else than its API does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from entra_sync.cli.ci import posting
from entra_sync.errors import ConfigurationError
from tests.cli.commands import run

JSON = Any
COMMENT = {"id": 1, "user": {"login": "bot"}, "body": "x"}


@pytest.mark.parametrize(
    "page",
    [
        {"message": "Moved"},
        "text",
        [None],
        ["x"],
        [{"body": "x"}],
        [{"id": 1, "user": "bot", "body": "x"}],
        [{**COMMENT, "body": 7}],
        [COMMENT],
    ],
    ids=["object", "text", "nothing", "texts", "no id", "no author", "no body", "always the same page"],
)
def test_a_list_of_comments_that_is_none_posts_nothing(page: JSON, tmp_path: Path, monkeypatch: Any) -> None:
    """One line; it ends also if the pages never do."""
    sent: list[str] = []

    def ask(method: str, url: str, headers: JSON, body: JSON = None) -> JSON:
        sent.append(method)
        return {"data": {"viewer": {"login": "bot"}}} if url.endswith("graphql") else page

    monkeypatch.setattr(posting, "ask", ask)
    for name, value in {"GITHUB_REPOSITORY": "o/r", "GITHUB_TOKEN": "t", "PULL_REQUEST": "1"}.items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "comment.md"
    file.write_text("<!-- entra-sync: p -->\ntext")
    found = run("post-comment", str(file)).exception

    assert isinstance(found, ConfigurationError)
    assert str(found).startswith(
        "the service's list of comments has another form than documented, so nothing was posted"
    )
    assert ["POST", "GET"] == sent[:2]
    assert {"GET"} == set(sent[1:])
