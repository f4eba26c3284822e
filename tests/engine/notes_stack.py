"""The notes program as a Pulumi stack, driven through the `pulumi` command line."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

RUNTIME = "runtime:\n  name: python\n  options:\n    virtualenv: {virtualenv}\n"


@dataclass(frozen=True)
class Result:
    """What a `pulumi` command ended with, and all that it printed."""

    code: int
    output: str


@dataclass(frozen=True)
class Stack:
    """The stack `test` of the notes program, with the policy pack `pack` beside the program."""

    program: Path
    pack: Path
    environment: dict[str, str]

    def pulumi(self, *arguments: str) -> Result:
        """Run a `pulumi` command on the stack, without asking anything."""
        pulumi = Path(sys.executable).with_name("pulumi")
        finished = subprocess.run(
            [pulumi, "--non-interactive", "--color", "never", *arguments],
            cwd=self.program,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Result(finished.returncode, finished.stdout)

    def configure(self, **values: str) -> None:
        """Set configuration values of the program."""
        for name, value in values.items():
            assert 0 == self.pulumi("config", "set", name, value).code

    def use_virtualenv(self, virtualenv: Path | str) -> None:
        """Let program and pack name this virtual environment."""
        runtime = RUNTIME.format(virtualenv=virtualenv)
        (self.program / "Pulumi.yaml").write_text(f"name: notes\n{runtime}")
        (self.pack / "PulumiPolicy.yaml").write_text(runtime)
