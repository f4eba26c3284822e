"""Runs a command of ``entra-sync`` in this process, as the console script does."""

from __future__ import annotations

from typing import Any

import orjson
from typer.testing import CliRunner, Result

from entra_sync.cli import app, commands

__all__ = ["answer", "run"]

JSON = Any

commands.register(app)


def run(*arguments: str, given: str | None = None) -> Result:
    """How the command ended; an error of ours is in ``exception``."""
    return CliRunner().invoke(app, list(arguments), input=given)


def answer(*arguments: str, code: int = 0, given: str | None = None) -> JSON:
    """What the command prints with ``--json``, once it ended with *code*."""
    result = run(*arguments, "--json", given=given)
    assert code == result.exit_code, (result.output, result.exception)
    return orjson.loads(result.stdout)
