"""``entra-sync post-comment``: one comment per stack on a pull request, which later runs replace."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Protocol

import typer

from entra_sync.cli.comment import MARKER
from entra_sync.cli.services import ask, needed

__all__ = ["register"]

JSON = Any
PAGE = 100
"""Comments that are asked for at a time: the most that GitHub and GitLab give."""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("post-comment")(post_comment)


def post_comment(
    file: Annotated[Path, typer.Argument(help="The comment; its first line tells it from others.")],
) -> None:
    """Put a comment on the pull request that this job is about, in the place of the one of an earlier run.

    Inside GitHub Actions (GITHUB_TOKEN, PULL_REQUEST), Azure Pipelines (SYSTEM_ACCESSTOKEN) and GitLab CI
    (GITLAB_TOKEN: a job's own token may not write notes); all else comes from the variables that these set.
    """
    from entra_sync.errors import ConfigurationError

    try:
        body = file.read_text(encoding="utf-8")
    except OSError as problem:
        raise ConfigurationError(f"{file}: {problem.strerror}") from None
    marker = body.partition("\n")[0]
    begins, _, ends = MARKER.partition("{name}")
    if not (marker.startswith(begins) and marker.endswith(ends)):
        # By any other line somebody else's comment could be found, and replaced.
        raise ConfigurationError(
            f"{file}: this file was not written by `entra-sync comment`: its first line is not a marker"
        )
    service = _service()
    for place, text in service.comments():
        if text.startswith(marker):
            service.replace(place, body)
            return
    service.add(body)


class Service(Protocol):
    """Comments of one pull request; a place is the path of a comment below the service's root."""

    def comments(self) -> Iterator[tuple[str, str]]:
        """Place and text of each comment."""

    def replace(self, place: str, body: str) -> None:
        """Writes the text of a comment anew."""

    def add(self, body: str) -> None:
        """Writes a further comment."""


def _service() -> Service:
    """The service whose job this is.

    Raises:
        ConfigurationError: None is, or a variable lacks.
    """
    from entra_sync.errors import ConfigurationError

    if "GITHUB_REPOSITORY" in os.environ:
        return _GitHub.of_this_job()
    if "SYSTEM_COLLECTIONURI" in os.environ:
        return _AzureDevOps.of_this_job()
    if "CI_API_V4_URL" in os.environ:
        return _GitLab.of_this_job()
    raise ConfigurationError("no pull request is known here: this runs in GitHub Actions, Azure Pipelines or GitLab CI")


@dataclass(frozen=True, slots=True)
class _GitHub:
    """REST API endpoints for issue comments: a pull request is an issue."""

    repository: str
    pull_request: str
    headers: Mapping[str, str]

    @classmethod
    def of_this_job(cls) -> _GitHub:
        root = os.environ.get("GITHUB_API_URL", "https://api.github.com")
        headers = {"Authorization": f"Bearer {needed('GITHUB_TOKEN')}", "Accept": "application/vnd.github+json"}
        return cls(f"{root}/repos/{needed('GITHUB_REPOSITORY')}/issues", needed("PULL_REQUEST"), headers)

    def comments(self) -> Iterator[tuple[str, str]]:
        url = f"{self.repository}/{self.pull_request}/comments"
        for comment in _pages(url, self.headers):
            yield f"{self.repository}/comments/{comment['id']}", comment["body"]

    def replace(self, place: str, body: str) -> None:
        ask("PATCH", place, self.headers, {"body": body})

    def add(self, body: str) -> None:
        ask("POST", f"{self.repository}/{self.pull_request}/comments", self.headers, {"body": body})


@dataclass(frozen=True, slots=True)
class _GitLab:
    """Notes API: merge requests."""

    notes: str
    headers: Mapping[str, str]

    @classmethod
    def of_this_job(cls) -> _GitLab:
        project = f"{needed('CI_API_V4_URL')}/projects/{needed('CI_PROJECT_ID')}"
        headers = {"PRIVATE-TOKEN": needed("GITLAB_TOKEN")}
        return cls(f"{project}/merge_requests/{needed('CI_MERGE_REQUEST_IID')}/notes", headers)

    def comments(self) -> Iterator[tuple[str, str]]:
        for note in _pages(self.notes, self.headers):
            yield f"{self.notes}/{note['id']}", note["body"]

    def replace(self, place: str, body: str) -> None:
        ask("PUT", place, self.headers, {"body": body})

    def add(self, body: str) -> None:
        ask("POST", self.notes, self.headers, {"body": body})


@dataclass(frozen=True, slots=True)
class _AzureDevOps:
    """Pull Request Threads: the comment is the first one of a thread of its own, which is closed from the start."""

    threads: str
    headers: Mapping[str, str]

    @classmethod
    def of_this_job(cls) -> _AzureDevOps:
        project = f"{needed('SYSTEM_COLLECTIONURI').rstrip('/')}/{needed('SYSTEM_TEAMPROJECTID')}"
        number = needed("SYSTEM_PULLREQUEST_PULLREQUESTID")
        threads = f"{project}/_apis/git/repositories/{needed('BUILD_REPOSITORY_ID')}/pullRequests/{number}/threads"
        return cls(threads, {"Authorization": f"Bearer {needed('SYSTEM_ACCESSTOKEN')}"})

    def comments(self) -> Iterator[tuple[str, str]]:
        for thread in ask("GET", self._versioned(self.threads), self.headers)["value"]:
            for comment in thread["comments"]:
                if comment.get("content"):
                    yield f"{self.threads}/{thread['id']}/comments/{comment['id']}", comment["content"]

    def replace(self, place: str, body: str) -> None:
        ask("PATCH", self._versioned(place), self.headers, {"content": body})

    def add(self, body: str) -> None:
        comment = {"parentCommentId": 0, "content": body, "commentType": 1}
        ask("POST", self._versioned(self.threads), self.headers, {"comments": [comment], "status": 4})

    def _versioned(self, url: str) -> str:
        return f"{url}?api-version=7.1"


def _pages(url: str, headers: Mapping[str, str]) -> Iterator[dict[str, JSON]]:
    page = 1
    while found := ask("GET", f"{url}?per_page={PAGE}&page={page}", headers):
        yield from found
        page += 1
