"""What a program no longer declares, while a job runs: no account comes or goes that no plan has counted.

A cycle runs after every write, as one may at any moment.
"""

from __future__ import annotations

import httpx
import pytest

from tests.ownership.engine import Stack
from tests.ownership.rewriting import program, without, without_dependencies
from tests.ownership.world import World, make_world

TEXT = program("single_resources")


class Cycling(httpx.AsyncBaseTransport):
    """A transport behind which a cycle of each running job follows each write."""

    def __init__(self, inner: httpx.AsyncBaseTransport, world: World) -> None:
        self.inner, self.world = inner, world

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Passes the request on."""
        writes = len(self.world.emulator.requests.writes)
        response = await self.inner.handle_async_request(request)
        if len(self.world.emulator.requests.writes) > writes:
            self.world.emulator.run_cycle()
        return response


@pytest.fixture(scope="module")
def world() -> World:
    """The world of the single resources. Of the group in scope, one user is in the United States: five are kept out."""
    return make_world("single_resources")


def accounts(world: World) -> set[str]:
    """The users of the target."""
    return {each["id"] for each in world.graphs["federal"].pages("/v1.0/users?$select=id")}


def started(world: World) -> Stack:
    """The stack after its first `up` and cycle; a cycle follows each write of the next command."""
    stack = world.stack()
    world.start(stack)
    world.works(1)
    stack.between = lambda inner: Cycling(inner, world)
    return stack


NAMES = (
    "contoso_allows",
    "federal_allows",
    "everybody_else",
    "federal_at_contoso",
    "contoso_at_federal",
    "inbound",
    "impact",
    "assignments",
    "secrets",
    "schema",
    "greeting",
    "licenses",
    "base",
)
"""The declarations on which others only depend."""


@pytest.mark.parametrize("name", NAMES)
def test_what_is_taken_out_of_a_program_that_keeps_its_job_changes_no_account(world: World, name: str) -> None:
    """Assignments, schema and settings stay, as shared settings do."""
    stack = started(world)
    before = accounts(world)
    stack.text = without(TEXT, name)
    stack.up()
    world.works(1)

    assert before == accounts(world)


@pytest.mark.parametrize("end", ["::people", "::schema"])
def test_a_job_that_would_act_on_a_delete_is_paused_first(
    world: World, end: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A destroy may come to it before the job, if the program does not say on what its declarations depend.

    The list of the delete, which was made before, does not have the pause. So a note tells of it.
    """
    stack = started(world)
    before = accounts(world)
    stack.text = without_dependencies(TEXT)
    stack.up()
    stack.between = lambda inner: Cycling(inner, world)
    capsys.readouterr()
    stack.destroy(end)

    assert before == accounts(world)
    assert "paused first, so that nothing acts on what is deleted: Azure2Azure" in capsys.readouterr().err
    assert ["pause", "DELETE"] == [
        "pause" if each.path.endswith("/pause") else each.method for each in world.emulator.requests.writes[-2:]
    ]
    stack.destroy()
    world.is_as_before()
