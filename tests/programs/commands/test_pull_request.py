"""The comment on a pull request, made as the workflow makes it, on the real engine and the emulator."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from entra_sync.cli.ci.comment import marker
from entra_sync.cli.ci.services import ask
from entra_sync.emulator import Emulator
from entra_sync.errors import ConfigurationError
from tests.programs.conftest import Stack
from tests.programs.granted import leave_only

JSON = Any
WORKFLOW = Path(__file__).parents[3] / ".github" / "workflows" / "impact.yml"


@pytest.fixture
def emulator() -> Emulator:
    """Enough people for a share of them to count."""
    made = Emulator.sample("contoso", seed=1, people=120)
    made.tenants["federal"].allow_cross_cloud_synchronization_from("global")
    return made


class Forge(HTTPServer):
    """The parts of GitHub, GitLab and Azure DevOps that keep comments, and GitHub's tokens for a job."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.comments: list[dict[str, JSON]] = [{"id": 1, "body": "looks good", "by": "stranger"}]
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_port}"


class _Answers(BaseHTTPRequestHandler):
    server: Forge

    def _answer(self, body: JSON) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _body(self) -> JSON:
        self.server.asked.append(f"{self.command} {self.path.partition('?')[0]}")
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def do_GET(self) -> None:
        if self.path.startswith("/token"):
            self._answer({"value": f"token for {self.path.partition('audience=')[2]}"})
        elif "/threads" in self.path:
            threads = [
                {
                    "id": each["id"],
                    "comments": [{"id": 1, "content": each["body"], "author": {"id": each["by"]}}, {"id": 2}],
                }
                for each in self.server.comments
            ]
            self._answer({"value": threads})
        elif self.path.endswith("/user"):
            self._answer({"username": "job"})
        elif self.path.endswith("/connectionData?api-version=7.1-preview"):
            self._answer({"authenticatedUser": {"id": "job"}})
        else:
            comments = [
                {
                    "id": each["id"],
                    "body": each["body"],
                    "user": {"login": each["by"]},
                    "author": {"username": each["by"]},
                }
                for each in self.server.comments
            ]
            self._answer(comments if self.path.endswith("page=1") else [])

    def do_POST(self) -> None:
        body = self._body()
        if "query" in body:
            return self._answer({"data": {"viewer": {"login": "job"}}})
        text = body["comments"][0]["content"] if "comments" in body else body["body"]
        self.server.comments.append({"id": len(self.server.comments) + 1, "body": text, "by": "job"})
        return self._answer(self.server.comments[-1])

    def do_PATCH(self) -> None:
        body = self._body()
        match = re.search(r"/(?:comments|notes|threads)/(\d+)", self.path)
        assert match is not None
        self.server.comments[int(match[1]) - 1]["body"] = body.get("body", body.get("content"))
        self._answer({})

    do_PUT = do_PATCH

    def log_message(self, format: str, *arguments: JSON) -> None:
        """Silence."""


@pytest.fixture
def forge() -> Iterator[Forge]:
    """Where the pull request is."""
    server = Forge()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


def steps() -> dict[str, str]:
    """The shell commands of the workflow's steps, by name."""
    job = yaml.safe_load(WORKFLOW.read_text())["jobs"]["impact"]
    return {step["name"]: step["run"] for step in job["steps"] if "run" in step}


