"""Text from a tenant, made safe to print.

Everyone who may name a group or a user in a tenant can write text into previews, reports, errors and pipelines' logs.
Terminals obey escape sequences, readers believe forged lines, and build services run what they take for a command:

- Azure Pipelines takes ``##vso[…]`` and ``##[…]`` for commands ("Logging commands");
- GitHub Actions takes ``::name::`` at the beginning of a line for one ("Workflow commands for GitHub Actions").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

__all__ = ["in_markdown", "json_text", "one_line", "visible", "visible_lines", "visible_values"]

JSON = Any

LONGEST_WORD, LONGEST = 200, 1000
"""Characters without a blank, and characters in all, beyond which a line is shortened."""

_COMMAND = re.compile(r"#(?=#\w*\[)|:(?=:)")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~!&])")
_LINKED = re.compile(r"(?<!\w)@(?=\w)|#(?=\d)|\bGH-(?=\d)|\b(?:https?|ftp)(?=://)|\bwww(?=\.)", re.IGNORECASE)
"""What GitHub and GitLab make a mention or a link of, in rendered text too, so that a backslash does not help."""

_HALF = re.compile("[\ud800-\udfff]")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def visible(text: str) -> str:
    """Returns *text* as one line in which nothing is hidden and nothing is a command.

    Control characters become their pictures (``␛`` for escape, ``␊`` for a line break). Other characters without a
    shape of their own, such as the marks that turn the direction of writing, become their code, ``<U+202E>``.
    """
    if not text.isascii() or not text.isprintable():
        text = text.translate(_SHAPES)
    return _COMMAND.sub(lambda found: f"{found[0]} ", text)


def visible_lines(text: str) -> str:
    """Returns *text*, whose line breaks are meant, with each line made visible."""
    return "\n".join(map(visible, text.split("\n")))


def visible_values(value: JSON) -> JSON:
    """Returns a JSON value with every text in it made visible, names of members included."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {visible_values(name): visible_values(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [visible_values(item) for item in value]
    return value


def one_line(text: str) -> str:
    """Returns a message as one visible line that fits on a screen, whatever value it quotes.

    Its beginning names the place, and its end the way out.
    """
    line = re.sub(rf"\S{{{LONGEST_WORD + 1},}}", lambda word: _shortened(word[0], 40, 20), text)
    return visible(_shortened(line, 600, 300) if len(line) > LONGEST else line)


def in_markdown(text: str) -> str:
    """Returns *text* as one line that Markdown shows as it stands: no markup, mention or link, and nothing hidden."""
    apart = _LINKED.sub(lambda found: f"{found[0]}\u200b", " ".join(visible(text).split()))
    return _MARKUP.sub(r"\\\1", apart).replace("@", "&#64;").replace("\u200b", "&#8203;")


def json_text(value: JSON) -> str:
    """Returns *value* as indented JSON in which every character is visible and nothing is a command.

    Half of a surrogate pair is no character, and no JSON can hold it. It becomes its code, ``<U+D800>``.
    """
    import orjson

    try:
        text = orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONEncodeError:
        text = orjson.dumps(_of_characters(value), option=orjson.OPT_INDENT_2).decode()
    written = text if text.isascii() and "\x7f" not in text else text.translate(_ESCAPES)
    return written.replace("##", "#\\u0023").replace("::", ":\\u003a")


def _shortened(text: str, first: int, last: int) -> str:
    return f"{text[:first]}… ({len(text) - first - last:,} more characters) …{text[-last:]}"


def _of_characters(value: JSON) -> JSON:
    """Returns a JSON value whose texts have no half of a surrogate pair."""
    if isinstance(value, str):
        return _HALF.sub(lambda half: _shape(half[0]), value)
    if isinstance(value, dict):
        return {_of_characters(name): _of_characters(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_of_characters(item) for item in value]
    return value


class _Table(dict[int, str]):
    """What takes the place of each character in ``str.translate``, worked out when the character is first met."""

    def __init__(self, replacement: Callable[[str], str]) -> None:
        self._replacement = replacement

    def __missing__(self, code: int) -> str:
        self[code] = self._replacement(chr(code))
        return self[code]


def _shape(character: str) -> str:
    if unicodedata.category(character) not in _UNSEEN:
        return character
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"<U+{code:04X}>"


def _escaped(character: str) -> str:
    """A character of JSON text; line breaks in it are the indentation's."""
    if character == "\n" or unicodedata.category(character) not in _UNSEEN:
        return character
    data = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{data[at]:02x}{data[at + 1]:02x}" for at in range(0, len(data), 2))


_SHAPES, _ESCAPES = _Table(_shape), _Table(_escaped)
