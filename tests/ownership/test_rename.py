"""A link that gets another name, on the real engine."""

from entra_sync.impact.report.planned import planned_impacts
from tests.ownership.rewriting import renamed
from tests.ownership.tenants import held
from tests.programs.conftest import Stack


def test_a_link_that_is_renamed_keeps_working(stack: Stack) -> None:
    """Its trust stays, its job runs, and a destroy leaves the tenants as they were."""
    before = held(stack.graphs)
    stack.configure(groups=stack.groups("Support"))
    stack.up()
    program = stack.workspace.project / "__main__.py"
    program.write_text(renamed(program.read_text()))
    preview = stack.workspace.preview()
    planned = planned_impacts(stack.workspace.plan())
    outcome = stack.workspace.up()
    cycles = [summary.state for summary in stack.emulator.run_cycle()]
    destroyed = stack.workspace.destroy()

    alias = 'aliases=[pulumi.Alias(name="contoso-to-federal")]'
    assert 'the link "contoso-to-federal" to federal exists already; if this is that link' in preview.output
    assert alias in preview.output
    assert (
        f"contoso-to-federal-v2-* are the same objects as contoso-to-federal-*; add {alias} to the link to keep them"
    ) in planned
    assert 0 == outcome.code, outcome.output
    assert "stays: contoso-to-federal-v2-inbound of this program" in outcome.output
    assert ["Succeeded"] == cycles
    assert 0 == destroyed.code, destroyed.output
    assert before == held(stack.graphs)
