"""The package schema: what other languages can declare is what a Python program can."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic.alias_generators import to_pascal

from entra_sync.base.kinds import PACKAGED
from entra_sync.expressions import AttributeMapping, Mappings
from entra_sync.expressions.schema.mapping import FLOW_BEHAVIORS, FLOW_TYPES, NEVER
from entra_sync.program.link import CrossCloudLink
from entra_sync.program.link_arguments import LinkArguments
from entra_sync.program.packaged import schema
from entra_sync.program.packaged.serving import resource_classes
from tests.scripts import script

JSON = Any
ROOT = Path(__file__).parents[3]
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


def test_no_argument_is_a_list_or_something_else() -> None:
    """Pulumi's SDK for Python refuses a list where the schema allows another type too."""
    assert [[{"type": "integer"}, {"$ref": f"#/types/{PACKAGED}UsualNumber"}]] == list(choices(SCHEMA))


def bare(value: JSON, place: str = "") -> Iterator[str]:
    """The types, resources and properties of a part of the schema that lack a description."""
    for part in ("types", "resources", "properties", "inputProperties", "variables"):
        for name, each in value.get(part, {}).items():
            yield from bare(each, f"{place}/{name}")
            if not each.get("description"):
                yield f"{place}/{name}"


def test_every_type_and_property_is_described() -> None:
    """An editor shows the description at the place where it is used."""
    assert [] == [*bare(SCHEMA), *bare(SCHEMA["config"]), *bare(SCHEMA["provider"])]


def fixed(kind: Any) -> Iterator[set[Any]]:
    """The values of each Literal and Enum in a type."""
    if typing.get_origin(kind) is typing.Literal:
        yield set(typing.get_args(kind))
    elif isinstance(kind, type) and issubclass(kind, Enum):
        yield {each.value for each in kind}
    else:
        for each in typing.get_args(kind):
            yield from fixed(each)


def models_in(kind: Any) -> Iterator[type[BaseModel]]:
    """The models in a type."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for each in typing.get_args(kind):
        yield from models_in(each)


def reachable(model: type[BaseModel], seen: set[type[BaseModel]]) -> set[type[BaseModel]]:
    """A model and those that its fields have."""
    if model not in seen:
        seen.add(model)
        for field in model.model_fields.values():
            for each in models_in(field.annotation):
                reachable(each, seen)
    return seen


PLACES = {
    **{
        resource.handler.args: SCHEMA["resources"][f"{PACKAGED}{name}"] for name, resource in resource_classes().items()
    },
    LinkArguments: SCHEMA["resources"][f"{PACKAGED}CrossCloudLink"],
}
"""The models of arguments and where the schema has them."""


def enums(value: JSON) -> list[set[str]]:
    """The values of each enum that a part of the schema names."""
    named = [SCHEMA["types"].get(each.removeprefix("#/types/"), {}) for each in references(value)]
    return [{each["value"] for each in kind["enum"]} for kind in named if "enum" in kind]


@pytest.mark.parametrize("model", PLACES)
def test_what_takes_only_certain_values_is_an_enum(model: type[BaseModel]) -> None:
    """In an argument and in each value below it: another value is an error in the editor."""
    for each in reachable(model, set()) - {AttributeMapping, Mappings}:
        described = PLACES.get(each) or SCHEMA["types"][f"{PACKAGED}{each.__name__}"]
        properties = described.get("inputProperties") or described["properties"]
        for name, field in each.model_fields.items():
            assert [*fixed(field.annotation)] == enums(properties[field.alias or name]), (each, name)


def test_an_attribute_mapping_has_what_a_program_says() -> None:
    """Its moments and behaviors are enums. Only `defaults` in Python leaves parts of a row to the template."""
    properties = SCHEMA["types"][f"{PACKAGED}AttributeMapping"]["properties"]
    found = {name: values for name, each in properties.items() for values in enums(each)}

    assert "declared" not in properties
    assert {"apply": {*FLOW_TYPES, NEVER}, "flowBehavior": {*FLOW_BEHAVIORS}} == found


def test_the_package_has_the_license_of_the_repository() -> None:
    """The generated SDKs name it."""
    assert (ROOT / "LICENSE").read_text().startswith(f"{SCHEMA['license']} License")


def test_no_class_in_csharp_has_a_member_of_its_own_name() -> None:
    """Its compiler refuses that (CS0542)."""
    named = {
        (token.rpartition(":")[2], property.get("language", {}).get("csharp", {}).get("name", to_pascal(name)))
        for part in ("types", "resources")
        for token, each in SCHEMA[part].items()
        for name, property in each.get("properties", {}).items()
    }

    assert set() == {(kind, member) for kind, member in named if kind == member}
    assert ("Target", "TargetValue") in named


def test_the_page_shows_the_program_in_typescript_that_is_compiled_and_run() -> None:
    """With the name that `pulumi package add` gives the SDK."""
    page = (ROOT / "docs" / "reference" / "languages.md").read_text()
    program = (ROOT / "tests" / "contract" / "sdks" / "programs" / "nodejs" / "index.ts").read_text()

    assert program.replace('"./entra"', '"@pulumi/entra"') in page
