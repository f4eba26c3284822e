"""SDKs for TypeScript, Go, Java and Python: Pulumi's own generators make them from the provider, and programs run.

An engine that is built from Go modules has no generator of SDKs, and a language host for Python only, so ``sdks`` is a
small host. To build it, Pulumi's host for Java and its SDK for Go takes minutes the first time: `make contract` runs
this.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract import programs
from tests.programs.conftest import Stack, emulator, stack
from tests.programs.packaged.forms import listed, named, planned_in_python

__all__ = ["emulator", "stack"]

PROGRAMS = Path(__file__).parent / "sdks" / "programs"
SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "schema.json"
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


def in_java(program: Path, sdk: Path) -> None:
    """The compiler takes the program and the whole SDK, copied where `pulumi package add` says."""
    shutil.copytree(sdk / "src", program / "src", dirs_exist_ok=True)
    run(program, "mvn", "--batch-mode", "--quiet", "--no-transfer-progress", "compile")


def in_python(program: Path, sdk: Path) -> None:
    """Python compiles all of the SDK, and mypy takes the program under strict rules, with the generated types."""
    install = [str(BIN / "uv"), "pip", "install", "--no-deps", "--python", sys.executable, "--target", str(program)]
    run(program, *install, "--require-hashes", "-r", "requirements.txt")
    run(program, *install, str(sdk))
    run(program, sys.executable, "-m", "compileall", "-q", "pulumi_entra")
    run(program, sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "__main__.py")


LANGUAGES: dict[str, Callable[[Path, Path], None]] = {
    "nodejs": in_typescript,
    "go": in_go,
    "java": in_java,
    "python": in_python,
}


def generated(language: str, directory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The SDK for a language; for Java the form that has no build of its own."""
    provider, out = str(BIN / "pulumi-resource-entra"), directory / "out"
    form = ["--local"] if language == "java" else []
    with monkeypatch.context() as patch:
        patch.setenv("PATH", os.pathsep.join([str(programs.language_host(language)), str(BIN), os.environ["PATH"]]))
        patch.setenv("PULUMI_HOME", str(directory / "home"))
        command = [str(BIN / "pulumi"), "package", "gen-sdk", provider, "--language", language, "--out", str(out)]
        run(directory, *command, *form)
    return out / language


@pytest.fixture(params=LANGUAGES)
def project(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program in a language, compiled against the SDK that is generated for it."""
    language = request.param
    sdk = generated(language, tmp_path, monkeypatch)
    monkeypatch.setenv("GOFLAGS", "-mod=mod")
    made = Path(shutil.copytree(PROGRAMS / language, tmp_path / "project"))
    LANGUAGES[language](made, sdk)
    runtime: dict[str, Any] = {"name": language}
    if language == "python":  # it runs in the engine's own host
        runtime["options"] = {"virtualenv": sys.prefix}
    else:
        monkeypatch.setenv("PATH", f"{programs.language_host(language)}{os.pathsep}{os.environ['PATH']}")
    settings = {
        "name": "quickstart",
        "runtime": runtime,
        "plugins": {"providers": [{"name": "entra", "path": str(BIN)}]},
    }
    (made / "Pulumi.yaml").write_text(yaml.safe_dump(settings))
    return made


def test_a_program_in_another_language_is_the_same_link_as_in_python(stack: Stack, tmp_path: Path) -> None:
    """It compiles, preview lists the calls of the dynamic form, up sends them, and nothing is left to do then."""
    stack.configure(**named(stack), groups=stack.groups("Engineering", "Support"))

    assert listed(planned_in_python(stack, tmp_path)) == listed(stack.workspace.planned())
    stack.up()
    assert "14 unchanged" in stack.workspace.up().output
    stack.destroy()


NAMES = """
import json
import pulumi
import pulumi_entra
from pulumi._types import input_type_py_to_pulumi_names, resource_py_to_pulumi_names
found = {}
for name, each in vars(pulumi_entra).items():
    if name + "Args" in vars(pulumi_entra) and issubclass(each, pulumi.Resource) and name != "Provider":
        inputs = input_type_py_to_pulumi_names(getattr(pulumi_entra, name + "Args"))
        outputs = resource_py_to_pulumi_names(each)
        found[name] = [sorted(inputs.values()), sorted(outputs.values())]
print(json.dumps(found))
"""


def test_an_sdk_for_python_has_every_resource_and_property(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the names of the schema."""
    sdk = generated("python", tmp_path, monkeypatch)
    program = Path(shutil.copytree(PROGRAMS / "python", tmp_path / "project"))
    in_python(program, sdk)

    schema = json.loads(SCHEMA.read_text())
    expected = {
        name.rpartition(":")[2]: [sorted(each["inputProperties"]), sorted(each["properties"])]
        for name, each in schema["resources"].items()
    }
    assert expected == json.loads(run(program, sys.executable, "-c", NAMES))
