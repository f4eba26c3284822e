"""A command of the engine is a process of its own; the processes of tests run many."""

from __future__ import annotations

from entra_sync.base import claims
from entra_sync.ownership import ledger, licenses
from entra_sync.resources.shared import ownership

__all__ = ["new_process"]


def new_process() -> None:
    """Forgets what a process remembers of the command that it runs: what it declares, releases and owns."""
    for memory in (claims, ledger, licenses, ownership):
        memory.forget()
