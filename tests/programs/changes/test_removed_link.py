"""A link that a change takes out of the program, on the real engine."""

from tests.programs.conftest import PROGRAMS, Stack

ALIVE = "    deletion_threshold=50,\n"
PROTECTED = "    deletion_threshold=50,\n    opts=pulumi.ResourceOptions(protect=True),\n"
EMPTY = '"""No link any more."""\n'


def test_a_protected_link_is_not_removed_by_its_absence(stack: Stack) -> None:
    """Preview, up and destroy refuse, and nothing is sent."""
    program = (PROGRAMS / "quickstart" / "__main__.py").read_text()
    assert ALIVE in program
    stack.configure(groups=stack.groups("Support"))
    (stack.workspace.project / "__main__.py").write_text(program.replace(ALIVE, PROTECTED))
    stack.workspace.up().raise_for_code()
    (stack.workspace.project / "__main__.py").write_text(EMPTY)
    start = len(stack.emulator.requests)
    refused = {
        "preview": stack.workspace.preview(),
        "up": stack.workspace.up(),
        "destroy, preview": stack.workspace.run("destroy", "--preview-only"),
        "destroy": stack.workspace.destroy(),
    }

    for command, outcome in refused.items():
        assert 0 != outcome.code, f"{command}: {outcome.output}"
        assert "protect" in outcome.output, f"{command}: {outcome.output}"
    assert [] == stack.emulator.requests.calls(start)
