"""Column forms of the functions that a million people make worth it.

A form takes the operands of a call, each a `Values` or OMITTED, and gives a series, or None where it does not apply:
then the caller runs the scalar definition for each distinct combination of arguments. Where Polars and .NET differ on
some texts (case of letters beyond ASCII, positions in texts with surrogate pairs), those texts alone go to the scalar
definition.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from entra_sync.expressions.columns.regex import replace_dotnet
from entra_sync.expressions.columns.values import Values, as_text, by_distinct_value, is_list, plain_text
from entra_sync.expressions.dotnet.diacritics import precomposed, without_diacritics
from entra_sync.expressions.dotnet.no_value import NoValue
from entra_sync.expressions.dotnet.text import WHITE_SPACE, lower, upper
from entra_sync.expressions.language.functions.text import left, mid
from entra_sync.expressions.language.registry import OMITTED, Omitted
from entra_sync.expressions.language.values import Value, to_integer, truth

__all__ = ["FORMS", "Form", "Operand", "concatenate"]

Operand = Values | Omitted
Form = Callable[..., pl.Series | None]
Text = pl.Series | str | None
"""A column of text, or one text or null for all users."""


def _text(operand: Operand) -> Text:
    """The operand as text; only for one that holds no lists and was not left out."""
    assert not isinstance(operand, Omitted)
    return as_text(operand) if isinstance(operand, pl.Series) else plain_text(operand)


def _column(operand: Operand) -> pl.Series | None:
    """The operand as a column of text, or None when it is not one."""
    return as_text(operand) if isinstance(operand, pl.Series) and not is_list(operand) else None


def _integer(operand: Operand) -> int | None:
    """The number that a constant operand spells, or None."""
    if isinstance(operand, pl.Series | Omitted):
        return None
    try:
        return to_integer(operand)
    except NoValue:
        return None


def _is_one_of(operand: Operand, *constants: Operand) -> bool:
    return not isinstance(operand, pl.Series) and operand in constants


def _beyond_ascii(column: pl.Series) -> pl.Series:
    return (column.str.len_bytes() != column.str.len_chars()).fill_null(False)


def _with_surrogates(column: pl.Series) -> pl.Series:
    beyond = _beyond_ascii(column)
    return beyond & column.str.contains(r"[\x{10000}-\x{10FFFF}]").fill_null(False) if beyond.any() else beyond


def _repaired(fast: pl.Series, column: pl.Series, odd: pl.Series, scalar: Callable[[str], Value]) -> pl.Series:
    """*fast* with the scalar function's answers for the *odd* texts of *column*."""
    if not odd.any():
        return fast
    answers = by_distinct_value(column.filter(odd), scalar, fast.dtype)
    return fast.scatter(odd.arg_true(), answers)


def concatenate(*operands: Operand) -> pl.Series | None:
    """The texts one after the other, null counting as empty: Append, Prepend and &."""
    if any(map(_is_list, operands)):
        return None
    texts = [_text(operand) for operand in operands]
    parts = [pl.lit(text.fill_null("") if isinstance(text, pl.Series) else text or "") for text in texts]
    return pl.select(pl.concat_str(parts)).to_series()


def _is_list(operand: Operand) -> bool:
    return not isinstance(operand, Omitted) and is_list(operand)


def _join(separator: Operand, *sources: Operand) -> pl.Series | None:
    if isinstance(separator, pl.Series) or _is_list(separator):
        return None
    mark = _text(separator) or ""
    parts: list[pl.Expr] = []
    for source in sources:
        if isinstance(source, tuple):
            parts += [pl.lit(value) for value in source if value]
        elif isinstance(source, pl.Series) and is_list(source):
            joined = source.list.eval(pl.element().filter(pl.element() != "")).list.join(str(mark))
            parts.append(pl.lit(joined.set(joined == "", None)))
        else:
            text = _text(source)
            kept = text.set(text == "", None) if isinstance(text, pl.Series) else text or None
            parts.append(pl.lit(kept, dtype=pl.String))
    return pl.select(pl.concat_str(parts, separator=str(mark), ignore_nulls=True)).to_series().fill_null("")


def _left(source: Operand, count: Operand) -> pl.Series | None:
    column, number = _column(source), _integer(count)
    if column is None or number is None:
        return None
    filled = column.fill_null("")
    fast = filled if number < 0 else filled.str.slice(0, number)
    return _repaired(fast, filled, _with_surrogates(filled), lambda text: left(text, number))


def _mid(source: Operand, start: Operand, length: Operand) -> pl.Series | None:
    column, first, count = _column(source), _integer(start), _integer(length)
    if column is None or first is None or (count is None and length is not OMITTED):
        return None
    if first < 1 or (count is not None and count < 0):
        return None
    fast = column.str.slice(first - 1, count)
    wanted = OMITTED if count is None else count
    return _repaired(fast, column, _with_surrogates(column), lambda text: mid(text, first, wanted))


def _in_str(searched: Operand, wanted: Operand, start: Operand, compare: Operand) -> pl.Series | None:
    column = _column(searched)
    if column is None or not isinstance(wanted, str) or not wanted or not _is_one_of(start, OMITTED, "1"):
        return None
    if not _is_one_of(compare, OMITTED, None, "vbBinaryCompare"):
        return None
    filled = column.fill_null("")
    if _beyond_ascii(filled).any():
        return None
    return (filled.str.find(wanted, literal=True).cast(pl.Int64) + 1).fill_null(0)


def _lower(source: Operand, culture: Operand) -> pl.Series | None:
    column = _column(source)
    if column is None or not _is_one_of(culture, OMITTED, None, ""):
        return None
    return _repaired(column.str.to_lowercase(), column, _beyond_ascii(column), lower)


