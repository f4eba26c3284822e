"""What a program loads before it declares anything: each preview, each `up` and each provider process waits for it."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import difflib, sys

looked_for = []
difflib.get_close_matches = lambda *given: looked_for.append(given) or []
import entra_sync.program.link

print(len(looked_for), *sys.modules)
"""


def test_a_program_loads_nothing_that_only_mistakes_or_calls_need() -> None:
    looked_for, *modules = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    ).stdout.split()

    assert "0" == looked_for, "the nearest names are looked for while classes are made"
    assert set() == {"rich", "typer", "polars", "httpx", "msgraph", "azure", "starlette", "jinja2"} & set(modules)
