"""A small deployment engine in this process: it runs real programs and drives the real handlers.

It does what Pulumi's engine does with a custom resource: check with the old inputs, diff with the old outputs, create,
update or replace, and at the end the deletes, dependents first. Between two resources that do not depend on each other
the order of deletes is drawn at random, as the real engine's parallel deletes have none. Each command is a process of
its own: what the provider process remembers is forgotten before the next one.
"""

from __future__ import annotations

import base64
import random
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import dill
import httpx
import orjson
from pulumi.runtime import rpc, settings, stack as pulumi_stack
from pulumi.runtime.config import set_all_config
from pulumi.runtime.mocks import MockEngine, MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.sync_await import _ensure_event_loop, _sync_await

from entra_sync.base.handler import Handler
from entra_sync.base.kinds import PROVIDER
from entra_sync.base.run.memory import forget
from entra_sync.emulator import Emulator
from entra_sync.graph.gateway import Graph, connecting
from entra_sync.microsoft.tenant import Tenant
from entra_sync.operate.project.running import program_loop
from tests.crashes import Mortal

JSON = Any
STACK = "pulumi:pulumi:Stack"


class Refused(Exception):
    """A check reported problems."""


@dataclass(frozen=True)
class State:
    """One resource of a stack's state."""

    urn: str
    id: str
    inputs: dict[str, JSON]
    outputs: dict[str, JSON]
    handler: Handler[Any]
    dependencies: frozenset[str]
    deleted_with: str
    retained: bool = False
    parent: str = ""


@dataclass
class Stack:
    """A stack of one program: its state, and the commands.

    Of the options of a resource it knows `aliases`, `deleted_with`, `delete_before_replace`, `ignore_changes` and
    `retain_on_delete`.

    Attributes:
        text: Text of the program.
        config: Its configuration.
        replaced: Ends of names whose resources the next `up` replaces, as with ``--replace``.
        excluded: Ends of names whose resources the next `up` leaves as they are, as with ``--exclude``.
        dies_after: Writes of the next command after which the process dies; None: it lives.
        after: Ends of two names: the first resource is registered after the second, whatever the program's order is, as
            the real engine's registrations have none.
        between: Makes the transport that stands between the next command and the tenants; None: none does.
    """

    emulator: Emulator
    text: str
    config: dict[str, JSON]
    name: str = "test"
    seed: int = 0
    state: dict[str, State] = field(default_factory=dict)
    replaced: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    dies_after: int | None = None
    after: tuple[str, str] | None = None
    between: Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport] | None = None

    def up(self) -> None:
        """`pulumi up`."""
        with self._process():
            run = _Run(self)
            run.program()
            run.deletes([state for urn, state in self.state.items() if urn not in run.seen])

    def preview(self) -> list[str]:
        """`pulumi preview`: every resource is checked, none is carried out, and nothing is kept.

        Returns:
            The Graph calls that it lists, as verb and path.
        """
        with self._process():
            run = _Run(self, dry=True)
            run.program()
            return run.listed

    def destroy(self, end: str = "") -> None:
        """`pulumi destroy`; with *end*, of the resource whose name ends so and its dependents, as with ``--target``."""
        targets = {urn for urn in self.state if urn.endswith(end)}
        for urn, state in self.state.items():
            if targets & {*state.dependencies, state.deleted_with}:
                targets.add(urn)
        with self._process():
            _Run(self).deletes([state for urn, state in self.state.items() if urn in targets])

    def refresh(self) -> None:
        """`pulumi refresh`."""
        with self._process():
            for urn, state in list(self.state.items()):
                read = state.handler.read(state.id, wire(state.outputs))
                if not read.id:
                    del self.state[urn]
                else:
                    provider = {PROVIDER: state.outputs[PROVIDER]}
                    read_now = wire({**read.outs, **provider}), wire({**read.inputs, **provider})
                    self.state[urn] = replace(state, outputs=read_now[0], inputs=read_now[1])

    def forget(self, end: str) -> None:
        """`pulumi state delete` of the resource whose name ends so."""
        (urn,) = [urn for urn in self.state if urn.endswith(end)]
        del self.state[urn]

    @contextmanager
    def _process(self) -> Iterator[None]:
        forget()
        start, last, between = len(self.emulator.requests.writes), self.dies_after, self.between

        async def sleep(seconds: float) -> None:
            self.emulator.clock.advance(timedelta(seconds=seconds))

        def make(tenant: Tenant) -> Graph:
            transport = self.emulator.transport()
            if between is not None:
                transport = between(transport)
            if last is not None:
                transport = Mortal(transport, self.emulator, start + last)
            return Graph(tenant, credential=self.emulator.credential(tenant.name), transport=transport, sleep=sleep)

        try:
            with connecting(make):
                yield
        finally:
            self.dies_after, self.between, self.replaced, self.excluded = None, None, (), ()


