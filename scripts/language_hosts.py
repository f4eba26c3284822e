"""Finds the language host for YAML programs, or gets it: beside `pulumi`, on PATH, else built from its Go module.

    python scripts/language_hosts.py

prints its directory. An official `pulumi` comes with it; the one that engine.py builds does not. What is built is kept
in the cache of engine.py.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import engine

HOST = "pulumi-language-yaml"
MODULE = "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"
VERSION = "v1.32.0"


def yaml_host(pulumi: Path) -> Path:
    """The directory of the host for YAML that goes with *pulumi*.

    Raises:
        engine.EngineError: It is not there and cannot be built.
    """
    for place in (pulumi.resolve().parent / HOST, shutil.which(HOST)):
        if place and Path(place).is_file():
            return Path(place).parent
    built = engine.CACHE / f"yaml-{VERSION}-{engine.system_name()}"
    if not built.is_dir():
        with engine.lock_cache():
            if not built.is_dir():
                build(built)
    return built


def build(target: Path) -> None:
    """Builds the host into *target*, which appears complete or not at all."""
    engine.say(f"building {HOST} {VERSION} from Go modules, once; takes some minutes")
    try:
        with engine.complete_or_absent(target) as directory:
            environment = {**os.environ, "CGO_ENABLED": "0", "GOBIN": str(directory), "GOFLAGS": "-buildvcs=false"}
            command = [engine.find_go(directory), "install", f"{MODULE}@{VERSION}"]
            finished = engine.finish(command, directory, environment)
            if finished.returncode:
                raise engine.EngineError(f"`go install {MODULE}@{VERSION}` failed: {finished.stderr.strip()[-500:]}")
    except engine.Unavailable as error:
        raise engine.EngineError(f"{HOST} is not on PATH, and cannot be built: {error}") from None


if __name__ == "__main__":
    try:
        print(yaml_host(engine.find_or_make() / "pulumi"))
    except engine.EngineError as error:
        sys.exit(f"engine: {error}")
