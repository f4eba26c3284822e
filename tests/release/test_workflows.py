"""Rules for the workflows: what runs is pinned, what a job may do is listed here, and forks get nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

JSON = Any
ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
LOCKS = ["requirements.lock", "scripts/tools.lock.txt", "scripts/uv.lock.txt"]

PINNED = re.compile(r"(\./|[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$)")
"""A file of this repository, or a commit and the version that it is."""

FOREIGN = {"pull_request_target", "workflow_run", "issue_comment", "issues", "discussion"}
"""Triggers that run with this repository's secrets on something that anyone may send."""

WRITING: dict[str, dict[str, dict[str, str]]] = {
    "impact": {"": {"id-token": "write", "pull-requests": "write"}},
    "release": {
        "attest": {"id-token": "write", "attestations": "write"},
        "pypi": {"id-token": "write"},
        "image": {"packages": "write"},
        "page": {"contents": "write"},
    },
}
"""What each job may write; the empty name is the whole workflow."""

PROGRAM_OF_THE_CALLER = {
    'pip install --quiet "$PACKAGE"',
    'if [ -f "$PROGRAM/requirements.txt" ]; then pip install --quiet -r "$PROGRAM/requirements.txt"; fi',
}
"""What the reusable workflow installs: the calling repository chooses it."""


def broken(text: str) -> Iterator[str]:
    """The rules that a workflow breaks."""
    workflow = yaml.safe_load(text)
    name, triggers = workflow["name"], workflow[True]  # YAML 1.1 reads the key "on" as true
    for action in re.findall(r"^\s*(?:- )?uses: (.+)$", text, re.MULTILINE):
        if not PINNED.match(action):
            yield f"not pinned: {action}"
    if FOREIGN & set(triggers):
        yield "runs for strangers"
    if "secrets." in text and set(triggers) != {"workflow_call"}:
        yield "uses a secret"
    yield from _rights(name, "", workflow.get("permissions", "not restricted"))
    for job, body in workflow["jobs"].items():
        if "permissions" in body:
            yield from _rights(name, job, body["permissions"])
        yield from _of_job(job, body)


def _rights(workflow: str, job: str, permissions: JSON) -> Iterator[str]:
    if not isinstance(permissions, dict):
        yield f"{job}: permissions: {permissions}"
        return
    writes = {scope: right for scope, right in permissions.items() if right != "read"}
    if writes != WRITING.get(workflow, {}).get(job, {}):
        yield f"{job}: may {writes}"


def _of_job(job: str, body: JSON) -> Iterator[str]:
    if "steps" in body and "timeout-minutes" not in body:
        yield f"{job}: has no time limit"
    for step in body.get("steps", ()):
        if step.get("uses", "").startswith("actions/checkout@") and step["with"]["persist-credentials"] is not False:
            yield f"{job}: leaves the token in the checkout"
        if step.get("continue-on-error"):
            yield f"{job}: a step may fail"
        for line in map(str.strip, step.get("run", "").splitlines()):
            if "${{" in line:
                yield f"{job}: an expression is part of a command: {line}"
            if re.search(r"\|\| *true|\b(uvx|npx|pipx)\b|npm (i|install)\b|(curl|wget)\b.*\|", line):
                yield f"{job}: runs what is not pinned, or hides a failure: {line}"
            if re.search(r"\bpip install\b", line) and not (
                "--require-hashes" in line or "--constraint requirements.lock" in line or line in PROGRAM_OF_THE_CALLER
            ):
                yield f"{job}: installs without hashes: {line}"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_keeps_the_rules(path: Path) -> None:
    assert [] == list(broken(path.read_text()))


CHECKOUT = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (CHECKOUT, "actions/checkout@v4", "not pinned: actions/checkout@v4"),
        (CHECKOUT, CHECKOUT.partition(" ")[0], f"not pinned: {CHECKOUT.partition(' ')[0]}"),
        ("  pull_request:", "  pull_request_target:", "runs for strangers"),
        ("  contents: read", "  contents: write", ": may {'contents': 'write'}"),
        ("permissions:\n  contents: read", "permissions: write-all", ": permissions: write-all"),
        ("permissions:\n  contents: read", "env: {}", ": permissions: not restricted"),
        ("persist-credentials: false", "persist-credentials: true", "test: leaves the token in the checkout"),
        ("    timeout-minutes: 90\n", "", "test: has no time limit"),
        (".ci/run", "echo ${{ github.head_ref }}", "test: an expression is part of a command"),
        (".ci/run", ".ci/run || true", "test: runs what is not pinned, or hides a failure: .ci/run || true"),
        (".ci/run", "uvx ruff", "test: runs what is not pinned, or hides a failure: uvx ruff"),
        (".ci/run", "pip install ruff", "test: installs without hashes: pip install ruff"),
        ("      - run: .ci/run", "      - run: .ci/run\n        continue-on-error: true", "test: a step may fail"),
        (".ci/run", "T=${{ secrets.T }} .ci/run", "uses a secret"),
    ],
)
def test_a_workflow_that_breaks_a_rule_is_noticed(old: str, new: str, problem: str) -> None:
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text()

    assert old in text
    assert [] != [each for each in broken(text.replace(old, new)) if each.startswith(problem)]


def test_pull_requests_of_forks_get_no_credentials() -> None:
    """The job has tokens of tenants, and it runs the program of the pull request."""
    [job] = yaml.safe_load((ROOT / ".github" / "workflows" / "impact.yml").read_text())["jobs"].values()

    assert "github.event.pull_request.head.repo.full_name == github.repository" == job["if"]


def test_the_audit_looks_at_each_locked_package_and_fails_on_a_finding() -> None:
    job = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]["audit"]
    [command] = [line for step in job["steps"] for line in step.get("run", "").splitlines() if "pip-audit -" in line]
    locks = sorted(str(path.relative_to(ROOT)) for path in [*ROOT.glob("*.lock"), *ROOT.glob("scripts/*.lock.txt")])

    assert LOCKS == locks == sorted(re.findall(r"-r (\S+)", command))
    assert {"--strict", "--require-hashes"} <= set(command.split())


@pytest.mark.parametrize("lock", LOCKS)
def test_each_locked_package_has_one_version_and_its_hashes(lock: str) -> None:
    text = (ROOT / lock).read_text().replace("\\\n", " ")
    packages = [line for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]

    assert [] == [line for line in packages if not re.match(r"[\w.-]+==[\w.+!]+ .*--hash=sha256:[0-9a-f]{64}", line)]
