"""The package schema: what other languages can declare is what a Python program can."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from entra_sync.base.kinds import PACKAGED
from entra_sync.program.link import CrossCloudLink
from entra_sync.program.link_arguments import LinkArguments
from entra_sync.program.packaged import schema
from entra_sync.program.packaged.serving import resource_classes
from tests.scripts import script

JSON = Any
SCHEMA = schema.package_schema(resource_classes())


def references(value: JSON) -> Iterator[str]:
    """The types of the package that a part of the schema names."""
    if isinstance(value, dict):
        yield from (each for key, each in value.items() if key == "$ref" and isinstance(each, str))
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def choices(value: JSON) -> Iterator[JSON]:
    """The types of each value in a part of the schema that has one of several."""
    if isinstance(value, dict):
        yield from (each for key, each in value.items() if key == "oneOf")
        for each in value.values():
            yield from choices(each)


def test_the_file_is_current() -> None:
    """After a change of an argument: `python scripts/pages/package_schema.py`."""
    package_schema = script("pages/package_schema")

    assert package_schema.text() == package_schema.FILE.read_text()


def test_the_table_of_ids_is_current() -> None:
    """After a change of an id: `python scripts/pages/import_table.py`."""
    import_table = script("pages/import_table")

    assert import_table.page() == import_table.PAGE.read_text(encoding="utf-8")


def test_every_type_that_is_named_is_there() -> None:
    """No SDK can be made from a schema that names a type that it lacks."""
    named = {each.removeprefix("#/types/") for each in references(SCHEMA) if each.startswith("#/types/")}

    assert named == set(SCHEMA["types"])


@pytest.mark.parametrize("name", resource_classes())
def test_a_resource_has_the_arguments_and_outputs_of_its_class(name: str) -> None:
    """Names, what is required, what is secret, and what needs a new resource."""
    resource = resource_classes()[name]
    model, described = resource.handler.args, SCHEMA["resources"][f"{PACKAGED}{name}"]
    inputs = described["inputProperties"]

    assert {model.wire(each) for each in model.model_fields} == set(inputs)
    assert {model.wire(each) for each, field in model.model_fields.items() if field.is_required()} == set(
        described["requiredInputs"]
    )
    for mark, word in (("secret", "secret"), ("replaces", "willReplaceOnChanges")):
        assert {model.wire(each) for each in model.marked(mark)} == {key for key in inputs if inputs[key].get(word)}
    assert set(inputs) | set(resource.outputs()) == set(described["properties"])


@pytest.mark.parametrize("name", resource_classes())
def test_a_resource_of_a_python_program_goes_on_as_the_packaged_one(name: str) -> None:
    """The engine finds it by the type that the class registers in Python; no other kind claims that type."""
    former = f"pulumi-python:{resource_classes()[name]._resource_type_name}"
    aliases = {token: each.get("aliases", []) for token, each in SCHEMA["resources"].items()}

    assert [f"{PACKAGED}{name}"] == [token for token, each in aliases.items() if {"type": former} in each]


def test_the_link_has_the_arguments_of_the_python_component() -> None:
    """The same names, defaults and requirements, each described; `everyone` stands for the scope of that name."""
    described = SCHEMA["resources"][f"{PACKAGED}CrossCloudLink"]
    parameters = inspect.signature(CrossCloudLink).parameters
    inputs = described["inputProperties"]
    defaults = {
        LinkArguments.wire(name): parameters[name].default
        for name in LinkArguments.model_fields
        if isinstance(parameters[name].default, bool | int)
    }

    assert set(parameters) - {"name", "opts"} == set(LinkArguments.model_fields)
    assert {LinkArguments.wire(name) for name in LinkArguments.model_fields} | {"everyone"} == set(inputs)
    assert ["source", "target"] == described["requiredInputs"]
    assert defaults == {key: value["default"] for key, value in inputs.items() if "default" in value}
    assert [] == [key for key, value in inputs.items() if not value.get("description")]


def test_no_argument_is_a_list_or_something_else() -> None:
    """Pulumi's SDK for Python refuses a list where the schema allows another type too."""
    assert [[{"type": "integer"}, {"type": "string"}]] == list(choices(SCHEMA))
