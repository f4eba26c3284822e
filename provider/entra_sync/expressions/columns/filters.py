"""Scoping filters over whole columns of people, with the same answers as `scope` gives person by person.

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

__all__ = ["clause_columns", "filter_columns"]


def filter_columns(scoping_filter: ScopingFilter | None, people: pl.DataFrame) -> pl.Series:
    """Who of the *people* is in scope, as a Boolean series without nulls, one value per row.

    Args:
        scoping_filter: None excludes no user.
        people: One column per attribute, under the attribute's name.

    Raises:
        ConfigurationError: an attribute of the filter has no column (what was not read is unknown, not absent), or an
            operator or operand cannot be evaluated.
    """
    everyone = pl.repeat(True, people.height, dtype=pl.Boolean, eager=True)
    if scoping_filter is None:
        return everyone
    answers: dict[Clause, pl.Series] = {}
    for groups in (scoping_filter.input_filter_groups, scoping_filter.category_filter_groups, scoping_filter.groups):
        if groups:
            everyone = everyone & _any_holds(groups, people, answers)
    return everyone.alias("in scope")


def _any_holds(groups: tuple[FilterGroup, ...], people: pl.DataFrame, answers: dict[Clause, pl.Series]) -> pl.Series:
    anyone = pl.repeat(False, people.height, dtype=pl.Boolean, eager=True)
    for group in groups:
        everyone = pl.repeat(True, people.height, dtype=pl.Boolean, eager=True)
        for clause in group.clauses:
            if clause not in answers:
                answers[clause] = clause_columns(clause, people)
            everyone = everyone & answers[clause]
        anyone = anyone | everyone
    return anyone


def clause_columns(clause: Clause, people: pl.DataFrame) -> pl.Series:
    """Which of the *people* one clause is true of; a Boolean series without nulls.

    Raises:
        ConfigurationError: as :func:`filter_columns`.
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
