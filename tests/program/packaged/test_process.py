"""The packaged provider as a process of its own."""

from __future__ import annotations

import subprocess
import sys

ENGINE = """
import subprocess
import sys

command = [sys.executable, "-m", "entra_sync.program.packaged", "127.0.0.1:1"]
provider = subprocess.Popen(command, stdout=subprocess.PIPE)
print(provider.stdout.readline().decode())
"""
"""Starts the provider as the engine does, and ends without a word to it."""


def test_the_provider_ends_with_the_engine_that_started_it() -> None:
    """It holds the engine's standard error open until then."""
    engine = [sys.executable, "-c", ENGINE]
    ended = subprocess.run(engine, capture_output=True, text=True, timeout=60, check=True)

    assert ended.stdout.strip().isdecimal(), ended.stdout
    assert "" == ended.stderr
