"""Carries out a program in this process: each resource is checked and created, as `pulumi up` does in a new stack."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks

import entra_sync
from entra_sync.base.handler import Handler
from entra_sync.base.kinds import PROVIDER, kind_of
from entra_sync.base.run.memory import forget
from entra_sync.errors import ConfigurationError
from entra_sync.operate.project.running import run_program

__all__ = ["carry_out"]

JSON = Any


def carry_out(main: Path, project: str, stack: str, config: Mapping[str, str]) -> None:
    """Runs a program and creates its resources.

    Resources of other providers answer with their own arguments, and functions of other providers answer nothing.

    Args:
        main: The program's file.
        project: Name of the project.
        stack: Name of the stack.
        config: The stack's configuration, names with their namespace.

    Raises:
        ConfigurationError: A resource refused its arguments, or the program failed.
    """
    forget()
    creator = _Creator()
    try:
        run_program(main, project, stack, config, MockMonitor(creator), dry_run=False)
    except Exception as problem:
        cause = creator.failure or problem
        if isinstance(cause, ConfigurationError):
            raise cause from None
        raise ConfigurationError(f"{main}: {cause}") from cause


class _Creator(Mocks):
    """Creates the resources of this package, one at a time."""

    def __init__(self) -> None:
        self.failure: BaseException | None = None
        self._lock = threading.Lock()

    def call(self, args: MockCallArgs) -> tuple[dict[str, JSON], list[tuple[str, str]] | None]:
        """A function of another provider."""
        return {}, None

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, JSON]]:
        """A resource: its id and outputs."""
        kind = kind_of(args.typ)
        if kind is None:
            return f"{args.name}-id", dict(args.inputs)
        with self._lock:
            if self.failure is not None:
                raise RuntimeError("the run has ended")
            try:
                return self._created(kind, args)
            except BaseException as problem:
                self.failure = problem
                raise RuntimeError("the run has ended") from None

    def _created(self, kind: str, args: MockResourceArgs) -> tuple[str, dict[str, JSON]]:
        handler: Handler[Any] = getattr(entra_sync, kind).handler()
        given = {key: value for key, value in args.inputs.items() if key != PROVIDER and value is not None}
        checked = handler.check({}, _wire(given))
        if checked.failures:
            said = "; ".join(
                f"{each.property}: {each.reason}" if each.property else each.reason for each in checked.failures
            )
            raise ConfigurationError(f'entra:{kind} "{args.name}": {said}')
        made = handler.create(_wire(checked.inputs))
        return str(made.id), _wire(made.outs or {})


def _wire(values: Mapping[str, JSON]) -> dict[str, JSON]:
    """The values as they arrive on the other side of an engine: secrets unwrapped, numbers as floats."""
    copied: dict[str, JSON] = _copied(values)
    return {key: value for key, value in copied.items() if value is not None}


def _copied(value: JSON) -> JSON:
    if rpc.is_rpc_secret(value):
        return _copied(rpc.unwrap_rpc_secret(value))
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_copied(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
