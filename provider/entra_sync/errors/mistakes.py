"""Mistakes in a program become one line of plain English at the program's own line, whatever notices them.

Python's errors about a call, pydantic's about a value and this package's own would end a program with a traceback.
While a Pulumi program runs, :func:`told`, :func:`told_methods` and :class:`Told` turn each of them into an
:class:`ArgumentError`. Elsewhere, in the command line and in a provider's process, they stay what they are.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from enum import EnumType
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, get_args

from pydantic import BaseModel, RootModel, ValidationError

from entra_sync.errors import EntraSyncError, ExpressionError

if TYPE_CHECKING:
    # What type checkers know of pydantic's metaclasses, they know of these.
    from enum import EnumType as ToldWords

    from pydantic._internal._model_construction import ModelMetaclass as Told
    from pydantic.root_model import _RootModelMetaclass as ToldList

__all__ = [
    "Told",
    "ToldList",
    "ToldWords",
    "call_problem",
    "did_you_mean",
    "in_program",
    "missing_name",
    "problems",
    "told",
    "told_methods",
    "unwritable",
    "word_for",
]

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)

MOST = 4
"""Problems of one value that a line tells; of more it says how many."""

MOST_CHARACTERS = 1_000_000
"""Characters of a text in an argument: the engine passes each argument on, keeps it in the state and shows it."""

HALF_A_PAIR = "has half of a surrogate pair in it (a character from U+D800 to U+DFFF), which no text file may hold"


def in_program() -> bool:
    """Whether a Pulumi program runs: then there is a stack that its resources belong to."""
    settings = sys.modules.get("pulumi.runtime.settings")
    return settings is not None and settings.get_root_resource() is not None


def told(title: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorates a function that programs call: what is wrong with its arguments is told in one line after *title*."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)

        @wraps(function)
        def call(*arguments: P.args, **named: P.kwargs) -> R:
            try:
                return function(*arguments, **named)
            except (EntraSyncError, ValidationError, TypeError, UnicodeEncodeError) as error:
                own = type(arguments[0]).__name__ if arguments else ""
                _tell(title.format(self=own), error, lambda: call_problem(signature, arguments, named))
                raise

        return call

    return decorate


def told_methods(title: str) -> Callable[[C], C]:
    """Decorates a class whose methods programs call. The nearest method is named if one does not exist."""

    def decorate(kind: C) -> C:
        for name, method in list(vars(kind).items()):
            if name.startswith("_") and name not in ("__getitem__", "__init__"):
                continue
            if inspect.isfunction(method):
                setattr(kind, name, told(title if name.startswith("_") else f"{title}.{name}")(method))
            elif isinstance(method, classmethod):
                setattr(kind, name, classmethod(told(f"{title}.{name}")(method.__func__)))

        def missing(self: object, name: str) -> Any:
            raise missing_name(title, name, [each for each in dir(kind) if not each.startswith(("_", "model_"))])

        # Not in the class body, where a type checker would take it for a declaration of every name.
        setattr(kind, "__getattr__", missing)  # noqa: B010
        return kind

    return decorate


if not TYPE_CHECKING:

    class Told(type(BaseModel)):
        """Metaclass of the values that programs make: what does not fit is told in one line."""

        def __call__(cls, *arguments: Any, **named: Any) -> Any:
            """Makes an instance."""
            try:
                return super().__call__(*arguments, **named)
            except (ValidationError, TypeError, ValueError) as error:
                fields = cls.model_fields
                shown = [name for name, field in fields.items() if field.is_required()] or list(fields)[:1]
                names = ", ".join(f"{name}=…" for name in shown)
                how = f"its arguments have names; write {cls.__name__}({names})" if arguments else ""
                if issubclass(cls, RootModel):
                    how = f"takes one list, as in {cls.__name__}([...])"
                _tell(cls.__name__, error, lambda: how, cls)
                raise

        def __getattr__(cls, name: str) -> Any:
            if name.startswith(("_", "model_")):
                return super().__getattr__(name)
            raise missing_name(cls.__name__, name, [each for each in dir(cls) if not each.startswith(("_", "model_"))])

    ToldList = Told
    """The same for a model that is a list."""

    class ToldWords(EnumType):
        """Metaclass of the words that programs choose from: one that does not exist is told in one line."""

        def __call__(cls, *arguments: Any, **named: Any) -> Any:
            """The word with a value."""
            try:
                return super().__call__(*arguments, **named)
            except (TypeError, ValueError):
                if not in_program():
                    raise
            from entra_sync.errors.argument import ArgumentError

            known = ", ".join(f"{cls.__name__}.{name}" for name in cls.__members__)
            raise ArgumentError(f"{cls.__name__}: takes one of its own values; known are {known}") from None

        def __getattr__(cls, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(name)
            raise missing_name(cls.__name__, name, cls.__members__)


def missing_name(title: str, name: str, known: Iterable[str]) -> AttributeError:
    """The error for a name that *title* does not have."""
    text = f'{title} has no "{name}"{did_you_mean(name, known)}'
    if name.startswith("_") or not in_program():
        return AttributeError(text, name=name)
    from entra_sync.errors.argument import UnknownName

    return UnknownName(text)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a message about a name that does not exist: the nearest one, if one is near."""
    names = list(known)
    plain = {re.sub("[^a-z]", "", each.lower()): each for each in names}
    near = get_close_matches(re.sub("[^a-z]", "", name.lower()), plain, 1, 0.6)
    return f', did you mean "{plain[near[0]]}"?' if near else ""


