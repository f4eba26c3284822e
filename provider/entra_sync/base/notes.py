"""What a handler tells the user beside the engine's own lines.

A text is one message of the engine, however many lines it has: in its tree the engine shows the first line, and below
"Diagnostics" all of them. It would make a message of each line that a dynamic provider prints, and show each of them in
both places. It hides what the packaged provider prints.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache

from entra_sync.base.run.memory import remembered

__all__ = ["EXPLAINED", "engine_at", "say", "send_to"]

Sender = Callable[[str, bool], None]
"""Shows a text, which is a warning or not."""

_sender: Sender | None = None

EXPLAINED: set[str] = remembered(set())
"""Sentences that a resource has told in this run, so that another one does not repeat them."""


def say(text: str, *, remark: bool = True, warning: bool = False) -> None:
    """Tells the user *text*. Without an engine a remark goes to standard error, anything else to standard output."""
    sender = _sender or _dynamic()
    if sender is not None:
        sender(text, warning)
    else:
        print(f"warning: {text}" if warning else text, file=sys.stderr if remark else sys.stdout)


def send_to(sender: Sender) -> None:
    """Makes *sender* take what is said from now on, in place of printing."""
    global _sender
    _sender = sender


def engine_at(address: str, urn: Callable[[], str] = str) -> Sender:
    """Returns a function that shows a text as one message of the engine.

    Args:
        address: Address of the engine.
        urn: Returns the resource that the message is shown beside. Empty for the stack.
    """
    import grpc  # type: ignore[import-untyped]
    from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

    stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))

    def send(text: str, warning: bool) -> None:
        severity = engine_pb2.WARNING if warning else engine_pb2.INFO
        stub.Log(engine_pb2.LogRequest(severity=severity, message=f"{text}\n", urn=urn()))

    return send


@cache
def _dynamic() -> Sender | None:
    """The engine that started this process, if it is Pulumi's host of dynamic providers."""
    started = getattr(sys.modules["__main__"], "__spec__", None)
    if started is None or started.name != "pulumi.dynamic.__main__" or len(sys.argv) < 2:
        return None
    return engine_at(sys.argv[1])
