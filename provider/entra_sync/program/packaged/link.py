"""CrossCloudLink as a component that other languages declare: built in the provider's process, from plain values."""

from __future__ import annotations

from typing import Any

from pulumi import Output
from pulumi.provider.experimental.provider import ConstructRequest, ConstructResponse

from entra_sync.base.args import restore_integers
from entra_sync.base.kinds import COMPONENT
from entra_sync.base.values.unknown import holds_unknown
from entra_sync.errors import BadArgument
from entra_sync.program.link import CrossCloudLink
from entra_sync.program.link_arguments import LinkArguments, Scope
from entra_sync.program.packaged.values import inputs, plain, settled, tenant

__all__ = ["construct"]

EVERYONE = "everyone"
"""The argument that stands for ``Scope.EVERYONE``, since an argument in other languages has one type."""

EXAMPLE = '{"kind": "Group", "id": "…"}'


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
    known = [*names, EVERYONE]
    unknown = sorted(given.keys() - set(known))
    if unknown:
        raise BadArgument(unknown[0], f"CrossCloudLink has no argument {unknown[0]}; it has {', '.join(known)}")
    for key in given.keys() & {EVERYONE, *map(LinkArguments.wire, LinkArguments.marked("fixed"))}:
        given[key] = plain(request.inputs[key])  # a secret is known
        if holds_unknown(given[key]):
            raise BadArgument(
                key, f"{key}: must be known when the program runs, and it is not; take it from the configuration"
            )
    given["scope"] = _scope(given.get("scope"), everyone=given.pop(EVERYONE, False))
    arguments: dict[str, Any] = {names[key]: restore_integers(value) for key, value in given.items()}
    for side in ("source", "target"):
        if isinstance(arguments.get(side), dict):
            arguments[side] = tenant(arguments[side], side)
    link = CrossCloudLink(request.name, **arguments, opts=request.options)
    urn = await link.urn.future()
    state = {"status": await settled(link.status), "jobId": await settled(link.job.job_id)}
    return ConstructResponse(str(urn), state, {})


def _scope(given: Any, *, everyone: Any) -> Any:
    """The scope as Python writes it; the parts of a list, and an output, are checked with the other arguments.

    Raises:
        BadArgument: There is none, or two, or one of another type.
    """
    if not isinstance(everyone, bool):
        raise BadArgument(EVERYONE, f"{EVERYONE}: must be true or false, not {everyone}")
    if everyone and given is not None:
        raise BadArgument("scope", f"scope: leave it out, since {EVERYONE} is true")
    if not everyone and not isinstance(given, list | Output):
        raise BadArgument("scope", f"scope: must be a list such as [{EXAMPLE}]; for all users, set {EVERYONE}: true")
    return Scope.EVERYONE if everyone else given
