"""The table of functions: what each takes, what it gives, and where its rule is published.

A function is written once, in one of the modules of `functions`, under a decorator that holds its signature in the
words of the documentation:

    @function("Mid(source: String, start: Integer, length?: Integer) -> String", each=True)
    def mid(source: str | None, start: int, length: int | Omitted) -> str | None: ...

``?`` marks a parameter that may be left out, ``*`` one that repeats, ``**`` one that repeats in pairs. Names are those
of the reference page; where Graph documents another key for the same parameter it follows, as in ``oldValue/Find``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any, Final, TypeVar

from entra_sync.expressions.language.values import Value

__all__ = [
    "CLOUD_SYNC",
    "FUNCTIONS",
    "GRAPH_FUNCTIONS",
    "OMITTED",
    "REFERENCE",
    "ROLES",
    "WORDS",
    "FunctionDefinition",
    "Omitted",
    "Parameter",
    "Thunk",
    "function",
]

REFERENCE = "Reference for writing expressions for attribute mappings in Microsoft Entra ID"
ROLES = "Customize user provisioning attribute-mappings for SaaS applications in Microsoft Entra ID"
CLOUD_SYNC = "Microsoft Entra Cloud Sync expressions and function reference"
GRAPH_FUNCTIONS = "synchronizationSchema: functions"

WORDS = MappingProxyType(
    {
        "IgnoreAttributeFlow": "leaves the attribute out of the flow",
        "IgnoreObjectFlow": "leaves the object out of the flow",
        "vbBinaryCompare": "InStr heeds case",
        "vbTextCompare": "InStr ignores case",
        "Unicode": "ConvertFromBase64 reads UTF-16",
        "ASCII": "ConvertFromBase64 reads ASCII",
        "UTF8": "ConvertFromBase64 reads UTF-8",
    }
)
"""The bare words of the language and what they do."""


class Omitted(Enum):
    """Stands for an optional parameter that was left out, which is not the same as one that is null."""

    OMITTED = "omitted"


OMITTED: Final = Omitted.OMITTED

Thunk = Callable[[], Value]
"""A parameter of a lazy function: calling it computes the argument."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter as documented.

    Attributes:
        name: As the reference page calls it.
        key: As Graph's attributeMappingSource calls it.
        kind: String, Integer, Boolean, DateTime, Strings (a list) or Any.
        required: Whether it has to be given.
        repeats: 0 for once, 1 for any number of times, 2 for any number of pairs.
    """

    name: str
    key: str
    kind: str
    required: bool = True
    repeats: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class FunctionDefinition:
    """A function of the expression language.

    Attributes:
        name: As it is written.
        signatures: The ways to write its parameters; the first is the one of the reference.
        result: Kind of the result.
        evaluate: The scalar definition; takes the parameters of the first signature, OMITTED for one left out.
        page: Title of the Microsoft page that states the rule.
        lazy: The definition gets thunks and computes only the arguments that it needs.
        each: A list as first argument gives a list, element by element.
        uses_context: The definition gets the `Context` first.
        volatile: Two calls with equal arguments may give different values.
        outermost: It cannot be an argument of another function.
        not_run: Why cross-tenant synchronization does not run it; empty when it does.
    """

    name: str
    signatures: tuple[tuple[Parameter, ...], ...]
    result: str
    evaluate: Callable[..., Value]
    page: str
    lazy: bool = False
    each: bool = False
    uses_context: bool = False
    volatile: bool = False
    outermost: bool = False
    not_run: str = ""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters of the reference's signature."""
        return self.signatures[0]

    @property
    def cross_tenant(self) -> bool:
        """Whether cross-tenant synchronization runs the function."""
        return not self.not_run

    def signature_for(self, count: int) -> tuple[Parameter, ...]:
        """The signature that *count* written arguments follow: the first that takes as many, else the first."""
        for signature in self.signatures:
            least = max((place for place, parameter in enumerate(signature, 1) if parameter.required), default=0)
            if least <= count and (count <= len(signature) or (signature and signature[-1].repeats)):
                return signature
        return self.signatures[0]


_REGISTERED: dict[str, FunctionDefinition] = {}

FUNCTIONS = MappingProxyType(_REGISTERED)
"""Every function by name; filled by the modules of `functions`."""

_SIGNATURE = re.compile(r"(?P<name>\w+)\((?P<parameters>.*)\) -> (?P<result>\w+)")
_PARAMETER = re.compile(r"(?P<name>\w+)(?:/(?P<key>\w+))?(?P<mark>\?|\*{1,2}|): (?P<kind>\w+)")


Definition = TypeVar("Definition", bound=Callable[..., Value])


def function(*signatures: str, page: str = REFERENCE, **properties: Any) -> Callable[[Definition], Definition]:
    """Enter the decorated definition in `FUNCTIONS` under its documented *signatures*."""
    read = [_read_signature(signature) for signature in signatures]
    name, result = read[0][0], read[0][2]

    def enter(definition: Definition) -> Definition:
        parameters = tuple(parameters for _, parameters, _ in read)
        _REGISTERED[name] = FunctionDefinition(name, parameters, result, definition, page, **properties)
        return definition

    return enter


def _read_signature(signature: str) -> tuple[str, tuple[Parameter, ...], str]:
    match = _SIGNATURE.fullmatch(signature)
    assert match is not None, signature
    written = [_PARAMETER.fullmatch(part) for part in match["parameters"].split(", ") if part]
    parameters = tuple(
        Parameter(part["name"], part["key"] or part["name"], part["kind"], part["mark"] != "?", part["mark"].count("*"))
        for part in written
        if part is not None
    )
    assert len(parameters) == len(written), signature
    return match["name"], parameters, match["result"]
