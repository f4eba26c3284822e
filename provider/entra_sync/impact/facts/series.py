"""Columns of one value."""

from __future__ import annotations

from typing import Any

import polars as pl

__all__ = ["falses", "filled", "nulls", "trues"]


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
