"""Running a pattern's tree: backtracking in .NET's order, in time proportional to pattern times text.

The tree is compiled to a short program. A choice that has failed at a place in the text is not tried there again, which
changes no result, as what follows depends on nothing but the place. Two things would make it depend on more:

- a loop whose body can match nothing has to know whether its current round has moved, so that is part of the place;
- a back-reference depends on what was captured. Then nothing is remembered and the step budget alone bounds the work.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_
from typing import Any

from entra_sync.errors import EntraSyncError
from entra_sync.expressions.dotnet.regex.classes import ALL, mask_of, word_mask
from entra_sync.expressions.dotnet.regex.tree import (
    Alternation,
    Anchor,
    Atomic,
    Backreference,
    Group,
    Look,
    Node,
    RegexRefused,
    Repeat,
    Sequence,
    Unit,
)
from entra_sync.expressions.dotnet.text import lower, upper

__all__ = ["MAX_PROGRAM", "MAX_STEPS", "Captures", "Matcher", "Program", "RegexTooSlow", "can_be_empty", "compile_tree"]

MAX_STEPS = 1_000_000
"""Instructions run for one value; an ordinary match of a name takes tens to hundreds."""

MAX_PROGRAM = 20_000
"""Instructions of a compiled pattern; counted repetitions are written out."""

Captures = tuple[int, ...]
"""Start and end of the match, then of each group, -1 where it took no part; then where each loop's round began."""

Instruction = tuple[int, Any, Any]
ONE, TABLE, SPLIT, JUMP, SAVE, ANCHOR, LOOK, ATOMIC, BACK, ENTER, LEAVE, DONE = range(12)


class RegexTooSlow(EntraSyncError):
    """A pattern takes more than `MAX_STEPS` steps on a value."""


