"""Runs the text of a program with a mistake in it, as the engine's language host does."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import mocks

from entra_sync.operate.project.running import program_loop
from tests.faults.mini import Declared, Recorder

__all__ = ["declared", "rows"]

_LINE = re.compile(r" \(program\.py:\d+\)")


def rows(file: str) -> list[tuple[str, str]]:
    """The rows of a table: an input after ``>``, then what is printed, which may have lines with carets below it."""
    text = (Path(__file__).parent / file).read_text(encoding="utf-8")
    found = []
    for row in re.split(r"^> ", text, flags=re.MULTILINE)[1:]:
        given, _, said = row.partition("\n")
        found.append((given, "\n".join(line for line in said.rstrip().split("\n") if not line.startswith("#"))))
    return found


def declared(text: str, names: Mapping[str, Any]) -> Sequence[Declared]:
    """Runs a program to its end, and returns what it declares.

    Raises:
        RunError: The program ended with a message, which is given without the line that it names.
        Exception: It ended with a traceback.
    """
    return Context().run(_declared, text, names)


def _declared(text: str, names: Mapping[str, Any]) -> Sequence[Declared]:
    recorder = Recorder()

    @pulumi.runtime.test
    def run() -> None:
        exec(compile(text, "program.py", "exec"), {"__name__": "__main__", **names})

    try:
        with program_loop() as loop:
            loop.set_default_executor(ThreadPoolExecutor(1))
            mocks.set_mocks(recorder, project="mistakes", stack="test")
            run()
    except pulumi.RunError as error:
        message = str(error)
        assert _LINE.search(message), f"no line of the program is named: {message}"
        raise pulumi.RunError(_LINE.sub("", message, count=1)) from None
    return recorder.declared


LINK = 'link = lambda **k: entra.CrossCloudLink("link", **{"source": contoso, "target": federal, "scope": [], **k})\n'
