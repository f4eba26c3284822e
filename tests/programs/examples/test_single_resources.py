"""The same link from single resources."""

import pytest

from tests.programs.conftest import Stack


@pytest.mark.program("single_resources")
def test_single_resources_make_and_unmake_the_link(stack: Stack) -> None:
    """Up and destroy send what was listed; the job goes before the assignments, so that no user is deleted."""
    stack.configure(groups=stack.groups("Engineering", "Support"))
    stack.up()
    stack.emulator.run_cycle()
    path = "/v1.0/users?$select=id&$top=999"
    people = {user["id"] for user in stack.graphs["federal"].pages(path)}
    start = len(stack.emulator.requests)
    stack.destroy()
    stack.emulator.run_cycle()
    deletes = [path for method, path, _ in stack.emulator.requests.calls(start) if method == "DELETE"]
    job = next(index for index, path in enumerate(deletes) if "/synchronization/jobs/" in path)
    assignments = [index for index, path in enumerate(deletes) if "/appRoleAssignedTo/" in path]

    assert people == {user["id"] for user in stack.graphs["federal"].pages(path)}
    assert assignments and job < min(assignments)


PROGRAM = """
import pulumi
import entra_sync as entra

config = pulumi.Config()
entra.CrossTenantPartner(
    "partner",
    tenant=entra.Tenant("contoso", **config.require_object("contoso")),
    partner_tenant_id=config.require("partner"),
    inbound_trust={"isMfaAccepted": True},
)
"""


def test_a_replacement_that_stops_halfway_and_is_taken_back_loses_nothing(stack: Stack) -> None:
    """The engine has deleted the entry and could not make the other one; the old program makes it again."""
    (stack.workspace.project / "__main__.py").write_text(PROGRAM)
    partners = "/v1.0/policies/crossTenantAccessPolicy/partners"
    first, second = stack.connections["federal"]["tenantId"], "33333333-3333-4333-8333-333333333333"
    stack.configure(partner=first)
    stack.made()
    stack.emulator.fault(method="POST", path="/partners$", status=403, times=None)
    stack.configure(partner=second)
    stopped = stack.workspace.up()
    lost = [each["tenantId"] for each in stack.graphs["contoso"].pages(partners)]
    stack.emulator.service.faults.clear()
    stack.configure(partner=first)
    stack.made()
    found = [
        (each["tenantId"], each["inboundTrust"]["isMfaAccepted"]) for each in stack.graphs["contoso"].pages(partners)
    ]

    assert 0 != stopped.code
    assert [] == lost
    assert [(first, True)] == found
