"""Scoping filters: who is in scope of a synchronization, by attribute.

The models read and print the ``filter`` resource of Microsoft Graph ("filter resource type", "filterGroup",
"filterClause", "filterOperand") with its own names; fields that this version does not know survive. Programs rarely
spell them out:

    any_of(
        all_of(clause("country").equals("US"), clause("employeeType").is_not_null()),
        clause("department").is_one_of("Sales", "Marketing"),
    )

Within a group every clause must hold, and one group that holds is enough. An attribute without a value makes every
clause false but IS NULL, the negative ones too ("Scoping users or groups to be provisioned with scoping filters").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer, model_validator
from pydantic.alias_generators import to_camel

from entra_sync.errors import ConfigurationError, RegexRefused
from entra_sync.errors.mistakes import Told, told, told_methods
from entra_sync.errors.problems import word_for
from entra_sync.expressions.dotnet.regex import compile_dotnet

__all__ = [
    "OPERATORS",
    "Clause",
    "FilterGroup",
    "Operand",
    "Operator",
    "ScopingFilter",
    "all_of",
    "any_of",
    "clause",
    "find_operator",
]


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator of scoping filters.

    Attributes:
        name: Its spelling on the wire. The service's list and the portal's page are compared without regard to case.
        unary: It takes no value.
        types: Attribute types that the service lists for it.
        listed: Graph's ``filterOperators`` names it; the others are known from the portal's page alone.
    """

    name: str
    unary: bool
    types: tuple[str, ...]
    listed: bool = True

    def schema(self) -> dict[str, Any]:
        """The ``filterOperatorSchema`` resource that Graph's ``filterOperators`` answers with."""
        return {
            "name": self.name,
            "arity": "Unary" if self.unary else "Binary",
            "multivaluedComparisonType": "All",
            "supportedAttributeTypes": list(self.types),
        }


_TEXT = ("Integer", "String")
_ANY = ("Integer", "String", "Binary", "Boolean")

OPERATORS = MappingProxyType(
    {
        operator.name.casefold(): operator
        for operator in (
            Operator("EQUALS", False, _TEXT),
            Operator("IS FALSE", True, ("Boolean",)),
            Operator("IS NOT NULL", True, _ANY),
            Operator("IS NULL", True, _ANY),
            Operator("IS TRUE", True, ("Boolean",)),
            Operator("NOT EQUALS", False, _TEXT),
            Operator("NOT REGEX MATCH", False, _TEXT),
            Operator("REGEX MATCH", False, _TEXT),
            Operator("ENDS_WITH", False, _TEXT, listed=False),
            Operator("Includes", False, _TEXT, listed=False),
            Operator("Greater_Than", False, _TEXT, listed=False),
            Operator("Greater_Than_OR_EQUALS", False, _TEXT, listed=False),
            Operator("&", False, _TEXT, listed=False),
            Operator("!&", False, _TEXT, listed=False),
        )
    }
)
"""Every operator that can be evaluated, by its name in lower case."""

UNSUPPORTED_OPERATORS = MappingProxyType(
    {
        "ismemberof": "the service does not support it; assign the group to the application instead",
        "present": "no page describes it; use IS NOT NULL",
        "valid cert match": "no page describes it",
    }
)
"""Operators that the portal has shown and that are not reliable, by their name in lower case, and why."""


def find_operator(name: str) -> Operator:
    """The operator of that name, whatever its case.

    Raises:
        ConfigurationError: no such operator, or one that cannot be relied on; the text names the nearest.
    """
    key = name.casefold()
    if key in OPERATORS:
        return OPERATORS[key]
    if key in UNSUPPORTED_OPERATORS:
        raise ConfigurationError(f'operator "{name}" cannot be used: {UNSUPPORTED_OPERATORS[key]}')
    near = get_close_matches(key.replace("_", " "), OPERATORS, n=1, cutoff=0.5)
    known = f'did you mean "{OPERATORS[near[0]].name}"?' if near else "known are " + ", ".join(_names())
    raise ConfigurationError(f'operator "{name}" does not exist; {known}')


def _names() -> list[str]:
    return [operator.name for operator in OPERATORS.values()]