class _Run(MockMonitor):
    """One run of the program against the stack's state."""

    def __init__(self, stack: Stack, *, dry: bool = False) -> None:
        super().__init__(_NoMocks())
        self.stack = stack
        self.dry = dry
        self.seen: set[str] = set()
        self.listed: list[str] = []
        self.later: list[State] = []
        self.former: dict[str, list[str]] = {}
        self.failure: BaseException | None = None
        self.lock = threading.Lock()
        self.passed = threading.Event()

    def program(self) -> None:
        """Runs the program to its end.

        Raises:
            BaseException: What ended it.
        """
        settings.configure(
            settings.Settings(
                project="test", stack=self.stack.name, dry_run=self.dry, monitor=self, engine=MockEngine(None)
            )
        )
        settings.set_root_resource(None)  # type: ignore[arg-type]
        settings.SETTINGS.rpc_manager.clear()
        settings.SETTINGS.outputs.clear()
        set_all_config({f"test:{name}": text_of(value) for name, value in self.stack.config.items()})
        try:
            with program_loop() as loop:
                loop.run_until_complete(pulumi_stack.run_in_stack(self._execute))
        except BaseException as problem:
            raise self.failure or problem from None
        if self.failure is not None:
            raise self.failure
        for state in self.later:
            state.handler.delete(state.id, wire(state.outputs))

    def _execute(self) -> None:
        exec(compile(self.stack.text, "__main__.py", "exec"), {"__name__": "__main__"})

    def deletes(self, states: Sequence[State]) -> None:
        """Deletes resources, dependents first, in an order that is otherwise drawn at random."""
        draw = random.Random(self.stack.seed)
        left = {state.urn: state for state in states}
        while left:
            free = [
                state
                for urn, state in left.items()
                if not any(urn in other.dependencies or urn == other.deleted_with for other in left.values())
            ]
            state = draw.choice(free)
            if state.deleted_with not in left and not state.retained:
                state.handler.delete(state.id, wire(state.outputs))
            del left[state.urn]
            del self.stack.state[state.urn]

    # -- what a program's process calls

    def RegisterResource(self, request: Any) -> Any:
        """Registers a component, or carries a resource out."""
        urn = self._urn(request)
        self.former[urn] = [*request.aliasURNs, *self._inherited(request)]
        if not request.custom:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        _ensure_event_loop()
        later, earlier = self.stack.after or ("", "")
        if later and urn.endswith(later):
            assert self.passed.wait(60), f"{earlier} is not registered"
        with self.lock:
            if self.failure is not None:
                raise RuntimeError("the run has ended")
            try:
                left_out = any(urn.endswith(end) for end in self.stack.excluded)
                state = self._left_out(urn) if left_out else self._step(urn, request)
            except BaseException as problem:
                self.failure = problem
                raise RuntimeError("the run has ended") from problem
        if earlier and urn.endswith(earlier):
            self.passed.set()
        outputs = _sync_await(rpc.serialize_properties(dict(state.outputs), {}))
        return resource_pb2.RegisterResourceResponse(urn=urn, id=state.id, object=outputs)

    def _urn(self, request: Any) -> str:
        kind = request.type
        if request.parent and f"::{STACK}::" not in request.parent:
            kind = f"{request.parent.split('::')[2]}${kind}"
        return f"urn:pulumi:{self.stack.name}::test::{kind}::{request.name}"

    def _inherited(self, request: Any) -> Iterator[str]:
        """The former URNs of a resource whose parent has an alias, as the engine derives them."""
        parent_name = request.parent.rsplit("::", 1)[-1]
        for former in self.former.get(request.parent, []):
            head, name = former.rsplit("::", 1)
            own = request.name.removeprefix(parent_name)
            yield f"{head}${request.type}::{name + own if own != request.name else request.name}"

    def _step(self, urn: str, request: Any) -> State:
        values = rpc.deserialize_properties(request.object)
        handler: Handler[Any] = dill.loads(_decoded(values[PROVIDER]))
        news = wire({key: value for key, value in values.items() if value is not None})
        old = self._old(urn, request)
        self.seen.add(urn)
        if old is not None:
            for name in request.ignoreChanges:
                news.pop(name, None)
                news.update({name: old.inputs[name]} if name in old.inputs else {})
        dependencies = frozenset(request.dependencies)

        def state(id: str, inputs: JSON, outputs: JSON) -> State:
            options = (dependencies, request.deletedWith, request.retainOnDelete, request.parent)
            made = State(urn, id, wire(inputs), wire({**outputs, PROVIDER: news[PROVIDER]}), handler, *options)
            self.stack.state[urn] = made
            return made

        checked = self._checked(handler, {} if old is None else old.inputs, news)
        if self.dry:
            if old is None or handler.diff(old.id, wire(old.outputs), wire(checked)).changes:
                self.listed += [call["call"] for call in checked["graphCalls"]]
            known = checked if old is None else {**old.outputs, **checked}
            return State(urn, "" if old is None else old.id, wire(checked), known, handler, dependencies, "")
        if old is None:
            made = handler.create(wire(checked))
            return state(made.id, checked, made.outs)
        diff = handler.diff(old.id, wire(old.outputs), wire(checked))
        forced = any(urn.endswith(end) for end in self.stack.replaced)
        if diff.replaces or forced:
            checked = self._checked(handler, {}, news)
            creates_first = request.deleteBeforeReplaceDefined and not request.deleteBeforeReplace
            if request.deleteBeforeReplace or (diff.delete_before_replace and not creates_first):
                handler.delete(old.id, wire(old.outputs))
                del self.stack.state[urn]
            else:
                self.later.append(old)
            made = handler.create(wire(checked))
            return state(made.id, checked, made.outs)
        if diff.changes:
            return state(old.id, checked, handler.update(old.id, wire(old.outputs), wire(checked)).outs)
        return state(old.id, checked, old.outputs)

    def _left_out(self, urn: str) -> State:
        self.seen.add(urn)
        return self.stack.state[urn]

    def _old(self, urn: str, request: Any) -> State | None:
        if urn in self.stack.state:
            return self.stack.state[urn]
        for before in self.former[urn]:
            if before in self.stack.state:
                return self.stack.state.pop(before)
        return None

    def SupportsFeature(self, request: Any) -> Any:
        """What the real engine supports, but for aliases, which the SDK then writes out."""
        supported = super().SupportsFeature(request)
        return supported if request.id != "aliasSpecs" else type("Answer", (), {"hasSupport": False})

    def GetDeploymentInfo(self, request: Any) -> Any:
        """The same, as one answer."""
        features = super().GetDeploymentInfo(request).supportedFeatures
        aliases = resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS
        return resource_pb2.DeploymentInfo(supportedFeatures=[each for each in features if each != aliases])

    def _checked(self, handler: Handler[Any], olds: JSON, news: JSON) -> dict[str, JSON]:
        result = handler.check(wire(olds), wire(news))
        if result.failures:
            raise Refused("; ".join(f"{each.property}: {each.reason}" for each in result.failures))
        return wire({**result.inputs, PROVIDER: news[PROVIDER]})


class _NoMocks(Mocks):
    def call(self, args: Any) -> Any:
        raise AssertionError("a program calls no functions of providers")

    def new_resource(self, args: MockResourceArgs) -> Any:
        raise AssertionError("resources are carried out")


def wire(value: Mapping[str, JSON]) -> dict[str, JSON]:
    """*value* as it arrives on the other side of the engine: a copy in which every number is a float."""
    return {
        key: float(item) if isinstance(item, int) and not isinstance(item, bool) else _copied(item)
        for key, item in value.items()
        if item is not None
    }


def _copied(value: JSON) -> JSON:
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_copied(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def text_of(value: JSON) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _decoded(provider: str) -> bytes:
    return base64.b64decode(provider)
