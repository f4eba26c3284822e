"""Running a pattern's tree: backtracking in .NET's order, in time proportional to pattern times text.

The tree is compiled to a short program whose loops, groups and conditions work as the instructions of .NET's own
interpreter do. A choice that has failed at a place in the text is not tried there again, which changes no result, as
what follows depends on nothing but the place. Three things make it depend on more:

- a loop whose body can match nothing has to know whether its current round has moved, so that is part of the place;
- a counted loop has to know its count, so that is part of the place too;
- a back-reference, a condition on a group and a balancing group depend on what was captured. Then nothing is
  remembered and the step budget alone bounds the work.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_
from typing import Any

from entra_sync.errors import RegexTooSlow
from entra_sync.expressions.dotnet.regex.classes import ALL, mask_of, word_mask
from entra_sync.expressions.dotnet.regex.tree import (
    Alternation,
    Anchor,
    Atomic,
    Backreference,
    Conditional,
    Group,
    LookAround,
    Node,
    Repeat,
    Sequence,
    Unit,
)
from entra_sync.expressions.dotnet.text import lower, upper

__all__ = ["MAX_STEPS", "Matcher", "Program", "Span", "State", "can_be_empty", "compile_tree"]

MAX_STEPS = 1_000_000
"""Instructions run for one value; an ordinary match of a name takes tens to hundreds."""

WRITTEN_OUT = 20
"""Up to so many repetitions of a single character are written out, which is faster than counting them."""

Span = tuple[int, int, Any]
"""Start and end of what a group captured, and the group's Span before it (None for its first one)."""

State = tuple[Any, ...]
"""The Span of each group, None if it took no part; then the slots of groups and loops that are still open."""

Instruction = tuple[int, Any, Any, Any]
ONE, TABLE, SPLIT, JUMP, OPEN, CLOSE, BALANCE, ANCHOR, LOOK, ATOMIC, BACK, HAS, IF, ENTER, LOOP, DONE = range(16)


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop, as the instruction at its end knows it.

    `slot` holds the position where the current round began, or -1 before the first one. `slot + 1` holds how many
    rounds there were beyond the least number, as far as that matters. `most` counts from the least number on. `body`
    and `after` are addresses.
    """

    slot: int
    least: int
    most: int | None
    lazy: bool
    body: int
    after: int


@dataclass(frozen=True, slots=True)
class Code:
    """Instructions of the pattern, or of a part that is run on its own: a look-around, an atomic group, a condition.

    `backward` code reads towards the start of the text.
    """

    instructions: tuple[Instruction, ...]
    backward: bool


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled pattern.

    `slots` is the length of its State; `remembers` says whether a failed choice fails always; `first` has a byte of
    1 for every code unit that a match can begin with, and is None when a match can be empty.
    """

    pattern: str
    code: Code
    slots: int
    remembers: bool
    first: bytes | None


def compile_tree(pattern: str, tree: Node, groups: dict[str, int]) -> Program:
    """Returns the program of *tree*."""
    compiler = _Compiler(groups)
    code = compiler.code(tree, backward=False)
    first = None if can_be_empty(tree) else _table(_first_units(tree))
    return Program(pattern, code, compiler.slots, not compiler.looks_at_captures, first)


@lru_cache(maxsize=512)
def _table(mask: int) -> bytes:
    """One byte per code unit up to the highest that the mask has, 1 where it has it."""
    return f"{mask:b}"[::-1].encode().translate(bytes(byte & 1 for byte in range(256)))


def _holds(table: bytes, code: int) -> bool:
    return code < len(table) and table[code] == 1


