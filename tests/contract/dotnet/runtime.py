"""A real .NET runtime to ask, in an environment that is cached outside the checkout.

The environment is made once, from the locked requirements beside this file, in
`$XDG_CACHE_HOME/entra-sync/dotnet` (`~/.cache` by default). .NET learns about letters beyond ASCII from the system's
ICU library; without one it runs in its invariant mode, in which only ASCII letters have case.
"""

from __future__ import annotations

import ctypes.util
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.processes import end

__all__ = ["DotNet", "Unavailable", "environment"]

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "entra-sync" / "dotnet"
BATCH = 2000


class Unavailable(Exception):
    """Why there is no .NET runtime."""


def environment() -> Path:
    """Returns the Python of an environment with a .NET runtime; the first call makes it.

    Raises:
        Unavailable: The packages cannot be installed.
    """
    content = REQUIREMENTS.read_bytes() + sys.version.encode()
    place = CACHE / hashlib.sha256(content).hexdigest()[:12]
    python = place / "bin" / "python"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a second run waits for the first
        if not (place / "complete").exists():
            shutil.rmtree(place, ignore_errors=True)
            uv = Path(sys.executable).with_name("uv")
            run([uv, "venv", "--quiet", "--python", sys.executable, place])
            run([uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", REQUIREMENTS])
            (place / "complete").touch()
    return python


def run(command: list[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise Unavailable(f"no .NET runtime: {' '.join(map(str, command))} failed: {done.stderr.strip()}")


def icu_version() -> str | None:
    """Returns the version of the system's ICU, such as 72.1, or None if it has none."""
    name = ctypes.util.find_library("icuuc")
    if name is None:
        return None
    for directory in ("/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib", "/lib/x86_64-linux-gnu", "/lib64"):
        library = Path(directory) / name
        if library.exists():
            found = re.search(r"\.so\.(\d+\.\d+)$", str(library.resolve()))
            return found[1] if found else None
    return None


class DotNet:
    """A running .NET process that answers questions in batches."""

    def __init__(self) -> None:
        icu = icu_version()
        self.knows_unicode = icu is not None
        settings = {"TZ": "UTC", "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "0" if icu else "1"}
        if icu:
            settings["CLR_ICU_VERSION_OVERRIDE"] = icu
        self._process = subprocess.Popen(
            [environment(), HERE / "judge.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **settings},
        )

    def ask(self, kind: str, cases: list[tuple[Any, ...]]) -> list[Any]:
        """Returns .NET's answer to each case of a kind of question; `judge.py` has a function for each kind."""
        assert self._process.stdin is not None and self._process.stdout is not None
        answers: list[Any] = []
        for first in range(0, len(cases), BATCH):
            batch = cases[first : first + BATCH]
            self._process.stdin.write(json.dumps([kind, batch]) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
            assert line, "the .NET process ended; its last words are on standard error"
            answers += json.loads(line)
        return answers

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        end(self._process)
