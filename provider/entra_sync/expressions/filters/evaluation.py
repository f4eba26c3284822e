"""Which users pass a scoping filter, and why a user does not.

Rules: "Scoping users or groups to be provisioned with scoping filters" and "filter resource type". A clause on an
attribute without a value is false for every operator but IS NULL, and an empty text counts as no value. Text is
compared case-sensitively. Of a multi-valued attribute every value has to satisfy the clause: the service declares its
operators so (multivaluedComparisonType All), although the portal's page calls filtering on such attributes unsupported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from entra_sync.errors import ConfigurationError
from entra_sync.expressions.dotnet.regex import compile_dotnet
from entra_sync.expressions.filters.model import Clause, FilterGroup, Operator, ScopingFilter, find_operator
from entra_sync.expressions.language.values import Value

__all__ = ["MEMBER", "Failure", "failing", "holds", "is_read", "operands", "passes"]

_LEADING_ZEROS = re.compile(r"^(-?)0+(?=[0-9]+$)")

Item = str | bool | int

MEMBER: Mapping[str, str] = MappingProxyType({"alternativeSecurityIds": "None", "userState": "None"})
"""What these attributes read for a member of the tenant, who has neither: the built-in filter, which only lets members
pass, asks for such values ("Configure cross-tenant synchronization", skipped users)."""


def passes(scoping_filter: ScopingFilter | None, attributes: Mapping[str, Value]) -> bool:
    """Whether a person with these attributes is in scope.

    Each of the filter's three sets of groups has to be satisfied by one of its groups; an absent or empty set excludes
    no user. No filter at all excludes no user.

    Raises:
        ConfigurationError: the filter has an operator or an operand that cannot be evaluated.
        RegexRefused, RegexTooSlow: a regular expression that cannot be run here.
    """
    if scoping_filter is None:
        return True
    return all(_any_holds(groups, person) for groups, person in _sets(scoping_filter, attributes))


def is_read(scoping_filter: ScopingFilter | None, attributes: Mapping[str, Value]) -> bool:
    """Whether the service reads this person at all, which is what ``inputFilterGroups`` decides.

    A user who is not read is neither created nor deprovisioned (filter resource type).
    """
    return scoping_filter is None or _any_holds(scoping_filter.input_filter_groups, _as_read(attributes))


def holds(clause: Clause, value: Value) -> bool:
    """Whether one clause is true of its attribute's value.

    Raises:
        ConfigurationError: the operator does not exist or cannot be relied on, or its operand does not fit.
        RegexRefused, RegexTooSlow: a regular expression that cannot be run here.
    """
    operator = find_operator(clause.operator_name)
    values = operands(clause, operator)
    if value is None or value in ("", ()):
        return operator.name == "IS NULL"
    test = _TESTS[operator.name]
    items = value if isinstance(value, tuple) else (value,)
    return all(item != "" and test(item, values) for item in items)


def operands(clause: Clause, operator: Operator) -> tuple[str, ...]:
    """The texts a clause compares with, checked against what its operator takes.

    Raises:
        ConfigurationError: no value where one is needed, or not an integer where the operator compares integers.
    """
    if operator.unary:
        return ()
    if not clause.values:
        raise ConfigurationError(f"{clause}: {operator.name} needs a value")
    for value in clause.values:
        if operator.name in ("Greater_Than", "Greater_Than_OR_EQUALS") and not _is_count(value):
            raise ConfigurationError(f'{clause}: {operator.name} compares integers of at least 0, not "{value}"')
    return clause.values


@dataclass(frozen=True, slots=True)
class Failure:
    """A clause that kept a user out.

    Attributes:
        group: The group's name, or its number as text.
        clause: The clause that does not hold.
        value: The person's value of the attribute.
    """

    group: str
    clause: Clause
    value: Value

    @property
    def reason(self) -> str:
        """What is wrong, the same for all users that the clause keeps out in the same way: ``country is not "US"``."""
        attribute, name = self.clause.source_operand_name, find_operator(self.clause.operator_name).name
        if _is_empty(self.value):
            return f"{attribute} is empty"
        wanted = " or ".join(f'"{value}"' for value in self.clause.values)
        return f"{attribute} {_UNMET[name].format(wanted)}"

    def __str__(self) -> str:
        name = find_operator(self.clause.operator_name).name
        wanted = _WANTED[name].format(" or ".join(f'"{value}"' for value in self.clause.values))
        value = "empty" if _is_empty(self.value) else _shown(self.value)
        return f"{self.clause.source_operand_name} is {value}, {self.group} wants {wanted}"


def failing(scoping_filter: ScopingFilter | None, attributes: Mapping[str, Value]) -> tuple[Failure, ...]:
    """Why a person is not in scope: of every group of the unsatisfied sets, the clauses that do not hold.

    Empty when the person is in scope.
    """
    if scoping_filter is None:
        return ()
    failures: list[Failure] = []
    for groups, person in _sets(scoping_filter, attributes):
        if not _any_holds(groups, person):
            failures += [
                Failure(group.name or f"Filter {number}", clause, person.get(clause.source_operand_name))
                for number, group in enumerate(groups or (), 1)
                for clause in group.clauses
                if not holds(clause, person.get(clause.source_operand_name))
            ]
    return tuple(failures)


def _sets(
    scoping_filter: ScopingFilter, attributes: Mapping[str, Value]
) -> Iterator[tuple[tuple[FilterGroup, ...] | None, Mapping[str, Value]]]:
    """The filter's sets of groups, each with the attributes that it sees."""
    yield scoping_filter.input_filter_groups, _as_read(attributes)
    yield scoping_filter.category_filter_groups, attributes
    yield scoping_filter.groups, attributes


