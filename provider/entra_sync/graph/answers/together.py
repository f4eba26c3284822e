"""Answers that one thread has for what it reads next: by batches, for looks that are repeated; and from a wait."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

from entra_sync.errors import GraphError, NotFound
from entra_sync.graph.answers.checked import Unusable, checked
from entra_sync.graph.loop import run
from entra_sync.graph.requests import Answer, Request

__all__ = [
    "announcing",
    "due",
    "forget",
    "hold",
    "is_announced",
    "keep",
    "look",
    "looking",
    "note",
    "noting",
    "read",
    "reading",
    "taken",
    "taking",
]

Gateway = Any
Asked = tuple[Gateway, Request]
Key = tuple[Gateway, str, int]
"""A gateway, a path, and the look that asks."""

look: ContextVar[int] = ContextVar("look", default=0)
"""Which of several looks that must agree this thread is in, counted from 0."""

_asked: ContextVar[list[Asked] | None] = ContextVar("_asked", default=None)
_answers: ContextVar[dict[Key, Answer | NotFound] | None] = ContextVar("_answers", default=None)


@dataclass
class _Announced:
    """What is going to be read.

    Attributes:
        once: In the first look.
        always: In each of several looks that must agree.
        sent: What was asked already.
    """

    once: Sequence[Asked]
    always: Sequence[Asked]
    sent: set[Key] = field(default_factory=set)

    def now(self) -> list[Asked]:
        """What this look is going to read, and has not asked."""
        wanted = self.always if look.get() else (*self.once, *self.always)
        return [each for each in wanted if _key(each) not in self.sent]


_announced: ContextVar[_Announced | None] = ContextVar("_announced", default=None)


def _key(asked: Asked) -> Key:
    gateway, request = asked
    return gateway, request.path, look.get()


@contextmanager
def looking(number: int) -> Iterator[None]:
    """While it lasts, reads of this thread are those of the look *number*."""
    before = look.set(number)
    try:
        yield
    finally:
        look.reset(before)


@contextmanager
def noting() -> Iterator[list[Asked]]:
    """The reads that this thread asks for while it lasts, each with its gateway."""
    asked: list[Asked] = []
    before = _asked.set(asked)
    try:
        yield asked
    finally:
        _asked.reset(before)


@contextmanager
def taking(answers: dict[Key, Answer | NotFound]) -> Iterator[None]:
    """While it lasts, each read of this thread takes its answer out of *answers*, if there is one: each once.

    What was read together for several looks is kept until the outermost of such blocks ends.
    """
    held = _answers.get()
    if held is not None:
        held.update(answers)
    before, unused = _answers.set(answers if held is None else held), _asked.set(None)
    try:
        yield
    finally:
        _answers.reset(before)
        _asked.reset(unused)


@contextmanager
def reading(asked: Sequence[Asked]) -> Iterator[None]:
    """While it lasts, each of these reads takes its answer out of those that are asked for at its beginning, together.

    What was asked for already is not asked for again. What failed is read by itself, so that its error tells why.
    """
    with taking(read(due(asked))):
        yield


@contextmanager
def announcing(once: Sequence[Asked], always: Sequence[Asked]) -> Iterator[None]:
    """While it lasts, the first read in a look that has to be sent brings all of these along.

    Args:
        once: What is read in the first look.
        always: What is read in each of several looks that must agree.
    """
    held = _answers.get() or {}
    before = _announced.set(_Announced([each for each in once if _key(each) not in held], always))
    try:
        with taking({}):
            yield
    finally:
        _announced.reset(before)


def due(asked: Sequence[Asked]) -> list[Asked]:
    """What this look has to send to read *asked*: what is not at hand, and with it what was announced."""
    answers, announced = _answers.get() or {}, _announced.get()
    missing = [each for each in asked if _key(each) not in answers]
    if announced is None or not missing:
        return missing
    found = [*missing, *announced.now()]
    announced.sent.update(map(_key, found))
    return found


def is_announced(asked: Asked) -> bool:
    """Whether *asked* was announced, and this look has not sent it."""
    announced = _announced.get()
    return announced is not None and _key(asked) in map(_key, announced.now())


def hold(answers: dict[Key, Answer | NotFound]) -> None:
    """Adds answers to those that this thread takes."""
    held = _answers.get()
    if held is not None:
        held.update(answers)


def keep(gateway: Gateway, path: str, body: Any) -> None:
    """Keeps the body that a wait has read last for the next read of *path*, if this thread takes answers."""
    hold({(gateway, path, look.get()): Answer(200, {}, body)})


def forget() -> None:
    """Drops what this thread has read together: it is about to write."""
    held, announced = _answers.get(), _announced.get()
    if held is not None:
        held.clear()
    if announced is not None:
        announced.sent.clear()


def note(asked: Asked) -> None:
    """Notes a read for when the look that it is part of is repeated."""
    noted = _asked.get()
    if noted is not None:
        noted.append(asked)


def taken(gateway: Gateway, request: Request) -> Answer | NotFound | None:
    """The answer to a read that is about to be sent; None if it has to be.

    That is so too if the answer does not have what the read expects, or says "not found" of what must be there: only a
    request of its own waits for a replica that is behind.
    """
    answers = _answers.get() if request.method == "GET" else None
    known = None if answers is None else answers.pop(_key((gateway, request)), None)
    if isinstance(known, NotFound):
        return known if request.optional else None
    try:
        return None if known is None else replace(known, body=checked(request, known.body))
    except Unusable:
        return None


def read(asked: Sequence[Asked]) -> dict[Key, Answer | NotFound]:
    """Answers to reads by one request for each tenant and version of Graph, all at the same time.

    What is asked alone is left out, and so is what failed: its own request tells what it means.
    """
    places: dict[tuple[Gateway, str], dict[str, Request]] = {}
    for gateway, request in asked:
        places.setdefault((gateway, request.path.split("/", 2)[1]), {})[request.path] = request
    parts = [(gateway, list(requests.values())) for (gateway, _), requests in places.items()]
    if sum(len(requests) for _, requests in parts) < 2:
        return {}
    answers = run(_side_by_side(parts))
    return {
        (gateway, request.path, look.get()): answer
        for (gateway, requests), found in zip(parts, answers, strict=True)
        for request, answer in zip(requests, found, strict=True)
        if isinstance(answer, Answer | NotFound)
    }


async def _side_by_side(parts: Sequence[tuple[Gateway, list[Request]]]) -> list[list[Answer | GraphError]]:
    """The answers to each part."""

    async def answers(gateway: Gateway, requests: list[Request]) -> list[Answer | GraphError]:
        if len(requests) > 1:
            try:
                return list(await gateway.ask_all(requests))
            except GraphError as error:
                return [GraphError(str(error))] * len(requests)  # "not found" of a batch is not that of what it asks
        try:
            return [await gateway.ask(requests[0])]
        except GraphError as error:
            return [error]

    return await asyncio.gather(*(answers(gateway, requests) for gateway, requests in parts))
