"""State that an older version wrote is as good as today's.

``states/`` has what ``pulumi stack export`` printed, after an `up` and a cycle, at the commit that a file's name ends
with.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from entra_sync.base.preview import planned_steps
from entra_sync.resources.synchronization_secrets import NO_NOTIFICATION
from tests.programs.conftest import Stack

JSON = Any
STATES = Path(__file__).parent / "states"
GENERATED = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|DomainAzureAD\w*\.[0-9a-f]+\.[0-9a-f-]+|localhost:\d+"
)
"""What two worlds of the same making differ in: ids, and ports of the emulator."""

RECORD = ["PATCH"]
"""The one call of an update from the first version: links have had a record on their application since."""

NOTHING: list[str] = []
"""The calls of an update from a later version: what is new is in the state alone."""


def strings(value: JSON, path: tuple[JSON, ...] = ()) -> Iterator[tuple[tuple[JSON, ...], str]]:
    """Every string in a document, by its place."""
    if isinstance(value, str):
        yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from strings(item, (*path, key))


def named(state: JSON) -> dict[str, JSON]:
    """Ids, inputs and outputs of each resource, by its URN."""
    resources = state["deployment"]["resources"]
    return {item["urn"]: {key: item.get(key) for key in ("id", "inputs", "outputs")} for item in resources}


def in_this_world(old: JSON, now: JSON) -> JSON:
    """An older state about the objects of a newer one: what its world generated, replaced by what this one did."""
    places = dict(strings(named(now)))
    renamed: dict[str, str] = {}
    for place, text in strings(named(old)):
        ours, theirs = GENERATED.findall(places.get(place, "")), GENERATED.findall(text)
        if len(ours) == len(theirs):
            renamed.update({their: our for their, our in zip(theirs, ours, strict=True) if their not in renamed})
    return json.loads(GENERATED.sub(lambda found: renamed.get(found[0], found[0]), json.dumps(old)))


def with_clouds_of_today(state: JSON) -> JSON:
    """A state as a government cloud of today leaves it: its list of allowed clouds is in beta, where it was in v1.0."""
    for resource in state["deployment"]["resources"]:
        abroad = resource.get("inputs", {}).get("tenant", {}).get("cloud") == "usgov"
        if abroad and "allowedCloudEndpoints" in resource["id"]:
            text = json.dumps(resource).replace("PATCH /v1.0/", "PATCH /beta/")
            resource.update(json.loads(text))
    return state


def with_settings_that_can_be_undone(state: JSON) -> JSON:
    """A state whose list of a later destroy is today's: the first version listed a blank text that Graph refuses."""
    for resource in state["deployment"]["resources"]:
        for bag in (resource.get("inputs", {}), resource.get("outputs", {})):
            for call in bag.get("deleteCalls", []):
                for pair in (call.get("body") or {}).get("value", []):
                    if pair["key"] == "SyncNotificationSettings":
                        pair["value"] = NO_NOTIFICATION
    return state


def imported(stack: Stack, recorded: Path) -> None:
    """Gives the stack the older state instead of its own."""
    older = in_this_world(json.loads(recorded.read_text()), stack.workspace.export())
    exported = stack.workspace.directory / "older.json"
    exported.write_text(json.dumps(with_settings_that_can_be_undone(with_clouds_of_today(older))))
    stack.workspace.run("stack", "import", "--file", str(exported)).raise_for_code()


@pytest.mark.parametrize(
    ("recorded", "sent"),
    [
        pytest.param("quickstart-18a1c0b", RECORD, marks=pytest.mark.program("quickstart")),
        pytest.param("single_resources-18a1c0b", RECORD, marks=pytest.mark.program("single_resources")),
        pytest.param("licensed_rollout-f787700", NOTHING, marks=pytest.mark.program("licensed_rollout")),
    ],
)
def test_older_state_refreshes_is_updated_and_is_destroyed(stack: Stack, recorded: str, sent: list[str]) -> None:
    """A user who updates the package has nothing to migrate; the next `up` sends what is new, and nothing else."""
    stack.configure(groups=stack.groups("Engineering", "Support"))
    stack.made()
    stack.emulator.run_cycle()
    imported(stack, STATES / f"{recorded}.json")
    requests = len(stack.emulator.requests)

    assert sent == [call.method for step in stack.workspace.planned() for call in step.calls]

    refreshed = stack.workspace.refresh()

    assert 0 == refreshed.code, refreshed.output
    plan = stack.workspace.plan()
    assert sent == [call.method for step in planned_steps(plan) for call in step.calls]
    assert [] == stack.emulator.requests.calls(requests), "neither a refresh nor a preview writes"

    stack.up(plan)
    assert [] == stack.workspace.planned()

    stack.destroy()
    assert [] == list(stack.graphs["federal"].pages("/v1.0/policies/crossTenantAccessPolicy/partners"))


@pytest.mark.program("licensed_rollout")
def test_licenses_of_a_link_keep_their_state_under_the_older_name(stack: Stack) -> None:
    """An older state has ``<link>-licences``: the alias finds it, so nothing is created or deleted."""
    stack.configure(groups=stack.groups("Engineering"))
    stack.made()
    text = json.dumps(stack.workspace.export())
    assert 0 < text.count("contoso-to-federal-licenses")
    exported = stack.workspace.directory / "older.json"
    exported.write_text(text.replace("contoso-to-federal-licenses", "contoso-to-federal-licences"))
    stack.workspace.run("stack", "import", "--file", str(exported)).raise_for_code()

    plan = stack.workspace.plan()
    assert [] == planned_steps(plan)

    stack.up(plan)

    urns = [each["urn"] for each in stack.workspace.export()["deployment"]["resources"]]
    assert ["contoso-to-federal-licenses"] == [urn.split("::")[-1] for urn in urns if "LicensedScope" in urn]
