"""CrossCloudLink as a component that other languages declare: built in the provider's process, from plain values."""

from __future__ import annotations

from typing import Any

from pulumi.provider.experimental.provider import ConstructRequest, ConstructResponse

from entra_sync.base.args import restore_integers
from entra_sync.base.kinds import COMPONENT
from entra_sync.base.values.unknown import holds_unknown
from entra_sync.errors import BadArgument
from entra_sync.program.link import CrossCloudLink
from entra_sync.program.link_arguments import LinkArguments, Scope
from entra_sync.program.packaged.values import inputs, plain, settled, tenant

__all__ = ["construct"]


async def construct(request: ConstructRequest) -> ConstructResponse:
    """Builds a link from the inputs of a program.

    Raises:
        BadArgument: The component is not one of this package, or an argument is not known by its name.
        ArgumentError: An argument does not fit.
    """
    if request.resource_type != COMPONENT:
        raise BadArgument("", f"the package entra has no component {request.resource_type}; it has {COMPONENT}")
    given = inputs(request.inputs, by_part={"scope"})
    names = {LinkArguments.wire(name): name for name in LinkArguments.model_fields}
    unknown = sorted(given.keys() - names.keys())
    if unknown:
        raise BadArgument(unknown[0], f"CrossCloudLink has no argument {unknown[0]}; it has {', '.join(names)}")
    for key in given.keys() & {"scope", *map(LinkArguments.wire, LinkArguments.marked("fixed"))}:
        value = plain(request.inputs[key])
        if key == "scope" and value != Scope.EVERYONE.value:
            continue
        if holds_unknown(value):
            raise BadArgument(
                key, f"{key}: must be known when the program runs, and it is not; take it from the configuration"
            )
        given[key] = value  # a secret is known
    arguments: dict[str, Any] = {names[key]: restore_integers(value) for key, value in given.items()}
    for side in ("source", "target"):
        if isinstance(arguments.get(side), dict):
            arguments[side] = tenant(arguments[side], side)
    if arguments.get("scope") == Scope.EVERYONE.value:
        arguments["scope"] = Scope.EVERYONE
    link = CrossCloudLink(request.name, **arguments, opts=request.options)
    urn = await link.urn.future()
    state = {"status": await settled(link.status), "jobId": await settled(link.job.job_id)}
    return ConstructResponse(str(urn), state, {})
