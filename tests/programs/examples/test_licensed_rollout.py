"""A link whose scope is licensed."""

import re

import pytest

from tests.programs.conftest import Stack


def holders(stack: Stack, sku_id: str) -> set[str]:
    """Object ids of the people who have a product."""
    people = stack.graphs["contoso"].pages("/v1.0/users?$select=id,assignedLicenses&$top=999")
    return {each["id"] for each in people if sku_id in {entry["skuId"] for entry in each["assignedLicenses"]}}


@pytest.mark.program("licensed_rollout")
def test_scope_is_licensed_as_it_grows(stack: Stack) -> None:
    """Up sends what was listed; all users in scope have a license, and destroy takes it back."""
    governance = "cf6b0d46-4093-4546-a0ab-0b1546dcc10e"
    stack.configure(groups=stack.groups("Engineering"))
    stack.up()
    first = holders(stack, governance)
    stack.configure(groups=stack.groups("Engineering", "Support"))
    preview = stack.workspace.preview()
    stack.up()
    outputs = stack.workspace.outputs()
    second = holders(stack, governance)

    assert first < second
    assert outputs["licensed"] == len(second)
    assert "governance" == outputs["licensing"]["requires"]
    assert re.search(rf" needed after, .*; {len(first)} of \d+ users have one", preview.output)

    stack.destroy()

    assert set() == holders(stack, governance)
