"""Runs a Pulumi project on this machine without questions: for the demo, for reports, and for tests.

This does not use ``pulumi.automation``, for three reasons (checked with Pulumi 3.259):

- The project stays untouched. ``LocalWorkspace.set_config`` and ``set_all_config`` write ``Pulumi.<stack>.yaml`` into
  the project; only previews and updates accept another configuration file.
- The demo prints what a person would see. The automation API reads standard output and standard error apart, so that a
  handler's notes lose their place.
- The tests read the list of a destroy (``pulumi destroy --preview-only --json``), which ``Stack.preview_destroy`` does
  not give: it has no JSON option.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from entra_sync.base.preview import Step, planned_steps
from entra_sync.errors import EntraSyncError

__all__ = ["CommandResult", "Workspace", "engine"]

JSON = Any


def engine() -> list[str]:
    """The engine's command: the one beside this Python, as set-up puts it there, else the one on PATH."""
    beside = Path(sys.executable).with_name("pulumi")
    return [str(beside) if beside.exists() else "pulumi"]


@dataclass(frozen=True, slots=True)
class CommandResult:
    """How a command of the engine ended: exit code, and all that it printed."""

    code: int
    output: str

    def raise_for_code(self) -> CommandResult:
        """This outcome if it is a success.

        Raises:
            EntraSyncError: It is none; the message is what was printed.
        """
        if self.code:
            raise EntraSyncError(f"pulumi ended with code {self.code}:\n{self.output.strip()}")
        return self


@dataclass(frozen=True)
class Workspace:
    """One stack of a project, with state and settings in a directory of its own, so that the user's are untouched.

    Args:
        project: Directory with Pulumi.yaml.
        directory: Where state, the engine's home and the stack's configuration are kept.
        environment: Further environment variables, e.g. the tenants' credentials.
        stack: Name of the stack.
    """

    project: Path
    directory: Path
    environment: Mapping[str, str]
    stack: str = "dev"

    def __post_init__(self) -> None:
        (self.directory / "state").mkdir(parents=True, exist_ok=True)

    @property
    def config_file(self) -> Path:
        """The stack's configuration."""
        return self.directory / f"Pulumi.{self.stack}.yaml"

    def configure(self, values: Mapping[str, JSON]) -> None:
        """Writes the stack's configuration: names with their namespace, JSON values."""
        encryption = [line for line in self._config_lines() if line.startswith("encryptionsalt")]
        lines = [
            *encryption,
            "config:",
            *(f"  {name}: {orjson.dumps(value).decode()}" for name, value in values.items()),
        ]
        self.config_file.write_text("\n".join(lines) + "\n")

    def init(self) -> CommandResult:
        """Makes the stack."""
        return self.without_stack("stack", "init", self.stack).raise_for_code()

    def preview(self, *options: str) -> CommandResult:
        """`pulumi preview`, as a person sees it."""
        return self.run("preview", *options)

    def planned(self, *options: str, destroy: bool = False) -> list[Step]:
        """The steps of a preview that send something; see :meth:`plan`."""
        return planned_steps(self.plan(*options, destroy=destroy))

    def plan(self, *options: str, destroy: bool = False) -> JSON:
        """What `pulumi preview --json` prints.

        Raises:
            EntraSyncError: The preview failed.
        """
        command = ["destroy", "--preview-only"] if destroy else ["preview"]
        outcome = self.run(*command, "--json", *options, quiet=True)
        try:
            result = orjson.loads(outcome.output[outcome.output.index("{") :])
        except ValueError:
            raise EntraSyncError(f"{' '.join(command)} printed no plan:\n{outcome.output.strip()}") from None
        if outcome.code:
            messages = [
                each["message"].strip() for each in result.get("diagnostics", []) if each["severity"] == "error"
            ]
            raise EntraSyncError("\n".join(messages) or outcome.output)
        return result

    def up(self, *options: str) -> CommandResult:
        """`pulumi up`, without another preview."""
        return self.run("up", "--yes", "--skip-preview", *options)

    def refresh(self, *options: str) -> CommandResult:
        """`pulumi refresh`: what Graph says now goes into state."""
        return self.run("refresh", "--yes", "--skip-preview", *options)

    def destroy(self, *options: str) -> CommandResult:
        """`pulumi destroy`."""
        return self.run("destroy", "--yes", "--skip-preview", *options)

    def outputs(self) -> dict[str, JSON]:
        """The stack's outputs."""
        return dict(orjson.loads(self.run("stack", "output", "--json", quiet=True).raise_for_code().output))

    def export(self) -> dict[str, JSON]:
        """The stack's state, with secrets encrypted."""
        return dict(orjson.loads(self.run("stack", "export", quiet=True).raise_for_code().output))

    def run(self, *arguments: str, quiet: bool = False) -> CommandResult:
        """Any command of the engine on this stack; *quiet* leaves standard error out of the output."""
        configured = arguments[0] not in {"stack", "policy", "state", "cancel"}
        config = ("--config-file", str(self.config_file)) if configured else ()
        return self.without_stack(*arguments, "--stack", self.stack, *config, quiet=quiet)

    def without_stack(self, *arguments: str, quiet: bool = False) -> CommandResult:
        """Any command of the engine that names no stack of its own, or names it itself."""
        finished = subprocess.run(
            [*engine(), "--non-interactive", "--color", "never", *arguments],
            cwd=self.project,
            env={**os.environ, **self.settings(), **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if quiet else subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        if quiet and finished.returncode:
            return CommandResult(finished.returncode, finished.stdout + finished.stderr)
        return CommandResult(finished.returncode, finished.stdout)

    def settings(self) -> dict[str, str]:
        """Variables that keep the engine's commands within this workspace."""
        return {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "PULUMI_HOME": str(self.directory / "home"),
            "PULUMI_BACKEND_URL": f"file://{(self.directory / 'state').resolve()}",
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }

    def _config_lines(self) -> list[str]:
        return self.config_file.read_text().splitlines() if self.config_file.exists() else []
