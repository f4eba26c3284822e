"""Questions that the documentation does not answer, or answers in two ways, and what this package assumes.

Nothing here was tried on a live tenant. If an expression depends on one of these choices, the preview reports it
(`choices_touched`), because the service may answer differently.
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
        question: What the documentation does not answer.
        answer: What this package assumes.
        reason: Why it assumes that.
        touched_by: Returns whether a part of an expression depends on the answer.
        of_absent: Whether it concerns only users who lack an attribute.
    """

    name: str
    question: str
    answer: str
    reason: str
    touched_by: Callable[[Expression], bool]
    of_absent: bool = False

    @property
    def caution(self) -> str:
        """The question and the answer, for users whose expression depends on it."""
        return f"not documented: {self.question} Assumed: {self.answer}"


def choices_touched(expression: Expression) -> tuple[Choice, ...]:
    """Returns the choices that the value of *expression* may depend on, in the order of the table."""
    nodes = list(walk(expression))
    return tuple(choice for choice in CHOICES if any(map(choice.touched_by, nodes)))


CHOICES: tuple[Choice, ...] = (
    Choice(
        "comparison-with-empty",
        "What does a comparison return if the attribute is absent or empty? The reference says only “the condition "
        "check fails”.",
        "False, for every operator, so IIF returns valueIfFalse.",
        "This is the plain meaning of the sentence. Microsoft advises Switch for such attributes.",
        compares_attribute,
        of_absent=True,
    ),
    Choice(
        "emptiness-as-condition",
        "Can IIF test IsNull, IsNullOrEmpty or IsPresent? The reference lists them as unsupported, but the guides "
        "use them.",
        "Yes.",
        "The guides for Workday and SuccessFactors print results for it.",
        calls("IIF", where=tests_emptiness),
    ),
    Choice(
        "numbers-in-comparisons",
        "Is a text such as 01 equal to the number 1?",
        "Yes. If both sides look like numbers, they are compared as numbers.",
        "Examples compare an attribute's text with a number without quotation marks.",
        compares_number,
    ),
    Choice(
        "texts-by-size",
        "What do <, <=, > and >= mean for texts that are not numbers?",
        "Dates as CDate and Now return them are compared as dates. Other texts are compared character by character, "
        "case-sensitively.",
        "As text, dates would sort by month. Everything else in the language is case-sensitive.",
        compares_size,
    ),
    Choice(
        "value-as-condition",
        "Which values other than a comparison are true in IIF and CBool?",
        "The text True in any case, and any number except zero.",
        "The reference says only “non-zero”.",
        calls("IIF", "CBool", where=tests_value),
    ),
    Choice(
        "null-in-text-functions",
        "What do text functions return for an absent attribute?",
        "Null stays null, but Append, Prepend and & treat it as empty text.",
        "Only Left and Word are described. If a value is null, the target attribute is not written, as with a direct "
        "mapping.",
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
        "What happens if an attribute is absent and the function needs a number or a date?",
        "An error for that user.",
        "A guess would write a wrong date to an account. The guides check such attributes with Switch.",
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
        "What do text functions return for a multi-valued attribute?",
        "A list with the result for each value. A function that needs one text gives an error for several values.",
        "Cloud Sync describes Trim this way. Few other functions are described.",
        takes_list,
    ),
    Choice(
        "date-forms",
        "Which texts can CDate and other date functions read, and which time zone applies if the text has none?",
        "The forms of DateTime.Parse in the invariant culture: month before day, two-digit years up to 2049, UTC.",
        "The page refers to .NET. Its examples without a zone fit UTC.",
        calls("CDate", "DateAdd", "DateDiff", "NumFromDate", where=reads_raw_date),
    ),
    Choice(
        "server-time-zone",
        "To which time zone does FormatDateTime convert a text with an offset?",
        "UTC, so the day can change.",
        "DateTime.ParseExact converts to the server's own zone. Microsoft publishes none, and UTC is assumed.",
        calls("FormatDateTime", where=may_hold(-2, "zK")),
    ),
    Choice(
        "format-with-three-parameters",
        "What are the three arguments of FormatDateTime in Graph's function list and two guides? The reference has "
        "four.",
        "source, inputFormat and outputFormat.",
        "No other reading gives the printed results.",
        calls("FormatDateTime", where=lambda call: len(call.arguments) == 3),
    ),
    Choice(
        "days-in-datediff",
        "Does DateDiff count elapsed days or calendar days?",
        "Elapsed days of 24 hours, rounded towards zero.",
        "The reference's examples fit Visual Basic's DateDiff, which counts this way.",
        calls("DateDiff", where=lambda call: call.arguments[0] == Text("d")),
    ),
    Choice(
        "end-of-month",
        "What does DateAdd return if the new month has fewer days?",
        "The last day of that month.",
        "DateTime.AddMonths does the same.",
        calls("DateAdd", where=lambda call: call.arguments[0] in (Text("m"), Text("yyyy"))),
    ),
    Choice(
        "count-of-single",
        "What does Count return for an absent or a single-valued attribute?",
        "0 if it is absent, 1 if it is single-valued.",
        "They are lists of no value and of one value.",
        calls("Count"),
    ),
    Choice(
        "item-of-absent",
        "What does Item return for an absent attribute?",
        "An error, as for any index that does not exist.",
        "Cloud Sync says that an index out of bounds is an error.",
        calls("Item"),
        of_absent=True,
    ),
    Choice(
        "range-of-mid",
        "What does Mid return if start is after the end of the text or less than 1, or if length is negative?",
        "Empty text if start is after the end, else an error.",
        "Visual Basic's Mid does the same.",
        calls("Mid", where=leaves_the_text),
    ),
    Choice(
        "mid-with-two-parameters",
        "What does Mid return without a length? The reference requires it, but an example of Cloud Sync omits it.",
        "The rest of the text.",
        "No other meaning is plausible.",
        calls("Mid", where=is_left_out(2)),
    ),
    Choice(
        "case-in-instr",
        "Is InStr case-sensitive without compareType, and what does a start below 1 do?",
        "It is case-sensitive. A start below 1 is an error.",
        "The language is case-sensitive. Visual Basic's InStr rejects such a start.",
        calls("InStr", where=is_left_out(3)),
    ),
    Choice(
        "adjacent-delimiters",
        "Do two delimiters in a row make an empty word for Word?",
        "No.",
        "The reference defines a word as a “string of characters”.",
        calls("Word"),
    ),
    Choice(
        "parts-of-split",
        "Does Split trim parts and keep empty ones? Is a delimiter of several characters one delimiter? What if it "
        "is omitted?",
        "Parts are trimmed. Empty parts stay. The whole delimiter is one text. The default is a comma.",
        "The only example needs the trimming. The rest is as in String.Split.",
        calls("Split"),
    ),
    Choice(
        "order-of-remove-duplicates",
        "In which order does RemoveDuplicates return the values, and is it case-sensitive?",
        "In the order of first occurrence, case-sensitively.",
        "Two proxy addresses that differ only in smtp: and SMTP: mean different things.",
        calls("RemoveDuplicates"),
    ),
    Choice(
        "empty-in-coalesce",
        "Does Coalesce return empty text? An example in one guide skips it.",
        "Yes. It skips only null.",
        "The reference mentions only NULL, and allows an empty default value.",
        calls("Coalesce"),
    ),
    Choice(
        "apostrophe-in-pcase",
        "Does an apostrophe separate words in PCase if no separators are given?",
        "No.",
        "The reference names .NET's ToTitleCase, which does not separate there. Its example passes the apostrophe as "
        "a separator.",
        calls("PCase", where=is_left_out(1)),
    ),
    Choice(
        "letters-beyond-the-table",
        "What does NormalizeDiacritics do with letters that its table does not list?",
        "It removes every mark from letters A to Z. It keeps œ without a macron, þ, đ, ð and all other scripts.",
        "The text says “any diacritical characters”. The table lists examples.",
        calls("NormalizeDiacritics"),
    ),
    Choice(
        "case-of-true",
        "Does Not accept “true” in lower case as True?",
        "Yes, in any case.",
        "Graph types the parameter as Boolean, and Boolean.Parse ignores case.",
        calls("Not"),
    ),
    Choice(
        "switch-without-default",
        "What does Switch return if no key matches and no default is given?",
        "Null, so the target attribute is not written.",
        "Every other missing value is null.",
        calls("Switch", where=is_left_out(1)),
    ),
    Choice(
        "replacement-attribute",
        "What does Replace return with replacementAttributeName, and what without a match?",
        "The source if it has a value, else the group's text in the other attribute, or null if nothing matches.",
        "This follows the reference's example. The page of Cloud Sync says the opposite.",
        calls("Replace", where=is_given(5)),
    ),
    Choice(
        "regular-expressions",
        "Which version of .NET, and so of Unicode, runs patterns, and how long can they run?",
        "Current .NET with the Unicode tables of the running Python. A pattern that needs over a million steps for "
        "one value is an error.",
        "Both differ between servers. Nothing else about patterns is open.",
        calls("Replace", where=is_given(2)),
    ),
    Choice(
        "taken-values",
        "How does SelectUniqueValue compare with the target, and can it select an empty value?",
        "The target decides which values are equal. Empty values are skipped.",
        "Active Directory compares without case. An empty name cannot be unique.",
        calls("SelectUniqueValue"),
    ),
    Choice(
        "form-of-roles",
        "Which members does a role object have, and what does SingleAppRoleAssignment return for several roles?",
        "primary, type, display and value. For several roles it returns the first; the service may pick another or "
        "fail.",
        "The reference's examples differ from each other. It advises against several roles.",
        calls("SingleAppRoleAssignment", "AppRoleAssignmentsComplex", "AssertiveAppRoleAssignmentsComplex"),
    ),
    Choice(
        "matching-identifier",
        "What does AltSecIdFromNetId return?",
        "“5::” and the net id, so that only equal ids have equal results.",
        "No page describes it. Matching needs only that different users have different results.",
        calls("AltSecIdFromNetId"),
    ),
    Choice(
        "functions-by-name",
        "What do Prepend and IsNothing do? Graph lists them without a description.",
        "What their names say: Prepend puts the prefix before the source, and IsNothing tests whether a value is "
        "absent.",
        "Nothing else fits their parameters.",
        calls("Prepend", "IsNothing"),
    ),
    Choice(
        "functions-without-rule",
        "What do AppRoleAssignments and DefaultDomain return? Graph lists them without a description.",
        "An error.",
        "Their names leave several possibilities.",
        calls("AppRoleAssignments", "DefaultDomain"),
    ),
    Choice(
        "random-characters",
        "Which characters does RandomString add after the minimum of each kind?",
        "Characters of all four kinds.",
        "The reference does not restrict them.",
        calls("RandomString"),
    ),
    Choice(
        "ignored-inside",
        "What does a function return if one of its arguments is IgnoreAttributeFlow or IgnoreObjectFlow?",
        "The same: the attribute or the object is not written.",
        "The reference says that the enclosed value drops the attribute from the flow.",
        ignores_inside,
    ),
    Choice(
        "backslash-in-text",
        "What does a backslash mean before a character other than a backslash or a quotation mark?",
        "A backslash.",
        "An example in one guide works in no other way.",
        keeps_backslash,
    ),
    Choice(
        "concatenation",
        "Is & part of the language? Only the page of Cloud Sync shows it.",
        "Yes. It joins texts, and null counts as empty text.",
        "It does so in Visual Basic, which the language follows.",
        lambda node: isinstance(node, Concatenation),
    ),
    Choice(
        "trees-of-operators",
        "How does Graph write comparisons, & and bare words in an attributeMappingSource?",
        "Operators as functions with the operator's name, and bare words as constants without quotation marks.",
        "No page shows one. The service's own parseExpression returns the tree to send.",
        lambda node: isinstance(node, Comparison | Concatenation | Word),
    ),
)
"""The open questions; those about conditions come first."""
