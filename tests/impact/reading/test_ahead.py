"""What a plan reads anyhow goes by one batch of each tenant, and a failure is told as if it had been read alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from entra_sync.impact.declared.read import Read, read_declared
from entra_sync.impact.facts.declaration import Declaration
from tests.impact.world import World


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One world for all tests, which each set it back first."""
    yield World.build()


def read(world: World, *, linked: bool = True) -> Read:
    """A plan of all users, of a link that is there or of one that is not."""
    source, target = world.graphs["contoso"], world.graphs["federal"]
    return read_declared(source, target, world.owner if linked else None, Declaration(everyone=True))


@pytest.mark.parametrize(("linked", "batches"), [(False, 1), (True, 2)])
def test_each_question_is_sent_once(world: World, linked: bool, batches: int) -> None:
    """The first ones of a tenant are one batch. The schemas of a link and of its template are another."""
    world.reset()
    start = len(world.emulator.requests)
    read(world, linked=linked)
    sent = world.emulator.requests[start:]

    questions = Counter((each.tenant, each.path) for each in sent if not each.path.endswith("$batch"))
    assert [] == [each for each, times in questions.items() if times > 1]
    together = {(each.tenant, each.batch) for each in sent if each.batch}
    assert {"contoso": batches, "federal": 1} == Counter(tenant for tenant, _ in together)


@pytest.mark.parametrize("status", [403, 404])
def test_a_setting_that_cannot_be_read_is_told_as_before(world: World, status: int) -> None:
    """Its item of the batch decides nothing: its own request does."""
    world.reset()
    world.start()
    path = "policies/authorizationPolicy"
    world.emulator.fault(path=path, status=status, times=None)
    facts = read(world).facts

    assert (status == 403) == any("allows guest invitations" in str(note) for note in facts.notes)
