"""Reads users, members and deleted users of a tenant: largest pages, many requests under way, nothing silently short.

Every function ends with all that was asked for, or raises. Pages of one list follow each other; lists are read side by
side, and the list of all users is cut into ranges of user principal names, which are lists of their own.
"""

from __future__ import annotations

import asyncio
import string
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypeVar
from urllib.parse import quote

import orjson
import polars as pl

from entra_sync.base.notes import say
from entra_sync.errors import GraphError, NotFound, PermissionMissing
from entra_sync.graph import paths
from entra_sync.graph.answers import together
from entra_sync.graph.answers.fresh import agreeing_pause
from entra_sync.graph.gateway import AGREEING, Graph, required
from entra_sync.graph.links import Links, address
from entra_sync.graph.paths import segment
from entra_sync.graph.requests import Answer, Request
from entra_sync.graph.transport import BATCH_SIZE, BATCHED_PAGE
from entra_sync.impact.facts.columns import Page, UserColumns
from entra_sync.impact.facts.series import filled
from entra_sync.impact.facts.snapshot import MEMBERS
from entra_sync.impact.facts.users import names_before_deletion
from entra_sync.impact.reading.resume import Parts

__all__ = ["Patience", "Reader", "Reading", "counting", "literal", "side_by_side", "silent"]

JSON = Any
T = TypeVar("T")

PAGE_SIZE = 999
"""Users or members on a page at most ("List users", "List group members")."""

WIDTH = 8
"""Requests to one tenant under way at a time."""

IN_FILTER = 15
"""Values that ``in`` takes in a ``$filter`` ("Use the $filter query parameter")."""

PART = 10 * WIDTH * BATCH_SIZE
"""Requests whose answers are kept at a time, so that memory does not grow with the tenant."""

RANGE = 5 * PAGE_SIZE
"""Users in a range of names that is not worth cutting further."""

_EVENTUAL = (("ConsistencyLevel", "eventual"),)


@dataclass(frozen=True, slots=True)
class Reading:
    """A step of a reading, to show progress: which tenant, what, and how many users were read so far."""

    tenant: str
    what: str
    people: int


def _progress(text: str) -> None:
    """Tells *text*, which is no warning."""
    say(text, remark=False)


class Patience:
    """Tells the progress of a reading that takes long: nothing before *first* seconds, then a line every few seconds.

    A preview shows the lines as they are told.
    """

    def __init__(
        self,
        show: Callable[[str], None] = _progress,
        clock: Callable[[], float] = time.monotonic,
        *,
        first: float = 2.0,
        every: float = 5.0,
    ) -> None:
        self._show, self._clock, self._every = show, clock, every
        self._next = clock() + first

    def __call__(self, reading: Reading) -> None:
        """Tells of a step."""
        now = self._clock()
        if now >= self._next:
            self._next = now + self._every
            self._show(f"reading {reading.tenant}: {reading.what}, {reading.people:,} users so far")


def silent(reading: Reading) -> None:
    """Shows nothing."""


def counting(condition: str) -> Request:
    """Asks how many users a tenant has, all or those of a *condition*."""
    path = f"{paths.USERS}?$select=id&$top=1&$count=true{condition}"
    return Request("GET", path, None, "counting users", _EVENTUAL)


def literal(value: str) -> str:
    """A text as a literal inside ``$filter``, quoted for the URL."""
    return "'" + quote(value.replace("'", "''"), safe="") + "'"


