"""scripts/engine.py takes a usable `pulumi` from PATH, else the official release, else a build, and says which and why.

The engines, the release and Go are stand-ins here; test_language_host runs the real engine.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from tests.scripts import script

PROGRAMS = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec", "pulumi-resource-pulumi-python")


@dataclass(frozen=True)
class Machine:
    """A machine without engine or Go, whose download site is a directory."""

    engine: ModuleType
    path: Path
    site: Path
    cache: Path

    def install(self, version: str, programs: tuple[str, ...] = PROGRAMS) -> None:
        """Put an engine of this version on PATH."""
        put_engine(self.path, version, programs)

    def install_go(self, script: str) -> None:
        """Put a `go` on PATH that runs this shell script."""
        put_program(self.path / "go", script)

    def release(self, version: str, archive_hash: str | None = None) -> None:
        """Publish the pinned release; it calls itself *version*, and may have a hash that is not its own."""
        unpacked = self.site / "pulumi"
        unpacked.mkdir()
        put_engine(unpacked, version, PROGRAMS)
        pinned = self.engine.pinned_version()
        archive = self.site / f"pulumi-{pinned}-{self.engine.system_name()}.tar.gz"
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(unpacked, "pulumi")
        listing = self.site / pinned / f"pulumi-{pinned.removeprefix('v')}-checksums.txt"
        listing.parent.mkdir()
        digest = archive_hash or hashlib.sha256(archive.read_bytes()).hexdigest()
        listing.write_text(f"{'0' * 64}  other.tar.gz\n{digest}  {archive.name}\n")

    def cached(self) -> list[str]:
        """What the cache has, apart from its lock."""
        return sorted(path.name for path in self.cache.glob("*") if path.name != "lock")


def put_engine(directory: Path, version: str, programs: tuple[str, ...]) -> None:
    """Put stand-ins of an engine's programs into a directory."""
    for program in programs:
        put_program(directory / program, f"echo {version}")


def put_program(path: Path, script: str) -> None:
    """Write an executable shell script."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A bare machine: its PATH has only what the test installs, and the shell's own tools."""
    engine = script("engine")
    machine = Machine(engine, tmp_path / "path", tmp_path / "site", tmp_path / "cache")
    machine.path.mkdir()
    machine.site.mkdir()
    monkeypatch.setattr(engine, "CACHE", machine.cache)
    monkeypatch.setattr(engine, "ARCHIVES", machine.site.as_uri())
    monkeypatch.setattr(engine, "CHECKSUMS", machine.site.as_uri())
    monkeypatch.setattr(engine, "GO_PLACES", ("go",))
    monkeypatch.setenv("PATH", f"{machine.path}:/usr/bin:/bin")
    monkeypatch.delenv("ENTRA_PULUMI", raising=False)
    return machine


