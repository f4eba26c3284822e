"""The parts of a regular expression once it is read."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "Alternation",
    "Anchor",
    "Atomic",
    "Backreference",
    "Conditional",
    "Group",
    "LookAround",
    "Node",
    "Repeat",
    "Sequence",
    "Unit",
]


class Node:
    """A part of a pattern."""


@dataclass(frozen=True, slots=True)
class Unit(Node):
    """One code unit whose bit is set in `mask`."""

    mask: int


@dataclass(frozen=True, slots=True)
class Sequence(Node):
    """The parts one after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Alternation(Node):
    """The first branch that leads to a match."""

    branches: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Group(Node):
    """A capturing group; `key` is its name or number as text.

    A balancing group ``(?<key-balances>…)`` takes back the last capture of another group; `key` may be None.
    """

    key: str | None
    body: Node
    balances: str | None = None


@dataclass(frozen=True, slots=True)
class Repeat(Node):
    """`body` from `least` to `most` times (None: without end), as many as possible or, when lazy, as few."""

    body: Node
    least: int
    most: int | None
    lazy: bool


@dataclass(frozen=True, slots=True)
class Atomic(Node):
    """``(?>body)``: once matched, never tried again in another way."""

    body: Node


@dataclass(frozen=True, slots=True)
class LookAround(Node):
    """Look-ahead or look-behind, positive or negative."""

    body: Node
    behind: bool
    negative: bool


@dataclass(frozen=True, slots=True)
class Backreference(Node):
    """The text that a group captured, in any case when `any_case`."""

    key: str
    any_case: bool


@dataclass(frozen=True, slots=True)
class Conditional(Node):
    """``(?(test)yes|no)``: `test` is the key of a group that must have captured, or a pattern that must match here."""

    test: str | Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True)
class Anchor(Node):
    """A place in the text.

    `kind` is ``start``, ``line-start``, ``end``, ``line-end``, ``last-line-end``, ``search-start``, ``boundary`` or
    ``no boundary``.
    """

    kind: str
