"""The matrix: each fault at each request of up, update, refresh and destroy, judged by what it leaves.

A case is right if (a) a second run without faults succeeds, (b) both tenants then equal those of a clean run, (c) a
third run does nothing, (d) a destroy leaves what a clean destroy leaves, (e) each error is one line of this package's
own.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from entra_sync.emulator import Emulator
from entra_sync.errors import EntraSyncError
from entra_sync.graph.gateway import Graph, connecting
from entra_sync.tenant import Tenant
from tests.faults.faulty import READ_FAULTS, WRITE_FAULTS, Fault, Faulty, writes
from tests.faults.mini import Declared, Engine, Failed, program

JSON = Any
PHASES = ("up", "update", "refresh", "destroy")
GROUPS = ("Engineering", "Support")
BETWEEN = timedelta(seconds=90)
"""Time between two runs."""


@dataclass(frozen=True)
class Case:
    """One cell of the matrix."""

    program: str
    phase: str
    request: str
    what: str
    number: int

    def __str__(self) -> str:
        return f"{self.program} {self.phase}: {Fault(self.request, self.what, self.number)}"


class World:
    """Two tenants, a stack of a program, and a transport in which faults strike."""

    def __init__(self, name: str, *, delay: float = 0.0, seed: int = 1) -> None:
        self.emulator = Emulator.sample("contoso", seed=3, people=20)
        self.emulator.tenants["federal"].allow_cross_cloud_synchronization_from("global")
        self.transport = Faulty(self.emulator.transport())
        self.engine = Engine()
        self.first, self.second = declarations(name)
        self.known = set(re.findall(_GUID, json.dumps(self._documents())))
        self.emulator.delay_replication(delay, seed=seed)

    def run(self, phase: str, fault: Fault | None = None) -> tuple[list[tuple[str, BaseException | None]], int]:
        """Runs a phase as a process of its own; returns its errors and how many calls changed something."""
        self.transport.fault = fault
        start = len(self.emulator.requests)
        errors: list[tuple[str, BaseException | None]] = []
        quiet = io.StringIO()
        with connecting(self._connect), contextlib.redirect_stderr(quiet), contextlib.redirect_stdout(quiet):
            try:
                self._phase(phase)
            except Failed as failed:
                errors = failed.errors
        self.transport.fault = None
        sent = [call for call in self.emulator.requests.calls(start) if "validateCredentials" not in call[1]]
        self.emulator.clock.advance(BETWEEN)
        return errors, len(sent)

    def seen(self) -> Counter[str]:
        """Everything that the tenants hold, with new ids and times taken out. Logs and deleted objects are left out."""
        text = dict.fromkeys(set(re.findall(_GUID, json.dumps(self._documents()))) - self.known, "id")

        def plain(document: str) -> str:
            document = re.sub(_GUID, lambda match: text.get(match[0], match[0]), document)
            return _OTHER_IDS.sub("id", _TIME.sub("time", document))

        return Counter(plain(json.dumps(document, sort_keys=True)) for document in self._documents())

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

    def _documents(self) -> list[JSON]:
        rows = self.emulator.service.store._database.execute(
            "SELECT kind, tenant, doc FROM objects WHERE deleted IS NULL"
        )
        found = [[kind, tenant, _shown(json.loads(text))] for kind, tenant, text in rows if kind not in _LOGS]
        live = {document.get("id") for _, _, document in found}
        return [each for each in found if each[2].get("resourceId", "") in {"", *live}]


def _shown(document: JSON) -> JSON:
    """A document without the emulator's own notes: versions, and what a late replica still answers.

    Lists that have no order of their own are sorted.
    """
    shown = {key: value for key, value in document.items() if not key.startswith("_") and key != "before"}
    return {key: sorted(value, key=json.dumps) if key in _UNORDERED else value for key, value in shown.items()}


_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_OTHER_IDS = re.compile(r"\b[0-9a-f]{32}\b|(?<=\"id\": \")[\w-]{27,}(?=\")")
"""Ids of jobs, and of assignments."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)?|\d{10}\.\d+")
_UNORDERED = {"assignedLicenses", "licenseAssignmentStates", "tags"}
_LOGS = {"audit", "directoryAudit", "provisioning", "signIn", "change", "activity"}

_declared: dict[str, tuple[list[Declared], list[Declared]]] = {}


