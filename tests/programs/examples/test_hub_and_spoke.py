"""One source, two clouds: each link keeps to its own people, attributes and tenant."""

from typing import Any

import pytest

from tests.programs.conftest import Stack

JSON = Any


@pytest.mark.program("hub_and_spoke")
def test_each_spoke_gets_its_own_people_and_nothing_that_stays(stack: Stack) -> None:
    """Up and destroy send what was listed; street addresses do not cross into China."""
    stack.configure(groups=stack.groups("Engineering", "Support", "Sales"))
    before = {name: people(stack, name) for name in ("federal", "shanghai")}
    stack.up()
    stack.emulator.run_cycle()
    came = {name: [each for id, each in people(stack, name).items() if id not in before[name]] for name in before}

    assert {"US"} == {person["country"] for person in came["federal"]}
    assert {person["country"] for person in came["shanghai"]} <= {"JP", "SG"}
    assert {None} == {person["streetAddress"] for person in came["shanghai"]}
    assert {None} != {person["streetAddress"] for person in came["federal"]}

    policy = stack.graphs["contoso"].get("/beta/policies/crossTenantAccessPolicy")
    assert ["microsoftonline.us", "partner.microsoftonline.cn"] == sorted(policy["allowedCloudEndpoints"])

    stack.destroy()

    assert [len(people(stack, name)) for name in came] == [len(before[name]) + len(came[name]) for name in came]


def people(stack: Stack, tenant: str) -> dict[str, JSON]:
    """All users of a tenant, by id."""
    users = stack.graphs[tenant].pages("/v1.0/users?$select=id,country,streetAddress&$top=999")
    return {user["id"]: user for user in users}
