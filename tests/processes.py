"""The end of processes that tests start."""

from __future__ import annotations

import subprocess
from typing import Any

__all__ = ["end"]

_PATIENCE = 60.0
"""Seconds that a process may take to end after it was told to."""


def end(process: subprocess.Popen[Any]) -> None:
    """Waits until a process that was told to end has ended; one that does not is killed, so that no test hangs."""
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
