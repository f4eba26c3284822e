"""Questions about scoping filters that the documentation does not answer, and what this package assumes.

`open_questions` has those about expressions. If a clause depends on one of these, the preview reports it.
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
        question: What the documentation does not answer.
        answer: What this package assumes.
        reason: Why it assumes that.
        advice: How to write a clause that does not depend on the answer.
        touched_by: Returns whether a clause on these attributes depends on the answer.
    """

    name: str
    question: str
    answer: str
    reason: str
    advice: str
    touched_by: Callable[[Clause, AttributeList], bool]

    @property
    def caution(self) -> str:
        """The question, the answer and the advice, for users whose filter depends on it."""
        return f"not documented: {self.question} Assumed: {self.answer} To avoid this, {self.advice}."


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
        "Must the whole value match in REGEX MATCH?",
        "No. A match anywhere in the value is enough.",
        "Patterns are .NET's, and Regex.IsMatch works this way. Otherwise a built-in filter of Cloud Sync, "
        "^CAS_([^{]*){, would exclude no user.",
        'anchor the pattern with ^ and $, or begin and end it with ".*"',
        _has_loose_pattern,
    ),
    FilterChoice(
        "several-values",
        "What do several texts in targetOperand.values mean?",
        "Any one of them is enough.",
        "A list has no other purpose. NOT EQUALS then means that it equals none of them.",
        "write a group for each value, or one pattern for all",
        lambda clause, _: len(clause.values) > 1,
    ),
    FilterChoice(
        "set-operators",
        "Does & look for the attribute's text inside the value, or does it test bits?",
        "It looks for the attribute's text inside the value.",
        "This is the plain meaning of “exists in the input string value”.",
        "use EQUALS, Includes or REGEX MATCH",
        lambda clause, _: _operator(clause) in ("&", "!&"),
    ),
    FilterChoice(
        "case-of-ends-with",
        "Is ENDS_WITH case-sensitive?",
        "Yes.",
        "The page names the operators that ignore case, and ENDS_WITH is not one of them.",
        "use REGEX MATCH with $ if the value has capital letters",
        lambda clause, _: _operator(clause) == "ENDS_WITH" and any(text != text.lower() for text in clause.values),
    ),
    FilterChoice(
        "booleans-as-text",
        "With which text do EQUALS and other text operators compare a Boolean?",
        "True or False, in this spelling.",
        "A sample filter of Graph compares dirSyncEnabled with True, and .NET writes Booleans this way.",
        "use IS TRUE or IS FALSE",
        _compares_boolean_as_text,
    ),
)
"""The open questions about scoping filters."""
