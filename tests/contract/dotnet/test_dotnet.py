"""Expressions against a real .NET runtime, on random cases.

`ENTRA_SYNC_DOTNET_CASES` says how many cases of each kind are compared and `ENTRA_SYNC_DOTNET_SEED` which; ``make
contract`` and ``make nightly`` compare more. A case that both sides accept must give the same result, and what one side
refuses the other refuses.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from entra_sync.errors import EvaluationError, RegexRefused, RegexTooSlow
from entra_sync.expressions import Context, evaluate, parse
from entra_sync.expressions.dotnet.date_formats import format_date
from entra_sync.expressions.dotnet.date_parsing import parse_exact
from entra_sync.expressions.dotnet.date_styles import read_styles
from entra_sync.expressions.dotnet.dates import Moment, add_interval, difference, read_date
from entra_sync.expressions.dotnet.no_value import NoValue
from entra_sync.expressions.dotnet.regex import compile_dotnet
from entra_sync.expressions.dotnet.regex.program import can_be_empty
from entra_sync.expressions.dotnet.regex.tree import Conditional, Node, Repeat, Sequence
from entra_sync.expressions.dotnet.text import WHITE_SPACE, lower, upper
from entra_sync.expressions.language.values import to_integer
from tests.contract.dotnet import random_dates, random_texts
from tests.contract.dotnet.random_regexes import regex_case
from tests.contract.dotnet.runtime import DotNet, Unavailable

CASES = int(os.environ.get("ENTRA_SYNC_DOTNET_CASES", "1500"))
SEED = os.environ.get("ENTRA_SYNC_DOTNET_SEED", "1")

pytestmark = pytest.mark.xdist_group("dotnet")


@pytest.fixture(scope="module")
def dotnet() -> Iterator[DotNet]:
    """A running .NET; without one the tests are skipped, and fail in ``make contract``."""
    try:
        running = DotNet()
    except Unavailable as reason:
        if os.environ.get("ENTRA_CONTRACT") == "all":
            raise
        pytest.skip(str(reason))
    yield running
    running.close()


def cases(make: Callable[[Random], Any], share: float = 1.0) -> list[tuple[Any, ...]]:
    random = Random(f"{SEED} {make.__name__}")
    made = (make(random) for _ in range(max(1, int(CASES * share))))
    return [case if isinstance(case, tuple) else (case,) for case in made]


def ours(function: Callable[..., Any], case: tuple[Any, ...]) -> Any:
    """What the package gives for a case; what it refuses has .NET's form."""
    try:
        return function(*case)
    except (NoValue, RegexRefused, EvaluationError) as refused:
        return {"refused": str(refused)}
    except RegexTooSlow:
        return {"slow": True}


def outcome(answer: Any) -> Any:
    """An answer without the words of a refusal."""
    return next(iter(answer)) if isinstance(answer, dict) and len(answer) == 1 else answer


def differences(dotnet: DotNet, kind: str, asked: list[tuple[Any, ...]], function: Callable[..., Any]) -> list[Any]:
    """The cases that .NET and the package answer differently, with both answers; at most ten."""
    found = []
    for case, theirs in zip(asked, dotnet.ask(kind, asked), strict=True):
        mine = ours(function, case)
        if outcome(theirs) not in (outcome(mine), "unreadable"):
            found.append((case, theirs, mine))
    return found[:10]


def read_exactly(text: str, pattern: str, styles: str) -> Any:
    found = parse_exact(text, pattern, read_styles(styles), Moment.of(datetime.now(UTC)))
    return [found.ticks, found.kind]


def run_regex(pattern: str, text: str, replacement: str) -> Any:
    regex = compile_dotnet(pattern)
    match = regex.search(text)
    groups = None
    if match is not None:
        numbers = {0, *regex.groups.values()}
        spans = {number: match.span(number) for number in numbers}
        groups = {str(number): None if span is None else list(span) for number, span in spans.items()}
    return [groups, regex.replace(text, replacement)]


def dotnet_is_wrong(pattern: str) -> bool:
    """Whether .NET Core 3.1 has a fault with a pattern that later versions or none of its documents have.

    A lazy loop whose rounds can be empty loses track of where groups begin, or fails with an internal error; of a
    conditional without a second branch the characters that a match can begin with are taken from the first branch.
    After a group that ignores case and can be empty, such as ``(?i:b?)``, no match begins with a capital letter.
    """
    try:
        parts = list(parts_of(compile_dotnet(pattern).tree))
    except RegexRefused:
        return False
    return _forgets_case(pattern) or any(_is_lazy_and_empty(part) or _lacks_a_branch(part) for part in parts)


def _forgets_case(pattern: str) -> bool:
    """Whether a group that ignores case can be empty."""
    for group in re.finditer(r"\(\?[mnsx]*i[imnsx]*:((?:[^()\\]|\\.)*)\)([?*{]?)", pattern):
        try:
            if group[2] or can_be_empty(compile_dotnet(group[1]).tree):
                return True
        except RegexRefused:
            continue
    return False


