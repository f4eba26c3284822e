"""Where the documentation is silent or contradicts itself, and what this package does there.

Nothing here was tried on a live tenant. An expression that depends on one of these choices is reported with it
(`choices_touched`), so that the preview's answer is not taken for the service's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from entra_sync.expressions.checks.conditions import (
    calls,
    compares_attribute,
    compares_number,
    compares_size,
    either,
    ignores_inside,
    is_given,
    is_left_out,
    keeps_backslash,
    leaves_the_text,
    may_be_null,
    may_hold,
    reads_raw_date,
    takes_list,
    tests_emptiness,
    tests_value,
    varies,
)
from entra_sync.expressions.language.syntax import Comparison, Concatenation, Expression, Text, Word, walk

__all__ = ["CHOICES", "Choice", "choices_touched"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One open question of the documentation.

    Attributes:
        name: Short and stable, for reports.
        question: What the documentation does not settle.
        answer: What is done here.
        reason: Why that and not something else.
        touched_by: Whether a part of an expression depends on it.
        of_absent: Whether it is only about users who lack an attribute.
    """

    name: str
    question: str
    answer: str
    reason: str
    touched_by: Callable[[Expression], bool]
    of_absent: bool = False


def choices_touched(expression: Expression) -> tuple[Choice, ...]:
    """The choices that the value of *expression* may depend on, in the order of the table."""
    nodes = list(walk(expression))
    return tuple(choice for choice in CHOICES if any(map(choice.touched_by, nodes)))


