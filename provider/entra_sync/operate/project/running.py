"""Runs a program in this process against a monitor of the caller's, without an engine."""

from __future__ import annotations

import asyncio
import os
import runpy
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pulumi.runtime import settings, stack as pulumi_stack
from pulumi.runtime.config import set_all_config
from pulumi.runtime.mocks import MockEngine, MockMonitor

__all__ = ["program_loop", "run_program"]


def run_program(
    main: Path, project: str, stack: str, config: Mapping[str, str], monitor: MockMonitor, *, dry_run: bool
) -> None:
    """Runs a program to its end.

    Args:
        main: The program's file.
        project: Name of the project.
        stack: Name of the stack.
        config: The stack's configuration, names with their namespace.
        monitor: Takes the resources that the program registers.
        dry_run: Whether the program is told that it runs in a preview.

    Raises:
        Exception: What ended the program.
    """
    settings.configure(
        settings.Settings(project=project, stack=stack, dry_run=dry_run, monitor=monitor, engine=MockEngine(None))
    )
    settings.set_root_resource(None)  # type: ignore[arg-type]
    settings.SETTINGS.rpc_manager.clear()
    settings.SETTINGS.outputs.clear()
    set_all_config(dict(config))
    with _place_of(main), program_loop() as loop:
        loop.run_until_complete(pulumi_stack.run_in_stack(lambda: _main(main)))


@contextmanager
def program_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop that ends in silence: a failure is raised once, not by each resource that waits for it."""
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)
    asyncio.set_event_loop(loop)
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
