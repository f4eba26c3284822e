"""The matrix: each fault at each request of up, update, refresh and destroy, judged by what it leaves.

A case is right if (a) a second run without faults succeeds, (b) both tenants then equal those of a clean run, (c) a
third run does nothing, (d) a destroy leaves what a clean destroy leaves, (e) each error is one line of this package's
own.

What is known is not run again. A case starts before the resource at which its fault strikes, since up to there it is a
run without faults. Once the fault is over, what follows depends only on the tenants, the state and the memory of the
process (:meth:`World.condition`). A case that comes to a place where another one has been has the same end.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from entra_sync.errors import EntraSyncError
from tests.faults.faulty import READ_FAULTS, WRITE_FAULTS, Fault, writes
from tests.faults.world import PHASES, Errors, Saved, World

__all__ = ["Case", "Matrix", "matrix", "sample"]

THEN = {
    "up": ("up", "up", "destroy"),
    "update": ("update", "update", "destroy"),
    "refresh": ("refresh", "update", "update", "destroy"),
    "destroy": ("destroy", "destroy", "destroy"),
}
"""The runs without faults that follow one of a phase: a second, a third, and a destroy."""


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


class Matrix:
    """The cells of one program, and the judge of each.

    Attributes:
        requests: The kinds of requests of each phase without a fault, in their order.
        after: The tenants after each phase without a fault, and after ``destroy after up``.
    """

    def __init__(self, program: str) -> None:
        self.program = program
        self.requests: dict[str, list[str]] = {}
        self.after: dict[str, Counter[str]] = {}
        self._world = World(program)
        self._places: dict[str, list[Saved]] = {}
        self._verdicts: dict[_Place, list[str]] = {}
        for phase in PHASES:
            self._places[phase] = []
            self._world.transport.kinds.clear()
            self._clean(phase)
            self.requests[phase] = list(self._world.transport.kinds)
            self.after[phase] = self._world.seen()
        self._world.restore(self._places["update"][0])
        self._world.run("destroy")
        self.after["destroy after up"] = self._world.seen()

    def cases(self, phases: Iterable[str] = PHASES) -> Iterator[Case]:
        """Every cell: each kind of request, each fault, at its first, second, third request and at all of them.

        All of them are more than the first one even if a run without faults sends only one: a run looks again.
        """
        for phase in phases:
            for request, count in sorted(Counter(self.requests[phase]).items()):
                for what in WRITE_FAULTS if writes(request) else READ_FAULTS:
                    for number in (*range(1, min(count, 3) + 1), 0):
                        yield Case(self.program, phase, request, what, number)

    def judge(self, case: Case, *, share: bool = True) -> list[str]:
        """What is wrong with a case, each with the letter of its criterion; empty if nothing is.

        Args:
            case: The cell.
            share: Whether what is known from other cases counts. If not, the whole phase is run.
        """
        fault = Fault(case.request, case.what, case.number)
        start = self._places[case.phase][0]
        if share:
            start = [place for place in self._places[case.phase] if place.sent[case.request] < max(case.number, 1)][-1]
        fault.seen = start.sent[case.request]
        self._world.restore(start)
        return self._judged(case.phase, fault, share=share)

    @property
    def known(self) -> int:
        """How many places are known."""
        return len(self._verdicts)

    def _clean(self, phase: str) -> None:
        """A run without a fault; its places are kept."""
        self._world.start(phase)
        errors, _ = self._world.go_on(between=lambda: self._places[phase].append(self._world.save()))
        assert not errors, errors

    def _judged(self, phase: str, fault: Fault, *, share: bool) -> list[str]:
        wrong: list[str] = []
        passed: list[tuple[_Place, int]] = []
        number = 0

        def between() -> None:
            """Ends the case at a place that is known."""
            if not share or (not number and not fault.over):
                return
            place = _Place(
                phase, number, self._world.sent() if number == len(THEN[phase]) - 1 else 0, self._world.condition()
            )
            if place in self._verdicts:
                raise _Known(self._verdicts[place])
            passed.append((place, len(wrong)))

        try:
            errors, _ = self._world.go_on(fault, between)
            wrong += [f"(e) not of our own: {message}" for message, error in errors if not _our_own(message, error)]
            for number, then in enumerate(THEN[phase], 1):
                self._world.start(then)
                wrong += self._wrong(phase, number, *self._world.go_on(None, between))
        except _Known as known:
            wrong += known.verdict
        self._verdicts.update({place: wrong[told:] for place, told in passed})
        return wrong

    def _wrong(self, phase: str, number: int, errors: Errors, sent: int) -> list[str]:
        """What is wrong with a run after the one with the fault; *number* counts these from 1."""
        left = len(THEN[phase]) - number
        if left == 2:
            failures = [f"(a) the second run fails: {message}" for message, _ in errors]
            return failures + _different("(b)", self.after[THEN[phase][number - 1]], self._world.seen())
        if left == 1:
            return [f"(c) the third run sends {sent} calls, {errors}"] if errors or sent else []
        if left == 0:
            expected = self.after["destroy after up" if phase == "up" else "destroy"]
            return _different("(d)", expected, self._world.seen())
        return []


@dataclass(frozen=True)
class _Place:
    """Where a case is between two resources.

    Attributes:
        phase: That of its fault.
        number: Which run it is in: 0 for the one with the fault.
        sent: What the third run has sent so far.
        condition: How things are.
    """

    phase: str
    number: int
    sent: int
    condition: bytes


class _Known(Exception):
    """The case has come to a place that is known."""

    def __init__(self, verdict: list[str]) -> None:
        self.verdict = verdict


@cache
def matrix(program: str) -> Matrix:
    """The matrix of a program."""
    return Matrix(program)


def sample(found: Sequence[Case], size: int, seed: int) -> list[Case]:
    """So many cases, drawn with a seed."""
    return random.Random(seed).sample(list(found), min(size, len(found)))


def _our_own(message: str, error: BaseException | None) -> bool:
    return (error is None or isinstance(error, EntraSyncError)) and "\n" not in message and bool(message.strip())


def _different(letter: str, expected: Counter[str], actual: Counter[str]) -> list[str]:
    missing, surplus = expected - actual, actual - expected
    if not missing and not surplus:
        return []
    shown = [f"-{text[:200]}" for text in missing] + [f"+{text[:200]}" for text in surplus]
    return [f"{letter} the tenants differ: {' '.join(shown[:4])}"]
