"""Scoping filters over whole columns of people, with the same answers as `filters.evaluation` gives person by person.

What Polars can compute, it does. Columns are text, Boolean, integer or lists of text; null is an absent attribute.
"""

from __future__ import annotations

from functools import reduce
from operator import or_

import polars as pl

from entra_sync.errors import ConfigurationError
from entra_sync.expressions.columns.regex import contains_dotnet
from entra_sync.expressions.columns.values import by_distinct_value
from entra_sync.expressions.filters.evaluation import holds, operands
from entra_sync.expressions.filters.model import Clause, FilterGroup, ScopingFilter, find_operator

__all__ = ["FilterColumns", "clause_columns"]


class FilterColumns:
    """Who passes each filter, as Boolean series without nulls, one value per row. Each clause is computed once.

    Every method raises ConfigurationError if an attribute of the filter has no column (what was not read is unknown,
    not absent), or if an operator or operand cannot be evaluated.

    Args:
        people: One column per attribute, under the attribute's name.
    """

    def __init__(self, people: pl.DataFrame) -> None:
        self._people = people
        self._answers: dict[Clause, pl.Series] = {}

    @property
    def attributes(self) -> set[str]:
        """The attributes of the clauses that were computed."""
        return {clause.source_operand_name for clause in self._answers}

    def read(self, scoping_filter: ScopingFilter | None) -> pl.Series:
        """Which people the service reads: the input filter lets them pass."""
        return self.any_holds(scoping_filter.input_filter_groups if scoping_filter else None)

    def passing(self, scoping_filter: ScopingFilter | None) -> pl.Series:
        """Which people are in scope: one group of each set lets them pass."""
        if scoping_filter is None:
            return self._each(True)
        others = (scoping_filter.category_filter_groups, scoping_filter.groups)
        return self.read(scoping_filter) & self.any_holds(others[0]) & self.any_holds(others[1])

    def any_holds(self, groups: tuple[FilterGroup, ...] | None) -> pl.Series:
        """Which people one of the groups lets pass; all people if there is no group."""
        if not groups:
            return self._each(True)
        anyone = self._each(False)
        for group in groups:
            everything = self._each(True)
            for clause in group.clauses:
                everything = everything & self.holds(clause)
            anyone = anyone | everything
        return anyone

    def holds(self, clause: Clause) -> pl.Series:
        """Which people a clause is true of."""
        if clause not in self._answers:
            self._answers[clause] = clause_columns(clause, self._people)
        return self._answers[clause]

    def _each(self, value: bool) -> pl.Series:
        return pl.repeat(value, self._people.height, dtype=pl.Boolean, eager=True)


def clause_columns(clause: Clause, people: pl.DataFrame) -> pl.Series:
    """Which of the *people* one clause is true of; a Boolean series without nulls.

    Raises:
        ConfigurationError: as for :class:`FilterColumns`.
    """
    operator = find_operator(clause.operator_name)
    values = operands(clause, operator)
    if clause.source_operand_name not in people.columns:
        raise ConfigurationError(f'{clause}: attribute "{clause.source_operand_name}" was not read')
    column = people[clause.source_operand_name]
    if isinstance(column.dtype, pl.List):
        answers = [holds(clause, None if items is None else tuple(items)) for items in column.to_list()]
        return pl.Series(answers, dtype=pl.Boolean)
    if column.dtype == pl.Null:
        return pl.repeat(operator.name == "IS NULL", people.height, dtype=pl.Boolean, eager=True)
    is_text = column.dtype == pl.String
    empty = (column.is_null() | (column == "")).fill_null(True) if is_text else column.is_null()
    if operator.name == "IS NULL":
        return empty
    if operator.name == "IS NOT NULL":
        return ~empty
    true = _by_column(operator.name, values, column) if is_text else None
    if true is None:
        true = by_distinct_value(column, lambda value: holds(clause, value), pl.Boolean())
    return (true & ~empty).fill_null(False)


def _by_column(operator: str, values: tuple[str, ...], column: pl.Series) -> pl.Series | None:
    """The answers for a text column by the operators that Polars has on text; None for the others."""
    match operator:
        case "EQUALS":
            return column.is_in(values)
        case "NOT EQUALS":
            return ~column.is_in(values)
        case "ENDS_WITH":
            return reduce(or_, (column.str.ends_with(value) for value in values))
        case "Includes":
            return reduce(or_, (column.str.contains(value, literal=True) for value in values))
        case "REGEX MATCH":
            return reduce(or_, (contains_dotnet(column, value) for value in values))
        case "NOT REGEX MATCH":
            return ~reduce(or_, (contains_dotnet(column, value) for value in values))
    return None
