"""Pulumi's options on a link: what the engine does not apply to the resources of a component."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pulumi
from pydantic.alias_generators import to_camel

from entra_sync.base.resource import Resource
from entra_sync.errors.argument import ArgumentError
from entra_sync.program.link_arguments import KIND, LinkArguments

__all__ = ["IGNORABLE", "ignored_inputs", "of_resource", "without_effect"]

_NOT_APPLIED = (
    "additional_secret_outputs",
    "custom_timeouts",
    "delete_before_replace",
    "replace_on_changes",
    "replace_with",
    "replacement_trigger",
)

_STRUCTURAL = {*map(LinkArguments.wire, LinkArguments.marked("fixed")), "canaries", "licenses"}
"""The arguments that decide which resources there are, or what they take from each other."""

_OTHERWISE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "scope": ("principals", "everyone", "syncAll"),
        "secretValues": ("values",),
        "jobTemplateId": ("templateId",),
    }
)
"""The inputs of resources that an argument becomes; the others keep their names."""

IGNORABLE = tuple(sorted({LinkArguments.wire(name) for name in LinkArguments.model_fields} - _STRUCTURAL))
"""The arguments whose changes a link can ignore, by the names of other languages."""


def ignored_inputs(name: str, opts: pulumi.ResourceOptions | None) -> list[str]:
    """The inputs of a link's resources that keep their old values, as paths.

    Raises:
        ArgumentError: An argument whose changes cannot be ignored.
    """
    found: list[str] = []
    for path in _paths(opts):
        argument, rest = re.fullmatch(r"([^.\[]*)(.*)", path, re.DOTALL).groups()  # type: ignore[union-attr]
        if argument == "*" or argument in _STRUCTURAL:
            raise ArgumentError(
                f'{KIND} "{name}": {_option("ignore_changes")}: changes of "{_named(argument)}" cannot be ignored: '
                f"it decides which resources there are; name some of {', '.join(map(_named, IGNORABLE))}"
            )
        if argument in IGNORABLE:
            carries, *others = _OTHERWISE.get(argument, (argument,))
            found += [f"{carries}{rest}", *(others if not rest else ())]
    return found


def of_resource(kind: type[Resource], paths: Sequence[str]) -> list[str] | None:
    """Those of the paths that begin with an input of a resource."""
    model = kind.handler.args
    names = {model.wire(name) for name in model.model_fields}
    return [path for path in paths if re.split(r"[.\[]", path)[0] in names] or None


def without_effect(opts: pulumi.ResourceOptions | None) -> list[str]:
    """The options that say something which does not happen, each as the user has written it."""
    given = [_option(option) for option in _NOT_APPLIED if getattr(opts, option, None) not in (None, False, [])]
    unknown = [path for path in _paths(opts) if re.split(r"[.\[]", path)[0] not in {*IGNORABLE, *_STRUCTURAL, "*"}]
    return [*given, *(f'{_option("ignore_changes")} of "{_named(path)}"' for path in unknown)]


def _paths(opts: pulumi.ResourceOptions | None) -> list[str]:
    """What ``ignore_changes`` names, in the names of other languages, where ``everyone`` is a scope too."""
    given = (opts.ignore_changes if opts else None) or ()
    named = (_SNAKE.sub(lambda word: to_camel(word[0]), path) for path in given)
    return ["scope" if path == "everyone" else path for path in named]


_SNAKE = re.compile(r'(?<!")\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b')
"""A name in Python, which is not a key in quotes."""


def _option(name: str) -> str:
    return to_camel(name) if Resource.packaged else name


def _named(wire: str) -> str:
    """An argument by the name in the program's language."""
    names = {LinkArguments.wire(name): name for name in LinkArguments.model_fields}
    return wire if Resource.packaged else names.get(wire, wire)