def _as_read(attributes: Mapping[str, Value]) -> Mapping[str, Value]:
    return {**attributes, **{name: value for name, value in MEMBER.items() if _is_empty(attributes.get(name))}}


def _any_holds(groups: tuple[FilterGroup, ...] | None, attributes: Mapping[str, Value]) -> bool:
    return not groups or any(
        all(holds(clause, attributes.get(clause.source_operand_name)) for clause in group.clauses) for group in groups
    )


def _is_empty(value: Value) -> bool:
    return value is None or value in ("", ())


def _text(item: Item) -> str:
    return str(item)  # True and False are spelt as .NET spells them


def _is_count(text: str) -> bool:
    return re.fullmatch(r"[0-9]+", text) is not None


def _equals(item: Item, values: tuple[str, ...]) -> bool:
    if isinstance(item, int) and not isinstance(item, bool):
        return str(item) in {_LEADING_ZEROS.sub(r"\1", value) for value in values}
    return _text(item) in values


def _matches(item: Item, values: tuple[str, ...]) -> bool:
    return any(compile_dotnet(pattern).matches(_text(item)) for pattern in values)


def _size(digits: str) -> tuple[int, str]:
    """Orders integers of any length as numbers."""
    significant = digits.lstrip("0")
    return len(significant), significant


def _says(item: Item, word: str) -> bool:
    return _text(item).lower() == word


_TESTS: Mapping[str, Callable[[Item, tuple[str, ...]], bool]] = MappingProxyType(
    {
        "EQUALS": _equals,
        "NOT EQUALS": lambda item, values: not _equals(item, values),
        "IS TRUE": lambda item, _: _says(item, "true"),
        "IS FALSE": lambda item, _: _says(item, "false"),
        "IS NULL": lambda item, _: False,
        "IS NOT NULL": lambda item, _: True,
        "REGEX MATCH": _matches,
        "NOT REGEX MATCH": lambda item, values: not _matches(item, values),
        "ENDS_WITH": lambda item, values: any(_text(item).endswith(value) for value in values),
        "Includes": lambda item, values: any(value in _text(item) for value in values),
        "Greater_Than": lambda item, values: (
            _is_count(text := _text(item)) and any(_size(text) > _size(value) for value in values)
        ),
        "Greater_Than_OR_EQUALS": lambda item, values: (
            _is_count(text := _text(item)) and any(_size(text) >= _size(value) for value in values)
        ),
        "&": lambda item, values: any(_text(item) in value for value in values),
        "!&": lambda item, values: not any(_text(item) in value for value in values),
    }
)

_UNMET = MappingProxyType(
    {
        "EQUALS": "is not {}",
        "NOT EQUALS": "is {}",
        "IS TRUE": "is not true",
        "IS FALSE": "is not false",
        "IS NULL": "is not empty",
        "IS NOT NULL": "is empty",
        "REGEX MATCH": "does not match {}",
        "NOT REGEX MATCH": "matches {}",
        "ENDS_WITH": "does not end with {}",
        "Includes": "does not include {}",
        "Greater_Than": "is not greater than {}",
        "Greater_Than_OR_EQUALS": "is less than {}",
        "&": "is not in {}",
        "!&": "is in {}",
    }
)

_WANTED = MappingProxyType(
    {
        "EQUALS": "{}",
        "NOT EQUALS": "a value other than {}",
        "IS TRUE": "true",
        "IS FALSE": "false",
        "IS NULL": "no value",
        "IS NOT NULL": "a value",
        "REGEX MATCH": "a match of {}",
        "NOT REGEX MATCH": "a value without a match of {}",
        "ENDS_WITH": "an end of {}",
        "Includes": "a value that includes {}",
        "Greater_Than": "more than {}",
        "Greater_Than_OR_EQUALS": "at least {}",
        "&": "a part of {}",
        "!&": "a value that is not part of {}",
    }
)


def _shown(value: Value) -> str:
    if isinstance(value, tuple):
        return " and ".join(f'"{item}"' for item in value)
    return f'"{value}"' if isinstance(value, str) else str(value)
