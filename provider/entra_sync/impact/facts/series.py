"""Columns of one value, and rows without one."""

from __future__ import annotations

from typing import Any

import polars as pl

__all__ = ["falses", "filled", "is_empty", "nulls", "trues"]


def filled(value: Any, height: int, kind: type[pl.DataType] | pl.DataType = pl.String) -> pl.Series:
    """A column that holds *value* in each of *height* rows."""
    return pl.Series([value], dtype=kind).new_from_index(0, height)


def nulls(height: int) -> pl.Series:
    """A column of texts that are all null."""
    return filled(None, height)


def trues(height: int) -> pl.Series:
    """A column of Booleans that are all true."""
    return filled(True, height, pl.Boolean)


def falses(height: int) -> pl.Series:
    """A column of Booleans that are all false."""
    return filled(False, height, pl.Boolean)


def is_empty(values: pl.Series) -> pl.Series:
    """The rows that are null, an empty text or an empty list."""
    if values.dtype == pl.String:
        return values.is_null() | (values == "").fill_null(False)
    if isinstance(values.dtype, pl.List):
        return values.is_null() | (values.list.len() == 0).fill_null(True)
    return values.is_null()