def call_problem(signature: inspect.Signature, arguments: Iterable[Any], named: Mapping[str, Any]) -> str:
    """What is wrong with a call: an argument too many, too few, or one that does not exist. Empty if nothing is."""
    parameters = {name: each for name, each in signature.parameters.items() if name != "self" and name != "cls"}
    given = list(arguments)[len(signature.parameters) - len(parameters) :]
    kinds = inspect.Parameter
    positional = [name for name, each in parameters.items() if each.kind is kinds.POSITIONAL_OR_KEYWORD]
    if len(given) > len(positional) and not any(each.kind is kinds.VAR_POSITIONAL for each in parameters.values()):
        written = f" ({', '.join(positional)})" if positional else ""
        more = [name for name, each in parameters.items() if each.kind is kinds.KEYWORD_ONLY][:3]
        how = f"; name the others, as in {more[0]}=…" if more else ""
        return f"takes {_count(len(positional), 'argument')} by position{written}, not {len(given)}{how}"
    said = []
    missing = [
        name
        for name, each in parameters.items()
        if each.default is kinds.empty
        and each.kind in (kinds.POSITIONAL_OR_KEYWORD, kinds.KEYWORD_ONLY)
        and name not in named
        and name not in positional[: len(given)]
    ]
    if not any(each.kind is kinds.VAR_KEYWORD for each in parameters.values()):
        known = {name for name, each in parameters.items() if each.kind is not kinds.VAR_POSITIONAL}
        for name in (name for name in named if name not in known):
            near = did_you_mean(name, parameters)
            missing = [each for each in missing if f'"{each}"' not in near]
            said.append(f'there is no argument "{name}"{near}')
    said += [f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} required"] if missing else []
    return "; ".join(said)


def problems(
    model: type[BaseModel], error: ValidationError, *, json: bool = False, unknown_first: bool = False
) -> list[tuple[str, str]]:
    """A validation error as (argument, reason) pairs in plain English, by the names of programs, or of *json*.

    An argument that does not exist says more than one that is missing for it: with *unknown_first* it comes first.
    An argument that is missing is left out if another one is a misspelling of it.
    """
    found: dict[str, list[str]] = {}
    meant: set[str] = set()

    def rank(kind: str) -> int:
        return 2 if kind == "missing" else 0 if kind == "extra_forbidden" and unknown_first else 1

    for item in sorted(error.errors(include_url=False), key=lambda item: rank(item["type"])):
        where, owner = _place(model, item["loc"], json)
        known = [field.alias or name if json else name for name, field in owner.model_fields.items()]
        if item["type"] == "extra_forbidden":
            name = where.rpartition(".")[2]
            near = did_you_mean(name, known)
            meant.update(f"{where.removesuffix(name)}{each}" for each in re.findall('"(.*)"', near))
            reason = f'there is no argument "{name}"' + (near or f"; known are {', '.join(known)}")
        elif item["type"] == "missing":
            reason = "is required"
        else:
            reason = _reason(item)
        if not (item["type"] == "missing" and where in meant) and reason not in found.setdefault(where, []):
            found[where].append(reason)
    return [(where, " or ".join(_short(reasons))) for where, reasons in found.items() if reasons]