def parts_of(node: Node) -> Iterator[Node]:
    """The parts of a pattern's tree, at every depth."""
    yield node
    for value in (getattr(node, name) for name in node.__slots__):
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Node):
                yield from parts_of(part)


def _is_lazy_and_empty(node: Node) -> bool:
    return isinstance(node, Repeat) and node.lazy and node.most != 1 and can_be_empty(node.body)


def _lacks_a_branch(node: Node) -> bool:
    return isinstance(node, Conditional) and node.no == Sequence(())


def test_regular_expressions(dotnet: DotNet) -> None:
    """First match, every group, replacements and refusals of random patterns are .NET's."""
    asked = [case for case in cases(regex_case) if not dotnet_is_wrong(case[0])]
    different = []
    for case, theirs in zip(asked, dotnet.ask("regex", asked), strict=True):
        mine = ours(run_regex, case)
        if isinstance(theirs, list) and theirs[1] is None and isinstance(mine, list):
            mine[1] = None  # half of a surrogate pair cannot be handed over
        if outcome(theirs) not in (outcome(mine), "slow"):
            different.append((case, theirs, mine))

    assert [] == different[:10]


def test_letters_match_in_any_case(dotnet: DotNet) -> None:
    """With option i a letter matches what .NET matches; letters that changed between versions are left out."""
    if not dotnet.knows_unicode:
        pytest.skip("the system has no ICU, without which .NET knows the case of ASCII only")

    def letters(random: Random) -> tuple[str, str, str]:
        text = random_texts.letters(random)
        letter = random.choice(text)
        pattern = random.choice((rf"(?i)\u{ord(letter):04x}", rf"(?i)[^\u{ord(letter):04x}]"))
        return pattern, text + upper(letter) + lower(letter), "<$&>"

    kept = [case for case in cases(letters) if all(lower(upper(each)) == lower(each) for each in case[1])]

    assert [] == differences(dotnet, "regex", kept, run_regex)


def test_dates_are_written(dotnet: DotNet) -> None:
    """Every standard and custom format gives .NET's text."""
    assert [] == differences(
        dotnet,
        "format_date",
        cases(random_dates.format_case),
        lambda ticks, kind, pattern: format_date(Moment(ticks, kind), pattern),
    )


def test_dates_are_read_exactly(dotnet: DotNet) -> None:
    """What .NET wrote, sometimes spoiled, is read with random styles as ParseExact reads it."""
    written = cases(random_dates.format_case)
    random = Random(SEED)
    asked = [
        (
            random_dates.spoiled(random, text if isinstance(text, str) else "2020"),
            pattern,
            random_dates.random_styles(random),
        )
        for (_, _, pattern), text in zip(written, dotnet.ask("format_date", written), strict=True)
    ]

    assert [] == differences(dotnet, "parse_exact", asked, read_exactly)


def test_round_trip_format_is_read_exactly(dotnet: DotNet) -> None:
    """Without styles .NET reads the format O by rules of its own: places, digits and offsets."""
    moment = "1534-04-02T09:47:38.7533431"
    moments = (moment, moment[:-1], f"{moment}1", f" {moment}", moment.replace("T", "t"), moment.replace("-04-", "-4-"))
    zones = ("", "Z", "z", "+0000", "+0:00", "-5:30", "+14:00", "+14:01", "+05:60", "-05:99", "+00", "+000:00", " Z")
    styles = ("None", "RoundtripKind", "AdjustToUniversal", "AllowWhiteSpaces")
    asked = [(each + zone, "o", style) for each in moments for zone in zones for style in styles]

    assert [] == differences(dotnet, "parse_exact", asked, read_exactly)


def test_dates_are_read_as_people_write_them(dotnet: DotNet) -> None:
    """A date that CDate reads is the one that DateTime.Parse reads; some forms of .NET's are not read here."""
    asked = [(text, "AssumeUniversal, AdjustToUniversal") for (text,) in cases(random_dates.date_text)]
    different = []
    for (text, _), theirs in zip(asked, dotnet.ask("parse", asked), strict=True):
        mine = ours(lambda text: read_date(text).ticks, (text,))
        if isinstance(mine, int) and mine != theirs:
            different.append((text, theirs, mine))

    assert [] == different[:10]


def test_case(dotnet: DotNet) -> None:
    """Upper and lower case of any letter, in the invariant culture and in others."""
    if not dotnet.knows_unicode:
        pytest.skip("the system has no ICU, without which .NET knows the case of ASCII only")

    def text_and_culture(random: Random) -> tuple[str, str]:
        return random_texts.letters(random), random.choice(("", "", "en-US", "de-DE", "tr-TR", "az", "el-GR", "lt"))

    asked = [
        (text.replace("\u017f", "s"), culture) for text, culture in cases(text_and_culture)
    ]  # see docs/reference/expressions.md

    assert [] == differences(dotnet, "upper", asked, upper) + differences(dotnet, "lower", asked, lower)


def test_titles(dotnet: DotNet) -> None:
    """PCase without separators is TextInfo.ToTitleCase on text in lower case."""
    if not dotnet.knows_unicode:
        pytest.skip("the system has no ICU, without which .NET knows the case of ASCII only")

    assert [] == differences(dotnet, "title", cases(random_texts.plain_text), _function("PCase([text])"))


