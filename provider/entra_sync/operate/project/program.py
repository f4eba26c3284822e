"""A Pulumi program on this machine: its stack's configuration and state, and what it declares."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import yaml

from entra_sync.base.kinds import kind_of
from entra_sync.base.preview import failures, known
from entra_sync.environment import DECLARE_ONLY
from entra_sync.errors import ConfigurationError
from entra_sync.operate.project.configuration import project_name
from entra_sync.operate.project.requirements import Declared

__all__ = ["Program", "language_of"]

JSON = Any


@dataclass(frozen=True)
class Program:
    """A program and one of its stacks.

    Args:
        directory: Directory with Pulumi.yaml, or below it.
        stack: Name of the stack; None for the selected one.
        engine: The engine's command.
    """

    directory: Path
    stack: str | None = None
    engine: Sequence[str] = ("pulumi",)

    def declared(self, config: Mapping[str, str] | None = None) -> list[Declared]:
        """Returns the resources that the program declares; nothing is read from a tenant.

        A Python program runs without the engine. Only the engine can run a program in another language: it makes a
        preview, in which the packaged provider asks no tenant.

        Args:
            config: Configuration of a Python program; it is asked from the engine if not given.

        Raises:
            ConfigurationError: There is no program, or it does not run; the message is the program's.
        """
        root, settings = self.project()
        if language_of(settings) != "python":
            return self._previewed()
        asked = {
            "main": str(self.main()),
            "project": project_name(root, settings),
            "stack": self.stack or "stack",
            "config": dict(self.config() if config is None else config),
        }
        run = subprocess.run(
            [_python(root, settings), "-m", "entra_sync.operate.project.evaluate"],
            input=orjson.dumps(asked),
            capture_output=True,
            check=False,
        )
        if run.returncode:
            lines = run.stderr.decode(errors="replace").strip().splitlines() or ["it printed nothing"]
            raise ConfigurationError(f"the program in {self.directory} does not run: {lines[-1]}")
        return [
            Declared(each["kind"], each["inputs"], bool(each["deletedWith"]), each["urn"], each["parent"])
            for each in orjson.loads(run.stdout)
        ]

    def main(self) -> Path:
        """Returns the file of a Python program that the engine runs.

        Raises:
            ConfigurationError: There is none, or it is written in another language than Python.
        """
        root, settings = self.project()
        if language_of(settings) != "python":
            raise ConfigurationError(
                f"the program in {root} has the runtime {language_of(settings)!r}: only a Python program runs without "
                "the engine, as tests of a link need it; `pulumi preview` and the commands of `entra-sync` read a "
                "program in each language"
            )
        main = (root / str(settings.get("main") or ".")).resolve()
        main = main / "__main__.py" if main.is_dir() else main
        if not main.is_file():
            raise ConfigurationError(f"{main} does not exist; `main` in Pulumi.yaml names the program's file")
        return main

    def version(self) -> str:
        """Returns the engine's version.

        Raises:
            ConfigurationError: It cannot be started.
        """
        return self._run("version").decode().strip()

    def config(self) -> dict[str, str]:
        """Returns the stack's configuration as text, with secrets.

        Raises:
            ConfigurationError: The engine does not tell it.
        """
        values = self._ask("config", "--json", "--show-secrets")
        return {name: each["value"] for name, each in values.items() if "value" in each}

    def state(self) -> list[dict[str, JSON]]:
        """Returns the resources of this package in the stack's state: ``type``, ``urn``, ``inputs`` and ``outputs``.

        Raises:
            ConfigurationError: The engine does not tell it.
        """
        exported = self._ask("stack", "export")
        found = (exported.get("deployment") or {}).get("resources") or []
        return [each for each in found if kind_of(each.get("type", ""))]

    def project(self) -> tuple[Path, dict[str, JSON]]:
        """Returns the directory with Pulumi.yaml, and what is in it.

        Raises:
            ConfigurationError: There is none, or it is not YAML.
        """
        here = self.directory.resolve()
        for place in (here, *here.parents):
            for name in ("Pulumi.yaml", "Pulumi.yml"):
                if (place / name).is_file():
                    try:
                        return place, dict(yaml.safe_load((place / name).read_text(encoding="utf-8")) or {})
                    except (yaml.YAMLError, ValueError, TypeError):
                        raise ConfigurationError(f"{place / name} is not valid YAML") from None
        raise ConfigurationError(f"no Pulumi.yaml in {self.directory} or its parent directories")

    def _previewed(self) -> list[Declared]:
        """The resources in a preview that asks no tenant."""
        run = self._start("preview", "--json", *self._chosen(), place=self.directory, settings={DECLARE_ONLY: "true"})
        try:
            plan = orjson.loads(run.stdout)
            problems = failures(plan)
        except (orjson.JSONDecodeError, KeyError, TypeError):
            plan, problems = {}, [_said(run)]
        if run.returncode or "steps" not in plan:
            said = "\n".join(problems) or "the engine printed no plan"
            raise ConfigurationError(f"the program in {self.directory} does not run: {said}")
        found = {}
        for state in (each.get("newState") or {} for each in plan["steps"]):
            kind = kind_of(state.get("type", ""))
            if kind is not None:  # a replacement has two steps
                inputs = {key: known(value) for key, value in state["inputs"].items() if value is not None}
                place = (state["urn"], state.get("parent") or "")
                found[state["urn"]] = Declared(kind, inputs, bool(state.get("deletedWith")), *place)
        return list(found.values())

    def _ask(self, *arguments: str) -> dict[str, JSON]:
        root, _ = self.project()
        return dict(orjson.loads(self._run(*arguments, *self._chosen(), place=root)))

    def _chosen(self) -> list[str]:
        return ["--stack", self.stack] if self.stack else []

    def _start(
        self, *arguments: str, place: Path | None = None, settings: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        command = [*self.engine, "--non-interactive", "--color", "never", *arguments]
        environment = {**os.environ, **(settings or {})}
        try:
            return subprocess.run(
                command, cwd=place, env=environment, capture_output=True, stdin=subprocess.DEVNULL, check=False
            )
        except OSError as problem:
            raise ConfigurationError(
                f"the Pulumi engine cannot be started ({problem.strerror}: {problem.filename}); install Pulumi"
            ) from None

    def _run(self, *arguments: str, place: Path | None = None) -> bytes:
        run = self._start(*arguments, place=place)
        if run.returncode:
            said = _said(run)
            raise ConfigurationError(f"pulumi {' '.join(arguments[:2])}: {said or 'it printed nothing'}")
        return run.stdout


def _said(run: subprocess.CompletedProcess[bytes]) -> str:
    """What a command that failed says."""
    return (run.stderr or run.stdout).decode(errors="replace").strip().removeprefix("error: ")


def language_of(settings: Mapping[str, JSON]) -> JSON:
    """Returns the runtime that Pulumi.yaml names."""
    runtime = settings.get("runtime")
    return runtime.get("name") if isinstance(runtime, dict) else runtime


def _python(root: Path, settings: Mapping[str, JSON]) -> str:
    """The Python of the project's virtual environment if it has one, else this one."""
    runtime = settings.get("runtime")
    options = (runtime.get("options") or {}) if isinstance(runtime, dict) else {}
    for place in ("bin/python", "Scripts/python.exe"):
        found = root / str(options.get("virtualenv") or "") / place
        if options.get("virtualenv") and found.is_file():
            return str(found)
    return sys.executable