def run(step: str, directory: Path, environment: dict[str, str]) -> tuple[int, str]:
    """Runs a step as the runner does; returns its code and output."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    finished = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", steps()[step]],
        cwd=directory,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return finished.returncode, finished.stdout + finished.stderr


def permissions(stack: Stack) -> dict[str, set[str]]:
    """The application permissions that the command on the page lists for a pull request, by tenant."""
    command = [Path(sys.executable).with_name("entra-sync"), "permissions", "--for", "pull-request", "--json"]
    finished = subprocess.run(
        [*command, "--program", stack.workspace.project, "--stack", stack.workspace.stack],
        env={**os.environ, **stack.workspace.settings(), **stack.workspace.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == finished.returncode, finished.stderr
    return {each["tenant"]: set(each["permissions"]["pull-request"]) for each in json.loads(finished.stdout)}


def test_workflow_comments_once_and_says_no(stack: Stack, forge: Forge, tmp_path: Path) -> None:
    """With reading permissions only: counts, refusal and policies in one comment, which the second run replaces."""
    stack.configure(groups=stack.groups("Engineering", "Support"))
    stack.made()
    stack.emulator.run_cycle()
    support = stack.groups("Support")
    shutil.copy(stack.workspace.config_file, stack.workspace.project)
    for tenant, names in permissions(stack).items():
        leave_only(stack, tenant, names)
    environment = {
        **stack.workspace.settings(),
        **stack.workspace.environment,
        "PROGRAM": str(stack.workspace.project),
        "STACK": stack.workspace.stack,
        "POLICY_PACK": str(Path(__file__).parents[3] / "policies"),
        "POLICY_CONFIG": "",
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_API_URL": forge.url,
        "GITHUB_REPOSITORY": "contoso/identity",
        "GITHUB_TOKEN": "secret-of-the-job",
        "PULL_REQUEST": "7",
    }
    start = len(stack.emulator.requests)
    quiet = commented(forge, tmp_path, environment)

    assert "code=0" == (tmp_path / "output").read_text().strip()
    assert "**contoso → federal**: 0 users lose access" in quiet
    assert re.search(r"\*\*Policies\*\*: \d\d passed, 1 advisory failed", quiet)
    assert "Graph calls that up will send (0)" in quiet

    stack.configure(groups=support, allow=["removed"])
    shutil.copy(stack.workspace.config_file, stack.workspace.project)
    allowed = commented(forge, tmp_path, environment)

    assert re.search(r"Graph calls that up will send \([1-9]", allowed)
    assert "1 mandatory failed (`people-removed-within-limits`)" in allowed
    assert "Error" not in allowed

    stack.configure(groups=support)
    shutil.copy(stack.workspace.config_file, stack.workspace.project)
    loud = commented(forge, tmp_path, environment)

    assert 2 == len(forge.comments)
    assert ["code=0", "code=3", "code=3"] == (tmp_path / "output").read_text().splitlines()
    assert re.search(r"\*\*Refused\*\*: \d+ of \d+ users would be removed from federal", loud)
    assert "no longer in scope: was member of Engineering" in loud
    assert "entra:LinkImpact resource 'contoso-to-federal-impact': limits: " in loud
    assert len(loud) < 65_536
    assert "secret-of-the-job" not in loud
    assert [] == stack.emulator.requests.calls(start)


def commented(forge: Forge, directory: Path, environment: dict[str, str]) -> str:
    """The comment after one run of the workflow."""
    for step in ("Preview, policies, impact", "Comment"):
        code, output = run(step, directory, environment)
        assert 0 == code, output
        assert "secret-of-the-job" not in output
    return str(forge.comments[1]["body"])


JOBS = {
    "GitHub Actions": {
        "GITHUB_API_URL": "{url}",
        "GITHUB_REPOSITORY": "contoso/identity",
        "GITHUB_TOKEN": "t",
        "PULL_REQUEST": "7",
    },
    "Azure Pipelines": {
        "SYSTEM_COLLECTIONURI": "{url}/contoso/",
        "SYSTEM_TEAMPROJECTID": "identity",
        "BUILD_REPOSITORY_ID": "3c81",
        "SYSTEM_PULLREQUEST_PULLREQUESTID": "7",
        "SYSTEM_ACCESSTOKEN": "t",
    },
    "GitLab CI": {
        "CI_API_V4_URL": "{url}/api/v4",
        "CI_PROJECT_ID": "12",
        "CI_MERGE_REQUEST_IID": "7",
        "GITLAB_TOKEN": "t",
    },
}


@pytest.mark.parametrize("job", JOBS)
def test_comment_is_replaced_on_other_services_too(job: str, forge: Forge, tmp_path: Path) -> None:
    """Each has its own way of listing and changing comments; another stack's comment stays."""
    environment = {name: value.format(url=forge.url) for name, value in JOBS[job].items()}
    file = tmp_path / "comment.md"
    for text in ("<!-- entra-sync: a -->\nfirst", "<!-- entra-sync: b -->\nother", "<!-- entra-sync: a -->\nsecond"):
        file.write_text(text)
        ended = subprocess.run(
            [Path(sys.executable).with_name("entra-sync"), "post-comment", str(file)],
            env={"PATH": os.environ["PATH"], **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert 0 == ended.returncode, ended.stderr

    assert ["looks good", "second", "other"] == [each["body"].splitlines()[-1] for each in forge.comments]


@pytest.mark.parametrize("job", JOBS)
def test_a_comment_of_another_author_is_never_replaced(job: str, forge: Forge, tmp_path: Path) -> None:
    """Anyone can begin a comment with the marker; its author could change the report afterwards."""
    forged = {"id": 1, "body": "<!-- entra-sync: a -->\nno user loses access", "by": "stranger"}
    forge.comments = [dict(forged)]
    (tmp_path / "comment.md").write_text("<!-- entra-sync: a -->\n6 users lose access")
    ended = subprocess.run(
        [Path(sys.executable).with_name("entra-sync"), "post-comment", str(tmp_path / "comment.md")],
        env={**os.environ, **{name: value.format(url=forge.url) for name, value in JOBS[job].items()}},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (ended.returncode, ended.stderr)
    assert [forged, {"id": 2, "body": "<!-- entra-sync: a -->\n6 users lose access", "by": "job"}] == forge.comments


@pytest.mark.parametrize("command", ["comment", "impact"])
def test_a_directory_that_is_no_program(command: str, tmp_path: Path) -> None:
    """It is said before the engine is asked."""
    ended = subprocess.run(
        [Path(sys.executable).with_name("entra-sync"), command, "--program", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert 2 == ended.returncode
    expected = f"error: {tmp_path} is not a Pulumi program: no Pulumi.yaml in it or its parent directories\n"
    assert expected == ended.stderr


@pytest.mark.parametrize("text", ["", "\nlooks", "looks"])
def test_file_without_a_marker_replaces_no_comment(text: str, forge: Forge, tmp_path: Path) -> None:
    """An empty first line is how every comment begins."""
    (tmp_path / "comment.md").write_text(text)
    environment = {name: value.format(url=forge.url) for name, value in JOBS["GitLab CI"].items()}
    ended = subprocess.run(
        [Path(sys.executable).with_name("entra-sync"), "post-comment", str(tmp_path / "comment.md")],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 2 == ended.returncode
    assert "its first line is not a marker" in ended.stderr
    assert [{"id": 1, "body": "looks good", "by": "stranger"}] == forge.comments


def test_failed_run_leaves_no_comment(forge: Forge, tmp_path: Path) -> None:
    """Neither a file of an earlier run nor one of the pull request itself is posted as the answer."""
    checkout, temporary = tmp_path / "checkout", tmp_path / "temporary"
    for place in (checkout, temporary):
        place.mkdir()
        (place / "comment.md").write_text("0 users lose access")
    environment = {
        "PROGRAM": str(checkout),
        "STACK": "dev",
        "POLICY_PACK": "",
        "POLICY_CONFIG": "",
        "RUNNER_TEMP": str(temporary),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_API_URL": forge.url,
        "GITHUB_REPOSITORY": "contoso/identity",
        "GITHUB_TOKEN": "secret-of-the-job",
        "PULL_REQUEST": "7",
    }
    codes = [run(step, checkout, environment)[0] for step in ("Preview, policies, impact", "Comment")]

    assert [0, 0] == codes
    assert "code=2\n" == (tmp_path / "output").read_text()
    assert 1 == len(forge.comments)


def test_each_stack_of_each_program_has_a_comment_of_its_own() -> None:
    """Two programs of a repository usually have stacks of the same names."""
    markers = {marker(Path(program), stack) for program in ("hub", "teams/hub") for stack in ("dev", "dev2", None)}

    assert 6 == len(markers)
    assert [] == [one for one in markers for other in markers if one != other and one.startswith(other)]


@pytest.mark.parametrize("token", ["secret\n", "secret\u2013token", "secret\x00"])
def test_token_that_no_header_can_have_is_not_shown(token: str) -> None:
    """A line end behind a token is easily copied with it; the message names the cause without the token."""
    with pytest.raises(ConfigurationError, match="the token for Authorization has a line end") as refused:
        ask("GET", "http://127.0.0.1:9/comments", {"Authorization": f"Bearer {token}"})

    assert "secret" not in str(refused.value)


def test_outside_of_a_job_nothing_is_posted(tmp_path: Path) -> None:
    """It says where the command runs."""
    (tmp_path / "comment.md").write_text("<!-- entra-sync: a -->\ntext")
    ended = subprocess.run(
        [Path(sys.executable).with_name("entra-sync"), "post-comment", str(tmp_path / "comment.md")],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 2 == ended.returncode
    assert "no pull request is known here" in ended.stderr


def test_federation_leaves_the_tokens_to_their_owner(forge: Forge, tmp_path: Path) -> None:
    """One token for each cloud, in files that only their owner can read; no token is in the output."""
    contoso, hub = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
    environment = {
        "TENANTS": f"contoso={contoso} hub-west={hub}@usgov",
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{forge.url}/token?x=1",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t",
        "GITHUB_ENV": str(tmp_path / "env"),
        "RUNNER_TEMP": str(tmp_path),
    }
    code, output = run("Sign in by federation", tmp_path, environment)
    assert 0 == code, output
    found = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines())
    tokens = [Path(found[f"ENTRA_{name}_FEDERATED_TOKEN_FILE"]) for name in ("CONTOSO", "HUB_WEST")]

    assert contoso == found["ENTRA_CONTOSO_CLIENT_ID"]
    assert ["token for api%3A%2F%2FAzureADTokenExchange", "token for api%3A%2F%2FAzureADTokenExchangeUSGov"] == [
        token.read_text() for token in tokens
    ]
    assert {0o600} == {token.stat().st_mode & 0o777 for token in tokens}
    assert "token for" not in output


@pytest.mark.parametrize("tenant", ["contoso", "contoso=abc", "=11111111-1111-1111-1111-111111111111", "c@usgov"])
def test_what_is_no_tenant_is_said(tenant: str, tmp_path: Path) -> None:
    """Before any token is asked for."""
    code, output = run("Sign in by federation", tmp_path, {"TENANTS": tenant, "GITHUB_ENV": str(tmp_path / "env")})

    assert 2 == code
    assert f'"{tenant}" is not a tenant: write name=client id' in output
