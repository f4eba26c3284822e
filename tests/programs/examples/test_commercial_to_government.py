"""A link as a government tenant's operator would insist on it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.programs.conftest import Stack

JSON = Any
POLICIES = Path(__file__).parents[3] / "policies"


@pytest.mark.program("commercial_to_government")
def test_rollout_under_the_strict_rules(stack: Stack, tmp_path: Path) -> None:
    """Set up while paused, then tried on a canary and started: guests, without what is kept at home."""
    groups = stack.groups("Engineering", "Support")
    stack.configure(groups=groups, enabled=False)
    strict = json.loads((POLICIES / "configurations" / "strict-government.json").read_text())
    # The emulator's applications have client secrets, and a stack of a local backend has no tags.
    strict |= {
        "no-client-secrets": {"enforcementLevel": "advisory"},
        "stack-has-tags": {"enforcementLevel": "advisory"},
    }
    (tmp_path / "strict.json").write_text(json.dumps(strict))
    pack = ("--policy-pack", str(POLICIES), "--policy-pack-config", str(tmp_path / "strict.json"))
    preview = stack.workspace.preview(*pack)
    assert 0 == preview.code, preview.output
    assert "[mandatory]" not in preview.output
    stack.up()
    before = people(stack)
    stack.emulator.run_cycle()

    assert people(stack).keys() == before.keys()

    canary = next(
        id
        for group in groups
        for id, person in people(stack, "contoso", f"/groups/{group}/members/microsoft.graph.user").items()
        if (person["country"], person["employeeType"], person["accountEnabled"]) == ("US", "Employee", True)
    )
    stack.configure(groups=groups, canaries=[canary])
    stack.up()
    tried = [each.path for each in stack.emulator.requests.writes if each.path.endswith("/provisionOnDemand")]
    stack.emulator.run_cycle()
    came = {id: person for id, person in people(stack).items() if id not in before}

    assert 1 == len(tried)
    assert len(came) == stack.workspace.outputs()["impact"]["counts"]["create"] > 1
    assert {"Guest"} == {person["userType"] for person in came.values()}
    assert {None} == {person["mobilePhone"] for person in came.values()}
    assert all(person["displayName"].endswith(" (Commercial)") for person in came.values())


def people(stack: Stack, tenant: str = "federal", path: str = "/users") -> dict[str, JSON]:
    """People of a tenant, by id."""
    select = "id,accountEnabled,country,displayName,employeeType,mobilePhone,userType"
    return {user["id"]: user for user in stack.graphs[tenant].pages(f"/v1.0{path}?$select={select}&$top=999")}