@dataclass(frozen=True, slots=True)
class Code:
    """Instructions of the pattern, or of a part that is run on its own: a look-around or an atomic group.

    `backward` code reads towards the start of the text; `loops` are the slots of its loops that can match nothing.
    """

    instructions: tuple[Instruction, ...]
    backward: bool
    loops: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled pattern.

    `slots` is the length of its captures; `remembers` says whether a failed choice fails always; `first` has a byte of
    1 for every code unit that a match can begin with, and is None when a match can be empty.
    """

    pattern: str
    code: Code
    slots: int
    remembers: bool
    first: bytes | None


def compile_tree(pattern: str, tree: Node, groups: dict[str, int]) -> Program:
    """The program of *tree*.

    Raises:
        RegexRefused: When repetitions make it longer than `MAX_PROGRAM`.
    """
    compiler = _Compiler(pattern, groups)
    code = compiler.code(tree, backward=False)
    first = None if can_be_empty(tree) else _table(_first_units(tree))
    return Program(pattern, code, compiler.slots, not compiler.has_backreference, first)


@lru_cache(maxsize=512)
def _table(mask: int) -> bytes:
    """One byte per code unit up to the highest that the mask has, 1 where it has it."""
    return f"{mask:b}"[::-1].encode().translate(bytes(byte & 1 for byte in range(256)))


def _holds(table: bytes, code: int) -> bool:
    return code < len(table) and table[code] == 1


class _Compiler:
    def __init__(self, pattern: str, groups: dict[str, int]) -> None:
        self.pattern = pattern
        self.groups = groups
        self.slots = 2 * (max(groups.values()) + 1)
        self.has_backreference = False
        self.written = 0

    def code(self, tree: Node, backward: bool) -> Code:
        instructions: list[Instruction] = []
        self.write(tree, instructions, backward)
        instructions.append((DONE, None, None))
        loops = tuple(first for operation, first, _ in instructions if operation == ENTER)
        return Code(tuple(instructions), backward, loops)

    def emit(self, code: list[Instruction], operation: int, first: Any = None, second: Any = None) -> int:
        """Append an instruction and give its address."""
        self.written += 1
        if self.written > MAX_PROGRAM:
            raise RegexRefused(self.pattern, "its repetitions are too many", 0)
        code.append((operation, first, second))
        return len(code) - 1

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
            first, last = 2 * self.groups[node.key], 2 * self.groups[node.key] + 1
            self.emit(code, SAVE, last if backward else first)
            self.write(node.body, code, backward)
            self.emit(code, SAVE, first if backward else last)
        elif isinstance(node, Repeat):
            self.write_repeat(node, code, backward)
        elif isinstance(node, Atomic):
            self.emit(code, ATOMIC, self.code(node.body, backward))
        elif isinstance(node, Look):
            self.emit(code, LOOK, self.code(node.body, node.behind), node.negative)
        elif isinstance(node, Backreference):
            self.has_backreference = True
            self.emit(code, BACK, self.groups[node.key], node.any_case)
        else:
            assert isinstance(node, Anchor)
            self.emit(code, ANCHOR, node.kind)

    def write_alternation(self, node: Alternation, code: list[Instruction], backward: bool) -> None:
        jumps = []
        for branch in node.branches[:-1]:
            split = self.emit(code, SPLIT)
            self.write(branch, code, backward)
            jumps.append(self.emit(code, JUMP))
            code[split] = (SPLIT, split + 1, len(code))
        self.write(node.branches[-1], code, backward)
        for jump in jumps:
            code[jump] = (JUMP, len(code), None)

    def write_repeat(self, node: Repeat, code: list[Instruction], backward: bool) -> None:
        for _ in range(node.least):
            self.write(node.body, code, backward)
        if node.most is None:
            self.write_loop(node, code, backward)
            return
        splits = []
        for _ in range(node.most - node.least):
            splits.append(self.emit(code, SPLIT))
            self.write(node.body, code, backward)
        for split in splits:
            code[split] = self.split(split + 1, len(code), node.lazy)

    def write_loop(self, node: Repeat, code: list[Instruction], backward: bool) -> None:
        head = self.emit(code, SPLIT)
        if can_be_empty(node.body):
            slot = self.slots
            self.slots += 1
            self.emit(code, ENTER, slot)
            self.write(node.body, code, backward)
            leave = self.emit(code, LEAVE, slot)
            self.emit(code, JUMP, head)
            code[leave] = (LEAVE, slot, len(code))
        else:
            self.write(node.body, code, backward)
            self.emit(code, JUMP, head)
        code[head] = self.split(head + 1, len(code), node.lazy)

    def split(self, body: int, after: int, lazy: bool) -> Instruction:
        return (SPLIT, after, body) if lazy else (SPLIT, body, after)


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
    return ALL if isinstance(node, Backreference) else 0


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

    def search(self, position: int, captures: Captures) -> Captures | None:
        """Captures of the leftmost match that starts at *position* or after it, or None."""
        failed: set[Any] = set()
        codes, first = self.codes, self.program.first
        for start in range(position, len(codes) + 1):
            if first is not None and (start == len(codes) or not _holds(first, codes[start])):
                continue
            found = self.run(self.program.code, start, captures, failed)
            if found is not None:
                end, groups = found
                return (start, end, *groups[2:])
        return None

    def run(
        self, code: Code, start: int, captures: Captures, failed: set[Any] | None = None, whole: bool = False
    ) -> tuple[int, Captures] | None:
        """Where the first match from *start* ends, with its captures; when *whole* it has to end where the text ends.

        *failed* collects the choices that led nowhere, so that a search from a later start skips them.
        """
        instructions, backward, loops = code.instructions, code.backward, code.loops
        codes, size, remembers = self.codes, len(self.codes), self.program.remembers
        failed = set() if failed is None else failed
        step, ahead = (-1, -1) if backward else (1, 0)
        pending = [(0, start, captures)]
        while pending:
            at, position, captures = pending.pop()
            while True:
                self.steps += 1
                operation, first, second = instructions[at]
                at += 1
                if operation in (ONE, TABLE):
                    place = position + ahead
                    if not 0 <= place < size:
                        break
                    if codes[place] != first if operation == ONE else not _holds(first, codes[place]):
                        break
                    position += step
                elif operation == SPLIT:
                    if self.steps > MAX_STEPS:
                        self.too_slow()
                    if remembers:
                        place = at * (size + 1) + position
                        choice = (place, *(captures[slot] == position for slot in loops)) if loops else place
                        if choice in failed:
                            break
                        failed.add(choice)
                    pending.append((second, position, captures))
                    at = first
                elif operation == JUMP:
                    at = first
                elif operation in (SAVE, ENTER):
                    captures = (*captures[:first], position, *captures[first + 1 :])
                elif operation == LEAVE:
                    if captures[first] == position:
                        at = second
                elif operation == ANCHOR:
                    if not self.stands(first, position):
                        break
                elif operation == BACK:
                    moved = self.repeated(first, second, position, captures, backward)
                    if moved is None:
                        break
                    position = moved
                elif operation == ATOMIC:
                    inner = self.run(first, position, captures)
                    if inner is None:
                        break
                    position, captures = inner
                elif operation == LOOK:
                    inner = self.run(first, position, captures)
                    if (inner is None) != second:
                        break
                    if inner is not None and not second:
                        captures = inner[1]
                elif whole and position != size:
                    break
                else:
                    return position, captures
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
        if kind == "last line end":
            return position == size or (position == size - 1 and codes[position] == 10)
        table = _boundary_table()
        before = position > 0 and _holds(table, codes[position - 1])
        after = position < size and _holds(table, codes[position])
        return (before != after) == (kind == "boundary")

    def repeated(self, group: int, any_case: bool, position: int, captures: Captures, backward: bool) -> int | None:
        """Where the text that *group* captured ends when it stands at *position* once more, or None."""
        start, end = captures[2 * group : 2 * group + 2]
        if start < 0 or end < 0:
            return None
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
