"""What is wrong with a value or with a call, as values; this module alone puts them into words.

Pydantic's errors and calls that do not fit become :class:`Problem` values: where, and which :class:`Reason` each
alternative has that was tried there. What decides anything looks at them; nothing looks at their text.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from entra_sync.errors import EntraSyncError, ExpressionError
from entra_sync.errors.nearest import did_you_mean, nearest_name

__all__ = [
    "HALF_A_PAIR",
    "Kind",
    "Misfit",
    "Problem",
    "Reason",
    "call_problems",
    "in_line",
    "problems",
    "unwritable",
    "word_for",
]

MOST_CHARACTERS = 1_000_000
"""Characters of a text in an argument: the engine passes each argument on, keeps it in the state and shows it."""

HALF_A_PAIR = "has half of a surrogate pair in it (a character from U+D800 to U+DFFF), which no text file may hold"


class Kind(StrEnum):
    """What is wrong, as far as anything depends on it."""

    MISSING = "missing"
    UNKNOWN_NAME = "unknownName"
    UNFIT = "unfit"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a value does not fit.

    Attributes:
        kind: What is wrong.
        wanted: What the value must be, e.g. ``a number``; with another *verb*, or without one, the whole clause.
        given: What it is instead, if that helps.
        verb: How the clause begins. Alternatives with the same verb say it once: ``must be a number or a list``.
        near: Name that was meant instead of an unknown one.
        below: Lines that point into the value, e.g. carets below an expression.
    """

    kind: Kind
    wanted: str
    given: str = ""
    verb: str = ""
    near: str = ""
    below: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at one place.

    Attributes:
        where: The argument, e.g. ``mappings[0].source``; empty for the value as a whole.
        reasons: One for each alternative that was tried there.
    """

    where: str
    reasons: tuple[Reason, ...]

    @classmethod
    def of(cls, clause: str, where: str = "") -> Problem:
        """A value that does not fit, for the one reason that the *clause* tells."""
        return cls(where, (Reason(Kind.UNFIT, clause),))

    @property
    def is_missing(self) -> bool:
        """Whether the argument is required and was not given."""
        return all(reason.kind is Kind.MISSING for reason in self.reasons)

    @property
    def why(self) -> str:
        """The reasons as one clause. Of several alternatives it says what they want, not what was given."""
        if len(self.reasons) == 1:
            return _clause(self.reasons[0])
        said: list[str] = []
        for number, reason in enumerate(self.reasons):
            is_said = number > 0 and reason.verb == self.reasons[0].verb
            said.append(f"{'' if is_said or not reason.verb else f'{reason.verb} '}{reason.wanted}")
        return " or ".join(said)

    @property
    def below(self) -> str:
        """Lines that point into the value; empty if none do."""
        return next((reason.below for reason in self.reasons if reason.below), "")

    def __str__(self) -> str:
        return f"{self.where}: {self.why}" if self.where else self.why


def _clause(reason: Reason) -> str:
    verb = f"{reason.verb} " if reason.verb else ""
    return f"{verb}{reason.wanted}" + (f", not {reason.given}" if reason.given else "")


class Misfit(ValueError):
    """What a validator of a model refuses, at one of the model's fields or as a whole.

    Attributes:
        field: The field, by its name in Python; empty for the whole value.
        below: Lines that point into the value.
    """

    def __init__(self, reason: str, *, field: str = "", below: str = "") -> None:
        self.field, self.below = field, below
        super().__init__(reason)

    @classmethod
    def of_expression(cls, error: ExpressionError, field: str) -> Misfit:
        """The expression in *field* does not parse; the lines below point at the character."""
        return cls(str(error), field=field, below=error.below)


def in_line(found: Sequence[Problem], most: int | None = None) -> tuple[str, str]:
    """Problems as one line, and the lines that belong below it. Of more than *most* it says how many there are."""
    shown = found if most is None else found[:most]
    rest = [f"and {len(found) - len(shown)} more problems"] if len(found) > len(shown) else []
    below = next((problem.below for problem in shown if problem.below), "")
    return "; ".join([*map(str, shown), *rest]), below


def call_problems(signature: inspect.Signature, arguments: Iterable[Any], named: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with a call: an argument too many, too few, or one that does not exist. Empty if nothing is."""
    parameters = {name: each for name, each in signature.parameters.items() if name != "self" and name != "cls"}
    given = list(arguments)[len(signature.parameters) - len(parameters) :]
    kinds = inspect.Parameter
    positional = [name for name, each in parameters.items() if each.kind is kinds.POSITIONAL_OR_KEYWORD]
    if len(given) > len(positional) and not any(each.kind is kinds.VAR_POSITIONAL for each in parameters.values()):
        written = f" ({', '.join(positional)})" if positional else ""
        more = [name for name, each in parameters.items() if each.kind is kinds.KEYWORD_ONLY][:3]
        how = f"; name the others, as in {more[0]}=…" if more else ""
        wanted = f"{_count(len(positional), 'argument')} by position{written}"
        return [Problem("", (Reason(Kind.UNFIT, wanted, f"{len(given)}{how}", "takes"),))]
    missing = [
        name
        for name, each in parameters.items()
        if each.default is kinds.empty
        and each.kind in (kinds.POSITIONAL_OR_KEYWORD, kinds.KEYWORD_ONLY)
        and name not in named
        and name not in positional[: len(given)]
    ]
    takes_any = any(each.kind is kinds.VAR_KEYWORD for each in parameters.values())
    known = {name for name, each in parameters.items() if each.kind is not kinds.VAR_POSITIONAL}
    unknown = [] if takes_any else [_unknown_name(name, parameters) for name in named if name not in known]
    meant = {reason.near for reason in unknown}
    missing = [name for name in missing if name not in meant]
    found = [Problem("", (reason,)) for reason in unknown]
    if missing:
        required = f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} required"
        found.append(Problem("", (Reason(Kind.MISSING, required),)))
    return found


