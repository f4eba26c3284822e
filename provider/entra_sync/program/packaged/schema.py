"""The package schema: what other languages see, made from the models that validate the arguments.

Source of the format: "Package schema" (pulumi.com/docs/iac/guides/building-extending/packages/schema).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from importlib.metadata import metadata
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.alias_generators import to_camel, to_pascal
from pydantic.json_schema import models_json_schema

from entra_sync.base.kinds import COMPONENT, DYNAMIC, PACKAGED
from entra_sync.base.resource import Resource
from entra_sync.microsoft.tenant import Tenant
from entra_sync.program.link import CrossCloudLink
from entra_sync.program.link_arguments import LinkArguments

__all__ = ["documented", "package_schema"]

JSON = Any
ANY = {"$ref": "pulumi.json#/Any"}
EVERYONE = "Whether all users of the source are in scope, instead of those that `scope` names."
SCOPE = "Users and groups in scope; required unless `everyone` is true. Only direct members of a group are in scope."
TENANTS = "Tenants that `pulumi import` finds by the id in a resource's id. Credentials come from the environment."


def package_schema(resources: Mapping[str, type[Resource]]) -> dict[str, JSON]:
    """The schema of the package: types, resources and the component.

    Args:
        resources: The custom resources by the name in their type tokens.
    """
    models: list[type[BaseModel]] = [Tenant, LinkArguments, *(each.handler.args for each in resources.values())]
    places, whole = models_json_schema([(model, "validation") for model in models], by_alias=True)
    types = _Types(whole["$defs"])

    def arguments(model: type[BaseModel]) -> Mapping[str, JSON]:
        definition: Mapping[str, JSON] = whole["$defs"][places[model, "validation"]["$ref"].rsplit("/", 1)[-1]]
        return definition

    described = {
        f"{PACKAGED}{name}": _resource(each, types, arguments(each.handler.args))
        # What a Python program has declared as a dynamic resource goes on as this one.
        | {"aliases": [{"type": f"{DYNAMIC}{name}"}]}
        for name, each in resources.items()
    }
    described[COMPONENT] = _component(types, arguments(LinkArguments))
    tenants = {"tenants": {"type": "array", "items": types.of({"$ref": "Tenant"}), "description": TENANTS}}
    package = metadata("pulumi-entra-sync")
    return {
        "name": "entra",
        "displayName": "Microsoft Entra cross-cloud synchronization",
        "version": package["Version"],
        "description": "Synchronization of users across Microsoft clouds as code.",
        "keywords": ["pulumi", "category/cloud", "kind/native", "microsoft-entra"],
        "license": package["License-Expression"],
        "meta": {"supportPack": True},
        "config": {"variables": tenants},
        "provider": {"inputProperties": tenants},
        "types": dict(sorted(types.made.items())),
        "resources": dict(sorted(described.items())),
        "language": {
            "nodejs": {"respectSchemaVersion": True},
            "python": {"pyproject": {"enabled": True}, "respectSchemaVersion": True},
            "go": {"importBasePath": "github.com/pulumi-entra-sync/sdk/go/entra", "respectSchemaVersion": True},
            "csharp": {"respectSchemaVersion": True},
        },
    }


class _Types:
    """Turns the definitions of JSON Schema that are used into types of the package.

    Attributes:
        made: The types by token.
    """

    def __init__(self, definitions: Mapping[str, JSON]) -> None:
        self._definitions = definitions
        self.made: dict[str, JSON] = {}

    def of(self, schema: Mapping[str, JSON]) -> dict[str, JSON]:
        """The type of a property."""
        if "$ref" in schema:
            return self._named(schema["$ref"].rsplit("/", 1)[-1])
        if "anyOf" in schema:
            kinds = [self.of(each) for each in schema["anyOf"] if each.get("type") != "null"]
            return kinds[0] if len(kinds) == 1 else {"oneOf": kinds}
        if "enum" in schema or "const" in schema:
            return self._enumerated(schema)
        kind = schema.get("type")
        if kind == "array":
            return {"type": "array", "items": self.of(schema["items"]) if schema.get("items") else ANY}
        if kind == "object":
            values = schema.get("additionalProperties")
            return {"type": "object", "additionalProperties": self.of(values) if isinstance(values, dict) else ANY}
        return {"type": kind} if kind in {"string", "integer", "number", "boolean"} else dict(ANY)

    def _named(self, name: str) -> dict[str, JSON]:
        definition = self._definitions[name]
        if definition.get("type") != "object":
            return self.of(definition)
        token = f"{PACKAGED}{name}"
        if token not in self.made:
            self.made[token] = {}
            self.made[token] = self._object(definition)
        return {"$ref": f"#/types/{token}"}

    def _enumerated(self, schema: Mapping[str, JSON]) -> dict[str, JSON]:
        """An enum has the name of its class, or the title that its field has in the model."""
        token = f"{PACKAGED}{schema['title']}"
        values = schema["enum"] if "enum" in schema else [schema["const"]]
        self.made[token] = {
            "type": "string",
            "description": _words(schema["description"]),
            "enum": [{"value": value} for value in values],
        }
        return {"$ref": f"#/types/{token}"}

    def _object(self, definition: Mapping[str, JSON]) -> dict[str, JSON]:
        doc = definition["description"]
        described = {to_camel(name): text for name, text in _entries(doc).items()}
        properties = {
            name: self.property({"description": described.get(name, ""), **schema})
            for name, schema in definition["properties"].items()
        }
        for name, value in properties.items():
            if to_pascal(name) == definition["title"]:  # C# has no class with a member of its own name
                value["language"] = {"csharp": {"name": f"{definition['title']}Value"}}
        return {
            "type": "object",
            "description": _words(doc),
            "properties": properties,
            "required": list(definition.get("required", ())),
        }

    def properties(self, definition: Mapping[str, JSON]) -> dict[str, JSON]:
        """The properties of an object."""
        return {name: self.property(schema) for name, schema in definition["properties"].items()}

    def property(self, schema: Mapping[str, JSON]) -> dict[str, JSON]:
        """One property: type, description, default, and what the provider does with it."""
        made = self.of(schema) | {"description": _sentences(schema["description"])}
        default = schema.get("default")
        if isinstance(default, (str, bool, int, float)) and "oneOf" not in made:
            made["default"] = default
        made |= {"secret": True} if schema.get("secret") else {}
        made |= {"willReplaceOnChanges": True} if schema.get("replaces") else {}
        return made


def _resource(resource: type[Resource], types: _Types, arguments: Mapping[str, JSON]) -> dict[str, JSON]:
    inputs, required = types.properties(arguments), list(arguments.get("required", ()))
    described = {to_camel(name): text for each in (Resource, resource) for name, text in documented(each).items()}
    outputs = {
        name: types.of(TypeAdapter(hint).json_schema()) | {"description": described[name]}
        for name, hint in resource.outputs().items()
    }
    for name, value in inputs.items():
        outputs[name] = {key: each for key, each in value.items() if key not in {"default", "willReplaceOnChanges"}}
    return {
        "description": _words(inspect.getdoc(resource) or ""),
        "inputProperties": inputs,
        "requiredInputs": required,
        "properties": dict(sorted(outputs.items())),
        "required": sorted({*required, "provisioningState"}),
    }


def _component(types: _Types, arguments: Mapping[str, JSON]) -> dict[str, JSON]:
    inputs = types.properties(arguments)
    # Not one argument of two types: Pulumi's SDK for Python takes no list then (pulumi/pulumi issue 17181).
    inputs["scope"]["description"] = SCOPE
    inputs["everyone"] = {"type": "boolean", "description": EVERYONE}
    outputs = {"status": {"type": "string"}, "jobId": {"type": "string", "description": "Id of the job."}}
    outputs["status"]["description"] = documented(CrossCloudLink)["status"]
    return {
        "isComponent": True,
        "description": _words(inspect.getdoc(CrossCloudLink) or ""),
        "inputProperties": inputs,
        "requiredInputs": [name for name in arguments["required"] if name != "scope"],
        "properties": outputs,
        "required": sorted(outputs),
    }


def _words(doc: str) -> str:
    """What a docstring says before it lists arguments; a table of it is left out."""
    text = re.split(r"\n(?:Args|Attributes|Raises):", inspect.cleandoc(doc))[0]
    kept = [part for part in text.split("\n\n") if not part.lstrip().startswith("===")]
    return "\n\n".join(_sentences(part) for part in kept).strip()


def documented(owner: type) -> dict[str, str]:
    """What the docstring of a class says of each argument and attribute, by the names in Python."""
    return _entries(inspect.getdoc(owner) or "")


def _entries(doc: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for section in re.findall(r"(?:Args|Attributes):\n((?: {4}.*\n?|\n)+)", inspect.cleandoc(doc)):
        for names, text in re.findall(r"^ {4}([\w, ]+): (.*(?:\n {8}.*)*)", section, re.MULTILINE):
            found |= {name.strip(): _sentences(text) for name in names.split(",")}
    return found


def _sentences(text: str) -> str:
    """A paragraph as one line, with names in the way of Markdown."""
    return re.sub(r":\w+:`([^`]+)`", r"`\1`", " ".join(text.split()).replace("``", "`"))
