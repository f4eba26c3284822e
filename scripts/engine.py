"""Finds the Pulumi engine, or gets it: from PATH, else from Pulumi's download site, else built from Go modules.

    python scripts/engine.py

prints the directory of `pulumi` and its Python plugins on standard output, and on standard error one line that says
which engine it is and why. ENTRA_PULUMI, the path of a `pulumi`, overrides the choice.

What is downloaded or built goes to `$XDG_CACHE_HOME/entra-sync/engine` (`~/.cache` by default), one directory per
version and origin. A directory appears there complete or not at all, and two runs at once make it once.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import http.client
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "engine"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "entra-sync" / "engine"
MINIMUM = (3, 229, 0)  # the first releases with `pulumi policy analyze`; resource hooks are older
PLUGINS = ("pulumi-language-python", "pulumi-language-python-exec", "pulumi-resource-pulumi-python")
INSTALL_PULUMI = "https://www.pulumi.com/docs/install"
ARCHIVES = "https://get.pulumi.com/releases/sdk"
CHECKSUMS = "https://github.com/pulumi/pulumi/releases/download"
GO_PLACES = ("go", "/usr/local/go/bin/go")  # the second is where Go's own instructions put it
ANSWER_SECONDS = 5  # for a download site to begin its answer
STALL_SECONDS = 20  # for a download that has begun to bring the next bytes
BUILD_SECONDS = 1800  # for a build from Go modules, which takes three minutes on two idle cores


class EngineError(Exception):
    """Why there is no engine and what to do about it, in one line."""


class Unavailable(Exception):
    """Why one way to an engine is closed; the next way is tried."""


def find_or_make() -> Path:
    """The directory that holds `pulumi` and its Python plugins; says on standard error which engine that is, and why.

    Raises:
        EngineError: ENTRA_PULUMI names no usable engine, or all three ways to one are closed.
    """
    if chosen := os.environ.get("ENTRA_PULUMI"):
        try:
            version = check_installed(Path(chosen))
        except Unavailable as error:
            raise EngineError(f"ENTRA_PULUMI={chosen}: {error}") from None
        return report(Path(chosen).absolute().parent, version, "named by ENTRA_PULUMI")
    try:
        pulumi = find_on_path()
        return report(pulumi.parent, check_installed(pulumi), "found on PATH")
    except Unavailable as error:
        path_closed = str(error)

    version = pinned_version()
    downloaded = CACHE / f"{version}-official-{system_name()}"
    built = CACHE / f"{version}-built-{sources_hash()}"
    if not (downloaded.is_dir() or built.is_dir()):
        with lock_cache():
            if not (downloaded.is_dir() or built.is_dir()):
                get_engine(version, downloaded, built)
    if downloaded.is_dir():
        return report(downloaded, version, f"Pulumi's official release, since {path_closed}")
    return report(built, version, f"built from Go modules, since {path_closed} and no official release was downloaded")


def report(directory: Path, version: str, reason: str) -> Path:
    """Say which engine is used and why; give its directory back."""
    say(f"Pulumi {version.removeprefix('v')} in {directory}: {reason}")
    return directory


def say(message: str) -> None:
    """Tell the user what goes on; standard output is for the result."""
    print(f"engine: {message}", file=sys.stderr, flush=True)


def get_engine(version: str, downloaded: Path, built: Path) -> None:
    """Fill *downloaded*, or else *built*, with the pinned version."""
    try:
        with complete_or_absent(downloaded) as directory:
            download(version, directory)
        return
    except Unavailable as error:
        download_closed = str(error)
    say(f"building Pulumi {version.removeprefix('v')} from Go modules, once; takes some minutes ({download_closed})")
    try:
        with complete_or_absent(built) as directory:
            build(version, directory)
    except Unavailable as error:
        raise EngineError(
            f"{download_closed}, and it cannot be built from Go modules: {error}; "
            f"install Pulumi ({INSTALL_PULUMI}) or a Go that is new enough (https://go.dev/dl), and run again"
        ) from None


# --- an installed engine ---------------------------------------------------------------------------------------------


def find_on_path() -> Path:
    """The user's own `pulumi`: the first on PATH that is neither this set-up's link nor its cached engine."""
    for name in os.environ.get("PATH", "").split(os.pathsep):
        candidate = Path(name, "pulumi").absolute()
        if candidate.parent == ROOT / ".venv" / "bin" or CACHE in candidate.resolve().parents:
            continue
        if name and os.access(candidate, os.X_OK) and candidate.is_file():
            return candidate
    raise Unavailable("pulumi is not on PATH")


def check_installed(pulumi: Path) -> str:
    """The version of *pulumi*; raise Unavailable when it is too old, does not run, or lacks its Python plugins."""
    try:
        answer = subprocess.run([pulumi, "version"], capture_output=True, text=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(f"{pulumi} does not run ({error})") from None
    version = answer.strip()
    if parse_version(version) < MINIMUM:
        raise Unavailable(f"{pulumi} is {version}, older than {'.'.join(map(str, MINIMUM))}")
    beside = pulumi.resolve().parent
    missing = [name for name in PLUGINS if not (beside / name).is_file() and shutil.which(name) is None]
    if missing:
        raise Unavailable(f"{pulumi} comes without {', '.join(missing)}")
    return version


def parse_version(text: str) -> tuple[int, ...]:
    """The three numbers of a version such as "v3.259.0" or "go1.26.8"; missing ones are 0.

    Raises:
        Unavailable: The text has no version in it.
    """
    match = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    if match is None:
        raise Unavailable(f"cannot read a version in {text!r}")
    return tuple(int(number or 0) for number in match.groups())


def pinned_version() -> str:
    """The version that engine/go.mod requires, such as "v3.259.0"; downloads and builds are of exactly this one."""
    match = re.search(r"github\.com/pulumi/pulumi/pkg/v3 (v\S+)", (SOURCES / "go.mod").read_text())
    if match is None:
        raise EngineError(f"{SOURCES / 'go.mod'} names no version of github.com/pulumi/pulumi/pkg/v3")
    return match[1]


# --- the cache -------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def lock_cache() -> Iterator[None]:
    """Let one run at a time fill the cache, and remove what an interrupted one left."""
    try:
        CACHE.mkdir(parents=True, exist_ok=True)
        lock = (CACHE / "lock").open("w")
    except OSError as error:
        raise EngineError(
            f"the cache cannot be written ({error}); set XDG_CACHE_HOME to a directory of yours"
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another run is getting the engine; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        for leftover in CACHE.glob("partial-*"):
            shutil.rmtree(leftover)
        yield


@contextlib.contextmanager
def complete_or_absent(target: Path) -> Iterator[Path]:
    """A new directory that becomes *target* when the block succeeds, and is removed when it does not."""
    with tempfile.TemporaryDirectory(prefix="partial-", dir=CACHE, ignore_cleanup_errors=True) as name:
        directory = Path(name, "bin")
        directory.mkdir()
        yield directory
        directory.rename(target)


def sources_hash() -> str:
    """Twelve digits that change with whatever a build depends on: engine/, this script's build steps, the machine."""
    digest = hashlib.sha256(f"{system_name()} {build_command('', '')}".encode())
    for path in sorted(SOURCES.rglob("*")):
        if path.suffix in {".go", ".mod", ".sum"}:
            digest.update(f"{path.relative_to(SOURCES)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def system_name() -> str:
    """This machine as Pulumi's archives name it, such as "linux-x64"."""
    machine = platform.machine().lower()
    return (
        f"{platform.system().lower()}-{ {'x86_64': 'x64', 'amd64': 'x64', 'aarch64': 'arm64'}.get(machine, machine) }"
    )


# --- the official release --------------------------------------------------------------------------------------------


def download(version: str, directory: Path) -> None:
    """Unpack the official release into *directory*, checked against the SHA-256 that the release on GitHub lists.

    Raises:
        Unavailable: A site cannot be reached, has no such file, stalls, or the archive is not the listed one.
    """
    archive = f"pulumi-{version}-{system_name()}.tar.gz"
    checksums = f"{CHECKSUMS}/{version}/pulumi-{version.removeprefix('v')}-checksums.txt"
    try:
        with answering(checksums) as response:
            listed = dict(reversed(line.split()) for line in response.read().decode().splitlines() if line.strip())
        if archive not in listed:
            raise Unavailable(f"Pulumi {version} is not released for {system_name()}")
        with answering(f"{ARCHIVES}/{archive}") as response, tempfile.TemporaryFile(dir=directory.parent) as file:
            say(f"downloading {ARCHIVES}/{archive}, once")
            shutil.copyfileobj(response, file)
            file.seek(0)
            if hashlib.file_digest(file, "sha256").hexdigest() != listed[archive]:
                raise Unavailable(f"{archive} does not have the SHA-256 that {checksums} lists")
            file.seek(0)
            unpack(file, directory)
        check_installed(directory / "pulumi")
    except (OSError, ValueError, http.client.HTTPException, tarfile.TarError) as error:
        raise Unavailable(f"no download from Pulumi's site: {getattr(error, 'reason', error)}") from None


def unpack(archive: IO[bytes], directory: Path) -> None:
    """Put the programs of an official archive, which are in its folder `pulumi`, into *directory*."""
    with tarfile.open(fileobj=archive) as tar:
        for member in tar:
            if member.isfile() and Path(member.name).parent.name == "pulumi":
                source = tar.extractfile(member)
                assert source is not None  # it is a file
                program = directory / Path(member.name).name
                with source, program.open("wb") as target:
                    shutil.copyfileobj(source, target)
                program.chmod(0o755)


@contextlib.contextmanager
def answering(url: str) -> Iterator[Any]:
    """Open *url*, giving its site ANSWER_SECONDS in all to begin its answer, however many addresses it has."""

    def give_up(*_: object) -> None:
        raise TimeoutError(f"no answer within {ANSWER_SECONDS} seconds")

    previous = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(ANSWER_SECONDS)
    try:
        response = urllib.request.urlopen(url, timeout=STALL_SECONDS)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)
    with response:
        yield response


