"""``entra-sync post-comment``: one comment per stack on a pull request, which later runs replace."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Protocol

import typer

from entra_sync.cli.ci.comment import MARKER
from entra_sync.cli.ci.services import ask, needed

__all__ = ["register"]

JSON = Any
PAGE = 100
"""Comments that are asked for at a time: the most that GitHub and GitLab give."""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("post-comment")(post_comment)


def post_comment(
    file: Annotated[Path, typer.Argument(help="Markdown file written by `entra-sync comment`.")],
) -> None:
    """Post the comment on the pull request of this pipeline run. It replaces the comment of an earlier run.

    It works in GitHub Actions (set GITHUB_TOKEN and PULL_REQUEST), Azure Pipelines (SYSTEM_ACCESSTOKEN) and GitLab CI
    (GITLAB_TOKEN, because a job's own token cannot write notes). The services set the other variables.
    """
    from entra_sync.errors import ConfigurationError

    try:
        body = file.read_text(encoding="utf-8")
    except OSError as problem:
        raise ConfigurationError(f"{file}: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{file}: it is not a text") from None
    marker = body.partition("\n")[0]
    begins, _, ends = MARKER.partition("{name}")
    if not (marker.startswith(begins) and marker.endswith(ends)):
        # By any other line another user's comment could be found, and replaced.
        raise ConfigurationError(
            f"{file}: this file was not written by `entra-sync comment`: its first line is not a marker"
        )
    service = _service()
    own = service.author()
    try:
        # Anyone may write a comment that begins like ours. Its author could change it after this job has ended.
        ours = (place for place, author, text in service.comments() if author == own and text.startswith(marker))
        earlier = next(ours, None)
    except (AttributeError, LookupError, TypeError):
        raise ConfigurationError(
            "the service's list of comments has another form than documented, so nothing was posted; check the "
            "addresses in this job's environment and any proxy"
        ) from None
    if earlier is None:
        service.add(body)
    else:
        service.replace(earlier, body)


class Service(Protocol):
    """Comments of one pull request; a place is the path of a comment below the service's root."""

    def author(self) -> str:
        """The author of the comments that this job's token writes."""

    def comments(self) -> Iterator[tuple[str, str, str]]:
        """Place, author and text of each comment."""

    def replace(self, place: str, body: str) -> None:
        """Replaces the text of a comment."""

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
    """REST API endpoints for issue comments: a pull request is an issue. GraphQL tells whose the token is.

    A job's token is that of an installation. REST refuses it ``GET /user``, GraphQL answers ``viewer``
    (joshjohanning/bulk-github-repo-settings-sync-action#194).
    """

    graphql: str
    repository: str
    pull_request: str
    headers: Mapping[str, str]

    @classmethod
    def of_this_job(cls) -> _GitHub:
        root = os.environ.get("GITHUB_API_URL", "https://api.github.com")
        headers = {"Authorization": f"Bearer {needed('GITHUB_TOKEN')}", "Accept": "application/vnd.github+json"}
        graphql = os.environ.get("GITHUB_GRAPHQL_URL", f"{root}/graphql")
        return cls(graphql, f"{root}/repos/{needed('GITHUB_REPOSITORY')}/issues", needed("PULL_REQUEST"), headers)

    def author(self) -> str:
        answer = ask("POST", self.graphql, self.headers, {"query": "query { viewer { login } }"})
        return _named(answer, "data", "viewer", "login")

    def comments(self) -> Iterator[tuple[str, str, str]]:
        url = f"{self.repository}/{self.pull_request}/comments"
        for comment in _pages(url, self.headers):
            author = (comment.get("user") or {}).get("login", "")
            yield f"{self.repository}/comments/{comment['id']}", author, comment["body"] or ""

    def replace(self, place: str, body: str) -> None:
        ask("PATCH", place, self.headers, {"body": body})

    def add(self, body: str) -> None:
        ask("POST", f"{self.repository}/{self.pull_request}/comments", self.headers, {"body": body})


@dataclass(frozen=True, slots=True)
class _GitLab:
    """Notes API: merge requests. Users API: the token's own user."""

    root: str
    notes: str
    headers: Mapping[str, str]

    @classmethod
    def of_this_job(cls) -> _GitLab:
        root = needed("CI_API_V4_URL")
        project = f"{root}/projects/{needed('CI_PROJECT_ID')}"
        headers = {"PRIVATE-TOKEN": needed("GITLAB_TOKEN")}
        return cls(root, f"{project}/merge_requests/{needed('CI_MERGE_REQUEST_IID')}/notes", headers)

    def author(self) -> str:
        return _named(ask("GET", f"{self.root}/user", self.headers), "username")

    def comments(self) -> Iterator[tuple[str, str, str]]:
        for note in _pages(self.notes, self.headers):
            yield f"{self.notes}/{note['id']}", (note.get("author") or {}).get("username", ""), note["body"]

    def replace(self, place: str, body: str) -> None:
        ask("PUT", place, self.headers, {"body": body})

    def add(self, body: str) -> None:
        ask("POST", self.notes, self.headers, {"body": body})


@dataclass(frozen=True, slots=True)
class _AzureDevOps:
    """Pull Request Threads: the comment is the first one of a thread of its own, which is closed from the start.

    The collection's connection data tells whose the token is. It has preview versions only: a released version is
    answered 400 (RooCodeInc/Roomote#896). ``authenticatedUser.id`` is the id that a comment of the job's identity has
    as its author's (mburumaxwell/paklo#377).
    """

    collection: str
    threads: str
    headers: Mapping[str, str]

    @classmethod
    def of_this_job(cls) -> _AzureDevOps:
        collection = needed("SYSTEM_COLLECTIONURI").rstrip("/")
        project = f"{collection}/{needed('SYSTEM_TEAMPROJECTID')}"
        number = needed("SYSTEM_PULLREQUEST_PULLREQUESTID")
        threads = f"{project}/_apis/git/repositories/{needed('BUILD_REPOSITORY_ID')}/pullRequests/{number}/threads"
        return cls(collection, threads, {"Authorization": f"Bearer {needed('SYSTEM_ACCESSTOKEN')}"})

    def author(self) -> str:
        url = f"{self.collection}/_apis/connectionData?api-version=7.1-preview"
        return _named(ask("GET", url, self.headers), "authenticatedUser", "id")

    def comments(self) -> Iterator[tuple[str, str, str]]:
        for thread in ask("GET", self._versioned(self.threads), self.headers)["value"]:
            for comment in thread["comments"]:
                if comment.get("content"):
                    author = (comment.get("author") or {}).get("id", "")
                    yield f"{self.threads}/{thread['id']}/comments/{comment['id']}", author, comment["content"]

    def replace(self, place: str, body: str) -> None:
        ask("PATCH", self._versioned(place), self.headers, {"content": body})

    def add(self, body: str) -> None:
        comment = {"parentCommentId": 0, "content": body, "commentType": 1}
        ask("POST", self._versioned(self.threads), self.headers, {"comments": [comment], "status": 4})

    def _versioned(self, url: str) -> str:
        return f"{url}?api-version=7.1"


def _named(answer: JSON, *path: str) -> str:
    """The name at *path* of an answer about the token's owner.

    Raises:
        ConfigurationError: It is not there, so no comment can be told from another author's.
    """
    from entra_sync.errors import ConfigurationError

    for name in path:
        answer = answer.get(name) if isinstance(answer, Mapping) else None
    if not isinstance(answer, str) or not answer:
        raise ConfigurationError("the service does not say whose the job's token is, so no comment can be replaced")
    return answer


def _pages(url: str, headers: Mapping[str, str]) -> Iterator[dict[str, JSON]]:
    """The comments of all pages.

    Raises:
        TypeError: A page is no list, or a page is like the one before it, so that they would never end.
    """
    page, before = 1, None
    while found := ask("GET", f"{url}?per_page={PAGE}&page={page}", headers):
        if not isinstance(found, list) or found == before:
            raise TypeError("comments")
        yield from found
        page, before = page + 1, found
