"""Whether a part of an expression depends on an open question of the documentation; for `choices`."""

from __future__ import annotations

from collections.abc import Callable

from entra_sync.expressions.language.functions import FUNCTIONS
from entra_sync.expressions.language.syntax import Attribute, Call, Comparison, Expression, Number, Text, Word, walk
from entra_sync.expressions.language.values import decimal_of

__all__ = [
    "argument",
    "calls",
    "compares_attribute",
    "compares_number",
    "compares_size",
    "either",
    "ignores_inside",
    "is_given",
    "is_left_out",
    "keeps_backslash",
    "leaves_the_text",
    "may_be_null",
    "may_hold",
    "reads_raw_date",
    "takes_list",
    "tests_emptiness",
    "tests_value",
    "varies",
]

_COUNTING = frozenset({"DateDiff", "Count", "InStr", "BitAnd", "NumFromDate"})
_DATED = frozenset({"CDate", "Now", "DateAdd", "DateFromNum"})
_EMPTINESS = frozenset({"IsNull", "IsNullOrEmpty", "IsPresent"})
_PASSING = frozenset({"IIF", "Switch", "Coalesce", "IgnoreFlowIfNullOrEmpty"})
_LISTS = frozenset({"proxyAddresses", "otherMails", "appRoleAssignments"})


def calls(*names: str, where: Callable[[Call], bool] = lambda call: True) -> Callable[[Expression], bool]:
    """A condition that holds for a call of one of these functions, *where* another condition holds."""
    return lambda node: isinstance(node, Call) and node.name in names and where(node)


def either(*conditions: Callable[[Expression], bool]) -> Callable[[Expression], bool]:
    """A condition that holds where one of several does."""
    return lambda node: any(condition(node) for condition in conditions)


def argument(call: Call, place: int) -> Expression | None:
    """The argument at a place, from the end when negative; None when it is left out or there is none."""
    return call.arguments[place] if -len(call.arguments) <= place < len(call.arguments) else None


def is_given(place: int) -> Callable[[Call], bool]:
    return lambda call: argument(call, place) is not None


def is_left_out(place: int) -> Callable[[Call], bool]:
    return lambda call: argument(call, place) is None


def varies(*places: int) -> Callable[[Call], bool]:
    """An argument is not a constant."""
    return lambda call: not all(isinstance(argument(call, place), Number | Text) for place in places)


def may_hold(place: int, characters: str) -> Callable[[Call], bool]:
    """The argument is a text with one of the characters, or not a text, so that it might hold one."""

    def holds(call: Call) -> bool:
        given = argument(call, place)
        return not isinstance(given, Text) or any(character in given.value for character in characters)

    return holds


def may_be_null(call: Call) -> bool:
    return not isinstance(argument(call, 0), Text | Number)


def takes_list(node: Expression) -> bool:
    """A function of one text is given a multi-valued attribute of the directory, or what gives a list."""
    if not isinstance(node, Call) or not node.arguments or FUNCTIONS[node.name].parameters[0].kind != "String":
        return False
    source = argument(node, 0)
    if isinstance(source, Attribute):
        return source.name in _LISTS
    return isinstance(source, Call) and source.name in ("Split", "RemoveDuplicates")


def tests_emptiness(call: Call) -> bool:
    condition = argument(call, 0)
    return isinstance(condition, Call) and condition.name in _EMPTINESS


def tests_value(call: Call) -> bool:
    """The condition is neither a comparison nor a test for emptiness."""
    return not isinstance(argument(call, 0), Comparison) and not tests_emptiness(call)


def leaves_the_text(call: Call) -> bool:
    """Mid may start outside the text, or be given a negative length."""
    start, length = argument(call, 1), argument(call, 2)
    return start not in (Number("1"), Text("1")) or isinstance(length, Attribute | Call) or "-" in str(length)


def reads_raw_date(call: Call) -> bool:
    """A date is not the result of a date function."""
    dates = [date for date in call.arguments[-2:] if date is not None]
    return not all(isinstance(date, Call) and date.name in _DATED for date in dates)


def compares_attribute(node: Expression) -> bool:
    return isinstance(node, Comparison) and any(isinstance(side, Attribute) for side in (node.left, node.right))


def compares_number(node: Expression) -> bool:
    """One side is a number, and the other may be a text that looks like one."""
    if not isinstance(node, Comparison):
        return False
    sides = (node.left, node.right)
    return any(map(_is_number, sides)) and not any(isinstance(side, Call) and side.name in _COUNTING for side in sides)


def compares_size(node: Expression) -> bool:
    """Neither side of <, <=, > or >= is a number for certain."""
    if not isinstance(node, Comparison) or node.operator in ("=", "<>"):
        return False
    sides = (node.left, node.right)
    return not any(_is_number(side) or (isinstance(side, Call) and side.name in _COUNTING) for side in sides)


def _is_number(node: Expression) -> bool:
    return isinstance(node, Number) or (isinstance(node, Text) and decimal_of(node.value) is not None)


def ignores_inside(node: Expression) -> bool:
    """An ignored flow below a function that is neither a choice of branches nor a guard itself."""
    if not isinstance(node, Call) or node.name in _PASSING:
        return False
    inside = (child for child in walk(node) if child is not node)
    return any(
        (isinstance(child, Word) and child.name.startswith("Ignore"))
        or (isinstance(child, Call) and child.name == "IgnoreFlowIfNullOrEmpty")
        for child in inside
    )


def keeps_backslash(node: Expression) -> bool:
    """A text was written with a backslash that escapes nothing."""
    written = node.source[slice(*node.span)] if isinstance(node, Text) else ""
    return "\\" in written.replace("\\\\", "").replace('\\"', "")
