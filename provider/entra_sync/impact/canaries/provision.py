"""A schema is tried on a few people, the canaries, before all users get it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from entra_sync.base.calls import GraphCall
from entra_sync.base.notes import say
from entra_sync.environment import Environment
from entra_sync.errors import Ambiguous, EntraSyncError
from entra_sync.errors.visible import visible
from entra_sync.expressions import Mappings, ScopingFilter
from entra_sync.graph.answers.fresh import assigning
from entra_sync.graph.gateway import Graph

__all__ = ["is_try", "try_on_canaries"]

JSON = Any


def is_try(call: GraphCall) -> bool:
    """Whether a call provisions one person on demand."""
    return call.path.endswith("/provisionOnDemand")


def try_on_canaries(
    source: Graph,
    target: Graph,
    service_principal_id: str,
    mappings: Mappings,
    filters: ScopingFilter | None,
    calls: Sequence[GraphCall],
    send: Callable[[GraphCall], JSON],
) -> None:
    """Provisions one canary after the other on demand, until the service does otherwise than planned.

    The plan is made from what both tenants hold now, so that what was changed since the preview is no difference.

    Args:
        source, target: Gateways to the two tenants.
        service_principal_id: The link's application.
        mappings, filters: What the program declares.
        calls: The listed provisionOnDemand calls.
        send: Sends one of them and returns the body of the answer.

    Raises:
        EntraSyncError: There is a difference, or an answer that cannot be interpreted. The message has both sides
            without personal data: it ends in logs, comments and state, and a canary is a person all the same.
        BadArgument: A user is not a canary (any more).
    """
    from entra_sync.impact.canaries.answered import Answered, answered, differences, problem
    from entra_sync.impact.canaries.expected import Expected, outcomes, read_as_it_stands
    from entra_sync.impact.reading.cache import configured

    environment = Environment.read()
    by_person = {call.body["parameters"][0]["subjects"][0]["objectId"]: call for call in calls}

    def plan() -> dict[str, Expected]:
        cache = configured(source.tenant, target.tenant, environment)
        read = read_as_it_stands(source, target, service_principal_id, mappings, filters, cache=cache)
        return {outcome.person: outcome for outcome in outcomes(read, list(by_person))}

    def ask(person: str) -> Answered:
        for pause in source.pauses(assigning()):
            given = answered(person, send(by_person[person]))
            if not given.unassigned:
                return given
            source.pause(pause)
        return answered(person, send(by_person[person]))

    planned = plan()
    for person in by_person:
        try:
            given = ask(person)
        except Ambiguous:
            # It may have been carried out: then there is less left to do than was planned before.
            planned = plan()
            given = ask(person)
        found = differences(planned[person], given)
        if found:
            if environment.show_values:
                for each in found:
                    say(f"canary: {visible(each.in_full)}")
            raise EntraSyncError(problem(found))
        say(visible(f"canary {person}: {planned[person].planned}, as planned"), remark=False)
