"""Running a pattern's program: backtracking in .NET's order, in time proportional to pattern times text.

A choice that has failed at a place in the text is not tried there again, which changes no result, as
what follows depends on nothing but the place. Three things make it depend on more:

- a loop whose body can match nothing has to know whether its current round has moved, so that is part of the place;
- a counted loop has to know its count, so that is part of the place too;
- a back-reference, a condition on a group and a balancing group depend on what was captured. Then nothing is
  remembered and the step budget alone bounds the work.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from entra_sync.errors import RegexTooSlow
from entra_sync.expressions.dotnet.regex.classes import mask_of, word_mask
from entra_sync.expressions.dotnet.regex.program import (
    ANCHOR,
    ATOMIC,
    BACK,
    BALANCE,
    CLOSE,
    DONE,
    ENTER,
    HAS,
    IF,
    JUMP,
    LOOP,
    ONE,
    OPEN,
    SPLIT,
    TABLE,
    Code,
    Loop,
    Program,
    holds,
    table,
)
from entra_sync.expressions.dotnet.text import lower, upper

__all__ = ["MAX_STEPS", "Matcher", "Span", "State"]

MAX_STEPS = 1_000_000
"""Instructions run for one value; an ordinary match of a name takes tens to hundreds."""

Span = tuple[int, int, Any]
"""Start and end of what a group captured, and the group's Span before it (None for its first one)."""

State = tuple[Any, ...]
"""The Span of each group, None if it took no part; then the slots of groups and loops that are still open."""


@lru_cache(maxsize=1)
def _boundary_table() -> bytes:
    """Word characters as ``\\b`` sees them: those of ``\\w`` and the two zero-width joiners."""
    return table(word_mask() | mask_of("\u200c\u200d"))


class Matcher:
    """One program on one text, given as UTF-16 units; the step budget is for all searches together."""

    def __init__(self, program: Program, units: str) -> None:
        self.program = program
        self.units = units
        self.codes = tuple(map(ord, units))
        self.steps = 0
        self.origin = 0

    def search(self, position: int, origin: int) -> tuple[int, int, State] | None:
        """Start, end and groups of the leftmost match that starts at *position* or after it, or None.

        *origin* is where the match before ended, which is where the anchor ``\\G`` holds.
        """
        failed: set[Any] = set()
        codes, first = self.codes, self.program.first
        nothing = (None,) * self.program.slots
        self.origin = origin
        for start in range(position, len(codes) + 1):
            if first is not None and (start == len(codes) or not holds(first, codes[start])):
                continue
            found = self.run(self.program.code, start, nothing, failed)
            if found is not None:
                return start, *found
        return None

    def matches_whole(self) -> bool:
        """Whether the whole text matches, by any way through the pattern."""
        return self.run(self.program.code, 0, (None,) * self.program.slots, whole=True) is not None

    def run(
        self, code: Code, start: int, state: State, failed: set[Any] | None = None, whole: bool = False
    ) -> tuple[int, State] | None:
        """Where the first match from *start* ends, with its state; when *whole* it has to end where the text ends.

        *failed* collects the choices that led nowhere, so that a search from a later start skips them.
        """
        instructions, backward = code.instructions, code.backward
        codes, size, remembers = self.codes, len(self.codes), self.program.remembers
        failed = set() if failed is None else failed
        step, ahead = (-1, -1) if backward else (1, 0)
        pending = [(0, start, state)]
        while pending:
            at, position, state = pending.pop()
            while True:
                self.steps += 1
                operation, first, second, loops = instructions[at]
                at += 1
                if operation in (ONE, TABLE):
                    place = position + ahead
                    if not 0 <= place < size:
                        break
                    if codes[place] != first if operation == ONE else not holds(first, codes[place]):
                        break
                    position += step
                elif operation in (SPLIT, LOOP):
                    if self.steps > MAX_STEPS:
                        self.too_slow()
                    if remembers:
                        place = at * (size + 1) + position
                        choice = (place, *_rounds(state, loops, position)) if loops else place
                        if choice in failed:
                            break
                        failed.add(choice)
                    if operation == LOOP:
                        at, state, other = _round(first, position, state)
                        if other is not None:
                            pending.append(other)
                    else:
                        pending.append((second, position, state))
                        at = first
                elif operation == JUMP:
                    at = first
                elif operation == OPEN:
                    state = _with(state, first, position)
                elif operation == CLOSE:
                    state = _captured(state, second, state[first], position)
                elif operation == BALANCE:
                    balanced = _balanced(state, second, state[first], position)
                    if balanced is None:
                        break
                    state = balanced
                elif operation == ENTER:
                    mark, rounds = (-1, 0) if first.least == 0 else (position, 1 - first.least)
                    state = (*state[: first.slot], mark, rounds, *state[first.slot + 2 :])
                    if first.least == 0:
                        at = second
                elif operation == DONE:
                    if whole and position != size:
                        break
                    return position, state
                else:
                    moved = self.looked(operation, first, second, (at, position, state), backward)
                    if moved is None:
                        break
                    at, position, state = moved
            if self.steps > MAX_STEPS:
                self.too_slow()
        return None

    def looked(
        self, operation: int, first: Any, second: Any, place: tuple[int, int, State], backward: bool
    ) -> tuple[int, int, State] | None:
        """Where an instruction goes on that asks about the text or the groups; None if what it asks for is not there.

        *place* is the next instruction, the position and the state.
        """
        at, position, state = place
        if operation == ANCHOR:
            return place if self.stands(first, position) else None
        if operation == BACK:
            end = self.repeated(state[first], second, position, backward)
            return None if end is None else (at, end, state)
        if operation == HAS:
            return place if state[first] is not None else (second, position, state)
        inner = self.run(first, position, state)
        if operation == ATOMIC:
            return None if inner is None else (at, *inner)
        if operation == IF:
            return (second, position, state) if inner is None else (at, position, inner[1])
        if (inner is None) != second:
            return None
        return place if inner is None or second else (at, position, inner[1])

    def stands(self, kind: str, position: int) -> bool:
        """Whether the anchor *kind* holds at *position*."""
        codes, size = self.codes, len(self.codes)
        if kind == "start":
            return position == 0
        if kind == "line-start":
            return position == 0 or codes[position - 1] == 10
        if kind == "end":
            return position == size
        if kind == "line-end":
            return position == size or codes[position] == 10
        if kind == "search-start":
            return position == self.origin
        if kind == "last-line-end":
            return position == size or (position == size - 1 and codes[position] == 10)
        table = _boundary_table()
        before = position > 0 and holds(table, codes[position - 1])
        after = position < size and holds(table, codes[position])
        return (before != after) == (kind == "boundary")

    def repeated(self, span: Span | None, any_case: bool, position: int, backward: bool) -> int | None:
        """Where the text that a group captured ends when it stands at *position* once more, or None."""
        if span is None:
            return None
        start, end, _ = span
        other = position - (end - start) if backward else position + (end - start)
        if not 0 <= other <= len(self.units):
            return None
        wanted, found = self.units[start:end], self.units[min(position, other) : max(position, other)]
        if any_case:
            wanted, found = lower(upper(wanted)), lower(upper(found))
        return other if wanted == found else None

    def too_slow(self) -> None:
        raise RegexTooSlow(
            f"regular expression {self.program.pattern!r} takes more than {MAX_STEPS:,} steps on a value of "
            f"{len(self.units):,} characters; write it with fewer repetitions inside repetitions"
        )


