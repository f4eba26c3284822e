"""How many requests each command sends to Graph, beside the least that the promises allow.

    python benchmarks/calls.py                 one link, ten links, a link with 500 groups
    python benchmarks/calls.py --list          also each request of one link, with the resource that sends it

The resources run one by one in this process, on emulated tenants, so that the counts are the same in every run. Two
tenants of two clouds hold 20 people each. A batch is one request, whatever it holds. docs/project/benchmarks.md derives
the least. "In a row" is the number of requests that begin when no other is under way: the time of a command grows by
so many times the latency, if its resources go one by one. The engine runs independent ones at the same time.

Fails if a preview of unchanged links sends a request, or if `up` does not send the least writes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import math
import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from many_links import PROGRAM, configuration, emulator
from tests.faults.mini import Declared, Engine, program

from entra_sync.base.run.memory import forget
from entra_sync.graph.gateway import AGREEING, Graph, connecting
from entra_sync.graph.requests import Request
from entra_sync.graph.transport import BATCH_SIZE
from entra_sync.microsoft.tenant import Tenant

WITH_500_GROUPS = PROGRAM.replace(
    "[entra.Group(groups[number % len(groups)])]", "[entra.Group(each) for each in groups]"
)
CHANGE = ('.without("telephoneNumber")', '.without("telephoneNumber").without("mobile")')


STEPS = 100
"""Steps of the event loop that a request takes, so that others that do not wait for its answer begin meanwhile."""


@dataclass(frozen=True)
class Sent:
    """One request.

    Attributes:
        resource: Name of the resource that sent it.
        method: HTTP method.
        url: Where to.
        items: What a batch holds, as methods and paths.
    """

    resource: str
    method: str
    url: str
    items: Sequence[str] = ()

    @property
    def writes(self) -> bool:
        """Whether it changes something; a batch does if one of its items does, a check of credentials does not."""
        if self.items:
            return any(not each.startswith("GET ") for each in self.items)
        return self.method != "GET" and not self.url.endswith("/validateCredentials")


@dataclass(frozen=True)
class Least:
    """The least number of requests of each command for so many links of one pair of tenants in two clouds.

    docs/project/benchmarks.md derives each.

    Attributes:
        links: Number of links.
        groups: Number of groups in the scope of each.
    """

    links: int
    groups: int

    @property
    def create_preview(self) -> int:
        """Answers that must agree from the source and from two versions of the target; groups and their members."""
        return AGREEING * (_batches(4 + self.links) + 2) + _batches(2 * self.links * self.groups)

    @property
    def writes(self) -> int:
        """Five settings; application, tags, job, secrets, schema and start of each link; its assignments by batches."""
        return 5 + self.links * (6 + _batches(self.groups))

    @property
    def up(self) -> int:
        """The reads of a preview, the writes, two checks of credentials for each link, and the confirmations."""
        source, target = AGREEING * (1 + 4 * _batches(2 * self.links)), AGREEING * 3
        return self.create_preview + self.writes + 2 * self.links + source + target

    @property
    def update(self) -> int:
        """Jobs, schemas, templates; groups, members, target; each schema before the write, the write, and after."""
        return _batches(3 * self.links) + _batches(2 * self.links * self.groups) + 1 + 3 * self.links

    @property
    def refresh(self) -> int:
        """Seven objects of each link and two settings of the source; settings of the target from two versions."""
        return _batches(7 * self.links + 2) + 2

    @property
    def destroy(self) -> int:
        """Job and application of each link, five settings; who uses these; two lists before and after the write."""
        return 2 * self.links + 5 + AGREEING * 2 + 2 * 2


def _batches(items: int) -> int:
    return math.ceil(items / BATCH_SIZE)


class Counted:
    """Emulated tenants and a stack of links; each command notes its requests."""

    def __init__(self, links: int, groups: int, text: str = PROGRAM) -> None:
        os.environ["ENTRA_SYNC_NO_CACHE"] = "1"
        self.tenants = emulator()
        self.engine = Engine()
        self.log: list[Sent] = []
        self._inner = self.tenants.transport()
        self._known: dict[Tenant, Graph] = {}
        self._resource = ""
        self.waited = 0.0
        self.in_a_row = self._under_way = 0
        values = {**configuration(self.tenants, links)}
        if groups > 1:
            values["groups"] = self._make_groups(values, groups)
        self.values = values
        forget()
        self.previewed = _by_kind(program("quickstart", values, edit=lambda _: text, preview=True))
        self.program = _by_kind(program("quickstart", values, edit=lambda _: text))
        changed = {each.name: each for each in program("quickstart", values, edit=lambda _: text.replace(*CHANGE))}
        self.changed = [changed[each.name] for each in self.program]

    def commands(self) -> dict[str, Callable[[], None]]:
        """What is counted, in its order."""
        return {
            "create preview": lambda: self.engine.preview(self.previewed, self._at),
            "up": lambda: self.run("up", self.program),
            "no-op preview": lambda: self.engine.preview(self.previewed, self._at),
            "update": lambda: self.run("up", self.changed),
            "refresh": lambda: self.run("refresh", []),
            "destroy": lambda: self.run("destroy", []),
        }

    def count(self, command: Callable[[], None]) -> list[Sent]:
        """The requests of a command, as a process of its own."""
        forget()
        self._known.clear()
        self.log, self.waited, self.in_a_row = [], 0.0, 0
        quiet = io.StringIO()
        with connecting(self.connect), contextlib.redirect_stderr(quiet), contextlib.redirect_stdout(quiet):
            command()
        return self.log

    def run(self, verb: str, declared: Sequence[Declared]) -> None:
        """Runs a command of the engine."""
        run = self.engine.start(verb, declared)
        names = iter([*(each.name for each in run.declared), ""])
        self.engine.go_on(run, lambda: self._at(next(names)))

    def _at(self, resource: str) -> None:
        self._resource = resource

    def connect(self, tenant: Tenant) -> Graph:
        """The gateway whose requests are noted."""
        if tenant not in self._known:
            credential = self.tenants.credential(tenant.name)
            self._known[tenant] = Graph(tenant, credential=credential, transport=_Noting(self), sleep=self._sleep)
        return self._known[tenant]

    async def _sleep(self, seconds: float) -> None:
        self.waited += seconds
        self.tenants.clock.advance(timedelta(seconds=seconds))
        await asyncio.sleep(0)

    def _make_groups(self, values: dict[str, Any], number: int) -> list[str]:
        contoso = Tenant("contoso", **values["contoso"])
        body = {"mailEnabled": False, "securityEnabled": True, "mailNickname": "part", "displayName": "Part"}
        made = self.connect(contoso).read_all([Request("POST", "/v1.0/groups", body, "making groups")] * number)
        return [each["id"] for each in made]

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """Notes a request and passes it on."""
        items: list[str] = []
        if request.url.path.endswith("/$batch"):
            items = [f"{each['method']} {each['url']}" for each in json.loads(request.content)["requests"]]
        self.log.append(Sent(self._resource, request.method, str(request.url), items))
        self.in_a_row += not self._under_way
        self._under_way += 1
        try:
            for _ in range(STEPS):
                await asyncio.sleep(0)
            return await self._inner.handle_async_request(request)
        finally:
            self._under_way -= 1


def _by_kind(declared: Sequence[Declared]) -> list[Declared]:
    """The declarations in an order that is the same in every run: all links side by side, as the engine takes them.

    The order of the kinds is that of the first link, so that each comes after what it needs.
    """
    kinds = [each.name.removeprefix("link-0-") for each in declared if each.name.startswith("link-0-")]

    def place(each: Declared) -> tuple[int, int]:
        _, number, kind = each.name.split("-", 2)
        return kinds.index(kind), int(number)

    return sorted(declared, key=place)


class _Noting(httpx.AsyncBaseTransport):
    def __init__(self, counted: Counted) -> None:
        self.counted = counted

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self.counted.answer(request)


def count(links: int, groups: int) -> dict[str, tuple[list[Sent], int, float]]:
    """Of each command the requests, how many of them begin when none is under way, and the seconds of its pauses."""
    counted = Counted(links, groups, WITH_500_GROUPS if groups > 1 else PROGRAM)
    return {
        name: (counted.count(command), counted.in_a_row, counted.waited) for name, command in counted.commands().items()
    }


def main() -> None:
    """Prints the counts; each number of links is a process of its own, in which a program declares in one order."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--list", action="store_true", help="print each request of one link")
    shown = options.parse_args().list
    for what, links, groups in (("one link", 1, 1), ("ten links", 10, 1), ("a link with 500 groups", 1, 500)):
        least = Least(links, groups)
        with multiprocessing.get_context("spawn").Pool(1) as process:
            counts = process.apply(count, (links, groups))
        for name, (sent, in_a_row, waited) in counts.items():
            writes = [each for each in sent if each.writes]
            batches = [each for each in sent if each.items]
            figures = (
                f"{len(sent)} requests, {len(sent) - len(writes)} reads, {len(writes)} writes, {len(batches)} batches"
            )
            if name == "no-op preview":
                assert not sent, sent
                print(f"{what}, {name}: {figures}")
                continue
            bound = getattr(least, name.replace(" ", "_"))
            if name == "up":
                assert least.writes == len(writes), (least.writes, [each.url for each in writes])
            print(f"{what}, {name}: {figures}; least {bound}; ratio {len(sent) / bound:.2f}", flush=True)
            print(f"    {in_a_row} in a row; pauses of {waited:.1f} s", flush=True)
            for each in sent if shown and links == groups else ():
                print("  ", each.resource, each.method, each.url, *(f"\n       {item}" for item in each.items))


if __name__ == "__main__":
    main()