def declarations(name: str) -> tuple[list[Declared], list[Declared]]:
    """A program, and the same with one group more in scope."""
    if name not in _declared:
        emulator = Emulator.sample("contoso", seed=3, people=20)
        graph = emulator.tenants["contoso"]
        store = emulator.service.store
        ids = {entry.doc["displayName"]: entry.id for entry in store.objects(graph.tenant_id, "group")}
        connections = {
            each.name: {"tenant_id": each.tenant_id, "cloud": str(each.cloud)} for each in emulator.tenants.values()
        }
        groups = [ids[group] for group in GROUPS]
        _declared[name] = (
            program(name, {**connections, "groups": groups[:1]}),
            program(name, {**connections, "groups": groups}),
        )
    return _declared[name]


@dataclass
class Clean:
    """What a clean run of a program ends in."""

    requests: dict[str, list[str]]
    after: dict[str, Counter[str]]


_clean: dict[str, Clean] = {}


def clean(name: str) -> Clean:
    """The requests of each phase, and the tenants after each, without a fault."""
    if name not in _clean:
        world, found = World(name), Clean({}, {})
        for phase in PHASES:
            world.transport.kinds.clear()
            errors, _ = world.run(phase)
            assert not errors, errors
            found.requests[phase] = list(world.transport.kinds)
            found.after[phase] = world.seen()
        early = World(name)
        early.run("up")
        early.run("destroy")
        found.after["destroy after up"] = early.seen()
        _clean[name] = found
    return _clean[name]


def cases(name: str, phases: Sequence[str] = PHASES) -> Iterator[Case]:
    """Every cell: each kind of request, each fault, at its first, second, third request and at all of them."""
    for phase in phases:
        for request, count in sorted(Counter(clean(name).requests[phase]).items()):
            for what in WRITE_FAULTS if writes(request) else READ_FAULTS:
                for number in (*range(1, min(count, 3) + 1), *([0] if count > 1 else [])):
                    yield Case(name, phase, request, what, number)


def sample(found: Sequence[Case], size: int, seed: int) -> list[Case]:
    """So many cases, drawn with a seed."""
    return random.Random(seed).sample(list(found), min(size, len(found)))


def judge(case: Case) -> list[str]:
    """What is wrong with a case, each with the letter of its criterion; empty if nothing is."""
    reference, world = clean(case.program), World(case.program)
    wrong: list[str] = []
    for phase in PHASES[: PHASES.index(case.phase)]:
        world.run(phase)
    errors, _ = world.run(case.phase, Fault(case.request, case.what, case.number))
    wrong += [f"(e) not of our own: {message}" for message, error in errors if not _our_own(message, error)]
    again = {"up": "up", "update": "update", "refresh": "update", "destroy": "destroy"}[case.phase]
    if case.phase == "refresh":
        world.run("refresh")
    errors, _ = world.run(again)
    wrong += [f"(a) the second run fails: {message}" for message, _ in errors]
    wrong += _different("(b)", reference.after[again], world.seen())
    errors, sent = world.run(again)
    if errors or sent:
        wrong.append(f"(c) the third run sends {sent} calls, {errors}")
    world.run("destroy")
    left = reference.after["destroy after up" if case.phase == "up" else "destroy"]
    wrong += _different("(d)", left, world.seen())
    return wrong


def _our_own(message: str, error: BaseException | None) -> bool:
    return (error is None or isinstance(error, EntraSyncError)) and "\n" not in message and bool(message.strip())


def _different(letter: str, expected: Counter[str], actual: Counter[str]) -> list[str]:
    missing, surplus = expected - actual, actual - expected
    if not missing and not surplus:
        return []
    shown = [f"-{text[:200]}" for text in missing] + [f"+{text[:200]}" for text in surplus]
    return [f"{letter} the tenants differ: {' '.join(shown[:4])}"]


def report(found: Sequence[Case], tell: Callable[[str], None] = print) -> Counter[str]:
    """Judges the cases and tells what is wrong; counts them: ``right``, and one count for each criterion missed."""
    counts: Counter[str] = Counter()
    for case in found:
        wrong = judge(case)
        counts["tried"] += 1
        counts["right"] += not wrong
        counts.update({each[:3] for each in wrong})
        for each in wrong:
            tell(f"{case}: {each}")
    return counts