def _tell(title: str, error: Exception, of_call: Callable[[], str], model: type[BaseModel] = BaseModel) -> None:
    """Raises what a program is told. Returns if none runs, if *error* is told already, or if it is not about a call."""
    if not in_program():
        return
    from entra_sync.errors.argument import ArgumentError

    if isinstance(error, ArgumentError):
        return
    if isinstance(error, ExpressionError):
        text, carets = error.marked()
        raise ArgumentError(f"{title}: {error}\n    {text}\n    {carets}") from None
    if isinstance(error, EntraSyncError):
        text = str(error)
        raise ArgumentError(text if text.startswith(title.partition("(")[0]) else f"{title}: {text}") from None
    if isinstance(error, ValidationError):
        said = [f"{where}: {why}" if where else why for where, why in problems(model, error)]
        rest = [f"and {len(said) - MOST} more problems"] if len(said) > MOST else []
        raise ArgumentError(f"{title}: {'; '.join([*said[:MOST], *rest])}") from None
    reason = HALF_A_PAIR if isinstance(error, UnicodeEncodeError) else of_call()
    if reason:
        raise ArgumentError(f"{title}: {reason}") from None


def unwritable(value: Any, place: str = "", inside: bool = False) -> Iterator[tuple[str, str]]:
    """What in an argument cannot be passed on, as (place, reason) pairs: texts, and what is not JSON *inside* it."""
    if isinstance(value, str):
        if len(value) > MOST_CHARACTERS:
            yield place, f"has {len(value):,} characters; a text may have {MOST_CHARACTERS:,}"
        elif not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            yield place, HALF_A_PAIR
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
        yield place, f"must be a text, a number, True, False, a list or a dictionary, not {word_for(value)}"


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


def _reason(item: Any) -> str:
    """A problem that pydantic found, in plain English. It quotes a value only if it had to be one of a few words."""
    kind, given, context = item["type"], item["input"], item.get("ctx") or {}
    if type(given).__module__.startswith("pulumi."):
        return "must be known when the program runs, and an output is not; take it from the configuration"
    word = word_for(given)
    if kind in _WANTED:
        return f"must be {_WANTED[kind]}, not {given if isinstance(given, float) else word}"
    match kind:
        case "model_type" | "model_attributes_type" | "dataclass_type" | "is_instance_of":
            name = context.get("class_name") or context.get("class") or "value"
            return f"must be {_MADE.get(name) or _article(name)}, not {word}"
        case "literal_error" | "enum":
            known = [each.strip("'") for each in re.split(", | or ", context["expected"])]
            if len(known) == 1 or not isinstance(given, str):
                quoted = " or ".join(f'"{each}"' for each in known)
                return f"must be {quoted}, not {word}"
            near = did_you_mean(given, known) or f"; known are {', '.join(known)}"
            return f'"{given}" is unknown{near}'
        case "greater_than_equal":
            return f"must be at least {context['ge']:g}, not {given}"
        case "less_than_equal":
            return f"must be at most {context['le']:g}, not {given}"
        case "too_short":
            return f"needs at least {_count(context['min_length'], 'entry')}"
        case "too_long":
            return f"takes at most {_count(context['max_length'], 'entry')}, not {context['actual_length']}"
        case "string_too_short":
            return "must not be empty"
        case "string_unicode":
            return HALF_A_PAIR
        case "finite_number":
            return f"must be a finite number, not {given}"
        case _:
            cause = context.get("error")
            if isinstance(cause, EntraSyncError):
                return cause.reason
            return str(item["msg"]).removeprefix("Value error, ")


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


def _short(reasons: list[str]) -> list[str]:
    """Reasons of alternatives without what they have in common: ``must be a number, not a text`` of several types."""
    if len(reasons) < 2:
        return reasons
    wanted = [re.sub(", not .*", "", each) for each in reasons]
    return [wanted[0], *(each.removeprefix("must be ") for each in wanted[1:])]


def _article(noun: str) -> str:
    return f"{'an' if noun[:1] in 'AEIOaeio' else 'a'} {noun}"


def _count(number: int, noun: str) -> str:
    plural = f"{noun.removesuffix('y')}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"
