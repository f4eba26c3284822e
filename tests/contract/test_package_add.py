"""`pulumi package add` takes the packaged provider from its source, by provider/PulumiPlugin.yaml.

It makes a virtual environment and installs the provider with its requirements there: `make contract` runs this.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.contract.git_server import Served, served
from tests.programs.conftest import Stack, emulator, stack
from tests.programs.packaged.forms import named, use_yaml_host

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
    """The program in YAML, which does not say where the provider is; nothing else on PATH serves it."""
    use_yaml_host(monkeypatch)
    monkeypatch.setenv("PATH", f"{ENGINE.parent}{os.pathsep}{os.environ['PATH']}")
    return Path(shutil.copytree(ROOT / "programs" / "quickstart_yaml", tmp_path / "project"))


def test_a_package_is_added_from_a_checkout(stack: Stack, source: Path) -> None:
    """A preview is then served by the provider in that checkout, which is named in Pulumi.yaml."""
    added = stack.workspace.without_stack("package", "add", str(source / "provider"))
    assert 0 == added.code, added.output
    settings = yaml.safe_load((stack.workspace.project / "Pulumi.yaml").read_text())
    assert {"entra": str(source / "provider")} == settings["packages"]

    stack.configure(**named(stack), groups=stack.groups("Engineering", "Support"))
    assert "SynchronizationJob" in {step.kind for step in stack.workspace.planned()}
    assert (source / "provider" / ".venv").is_dir()


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
    stack: Stack, source: Path, repository: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine takes the newest commit, installs its provider, and a preview is served by it."""
    commit = git(source, "rev-parse", "HEAD")
    monkeypatch.setenv("SSL_CERT_FILE", str(repository.authorities))
    added = stack.workspace.without_stack("package", "add", f"{repository.url}/provider")
    assert 0 == added.code, added.output
    settings = yaml.safe_load((stack.workspace.project / "Pulumi.yaml").read_text())
    assert commit in str(settings["packages"]["entra"]), settings

    stack.configure(**named(stack), groups=stack.groups("Engineering", "Support"))
    assert "SynchronizationJob" in {step.kind for step in stack.workspace.planned()}
