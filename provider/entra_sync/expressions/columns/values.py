"""Values of a part of an expression for all people at once.

They are a series with one value a person (text, Boolean, integers or lists of texts; null where there is none), or one
plain value that is the same for all users.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from entra_sync.expressions.language.values import Value, canonical

__all__ = [
    "Values",
    "as_text",
    "by_distinct_value",
    "choose",
    "from_values",
    "is_list",
    "is_null",
    "is_true",
    "plain_text",
    "repeated",
]

Values = pl.Series | Value


def is_list(values: Values) -> bool:
    """Whether there are lists among the values."""
    return isinstance(values.dtype, pl.List) if isinstance(values, pl.Series) else isinstance(values, tuple)


def as_text(values: pl.Series) -> pl.Series:
    """The canonical texts of a series that does not hold lists."""
    if values.dtype == pl.String:
        return values
    text = values.cast(pl.String)
    return text.str.to_titlecase() if values.dtype == pl.Boolean else text


def plain_text(value: Value) -> str | None:
    """The canonical text of one value that is not a list."""
    text = canonical(value)
    assert not isinstance(text, list)
    return text


def repeated(value: Value, height: int) -> pl.Series:
    """A series of one canonical text, or list of texts, for all users."""
    text = canonical(value)
    if isinstance(text, list):
        return pl.Series([text], dtype=pl.List(pl.String)).new_from_index(0, height)
    return pl.repeat(text, height, dtype=pl.String, eager=True)


def from_values(values: Sequence[Value]) -> pl.Series:
    """A series of scalar values: of one kind where they are of one kind, else of canonical texts or lists of them."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pl.Series(values, dtype=pl.Boolean)
    if kinds == {int}:
        return pl.Series(values, dtype=pl.Int64)
    texts = [canonical(value) for value in values]
    if tuple in kinds:
        lists = [[text] if isinstance(text, str) else text for text in texts]
        return pl.Series(lists, dtype=pl.List(pl.String))
    return pl.Series(texts, dtype=pl.String)


def by_distinct_value(column: pl.Series, scalar: Callable[[Any], Value], kind: pl.DataType) -> pl.Series:
    """A function of each value of *column*, run once for each distinct one; null stays null."""
    distinct = column.drop_nulls().unique()
    answers = pl.Series([scalar(value) for value in distinct.to_list()], dtype=kind)
    return column.replace_strict(distinct, answers, default=None, return_dtype=kind)


def is_null(values: Values, height: int) -> pl.Series:
    """Which users have no value."""
    if isinstance(values, pl.Series):
        return values.is_null()
    return pl.repeat(values is None, height, dtype=pl.Boolean, eager=True)


def is_true(values: Values, height: int) -> pl.Series:
    """Which users have a Boolean value that is true; an absent one is not."""
    if isinstance(values, pl.Series) and values.dtype == pl.Boolean:
        return values.fill_null(False)
    return pl.repeat(values is True, height, dtype=pl.Boolean, eager=True)


def choose(chosen: pl.Series, when_true: Values, when_false: Values) -> pl.Series:
    """One of two values for each person, by a mask without nulls."""
    sides = [when_true, when_false]
    if any(map(is_list, sides)):
        sides = [_as_lists(side) for side in sides]
    elif not _alike(when_true, when_false):
        sides = [as_text(side) if isinstance(side, pl.Series) else plain_text(side) for side in sides]
    literals = [side if isinstance(side, pl.Series) else pl.lit(side) for side in sides]
    kind = next((side.dtype for side in sides if isinstance(side, pl.Series)), pl.String)
    picked = pl.select(pl.when(chosen).then(literals[0]).otherwise(literals[1]).cast(kind))
    return picked.to_series().alias("")


def _alike(first: Values, second: Values) -> bool:
    return isinstance(first, pl.Series) and isinstance(second, pl.Series) and first.dtype == second.dtype


def _as_lists(values: Values) -> pl.Series | None:
    """Each value as a list; a null stays one."""
    if isinstance(values, pl.Series):
        if isinstance(values.dtype, pl.List):
            return values
        texts = as_text(values)
        return texts.reshape((-1, 1)).arr.to_list().set(texts.is_null(), None)
    texts_of_one = canonical(values)
    if texts_of_one is None:
        return None
    return pl.Series([texts_of_one if isinstance(texts_of_one, list) else [texts_of_one]], dtype=pl.List(pl.String))
