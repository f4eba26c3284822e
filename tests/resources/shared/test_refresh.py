"""A refresh reads the links of a stack together, and sees what it would see if it read resource by resource."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from entra_sync.base.run import claims
from entra_sync.graph.answers import at_hand
from entra_sync.graph.gateway import Graph
from entra_sync.graph.requests import Request
from tests.faults.faulty import Fault
from tests.faults.world import Saved, World
from tests.gateways import gateways

JSON = Any
POLICY = "/v1.0/policies/crossTenantAccessPolicy"


@pytest.fixture(scope="module")
def made() -> tuple[World, Saved]:
    """A stack of two links from one tenant into two clouds."""
    world = World("hub_and_spoke")
    assert ([], True) == (world.run("up")[0], bool(world.engine.states))
    world.start("refresh")
    return world, world.save()


@pytest.fixture
def world(made: tuple[World, Saved]) -> Iterator[World]:
    """The stack before a refresh."""
    world, saved = made
    world.restore(saved)
    world.transport.kinds.clear()
    yield world
    world.restore(saved)


def refreshed(world: World, fault: Fault | None = None) -> dict[str, JSON]:
    """The inputs and outputs of each resource after a refresh."""
    world.start("refresh")
    assert [] == world.go_on(fault)[0]
    return {name: [dict(state.inputs), dict(state.outputs)] for name, state in world.engine.states.items()}


def one_by_one(world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, JSON]:
    """The same by one read after the other; the states are as before afterwards."""
    before = dict(world.engine.states)
    with monkeypatch.context() as patched:
        patched.setattr(claims, "stack_of", lambda properties: "")
        found = refreshed(world)
    world.engine.states = before
    world.transport.kinds.clear()
    return found


def test_two_links_are_read_by_ten_requests(world: World) -> None:
    """Two lists and two batches for all links, and the settings of each pair of tenants: one more for a beta list."""
    refreshed(world)

    batches = [kind for kind in world.transport.kinds if "$batch" in kind]
    assert (10, 6) == (len(world.transport.kinds), len(batches))


def _disable_application(world: World, contoso: Graph) -> None:
    owner = _owner(world)
    contoso.send(Request("PATCH", owner, {"accountEnabled": False}, "acting as an administrator"))


def _delete_application(world: World, contoso: Graph) -> None:
    application = _outputs(world, "application")["applicationId"]
    contoso.send(Request("DELETE", f"/v1.0/applications/{application}", purpose="acting as an administrator"))


def _delete_job(world: World, contoso: Graph) -> None:
    job = f"{_owner(world)}/synchronization/jobs/{_outputs(world, 'job')['jobId']}"
    contoso.send(Request("DELETE", job, purpose="acting as an administrator"))


def _forget_the_stack(world: World, contoso: Graph) -> None:
    """The tag that names the stack is taken off, so that the link is not listed with the others."""
    application = f"/v1.0/applications/{_outputs(world, 'application')['applicationId']}"
    tags = [tag for tag in contoso.get(application)["tags"] if "stack=" not in tag]
    contoso.send(Request("PATCH", application, {"tags": tags}, "acting as an administrator"))


def _take_clouds_off_the_list(world: World, contoso: Graph) -> None:
    contoso.send(Request("PATCH", POLICY, {"allowedCloudEndpoints": []}, "acting as an administrator"))


def _empty_scope(world: World, contoso: Graph) -> None:
    path = f"{_owner(world)}/appRoleAssignedTo"
    for each in contoso.get(path)["value"]:
        contoso.send(Request("DELETE", f"{path}/{each['id']}", purpose="acting as an administrator"))


def _outputs(world: World, end: str) -> dict[str, JSON]:
    """Of a resource of the link whose name is first: the order of the states varies."""
    name = min(name for name in world.engine.states if name.endswith(f"-{end}"))
    return dict(world.engine.states[name].outputs)


def _owner(world: World) -> str:
    return f"/v1.0/servicePrincipals/{_outputs(world, 'application')['servicePrincipalId']}"


CHANGES = (
    _disable_application,
    _delete_application,
    _delete_job,
    _forget_the_stack,
    _take_clouds_off_the_list,
    _empty_scope,
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.strip("_"))
def test_the_states_are_those_of_reading_one_by_one(
    change: Callable[[World, Graph], None], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever an administrator changed, and whichever link it belongs to."""
    change(world, gateways(world.emulator)["contoso"])
    expected = one_by_one(world, monkeypatch)

    assert expected == refreshed(world)


def test_one_answer_of_a_batch_does_not_tell_that_a_job_is_gone(world: World) -> None:
    """The job's own reads tell, more than once."""
    _delete_job(world, gateways(world.emulator)["contoso"])

    jobs = len(_gone(refreshed(world)))
    reads = [
        kind for kind in world.transport.kinds if kind.endswith("GET /v1.0/servicePrincipals/*/synchronization/jobs/*")
    ]

    assert 3 == jobs
    assert len(reads) >= 2 * jobs


def _gone(states: dict[str, JSON]) -> set[str]:
    """The resources of a job that are not in the states."""
    return {end for end in ("job", "schema", "schedule") if sum(name.endswith(f"-{end}") for name in states) < 2}


@pytest.mark.parametrize(
    "request_kind",
    [
        "graph.microsoft.com GET /v1.0/applications",
        "graph.microsoft.com GET /v1.0/servicePrincipals",
        "graph.microsoft.us POST /v1.0/$batch[GET /policies/crossTenantAccessPolicy, GET /policies/"
        "crossTenantAccessPolicy/partners/*, GET /policies/crossTenantAccessPolicy/partners/*/identitySynchronization]",
    ],
)
def test_what_cannot_be_read_together_is_read_by_itself(
    request_kind: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list that is refused and a batch that fails cost requests, and change nothing."""
    expected = one_by_one(world, monkeypatch)
    fault = Fault(request_kind, "before 403", 0)

    assert expected == refreshed(world, fault)
    assert fault.seen


def test_answers_are_at_hand_only_for_a_reader_who_takes_them(world: World) -> None:
    """A decision never rests on what was read ahead."""
    contoso = gateways(world.emulator)["contoso"]
    contoso.at_hand.put(POLICY, {"read": "ahead"})

    with contoso.at_hand.used():
        taken = contoso.get(POLICY)

    assert {"read": "ahead"} == taken
    assert "allowedCloudEndpoints" in contoso.get(POLICY)


def test_a_write_or_a_minute_ends_what_was_read_ahead(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer may be from before the write; and a refresh of many links must not show what was long ago."""
    contoso = gateways(world.emulator)["contoso"]
    with contoso.at_hand.used():
        contoso.at_hand.put(POLICY, {"read": "ahead"})
        contoso.send(Request("PATCH", POLICY, {"allowedCloudEndpoints": []}, "acting as an administrator"))
        after_write = contoso.get(POLICY)
        contoso.at_hand.put(POLICY, {"read": "ahead"})
        monkeypatch.setattr(at_hand, "KEPT", 0.0)
        after_a_while = contoso.get(POLICY)

    assert [] == after_write["allowedCloudEndpoints"]
    assert [] == after_a_while["allowedCloudEndpoints"]


def test_the_next_run_of_a_process_reads_again(world: World) -> None:
    """What one command has read tells nothing in another one, although the gateways are the same."""
    refreshed(world)
    gateways_of_the_run = dict(world.graphs)
    _disable_application(world, gateways(world.emulator)["contoso"])
    world.start("refresh")
    world.graphs.update(gateways_of_the_run)
    world.go_on()

    assert False is _outputs(world, "application")["enabled"]
