"""The matrix: each fault at each request of up, update, refresh and destroy, judged by what it leaves.

A case is right if (a) a second run without faults succeeds, (b) both tenants then equal those of a clean run, (c) a
third run does nothing, (d) a destroy leaves what a clean destroy leaves, (e) each error is one line of this package's
own.

Each case is run from its start, which a program and phase share, up to the end of the run that the fault hits. What
follows has no faults, so it depends only on the tenants and the state that the fault leaves. Cases that leave the same
ones (:meth:`World.condition`) share it.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from entra_sync.errors import EntraSyncError
from tests.faults.faulty import READ_FAULTS, WRITE_FAULTS, Fault, writes
from tests.faults.world import PHASES, Saved, World

__all__ = ["Case", "Matrix", "matrix", "sample"]

AGAIN = {"up": "up", "update": "update", "refresh": "update", "destroy": "destroy"}
"""The run that follows one of a phase."""


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
        self._starts: dict[str, Saved] = {}
        self._verdicts: dict[tuple[str, bytes], list[str]] = {}
        for phase in PHASES:
            self._starts[phase] = self._world.save()
            self._world.transport.kinds.clear()
            self._clean(phase)
            self.requests[phase] = list(self._world.transport.kinds)
            self.after[phase] = self._world.seen()
        self._world.restore(self._starts["update"])
        self._clean("destroy")
        self.after["destroy after up"] = self._world.seen()

    def cases(self, phases: Iterable[str] = PHASES) -> Iterator[Case]:
        """Every cell: each kind of request, each fault, at its first, second, third request and at all of them."""
        for phase in phases:
            for request, count in sorted(Counter(self.requests[phase]).items()):
                for what in WRITE_FAULTS if writes(request) else READ_FAULTS:
                    for number in (*range(1, min(count, 3) + 1), *([0] if count > 1 else [])):
                        yield Case(self.program, phase, request, what, number)

    def judge(self, case: Case, *, share: bool = True) -> list[str]:
        """What is wrong with a case, each with the letter of its criterion; empty if nothing is.

        Args:
            case: The cell.
            share: Whether what follows the fault may be known from a case that left the same.
        """
        self._world.restore(self._starts[case.phase])
        errors, _ = self._world.run(case.phase, Fault(case.request, case.what, case.number))
        strange = [f"(e) not of our own: {message}" for message, error in errors if not _our_own(message, error)]
        if not share:
            return strange + self._follow(case.phase)
        left = case.phase, hashlib.sha256(self._world.condition().encode()).digest()
        if left not in self._verdicts:
            self._verdicts[left] = self._follow(case.phase)
        return strange + self._verdicts[left]

    @property
    def ends(self) -> int:
        """How many different ends the runs with faults have had."""
        return len(self._verdicts)

    def _clean(self, phase: str) -> None:
        errors, _ = self._world.run(phase)
        assert not errors, errors

    def _follow(self, phase: str) -> list[str]:
        """What is wrong after a second and a third run and a destroy."""
        world, again, wrong = self._world, AGAIN[phase], []
        if phase == "refresh":
            world.run("refresh")
        errors, _ = world.run(again)
        wrong += [f"(a) the second run fails: {message}" for message, _ in errors]
        wrong += _different("(b)", self.after[again], world.seen())
        errors, sent = world.run(again)
        if errors or sent:
            wrong.append(f"(c) the third run sends {sent} calls, {errors}")
        world.run("destroy")
        return wrong + _different("(d)", self.after["destroy after up" if phase == "up" else "destroy"], world.seen())


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
