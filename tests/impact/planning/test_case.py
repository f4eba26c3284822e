"""A value of which only the case changes: what the cycle does, and what the plan tells of it."""

from __future__ import annotations

from typing import Any

import pytest

from entra_sync.impact.facts.remarks import Note, Remark
from tests.impact.planning.worlds import synchronized, user
from tests.impact.world import World

JSON = Any


def count_case(world: World, attribute: str) -> None:
    """Makes case count in an attribute of the target."""
    schema = world.send("contoso", "GET", f"{world.job_path}/schema")
    target = schema["synchronizationRules"][0]["targetDirectoryName"]
    for directory in schema["directories"]:
        for definition in directory["objects"] if directory["name"] == target else ():
            for known in definition["attributes"] if definition["name"] == "User" else ():
                known["caseExact"] = known["caseExact"] or known["name"] == attribute
    world.send("contoso", "PUT", f"{world.job_path}/schema", schema)


@pytest.mark.parametrize("exact", [False, True])
def test_a_change_of_case_alone_flows_only_if_case_counts_in_the_target(exact: bool) -> None:
    """ToLower in "Reference for writing expressions": the target attribute's caseExact has to be true."""
    world = World.build("global")
    ada = user(world, "ada", 1)
    synchronized(world, ada)
    if exact:
        count_case(world, "displayName")
    world.emulator.service.directory(world.emulator.tenants["contoso"].tenant_id).update(
        "user", ada, {"displayName": "ADA"}
    )
    plan = world.plan(world.then(enabled=True))
    world.cycle()
    name = world.accounts()[world.links()[ada]]["displayName"]

    if exact:
        assert ("update", "ADA") == (plan.people["action"].item(), name)
        assert not [each for each in plan.notes if each.code is Note.CASE_ALONE]
    else:
        assert ("unchanged", "ada") == (plan.people["action"].item(), name)
        assert Remark(Note.CASE_ALONE, ("displayName", 1)) in plan.notes
        assert (Remark(Note.CASE_ALONE, ("displayName", 1)),) == plan.kept_in_case([ada])
