"""A small engine in this process: it runs the texts of programs and does check, diff, create, … in Pulumi's order.

A program runs once, through Pulumi's mocks, and becomes a list of declarations. If an argument is the output of another
resource, a mark stands for it. Each run of the engine then fills in the marks from its state, so that thousands of runs
cost no more than the provider and the tenants. What it does not have: previews, parallel steps, hooks. Values cross a
JSON boundary, as in the real engine. Destroy goes one by one, in reverse order of creation.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import mocks, rpc

import entra_sync
from entra_sync.base.handler import Handler
from entra_sync.base.run.memory import forget
from entra_sync.base.unknown import map_leaves
from tests.resources.lifecycle import wire

JSON = Any
PROGRAMS = Path(__file__).parents[2] / "programs"
TYPE_PREFIX = "pulumi-python:dynamic/entra:"


@dataclass(frozen=True)
class Declared:
    """A resource of a program.

    Attributes:
        name: Its name in the program.
        handler: What the engine would load from ``__provider``.
        inputs: Its arguments, with marks for outputs of others.
        deleted_with: Name of the resource whose deletion takes this one along; empty if none does.
    """

    name: str
    handler: Handler[Any]
    inputs: Mapping[str, JSON]
    deleted_with: str


@dataclass
class State:
    """What the engine keeps of a resource."""

    declared: Declared
    id: str
    inputs: dict[str, JSON]
    outputs: dict[str, JSON]


class Failed(Exception):
    """A run that the engine would end with an error; ``errors`` are the messages with the exceptions behind them."""

    def __init__(self, errors: Sequence[tuple[str, BaseException | None]]) -> None:
        self.errors = list(errors)
        super().__init__("; ".join(message for message, _ in errors))


def program(name: str, configuration: Mapping[str, JSON], edit: Callable[[str], str] = str) -> list[Declared]:
    """The declarations of a program of ``programs/``, in the order in which the engine gets them.

    Args:
        name: Folder of the program.
        configuration: Its configuration, without the project's name.
        edit: What changes the program's text before it runs.
    """
    loop = asyncio.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(1))
    asyncio.set_event_loop(loop)
    recorder = Recorder()
    mocks.set_mocks(recorder, project=name, stack="test", monitor=_Monitor(recorder))
    pulumi.runtime.set_all_config({f"{name}:{key}": json.dumps(value) for key, value in configuration.items()})
    text = edit((PROGRAMS / name / "__main__.py").read_text())

    @pulumi.runtime.test
    def run() -> None:
        exec(compile(text, f"{name}/__main__.py", "exec"), {"__name__": "__main__"})

    try:
        run()
    finally:
        loop.close()
    return recorder.declared


class Engine:
    """A stack: what its state holds, and how a program is made real."""

    def __init__(self) -> None:
        self.states: dict[str, State] = {}

    def up(self, declared: Sequence[Declared]) -> dict[str, str]:
        """Makes the program real; returns what was done with each resource: create, update, replace, same or delete.

        Raises:
            Failed: A step failed, or a resource was recorded as incomplete.
        """
        forget()
        done: dict[str, str] = {}
        incomplete: list[tuple[str, BaseException | None]] = []
        pending: list[State] = []
        for each in declared:
            with self._step(each.name, incomplete):
                done[each.name] = self._make(each, pending)
            state = self.states[each.name]
            if state.outputs.get("provisioningState") == "incomplete":
                incomplete.append((f"{each.name} was not finished: {state.outputs['problem']}", None))
        if incomplete:
            raise Failed(incomplete)
        names = {each.name for each in declared}
        for old in reversed(pending):
            with self._step(old.declared.name, incomplete):
                old.declared.handler.delete(old.id, wire(old.outputs))
        gone = [name for name in self.states if name not in names]
        self._delete(gone)
        return {**done, **dict.fromkeys(gone, "delete")}

    def refresh(self) -> None:
        """Reads every resource."""
        forget()
        for name, state in list(self.states.items()):
            with self._step(name, []):
                read = state.declared.handler.read(state.id, wire(state.outputs))
            if not read.id:
                del self.states[name]
            else:
                state.inputs, state.outputs = wire(read.inputs or {}), wire(read.outs)

    def destroy(self) -> None:
        """Deletes every resource."""
        forget()
        self._delete(list(self.states))

    def _delete(self, names: Sequence[str]) -> None:
        for name in [name for name in reversed(self.states) if name in names]:
            state = self.states[name]
            if state.declared.deleted_with not in names:
                with self._step(name, []):
                    state.declared.handler.delete(state.id, wire(state.outputs))
            # The engine forgets what goes with another one at once; the other one is deleted later.
            del self.states[name]

    def _make(self, declared: Declared, pending: list[State]) -> str:
        inputs = self._filled(declared.inputs)
        old = self.states.get(declared.name)
        handler = declared.handler
        checked = self._checked(declared, old.inputs if old else {}, inputs)
        if old is None:
            self._create(declared, checked)
            return "create"
        diff = handler.diff(old.id, wire(old.outputs), checked)
        if diff.replaces:
            if diff.delete_before_replace:
                handler.delete(old.id, wire(old.outputs))
                del self.states[declared.name]
            else:
                pending.append(old)
            self._create(declared, self._checked(declared, {}, inputs))
            return "replace"
        if diff.changes:
            outputs = handler.update(old.id, wire(old.outputs), checked).outs
            old.declared, old.inputs, old.outputs = declared, checked, wire(outputs)
            return "update"
        old.declared, old.inputs = declared, checked
        return "same"

    def _create(self, declared: Declared, inputs: dict[str, JSON]) -> None:
        created = declared.handler.create(inputs)
        self.states[declared.name] = State(declared, created.id, inputs, wire(created.outs))

    def _checked(self, declared: Declared, olds: Mapping[str, JSON], news: Mapping[str, JSON]) -> dict[str, JSON]:
        checked = declared.handler.check(wire(olds), wire(news))
        if checked.failures:
            raise Failed([(each.reason, None) for each in checked.failures])
        return wire(checked.inputs)

    def _filled(self, inputs: Mapping[str, JSON]) -> dict[str, JSON]:
        """The inputs with the marks replaced by outputs; one that is not there is left out, as None is."""

        def fill(leaf: JSON) -> JSON:
            mark = _MARK.fullmatch(leaf) if isinstance(leaf, str) else None
            return self.states[mark[1]].outputs.get(mark[2]) if mark else leaf

        filled: dict[str, JSON] = map_leaves(fill, dict(inputs))
        return {key: value for key, value in filled.items() if value is not None}

    @contextlib.contextmanager
    def _step(self, name: str, before: Sequence[tuple[str, BaseException | None]]) -> Any:
        """A step whose failure ends the run, beside what went wrong before it."""
        try:
            yield
        except Failed as failed:
            raise Failed([*before, *((f"{name}: {message}", error) for message, error in failed.errors)]) from None
        except Exception as error:
            raise Failed([*before, (f"{name}: {error}", error)]) from error


class Recorder(mocks.Mocks):
    """Notes what a program declares, and answers with marks."""

    def __init__(self) -> None:
        self.declared: list[Declared] = []
        self.deleted_with = ""

    def call(self, args: mocks.MockCallArgs) -> dict[str, JSON]:
        """Programs here ask nothing."""
        raise NotImplementedError(args.token)

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, JSON]]:
        """A resource of ours becomes a declaration; its outputs are marks."""
        if not args.typ.startswith(TYPE_PREFIX):
            return None, {}
        resource = getattr(entra_sync, args.typ.removeprefix(TYPE_PREFIX))
        given = map_leaves(
            lambda leaf: rpc.unwrap_rpc_secret(leaf) if rpc.is_rpc_secret(leaf) else leaf, dict(args.inputs)
        )
        inputs = {key: value for key, value in given.items() if key != "__provider" and value is not None}
        self.declared.append(Declared(args.name, resource.handler(), inputs, self.deleted_with))
        others = [wired for wired in resource._wire.values() if wired not in inputs]
        return args.name, {**inputs, **{output: f"«{args.name}.{output}»" for output in others}}


class _Monitor(mocks.MockMonitor):
    """Also notes ``deleted_with``, which mocks are not told."""

    def RegisterResource(self, request: JSON) -> JSON:
        self.mocks.deleted_with = request.deletedWith.rsplit("::", 1)[-1]  # type: ignore[attr-defined]
        return super().RegisterResource(request)


_MARK = re.compile("«([^.»]+)\\.([^»]+)»")
