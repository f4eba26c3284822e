"""Answers that one thread has for what it reads next: by batches, for a look that is repeated; and from a wait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from entra_sync.errors import NotFound
from entra_sync.graph.answers.checked import Unusable, checked
from entra_sync.graph.requests import Answer, Request

__all__ = ["keep", "noting", "taken", "taking"]

Gateway = Any
_asked: ContextVar[list[tuple[Gateway, Request]] | None] = ContextVar("_asked", default=None)
_answers: ContextVar[dict[tuple[Gateway, str], Answer | NotFound] | None] = ContextVar("_answers", default=None)


@contextmanager
def noting() -> Iterator[list[tuple[Gateway, Request]]]:
    """The reads that this thread asks for while it lasts, each with its gateway."""
    asked: list[tuple[Gateway, Request]] = []
    before = _asked.set(asked)
    try:
        yield asked
    finally:
        _asked.reset(before)


@contextmanager
def taking(answers: dict[tuple[Gateway, str], Answer | NotFound]) -> Iterator[None]:
    """While it lasts, each read of this thread takes its answer out of *answers*, if there is one: each once."""
    before, unused = _answers.set(answers), _asked.set(None)
    try:
        yield
    finally:
        _answers.reset(before)
        _asked.reset(unused)


def keep(gateway: Gateway, path: str, body: Any) -> None:
    """Keeps the body that a wait has read last for the next read of *path*, if this thread takes answers."""
    answers = _answers.get()
    if answers is not None:
        answers[gateway, path] = Answer(200, {}, body)


def taken(gateway: Gateway, request: Request) -> Answer | NotFound | None:
    """The answer to a read that is about to be sent; None if it has to be.

    That is so too if the answer does not have what the read expects, or says "not found" of what must be there: only a
    request of its own waits for a replica that is behind.
    """
    asked, answers = _asked.get(), _answers.get()
    if asked is not None:
        asked.append((gateway, request))
    known = None if answers is None else answers.pop((gateway, request.path), None)
    if isinstance(known, NotFound):
        return known if request.optional else None
    try:
        return None if known is None else replace(known, body=checked(request, known.body))
    except Unusable:
        return None
