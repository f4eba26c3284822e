"""What a handler tells the user beside the engine's own lines.

A dynamic resource prints: the engine shows each line beside the stack. The packaged provider sends it to the engine,
which hides what such a provider prints.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from entra_sync.base.run.memory import remembered

__all__ = ["EXPLAINED", "say", "send_to"]

_sender: Callable[[str], None] | None = None

EXPLAINED: set[str] = remembered(set())
"""Sentences that a resource has told in this run, so that another one does not repeat them."""


def say(text: str, *, remark: bool = True) -> None:
    """Tells the user *text*. A remark goes to standard error, anything else to standard output."""
    if _sender is not None:
        _sender(text)
    else:
        print(text, file=sys.stderr if remark else sys.stdout)


def send_to(sender: Callable[[str], None]) -> None:
    """Makes *sender* take what is said from now on, in place of printing."""
    global _sender
    _sender = sender