def test_white_space_at_the_ends(dotnet: DotNet) -> None:
    assert [] == differences(dotnet, "trim", cases(random_texts.white_text), lambda text: text.strip(WHITE_SPACE))


def test_diacritics(dotnet: DotNet) -> None:
    """NormalizeDiacritics gives the same for a composed letter and for .NET's normalization form D of it."""
    if not dotnet.knows_unicode:
        pytest.skip("the system has no ICU, without which .NET does not normalize")
    asked = [(text[:3], "FormD") for (text,) in cases(random_texts.letters) if max(text[:3]) < "\u3000"]
    strip = _function("NormalizeDiacritics([text])")
    different = [
        (text, decomposed)
        for (text, _), decomposed in zip(asked, dotnet.ask("normalize", asked), strict=True)
        if unicodedata.normalize("NFC", strip(text)) != unicodedata.normalize("NFC", strip(decomposed))
    ]

    assert [] == different[:10]


def test_base64(dotnet: DotNet) -> None:
    """Base64 of UTF-16, and back from every encoding that the function knows."""
    encoded = differences(dotnet, "to_base64", cases(random_texts.plain_text), _function("ConvertToBase64([text])"))
    decoded = []
    for name in ("Unicode", "ASCII", "UTF8"):
        asked = [(text, name) for (text,) in cases(random_texts.base64_text, 1 / 3)]
        function = _function(f'ConvertFromBase64([text], "{name}")')
        decoded += differences(dotnet, "from_base64", asked, lambda text, _, function=function: function(text))

    assert ([], []) == (encoded, decoded)


def test_hexadecimal(dotnet: DotNet) -> None:
    assert [] == differences(dotnet, "utf8_hex", cases(random_texts.plain_text), _function("ConvertToUTF8Hex([text])"))


def test_numbers_in_texts(dotnet: DotNet) -> None:
    """What is a whole number of 64 bits is what Int64.Parse reads."""
    assert [] == differences(dotnet, "integer", cases(random_texts.integer_text), to_integer)


def test_file_times(dotnet: DotNet) -> None:
    """DateFromNum and NumFromDate convert as DateTime does."""

    def file_time(random: Random) -> int:
        return random.choice((random.randint(-5, 5), random.randint(0, 2**63 - 1), random.randint(0, 3 * 10**18)))

    def ticks(random: Random) -> int:
        return random_dates.random_moment(random)[0]

    assert ([], []) == (
        differences(dotnet, "from_file_time", cases(file_time), lambda value: Moment.from_file_time(value).ticks),
        differences(dotnet, "to_file_time", cases(ticks), lambda value: Moment(value).file_time),
    )


def test_calendar(dotnet: DotNet) -> None:
    """DateAdd and DateDiff count as Visual Basic does; over thousands of years .NET miscounts by a second."""

    def added(random: Random) -> tuple[str, int, int]:
        interval = random.choice(("yyyy", "m", "ww", "d", "h", "n", "s"))
        return interval, random.choice((0, 1, -1, random.randint(-5000, 5000))), random_dates.random_moment(random)[0]

    def subtracted(random: Random) -> tuple[str, int, int]:
        first, second = (random.randint(600_000_000_000_000_000, 660_000_000_000_000_000) for _ in range(2))
        return random.choice(("yyyy", "m", "d", "h", "n", "s")), first, second

    assert ([], []) == (
        differences(
            dotnet, "date_add", cases(added), lambda name, count, start: add_interval(name, count, Moment(start)).ticks
        ),
        differences(
            dotnet,
            "date_diff",
            cases(subtracted),
            lambda name, first, second: difference(name, Moment(first), Moment(second)),
        ),
    )


def test_places_in_texts(dotnet: DotNet) -> None:
    """InStr, Left and Mid find and cut as Visual Basic does, by UTF-16 units."""

    def searched(random: Random) -> tuple[str, str, int]:
        text = random_texts.plain_text(random)
        place = random.randint(0, max(0, len(text) - 1))
        return text, random.choice((text[place : place + 2], "a", "", "zz")), random.randint(1, max(1, len(text)))

    def cut(random: Random) -> tuple[str, int, int]:
        return random_texts.plain_text(random), random.randint(1, 8), random.randint(0, 5)

    def instr(text: str, wanted: str, start: int) -> Any:
        return int(_value("InStr([text], [wanted], [start])", text=text, wanted=wanted, start=start))

    def mid(text: str, start: int, length: int) -> Any:
        return _value("Mid([text], [start], [length])", text=text, start=start, length=length)

    def left(text: str, count: int) -> Any:
        return _value("Left([text], [count])", text=text, count=count)

    assert ([], [], []) == (
        differences(dotnet, "in_str", cases(searched), instr),
        differences(dotnet, "mid", cases(cut), mid),
        differences(dotnet, "left", [case[:2] for case in cases(cut)], left),
    )


def _function(expression: str) -> Callable[[str], Any]:
    return lambda text: _value(expression, text=text)


def _value(expression: str, **attributes: Any) -> Any:
    return evaluate(parse(expression), attributes, Context.fixed())
