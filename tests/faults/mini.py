"""A small engine in this process: it runs the texts of programs and does check, diff, create, … in Pulumi's order.

A program runs once, through Pulumi's mocks, and becomes a list of declarations. If an argument is the output of another
resource, a mark stands for it. Each run of the engine then fills in the marks from its state, so that thousands of runs
cost no more than the provider and the tenants. What it does not have: parallel steps, hooks. Values cross a JSON
boundary, as in the real engine. Destroy goes one by one, in reverse order of creation.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pulumi
from pulumi.output import UNKNOWN
from pulumi.runtime import mocks, rpc

import entra_sync
from entra_sync.base.handler import Handler
from entra_sync.base.values.unknown import is_unknown, map_leaves
from entra_sync.operate.project.running import program_loop
from tests.resources.lifecycle import wire

JSON = Any
PROGRAMS = Path(__file__).parents[2] / "programs"
TYPE_PREFIX = "pulumi-python:dynamic/entra:"


@dataclass(frozen=True)
class Declared:
    """A resource of a program.

    Attributes:
        name: Its name in the program.
        handler: Its handler, which the engine would reach by what ``__provider`` holds.
        inputs: Its arguments, with marks for outputs of others.
        deleted_with: Name of the resource whose deletion takes this one along; empty if none does.
    """

    name: str
    handler: Handler[Any]
    inputs: Mapping[str, JSON]
    deleted_with: str


@dataclass(frozen=True)
class State:
    """What the engine keeps of a resource."""

    declared: Declared
    id: str
    inputs: Mapping[str, JSON]
    outputs: Mapping[str, JSON]

    @cached_property
    def text(self) -> str:
        """All of it as a text."""
        return json.dumps([self.declared.name, self.id, self.inputs, self.outputs])


@dataclass
class Progress:
    """How far a run has come.

    Attributes:
        verb: ``up``, ``refresh`` or ``destroy``.
        declared: The program of an ``up``; else the resources that there were at the start.
        done: How many of them are done.
        incomplete: What went wrong although the run went on.
        replaced: Old states that are deleted at the end.
    """

    verb: str
    declared: Sequence[Declared]
    done: int = 0
    incomplete: list[tuple[str, BaseException | None]] = field(default_factory=list)
    replaced: list[State] = field(default_factory=list)

    def copy(self) -> Progress:
        """A copy that can go on by itself."""
        return replace(self, incomplete=list(self.incomplete), replaced=list(self.replaced))


class Failed(Exception):
    """A run that the engine would end with an error; ``errors`` are the messages with the exceptions behind them."""

    def __init__(self, errors: Sequence[tuple[str, BaseException | None]]) -> None:
        self.errors = list(errors)
        super().__init__("; ".join(message for message, _ in errors))


def program(
    name: str, configuration: Mapping[str, JSON], edit: Callable[[str], str] = str, *, preview: bool = False
) -> list[Declared]:
    """The declarations of a program of ``programs/``, in the order in which the engine gets them.

    Args:
        name: Folder of the program.
        configuration: Its configuration, without the project's name.
        edit: What changes the program's text before it runs.
        preview: It runs in a preview.
    """
    recorder = Recorder()
    text = edit((PROGRAMS / name / "__main__.py").read_text())

    @pulumi.runtime.test
    def run() -> None:
        exec(compile(text, f"{name}/__main__.py", "exec"), {"__name__": "__main__"})

    with program_loop() as loop:
        loop.set_default_executor(ThreadPoolExecutor(1))
        mocks.set_mocks(recorder, project=name, stack="test", preview=preview, monitor=_Monitor(recorder))
        pulumi.runtime.set_all_config({f"{name}:{key}": json.dumps(value) for key, value in configuration.items()})
        run()
    return recorder.declared


class Engine:
    """A stack: what its state holds, and how a program is made real."""

    def __init__(self) -> None:
        self.states: dict[str, State] = {}

    def start(self, verb: str, program: Sequence[Declared]) -> Progress:
        """The start of a run. Destroy goes in reverse order of creation."""
        if verb == "up":
            return Progress(verb, program)
        there = [state.declared for state in self.states.values()]
        return Progress(verb, there[::-1] if verb == "destroy" else there)

    def go_on(self, run: Progress, between: Callable[[], None] = lambda: None) -> None:
        """Brings a run to its end.

        Args:
            run: How far it has come.
            between: Called before each resource, and before what comes after the last one.

        Raises:
            Failed: A step failed, or a resource was recorded as incomplete.
        """
        steps = {"up": self._make, "refresh": self._read, "destroy": self._delete}
        for declared in run.declared[run.done :]:
            between()
            with self._step(declared.name, run.incomplete):
                steps[run.verb](declared, run)
            run.done += 1
        between()
        if run.incomplete:
            raise Failed(run.incomplete)
        for old in reversed(run.replaced):
            with self._step(old.declared.name, []):
                old.declared.handler.delete(old.id, wire(old.outputs))

    def preview(self, program: Sequence[Declared], at: Callable[[str], None] = lambda _: None) -> None:
        """Checks each declaration. Outputs that only `up` would tell are unknown; the states stay as they are.

        Args:
            program: The declarations.
            at: Called before each with its name.
        """
        before = dict(self.states)
        try:
            for declared in program:
                at(declared.name)
                old = self.states.get(declared.name)
                checked = self._checked(declared, old.inputs if old else {}, self._filled(declared.inputs))
                diff = declared.handler.diff(old.id, _wired(old.outputs), checked) if old else None
                if old is None or diff is None or diff.replaces:
                    self.states[declared.name] = State(declared, "", checked, _Expected(checked))
                elif diff.changes:
                    self.states[declared.name] = replace(old, inputs=checked, outputs={**old.outputs, **checked})
        finally:
            self.states = before

    def _read(self, declared: Declared, run: Progress) -> None:
        state = self.states[declared.name]
        read = declared.handler.read(state.id, wire(state.outputs))
        if not read.id:
            del self.states[declared.name]
        else:
            self.states[declared.name] = replace(state, inputs=wire(read.inputs or {}), outputs=wire(read.outs or {}))

    def _delete(self, declared: Declared, run: Progress) -> None:
        state = self.states[declared.name]
        if declared.deleted_with not in {each.name for each in run.declared}:
            declared.handler.delete(state.id, wire(state.outputs))
        # The engine forgets what goes with another one at once; the other one is deleted later.
        del self.states[declared.name]

    def _make(self, declared: Declared, run: Progress) -> None:
        inputs = self._filled(declared.inputs)
        old = self.states.get(declared.name)
        handler = declared.handler
        checked = self._checked(declared, old.inputs if old else {}, inputs)
        diff = handler.diff(old.id, wire(old.outputs), checked) if old else None
        if old is None or diff is None:
            self._create(declared, checked)
        elif diff.replaces:
            if diff.delete_before_replace:
                handler.delete(old.id, wire(old.outputs))
                del self.states[declared.name]
            else:
                run.replaced.append(old)
            self._create(declared, self._checked(declared, {}, inputs))
        elif diff.changes:
            outputs = handler.update(old.id, wire(old.outputs), checked).outs
            self.states[declared.name] = State(declared, old.id, checked, wire(outputs or {}))
        else:
            self.states[declared.name] = replace(old, declared=declared, inputs=checked)
        outputs = self.states[declared.name].outputs
        if outputs.get("provisioningState") == "incomplete":
            run.incomplete.append((f"{declared.name} was not finished: {outputs['problem']}", None))

    def _create(self, declared: Declared, inputs: dict[str, JSON]) -> None:
        created = declared.handler.create(inputs)
        self.states[declared.name] = State(declared, created.id, inputs, wire(created.outs))

    def _checked(self, declared: Declared, olds: Mapping[str, JSON], news: Mapping[str, JSON]) -> dict[str, JSON]:
        checked = declared.handler.check(_wired(olds), _wired(news))
        if checked.failures:
            raise Failed([(each.reason, None) for each in checked.failures])
        return _wired(checked.inputs)

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


def _wired(values: Mapping[str, JSON]) -> dict[str, JSON]:
    """*values* across the JSON boundary, at which the engine has a text for what is not known."""
    sent = wire(map_leaves(lambda leaf: rpc.UNKNOWN if is_unknown(leaf) else leaf, dict(values)))
    received: dict[str, JSON] = map_leaves(lambda leaf: UNKNOWN if leaf == rpc.UNKNOWN else leaf, sent)
    return received


class _Expected(dict[str, JSON]):
    """The outputs of a creation in preview: what check() knows; the rest is unknown."""

    def get(self, name: str, default: JSON = None) -> JSON:
        """The output."""
        return super().get(name, UNKNOWN)


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
        model = resource.handler.args
        names = {*map(model.wire, model.model_fields), *resource.outputs()}
        others = sorted(names - inputs.keys())
        return args.name, {**inputs, **{output: f"«{args.name}.{output}»" for output in others}}


class _Monitor(mocks.MockMonitor):
    """Also notes ``deleted_with``, which mocks are not told."""

    def RegisterResource(self, request: JSON) -> JSON:
        self.mocks.deleted_with = request.deletedWith.rsplit("::", 1)[-1]  # type: ignore[attr-defined]
        return super().RegisterResource(request)


_MARK = re.compile("«([^.»]+)\\.([^»]+)»")
