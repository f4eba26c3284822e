"""Two tenants or more, a stack of a program in a small engine, and a transport in which faults strike."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from entra_sync.emulator import Emulator
from entra_sync.environment import NO_CACHE
from entra_sync.graph.gateway import Graph, connecting
from entra_sync.tenant import Tenant
from tests.faults.faulty import Fault, Faulty
from tests.faults.mini import Declared, Engine, Failed, State, program

__all__ = ["PHASES", "Saved", "World", "declarations"]

JSON = Any
PHASES = ("up", "update", "refresh", "destroy")
GROUPS = ("Engineering", "Support")
BETWEEN = timedelta(seconds=90)
"""Time between two runs."""


@dataclass(frozen=True)
class Saved:
    """A world as it was once: its tenants in a file, its state, and its time."""

    tenants: Path
    states: dict[str, State]
    moment: datetime


class World:
    """Tenants, a stack of a program, and a transport in which faults strike."""

    def __init__(self, name: str, *, delay: float = 0.0, seed: int = 1) -> None:
        self.emulator = _tenants(name)
        self.transport = Faulty(self.emulator.transport())
        self.engine = Engine()
        self.first, self.second = declarations(name)
        self._plain: dict[str, str] = {}
        self._known: set[str] = set()
        self._known = set(_GUID.findall(json.dumps(list(self._documents()))))
        self._at_first = set(self._rows())
        self._directory = tempfile.TemporaryDirectory()
        self._saved = 0
        self.emulator.delay_replication(delay, seed=seed)

    def run(self, phase: str, fault: Fault | None = None) -> tuple[list[tuple[str, BaseException | None]], int]:
        """Runs a phase as a process of its own; returns its errors and how many calls changed something."""
        self.transport.fault = fault
        start = len(self.emulator.requests)
        errors: list[tuple[str, BaseException | None]] = []
        quiet = io.StringIO()
        with (
            connecting(self._connect),
            _without_cache(),
            contextlib.redirect_stderr(quiet),
            contextlib.redirect_stdout(quiet),
        ):
            try:
                self._phase(phase)
            except Failed as failed:
                errors = failed.errors
        self.transport.fault = None
        sent = [call for call in self.emulator.requests.calls(start) if "validateCredentials" not in call[1]]
        self.emulator.clock.advance(BETWEEN)
        return errors, len(sent)

    def save(self) -> Saved:
        """The world as it is now."""
        self._saved += 1
        path = Path(self._directory.name) / str(self._saved)
        self.emulator.snapshot(path)
        return Saved(path, dict(self._copied(self.engine.states)), self.emulator.clock.now())

    def restore(self, saved: Saved) -> None:
        """Makes the world what it was once."""
        self.emulator.reset(saved.tenants)
        self.emulator.clock.set(saved.moment)
        self.engine.states = dict(self._copied(saved.states))

    def seen(self) -> Counter[str]:
        """Everything that the tenants hold, with new ids and times taken out. Logs and deleted objects are left out."""
        return Counter(self._without_new_ids(json.dumps(document, sort_keys=True)) for document in self._documents())

    def condition(self) -> str:
        """All that a further run can meet, as a text: the tenants with what is deleted, and the engine's state.

        Two worlds with the same text differ in nothing but times, logs and the new ids, which are numbered in the order
        in which they appear.
        """
        states = [[name, state.id, state.inputs, state.outputs] for name, state in self.engine.states.items()]
        rows = list(self._rows())
        edges = self._query("SELECT tenant, kind, source, target, removed FROM edges ORDER BY version")
        new = [row for row in rows if row not in self._at_first]
        gone = sorted(self._at_first - set(rows), key=str)
        numbers: dict[str, str] = {}

        def number(match: re.Match[str]) -> str:
            return match[0] if match[0] in self._known else numbers.setdefault(match[0], f"id {len(numbers)}")

        return _TIME.sub("time", _ANY_ID.sub(number, json.dumps([states, new, gone, edges])))

    def _phase(self, phase: str) -> None:
        if phase == "refresh":
            self.engine.refresh()
        elif phase == "destroy":
            self.engine.destroy()
        else:
            self.engine.up(self.second if phase == "update" else self.first)

    def _connect(self, tenant: Tenant) -> Graph:
        async def sleep(seconds: float) -> None:
            self.emulator.clock.advance(timedelta(seconds=seconds))

        credential = self.emulator.credential(tenant.name)
        return Graph(tenant, credential=credential, transport=self.transport, sleep=sleep)

    def _query(self, sql: str) -> list[tuple[Any, ...]]:
        return self.emulator.service.store.query(sql, [])

    def _rows(self) -> Iterator[tuple[str, ...]]:
        """Every object as stored, in the order in which they were made."""
        for kind, tenant, id, parent, deleted, text in self._query(
            "SELECT kind, tenant, id, parent, deleted, doc FROM objects ORDER BY rowid"
        ):
            if kind not in _LOGS:
                yield kind, tenant, id, parent, deleted or "", _WRITES.sub("", text)

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

    @staticmethod
    def _copied(states: dict[str, State]) -> Iterator[tuple[str, State]]:
        """The states, each of which a run may change as a whole; it never changes values in place."""
        for name, state in states.items():
            yield name, replace(state)


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
_ANY_ID = re.compile(rf"{_GUID.pattern}|\b[0-9a-f]{{32}}\b|(?<=\")[\w-]{{27,}}(?=\\?\")")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)?|\d{10}\.\d+")
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
