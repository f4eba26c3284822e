"""Functions on multi-valued attributes, and those that make a list or make a text of one."""

from __future__ import annotations

from entra_sync.expressions.dotnet.no_value import NoValue
from entra_sync.expressions.dotnet.text import WHITE_SPACE, upper
from entra_sync.expressions.language.registry import CLOUD_SYNC, OMITTED, Omitted, function

__all__ = [
    "contains",
    "count",
    "item",
    "join",
    "remove_duplicates",
    "split",
]


@function("Count(attribute: Strings) -> Integer")
def count(values: tuple[str, ...]) -> int:
    """Returns the number of values: 0 if the attribute is absent, 1 if it is single-valued."""
    return len(values)


@function("Item(attribute: Strings, index: Integer) -> String")
def item(values: tuple[str, ...], index: int) -> str:
    """Returns the value at that position, counted from 1. It is an error if there is no such value."""
    if not 1 <= index <= len(values):
        raise NoValue(f"there is no item {index}, the attribute has {len(values)} values counted from 1")
    return values[index - 1]


@function("Join(separator: String, source*: Strings) -> String")
def join(separator: str | None, *sources: tuple[str, ...]) -> str:
    """Joins the values of all sources with *separator* between them. Empty and absent values are skipped."""
    return (separator or "").join(value for values in sources for value in values if value)


@function("Split(source: String, delimiter?: String) -> Strings")
def split(source: str | None, delimiter: str | Omitted | None) -> tuple[str, ...] | None:
    """Splits the text at each delimiter and trims each part. Null stays null."""
    if source is None:
        return None
    mark = "," if delimiter is OMITTED or delimiter is None else delimiter
    return tuple(part.strip(WHITE_SPACE) for part in (source.split(mark) if mark else [source]))


@function("RemoveDuplicates(attribute: Strings) -> Strings")
def remove_duplicates(values: tuple[str, ...]) -> tuple[str, ...] | None:
    """Keeps the first occurrence of each value, in the same order. Values that differ in case are different."""
    return tuple(dict.fromkeys(values)) or None


@function(
    "Contains(attribute: Strings, search: String, compareType?: String) -> Integer",
    page=CLOUD_SYNC,
    not_run="it is documented for Cloud Sync only",
)
def contains(values: tuple[str, ...], wanted: str | None, compare: str | Omitted | None) -> int:
    """Returns the position, counted from 1, of the first value that contains *search*, or 0."""
    if compare not in (OMITTED, None, "vbBinaryCompare", "vbTextCompare"):
        raise NoValue(f'compareType is vbTextCompare or vbBinaryCompare, not "{compare}"')
    part, places = wanted or "", values
    if compare == "vbTextCompare":
        part, places = upper(part), tuple(map(upper, values))
    return next((place for place, value in enumerate(places, 1) if part in value), 0)
