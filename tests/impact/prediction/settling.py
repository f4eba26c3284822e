"""A world after its first cycles, and the facts that a plan of it reads."""

from __future__ import annotations

from entra_sync.graph.loop import together
from entra_sync.impact.facts.facts import Facts
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.reading.cache import Cache
from entra_sync.impact.reading.gather import Needs, Readers, gather
from tests.impact.world import World


def facts(world: World, now: LinkState | None, then: LinkState, cache: Cache | None) -> Facts:
    """Both tenants as read through Graph."""
    readers = Readers(world.graphs["contoso"], world.graphs["federal"], clock=world.emulator.clock.now, cache=cache)
    return together(gather(readers, Needs.of(now, then), now))


def settled(world: World, people: int = 30) -> tuple[LinkState, list[str]]:
    """A world with some users in scope and synchronized."""
    world.reset()
    ids = [
        world.add_user(
            "contoso",
            {
                "userPrincipalName": f"p{number}@contoso.onmicrosoft.com",
                "displayName": f"P {number}",
                "_netId": f"{number:016X}",
            },
        )
        for number in range(people)
    ]
    world.assign(ids)
    world.start()
    world.cycle()
    return world.then(), ids
