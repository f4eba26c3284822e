"""The SDK for TypeScript: Pulumi's own generator makes it from the provider, and the compiler takes it.

An engine that is built from Go modules has no language host for this language, so ``sdks`` is a small one. To build it
takes minutes the first time: `make contract` runs this.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCES = Path(__file__).parent / "sdks"
BIN = Path(sys.executable).parent

pytestmark = pytest.mark.skipif(os.environ.get("ENTRA_CONTRACT") != "all", reason="builds language hosts")


def run(directory: Path, *command: str, **variables: str) -> None:
    """Runs a tool; what it prints is shown if it fails."""
    environment = {**os.environ, **variables}
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr


@pytest.fixture
def sdk(tmp_path: Path) -> Path:
    """The generated SDK."""
    hosts = tmp_path / "hosts"
    go = {"GOWORK": "off", "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly -buildvcs=false"}
    run(SOURCES, "go", "build", "-o", str(hosts / "pulumi-language-nodejs"), ".", **go)
    provider, out = str(BIN / "pulumi-resource-entra"), str(tmp_path / "out")
    generate = ("package", "gen-sdk", provider, "--language", "nodejs", "--out", out)
    path = os.pathsep.join([str(hosts), str(BIN), os.environ["PATH"]])
    run(tmp_path, str(BIN / "pulumi"), *generate, PATH=path, PULUMI_HOME=str(tmp_path / "home"))
    return tmp_path / "out" / "nodejs"


def test_a_link_in_typescript_type_checks(sdk: Path, tmp_path: Path) -> None:
    """Under strict rules, with the generated types."""
    program = tmp_path / "program"
    program.mkdir()
    sdk.rename(program / "entra")
    shutil.copy(SOURCES / "quickstart.ts", program / "index.ts")
    options = {"strict": True, "noEmit": True, "target": "es2020", "module": "commonjs", "moduleResolution": "node"}
    options |= {"types": ["node"], "skipLibCheck": True}
    settings = {"compilerOptions": options, "files": ["index.ts"]}
    (program / "tsconfig.json").write_text(json.dumps(settings))
    (program / "package.json").write_text("{}")
    packages = ("typescript@5", "@types/node@20", "@pulumi/pulumi@3.259.0")
    run(program, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *packages)
    run(program, "node", "node_modules/typescript/bin/tsc", "-p", ".")
