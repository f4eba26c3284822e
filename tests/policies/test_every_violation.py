"""The program that breaks every rule at once, on the real engine: its report is a golden file."""

import os
import re
from pathlib import Path

import pytest

from entra_guard import POLICIES
from entra_sync.graph.requests import Request
from tests.programs.conftest import PROGRAMS, Stack

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).with_name("every_violation.txt")
PACK = ("--policy-pack", str(ROOT / "policies"))
CONFIG = ("--policy-pack-config", str(PROGRAMS / "policy_violations" / "policies.json"))
REPORTED = re.compile(
    r"^ +- \[(?P<level>\w+)\] (?:\[severity: (?P<severity>\w+)\])? +(?P<rule>[\w-]+) +\((?P<where>.*)\)$"
)


def report(output: str, stack: Stack) -> str:
    """The violations in the output of a preview, in a fixed order, with tenants by their names.

    Ids that the emulator makes are left; they are the same each time.
    """
    section = output[output.index("Policies:") :].partition("\n\n")[0]
    found: list[list[str]] = []
    for line in section.splitlines():
        match = REPORTED.match(line)
        if match:
            found.append([f"{match['rule']} [{match['level']}, {match['severity']}] {match['where'].split(': ')[-1]}"])
        elif found:
            found[-1].append(f"    {line.strip()}")
    text = "\n".join("\n".join(each) for each in sorted(found)) + "\n"
    for name, connection in stack.connections.items():
        text = text.replace(connection["tenantId"], f"<{name}'s id>")
    return text


@pytest.mark.program("policy_violations")
def test_program_that_breaks_every_rule_is_reported_in_full(stack: Stack) -> None:
    """Each rule speaks, on the resource that it is about; until it is broken the program follows them.

    After an intended change of words: `UPDATE_GOLDEN=1 make test TESTS=tests/policies/test_every_violation.py`.
    """
    groups = stack.groups("Engineering", "Support", "Sales")
    stack.configure(groups=groups)
    stack.up()
    stack.emulator.run_cycle()
    contoso = stack.graphs["contoso"]
    people = contoso.pages(f"/v1.0/groups/{groups[0]}/members/microsoft.graph.user?$select=id")
    for person in list(people)[:3]:  # more than the deletion threshold: the job goes into quarantine
        contoso.send(Request("DELETE", f"/v1.0/users/{person['id']}"))
    stack.emulator.run_cycle()
    stack.workspace.refresh().raise_for_code()
    stack.configure(groups=groups, broken=True)
    preview = stack.workspace.preview(*PACK, *CONFIG)

    assert 0 != preview.code
    found = report(preview.output, stack)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(found, encoding="utf-8")
    assert found == GOLDEN.read_text(encoding="utf-8")
    assert {line.split()[0] for line in found.splitlines() if not line.startswith(" ")} == {
        rule.name for rule in POLICIES
    }