# --- the build from Go modules ---------------------------------------------------------------------------------------


def build(version: str, directory: Path) -> None:
    """Build the engine and our language host from engine/ into *directory*, and add the Python SDK's two scripts.

    Raises:
        Unavailable: Go is absent or too old, or the build fails; then the last of Go's own messages are printed.
    """
    go = find_go(directory)
    environment = {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": "-mod=readonly -buildvcs=false"}

    def run_go(*arguments: str) -> str:
        finished = finish([go, *arguments], SOURCES, environment)
        if finished.returncode != 0:
            lines = [line for line in finished.stderr.splitlines() if not line.startswith("go: downloading ")]
            print("\n".join(lines[-20:]), file=sys.stderr)
            raise Unavailable(f"`go {arguments[0]}` failed")
        return finished.stdout.strip()

    run_go(*build_command(version, f"{directory}/"))
    sdk = Path(run_go("list", "-m", "-f", "{{.Dir}}", "github.com/pulumi/pulumi/sdk/v3"))
    for script in ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python"):
        copy = Path(shutil.copyfile(sdk / script, directory / Path(script).name))
        copy.chmod(0o755)
    check_installed(directory / "pulumi")


def finish(command: list[str], directory: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command of Go; one that a module proxy keeps waiting is started once more, and keeps what it has fetched.

    Raises:
        Unavailable: It has not ended the second time, either.
    """
    for _ in range(2):
        with contextlib.suppress(subprocess.TimeoutExpired):
            return subprocess.run(
                command,
                cwd=directory,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=BUILD_SECONDS,
            )
    raise Unavailable(f"`go {command[1]}` did not end within {BUILD_SECONDS} seconds, twice")


def build_command(version: str, output: str) -> list[str]:
    """The arguments of `go` that build both programs the way Pulumi's releases are built, tags included."""
    stamped = f"-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={version}"
    options = ["-trimpath", "-tags=osusergo,grpcnotrace", f"-ldflags=-s -w {stamped}", "-o", output]
    return ["build", *options, "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", "./pulumi-language-python"]


def find_go(anywhere: Path) -> str:
    """The `go` that can build engine/: as new as go.mod asks for, or able to fetch such a one by itself.

    It is asked in the directory *anywhere*, outside of engine/, where a Go that is too old would refuse to answer.

    Raises:
        Unavailable: There is no Go, or an older one.
    """
    go = next(filter(None, map(shutil.which, GO_PLACES)), None)
    if go is None:
        raise Unavailable("Go is not on PATH")
    wanted = re.search(r"^go (\S+)", (SOURCES / "go.mod").read_text(), re.MULTILINE)
    if wanted is None:
        raise EngineError(f"{SOURCES / 'go.mod'} has no go line")
    asked = subprocess.run(
        [go, "env", "GOVERSION", "GOTOOLCHAIN"], cwd=anywhere, capture_output=True, text=True, check=False
    )
    installed, toolchain = [*asked.stdout.splitlines(), "", ""][:2]
    fetches_newer = parse_version(installed) >= (1, 21, 0) and toolchain != "local"
    if parse_version(installed) < parse_version(wanted[1]) and not fetches_newer:
        raise Unavailable(f"{installed} is older than the go{wanted[1]} that it needs")
    return go


if __name__ == "__main__":
    try:
        print(find_or_make())
    except EngineError as error:
        sys.exit(f"engine: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