def _unknown_name(name: str, known: Iterable[str], otherwise: str = "") -> Reason:
    near = nearest_name(name, known)
    more = f', did you mean "{near}"?' if near else otherwise
    return Reason(Kind.UNKNOWN_NAME, f'there is no argument "{name}"{more}', near=near)


def problems(
    model: type[BaseModel], error: ValidationError, *, json: bool = False, unknown_first: bool = False
) -> list[Problem]:
    """What a validation error says in plain English, by the names of programs, or of *json*.

    An argument that does not exist says more than one that is missing for it: with *unknown_first* it comes first.
    An argument that is missing is left out if another one is a misspelling of it.
    """
    found: dict[str, list[Reason]] = {}
    meant: set[str] = set()

    def rank(kind: str) -> int:
        return 2 if kind == "missing" else 0 if kind == "extra_forbidden" and unknown_first else 1

    for item in sorted(error.errors(include_url=False), key=lambda item: rank(item["type"])):
        cause = (item.get("ctx") or {}).get("error")
        inner = (cause.field,) if isinstance(cause, Misfit) and cause.field else ()
        where, owner = _place(model, (*item["loc"], *inner), json)
        if item["type"] == "extra_forbidden":
            name = str(item["loc"][-1]) or '""'
            known = [field.alias or name if json else name for name, field in owner.model_fields.items()]
            reason = _unknown_name(name, known, f"; known are {', '.join(known)}")
            parent, _ = _place(model, item["loc"][:-1], json)
            meant.add(f"{parent}.{reason.near}" if parent else reason.near)
        elif item["type"] == "missing":
            reason = Reason(Kind.MISSING, "is required")
        else:
            reason = _reason(item)
        if not (reason.kind is Kind.MISSING and where in meant) and reason not in found.setdefault(where, []):
            found[where].append(reason)
    return [Problem(where, tuple(reasons)) for where, reasons in found.items() if reasons]


def unwritable(value: Any, place: str = "", inside: bool = False) -> Iterator[Problem]:
    """What in an argument cannot be passed on: texts, and what is not JSON *inside* it."""
    if isinstance(value, str):
        if len(value) > MOST_CHARACTERS:
            yield Problem.of(f"has {len(value):,} characters; a text may have {MOST_CHARACTERS:,}", place)
        elif not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            yield Problem.of(HALF_A_PAIR, place)
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            inner = place if name == "root" else f"{place}.{name}" if place else name
            yield from unwritable(getattr(value, name), inner, True)
        yield from unwritable(value.model_extra or {}, place, True)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from unwritable(name, place)
            yield from unwritable(item, f"{place}.{name}" if place else str(name), True)
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from unwritable(item, f"{place}[{number}]", inside)
    elif inside and type(value).__module__ == "builtins" and not isinstance(value, int | float | None):
        clause = f"must be a text, a number, True, False, a list or a dictionary, not {word_for(value)}"
        yield Problem.of(clause, place)


def word_for(value: Any) -> str:
    """What a value is, in a message about one that should be something else."""
    return _WORDS.get(type(value)) or _article(type(value).__name__.strip("_"))


