"""Sets up .venv with the locked dependencies, and the Pulumi engine as .venv/bin/pulumi.

Started by `scripts/setup`, and so by each make target that needs it. A second run finds the stamp of the first one and
starts nothing. An existing .venv is brought up to date, never deleted.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import engine

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "setup-stamp"
UV_LOCK = ROOT / "scripts" / "uv.lock.txt"
LOCK = ROOT / "requirements.lock"
IMPORTED = (
    "azure.identity",
    "entra_guard",
    "entra_sync.emulator",
    "entra_sync.graph.gateway",
    "entra_sync.program.link",
    "kiota_http.middleware",
    "msgraph.graph_request_adapter",
    "pulumi.dynamic",
    "pulumi_policy",
    "pytest",
    "uvicorn",
)
DETERMINED_BY = (LOCK, ROOT / "pyproject.toml", UV_LOCK, Path(__file__))


class SetupError(Exception):
    """What stands in the way of the set-up, and what to do about it, in one line."""


def set_up() -> None:
    """Make .venv and its link to the engine what the lock files say; returns at once when they are.

    Raises:
        SetupError: The virtual environment cannot be made, or its packages not be installed.
        engine.EngineError: There is no Pulumi engine and none can be had.
    """
    VENV.mkdir(exist_ok=True)
    with (VENV / "setup-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a second set-up waits for the first
        if not is_current():
            make_environment()
        link_engine(engine.find_or_make())


def expected_stamp() -> str:
    """The text that the stamp of an up-to-date environment has: everything that its content depends on, hashed."""
    content = b"\0".join(path.read_bytes() for path in DETERMINED_BY)
    return f"{ROOT} {hashlib.sha256(content).hexdigest()}\n"


def is_current() -> bool:
    """Whether .venv works and was set up from these lock files, in this place."""
    stamped = STAMP.is_file() and STAMP.read_text() == expected_stamp()
    return stamped and works("-c", "import importlib.util, sys; sys.exit(not importlib.util.find_spec('entra_sync'))")


def works(*arguments: str) -> bool:
    """Whether the environment's Python runs these arguments without an error."""
    try:
        return subprocess.run([PYTHON, *arguments], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def make_environment() -> None:
    """Install uv, the locked dependencies and this package into .venv, each file checked against its locked hash."""
    STAMP.unlink(missing_ok=True)
    if works("-c", "import sys; sys.exit(sys.version_info >= (3, 11))"):
        raise SetupError(f"the Python in {VENV} is older than 3.11; remove that directory and run again")
    if not works("-m", "pip", "--version"):
        say(f"making .venv with Python {sys.version.split()[0]}")
        run(
            [sys.executable, "-m", "venv", VENV],
            "making .venv failed; on Debian and Ubuntu install the package python3-venv, then run again",
        )
    say("installing the locked dependencies into .venv")
    offline = "installing into .venv failed; is a package index reachable? (pip's and uv's own settings apply)"
    run([PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", UV_LOCK], offline)
    uv_install: list[str | Path] = [VENV / "bin" / "uv", "pip", "install", "--quiet", "--python", PYTHON]
    run([*uv_install, "--require-hashes", "-r", LOCK], offline)
    run([*uv_install, "--no-deps", "--no-build-isolation", "-e", ROOT], "installing this package into .venv failed")
    keep_bytecode()
    STAMP.write_text(expected_stamp())


def keep_bytecode() -> None:
    """Compile what programs, the policy pack, the emulator and the tests import, once.

    Without it every process compiles again where PYTHONDONTWRITEBYTECODE is set, as in many container images: 2.4
    seconds for a program instead of 0.7. Compiling all packages would take minutes; nearly all of that is msgraph's.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    imports = f"import {', '.join(IMPORTED)}"
    subprocess.run([PYTHON, "-c", imports], check=True, stdin=subprocess.DEVNULL, env=environment)


def run(command: list[str | Path], failure: str) -> None:
    """Run a command whose own messages are shown; raise SetupError with *failure* when it does not succeed."""
    if subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode != 0:
        raise SetupError(failure)


def link_engine(directory: Path) -> None:
    """Make .venv/bin/pulumi the engine in *directory*; its plugins are found beside the link's target."""
    link, target = VENV / "bin" / "pulumi", directory / "pulumi"
    if target == link or (link.is_symlink() and link.readlink() == target):
        return
    new_link = link.with_name(f"pulumi.{os.getpid()}")
    new_link.symlink_to(target)
    new_link.replace(link)


def say(message: str) -> None:
    """Tell the user what goes on, apart from what a command prints."""
    print(f"set-up: {message}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        set_up()
    except (SetupError, engine.EngineError) as error:
        sys.exit(f"set-up: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
