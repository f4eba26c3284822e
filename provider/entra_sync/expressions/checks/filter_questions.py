"""Where the documentation of scoping filters is silent, and what this package does there.

The counterpart of `choices` for filters: a clause that depends on one of these is reported with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from entra_sync.errors import EntraSyncError
from entra_sync.expressions.checks.findings import AttributeList
from entra_sync.expressions.dotnet.regex import compile_dotnet
from entra_sync.expressions.dotnet.regex.classes import ALL, mask_of
from entra_sync.expressions.dotnet.regex.tree import Alternation, Anchor, Group, Node, Repeat, Sequence, Unit
from entra_sync.expressions.filters.model import Clause, find_operator

__all__ = ["FILTER_CHOICES", "FilterChoice"]


@dataclass(frozen=True, slots=True)
class FilterChoice:
    """One open question about scoping filters.

    Attributes:
        name: Short and stable, for reports.
        question: What the documentation does not settle.
        answer: What is done here.
        reason: Why that and not something else.
        advice: How to write a clause that does not depend on it.
        touched_by: Whether a clause on these attributes depends on it.
    """

    name: str
    question: str
    answer: str
    reason: str
    advice: str
    touched_by: Callable[[Clause, AttributeList], bool]


def _has_loose_pattern(clause: Clause, attributes: AttributeList) -> bool:
    return "REGEX" in _operator(clause) and any(map(_is_loose, clause.values))


def _is_loose(pattern: str) -> bool:
    try:
        tree = compile_dotnet(pattern).tree
    except EntraSyncError:
        return False
    return not (_is_tied(tree, 0) and _is_tied(tree, -1))


def _is_tied(node: Node, end: int) -> bool:
    """Whether a pattern reaches an end of the value by itself (0: the start, -1: the end), with an anchor or ``.*``."""
    match node:
        case Anchor(kind):
            return kind == "start" if end == 0 else kind in ("end", "last-line-end")
        case Repeat(Unit(mask), _, None, _):
            return mask | mask_of("\n") == ALL
        case Group(body=body):
            return _is_tied(body, end)
        case Sequence(parts):
            return bool(parts) and _is_tied(parts[end], end)
        case Alternation(branches):
            return all(_is_tied(branch, end) for branch in branches)
    return False


def _operator(clause: Clause) -> str:
    return find_operator(clause.operator_name).name


def _compares_boolean_as_text(clause: Clause, attributes: AttributeList) -> bool:
    is_unary = find_operator(clause.operator_name).unary
    return not is_unary and attributes.type_of(clause.source_operand_name) == "Boolean"


FILTER_CHOICES: tuple[FilterChoice, ...] = (
    FilterChoice(
        "unanchored-patterns",
        "Whether REGEX MATCH needs the whole value to match.",
        "A match anywhere in the value is enough.",
        "Patterns are .NET's, and Regex.IsMatch is so; a built-in filter of Cloud Sync, ^CAS_([^{]*){, would exclude "
        "no user otherwise.",
        'anchor the pattern with ^ and $, or begin and end it with ".*"',
        _has_loose_pattern,
    ),
    FilterChoice(
        "several-values",
        "What more than one text in targetOperand.values means.",
        "Any of them.",
        "It is what a list to compare with is for; NOT EQUALS then means none of them.",
        "write a group for each value, or one pattern for all",
        lambda clause, _: len(clause.values) > 1,
    ),
    FilterChoice(
        "set-operators",
        "Whether & looks for the attribute's text inside the value or tests bits.",
        "It looks for the attribute's text inside the value.",
        "It is the plain reading of “exists in the input string value”.",
        "use EQUALS, Includes or REGEX MATCH",
        lambda clause, _: _operator(clause) in ("&", "!&"),
    ),
    FilterChoice(
        "case-of-ends-with",
        "Whether ENDS_WITH heeds case.",
        "It does.",
        "Only the operators for which the page says it.",
        "use REGEX MATCH with $ where capitals occur",
        lambda clause, _: _operator(clause) == "ENDS_WITH" and any(text != text.lower() for text in clause.values),
    ),
    FilterChoice(
        "booleans-as-text",
        "What a Boolean is compared with by EQUALS and other operators on text.",
        "The text True or False, in this spelling.",
        "Graph's sample of a filter compares dirSyncEnabled with True, and .NET spells Booleans so.",
        "use IS TRUE or IS FALSE",
        _compares_boolean_as_text,
    ),
)
"""The open questions about scoping filters."""
