"""In a preview, the first application looks for all applications of the program, so that each look is one batch."""

from __future__ import annotations

from urllib.parse import unquote

from tests.ownership.world import make_world


def test_the_looks_for_one_application_are_those_for_all() -> None:
    """That one is not there counts after three looks, and the next ones do not wait for three of their own."""
    world = make_world("hub_and_spoke")
    stack = world.stack()
    stack.after = ("shanghai-application", "federal-application")
    start, asked = world.emulator.clock.now(), len(world.emulator.requests)
    stack.preview()
    searches = [entry for entry in list(world.emulator.requests)[asked:] if "displayName eq" in unquote(entry.path)]
    batches = {entry.batch for entry in searches}

    assert (6, 3) == (len(searches), len(batches - {None}))
    assert 1.2 == (world.emulator.clock.now() - start).total_seconds()
