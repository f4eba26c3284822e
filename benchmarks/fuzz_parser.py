"""A million random texts through the parser: none may crash it, and long ones may not take longer than their length.

    python benchmarks/fuzz_parser.py [TEXTS] [SEED]

Half of the texts are random characters, half are expressions with a few characters changed. What parses has to be read
back from its canonical text. Prints the counts, the slowest text, and the time per character at two lengths.
"""

from __future__ import annotations

import random
import sys
import time
from contextlib import suppress

from entra_sync.errors import ExpressionError
from entra_sync.expressions import parse
from entra_sync.expressions.language.syntax import MAX_LENGTH

PIECES = ["[", "]", "(", ")", ",", '"', "\\", "&", "&H", "=", "<>", ">", "<", "-", "1", "0", " ", "\n", "a", "é", "😀"]
PIECES += [
    "IIF(",
    "Switch(",
    "Left(",
    "Now()",
    "Join(",
    "[mail]",
    '"x"',
    "vbTextCompare",
    "IgnoreAttributeFlow",
    "Replace(",
]
SEEDS = [
    'Replace([mobile], , "[()\\\\s-]+", , "", , )',
    'Switch([IsSoftDeleted], , "False", "True", "True", "False")',
    'IIF(DateDiff("d", Now(), CDate([hired])) >= -14, "True", IgnoreAttributeFlow)',
    'Join("@", NormalizeDiacritics(StripSpaces(Join(".", [givenName], [surname]))), "contoso.com")',
]


def random_text(draw: random.Random) -> str:
    if draw.random() < 0.5:
        return "".join(draw.choice(PIECES) for _ in range(draw.randrange(30)))
    text = draw.choice(SEEDS)
    for _ in range(draw.randrange(1, 4)):
        place = draw.randrange(len(text) + 1)
        text = text[:place] + draw.choice(PIECES) + text[place + draw.randrange(3) :]
    return text


def seconds_per_character(text: str) -> float:
    """Processor time, the least of five times."""
    measured = []
    for _ in range(5):
        start = time.process_time()
        with suppress(ExpressionError):
            parse(text)
        measured.append(time.process_time() - start)
    return min(measured) / len(text)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    draw = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    read = 0
    slowest = (0.0, "")
    start = time.perf_counter()
    for _ in range(count):
        text = random_text(draw)
        begun = time.process_time()
        try:
            expression = parse(text)
        except ExpressionError as error:
            assert 0 <= error.span[0] < error.span[1], (text, error.span)
        else:
            read += 1
            assert parse(str(expression)) == expression, text
        slowest = max(slowest, (time.process_time() - begun, text))
    print(
        f"{count:,} texts in {time.perf_counter() - start:.0f} s: {read:,} read, {count - read:,} refused, none crashed"
    )
    print(f"slowest: {slowest[0] * 1000:.1f} ms for {slowest[1]!r}")
    worst = 0.0
    for piece in [*PIECES, "Left([a], ", '"a", ', "[a] & ", "[a[", "\\\\", "Not("]:
        short, long = ((piece * MAX_LENGTH)[: MAX_LENGTH // ratio] for ratio in (10, 1))
        worst = max(worst, seconds_per_character(long) / max(seconds_per_character(short), 1e-8))
    print(
        f"ten times the length takes at most {10 * worst:.0f} times as long, over {len(PIECES) + 6} kinds of long texts"
    )


if __name__ == "__main__":
    main()