@dataclass
class Reader:
    """Reads records from one tenant; its methods run on the gateways' event loop
    (:func:`entra_sync.graph.loop.together`).

    Args:
        graph: Gateway to the tenant.
        record: What to read of each person.
        parts: Where an interrupted reading is kept.
        report: Is told after each page.
        width: Requests under way at a time.
    """

    graph: Graph
    record: UserColumns
    parts: Parts = field(default_factory=lambda: Parts(None))
    report: Callable[[Reading], None] = silent
    width: int = WIDTH

    def __post_init__(self) -> None:
        self._free = asyncio.Semaphore(self.width)

    async def everyone(self) -> pl.DataFrame:
        """All live users of the tenant."""
        path = f"{paths.USERS}?{self.record.query}&$top={PAGE_SIZE}"
        ranges: list[str] = await self._ranges()
        purpose = "reading users"
        lists: list[pl.DataFrame] = await side_by_side(
            self._list(f"{path}{condition}", purpose) for condition in ranges
        )
        return pl.concat([self.record.empty(), *lists]).unique("id", maintain_order=True)

    async def members(self, groups: Iterable[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The users who are direct members of any of the groups, and who is in which.

        Short lists of several groups go 20 to a batch; a longer one is read by itself.

        Raises:
            NotFound: The tenant has no such group.
        """
        ids = sorted(groups)
        short = await self._short_lists(ids) if len(ids) > 1 else {}
        long = [group for group in ids if group not in short]
        read = await side_by_side(self._list(*self._members_of(group)) for group in long)
        found = {**short, **dict(zip(long, read, strict=True))}
        lists = [found[group] for group in ids]
        pairs = [
            pl.DataFrame({"group": filled(group, people.height), "person": people["id"]}, schema=MEMBERS)
            for group, people in zip(ids, lists, strict=True)
        ]
        people = pl.concat([self.record.empty(), *lists]).unique("id", maintain_order=True)
        if "manager" in self.record.attributes:
            people = await self.users("id", people["id"].to_list())
        return people, pl.concat([pl.DataFrame(schema=MEMBERS), *pairs])

    async def users(self, key: str, values: Sequence[str]) -> pl.DataFrame:
        """The live users whose ``id`` or ``userPrincipalName`` is among the values; who does not exist is left out."""
        chunks = [values[start : start + IN_FILTER] for start in range(0, len(values), IN_FILTER)]
        purpose = f"reading {len(values)} users by {key}"
        path = f"{paths.USERS}?{self.record.query}&$filter={key} in "
        requests = [Request("GET", f"{path}({','.join(map(literal, chunk))})", None, purpose) for chunk in chunks]
        found: list[JSON] = []
        for body in await self.bodies(requests):
            found += body["value"]
            assert "@odata.nextLink" not in body, "a page holds more users than a filter can name"
        if found:
            self.record.require(found[0], purpose)
        self.report(Reading(str(self.graph.tenant), "users by name", len(found)))
        return self.record.rows(found)

    async def deleted(self) -> pl.DataFrame:
        """The soft-deleted users, under the principal names that they had."""
        path = f"{paths.DELETED_USERS}?$select=deletedDateTime,{self.record.select}&$top={PAGE_SIZE}"
        found = await self._list(path, "reading deleted users")
        return found.with_columns(names_before_deletion())

    async def latest(self, path: str, purpose: str) -> str:
        """The delta link of a collection as of now, without reading it."""
        answer = await self.ask(Request("GET", f"{path}&$deltatoken=latest", None, purpose))
        links = Links(self.graph.tenant, purpose)
        while answer.body.get("@odata.deltaLink") is None:
            link = links.next(answer.body.get("@odata.nextLink"))
            if link is None:
                where = f"tenant {self.graph.tenant}: while {purpose}"
                raise GraphError(f"{where}: the answer has no link for the next time")
            answer = await self.ask(Request("GET", link, None, purpose))
        return address(self.graph.tenant, answer.body["@odata.deltaLink"], purpose)

    async def objects(self, path: str, purpose: str) -> list[JSON]:
        """All items of a list as JSON."""
        items: list[JSON] = []
        links, link = Links(self.graph.tenant, purpose), path
        while link:
            body = (await self.ask(Request("GET", link, None, purpose))).body
            items += body["value"]
            link = links.next(body.get("@odata.nextLink")) or ""
        return items

    async def agreed(self, look: Callable[[], Awaitable[T]]) -> T:
        """What *look* finds. That there is nothing is believed only if several looks in a row agree."""
        found = await look()
        for number in range(1, AGREEING):
            if found:
                break
            await self.graph.sleep(agreeing_pause())
            with together.looking(number):
                found = await look()
        return found

    async def known(self, requests: Mapping[str, Request]) -> dict[str, JSON | NotFound | PermissionMissing]:
        """The bodies of the answers by the requests' names, or why there is none: it is not there, or not allowed.

        One batch has them all. That something is not there is believed only if several looks in a row agree.

        Raises:
            GraphError: The first request that failed otherwise.
        """
        found: dict[str, JSON | NotFound | PermissionMissing] = {}
        missing = requests
        for number in range(AGREEING):
            if number:
                await self.graph.sleep(agreeing_pause())
            with together.looking(number):
                answers = await self.answers(list(missing.values()))
            for name, answer in zip(missing, answers, strict=True):
                if isinstance(answer, GraphError) and not isinstance(answer, NotFound | PermissionMissing):
                    raise answer
                found[name] = answer.body if isinstance(answer, Answer) else answer
            missing = {name: requests[name] for name in missing if isinstance(found[name], NotFound)}
            if not missing:
                break
        return found

    async def bodies(self, requests: Sequence[Request]) -> list[JSON]:
        """The answers to many requests by JSON batches.

        Raises:
            GraphError: The first of them that failed.
        """
        return required(await self.answers(requests))

    async def answers(self, requests: Sequence[Request]) -> list[Answer | GraphError]:
        """The answers to many requests by JSON batches, failed ones among them."""

        async def one(batch: Sequence[Request]) -> list[Answer | GraphError]:
            async with self._free:
                return await self.graph.ask_all(batch)

        starts = range(0, len(requests), BATCH_SIZE)
        batches = await side_by_side(one(requests[start : start + BATCH_SIZE]) for start in starts)
        return [answer for batch in batches for answer in batch]

    async def one_by_one(self, requests: Sequence[Request], what: str) -> AsyncIterator[Answer | GraphError]:
        """The answers to any number of requests in their order, of which only a part is under way or kept at a time."""
        for start in range(0, len(requests), PART):
            part = requests[start : start + PART]
            for answer in await self.answers(part):
                yield answer
            self.report(Reading(str(self.graph.tenant), what, start + len(part)))

    async def ask(self, request: Request, *, raw: bool = False) -> Answer:
        """One answer, in turn."""
        async with self._free:
            return await self.graph.ask(request, raw=raw)

    # -- inside

    def _members_of(self, group: str, page_size: int = PAGE_SIZE) -> tuple[str, str]:
        """The path of a group's members, and what it is read for."""
        query = self.record.query if "manager" not in self.record.attributes else f"$select={self.record.select}"
        path = f"{paths.GROUPS}/{segment(group)}/members?{query}&$top={page_size}"
        return path, f"reading the members of group {group}"

    async def _short_lists(self, groups: Sequence[str]) -> dict[str, pl.DataFrame]:
        """Group → its members, if one page of a batch has them all and no part of its list was read before."""
        unread = [group for group in groups if not self.parts.begun(self._members_of(group)[0])]
        found: dict[str, pl.DataFrame] = {}
        at_a_time = self.width * BATCH_SIZE
        for start in range(0, len(unread), at_a_time):
            part = unread[start : start + at_a_time]
            asked = [self._members_of(group, BATCHED_PAGE) for group in part]
            requests = [Request("GET", path, None, purpose, expects="value") for path, purpose in asked]
            for group, request, body in zip(part, requests, await self.bodies(requests), strict=True):
                page = self._decoded(orjson.dumps(body), request.path, request.purpose)
                if page.next is None:
                    found[group] = page.people
                    self.parts.add(self._members_of(group)[0], page.people, None)
                    self.report(Reading(str(self.graph.tenant), request.purpose, page.people.height))
        return found

    async def _list(self, path: str, purpose: str) -> pl.DataFrame:
        """All pages of a list of users; goes on where an interrupted reading stopped."""
        progress = self.parts.progress(path)
        frames, link = list(progress.frames), progress.next or path
        resumed = bool(frames)
        done = progress.done
        links = Links(self.graph.tenant, purpose)
        while not done:
            try:
                page = await self._page(link, purpose)
            except GraphError as error:
                if resumed and error.status in {400, 410}:
                    # The link of the interrupted reading has expired: read the list again.
                    self.parts.forget(path)
                    frames, link, resumed = [], path, False
                    continue
                raise
            frames.append(page.people)
            following = links.next(page.next)
            self.parts.add(path, page.people, following)
            self.report(Reading(str(self.graph.tenant), purpose, sum(frame.height for frame in frames)))
            done, link, resumed = following is None, following or "", False
        return pl.concat([self.record.empty(), *frames])

    async def _page(self, link: str, purpose: str) -> Page:
        answer = await self.ask(Request("GET", link, None, purpose), raw=True)
        return self._decoded(answer.body, link, purpose)

    def _decoded(self, content: bytes, link: str, purpose: str) -> Page:
        """A page of users, of which the first of a list has all that was asked for."""
        page = self.record.page(content, f"{purpose} of tenant {self.graph.tenant}")
        if page.people.height and "$skiptoken" not in link:
            users = [item for item in orjson.loads(content)["value"] if item["id"] == page.people["id"][0]]
            self.record.require(users[0], f"{purpose} of tenant {self.graph.tenant}")
        return page

    async def _ranges(self) -> list[str]:
        """Conditions that together hold for every user, longest lists first, so that all requests end at about a time.

        Neighboring ranges share their bound, so whatever the server's order of names, no user is between two of them.
        """
        total = await self._count("")
        if total <= 2 * PAGE_SIZE:
            return [""]
        # A list as long as one of the requests under way has to read anyhow need not be shorter.
        longest = max(RANGE, total // self.width)
        wanted: list[tuple[int, str]] = []
        pending: list[tuple[str | None, str | None, str]] = [(None, None, "")]
        for _ in range(8):
            if not pending:
                break
            cut = [part for low, high, prefix in pending for part in _cut(low, high, prefix)]
            counts = await self._counts([_condition(low, high) for low, high, _ in cut])
            pending = []
            for (low, high, prefix), count in zip(cut, counts, strict=True):
                if count > longest and low is not None:
                    pending.append((low, high, prefix))
                else:
                    wanted.append((count, _condition(low, high)))
        wanted += [(total, _condition(low, high)) for low, high, _ in pending]
        return [condition for _, condition in sorted(wanted, reverse=True)]

    async def _count(self, condition: str) -> int:
        return (await self._counts([condition]))[0]

    async def _counts(self, conditions: Sequence[str]) -> list[int]:
        return [int(body["@odata.count"]) for body in await self.bodies(list(map(counting, conditions)))]


_LETTERS = string.digits + string.ascii_lowercase


def _cut(low: str | None, high: str | None, prefix: str) -> list[tuple[str | None, str | None, str]]:
    """A range of names as neighboring ranges: (low, high, what most names between them begin with)."""
    bounds = [low, *(prefix + letter for letter in _LETTERS), high]
    found = []
    for place, (first, second) in enumerate(pairwise(bounds)):
        if first != second or first is None:
            found.append((first, second, bounds[place] or ""))
    return found


def _condition(low: str | None, high: str | None) -> str:
    parts = [f"userPrincipalName ge {literal(low)}"] if low is not None else []
    parts += [f"userPrincipalName le {literal(high)}"] if high is not None else []
    return f"&$filter={' and '.join(parts)}" if parts else ""


async def side_by_side(work: Iterable[Coroutine[Any, Any, Any]]) -> list[Any]:
    """The results of all coroutines; the first failure ends the others, and is raised once they have ended."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in work]
    except ExceptionGroup as problems:
        raise problems.exceptions[0] from None
    return [task.result() for task in tasks]
