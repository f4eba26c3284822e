"""What the checks of one run ask of their tenants: each question is sent once, and all checks take its answer.

A preview checks every resource, and most of what the links of two tenants ask is the same. For each check, this is as
if it had asked itself:

- It takes no answer twice. If it asks the same again, as in a wait, it takes a further answer, or sends a request.
- That something is absent counts after several looks. Each look has answers of its own, which were asked for in that
  look, so that the pauses between them stay.
- Failures are not kept. If a request fails, each that waits for its answer sends one of its own.
- The first write of the run to any tenant ends it: nothing is taken or kept afterwards, because a write to one tenant
  may change the other. Synchronization on demand is an example.
- A declaration is checked once in a run. If it is checked again, another run has begun, and what was kept is dropped.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import orjson

from entra_sync.errors import GraphError, NotFound
from entra_sync.graph.answers.checked import Unusable, checked
from entra_sync.graph.answers.together import look
from entra_sync.graph.requests import Answer, Request
from entra_sync.microsoft.tenant import Tenant

__all__ = ["ENDED", "KEPT", "SERVED", "end", "holds", "read", "sharing"]

JSON = Any

LARGE = 64 * 1024
"""Bytes of an answer that counts as large."""

MOST = 64 * 1024 * 1024
"""Bytes of large answers that are kept at most. Further ones, as in a large tenant, each link reads for itself."""


class Question(NamedTuple):
    """What tells one question from another.

    Attributes:
        tenant: Who is asked.
        path: What is read.
        headers: Further headers.
        raw: The body is taken as bytes.
        look: Which of several looks that must agree asks it.
    """

    tenant: Tenant
    path: str
    headers: tuple[tuple[str, str], ...]
    raw: bool
    look: int


KEPT: dict[Question, list[Answer | NotFound]] = {}
"""The answers in their order, with bodies as bytes: what one check does to a body must not show to another."""

SERVED: set[str] = set()
"""The declarations that this run has checked."""

ENDED: set[str] = set()
"""Methods of writes that this run has sent: nothing is kept if there is one."""

_lock = threading.Lock()
_asking: dict[Question, asyncio.Event] = {}
_check: ContextVar[Counter[Question] | None] = ContextVar("_check", default=None)

Result = Answer | GraphError


@contextmanager
def sharing(declaration: str | None) -> Iterator[None]:
    """While it lasts, reads of this thread are those of the check of *declaration*; of one without a name as ever."""
    if declaration is not None:
        with _lock:
            if declaration in SERVED:
                SERVED.clear()
                KEPT.clear()
            SERVED.add(declaration)
    before = _check.set(None if declaration is None else Counter())
    try:
        yield
    finally:
        _check.reset(before)


def holds(asked: Sequence[tuple[Tenant, Request]]) -> bool:
    """Whether a look that asks this needs no request, so that there is nothing to wait for before it."""
    check = _check.get()
    if check is None or not asked:
        return False
    questions = [(request, _question(tenant, request, raw=False)) for tenant, request in asked]
    return all(_kept(question, check[question], request) is not None for request, question in questions)


async def read(
    tenant: Tenant,
    requests: Sequence[Request],
    ask: Callable[[Sequence[Request]], Awaitable[Sequence[Result]]],
    *,
    raw: bool = False,
) -> list[Result]:
    """Answers to requests in their order. *ask* sends those that have no answer yet; runs on the gateways' event loop.

    A request that changes something is sent as it is.
    """
    check = _check.get()
    writes = [request.method for request in requests if request.method != "GET"]
    if writes:
        end(writes)
    if writes or check is None:
        return list(await ask(requests))
    questions = [_question(tenant, request, raw=raw) for request in requests]
    numbers = {question: check[question] for question in questions}
    check.update(numbers.keys())
    found: dict[int, Result] = {}
    waiting: dict[int, asyncio.Event] = {}

    def take(places: Sequence[int]) -> list[int]:
        """Takes the answers that are kept; returns the places that have none."""
        for place in places:
            known = _kept(questions[place], numbers[questions[place]], requests[place])
            if known is not None:
                found[place] = known
        return [place for place in places if place not in found]

    async def send(places: Sequence[int]) -> None:
        answers = await ask([requests[place] for place in places]) if places else ()
        for place, answer in zip(places, answers, strict=True):
            found[place] = answer
            if isinstance(answer, Answer) or (isinstance(answer, NotFound) and requests[place].optional):
                _keep(questions[place], numbers[questions[place]], answer)

    mine: list[int] = []
    for place in take(range(len(requests))):
        if questions[place] in _asking:
            waiting[place] = _asking[questions[place]]
        else:
            _asking[questions[place]] = asyncio.Event()
            mine.append(place)
    try:
        await send(mine)
    finally:
        for place in mine:
            _asking.pop(questions[place]).set()
    for answered in waiting.values():
        await answered.wait()
    await send(take(list(waiting)))
    return [found[place] for place in range(len(requests))]


def _question(tenant: Tenant, request: Request, *, raw: bool) -> Question:
    return Question(tenant, request.path, request.headers, raw, look.get())


def _kept(question: Question, number: int, request: Request) -> Result | None:
    """The answer of this number, if it has what the request expects.

    "Not found" is one only if the object may be missing.
    """
    with _lock:
        answers = KEPT.get(question, ())
        known = answers[number] if number < len(answers) else None
    if isinstance(known, NotFound):
        return known if request.optional else None
    if known is None or question.raw:
        return known
    try:
        return Answer(known.status, known.headers, checked(request, orjson.loads(known.body)))
    except Unusable:
        return None


def _keep(question: Question, number: int, answer: Answer | NotFound) -> None:
    """Keeps an answer, unless a write has ended it or there are too many large ones."""
    kept = answer
    if isinstance(answer, Answer) and not question.raw:
        kept = Answer(answer.status, answer.headers, orjson.dumps(answer.body))
    with _lock:
        answers = KEPT.setdefault(question, [])
        if not ENDED and len(answers) == number and (_size(kept) < LARGE or _large() + _size(kept) <= MOST):
            answers.append(kept)


def _size(kept: Answer | NotFound) -> int:
    return len(kept.body) if isinstance(kept, Answer) else 0


def _large() -> int:
    """Bytes of the large answers that are kept."""
    sizes = [_size(each) for answers in KEPT.values() for each in answers]
    return sum(size for size in sizes if size >= LARGE)


def end(methods: Sequence[str]) -> None:
    """Notes writes that this run sends."""
    with _lock:
        ENDED.update(methods)
        KEPT.clear()
