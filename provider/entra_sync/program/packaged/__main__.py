"""``pulumi-resource-entra``: the engine starts it with its own address, and reads the port from the first line."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from importlib.metadata import version
from typing import Any

import grpc  # type: ignore[import-untyped]
import pulumi
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.resource import DependencyResource
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import provider_pb2_grpc
from pulumi.runtime.rpc import deserialize_property

from entra_sync.base.notes import engine_at, send_to
from entra_sync.environment import Environment
from entra_sync.errors import EntraSyncError
from entra_sync.errors.visible import one_line
from entra_sync.program.packaged.declaring import DeclaringProvider
from entra_sync.program.packaged.serving import EntraProvider, current_urn
from entra_sync.program.packaged.values import complete, former

_ANSWERED = (
    "CheckConfig",
    "DiffConfig",
    "Configure",
    "Check",
    "Diff",
    "Create",
    "Read",
    "Update",
    "Delete",
    "Construct",
)


LINES = 20
"""Lines of an error that the engine is told."""


class _Servicer(ProviderServicer):
    """The SDK's servicer, whose errors are the message alone: the SDK adds the frames of this process."""

    @staticmethod
    def _construct_options(request: Any) -> pulumi.ResourceOptions:
        """The options of a component, which the SDK reads incompletely.

        It passes on aliases of the protocol, which it does not take itself. It leaves out the two options that the
        engine hands down to the parts of a component (``inheritFromParent`` of Pulumi 3.259), and all those that the
        component has to apply itself.
        """
        options = ProviderServicer._construct_options(request)
        options.aliases = [former(each) for each in request.aliases]
        options.retain_on_delete = request.retainOnDelete if request.HasField("retainOnDelete") else None
        options.deleted_with = DependencyResource(request.deletedWith) if request.deletedWith else None
        options.ignore_changes = list(request.ignoreChanges)
        options.replace_on_changes = list(request.replaceOnChanges)
        options.additional_secret_outputs = list(request.additionalSecretOutputs)
        options.delete_before_replace = request.deleteBeforeReplace or None
        options.replace_with = [DependencyResource(each) for each in request.replace_with]
        limits = request.customTimeouts
        if limits.create or limits.update or limits.delete:  # the engine sends empty ones too
            options.custom_timeouts = pulumi.CustomTimeouts(limits.create, limits.update, limits.delete)
        if request.HasField("replacement_trigger"):
            options.replacement_trigger = deserialize_property(request.replacement_trigger)
        return options


def _plainly(name: str) -> Any:
    answer = getattr(ProviderServicer, name)

    async def method(self: _Servicer, request: Any, context: Any) -> Any:
        try:
            if name == "Construct":
                complete(request.inputs)
            return await answer(self, request, context)
        except grpc.aio.AbortError:
            raise
        except Exception as error:
            cause = getattr(error.__context__, "inner", error.__context__) or error
            ours = isinstance(cause, EntraSyncError)
            said = str(cause) if ours else f"{type(cause).__name__}: {cause}"
            # gRPC refuses an answer whose message takes more than some kilobytes.
            await context.abort(grpc.StatusCode.UNKNOWN, "\n".join(map(one_line, said.splitlines()[:LINES])))

    return method


for _name in _ANSWERED:
    setattr(_Servicer, _name, _plainly(_name))


async def start(engine: str) -> tuple[grpc.aio.Server, int]:
    """A server that answers, and its port on this machine.

    Args:
        engine: Address of the engine, where the resources of a component are registered.
    """
    server = grpc.aio.server(options=_GRPC_CHANNEL_OPTIONS)
    provider = DeclaringProvider() if Environment.read().declare_only else EntraProvider()
    servicer = _Servicer([], version("pulumi-entra-sync"), provider, engine)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    return server, port


async def serve(engine: str) -> None:
    """Serves until the process is ended, or the one that started it.

    Pulumi 3.259 does not end the providers that `pulumi install` starts.

    Args:
        engine: Address of the engine.
    """
    parent = os.getppid()
    send_to(engine_at(engine, current_urn.get))
    server, port = await start(engine)
    print(port, flush=True)
    while os.getppid() == parent:
        await asyncio.sleep(1)
    await server.stop(None)


def main() -> None:
    """Serves the engine whose address is the first argument."""
    if len(sys.argv) < 2:
        sys.exit("pulumi-resource-entra is started by Pulumi: use the package entra in a program")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(sys.argv[1]))


if __name__ == "__main__":
    main()
