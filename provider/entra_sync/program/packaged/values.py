"""Property maps of the provider protocol as the plain values that handlers use, and back.

The protocol's numbers are all floats, as they are in the dynamic form. A value that preview does not know is
``pulumi.output.UNKNOWN`` in a handler, and a certain text in the protocol: the SDK's property values know ``computed``,
but neither read nor write it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

from google.protobuf import struct_pb2  # type: ignore[import-untyped]
from pulumi import Alias, Output
from pulumi.output import UNKNOWN
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.resource import DependencyResource, Resource
from pulumi.runtime import rpc
from pydantic import ValidationError

from entra_sync.base.values.unknown import holds_unknown, is_unknown
from entra_sync.errors import BadArgument
from entra_sync.errors.problems import problems
from entra_sync.microsoft.tenant import Tenant

__all__ = ["complete", "former", "inputs", "plain", "plain_map", "settled", "tenant", "wire", "wire_map"]

JSON = Any

_UNKNOWN = PropertyValue(rpc.UNKNOWN)


def plain(value: PropertyValue) -> JSON:
    """*value* without marks of secrets and dependencies."""
    content = value.value
    if content == rpc.UNKNOWN:
        return UNKNOWN
    if isinstance(content, Mapping):
        return {key: plain(item) for key, item in content.items()}
    if isinstance(content, (list, tuple)):
        return [plain(item) for item in content]
    return content


def plain_map(values: Mapping[str, PropertyValue]) -> dict[str, JSON]:
    """*values* as a handler takes them: what is null is left out, as a dynamic resource leaves it out."""
    return {key: plain(value) for key, value in values.items() if value.value is not None}


def wire(value: JSON) -> PropertyValue:
    """*value* for the engine."""
    if is_unknown(value):
        return _UNKNOWN
    if isinstance(value, Mapping):
        return PropertyValue({key: wire(item) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return PropertyValue([wire(item) for item in value])
    if isinstance(value, int) and not isinstance(value, bool):
        return PropertyValue(float(value))
    return PropertyValue(value)


def wire_map(values: Mapping[str, JSON], secrets: Collection[str] = ()) -> dict[str, PropertyValue]:
    """*values* for the engine; those under the names *secrets* are encrypted in the state."""
    return {key: wire(value).with_secret(key in secrets) for key, value in values.items() if value is not None}


def inputs(values: Mapping[str, PropertyValue], by_part: Collection[str]) -> dict[str, Any]:
    """*values* as arguments of a component: what is secret, not known or has dependencies is an output.

    Args:
        values: The arguments as the engine has them.
        by_part: Those whose parts may be outputs. Another one is an output as a whole if a part of it is.
    """
    given = {key: value for key, value in values.items() if value.value is not None}
    return {key: _input(value) if key in by_part else _whole(value) for key, value in given.items()}


def _input(value: PropertyValue) -> Any:
    content = value.value
    if value.is_secret or value.dependencies or content == rpc.UNKNOWN:
        return _output(value)
    if isinstance(content, Mapping):
        return {key: _input(item) for key, item in content.items()}
    if isinstance(content, (list, tuple)):
        return [_input(item) for item in content]
    return content


def _whole(value: PropertyValue) -> Any:
    marked = value.contains_secret() or value.all_dependencies() or holds_unknown(plain(value))
    return _output(value) if marked else plain(value)


def _output(value: PropertyValue) -> Output[Any]:
    resources: set[Resource] = {DependencyResource(urn) for urn in value.all_dependencies()}
    return Output(resources, _done(plain(value)), _done(True), _done(value.contains_secret()))


def tenant(value: JSON, place: str) -> Tenant:
    """A tenant as another language writes it, at *place* in its program or configuration.

    Raises:
        BadArgument: It is not one; the message has the names that the language uses.
    """
    try:
        # Not by calling the class, whose messages have the names of Python.
        made = Tenant.__new__(Tenant)
        Tenant.__pydantic_validator__.validate_python(value, self_instance=made)
    except ValidationError as error:
        said = "; ".join(f"{place}.{problem}" for problem in problems(Tenant, error, json=True))
        raise BadArgument(place, said) from None
    return made


async def settled(output: Output[Any]) -> PropertyValue:
    """The value of an output of a component, once it has one."""
    content = await output.future(with_unknowns=True)
    resources = await output.resources()
    urns = [await resource.urn.future() for resource in resources]
    value = wire(content) if await output.is_known() else _UNKNOWN
    return value.with_secret(await output.is_secret()).with_dependencies([urn for urn in urns if urn is not None])


def former(alias: Any) -> str | Alias:
    """An alias of the protocol as the option ``aliases`` takes it; a part that is empty is as it is now."""
    if alias.WhichOneof("alias") == "urn":
        return str(alias.urn)
    spec = alias.spec
    given = {"name": spec.name, "type_": spec.type, "stack": spec.stack, "project": spec.project}
    parts = {name: value for name, value in given.items() if value}
    if spec.noParent or spec.parentUrn:
        parts["parent"] = spec.parentUrn or None
    return Alias(**parts)


def complete(value: struct_pb2.Struct) -> None:
    """Completes, in place, outputs that are not known, of which the SDK expects parts that the engine leaves out."""
    for item in value.fields.values():
        _complete(item)


def _complete(value: struct_pb2.Value) -> None:
    for item in value.list_value.values:
        _complete(item)
    fields = value.struct_value.fields
    if _SIGNATURE in fields and fields[_SIGNATURE].string_value == _OUTPUT:
        if "value" not in fields:
            fields["value"].string_value = rpc.UNKNOWN
        if "secret" not in fields:
            fields["secret"].bool_value = False
        if "dependencies" not in fields:
            fields["dependencies"].list_value.SetInParent()
    for item in fields.values():
        _complete(item)


_SIGNATURE = "4dabf18193072939515e22adb298388d"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
"""The key and the value by which the wire format marks an output (sdk/proto, "Special signatures")."""


def _done(value: Any) -> asyncio.Future[Any]:
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    future.set_result(value)
    return future
