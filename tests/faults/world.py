"""Two tenants or more, a stack of a program in a small engine, and a transport in which faults strike."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from entra_sync.base.run.memory import forget
from entra_sync.emulator import Emulator
from entra_sync.environment import NO_CACHE
from entra_sync.graph.gateway import Graph, connecting
from entra_sync.microsoft.tenant import Tenant
from tests.faults.faulty import Fault, Faulty
from tests.faults.memory import Memory, keep, remind, texts
from tests.faults.mini import Declared, Engine, Failed, Progress, State, program

__all__ = ["PHASES", "Saved", "World", "declarations"]

JSON = Any
Errors = list[tuple[str, BaseException | None]]
PHASES = ("up", "update", "refresh", "destroy")
GROUPS = ("Engineering", "Support")
BETWEEN = timedelta(seconds=90)
"""Time between two runs."""


@dataclass(frozen=True)
class Saved:
    """A world as it was once, in the middle of a run.

    Attributes:
        tenants: File that holds the tenants.
        moment: Their time.
        states: The engine's state.
        run: How far the run had come.
        memory: What the process remembered.
        sent: How many requests of each kind the run had sent.
    """

    tenants: Path
    moment: datetime
    states: dict[str, State]
    run: Progress
    memory: Memory
    sent: Counter[str]


class World:
    """Tenants, a stack of a program, and a transport in which faults strike."""

    def __init__(self, name: str, *, delay: float = 0.0, seed: int = 1) -> None:
        self.emulator = _tenants(name)
        self.transport = Faulty(self.emulator.transport())
        self.engine = Engine()
        self.first, self.second = declarations(name)
        self._run = Progress("up", [])
        self.graphs: dict[Tenant, Graph] = {}
        self._credentials = {branch: self.emulator.credential(branch) for branch in self.emulator.tenants}
        self._written = self.emulator.service.store.version
        self._at_first = set(self._query(_IDS))
        self._known = set(_GUID.findall(json.dumps(self._query("SELECT id, doc FROM objects"))))
        self._templates: dict[bytes, tuple[bytes, list[str]]] = {}
        self._plain: dict[str, str] = {}
        self._directory = tempfile.TemporaryDirectory()
        self._saved = 0
        self.emulator.delay_replication(delay, seed=seed)

    def run(self, phase: str, fault: Fault | None = None) -> tuple[Errors, int]:
        """Runs a phase as a process of its own; returns its errors and how many calls changed something."""
        self.start(phase)
        return self.go_on(fault)

    def start(self, phase: str) -> None:
        """Starts the process of a phase, which remembers nothing."""
        forget()
        self.graphs.clear()
        self._run = self.engine.start(
            "up" if phase == "update" else phase, self.second if phase == "update" else self.first
        )
        self._sent_before = len(self.emulator.requests)

    def go_on(self, fault: Fault | None = None, between: Callable[[], None] = lambda: None) -> tuple[Errors, int]:
        """Brings a run to its end; *between* is called before each resource and after the last one."""
        self.transport.fault = fault
        errors: Errors = []
        quiet = io.StringIO()
        with (
            connecting(self._connect),
            _without_cache(),
            contextlib.redirect_stderr(quiet),
            contextlib.redirect_stdout(quiet),
        ):
            try:
                self.engine.go_on(self._run, between)
            except Failed as failed:
                errors = failed.errors
            finally:
                self.transport.fault = None
        self.emulator.clock.advance(BETWEEN)
        return errors, self.sent()

    def sent(self) -> int:
        """How many calls of this run changed something so far."""
        calls = self.emulator.requests.calls(self._sent_before)
        return len([call for call in calls if "validateCredentials" not in call[1]])

    def save(self) -> Saved:
        """The world as it is now."""
        self._saved += 1
        path = Path(self._directory.name) / str(self._saved)
        self.emulator.snapshot(path)
        return Saved(
            path,
            self.emulator.clock.now(),
            dict(self.engine.states),
            self._run.copy(),
            keep(self.graphs.values()),
            Counter(self.transport.kinds),
        )

    def restore(self, saved: Saved) -> None:
        """Makes the world what it was once."""
        self.emulator.reset(saved.tenants)
        self.emulator.clock.set(saved.moment)
        self.engine.states = dict(saved.states)
        self._run = saved.run.copy()
        self.graphs = {tenant: self._connect(tenant) for tenant in saved.memory.created}
        remind(saved.memory, self.graphs)
        self._sent_before = 0

    def seen(self) -> Counter[str]:
        """Everything that the tenants hold, with new ids and times taken out. Logs and deleted objects are left out."""
        return Counter(self._without_new_ids(json.dumps(document, sort_keys=True)) for document in self._documents())

    def condition(self) -> bytes:
        """A digest of all that decides how things go on: the tenants with what is deleted, the state, and the process.

        Two worlds with the same digest differ in nothing but times, logs and the new ids, which are numbered in the
        order in which they appear.
        """
        digest = hashlib.sha256()
        numbers: dict[str, int] = {}
        for text in self._texts():
            template, ids = self._template(text)
            digest.update(template + ",".join(str(numbers.setdefault(id, len(numbers))) for id in ids).encode())
        return digest.digest()

    def _texts(self) -> Iterator[str]:
        run = self._run
        yield f"{run.verb} {run.done} {[(message, type(error)) for message, error in run.incomplete]}"
        yield from (state.text for state in run.replaced)
        yield ";"
        yield from (state.text for state in self.engine.states.values())
        yield from texts(self.graphs.values())
        for *names, text in self._query(f"{_OBJECTS} WHERE version > {self._written} ORDER BY rowid"):
            if names[0] not in _LOGS:
                yield f"{names}{_WRITES.sub('', text)}"
        yield str(sorted(self._at_first.difference(self._query(_IDS))))
        yield from map(str, self._query(f"{_EDGES} WHERE version > {self._written} ORDER BY version"))
        yield str(self._query("SELECT count(*) FROM edges"))

    def _template(self, text: str) -> tuple[bytes, list[str]]:
        """A digest of a text without times and new ids, and the new ids in their order."""
        key = hashlib.sha256(text.encode()).digest()
        if key not in self._templates:
            ids: list[str] = []

            def take(match: re.Match[str]) -> str:
                if match[0] in self._known:
                    return match[0]
                ids.append(match[0])
                return "id"

            plain = _TIME.sub("time", _ANY_ID.sub(take, text))
            self._templates[key] = hashlib.sha256(plain.encode()).digest(), ids
        return self._templates[key]

    def _connect(self, tenant: Tenant) -> Graph:
        async def sleep(seconds: float) -> None:
            self.emulator.clock.advance(timedelta(seconds=seconds))

        if tenant not in self.graphs:
            credential = self._credentials[tenant.name]
            self.graphs[tenant] = Graph(tenant, credential=credential, transport=self.transport, sleep=sleep)
        return self.graphs[tenant]

    def _query(self, sql: str) -> list[tuple[Any, ...]]:
        return self.emulator.service.store.query(sql, [])

    def _documents(self) -> Iterator[JSON]:
        """The live objects. An assignment to a deleted application is none."""
        rows = self._query("SELECT kind, tenant, doc FROM objects WHERE deleted IS NULL")
        found = [[kind, tenant, _shown(json.loads(text))] for kind, tenant, text in rows if kind not in _LOGS]
        live = {document.get("id") for _, _, document in found}
        return (each for each in found if each[2].get("resourceId", "") in {"", *live})

    def _without_new_ids(self, document: str) -> str:
        if document not in self._plain:
            text = _GUID.sub(lambda match: match[0] if match[0] in self._known else "id", document)
            self._plain[document] = _OTHER_IDS.sub("id", _TIME.sub("time", text))
        return self._plain[document]


@contextlib.contextmanager
def _without_cache() -> Iterator[None]:
    """No run reads or writes the snapshots of users that a real one keeps."""
    before = os.environ.get(NO_CACHE)
    os.environ[NO_CACHE] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[NO_CACHE]
        else:
            os.environ[NO_CACHE] = before


def _shown(document: JSON) -> JSON:
    """A document without the emulator's own notes: versions, and what a late replica still answers.

    Lists that have no order of their own are sorted.
    """
    shown = {key: value for key, value in document.items() if not key.startswith("_") and key != "before"}
    return {key: sorted(value, key=json.dumps) if key in _UNORDERED else value for key, value in shown.items()}


_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_OTHER_IDS = re.compile(r"\b[0-9a-f]{32}\b|(?<=\"id\": \")[\w-]{27,}(?=\")")
"""Ids of jobs, and of assignments."""
_ANY_ID = re.compile(rf"{_GUID.pattern}|\b[0-9a-f]{{32}}\b|(?<=[\"'])[\w-]{{27,}}(?=\\?[\"'])")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)?|\d{10}\.\d+")
_IDS = "SELECT kind, tenant, id FROM objects"
_OBJECTS = "SELECT kind, tenant, id, parent, deleted, doc FROM objects"
_EDGES = "SELECT tenant, kind, source, target, removed FROM edges"
_WRITES = re.compile(r'"_(made|set)":(\d+|\{[^}]*\}),?')
"""Numbers of writes. Only a delta query, which runs without a cache do not ask, depends on them."""
_UNORDERED = {"assignedLicenses", "licenseAssignmentStates", "tags"}
_LOGS = {"audit", "directoryAudit", "provisioning", "signIn", "change", "activity"}

_declared: dict[str, tuple[list[Declared], list[Declared]]] = {}


def _tenants(name: str) -> Emulator:
    """The sample that a program of this name is for; its administrators have ticked the cross-cloud box."""
    emulator = Emulator.sample("worldwide" if name == "hub_and_spoke" else "contoso", seed=3, people=20)
    for branch in emulator.tenants.keys() - {"contoso"}:
        emulator.tenants[branch].allow_cross_cloud_synchronization_from("global")
    return emulator


def declarations(name: str) -> tuple[list[Declared], list[Declared]]:
    """A program, and the same with one group more in scope."""
    if name not in _declared:
        emulator = _tenants(name)
        store = emulator.service.store
        tenant_id = emulator.tenants["contoso"].tenant_id
        ids = {entry.doc["displayName"]: entry.id for entry in store.objects(tenant_id, "group")}
        connections = {
            each.name: {"tenant_id": each.tenant_id, "cloud": str(each.cloud)} for each in emulator.tenants.values()
        }
        groups = [ids[group] for group in GROUPS]
        _declared[name] = (
            program(name, {**connections, "groups": groups[:1]}),
            program(name, {**connections, "groups": groups}),
        )
    return _declared[name]
