"""What a program loads before it declares anything: each preview, each `up` and each provider process waits for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

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


@pytest.mark.parametrize("module", ["drift", "file"])
def test_what_a_refresh_and_an_unchanged_link_need_of_the_impact_does_not_load_polars(module: str) -> None:
    """Beside its cost: without a request after it, a process that has loaded Polars does not end on an interrupt."""
    program = f"import sys, entra_sync.impact.declared.{module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()

    assert "polars" not in loaded