class _Compiler:
    def __init__(self, groups: dict[str, int]) -> None:
        self.groups = groups
        self.slots = max(groups.values()) + 1
        self.looks_at_captures = False
        self.loops: tuple[int, ...] = ()
        """Slots of the loops around the node that is being written, whose values a choice depends on."""

    def code(self, tree: Node, backward: bool) -> Code:
        around, self.loops = self.loops, ()
        instructions: list[Instruction] = []
        self.write(tree, instructions, backward)
        self.emit(instructions, DONE)
        self.loops = around
        return Code(tuple(instructions), backward)

    def emit(self, code: list[Instruction], operation: int, first: Any = None, second: Any = None) -> int:
        """Append an instruction and give its address."""
        code.append((operation, first, second, self.loops))
        return len(code) - 1

    def slot(self, count: int = 1) -> int:
        self.slots += count
        return self.slots - count

    def write(self, node: Node, code: list[Instruction], backward: bool) -> None:
        if isinstance(node, Unit):
            single = node.mask and node.mask & (node.mask - 1) == 0
            if single:
                self.emit(code, ONE, node.mask.bit_length() - 1)
            else:
                self.emit(code, TABLE, _table(node.mask))
        elif isinstance(node, Sequence):
            for part in reversed(node.parts) if backward else node.parts:
                self.write(part, code, backward)
        elif isinstance(node, Alternation):
            self.write_alternation(node, code, backward)
        elif isinstance(node, Group):
            slot = self.slot()
            self.emit(code, OPEN, slot)
            self.write(node.body, code, backward)
            group = None if node.key is None else self.groups[node.key]
            if node.balances is None:
                self.emit(code, CLOSE, slot, group)
            else:
                self.looks_at_captures = True
                self.emit(code, BALANCE, slot, (group, self.groups[node.balances]))
        elif isinstance(node, Repeat):
            self.write_repeat(node, code, backward)
        elif isinstance(node, Atomic):
            self.emit(code, ATOMIC, self.code(node.body, backward))
        elif isinstance(node, LookAround):
            self.emit(code, LOOK, self.code(node.body, node.behind), node.negative)
        elif isinstance(node, Backreference):
            self.looks_at_captures = True
            self.emit(code, BACK, self.groups[node.key], node.any_case)
        elif isinstance(node, Conditional):
            self.write_conditional(node, code, backward)
        else:
            assert isinstance(node, Anchor)
            self.emit(code, ANCHOR, node.kind)

    def write_alternation(self, node: Alternation, code: list[Instruction], backward: bool) -> None:
        jumps = []
        for branch in node.branches[:-1]:
            split = self.emit(code, SPLIT)
            self.write(branch, code, backward)
            jumps.append(self.emit(code, JUMP))
            self.patch(code, split, split + 1, len(code))
        self.write(node.branches[-1], code, backward)
        for jump in jumps:
            self.patch(code, jump, len(code))

    def write_conditional(self, node: Conditional, code: list[Instruction], backward: bool) -> None:
        if isinstance(node.test, str):
            self.looks_at_captures = True
            test = self.emit(code, HAS)
            tested: Any = self.groups[node.test]
        else:
            test = self.emit(code, IF)
            tested = self.code(node.test, backward)
        self.write(node.yes, code, backward)
        jump = self.emit(code, JUMP)
        self.patch(code, test, tested, len(code))
        self.write(node.no, code, backward)
        self.patch(code, jump, len(code))

    def write_repeat(self, node: Repeat, code: list[Instruction], backward: bool) -> None:
        """A loop whose rounds always move needs no slot unless it counts."""
        single = isinstance(node.body, Unit)
        most = node.least if node.most is None else node.most
        if single and most <= WRITTEN_OUT:
            self.write_single(node, code, backward)
        elif node.most is None and node.least == 0 and not can_be_empty(node.body):
            self.write_star(node, code, backward)
        else:
            self.write_loop(node, code, backward)

    def write_single(self, node: Repeat, code: list[Instruction], backward: bool) -> None:
        for _ in range(node.least):
            self.write(node.body, code, backward)
        if node.most is None:
            self.write_star(node, code, backward)
            return
        splits = []
        for _ in range(node.most - node.least):
            splits.append(self.emit(code, SPLIT))
            self.write(node.body, code, backward)
        for split in splits:
            self.patch_choice(code, split, split + 1, len(code), node.lazy)

    def write_star(self, node: Repeat, code: list[Instruction], backward: bool) -> None:
        head = self.emit(code, SPLIT)
        self.write(node.body, code, backward)
        self.emit(code, JUMP, head)
        self.patch_choice(code, head, head + 1, len(code), node.lazy)

    def write_loop(self, node: Repeat, code: list[Instruction], backward: bool) -> None:
        slot = self.slot(2)
        around, self.loops = self.loops, (*self.loops, slot)
        enter = self.emit(code, ENTER)
        self.write(node.body, code, backward)
        end = len(code)
        most = None if node.most is None else node.most - node.least
        loop = Loop(slot, node.least, most, node.lazy, enter + 1, end + 1)
        self.emit(code, LOOP, loop)
        self.patch(code, enter, loop, end)
        self.loops = around

    def patch(self, code: list[Instruction], at: int, first: Any, second: Any = None) -> None:
        operation, _, _, loops = code[at]
        code[at] = (operation, first, second, loops)

    def patch_choice(self, code: list[Instruction], at: int, body: int, after: int, lazy: bool) -> None:
        self.patch(code, at, *((after, body) if lazy else (body, after)))