def _with(state: State, slot: int, value: Any) -> State:
    return (*state[:slot], value, *state[slot + 1 :])


def _captured(state: State, group: int, start: int, end: int) -> State:
    """The state after a group has captured; the group's earlier captures stay below."""
    return _with(state, group, (min(start, end), max(start, end), state[group]))


def _balanced(state: State, groups: tuple[int | None, int], start: int, end: int) -> State | None:
    """The state after ``(?<group-other>…)``: the other group loses its last capture, None if it has none.

    The group itself captures what lies between that capture and what the balancing group matched.
    """
    group, other = groups
    if state[other] is None:
        return None
    before, after, earlier = state[other]
    start, end = min(start, end), max(start, end)
    if start >= after:
        start, end = after, start
    elif end <= before:
        start = before
    else:
        start, end = max(start, before), min(end, after)
    state = _with(state, other, earlier)
    return state if group is None else _with(state, group, (start, end, state[group]))


def _rounds(state: State, loops: tuple[int, ...], position: int) -> list[Any]:
    """What of the open loops decides how a choice goes on: whether a round has moved, and the count of rounds."""
    return [(state[slot] == position, state[slot + 1]) for slot in loops]


def _round(loop: Loop, position: int, state: State) -> tuple[int, State, tuple[int, int, State] | None]:
    """What follows a round of a loop: address and state, and the other choice."""
    mark, rounds = state[loop.slot], state[loop.slot + 1]
    counted = rounds + 1 if rounds < 0 or loop.most is not None else rounds
    again = (*state[: loop.slot], position, counted, *state[loop.slot + 2 :])
    if rounds < 0:
        return loop.body, again, None
    if mark == position or (loop.most is not None and rounds >= loop.most):
        return loop.after, state, None
    if loop.lazy:
        return loop.after, state, (loop.body, position, again)
    return loop.body, again, (loop.after, position, state)
