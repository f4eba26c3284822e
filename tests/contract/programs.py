"""Programs in other languages and the libraries that their lock files name, installed outside the checkout."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

__all__ = ["Unavailable", "azure_cli", "go", "javascript", "language_host", "node_packages", "run"]

JSON = Any

JAVA_HOST = "github.com/pulumi/pulumi-java/pkg@v1.22.0"
"""The newest module of it that the proxy for Go modules serves."""

_HERE = Path(__file__).parent
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "entra-sync" / "contract"


class Unavailable(RuntimeError):
    """The libraries of a language cannot be had: its registry does not answer, and no earlier run has kept them."""


def javascript(work: Path) -> list[str]:
    """Command of the JavaScript program; *work* is a directory of this run."""
    source = _HERE / "js"
    locks = [source / "package.json", source / "package-lock.json"]

    def install(folder: Path) -> None:
        for lock in locks:
            shutil.copy(lock, folder)
        _fetch(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)

    installed = _prepared("js", locks, _output(["node", "--version"]), install)
    shutil.copy(source / "contract.mjs", work)
    (work / "node_modules").symlink_to(installed / "node_modules")
    return ["node", str(work / "contract.mjs")]


def go(work: Path) -> list[str]:
    """Command of the Go program."""
    source = _HERE / "go"
    files = sorted(path for path in source.iterdir() if path.suffix in {".go", ".mod", ".sum"})

    def build(folder: Path) -> None:
        _fetch(["go", "mod", "download"], source)
        _call(["go", "build", "-mod=readonly", "-trimpath", "-o", str(folder / "contract"), "."], source)

    return [str(_prepared("go", files, _output(["go", "env", "GOVERSION"]), build) / "contract")]


def azure_cli() -> list[str]:
    """Command that runs commands of Azure CLI."""
    source = _HERE / "azure_cli"
    requirements = source / "requirements.txt"

    def install(folder: Path) -> None:
        uv, python = Path(sys.executable).with_name("uv"), folder / "bin" / "python"
        _call([str(uv), "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(folder)], source)
        options = ["--quiet", "--no-deps", "--require-hashes", "--python", str(python)]
        _fetch([str(uv), "pip", "install", *options, "-r", str(requirements)], source)

    installed = _prepared("azure-cli", [requirements], sys.version, install)
    return [str(installed / "bin" / "python"), str(source / "answers.py")]


def language_host(language: str) -> Path:
    """The directory of the language host of Pulumi for a language: one program under three names, except for Java.

    Each is in a directory of its own, because a program in Python runs in the engine's host.
    """
    if language == "java":
        return _java_host()
    source = _HERE / "sdks"
    files = sorted(path for path in source.iterdir() if path.suffix in {".go", ".mod", ".sum"})

    def build(folder: Path) -> None:
        _fetch(["go", "mod", "download"], source)
        host = folder / "host"
        _call(["go", "build", "-mod=readonly", "-trimpath", "-o", str(host), "."], source)
        for each in ("go", "nodejs", "python"):
            (folder / each).mkdir()
            (folder / each / f"pulumi-language-{each}").hardlink_to(host)

    return _prepared("sdks", files, _output(["go", "env", "GOVERSION"]), build) / language


def _java_host() -> Path:
    def build(folder: Path) -> None:
        _fetch(["go", "mod", "download", JAVA_HOST], _HERE)
        module = Path(_output(["go", "env", "GOMODCACHE"]).strip()) / JAVA_HOST
        command = ["go", "build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-o", str(folder)]
        _call([*command, "./cmd/pulumi-language-java"], module, {**os.environ, "CGO_ENABLED": "0"})

    return _prepared("java", [], JAVA_HOST + _output(["go", "env", "GOVERSION"]), build)


def node_packages() -> Path:
    """The directory ``node_modules`` of a Pulumi program in TypeScript."""
    wanted = _HERE / "sdks" / "programs" / "nodejs" / "package.json"

    def install(folder: Path) -> None:
        shutil.copy(wanted, folder)
        _fetch(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"], folder)

    return _prepared("sdks-js", [wanted], _output(["node", "--version"]), install) / "node_modules"


def run(command: list[str], environment: Mapping[str, str], ca_file: Path) -> JSON:
    """What a program prints, with *ca_file* as what it trusts.

    Raises:
        RuntimeError: the program failed; the message has the end of what it said.
    """
    trust = {"NODE_EXTRA_CA_CERTS": str(ca_file), "SSL_CERT_FILE": str(ca_file), "NO_PROXY": "localhost"}
    return json.loads(_call(command, Path.cwd(), {**os.environ, **environment, **trust}))


def _prepared(name: str, inputs: list[Path], version: str, make: Callable[[Path], None]) -> Path:
    """The directory that *make* fills from these inputs, filled once and by one run at a time."""
    content = b"\0".join([version.encode(), *(path.read_bytes() for path in inputs)])
    folder = _CACHE / f"{name}-{hashlib.sha256(content).hexdigest()[:16]}"
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=_CACHE, prefix=f"{name}-") as directory:
                made = Path(directory) / "made"
                made.mkdir()
                make(made)
                made.rename(folder)
    return folder


def _fetch(command: list[str], directory: Path) -> None:
    try:
        _call(command, directory)
    except RuntimeError as failed:
        raise Unavailable(str(failed)) from None


def _output(command: list[str]) -> str:
    return _call(command, _HERE)


def _call(command: list[str], directory: Path, environment: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, timeout=900)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout
