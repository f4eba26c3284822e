""".NET regular expressions: results that differ from Python's, refusals, and bounded work."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given, settings, strategies as st

from entra_sync.errors import RegexRefused, RegexTooSlow
from entra_sync.expressions.columns.regex import contains_dotnet, replace_dotnet
from entra_sync.expressions.dotnet.regex import MAX_STEPS, compile_dotnet

REPLACEMENTS = [
    # pattern, text, replacement, result by the pages on .NET's regular expression language
    (r"\d+", "a1b22", "<$&>", "a<1>b<22>"),
    (r"(?<first>\w+) (?<second>\w+)", "one two", "${second} ${first}", "two one"),
    (r"(?<y>a)(b)(?<x>c)", "abc", "$1$2$3", "bac"),  # unnamed groups are numbered first
    (r"(?<2>a)(?<1>b)", "ab", "$1$2", "ba"),
    (r"b", "abc", "[$`|$'|$_|$$|$+]", "a[a|c|abc|$|b]c"),
    (r"(a)(b)?", "a", "[$2$3]", "[$3]"),  # a group that took no part is empty, one that does not exist is text
    (r"x*", "abxd", "-", "-a-b--d-"),
    (r"^|a", "ab", "-", "-ab"),  # after an empty match the search goes on at the next character
    (r"$", "ab\n", "!", "ab!\n!"),
    (r"\Z", "ab\n", "!", "ab!\n!"),
    (r"\z", "ab\n", "!", "ab\n!"),
    (r"(?m)^", "a\nb", ">", ">a\n>b"),
    (r"(?s).", "a\n", "x", "xx"),
    (r"a(?i)b|c", "aB C c", "x", "x x x"),  # an option set inside holds for the branches after it
    (r"(?i:a)b", "Ab AB", "x", "x AB"),
    (r"(?x) a b # comment", "ab", "x", "x"),
    (r"(?n)(a)(?<n>b)", "ab", "$1", "b"),  # explicit capture: only named groups count
    (r"[a-z-[aeiou]]", "abcde", "x", "axxxe"),
    (r"[]a]", "]a", "x", "xx"),
    (r"[[::]a]", "[:a]", "x", "x:x]"),  # [::] in a class is a bracket alone: what is left of POSIX classes
    (r"[[:b:]]", "b]:]", "x", "xx"),
    (r"a{,2}", "a{,2}aa", "x", "xaa"),  # no quantifier in .NET
    (r"\p{Lu}", "aÄb", "x", "axb"),
    (r"\P{L}", "a1", "x", "ax"),
    (r"\w", "²ª\u0301‿", "x", "²xxx"),  # marks and connectors are word characters, superscript digits are not
    (r"\s", "\x1c\u2003\x85", "x", "\x1cxx"),
    (r"\d", "٣", "x", "x"),  # an Arabic-Indic digit
    (r"(?i)k", "\u212a", "x", "x"),  # the Kelvin sign
    (r"(?i)i", "\u0130\u0131", "x", "\u0130\u0131"),  # dotless and dotted i have no partner in the invariant culture
    (r"(?i)s", "\u017f", "x", "\u017f"),
    (r"(?i)[\p{Lu}b]", "aAB1", "x", "xxx1"),  # each category of cased letters is all three
    (r"\Ga", "aaba", "x", "xxba"),  # where the match before ended
    (r"\Gx*", "ab", "-", "-ab"),
    (r"\p{IsGreek}+", "aλμb", "x", "axb"),
    (r"(?(a)ab|c)", "ab c a", "x", "x x a"),  # a condition on what follows
    (r"(a)?(?(1)b|c)", "ab c b", "x", "x x b"),  # a condition on a group
    (r"^(?:(?<o>\()|(?<-o>\))|[^()])*$(?(o)(?!)|)", "(a(b))", "x", "x"),  # a balancing group
    (r"^(?:(?<o>\()|(?<-o>\))|[^()])*$(?(o)(?!)|)", "(a(b)", "x", "(a(b)"),
    (r"(?<o>a)b(?<c-o>d)", "abd", "[${o}|${c}]", "[|b]"),  # captures what lies between
    (r"(?:(a|b\1)c)+", "acbac", "[$1]", "[ba]"),  # a group that refers to itself means its capture before
    (r"[[:a]", "[:ab", "x", "xxxb"),
    (r"[c-\-]", "c-", "x", "cx"),  # an escaped hyphen is no end of a range
    (r"(?:a{1000}){1000}", "a", "x", "a"),
    (r"(?i-s+m:^B.)", "a\nbc", "x", "a\nx"),
    (r".", "😀", "x", "xx"),  # two code units
    (r"(?<=(?:ab|c)+)d", "ababd cd xd", "!", "abab! c! xd"),  # look-behind of any width
    (r"(?<=(\d)(\d+))x", "123x", "[$1,$2]", "123[1,23]"),  # read from right to left
    (r"(?<!a)b", "ab bb", "x", "ab xx"),
    (r"(?=(a+))a*b\1", "aaabaaa", "x", "x"),
    (r"(?>a+)b", "aab", "x", "x"),
    (r"(?>a|ab)c", "abc", "x", "abc"),
    (r"(a)|b\1", "b", "x", "b"),  # a reference to a group that took no part fails
    (r"(?<n>a)\k<n>", "aa", "x", "x"),
    (r"(a*)*", "b", "[$1]", "[]b[]"),
    (r"(a|ab)(c|bcd)(d*)", "abcd", "$1,$2,$3", "a,bcd,"),
    (r"\x41\u0042\103\cA\e\a", "ABC\x01\x1b\x07", "x", "x"),
    (r"[\b]", "\b", "x", "x"),
    (r"(?#nothing)a", "a", "x", "x"),
    (r"\<", "<", "x", "x"),
]


@pytest.mark.parametrize(("pattern", "text", "replacement", "expected"), REPLACEMENTS)
def test_replacing_follows_dotnet(pattern: str, text: str, replacement: str, expected: str) -> None:
    """Each line is a rule of .NET that Python's re does not share, or a common one."""
    assert expected == compile_dotnet(pattern).replace(text, replacement)


@pytest.mark.parametrize(
    ("pattern", "construct"),
    [
        ("(?<a-b>x)", "there is no group b"),
        ("(?(1)b|c)", "there is no group 1"),
        ("(?(a)b|c|d)", "a conditional has more than two branches"),
        ("(?(?#a)b|c)", "a condition cannot be a comment or a named group"),
        ("(?(a)(?i)b|c)", "this grouping construct is not one of .NET's"),
        ("(?)", "a quantifier follows nothing"),
        (r"\p{IsNope}", "IsNope is neither a Unicode category nor one of .NET's blocks"),
        (r"\p{Nope}", "Nope is neither a Unicode category nor one of .NET's blocks"),
        ("(?P<n>a)", "this grouping construct is not one of .NET's"),
        ("a**", "a quantifier follows another one"),
        ("*a", "a quantifier follows nothing"),
        ("a++", "a quantifier follows another one"),
        ("(a", "the bracket is not closed"),
        ("a)", "too many closing brackets"),
        ("[a", "the class is not closed"),
        ("[b-a]", "a range is reversed"),
        ("a{3,2}", "a quantifier's bounds are reversed or too large"),
        (r"\y", r"\y is not an escape of .NET's"),
        (r"\1", "there is no group 1"),
        (r"\k<n>", "there is no group n"),
        ("a\\", "the pattern ends in a backslash"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(pattern: str, construct: str) -> None:
    """Nothing runs with another meaning than .NET's."""
    with pytest.raises(RegexRefused) as refused:
        compile_dotnet(pattern)

    assert construct == refused.value.construct


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(a*)*b", "(.*)(.*)(.*)(.*)(.*)[y]", r"^(\w+\s?)*$"])
def test_catastrophic_patterns_take_few_steps(pattern: str) -> None:
    """A choice that failed once at a place is not tried there again."""
    assert not compile_dotnet(pattern).matches("a" * 2000 + "!")


def test_backreferences_are_bounded_by_the_step_budget() -> None:
    """Where nothing can be remembered, the budget ends the search with an error."""
    with pytest.raises(RegexTooSlow, match=f"takes more than {MAX_STEPS:,} steps on a value of 41 characters"):
        compile_dotnet(r"(a*)*(a*)*(a*)*\1b").matches("a" * 40 + "!")


def test_group_spans_are_replaced_alone() -> None:
    """Replace with a group name changes what the group captured and nothing else."""
    regex = compile_dotnet(r"(?<number>\d+) (?<street>\w+)")

    assert "888 Tremont, 888 Elm" == regex.replace_group("545 Tremont, 12 Elm", "number", "888")


def test_anchored_matching_needs_the_whole_text() -> None:
    """The whole text has to match, by any way through the pattern."""
    regex = compile_dotnet("a|ab")

    assert (True, False, True) == (
        regex.matches("ab", anchored=True),
        regex.matches("abc", anchored=True),
        regex.matches("abc"),
    )


common_patterns = st.recursive(
    st.sampled_from(["a", "b", "c", ".", "[ab]", "[^a]", "^", "$", r"\b", r"\w", "", "[b-c]", r"\A"]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        inner.map(lambda part: f"({part})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "*?", "+?", "??", "{1,2}", "{2}", "{0,2}?"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
        st.tuples(st.sampled_from("=!"), inner).map(lambda pair: f"(?{pair[0]}{pair[1]})"),
        inner.map(lambda part: f"(?>{part})"),
    ),
    max_leaves=8,
)
plain_texts = st.text("abc -", max_size=9)


@settings(max_examples=500)
@given(common_patterns, plain_texts)
def test_matches_where_python_agrees_with_dotnet(pattern: str, text: str) -> None:
    """On what both languages share, a match and its groups are those of Python's re.

    Further matches differ: after an empty one .NET goes on at the next character, Python at the same.
    """
    expected = re.search(pattern, text)
    found = compile_dotnet(pattern).search(text)

    assert (expected and (expected.span(), *expected.groups())) == (
        found and ((found.start, found.end), *(found.group(number + 1) for number in range(re.compile(pattern).groups)))
    )


dotnet_patterns = st.one_of(
    common_patterns,
    common_patterns.map(lambda pattern: rf"(?<n>{pattern})(?(n)a|b)"),
    common_patterns.map(lambda pattern: rf"\G(?<n>{pattern})(?<-n>b)?"),
    common_patterns.map(lambda pattern: rf"(?(?={pattern})\w|-)"),
)


@settings(max_examples=300)
@given(dotnet_patterns, st.lists(st.none() | st.text("abcÄ\n -", max_size=8), min_size=1, max_size=5))
def test_columns_match_where_rows_do(pattern: str, texts: list[str | None]) -> None:
    """Polars' own engine, where it is used, finds what the exact matcher finds."""
    regex = compile_dotnet(pattern)

    assert [None if text is None else regex.matches(text) for text in texts] == contains_dotnet(
        pl.Series(texts, dtype=pl.String), pattern
    ).to_list()


@settings(max_examples=300)
@given(
    dotnet_patterns,
    st.lists(st.none() | st.text("abcÄ\n -", max_size=8), min_size=1, max_size=5),
    st.sampled_from(["", "x", "[$1]", "$&$&", "${1}$$"]),
)
def test_columns_replace_as_rows_do(pattern: str, texts: list[str | None], replacement: str) -> None:
    """Polars' own engine, where it is used, replaces what the exact matcher replaces."""
    regex = compile_dotnet(pattern)
    replaced = replace_dotnet(pl.Series(texts, dtype=pl.String), pattern, replacement)

    assert (
        replaced is None
        or [None if text is None else regex.replace(text, replacement) for text in texts] == replaced.to_list()
    )


@settings(max_examples=300)
@given(st.text(st.sampled_from("ab()[]{}*+?|^$.\\-<>:=!,12dwpLk'#iE "), max_size=14), st.text("ab1 <", max_size=6))
def test_any_pattern_runs_or_is_refused(pattern: str, text: str) -> None:
    """No pattern fails in another way, and none runs for long."""
    try:
        compile_dotnet(pattern).replace(text, "$1")
    except (RegexRefused, RegexTooSlow) as error:
        assert str(error)
