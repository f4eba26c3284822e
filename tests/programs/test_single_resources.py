"""The same link from single resources."""

import pytest

from tests.programs.conftest import Stack


@pytest.mark.program("single_resources")
def test_single_resources_make_and_unmake_the_link(stack: Stack) -> None:
    """Up and destroy send what was listed; the job goes before the assignments, so that nobody is deleted."""
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