def can_be_empty(node: Node) -> bool:
    """Whether a part of a pattern may match the empty text; it may say yes where it cannot."""
    if isinstance(node, Unit):
        return False
    if isinstance(node, Sequence):
        return all(map(can_be_empty, node.parts))
    if isinstance(node, Alternation):
        return any(map(can_be_empty, node.branches))
    if isinstance(node, Repeat):
        return node.least == 0 or can_be_empty(node.body)
    if isinstance(node, Group | Atomic):
        return can_be_empty(node.body)
    return True


def _first_units(node: Node) -> int:
    """The mask of the code units that the part can begin with, where it is not empty."""
    if isinstance(node, Unit):
        return node.mask
    if isinstance(node, Sequence):
        mask = 0
        for part in node.parts:
            mask |= _first_units(part)
            if not can_be_empty(part):
                break
        return mask
    if isinstance(node, Alternation):
        return reduce(or_, map(_first_units, node.branches))
    if isinstance(node, Repeat | Group | Atomic):
        return _first_units(node.body)
    return ALL if isinstance(node, Backreference | Conditional) else 0


@lru_cache(maxsize=1)
def _boundary_table() -> bytes:
    """Word characters as ``\\b`` sees them: those of ``\\w`` and the two zero-width joiners."""
    return _table(word_mask() | mask_of("\u200c\u200d"))


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
            if first is not None and (start == len(codes) or not _holds(first, codes[start])):
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
                    if codes[place] != first if operation == ONE else not _holds(first, codes[place]):
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
                elif operation == ANCHOR:
                    if not self.stands(first, position):
                        break
                elif operation == BACK:
                    moved = self.repeated(state[first], second, position, backward)
                    if moved is None:
                        break
                    position = moved
                elif operation == HAS:
                    if state[first] is None:
                        at = second
                elif operation == ATOMIC:
                    inner = self.run(first, position, state)
                    if inner is None:
                        break
                    position, state = inner
                elif operation == IF:
                    inner = self.run(first, position, state)
                    if inner is None:
                        at = second
                    else:
                        state = inner[1]
                elif operation == LOOK:
                    inner = self.run(first, position, state)
                    if (inner is None) != second:
                        break
                    if inner is not None and not second:
                        state = inner[1]
                elif whole and position != size:
                    break
                else:
                    return position, state
            if self.steps > MAX_STEPS:
                self.too_slow()
        return None

    def stands(self, kind: str, position: int) -> bool:
        """Whether the anchor *kind* holds at *position*."""
        codes, size = self.codes, len(self.codes)
        if kind == "start":
            return position == 0
        if kind == "line start":
            return position == 0 or codes[position - 1] == 10
        if kind == "end":
            return position == size
        if kind == "line end":
            return position == size or codes[position] == 10
        if kind == "search start":
            return position == self.origin
        if kind == "last line end":
            return position == size or (position == size - 1 and codes[position] == 10)
        table = _boundary_table()
        before = position > 0 and _holds(table, codes[position - 1])
        after = position < size and _holds(table, codes[position])
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