class _Resource(BaseModel, metaclass=Told):
    """A resource of Graph that prints exactly the fields it was made with, under Graph's names."""

    model_config = ConfigDict(
        frozen=True, extra="allow", alias_generator=to_camel, populate_by_name=True, serialize_by_alias=True
    )

    @model_validator(mode="before")
    @classmethod
    def _refuse_misspelt(cls, data: Any) -> Any:
        if isinstance(data, dict):
            known = {spelling for name in cls.model_fields for spelling in (name, to_camel(name))}
            for key in data.keys() - known:
                near = get_close_matches(str(key), known - data.keys(), n=1, cutoff=0.8)
                if near:
                    raise ValueError(f'unknown field "{key}", did you mean "{near[0]}"?')
        return data

    @model_serializer(mode="wrap")
    def _only_what_was_set(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        unset = type(self).model_fields.keys() - self.model_fields_set
        hidden = unset | {to_camel(name) for name in unset}
        return {key: value for key, value in handler(self).items() if key not in hidden}

    def graph(self) -> dict[str, Any]:
        """Graph's JSON of this resource."""
        return self.model_dump(mode="json", by_alias=True)


class Operand(_Resource):
    """What an attribute is compared with.

    Attributes:
        values: One text for most operators, and none for ``IS NULL``, ``IS NOT NULL``, ``IS TRUE`` and ``IS FALSE``.
    """

    values: tuple[str, ...] | None = ()


class Clause(_Resource):
    """One condition on one attribute; made with :func:`clause`.

    Attributes:
        operator_name: Operator such as ``EQUALS``, ``IS NOT NULL`` or ``REGEX MATCH``, as Graph spells it.
        source_operand_name: The source attribute's case-sensitive name.
        target_operand: What the attribute is compared with.
    """

    operator_name: str
    source_operand_name: str
    target_operand: Operand | None = None

    @property
    def values(self) -> tuple[str, ...]:
        """The texts that the attribute is compared with."""
        return (self.target_operand.values or ()) if self.target_operand else ()

    def __str__(self) -> str:
        shown = " | ".join(f'"{value}"' for value in self.values)
        return f"{self.source_operand_name} {self.operator_name} {shown}".rstrip()


class FilterGroup(_Resource):
    """Clauses that must all hold; the portal calls it a scoping filter and its name the title.

    Attributes:
        name: Title of the group in the portal.
        clauses: A user satisfies the group if every clause holds.
    """

    name: str | None = None
    clauses: tuple[Clause, ...]

    def __str__(self) -> str:
        return " and ".join(map(str, self.clauses)) or "all users"


class ScopingFilter(_Resource):
    """The filter of an object mapping (filter resource type).

    Attributes:
        groups: A user who satisfies none of them is deprovisioned in the target. Null or empty: every user satisfies.
        input_filter_groups: A user who satisfies none of them is not read, and an account that was synchronized before
            stays as it is. The service sets them; programs do not write them.
        category_filter_groups: Reserved by the service.
    """

    groups: tuple[FilterGroup, ...] | None = None
    input_filter_groups: tuple[FilterGroup, ...] | None = None
    category_filter_groups: tuple[FilterGroup, ...] | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_group_is_a_filter(cls, data: Any) -> Any:
        if isinstance(data, Clause | FilterGroup):
            return {"groups": _titled([data])}
        return data

    def clauses(self) -> Iterator[Clause]:
        """The clauses of all groups."""
        for groups in (self.input_filter_groups, self.category_filter_groups, self.groups):
            for group in groups or ():
                yield from group.clauses

    @classmethod
    def any(cls, *groups: FilterGroup | Clause) -> ScopingFilter:
        """The filter that is satisfied by any of the *groups*; a clause alone counts as a group."""
        if not groups:
            raise ConfigurationError("a scoping filter needs at least one group of clauses")
        return cls(groups=_titled(groups))

    @classmethod
    def everybody(cls) -> ScopingFilter:
        """The filter that excludes no user."""
        return cls(groups=())

    def __str__(self) -> str:
        return " or ".join(f"({group})" for group in self.groups or ()) or "all users"


def _titled(groups: Any) -> tuple[FilterGroup, ...]:
    titled = []
    for number, item in enumerate(groups, 1):
        group = FilterGroup(clauses=(item,)) if isinstance(item, Clause) else item
        if not isinstance(group, FilterGroup):
            raise ConfigurationError(
                f"group {number} of the scoping filter is {_kind(item)}; write a clause, as in "
                'clause("country").equals("US"), or all_of(...)'
            )
        titled.append(group if group.name else group.model_copy(update={"name": f"Filter {number}"}))
    return tuple(titled)


@told("any_of")
def any_of(*groups: FilterGroup | Clause) -> ScopingFilter:
    """The filter that is satisfied by any of the *groups*; a clause alone counts as a group.

    Raises:
        ConfigurationError: no group, or something that is not one.
    """
    return ScopingFilter.any(*groups)


@told("all_of")
def all_of(*clauses: Clause, name: str | None = None) -> FilterGroup:
    """The group of which every clause must hold. *name* is its title in the portal, "Filter 1" and so on by default.

    Raises:
        ConfigurationError: no clause, or something that is not one.
    """
    if not clauses:
        raise ConfigurationError("a group of a scoping filter needs at least one clause")
    for number, item in enumerate(clauses, 1):
        if not isinstance(item, Clause):
            raise ConfigurationError(
                f"clause {number} of the group is {_kind(item)}; "
                'finish it with a comparison, such as clause("country").equals("US")'
            )
    return FilterGroup(name=name, clauses=clauses)


@told("clause")
def clause(attribute: str) -> _Attribute:
    """Start a clause on an attribute of the source, by its case-sensitive name: ``clause("country").equals("US")``.

    Raises:
        ConfigurationError: a name that cannot be one.
    """
    if not isinstance(attribute, str) or not attribute.strip():
        raise ConfigurationError("a clause needs the name of an attribute")
    if attribute.startswith("[") or attribute.endswith("]"):
        raise ConfigurationError(f'write the attribute of a clause without brackets: clause("{attribute.strip("[]")}")')
    return _Attribute(attribute)


@told_methods("clause(…)")
@dataclass(frozen=True, slots=True)
class _Attribute:
    """An attribute about to be compared; each method finishes the clause."""

    name: str

    def equals(self, value: str | int) -> Clause:
        """The whole value is *value*, case-sensitive."""
        return self._binary("EQUALS", value)

    def not_equals(self, value: str | int) -> Clause:
        """The attribute has a value, and it is not *value*, case-sensitive."""
        return self._binary("NOT EQUALS", value)

    def is_one_of(self, *values: str | int) -> Clause:
        """The whole value is one of the *values*, case-sensitive; sent as an anchored regular expression."""
        texts = [self._value("is_one_of", value) for value in values]
        if not texts:
            raise self._refused("is_one_of needs at least one value")
        return self.matches(f"^(?:{'|'.join(map(_escaped, texts))})$")

    def is_null(self) -> Clause:
        """The attribute is absent or empty."""
        return self._unary("IS NULL")

    def is_not_null(self) -> Clause:
        """The attribute has a value that is not empty."""
        return self._unary("IS NOT NULL")

    def is_true(self) -> Clause:
        """The Boolean attribute is true."""
        return self._unary("IS TRUE")

    def is_false(self) -> Clause:
        """The Boolean attribute is false; an absent one is not."""
        return self._unary("IS FALSE")

    def matches(self, pattern: str) -> Clause:
        """The .NET regular expression is found in the value, case-sensitive; anchor it with ``^`` and ``$``."""
        return self._binary("REGEX MATCH", self._pattern("matches", pattern))

    def not_matches(self, pattern: str) -> Clause:
        """The attribute has a value in which the .NET regular expression is not found."""
        return self._binary("NOT REGEX MATCH", self._pattern("not_matches", pattern))

    def starts_with(self, text: str) -> Clause:
        """The value begins with *text*, case-sensitive; sent as an anchored regular expression."""
        return self.matches(f"^{_escaped(self._value('starts_with', text))}.*")

    def ends_with(self, text: str) -> Clause:
        """The value ends with *text*."""
        return self._binary("ENDS_WITH", text)

    def includes(self, text: str) -> Clause:
        """The value contains *text*, case-sensitive."""
        return self._binary("Includes", text)

    def greater_than(self, number: int | str) -> Clause:
        """The value is an integer of at least 0 and greater than *number*."""
        return self._binary("Greater_Than", self._number("greater_than", number))

    def at_least(self, number: int | str) -> Clause:
        """The value is an integer of at least 0 and not less than *number*."""
        return self._binary("Greater_Than_OR_EQUALS", self._number("at_least", number))

    def _unary(self, operator: str) -> Clause:
        return Clause(operator_name=operator, source_operand_name=self.name, target_operand=Operand(values=()))

    def _binary(self, operator: str, value: str | int) -> Clause:
        text = self._value(operator, value)
        return Clause(operator_name=operator, source_operand_name=self.name, target_operand=Operand(values=(text,)))

    def _refused(self, reason: str) -> ConfigurationError:
        return ConfigurationError(reason, about=f'clause("{self.name}")')

    def _value(self, what: str, value: object) -> str:
        if isinstance(value, bool):
            raise self._refused(f"{what} compares text; use is_true() or is_false()")
        if value is None or value == "":
            raise self._refused(f"{what} never holds for an empty value; use is_null() or is_not_null()")
        if not isinstance(value, str | int):
            raise self._refused(
                f"{what} takes a text, not {type(value).__name__}; if it is an output of another resource, make the "
                "whole filter in .apply(lambda value: ...)"
            )
        return str(value)

    def _pattern(self, what: str, value: object) -> str:
        text = self._value(what, value)
        try:
            compile_dotnet(text)
        except RegexRefused as problem:
            raise ConfigurationError(str(problem), about=f'clause("{self.name}").{what}') from None
        return text

    def _number(self, what: str, value: object) -> str:
        text = self._value(what, value)
        if not re.fullmatch(r"[0-9]+", text):
            raise self._refused(f'{what} takes an integer of at least 0, not "{text}"')
        return text


def _kind(value: object) -> str:
    """What a program has in the place of a clause or group."""
    return "an attribute without a comparison" if isinstance(value, _Attribute) else word_for(value)


def _escaped(text: str) -> str:
    """*text* as a literal inside a .NET regular expression, as Regex.Escape writes it."""
    return re.sub(r"[\\*+?|{\[()^$.# \t\n\r\f]", lambda found: _ESCAPES.get(found[0], "\\" + found[0]), text)


_ESCAPES = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\f": "\\f"}
