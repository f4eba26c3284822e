"""The page that leads to real tenants: its permissions suffice, and its scripts are shell."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.programs.conftest import Stack
from tests.programs.granted import leave_only

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "tenants.md"


def registered() -> list[list[str]]:
    """The permissions that the page gives the application in the source, then those of the one in the target."""
    commands = re.findall(r"^register entra-sync((?: \\\n +[\w.]+)+)$", PAGE.read_text(), re.MULTILINE)
    return [re.findall(r"[A-Z][\w.]+", each) for each in commands]


def test_the_documented_permissions_are_enough_for_the_whole_life_of_a_link(stack: Stack) -> None:
    """First preview without warnings of missing permissions, up, cycle, refresh, destroy."""
    source, target = registered()
    stack.configure(groups=stack.groups("Engineering", "Support"))
    leave_only(stack, "contoso", source)
    leave_only(stack, "federal", target)
    preview = stack.workspace.preview()

    assert 0 == preview.code, preview.output
    assert "needs " not in preview.output, "a permission is missing"

    stack.up()
    stack.emulator.run_cycle()
    stack.workspace.refresh().raise_for_code()
    stack.destroy()


def test_the_scripts_of_the_page_are_shell() -> None:
    """Bash reads each of them, without running it."""
    for block in re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL):
        checked = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)
        assert (0, "") == (checked.returncode, checked.stderr), block