CHOICES: tuple[Choice, ...] = (
    Choice(
        "comparison-with-empty",
        "A comparison of an absent or empty attribute: “the condition check fails”, without saying what is returned.",
        "The comparison is false, whatever its operator, so IIF gives its second value.",
        "It is the plain reading of the sentence; Microsoft advises Switch for such attributes.",
        compares_attribute,
        of_absent=True,
    ),
    Choice(
        "emptiness-as-condition",
        "IIF over IsNull, IsNullOrEmpty or IsPresent is listed as unsupported, and used by the guides with results.",
        "It is computed as it reads.",
        "The guides for Workday and SuccessFactors print results for it.",
        calls("IIF", where=tests_emptiness),
    ),
    Choice(
        "numbers-in-comparisons",
        "Whether a text such as 01 equals the number 1.",
        "Two sides that both look like numbers are compared as numbers.",
        "Examples compare an attribute's text with a number without quotation marks.",
        compares_number,
    ),
    Choice(
        "texts-by-size",
        "What <, <=, > and >= mean for texts that are not numbers.",
        "Texts in the form of CDate and Now compare as dates, others character by character, case included.",
        "A date function's text would otherwise sort by month; for the rest the language is case-sensitive.",
        compares_size,
    ),
    Choice(
        "value-as-condition",
        "Which values other than a comparison are true in IIF and CBool.",
        "The text True in any case and any number but zero; everything else is false.",
        "“Non-zero” is all the reference says.",
        calls("IIF", "CBool", where=tests_value),
    ),
    Choice(
        "null-in-text-functions",
        "What text functions make of an absent attribute.",
        "Null stays null in Mid, ToLower, ToUpper, StripSpaces, NormalizeDiacritics, PCase, Replace, Split, CStr and "
        "the conversions; Append, Prepend and & take it for empty text.",
        "Only Left and Word are described. A null keeps the attribute out of the flow, as a direct mapping would.",
        either(
            calls("Append", "Prepend", where=varies(0, 1)),
            calls(
                *("Mid", "ToLower", "ToUpper", "StripSpaces", "NormalizeDiacritics", "PCase", "Replace", "Split"),
                *("CStr", "ConvertToBase64", "ConvertToUTF8Hex"),
                where=may_be_null,
            ),
        ),
        of_absent=True,
    ),
    Choice(
        "null-as-number-or-date",
        "What an absent attribute is where a number or a date is needed.",
        "An error for that person.",
        "A guess would put a wrong date into an account; the guides guard such attributes with Switch.",
        either(
            calls("CDate", "DateFromNum", "FormatDateTime", "NumFromDate", where=may_be_null),
            calls("DateAdd", "DateDiff", where=reads_raw_date),
            calls("Left", where=varies(1)),
            calls("Mid", where=varies(1, 2)),
            calls("BitAnd", where=varies(0, 1)),
        ),
        of_absent=True,
    ),
    Choice(
        "lists-in-text-functions",
        "What text functions make of a multi-valued attribute.",
        "They work on every value and give a list; a function that needs one text reports an error for several.",
        "Cloud Sync describes Trim that way; elsewhere few functions are described.",
        takes_list,
    ),
    Choice(
        "date-forms",
        "Which texts CDate and its relatives read, and in which zone a text without one is.",
        "The forms of DateTime.Parse in the invariant culture: month before day, two-digit years up to 2049, UTC.",
        "The page refers to .NET; its examples without a zone fit UTC.",
        calls("CDate", "DateAdd", "DateDiff", "NumFromDate", where=reads_raw_date),
    ),
    Choice(
        "server-time-zone",
        "To which zone FormatDateTime converts a text with an offset.",
        "To UTC, so the day may change.",
        "DateTime.ParseExact converts to the server's own zone, and the service's servers run on UTC.",
        calls("FormatDateTime", where=may_hold(-2, "zK")),
    ),
    Choice(
        "format-with-three-parameters",
        "FormatDateTime has four parameters on the page and three in Graph's function list and in two guides.",
        "Three arguments are source, inputFormat and outputFormat.",
        "No other reading gives the printed results.",
        calls("FormatDateTime", where=lambda call: len(call.arguments) == 3),
    ),
    Choice(
        "days-in-datediff",
        "Whether DateDiff counts elapsed or calendar days.",
        "Elapsed days of 24 hours, rounded towards zero.",
        "The table of examples fits Visual Basic's DateDiff, which does so.",
        calls("DateDiff", where=lambda call: call.arguments[0] == Text("d")),
    ),
    Choice(
        "end-of-month",
        "What DateAdd does when the month reached has fewer days.",
        "It takes the last day of the month.",
        "DateTime.AddMonths does so.",
        calls("DateAdd", where=lambda call: call.arguments[0] in (Text("m"), Text("yyyy"))),
    ),
    Choice(
        "count-of-single",
        "What Count gives for an absent or a single-valued attribute.",
        "0 and 1.",
        "They are lists of none and of one.",
        calls("Count"),
    ),
    Choice(
        "item-of-absent",
        "What Item gives for an absent attribute.",
        "An error, as for any place that does not exist.",
        "Cloud Sync says that an index out of bounds throws.",
        calls("Item"),
        of_absent=True,
    ),
    Choice(
        "range-of-mid",
        "What Mid does with a start beyond the text, below 1, or with a negative length.",
        "Beyond the text it gives empty text; the others are errors.",
        "Visual Basic's Mid does so.",
        calls("Mid", where=leaves_the_text),
    ),
    Choice(
        "mid-with-two-parameters",
        "Mid without a length occurs in an example of Cloud Sync; elsewhere the length is required.",
        "It gives the rest of the text.",
        "No other meaning is plausible.",
        calls("Mid", where=is_left_out(2)),
    ),
    Choice(
        "case-in-instr",
        "How InStr compares without compareType, and what a start below 1 does.",
        "Case-sensitively; a start below 1 is an error.",
        "The language is case-sensitive; Visual Basic's InStr rejects such a start.",
        calls("InStr", where=is_left_out(3)),
    ),
    Choice(
        "adjacent-delimiters",
        "Whether two delimiters in a row make an empty word for Word.",
        "They do not.",
        "A word is a “string of characters”.",
        calls("Word"),
    ),
    Choice(
        "parts-of-split",
        "What Split trims, whether it keeps empty parts, takes several characters as one delimiter, or none at all.",
        "White space around parts goes, empty parts stay, the delimiter is one text, and a comma when it is left out.",
        "The one example needs the trimming; the rest is String.Split.",
        calls("Split"),
    ),
    Choice(
        "order-of-remove-duplicates",
        "In which order RemoveDuplicates leaves values, and whether case matters.",
        "In the order of their first occurrence, case-sensitively.",
        "Two proxy addresses that differ in case, smtp: and SMTP:, mean different things.",
        calls("RemoveDuplicates"),
    ),
    Choice(
        "empty-in-coalesce",
        "Whether Coalesce takes empty text for a value; one guide's example skips it.",
        "It does.",
        "The reference speaks of NULL only, and calls an empty default value possible.",
        calls("Coalesce"),
    ),
    Choice(
        "apostrophe-in-pcase",
        "Whether an apostrophe parts words in PCase without separators.",
        "It does not.",
        "The page names .NET's ToTitleCase, which does not, and its example passes the apostrophe as a separator.",
        calls("PCase", where=is_left_out(1)),
    ),
    Choice(
        "letters-beyond-the-table",
        "What NormalizeDiacritics does with letters that its table does not list.",
        "Every mark on a letter A to Z goes; œ without a macron, þ, đ, ð and other scripts stay.",
        "The text says “any diacritical characters”, the table lists examples.",
        calls("NormalizeDiacritics"),
    ),
    Choice(
        "case-of-true",
        "Whether Not takes “true” in lower case for True.",
        "In any case.",
        "Graph types the parameter as Boolean, and Boolean.Parse ignores case.",
        calls("Not"),
    ),
    Choice(
        "switch-without-default",
        "What Switch gives when no key matches and the default's slot is empty.",
        "Null, so the attribute does not flow.",
        "A value that is not given is null everywhere else.",
        calls("Switch", where=is_left_out(1)),
    ),
    Choice(
        "replacement-attribute",
        "In which direction Replace with replacementAttributeName works, and what no match gives.",
        "The source if it has a value, else the group's text in the other attribute; null without a match.",
        "The reference gives an example; the page of Cloud Sync says the opposite.",
        calls("Replace", where=is_given(5)),
    ),
    Choice(
        "regular-expressions",
        "Which version of .NET, and so of Unicode, runs patterns, and how long it lets them run.",
        "Current .NET, with the Unicode tables of the Python that runs; a pattern that needs more than a million steps "
        "on one value is an error.",
        "Both differ from one server to the next; nothing else about patterns is left open.",
        calls("Replace", where=is_given(2)),
    ),
    Choice(
        "taken-values",
        "How SelectUniqueValue compares with the target, and whether it may choose an empty value.",
        "The target decides what is equal; an empty value is passed over.",
        "Active Directory compares without case; an empty name cannot be unique.",
        calls("SelectUniqueValue"),
    ),
    Choice(
        "form-of-roles",
        "Which members a role object has, and what SingleAppRoleAssignment gives for several roles.",
        "primary, type, display and value; the first role, where the service may pick another one or fail.",
        "The examples of the page differ from each other; the page advises against several roles.",
        calls("SingleAppRoleAssignment", "AppRoleAssignmentsComplex", "AssertiveAppRoleAssignmentsComplex"),
    ),
    Choice(
        "matching-identifier",
        "What AltSecIdFromNetId computes.",
        "The net id after “5::”, which is the same for equal ids only.",
        "No page describes it, and all that matching needs is that different people differ.",
        calls("AltSecIdFromNetId"),
    ),
    Choice(
        "functions-by-name",
        "What Prepend and IsNothing do; Graph lists them without a description.",
        "What their names say: the prefix before the source, and whether a value is absent.",
        "Nothing else fits their parameters.",
        calls("Prepend", "IsNothing"),
    ),
    Choice(
        "functions-without-rule",
        "What AppRoleAssignments and DefaultDomain give; Graph lists them without a description.",
        "An error.",
        "Their names do not settle it.",
        calls("AppRoleAssignments", "DefaultDomain"),
    ),
    Choice(
        "random-characters",
        "From which classes RandomString fills up beyond its minima.",
        "From all four.",
        "The page does not restrict them.",
        calls("RandomString"),
    ),
    Choice(
        "ignored-inside",
        "What a function makes of an argument that is left out of the flow.",
        "Nothing flows at all.",
        "The page says that the enclosed value drops the attribute from the flow.",
        ignores_inside,
    ),
    Choice(
        "backslash-in-text",
        "What a backslash before a character other than a backslash or a quotation mark means.",
        "Itself.",
        "One guide's example works in no other way.",
        keeps_backslash,
    ),
    Choice(
        "concatenation",
        "Whether & is part of the language; only Cloud Sync's page shows it.",
        "It joins texts, null counting as empty.",
        "So it does in Visual Basic, which the language follows.",
        lambda node: isinstance(node, Concatenation),
    ),
    Choice(
        "trees-of-operators",
        "How Graph writes comparisons, & and bare words in an attributeMappingSource.",
        "As functions named by their operator, and as constants without quotation marks.",
        "No page shows one. The service's own parseExpression gives the tree to send.",
        lambda node: isinstance(node, Comparison | Concatenation | Word),
    ),
)
"""The open questions, those about conditions first."""
