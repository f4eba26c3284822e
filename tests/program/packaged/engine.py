"""What the engine asks a provider, over gRPC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from entra_sync.program.packaged.values import plain_map, wire_map

__all__ = ["Engine", "came", "sent"]

JSON = Any


def sent(values: dict[str, JSON]) -> JSON:
    """Values as the engine sends them."""
    return PropertyValue.marshal_map(wire_map(values))


def came(values: JSON) -> dict[str, JSON]:
    """Values that the provider sends, without marks."""
    return plain_map(PropertyValue.unmarshal_map(values))


@dataclass
class Engine:
    """What the engine asks a provider for one resource after the other."""

    stub: provider_pb2_grpc.ResourceProviderStub

    def check(self, of: str, news: dict[str, JSON], olds: dict[str, JSON] | None = None) -> dict[str, JSON]:
        """The checked inputs."""
        answer = self.stub.Check(provider_pb2.CheckRequest(urn=of, news=sent(news), olds=sent(olds or {})))
        assert [] == list(answer.failures)
        return came(answer.inputs)

    def create(self, of: str, inputs: dict[str, JSON], preview: bool = False) -> tuple[str, dict[str, JSON]]:
        """The id and the outputs."""
        answer = self.stub.Create(provider_pb2.CreateRequest(urn=of, properties=sent(inputs), preview=preview))
        return answer.id, came(answer.properties)

    def up(self, of: str, **arguments: JSON) -> tuple[str, dict[str, JSON], dict[str, JSON]]:
        """A new resource: id, inputs and outputs."""
        inputs = self.check(of, arguments)
        return (*self.create(of, inputs), inputs)

    def diff(self, of: str, id: str, olds: dict[str, JSON], news: dict[str, JSON]) -> Any:
        """What a change does."""
        return self.stub.Diff(provider_pb2.DiffRequest(urn=of, id=id, olds=sent(olds), news=sent(news)))

    def read(self, of: str, id: str, state: dict[str, JSON]) -> Any:
        """A refresh."""
        return self.stub.Read(provider_pb2.ReadRequest(urn=of, id=id, properties=sent(state)))

    def delete(self, of: str, id: str, state: dict[str, JSON]) -> None:
        """A deletion."""
        self.stub.Delete(provider_pb2.DeleteRequest(urn=of, id=id, properties=sent(state)))
