"""Runs a program without an engine, and prints what it declares: nothing is asked and nothing is sent.

``python -m entra_sync.operate.project.evaluate`` reads a JSON object with ``main``, ``project``, ``stack`` and
``config`` from standard input. It prints a JSON array of resources: ``kind``, ``inputs``, ``deletedWith``, ``urn`` and
``parent``. It is a process of its own because Pulumi keeps the run of a program in globals.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Any

import orjson
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.sync_await import _ensure_event_loop, _sync_await

from entra_sync.base.kinds import PROVIDER, kind_of
from entra_sync.base.preview import known
from entra_sync.operate.project.running import run_program
from entra_sync.program.lookups import nothing_is_read

JSON = Any


class _Recorder(MockMonitor):
    """Takes note of each resource; what an engine would compute is not known, as in a preview of an empty stack."""

    def __init__(self) -> None:
        super().__init__(_NoMocks())
        self.found: list[dict[str, JSON]] = []

    def RegisterResource(self, request: Any) -> Any:
        """Notes a resource of this package."""
        urn = _urn(request)
        if not request.custom:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        _ensure_event_loop()  # type: ignore[no-untyped-call]
        values = rpc.deserialize_properties(request.object)
        values.pop(PROVIDER, None)
        kind = kind_of(request.type)
        if kind is not None:
            inputs = {key: known(value) for key, value in values.items() if value is not None}
            place = {"deletedWith": request.deletedWith, "urn": urn, "parent": request.parent}
            self.found.append({"kind": kind, "inputs": inputs, **place})
        outputs = _sync_await(rpc.serialize_properties(values, {}))
        return resource_pb2.RegisterResourceResponse(urn=urn, id="", object=outputs)


def _urn(request: Any) -> str:
    """The name that the engine would give a resource: with the types of the components that it is declared in."""
    around = request.parent.split("::")[2] if request.parent else "pulumi:pulumi:Stack"
    types = request.type if around == "pulumi:pulumi:Stack" else f"{around}${request.type}"
    return f"urn:pulumi:stack::project::{types}::{request.name}"


class _NoMocks(Mocks):
    """Resources are recorded, and functions of other providers answer nothing."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, JSON]]:
        return "", dict(args.inputs)

    def call(self, args: MockCallArgs) -> tuple[dict[str, JSON], list[tuple[str, str]] | None]:
        return {}, None


def evaluate(main: Path, project: str, stack: str, config: dict[str, str]) -> list[dict[str, JSON]]:
    """Runs a program and returns its resources.

    Args:
        main: The program's file.
        project: Name of the project.
        stack: Name of the stack.
        config: The stack's configuration, names with their namespace.
    """
    recorder = _Recorder()
    with nothing_is_read():
        run_program(main, project, stack, config, recorder, dry_run=True)
    return recorder.found


def _main() -> int:
    asked = orjson.loads(sys.stdin.buffer.read())
    answer = sys.stdout
    try:
        with contextlib.redirect_stdout(sys.stderr):
            found = evaluate(Path(asked["main"]), asked["project"], asked["stack"], asked["config"])
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(orjson.dumps(found, default=str).decode(), file=answer)
    return 0


if __name__ == "__main__":
    sys.exit(_main())
