"""Random regular expressions of .NET's, texts and replacements."""

from __future__ import annotations

from random import Random

__all__ = ["regex_case"]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_LITERALS = (" ", *_words(r"a b c A B 1 2 - _ \. \n \t \x41 \u0062 \- \e"))
_CLASSES = _words(r"""
    . \d \D \w \W \s \S [ab] [^a] [a-c] [^a-c\d] [\w-[b]] [a-z-[aeiou]] [\s\S] []a] [^]a] [a\]] [A-Ba] [-a] [a-] [\b]
    [\x41-\x43] \p{L} \P{L} \p{Lu} \p{Ll} \P{Lu} [\p{Lu}1] [^\p{Ll}] \p{Nd} \p{IsBasicLatin} \P{IsBasicLatin}
    \p{IsGreek} [a-b-[\p{Lu}]]
""")
_CLASS_PARTS = _words(r"a b c A 1 - ^ ] [ : a-c \d \W -[b] \- \p{Lu} [:alpha:] \]")
_ANCHORS = _words(r"^ $ \A \Z \z \b \B \G")
_QUANTIFIERS = _words("* + ? {2} {0,2} {1,2} {1,} {0} {2,3} {,2}")
_NAMES = _words("n m 1 2 3 x1")
_OPTIONS = _words("i m s n x -i -m i-s im sx -x n-i")
_TEXT = "aabbcAB12 -_\n.É\u03a3\u03c3é😀x"
_NOISE = "()[]{}?*+|\\^$<>=!:#-,'k1n&PpGzbd"
_REPLACEMENTS = ("", *_words("<$&> [$1] [$1|$2|$3] ${n}-${m} $`|$'|$_ $+ $$ ${1}0 $10 $n ${x1} $ ${ $0$9"))


def regex_case(random: Random) -> tuple[str, str, str]:
    """Returns a pattern, a text and a replacement."""
    pattern = _pattern(random, random.choice((1, 2, 2, 3, 4)))
    if random.random() < 0.1:
        place = random.randint(0, len(pattern))
        cut = random.choice((0, 0, 1, 2))
        pattern = pattern[:place] + random.choice(("", random.choice(_NOISE))) + pattern[place + cut :]
    text = "".join(random.choices(_TEXT, k=random.choice((0, 1, 2, 3, 4, 5, 6, 8, 10))))
    return pattern, text, random.choice(_REPLACEMENTS)


def _pattern(random: Random, depth: int) -> str:
    return "".join(_piece(random, depth) for _ in range(random.choice((0, 1, 1, 2, 2, 3))))


def _piece(random: Random, depth: int) -> str:
    atom = _atom(random, depth)
    if random.random() < 0.35:
        atom += random.choice(_QUANTIFIERS)
        if random.random() < 0.35:
            atom += "?"
    return atom


def _atom(random: Random, depth: int) -> str:
    kind = random.random()
    if depth == 0 or kind < 0.35:
        return random.choice(_LITERALS)
    if kind < 0.47:
        return random.choice(_CLASSES)
    if kind < 0.5:
        return "[" + "".join(random.choices(_CLASS_PARTS, k=random.choice((1, 2, 3, 4)))) + "]"
    if kind < 0.58:
        return random.choice(_ANCHORS)
    if kind < 0.64:
        name = random.choice(_NAMES)
        return random.choice((f"\\{random.randint(1, 3)}", f"\\k<{name}>", f"\\k'{name}'", f"\\<{name}>", "\\10"))
    if kind < 0.67:
        return f"(?{random.choice(_OPTIONS)})"
    inner = _pattern(random, depth - 1)
    if random.random() < 0.35:
        inner += "|" + _pattern(random, depth - 1)
    name, other = random.choice(_NAMES), random.choice(_NAMES)
    return random.choice(
        (
            f"({inner})",
            f"({inner})",
            f"({inner})",
            f"(?:{inner})",
            f"(?:{inner})",
            f"(?<{name}>{inner})",
            f"(?'{name}'{inner})",
            f"(?={inner})",
            f"(?!{inner})",
            f"(?<={inner})",
            f"(?<!{inner})",
            f"(?>{inner})",
            f"(?{random.choice(_OPTIONS)}:{inner})",
            f"(?({name}){_pattern(random, depth - 1)}|{_pattern(random, depth - 1)})",
            f"(?({_pattern(random, 1)}){_pattern(random, depth - 1)}|{_pattern(random, depth - 1)})",
            f"(?<{name}-{other}>{inner})",
            f"(?<-{name}>{inner})",
            f"(?#{random.choice(('note', 'a|b', ''))})",
        )
    )
