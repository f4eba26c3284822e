"""SDKs for TypeScript and Go: Pulumi's own generators make them from the provider, and a program of each runs.

An engine that is built from Go modules has no language host for these languages, so ``sdks`` is a small one. To build
it, and Pulumi's SDK for Go, takes minutes the first time: `make contract` runs this.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.contract import programs
from tests.programs.conftest import Stack, emulator, stack
from tests.programs.packaged.forms import listed, named, planned_in_python

__all__ = ["emulator", "stack"]

PROGRAMS = Path(__file__).parent / "sdks" / "programs"
BIN = Path(sys.executable).parent
GO_SDK = "github.com/pulumi-entra-sync/sdk/go"

pytestmark = pytest.mark.skipif(os.environ.get("ENTRA_CONTRACT") != "all", reason="builds language hosts")


def run(directory: Path, *command: str) -> str:
    """What a tool prints; it is shown if the tool fails."""
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def in_typescript(program: Path, sdk: Path) -> None:
    """The compiler takes the program under strict rules, with the generated types."""
    sdk.rename(program / "entra")
    (program / "node_modules").symlink_to(programs.node_packages())
    run(program, "node", "node_modules/typescript/bin/tsc", "-p", ".")


def in_go(program: Path, sdk: Path) -> None:
    """The compiler takes the program and the whole SDK."""
    run(program, "go", "mod", "edit", f"-require={GO_SDK}@v0.0.0", f"-replace={GO_SDK}={sdk}")
    run(program, "go", "build", "-o", os.devnull, ".", f"{GO_SDK}/...")


LANGUAGES: dict[str, Callable[[Path, Path], None]] = {"nodejs": in_typescript, "go": in_go}


@pytest.fixture(params=LANGUAGES)
def project(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program in a language, compiled against the SDK that is generated for it."""
    path = os.pathsep.join([str(programs.language_hosts()), str(BIN), os.environ["PATH"]])
    for name, value in {"PATH": path, "PULUMI_HOME": str(tmp_path / "home"), "GOFLAGS": "-mod=mod"}.items():
        monkeypatch.setenv(name, value)
    provider, language, out = str(BIN / "pulumi-resource-entra"), request.param, str(tmp_path / "out")
    run(tmp_path, str(BIN / "pulumi"), "package", "gen-sdk", provider, "--language", language, "--out", out)
    made = Path(shutil.copytree(PROGRAMS / language, tmp_path / "project"))
    LANGUAGES[language](made, tmp_path / "out" / language)
    settings = {
        "name": "quickstart",
        "runtime": language,
        "plugins": {"providers": [{"name": "entra", "path": str(BIN)}]},
    }
    (made / "Pulumi.yaml").write_text(yaml.safe_dump(settings))
    return made


def test_a_program_in_another_language_is_the_same_link_as_in_python(stack: Stack, tmp_path: Path) -> None:
    """It compiles, preview lists the calls that it lists in Python, up sends them, and nothing is left to do then."""
    stack.configure(**named(stack), groups=stack.groups("Engineering", "Support"))

    assert listed(planned_in_python(stack, tmp_path)) == listed(stack.workspace.planned())
    stack.up()
    assert "14 unchanged" in stack.workspace.up().output
    stack.destroy()