def _place(model: type[BaseModel], location: tuple[int | str, ...], json: bool) -> tuple[str, type[BaseModel]]:
    """Where a problem is, and the model that is declared there."""
    text, owner, inside = "", next(_models(model)), False
    for step in location:
        if isinstance(step, int):
            text += f"[{step}]"
            continue
        fields = {name: name for name in owner.model_fields}
        fields.update({field.alias: name for name, field in owner.model_fields.items() if field.alias})
        if inside and step not in fields and _TAG.match(step):
            continue
        if step == "[key]":
            continue
        name = fields.get(step, step) or '""'
        shown = (owner.model_fields[name].alias or name) if json and step in fields else name
        text += f".{shown}" if text else shown
        if step in fields:
            models = list(_models(owner.model_fields[name].annotation))
            owner, inside = (models[0] if models else owner), True
    return text, owner


_TAG = re.compile(r"(int|float|str|bool|none|[\w-]*(literal|enum|list|tuple|dict|function|nullable|constrained)\W.*)$")
"""What pydantic adds to a location for the alternative of a union that was tried."""


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in an annotation; those in the list that a root model is, too."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        root = annotation.model_fields.get("root")
        inner = list(_models(root.annotation)) if root else []
        yield from inner or [annotation]
    for each in get_args(annotation):
        yield from _models(each)


_WORDS = {
    str: "a text",
    bytes: "bytes",
    bool: "True or False",
    int: "a number",
    float: "a number",
    list: "a list",
    tuple: "a list",
    dict: "a dictionary",
    type(None): "None",
}
_WANTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "True or False",
    "bool_parsing": "True or False",
    "list_type": "a list, as in [...]",
    "tuple_type": "a list, as in [...]",
    "dict_type": "a dictionary, as in {...}",
}


def _reason(item: Any) -> Reason:
    """A problem that pydantic found. It quotes a value only if it had to be one of a few words."""
    kind, given, context = item["type"], item["input"], item.get("ctx") or {}
    if type(given).__module__.startswith("pulumi."):
        way = "known when the program runs, and an output is not; take it from the configuration"
        return Reason(Kind.UNFIT, way, verb="must be")
    word = word_for(given)
    if kind in _WANTED:
        return Reason(Kind.UNFIT, _WANTED[kind], str(given) if isinstance(given, float) else word, "must be")
    match kind:
        case "model_type" | "model_attributes_type" | "dataclass_type" | "is_instance_of":
            name = context.get("class_name") or context.get("class") or "value"
            return Reason(Kind.UNFIT, _MADE.get(name) or _article(name), word, "must be")
        case "literal_error" | "enum":
            # Pydantic has the words in a text only: 'a', 'b' or 'c'. None of ours holds a comma or a blank.
            known = [each.strip("'") for each in re.split(", | or ", context["expected"])]
            if len(known) == 1 or not isinstance(given, str):
                return Reason(Kind.UNFIT, " or ".join(f'"{each}"' for each in known), word, "must be")
            near = did_you_mean(given, known) or f"; known are {', '.join(known)}"
            return Reason(Kind.UNFIT, f'"{given}" is unknown{near}')
        case "greater_than_equal":
            return Reason(Kind.UNFIT, f"at least {context['ge']:g}", str(given), "must be")
        case "less_than_equal":
            return Reason(Kind.UNFIT, f"at most {context['le']:g}", str(given), "must be")
        case "too_short":
            return Reason(Kind.UNFIT, f"at least {_count(context['min_length'], 'entry')}", verb="needs")
        case "too_long":
            most = f"at most {_count(context['max_length'], 'entry')}"
            return Reason(Kind.UNFIT, most, str(context["actual_length"]), "takes")
        case "string_too_short":
            return Reason(Kind.UNFIT, "must not be empty")
        case "string_unicode":
            return Reason(Kind.UNFIT, HALF_A_PAIR)
        case "finite_number":
            return Reason(Kind.UNFIT, "a finite number", str(given), "must be")
    cause = context.get("error")
    if cause is None:
        return Reason(Kind.UNFIT, str(item["msg"]))
    below = cause.below if isinstance(cause, Misfit | EntraSyncError) else ""
    return Reason(Kind.UNFIT, cause.reason if isinstance(cause, EntraSyncError) else str(cause), below=below)


_MADE = {
    "Principal": 'entra.Group("id") or entra.User("id")',
    "Tenant": "an entra.Tenant",
    "Mappings": "entra.Mappings, as entra.defaults(...) makes them",
    "ScopingFilter": "a filter, as entra.any_of(...) makes it",
    "License": 'entra.License(sku="...")',
    "Restart": 'entra.Restart(trigger="...")',
    "Limits": "entra.Limits(...)",
}
"""How a program makes the values of a model."""


def _article(noun: str) -> str:
    return f"{'an' if noun[:1] in 'AEIOaeio' else 'a'} {noun}"


def _count(number: int, noun: str) -> str:
    plural = f"{noun.removesuffix('y')}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"
