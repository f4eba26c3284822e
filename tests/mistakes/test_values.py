"""Values of the wrong kind in every call that the package exports: refused in one line, or taken."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from enum import EnumType
from typing import Any
from uuid import UUID

import pulumi
import pytest
from pydantic import BaseModel

import entra_sync as entra
from entra_sync.base.resource import Resource
from entra_sync.errors import problems
from entra_sync.program.lookups import nothing_is_read
from tests.mistakes.running import declared

CONTOSO = entra.Tenant("contoso", tenant_id=str(UUID(int=1)), cloud="global")
FEDERAL = entra.Tenant("federal", tenant_id=str(UUID(int=2)), cloud="usgov")
ID = "c00d9779-5f42-4d5c-8c5e-2ad1b6c9d0a1"
CITY = entra.AttributeMapping(target="city", source="[city]")

WRONG: dict[str, Any] = {
    "none": None,
    "number": -1,
    "not a number": float("nan"),
    "truth": True,
    "list": [None],
    "nested list": [[{}]],
    "dictionary": {"a": object()},
    "dictionary of numbers": {1: 2},
    "bytes": b"x",
    "object": object(),
    "function": len,
    "set": {1},
    "generator": (each for each in ()),
    "empty text": "",
    "half of a pair": "\ud800",
    "half of a pair in a list": ["\ud800"],
    "half of a pair in a dictionary": {"\ud800": "\udfff"},
    "line break": "a\nb",
    "escape": "\x1b[31m\x00",
    "long": "x" * 2_001,
    "long list": ["x y " * 501],
}

GIVEN: dict[str, Any] = {
    "app_id": ID,
    "attribute": "country",
    "cloud": "usgov",
    "display_name": "Link",
    "id": ID,
    "kind": "User",
    "licenses": [entra.License(sku="SPE_E5")],
    "mapping": CITY,
    "name": "contoso",
    "number": 1,
    "partner_tenant_id": str(UUID(int=2)),
    "pattern": "a+",
    "principal": entra.Group(ID),
    "principals": [entra.Group(ID)],
    "before": entra.defaults("global", "usgov"),
    "job_id": "job",
    "resource_name": "name",
    "scope": [entra.Group(ID)],
    "service_principal_id": ID,
    "sku": "SPE_E5",
    "source": CONTOSO,
    "source_cloud": "global",
    "target": FEDERAL,
    "target_cloud": "usgov",
    "target_tenant_id": str(UUID(int=2)),
    "template": entra.defaults("global", "usgov"),
    "template_id": "Azure2Azure",
    "tenant": CONTOSO,
    "tenant_id": str(UUID(int=1)),
    "text": "[city]",
    "trigger": "1",
    "value": "x",
}
"""Values that fit, by the names of arguments."""

AFTER: dict[str, list[Any]] = {
    "all_of": [entra.clause("country").equals("US")],
    "any_of": [entra.clause("country").equals("US")],
    "clause.is_one_of": ["US"],
}
"""Arguments by position of a call that takes any number of them."""

OTHERWISE: dict[str, dict[str, Any]] = {
    "Access": {"access_type": "allowed", "targets": [entra.Target(target=ID, target_type="group")]},
    "AttributeMapping": {"target": "city", "source": "[city]"},
    "Mappings.add": {"mapping": entra.AttributeMapping(target="custom", source="[city]")},
    "Mappings.constant": {"target": "city", "value": "x"},
    "Mappings.matching": {"target": "city"},
    "Mappings.replace": {"target": "city", "source": "[country]"},
    "Mappings.without": {"target": "city"},
    "Mappings": {"root": [CITY]},
    "Target": {"target": ID, "target_type": "group"},
}
"""Values of arguments whose name means something else elsewhere."""


def callables() -> dict[str, Callable[..., Any]]:
    """What programs call: everything that the package exports but errors, and the methods of mappings and clauses."""
    found = {name: getattr(entra, name) for name in entra.__all__}
    made = {"Mappings": entra.defaults("global", "usgov"), "clause": entra.clause("country")}
    methods = {
        f"{title}.{name}": getattr(value, name)
        for title, value in made.items()
        for name in vars(type(value))
        if not name.startswith(("_", "model_")) and inspect.ismethod(getattr(value, name))
    }
    errors = {name for name, each in found.items() if isinstance(each, type) and issubclass(each, BaseException)}
    return {name: each for name, each in {**found, **methods}.items() if callable(each) and name not in errors}


CALLABLES = callables()


def fitting(name: str) -> dict[str, Any]:
    """A value for each argument that has to be given; of a resource, its model's."""
    target, known = CALLABLES[name], {**GIVEN, **OTHERWISE.get(name, {})}
    if isinstance(target, EnumType):
        return {}
    if isinstance(target, type) and issubclass(target, Resource):
        fields = target.handler.args.model_fields
        required = ["resource_name", *(each for each, field in fields.items() if field.is_required())]
    elif isinstance(target, type) and issubclass(target, BaseModel):
        required = [each for each, field in target.model_fields.items() if field.is_required()]
    else:
        required = [
            each.name
            for each in inspect.signature(target).parameters.values()
            if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
        ]
    return {each: known[each] for each in (*required, *OTHERWISE.get(name, {}))}


def calls(name: str, wrong: Any) -> Iterator[tuple[list[Any], dict[str, Any]]]:
    """Calls with a wrong value: in the place of each argument, by position, and under a name that does not exist."""
    target, usual = CALLABLES[name], fitting(name)
    named = set(inspect.signature(target).parameters)
    if isinstance(target, type) and issubclass(target, Resource):
        named |= set(target.handler.args.model_fields)
    elif isinstance(target, type) and issubclass(target, BaseModel):
        named |= set(target.model_fields)
    for argument in sorted(named - {"arguments", "data"}):
        yield [], {**usual, argument: wrong}
    for count in range(4):
        yield [wrong] * count, {}
    yield [], {**usual, "nonsense": wrong}


@pytest.fixture(autouse=True)
def short_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text of some thousand characters counts as too long, so that the test does not take minutes."""
    monkeypatch.setattr(problems, "MOST_CHARACTERS", 2_000)


def said(target: Callable[..., Any], given: list[Any], named: Mapping[str, Any]) -> str:
    """What a call of a program is refused with; empty if it is taken. Another error than ours passes on."""
    try:
        target(*given, **named)
    except entra.ArgumentError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", CALLABLES)
def test_a_call_with_fitting_values_is_taken(name: str) -> None:
    """What the table of fitting values gives is not what is refused below."""
    if isinstance(CALLABLES[name], EnumType):
        return

    def program() -> None:
        assert "" == said(CALLABLES[name], AFTER.get(name, []), fitting(name))

    with nothing_is_read():
        declared("program()", {"program": program})


@pytest.mark.parametrize("name", CALLABLES)
def test_a_wrong_value_is_taken_or_refused_in_one_line(name: str) -> None:
    """The line is visible and not long; an expression alone has lines of its own, with carets."""
    refused = []

    def program() -> None:
        for wrong in WRONG.values():
            for given, named in calls(name, wrong):
                refused.append(said(CALLABLES[name], given, named))

    # What was taken is declared, and may not go together then.
    with nothing_is_read(), suppress(pulumi.RunError):
        declared("program()", {"program": program})

    assert any(refused)
    for message in filter(None, refused):
        line, *below = message.split("\n")
        assert line.isprintable()
        assert len(line) <= 1200
        assert [] == below or (2 == len(below) and not below[1].strip(" ^"))
        for foreign in ("Traceback", "Input should", "Value error", "NoneType", "__init__", "codec", "object at 0x"):
            assert foreign not in line
