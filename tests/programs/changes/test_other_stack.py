"""A link that `pulumi state move` gives to another stack of the same program, on the real engine."""

from dataclasses import replace

from entra_sync.base.kinds import COMPONENT
from tests.programs.conftest import Stack


def test_a_link_moves_to_another_stack_without_a_write(stack: Stack) -> None:
    """Its new stack manages it: an `up` there sends nothing, and only a destroy there deletes the link."""
    stack.configure(groups=stack.groups("Support"))
    stack.made()
    other = replace(stack.workspace, stack="other")
    other.init()
    other.config_file.write_text(stack.workspace.config_file.read_text())
    (link,) = (each["urn"] for each in stack.workspace.export()["deployment"]["resources"] if each["type"] == COMPONENT)
    writes = len(stack.emulator.requests.writes)

    stack.workspace.without_stack(
        "state", "move", "--source", "test", "--dest", "other", "--yes", link
    ).raise_for_code()
    assert "14 unchanged" in other.up().raise_for_code().output
    stack.workspace.destroy().raise_for_code()
    assert [] == stack.emulator.requests.writes[writes:]

    other.destroy().raise_for_code()
    assert [] == list(stack.graphs["contoso"].pages("/v1.0/policies/crossTenantAccessPolicy/partners"))
