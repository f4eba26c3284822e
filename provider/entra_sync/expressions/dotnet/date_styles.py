"""DateTimeStyles: how .NET reads a date beside its format ("DateTimeStyles Enum")."""

from __future__ import annotations

from entra_sync.expressions.dotnet.no_value import NoValue

__all__ = ["DEFAULT_STYLES", "read_styles"]

_STYLES = frozenset(
    {
        "None",
        "AllowLeadingWhite",
        "AllowTrailingWhite",
        "AllowInnerWhite",
        "AllowWhiteSpaces",
        "NoCurrentDateDefault",
        "AdjustToUniversal",
        "AssumeLocal",
        "AssumeUniversal",
        "RoundtripKind",
    }
)

DEFAULT_STYLES = frozenset({"RoundtripKind", "AllowLeadingWhite", "AllowTrailingWhite"})
"""What FormatDateTime uses when its dateTimeStyles are left out."""


def read_styles(text: str) -> frozenset[str]:
    """The DateTimeStyles that a comma-separated *text* names, with or without ``DateTimeStyles.`` before each.

    Raises:
        NoValue: A name is not one of DateTimeStyles, or two exclude each other.
    """
    names = {name.strip().removeprefix("DateTimeStyles.") for name in text.split(",")}
    for name in names - _STYLES:
        raise NoValue(f'"{name}" is not a member of DateTimeStyles')
    if {"AssumeLocal", "AssumeUniversal"} <= names or (
        "RoundtripKind" in names and names & {"AssumeLocal", "AssumeUniversal", "AdjustToUniversal"}
    ):
        raise NoValue(f'the styles "{text}" exclude each other')
    if "AllowWhiteSpaces" in names:
        names |= {"AllowLeadingWhite", "AllowTrailingWhite", "AllowInnerWhite"}
    return frozenset(names)
