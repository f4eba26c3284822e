"""`pulumi package add` takes the packaged provider from its source, by provider/PulumiPlugin.yaml.

A colleague's `pulumi install` after `git clone` then does the same; with an installed provider it is in
`tests/release/test_package.py`. Pulumi makes a virtual environment and installs the provider with its requirements
there: `make contract` runs this.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from entra_sync.cli.project.workspace import Workspace
from tests.contract.git_server import Served, served
from tests.programs.conftest import Stack, emulator, stack
from tests.programs.packaged.forms import named, use_yaml_host, yaml_host

__all__ = ["emulator", "stack"]

ROOT = Path(__file__).parents[2]
PARTS = ("provider", "policies", "programs", "pyproject.toml", "README.md", "LICENSE")
ENGINE = (Path(sys.executable).parent / "pulumi").resolve()

pytestmark = pytest.mark.skipif(os.environ.get("ENTRA_CONTRACT") != "all", reason="installs the provider")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A checkout: its tracked files, as they stand here."""
    tracked = subprocess.run(["git", "ls-files", *PARTS], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in tracked.splitlines():
        copy = tmp_path / "source" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy, follow_symlinks=False)
    return tmp_path / "source"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program in YAML, which does not say where the provider is."""
    use_yaml_host(monkeypatch)
    return Path(shutil.copytree(ROOT / "programs" / "quickstart_yaml", tmp_path / "project"))


@pytest.fixture
def workspace(stack: Stack) -> Workspace:
    """The stack for a user who has Python and the engine on PATH, and no provider."""
    stack.configure(**named(stack), groups=stack.groups("Engineering", "Support"))
    path = os.pathsep.join([str(ENGINE.parent), str(yaml_host()), f"{sys.base_prefix}/bin", "/usr/bin", "/bin"])
    return replace(stack.workspace, environment={**stack.workspace.environment, "PATH": path})


def cloned(workspace: Workspace, directory: Path) -> Workspace:
    """The stack for a colleague who has cloned its program and ran `pulumi install`."""
    git(workspace.project, "init", "--quiet")
    (workspace.project / ".gitignore").write_text("sdks/\n")
    git(workspace.project, "add", "--all")
    git(workspace.project, "commit", "--quiet", "--message", "Link")
    git(directory, "clone", "--quiet", str(workspace.project), "clone")
    environment = {**workspace.environment, "PULUMI_HOME": str(directory / "colleague")}
    colleague = replace(workspace, project=directory / "clone", environment=environment)
    installed = colleague.without_stack("install")
    assert 0 == installed.code, installed.output
    return colleague


def kinds(workspace: Workspace) -> set[str]:
    """What a preview creates."""
    return {step.kind for step in workspace.planned()}


def test_a_package_is_added_from_a_checkout(workspace: Workspace, source: Path, tmp_path: Path) -> None:
    """A preview is then served by the provider in that checkout, which Pulumi.yaml names, also for a colleague."""
    added = workspace.without_stack("package", "add", str(source / "provider"))
    assert 0 == added.code, added.output
    settings = yaml.safe_load((workspace.project / "Pulumi.yaml").read_text())
    assert {"entra": str(source / "provider")} == settings["packages"]

    assert "SynchronizationJob" in kinds(workspace)
    shutil.rmtree(source / "provider" / ".venv")
    assert "SynchronizationJob" in kinds(cloned(workspace, tmp_path))


def git(directory: Path, *arguments: str) -> str:
    """What a command of Git prints."""
    author = ("-c", "user.name=Test", "-c", "user.email=test@localhost")
    command = ["git", *author, *arguments]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def repository(source: Path, tmp_path: Path) -> Iterator[Served]:
    """The checkout as a repository with one commit, at an https address."""
    git(source, "init", "--quiet", "--initial-branch", "main")
    git(source, "add", "--all")
    git(source, "commit", "--quiet", "--message", "Packaged provider")
    git(tmp_path, "clone", "--quiet", "--bare", str(source), "served/owner/pulumi-entra-sync.git")
    with served(tmp_path / "served", "owner/pulumi-entra-sync.git") as found:
        yield found


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may serve https at its own port")
def test_a_package_is_added_from_a_git_address(
    workspace: Workspace, source: Path, repository: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine installs the provider of the newest commit, and it serves a preview, also for a colleague."""
    commit = git(source, "rev-parse", "HEAD")
    monkeypatch.setenv("SSL_CERT_FILE", str(repository.authorities))
    added = workspace.without_stack("package", "add", f"{repository.url}/provider")
    assert 0 == added.code, added.output
    settings = yaml.safe_load((workspace.project / "Pulumi.yaml").read_text())
    assert commit in str(settings["packages"]["entra"]), settings

    assert "SynchronizationJob" in kinds(workspace)
    assert "SynchronizationJob" in kinds(cloned(workspace, tmp_path))
