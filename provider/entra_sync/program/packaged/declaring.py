"""The provider for commands that ask what a program declares: a preview validates arguments, and asks no tenant."""

from __future__ import annotations

from pulumi.provider.experimental import provider as protocol

from entra_sync.base.run import claims
from entra_sync.environment import DECLARE_ONLY
from entra_sync.errors import ConfigurationError
from entra_sync.program.packaged.serving import EntraProvider, declaration, handler_of, secrets_of
from entra_sync.program.packaged.values import plain_map, wire_map

__all__ = ["DeclaringProvider"]


class DeclaringProvider(EntraProvider):
    """Serves previews only. The plan has each resource with its arguments, in the clear unless they are secret ones."""

    async def check(self, request: protocol.CheckRequest) -> protocol.CheckResponse:
        """The arguments alone."""
        handler = handler_of(request.urn)
        result = handler.declared({**plain_map(request.new_inputs), claims.DECLARATION: declaration(request.urn)})
        failures = [protocol.CheckFailure(each.property, each.reason) for each in result.failures]
        return protocol.CheckResponse(wire_map(result.inputs, secrets_of(handler, {})), failures)

    async def diff(self, request: protocol.DiffRequest) -> protocol.DiffResponse:
        """An update, so that neither protection nor a replacement stands in the way of a plan."""
        return protocol.DiffResponse(changes=True)

    async def create(self, request: protocol.CreateRequest) -> protocol.CreateResponse:
        """Outputs of a preview, none of which is known."""
        _only(preview=request.preview)
        return await super().create(request)

    async def read(self, request: protocol.ReadRequest) -> protocol.ReadResponse:
        """What the state has, since a tenant is not asked."""
        return protocol.ReadResponse(request.resource_id, request.properties, request.inputs)

    async def update(self, request: protocol.UpdateRequest) -> protocol.UpdateResponse:
        """Outputs of a preview."""
        _only(preview=request.preview)
        return await super().update(request)

    async def delete(self, request: protocol.DeleteRequest) -> None:
        """Refused: a preview deletes nothing."""
        _only(preview=False)


def _only(*, preview: bool) -> None:
    if not preview:
        raise ConfigurationError(f"{DECLARE_ONLY} is set, so nothing may be sent; unset it and run again")
