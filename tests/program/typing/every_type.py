"""Makes a program out of the package itself: each exported resource and value type, used as meant and misused."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from pulumi import ComponentResource, Resource
from pydantic import BaseModel, RootModel

import entra_sync
from entra_sync.program.link_arguments import LinkArguments

WRONG = "  # wrong"
"""Ends a line that a type checker has to refuse."""


def program() -> str:
    """One line for each use; only a line that ends with `WRONG` has a mistake, and the line before it shows the rest.

    A resource or value type has a line with all that it requires, the same with a misspelled argument, and for each
    argument that takes some words only, the same with another word. An enumeration has a member and a misspelled one.
    """
    lines = ["import entra_sync as entra", f"tenant = {made(entra_sync.Tenant)}"]
    for name, kind in exported().items():
        if issubclass(kind, Enum):
            member = next(iter(kind)).name
            lines += [f"entra.{name}.{member}", f"entra.{name}.{member}S{WRONG}"]
            continue
        lines.append(made(kind))
        if not keeps_more(kind):
            lines.append(made(kind, misspeled="1") + WRONG)
        lines += [made(kind, **{field: wrong}) + WRONG for field, wrong in wrong_words(kind)]
    return "\n".join(lines) + "\n"


def exported() -> dict[str, type]:
    """The types that the package exports, without its errors."""
    found = {name: getattr(entra_sync, name) for name in entra_sync.__all__}
    return {name: kind for name, kind in found.items() if isinstance(kind, type) and not issubclass(kind, Exception)}


def fields(kind: type) -> Mapping[str, tuple[Any, bool]]:
    """Annotation of each argument, and whether it is required."""
    model = LinkArguments if issubclass(kind, ComponentResource) else kind
    if issubclass(kind, Resource) and hasattr(kind, "handler"):
        model = kind.handler.args
    if issubclass(model, BaseModel):
        return {name: (field.annotation, field.is_required()) for name, field in model.model_fields.items()}
    hints = typing.get_type_hints(model.__init__)
    return {name: (hint, True) for name, hint in hints.items() if name != "return"}


def made(kind: type, /, **given: str) -> str:
    """A call with what is given and everything else that is required."""
    needed = {name: value(annotation) for name, (annotation, required) in fields(kind).items() if required}
    name = ['"name"'] if issubclass(kind, Resource) else []
    return f"entra.{kind.__name__}({', '.join([*name, *(f'{key}={text}' for key, text in (needed | given).items())])})"


def keeps_more(kind: type) -> bool:
    """Whether a value is made with more than the arguments it declares: Graph's own properties, or a list."""
    return issubclass(kind, BaseModel) and (kind.model_config.get("extra") == "allow" or issubclass(kind, RootModel))


def value(annotation: Any) -> str:
    """Something that fits an annotation, as code."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated or origin in {typing.Union, types.UnionType}:
        return value(inner[0])
    if origin is typing.Literal:
        return repr(inner[0])
    if origin in {list, tuple}:
        return "[]"
    if annotation is entra_sync.Tenant:
        return "tenant"
    if annotation in {str, int, bool}:
        return repr(annotation("1"))
    if issubclass(annotation, Enum):
        return f"entra.{annotation.__name__}.{next(iter(annotation)).name}"
    return made(annotation)


def wrong_words(kind: type) -> Iterator[tuple[str, str]]:
    """Each argument that takes some words only, with code for another word."""
    for name, (annotation, _) in fields(kind).items():
        if takes_words(annotation):
            yield name, '["wrong"]' if holds_list(annotation) else '"wrong"'


def takes_words(annotation: Any) -> bool:
    """Whether it is an enumeration or a Literal, or has one in it."""
    if typing.get_origin(annotation) is typing.Literal:
        return True
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return True
    return any(map(takes_words, typing.get_args(annotation)))


def holds_list(annotation: Any) -> bool:
    """Whether the words are items of a list."""
    return typing.get_origin(annotation) is list or any(map(holds_list, typing.get_args(annotation)))
