"""In a preview, the first application looks for all applications of the program, so that each look is one batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest

from tests.ownership.engine import Stack
from tests.ownership.world import World, make_world

FOUR = """
import pulumi
import entra_sync as entra

hub = entra.Tenant("contoso", **pulumi.Config().require_object("contoso"))
before = []
for number in range(4):
    options = pulumi.ResourceOptions(depends_on=before)
    before = [entra.ServicePrincipal(f"number-{number}", opts=options, tenant=hub, display_name=f"Number {number}")]
"""


def searches(world: World, command: Callable[[], Any]) -> list[tuple[str, str | None]]:
    """What a command looks for by name, and in which batch."""
    asked = len(world.emulator.requests)
    command()
    found = [(unquote(entry.path), entry.batch) for entry in list(world.emulator.requests)[asked:]]
    return [
        (path.split("displayName eq ")[1].split("&")[0], batch) for path, batch in found if "displayName eq" in path
    ]


def test_the_looks_for_one_application_are_those_for_all() -> None:
    """That one is not there counts after three looks, and the next ones do not wait for three of their own."""
    world = make_world("hub_and_spoke")
    stack = world.stack()
    stack.after = ("shanghai-application", "federal-application")
    start = world.emulator.clock.now()
    found = searches(world, stack.preview)

    assert (6, 3) == (len(found), len({batch for _, batch in found} - {None}))
    assert 1.2 == (world.emulator.clock.now() - start).total_seconds()


@pytest.mark.parametrize("command", [Stack.preview, Stack.up])
def test_each_application_is_looked_for_three_times(command: Callable[[Stack], Any]) -> None:
    """In `up`, where answers are not shared after the first write, each looks for itself only."""
    world = make_world("hub_and_spoke")
    stack = world.stack(FOUR)
    found = searches(world, lambda: command(stack))

    assert [3, 3, 3, 3] == list(Counter(name for name, _ in found).values())
