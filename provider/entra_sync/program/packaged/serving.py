"""The provider protocol over the handlers."""

from __future__ import annotations

import asyncio
import importlib
import json
import pkgutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from functools import cache, partial
from typing import Any, TypeVar

from pulumi.output import UNKNOWN
from pulumi.provider.experimental import provider as protocol
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import PropertyDiff, PropertyDiffKind

from entra_sync import resources
from entra_sync.base.handler import Handler
from entra_sync.base.kinds import kind_of_urn
from entra_sync.base.resource import Resource
from entra_sync.base.run import claims
from entra_sync.base.values.unknown import same
from entra_sync.errors import EntraSyncError
from entra_sync.microsoft.tenant import Tenant
from entra_sync.program.packaged import link
from entra_sync.program.packaged.importing import configured, read_import
from entra_sync.program.packaged.schema import package_schema
from entra_sync.program.packaged.values import plain_map, wire_map

__all__ = ["EntraProvider", "current_urn", "declaration", "handler_of", "resource_classes", "secrets_of"]

JSON = Any
T = TypeVar("T")

current_urn: ContextVar[str] = ContextVar("current_urn", default="")
"""The resource that a request is about."""


@cache
def resource_classes() -> Mapping[str, type[Resource]]:
    """The custom resources of the package by the name in their type tokens."""
    found: dict[str, type[Resource]] = {}
    for module in pkgutil.iter_modules(resources.__path__):
        if not module.ispkg:
            members = vars(importlib.import_module(f"{resources.__name__}.{module.name}")).values()
            found |= {
                each.__name__: each
                for each in members
                if isinstance(each, type) and issubclass(each, Resource) and each is not Resource
            }
    return dict(sorted(found.items()))


class EntraProvider(protocol.Provider):
    """The handlers behind the provider protocol. They read and write while other requests are answered."""

    async def get_schema(self, request: protocol.GetSchemaRequest) -> protocol.GetSchemaResponse:
        """What there is, for the other languages."""
        return protocol.GetSchemaResponse(json.dumps(package_schema(resource_classes())))

    def __init__(self) -> None:
        self._tenants: Mapping[str, Tenant] = {}
        self._threads = ThreadPoolExecutor(thread_name_prefix="entra-sync-handler")

    async def _run(self, work: Callable[..., T], *arguments: Any) -> T:
        """What a handler's *work* gives, which runs on the threads of this provider.

        The event loop's threads are the SDK's, and there are few if the machine has few processors. There the SDK waits
        until the engine has registered the resources of a component, and the engine waits for their checks.
        """
        context = copy_context()
        call = partial(context.run, work, *arguments)
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def check_config(self, request: protocol.CheckRequest) -> protocol.CheckResponse:
        """The only setting is the tenants that imports name by id: credentials come from the environment."""
        configured(plain_map(request.new_inputs))
        return protocol.CheckResponse(request.new_inputs, [])

    async def diff_config(self, request: protocol.DiffRequest) -> protocol.DiffResponse:
        """Other tenants change no resource: each has its own tenant in its state."""
        return protocol.DiffResponse(changes=False)

    async def configure(self, request: protocol.ConfigureRequest) -> protocol.ConfigureResponse:
        """A preview asks for what a creation gives; a component needs secrets, so this provider marks them itself."""
        Resource.packaged = True
        self._tenants = configured(plain_map(request.args))
        return protocol.ConfigureResponse(True, True, True)

    async def check(self, request: protocol.CheckRequest) -> protocol.CheckResponse:
        """Arguments, and the list of calls."""
        handler = handler_of(request.urn)
        news = {**plain_map(request.new_inputs), claims.DECLARATION: declaration(request.urn)}
        result = await self._run(handler.check, plain_map(request.old_inputs), news)
        failures = [protocol.CheckFailure(each.property, each.reason) for each in result.failures]
        return protocol.CheckResponse(wire_map(result.inputs, secrets_of(handler, request.new_inputs)), failures)

    async def diff(self, request: protocol.DiffRequest) -> protocol.DiffResponse:
        """What changes, by argument."""
        handler = handler_of(request.urn)
        olds, news = plain_map(request.old_state), plain_map(request.new_inputs)
        result = await self._run(handler.diff, request.resource_id, olds, news)
        replaces = list(result.replaces or ())
        return protocol.DiffResponse(
            changes=result.changes,
            replaces=replaces,
            delete_before_replace=bool(result.delete_before_replace),
            detailed_diff=_detailed(handler, olds, news, replaces) if result.changes else {},
        )

    async def create(self, request: protocol.CreateRequest) -> protocol.CreateResponse:
        """Sends the listed calls; in preview, says which outputs there will be."""
        handler, props = handler_of(request.urn), plain_map(request.properties)
        secrets = secrets_of(handler, request.properties)
        if request.preview:
            return protocol.CreateResponse(None, wire_map(_expected(request.urn, props), secrets))
        result = await self._run(handler.create, props)
        return protocol.CreateResponse(result.id, wire_map(result.outs or {}, secrets))

    async def read(self, request: protocol.ReadRequest) -> protocol.ReadResponse:
        """What Graph says now."""
        handler = handler_of(request.urn)
        props = plain_map(request.properties) or plain_map(request.inputs)
        if props:
            result = await self._run(handler.read, request.resource_id, props)
        else:
            place = (request.resource_id, self._tenants, declaration(request.urn))
            result = await self._run(read_import, kind_of_urn(request.urn) or "", handler, *place)
        secrets = secrets_of(handler, request.properties)
        inputs = wire_map(result.inputs or {}, secrets)
        return protocol.ReadResponse(result.id or "", wire_map(result.outs or {}, secrets), inputs)

    async def update(self, request: protocol.UpdateRequest) -> protocol.UpdateResponse:
        """Sends the listed calls."""
        handler = handler_of(request.urn)
        olds, news = plain_map(request.olds), plain_map(request.news)
        secrets = secrets_of(handler, request.news)
        if request.preview:
            return protocol.UpdateResponse(wire_map({**handler.beyond_inputs(olds), **news}, secrets))
        result = await self._run(handler.update, request.resource_id, olds, news)
        return protocol.UpdateResponse(wire_map(result.outs or {}, secrets))

    async def delete(self, request: protocol.DeleteRequest) -> None:
        """Removes the object, unless something else uses it."""
        await self._run(handler_of(request.urn).delete, request.resource_id, plain_map(request.properties))

    async def construct(self, request: protocol.ConstructRequest) -> protocol.ConstructResponse:
        """Builds a link."""
        return await link.construct(request)

    async def cancel(self) -> None:
        """A call that Graph has is not taken back: what was made is recorded, and the next `up` goes on."""


