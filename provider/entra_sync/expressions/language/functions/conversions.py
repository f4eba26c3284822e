"""Functions that convert between kinds and encodings, and those that make values up."""

from __future__ import annotations

import base64
import re
import string
from collections.abc import Callable

from entra_sync.expressions.dotnet.no_value import NoValue
from entra_sync.expressions.language.context import Context
from entra_sync.expressions.language.registry import CLOUD_SYNC, Omitted, function
from entra_sync.expressions.language.values import Value, one_text

__all__ = [
    "bit_and",
    "c_ref",
    "c_str",
    "convert_from_base64",
    "convert_to_base64",
    "convert_to_utf8_hex",
    "dn_component",
    "guid",
    "random_string",
    "string_from_sid",
]

_CLOUD_SYNC_ONLY = "it is documented for Cloud Sync only"

_CLASSES = (
    string.digits,
    "~!@#$%^&*_-+=`|\\(){}[]:;\"'<>,.?/",
    string.ascii_uppercase,
    string.ascii_lowercase,
)
"""The characters of RandomString in the order of its minima ("Password must meet complexity requirements")."""


@function("BitAnd(value1: Integer, value2: Integer) -> Integer")
def bit_and(first: int, second: int) -> int:
    """Returns the bits that are set in both numbers. A number can be hexadecimal, such as &HF7."""
    return first & second


@function("CStr(value: Any) -> String")
def c_str(value: Value) -> str | None:
    """Returns a number, Boolean or reference as text. Null stays null."""
    return one_text(value)


@function("ConvertToBase64(source: String) -> String", each=True)
def convert_to_base64(source: str | None) -> str | None:
    """Returns the text's UTF-16 bytes, low byte first, as Base64."""
    return None if source is None else base64.b64encode(source.encode("utf-16-le")).decode()


@function(
    "ConvertFromBase64(source: String, Encoding?: String) -> String",
    page=CLOUD_SYNC,
    each=True,
    not_run=_CLOUD_SYNC_ONLY,
)
def convert_from_base64(source: str | None, encoding: str | Omitted | None) -> str | None:
    """Decodes Base64 into text. *Encoding* is Unicode (UTF-16, the default), ASCII or UTF8."""
    name = encoding if isinstance(encoding, str) else "Unicode"
    if name not in _DECODED:
        raise NoValue(f'Encoding is Unicode, ASCII or UTF8, not "{encoding}"')
    return None if source is None else _DECODED[name](_from_base64(source))


def _from_utf16(data: bytes) -> str:
    """The text; half of a character at the end is one U+FFFD, as is each half of a surrogate pair."""
    return data[: len(data) // 2 * 2].decode("utf-16-le", "replace") + "\ufffd" * (len(data) % 2)


_DECODED: dict[str, Callable[[bytes], str]] = {
    "Unicode": _from_utf16,
    "ASCII": lambda data: "".join(chr(byte) if byte < 128 else "?" for byte in data),
    "UTF8": lambda data: data.decode("utf-8", "replace"),
}


_BASE64 = re.compile(r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


def _from_base64(text: str) -> bytes:
    """The bytes, with white space between digits allowed ("Convert.FromBase64String")."""
    digits = re.sub("[ \t\n\r]", "", text)
    if _BASE64.fullmatch(digits) is None:
        raise NoValue(f'"{text}" is not Base64')
    return base64.b64decode(digits)


@function("ConvertToUTF8Hex(source: String) -> String", each=True)
def convert_to_utf8_hex(source: str | None) -> str | None:
    """Returns the text's UTF-8 bytes as upper-case hexadecimal digits."""
    return None if source is None else source.encode("utf-8").hex().upper()


@function("Guid() -> String", uses_context=True, volatile=True)
def guid(context: Context) -> str:
    """Returns a new random GUID in lower case."""
    return context.new_guid()


@function(
    "RandomString(Length: Integer, MinimumNumbers: Integer, MinimumSpecialCharacters: Integer, "
    "MinimumCapital: Integer, MinimumLowerCase: Integer, CharactersToAvoid?: String) -> String",
    uses_context=True,
    volatile=True,
)
def random_string(
    context: Context,
    length: int,
    numbers: int,
    specials: int,
    capitals: int,
    lower_case: int,
    avoided: str | Omitted | None,
) -> str:
    """Returns a random text of *Length* characters, with the minimum number of each kind of character."""
    minima = (numbers, specials, capitals, lower_case)
    if min(minima) < 0 or not sum(minima) <= length <= 256:
        raise NoValue(f"Length is between the sum of the minima, {sum(minima)}, and 256; it cannot be {length}")
    avoid = avoided if isinstance(avoided, str) else ""
    allowed = [[character for character in group if character not in avoid] for group in _CLASSES]
    anything = [character for group in allowed for character in group]
    if any(least and not group for least, group in zip(minima, allowed, strict=True)) or (length and not anything):
        raise NoValue("CharactersToAvoid leaves no character to choose from")
    chosen = [context.random.choice(group) for least, group in zip(minima, allowed, strict=True) for _ in range(least)]
    chosen += [context.random.choice(anything) for _ in range(length - len(chosen))]
    context.random.shuffle(chosen)
    return "".join(chosen)


@function("CRef(value: String) -> String", page=CLOUD_SYNC, not_run=_CLOUD_SYNC_ONLY)
def c_ref(value: str | None) -> str | None:
    """Returns the text as a reference to an object. The text does not change."""
    return value


@function("DNComponent(dn: String, ComponentNumber: Integer) -> String", page=CLOUD_SYNC, not_run=_CLOUD_SYNC_ONLY)
def dn_component(dn: str | None, number: int) -> str | None:
    """Returns the value of one component of a distinguished name, counted from 1 at the left."""
    if dn is None:
        return None
    components = _dn_components(dn)
    if not 1 <= number <= len(components):
        raise NoValue(f'"{dn}" has no component {number}')
    return components[number - 1].partition("=")[2].strip()


def _dn_components(dn: str) -> list[str]:
    """The parts between commas that no backslash escapes, without the backslashes."""
    components = [""]
    characters = iter(dn)
    for character in characters:
        if character == ",":
            components.append("")
        else:
            components[-1] += next(characters, "") if character == "\\" else character
    return components


@function("StringFromSid(ObjectSID: String) -> String", page=CLOUD_SYNC, not_run=_CLOUD_SYNC_ONLY)
def string_from_sid(sid: str | None) -> str | None:
    """Returns the text form S-1-… of a security identifier in Base64, as Graph writes bytes."""
    if sid is None:
        return None
    data = _from_base64(sid)
    if len(data) < 8 or len(data) != 8 + 4 * data[1]:
        raise NoValue("the bytes are not a security identifier")
    parts = [int.from_bytes(data[at : at + 4], "little") for at in range(8, len(data), 4)]
    return "-".join(["S", str(data[0]), str(int.from_bytes(data[2:8], "big")), *map(str, parts)])
