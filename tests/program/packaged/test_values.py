"""Values on their way between the engine and the handlers."""

from __future__ import annotations

import asyncio
from typing import Any

from google.protobuf import struct_pb2
from hypothesis import given, strategies as st
from pulumi import Output
from pulumi.output import UNKNOWN
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime import rpc

from entra_sync.program.packaged.values import complete, inputs, plain_map, settled, wire_map

JSON = Any
LEAVES = st.booleans() | st.floats(allow_nan=False) | st.text() | st.just(UNKNOWN)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


@given(st.dictionaries(st.text(), VALUES))
def test_what_goes_to_the_engine_comes_back_equal(values: dict[str, JSON]) -> None:
    """Also through the wire format, and also what is not known."""
    there = PropertyValue.unmarshal_map(PropertyValue.marshal_map(wire_map(values)))

    assert values == plain_map(there)


def test_secrets_are_marked_by_name() -> None:
    """Only those."""
    values = wire_map({"values": {"key": "hush"}, "notify": ["ops@contoso.com"], "templateId": None}, {"values"})

    assert {"values": True, "notify": False} == {key: value.is_secret for key, value in values.items()}


def test_an_output_of_the_program_is_an_output_of_the_component() -> None:
    """Whether it is secret, known and of which resources stays with it."""
    values = {
        "plain": PropertyValue("x"),
        "secret": PropertyValue("hush", is_secret=True),
        "unknown": PropertyValue(rpc.UNKNOWN),
        "owned": PropertyValue("id", dependencies=["urn:pulumi:s::p::t:i:T::a"]),
    }

    async def arrived() -> dict[str, Any]:
        made = inputs(values, by_part=())
        return {key: await settled(value) if isinstance(value, Output) else value for key, value in made.items()}

    assert {**values, "plain": "x"} == asyncio.run(arrived())


def test_an_argument_with_a_secret_part_is_an_output_as_a_whole_unless_its_parts_may_be_outputs() -> None:
    """The principals of a scope may be secret one by one; of mappings with a secret part, all are."""
    parts = PropertyValue([PropertyValue("a"), PropertyValue("b", is_secret=True)])

    async def made() -> dict[str, Any]:
        return inputs({"scope": parts, "mappings": parts}, by_part={"scope"})

    found = asyncio.run(made())

    assert "a" == found["scope"][0]
    assert isinstance(found["scope"][1], Output)
    assert isinstance(found["mappings"], Output)


def test_an_output_that_is_not_known_is_completed() -> None:
    """The engine leaves out what the SDK expects: the value, and whether it is secret."""
    sent = struct_pb2.Struct()
    sent.update({"scope": [{"id": {"4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4"}}]})
    complete(sent)

    assert {"scope": [{"id": UNKNOWN}]} == plain_map(PropertyValue.unmarshal_map(sent))