def test_installed_engine_is_used_where_it_is(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    """A good `pulumi` on PATH wins, and nothing is written."""
    machine.install("v3.300.0")

    assert machine.engine.find_or_make() == machine.path
    assert f"engine: Pulumi 3.300.0 in {machine.path}: found on PATH\n" == capsys.readouterr().err
    assert not machine.cache.exists()


def test_own_link_and_cached_engine_on_path_are_not_taken_for_the_users(machine: Machine) -> None:
    """With .venv/bin first on PATH, the choice is still made from what the user has."""
    machine.cache.mkdir()
    put_engine(machine.cache, "v3.300.0", PROGRAMS)
    (machine.path / "pulumi").symlink_to(machine.cache / "pulumi")

    with pytest.raises(machine.engine.Unavailable, match="pulumi is not on PATH"):
        machine.engine.find_on_path()


def test_old_engine_is_passed_over_and_named(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    """An engine older than the features needed gives way to the official release, and the line says why."""
    machine.install("v3.228.0")
    machine.release("v3.259.0")

    directory = machine.engine.find_or_make()

    assert sorted(path.name for path in directory.iterdir()) == sorted(PROGRAMS)
    reason = f"Pulumi's official release, since {machine.path}/pulumi is v3.228.0, older than 3.229.0"
    assert capsys.readouterr().err.splitlines()[-1].endswith(reason)


def test_engine_without_python_plugins_is_passed_over(machine: Machine) -> None:
    """A bare `pulumi` binary could not run a Python program."""
    machine.install("v3.300.0", ("pulumi",))
    machine.release("v3.259.0")

    assert machine.engine.find_or_make().parent == machine.cache


def test_release_is_downloaded_once(machine: Machine) -> None:
    """A second run takes the cached release, even if the site is gone by then."""
    machine.release("v3.259.0")
    first = machine.engine.find_or_make()
    for path in machine.site.glob("*.tar.gz"):
        path.unlink()

    assert machine.engine.find_or_make() == first


def test_release_with_another_hash_is_refused(machine: Machine) -> None:
    """An archive that is not the listed one is not unpacked into the cache."""
    machine.release("v3.259.0", archive_hash="f" * 64)

    with pytest.raises(machine.engine.EngineError, match="does not have the SHA-256"):
        machine.engine.find_or_make()
    assert [] == machine.cached()


def test_machine_with_nothing_gets_one_line(machine: Machine) -> None:
    """No engine, no site, no Go: the error has the reasons and the two ways out, in one line."""
    with pytest.raises(machine.engine.EngineError) as caught:
        machine.engine.find_or_make()

    message = str(caught.value)
    assert "no download from Pulumi's site" in message
    assert "Go is not on PATH" in message
    assert "install Pulumi (https://www.pulumi.com/docs/install) or a Go" in message
    assert "\n" not in message


def test_old_go_is_named_with_the_version_it_needs(machine: Machine) -> None:
    """A Go that can neither build nor fetch a newer one is refused before it tries."""
    machine.install_go("echo go1.19.8")

    with pytest.raises(machine.engine.EngineError, match=r"go1\.19\.8 is older than the go1\.25"):
        machine.engine.find_or_make()


def test_go_that_is_held_to_its_version_is_not_asked_to_fetch(machine: Machine) -> None:
    """GOTOOLCHAIN=local keeps a newer Go from being fetched, so an older one cannot build."""
    machine.install_go("echo go1.24.0; echo local")

    with pytest.raises(machine.engine.EngineError, match=r"go1\.24\.0 is older"):
        machine.engine.find_or_make()


def test_failed_build_leaves_nothing_in_the_cache(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    """What a failed build made is not taken for an engine by the next run, and Go's own message is shown."""
    started = '[ "$1" = env ] && echo go1.30.0 && exit; touch "$6/pulumi"; echo go: downloading x >&2'
    machine.install_go(f"{started}; echo no space >&2; exit 1")

    with pytest.raises(machine.engine.EngineError, match="`go build` failed"):
        machine.engine.find_or_make()
    assert [] == machine.cached()
    assert ["no space"] == capsys.readouterr().err.splitlines()[-1:]


def test_build_is_cached_and_leftovers_of_a_killed_run_go(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    """One build serves all later runs; a directory that a killed run left is removed."""
    sdk = machine.site / "sdk"
    for part in ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python"):
        (sdk / part).parent.mkdir(parents=True)
        (sdk / part).write_text("script")
    stand_in = machine.site / "programs"
    stand_in.mkdir()
    put_engine(stand_in, "v3.259.0", PROGRAMS[:2])
    machine.install_go(
        f'case "$1" in env) echo go1.30.0;; build) cp {stand_in}/* "$6";; list) echo {sdk};; *) exit 1;; esac'
    )
    (machine.cache / "partial-killed").mkdir(parents=True)

    built = machine.engine.find_or_make()

    assert machine.cached() == [built.name]
    assert {path.name: path.stat().st_mode & 0o777 for path in built.iterdir()} == dict.fromkeys(PROGRAMS, 0o755)
    assert "built from Go modules, since pulumi is not on PATH" in capsys.readouterr().err

    machine.install_go("exit 1")
    assert machine.engine.find_or_make() == built


def test_a_build_that_a_download_holds_up_is_started_once_more(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What the first run of `go` has fetched stays in its cache; a second one that waits as long is an error."""
    monkeypatch.setattr(machine.engine, "BUILD_SECONDS", 2)
    machine.install_go(f"[ -e {tmp_path}/begun ] && exit 0; touch {tmp_path}/begun; exec sleep 60")
    command = [str(machine.path / "go"), "build"]

    assert 0 == machine.engine.finish(command, tmp_path, dict(os.environ)).returncode

    machine.install_go("exec sleep 60")
    monkeypatch.setattr(machine.engine, "BUILD_SECONDS", 0.1)
    with pytest.raises(machine.engine.Unavailable, match=r"`go build` did not end within 0\.1 seconds, twice"):
        machine.engine.finish(command, tmp_path, dict(os.environ))


def test_named_engine_overrides_the_choice(machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """ENTRA_PULUMI is used instead of PATH, and is an error when it is not usable, not passed over."""
    machine.install("v3.300.0")
    mine = tmp_path / "mine"
    mine.mkdir()
    put_engine(mine, "v3.299.0", PROGRAMS)
    monkeypatch.setenv("ENTRA_PULUMI", str(mine / "pulumi"))

    assert machine.engine.find_or_make() == mine

    monkeypatch.setenv("ENTRA_PULUMI", str(mine / "absent"))
    with pytest.raises(machine.engine.EngineError, match=r"ENTRA_PULUMI=.*absent does not run"):
        machine.engine.find_or_make()
