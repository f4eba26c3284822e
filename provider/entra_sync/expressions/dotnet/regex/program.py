"""The tree of a pattern as a short program, for :mod:`entra_sync.expressions.dotnet.regex.matcher`.

Its loops, groups and conditions work as the instructions of .NET's own interpreter do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_
from typing import Any

from entra_sync.expressions.dotnet.regex.classes import ALL
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

__all__ = ["Code", "Loop", "Program", "can_be_empty", "compile_tree", "holds", "table"]

WRITTEN_OUT = 20
"""Up to so many repetitions of a single character are written out, which is faster than counting them."""

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
    first = None if can_be_empty(tree) else table(_first_units(tree))
    return Program(pattern, code, compiler.slots, not compiler.looks_at_captures, first)


@lru_cache(maxsize=512)
def table(mask: int) -> bytes:
    """One byte per code unit up to the highest that the mask has, 1 where it has it."""
    return f"{mask:b}"[::-1].encode().translate(bytes(byte & 1 for byte in range(256)))


def holds(table: bytes, code: int) -> bool:
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
                self.emit(code, TABLE, table(node.mask))
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
