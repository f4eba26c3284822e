"""The Replace function, whose seven parameters make five different functions."""

from __future__ import annotations

from entra_sync.errors import RegexRefused, RegexTooSlow
from entra_sync.expressions.dotnet.no_value import NoValue
from entra_sync.expressions.dotnet.regex import compile_dotnet
from entra_sync.expressions.language.registry import OMITTED, Omitted, function

__all__ = [
    "replace",
]

Slot = str | Omitted | None


@function(
    "Replace(source: String, oldValue/Find?: String, regexPattern/RegularExpression?: String, "
    "regexGroupName/RegularExpressionGroupName?: String, replacementValue/Replacement?: String, "
    "replacementAttributeName/ReplacementPropertyName?: String, template/Template?: String) -> String",
    each=True,
)
def replace(
    source: str | None,
    old: Slot,
    pattern: Slot,
    group: Slot,
    new: Slot,
    other: Slot,
    template: Slot,
) -> str | None:
    """Replaces text, case-sensitively. The given parameters decide how: see the forms of Replace.

    1. old value and replacement: every occurrence in the source is replaced.
    2. old value and template: every occurrence in the template is replaced by the source.
    3. pattern and replacement: every match is replaced, and the replacement may name groups of the match.
    4. pattern, group name and replacement: only what the group captured is replaced.
    5. pattern, group name and replacement attribute: the source if it has a value, else what the group captures in
       that attribute.

    A null source stays null, except in the fifth form. An empty replacement removes.
    """
    given = [slot is not OMITTED for slot in (old, pattern, group, new, other, template)]
    form = _FORMS.get("".join("x" if present else "." for present in given))
    if form is None:
        raise NoValue(
            "takes oldValue with replacementValue or template, or regexPattern with replacementValue, "
            "or regexPattern and regexGroupName with replacementValue or replacementAttributeName"
        )
    if source is None and form != 5:
        return None
    if (form <= 2 and old is None) or old == "":
        raise NoValue("oldValue is empty")
    try:
        return _by_form(
            form,
            source or "",
            *(slot if isinstance(slot, str) else "" for slot in (old, pattern, group, new, other, template)),
        )
    except (RegexRefused, RegexTooSlow) as refused:
        raise NoValue(str(refused)) from refused


_FORMS = {"x..x..": 1, "x....x": 2, ".x.x..": 3, ".xxx..": 4, ".xx.x.": 5}
"""Which of the optional parameters are given (x) in each form."""


def _by_form(
    form: int, source: str, old: str, pattern: str, group: str, new: str, other: str, template: str
) -> str | None:
    if form == 1:
        return source.replace(old, new)
    if form == 2:
        return template.replace(old, source)
    if form == 3:
        return compile_dotnet(pattern).replace(source, new)
    if form == 4:
        return compile_dotnet(pattern).replace_group(source, group, new)
    return source or compile_dotnet(pattern).group_text(other, group)
