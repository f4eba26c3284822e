"""Carries out a program in this process: each resource is checked and created, as `pulumi up` does in a new stack."""

from __future__ import annotations

import asyncio
import os
import runpy
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pulumi.runtime import rpc, settings, stack as pulumi_stack
from pulumi.runtime.config import set_all_config
from pulumi.runtime.mocks import MockCallArgs, MockEngine, MockMonitor, MockResourceArgs, Mocks

import entra_sync
from entra_sync.base.handler import Handler
from entra_sync.base.kinds import kind_of
from entra_sync.base.run.memory import forget
from entra_sync.errors import ConfigurationError

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
    settings.configure(
        settings.Settings(
            project=project, stack=stack, dry_run=False, monitor=MockMonitor(creator), engine=MockEngine(None)
        )
    )
    settings.set_root_resource(None)  # type: ignore[arg-type]
    settings.SETTINGS.rpc_manager.clear()
    settings.SETTINGS.outputs.clear()
    set_all_config(dict(config))
    try:
        with _place_of(main), _loop() as loop:
            loop.run_until_complete(pulumi_stack.run_in_stack(lambda: _main(main)))
    except Exception as problem:
        cause = creator.failure or problem
        if isinstance(cause, ConfigurationError):
            raise cause from None
        raise ConfigurationError(f"{main}: {cause}") from cause


@contextmanager
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop that ends in silence: a failure is raised once, not by each resource that waits for it."""
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)
    asyncio.set_event_loop(loop)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
        try:
            yield loop
        finally:
            for task in asyncio.all_tasks(loop):
                task.cancel()
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()
            asyncio.set_event_loop(None)


def _main(main: Path) -> None:
    runpy.run_path(str(main), run_name="__main__")


@contextmanager
def _place_of(main: Path) -> Iterator[None]:
    """The program's directory is the current one and on the path, and its modules are loaded for it alone."""
    before, path, modules = Path.cwd(), list(sys.path), set(sys.modules)
    os.chdir(main.parent)
    sys.path.insert(0, str(main.parent))
    try:
        yield
    finally:
        os.chdir(before)
        sys.path[:] = path
        for name in set(sys.modules) - modules:
            file = getattr(sys.modules[name], "__file__", None)
            if file and Path(file).parent == main.parent:
                del sys.modules[name]


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
        given = {key: value for key, value in args.inputs.items() if key != "__provider" and value is not None}
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