def handler_of(urn: str) -> Handler[Any]:
    """The handler of a resource; what it says from now on in this request is about that resource."""
    current_urn.set(urn)
    return _resource(urn).handler()


def _resource(urn: str) -> type[Resource]:
    kind = kind_of_urn(urn)
    found = resource_classes().get(kind or "")
    if found is None:
        raise EntraSyncError(
            f"{urn}: the package entra has no resource of this type; it has {', '.join(resource_classes())}"
        )
    return found


def declaration(urn: str) -> str:
    """Name of a declaration, which no other one of any stack has."""
    stack, project, types, name = urn.split("::", 3)
    return claims.named(f"{project}/{stack.rsplit(':', 1)[-1]}/{types}", name)


def secrets_of(handler: Handler[Any], given: Mapping[str, PropertyValue]) -> set[str]:
    """The names whose values state encrypts: those of secret arguments, and what the program marks as secret."""
    marked = {handler.args.wire(name) for name in handler.args.marked("secret")}
    return marked | {name for name, value in given.items() if value.contains_secret()}


def _expected(urn: str, props: Mapping[str, JSON]) -> dict[str, JSON]:
    """The outputs of a creation, as far as preview knows them."""
    return {**dict.fromkeys(_resource(urn).outputs(), UNKNOWN), **props}


def _detailed(
    handler: Handler[Any], olds: Mapping[str, JSON], news: Mapping[str, JSON], replaces: list[str]
) -> dict[str, PropertyDiff]:
    """What a change does to each argument."""
    arguments = {handler.args.wire(name) for name in handler.args.model_fields}
    changed = [name for name in sorted(arguments) if not same(olds.get(name), news.get(name))]
    kinds = {}
    for name in dict.fromkeys([*changed, *replaces]):
        word = "UPDATE" if name in olds and name in news else "ADD" if name in news else "DELETE"
        kinds[name] = PropertyDiff(PropertyDiffKind[f"{word}_REPLACE" if name in replaces else word], True)
    return kinds