def _upper(source: Operand, culture: Operand) -> pl.Series | None:
    column = _column(source)
    if column is None or not _is_one_of(culture, OMITTED, None, ""):
        return None
    return _repaired(column.str.to_uppercase(), column, _beyond_ascii(column), upper)


def _normalize_diacritics(source: Operand) -> pl.Series | None:
    """Precomposed letters are replaced by Polars; texts with combining marks go to the scalar definition."""
    column = _column(source)
    if column is None:
        return None
    beyond = _beyond_ascii(column)
    if not beyond.any():
        return column
    letters = precomposed()
    odd = column.filter(beyond)
    plain = odd.str.replace_many(list(letters), list(letters.values()))
    marked = odd.str.contains(r"\p{M}")
    return column.scatter(beyond.arg_true(), _repaired(plain, odd, marked, without_diacritics))


def _strip_spaces(source: Operand) -> pl.Series | None:
    column = _column(source)
    return None if column is None else column.str.replace_all(" ", "", literal=True)


def _trim(source: Operand) -> pl.Series | None:
    column = _column(source)
    return None if column is None else column.str.strip_chars(WHITE_SPACE)


def _to_hex(source: Operand) -> pl.Series | None:
    column = _column(source)
    return None if column is None else column.str.encode("hex").str.to_uppercase()


def _alternative_id(net_id: Operand) -> pl.Series | None:
    column = _column(net_id)
    return None if column is None else "5::" + column


def _c_str(value: Operand) -> pl.Series | None:
    return _column(value)


def _identity(value: Operand) -> pl.Series | None:
    return value if isinstance(value, pl.Series) else None


def _split(source: Operand, delimiter: Operand) -> pl.Series | None:
    column = _column(source)
    mark = "," if _is_one_of(delimiter, OMITTED, None) else delimiter
    if column is None or not isinstance(mark, str) or not mark:
        return None
    return column.str.split(mark).list.eval(pl.element().str.strip_chars(WHITE_SPACE))


def _count(attribute: Operand) -> pl.Series | None:
    if not isinstance(attribute, pl.Series):
        return None
    counted = attribute.list.len() if is_list(attribute) else attribute.is_not_null()
    return counted.cast(pl.Int64).fill_null(0)


def _remove_duplicates(attribute: Operand) -> pl.Series | None:
    if not isinstance(attribute, pl.Series) or not is_list(attribute):
        return None
    return attribute.list.unique(maintain_order=True)


def _is_null(value: Operand) -> pl.Series | None:
    return value.is_null() if isinstance(value, pl.Series) else None


def _is_empty(value: Operand) -> pl.Series | None:
    if not isinstance(value, pl.Series):
        return None
    if is_list(value):
        return value.is_null() | ((value.list.len() == 1) & (value.list.first() == "")).fill_null(False)
    return value.is_null() | (value == "").fill_null(False) if value.dtype == pl.String else value.is_null()


def _is_present(value: Operand) -> pl.Series | None:
    empty = _is_empty(value)
    return None if empty is None else ~empty


def _is_string(value: Operand) -> pl.Series | None:
    if not isinstance(value, pl.Series):
        return None
    return value.is_not_null() if not is_list(value) else value.is_null() & False


def _not(source: Operand) -> pl.Series | None:
    column = _column(source)
    return None if column is None else (column.str.to_lowercase() != "true").fill_null(True)


def _truth(value: Operand) -> pl.Series | None:
    if not isinstance(value, pl.Series) or is_list(value):
        return None
    if value.dtype == pl.Boolean:
        return value.fill_null(False)
    if value.dtype != pl.String:
        return (value != 0).fill_null(False)
    return by_distinct_value(value, truth, pl.Boolean()).fill_null(False)


def _replace(
    source: Operand,
    old: Operand,
    pattern: Operand,
    group: Operand,
    new: Operand,
    other: Operand,
    template: Operand,
) -> pl.Series | None:
    column = _column(source)
    if column is None or group is not OMITTED or other is not OMITTED:
        return None
    if isinstance(old, str) and old and pattern is OMITTED:
        if isinstance(new, str) and template is OMITTED:
            return column.str.replace_all(old, new, literal=True)
        if isinstance(template, str) and new is OMITTED:
            pieces = [pl.lit(piece) for piece in template.split(old)]
            between = [part for piece in pieces for part in (piece, pl.lit(column))][:-1]
            return pl.select(pl.concat_str(between)).to_series()
    if isinstance(pattern, str) and isinstance(new, str) and old is OMITTED and template is OMITTED:
        return replace_dotnet(column, pattern, new)
    return None


FORMS: dict[str, Form] = {
    "AltSecIdFromNetId": _alternative_id,
    "Append": concatenate,
    "CBool": _truth,
    "CStr": _c_str,
    "ConvertToUTF8Hex": _to_hex,
    "Count": _count,
    "InStr": _in_str,
    "IsNothing": _is_null,
    "IsNull": _is_null,
    "IsNullOrEmpty": _is_empty,
    "IsPresent": _is_present,
    "IsString": _is_string,
    "Join": _join,
    "Left": _left,
    "Mid": _mid,
    "NormalizeDiacritics": _normalize_diacritics,
    "Not": _not,
    "Prepend": concatenate,
    "Redact": _identity,
    "RemoveDuplicates": _remove_duplicates,
    "Replace": _replace,
    "Split": _split,
    "StripSpaces": _strip_spaces,
    "ToLower": _lower,
    "ToUpper": _upper,
    "Trim": _trim,
}
"""The column forms by function."""
