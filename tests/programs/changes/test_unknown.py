"""A link whose arguments come from another resource, and are not known in its first preview."""

import pytest

import entra_sync as entra
from entra_sync.base.preview import planned_steps
from entra_sync.impact.report.planned import planned_impacts
from tests.ownership.world import make_world
from tests.programs.conftest import Stack

PROGRAM = """
import pulumi
import entra_sync as entra

config = pulumi.Config()
contoso = entra.Tenant("contoso", **config.require_object("contoso"))
federal = entra.Tenant("federal", **config.require_object("federal"))
other = entra.ServicePrincipal("other", tenant=contoso, display_name="Other")


def later(make):
    return other.app_id.apply(lambda _: make())


entra.CrossCloudLink(
    "later",
    source=contoso,
    target=federal,
    scope=later(lambda: [entra.Group(config.require_object("groups")[0])]),
    mappings=later(lambda: entra.defaults("global", "usgov").constant("companyName", "Contoso")),
    filters=later(lambda: entra.any_of(entra.clause("department").is_not_null())),
    actions=later(lambda: ["create", "update"]),
    notify=later(lambda: ["admin@contoso.com"]),
    deletion_threshold=later(lambda: 40),
    limits=later(lambda: entra.Limits(max_removed=5)),
    display_name=later(lambda: "Later"),
    licenses=later(lambda: [entra.License(sku="Microsoft_Entra_ID_Governance")]),
    secret_values=later(lambda: {"BaseAddress": "https://example.com"}),
    enabled=later(lambda: True),
)
"""


def test_a_link_of_outputs_is_previewed_made_and_then_unchanged(stack: Stack) -> None:
    """Its preview says what it cannot tell, `up` makes it, and nothing is left to do."""
    stack.configure(groups=stack.groups("Support"))
    (stack.workspace.project / "__main__.py").write_text(PROGRAM)
    preview = stack.workspace.plan()
    pending = {step.name: set(step.pending) for step in planned_steps(preview) if step.pending}
    impacts = planned_impacts(preview)
    made = stack.workspace.up()

    assert {
        "later-application": {"displayName"},
        "later-assignments": {"principals"},
        "later-impact": {"principals", "mappings", "filters", "actions", "deletionThreshold", "enabled", "limits"},
        "later-licenses": {"principals", "licenses"},
        "later-schedule": {"enabled"},
        "later-schema": {"mappings", "filters", "actions"},
        "later-secrets": {"notify", "values"},
    } == pending
    assert [True] == ["the users that the change affects are not known" in impact for impact in impacts]
    assert 0 == made.code, made.output
    assert ["Succeeded"] == [summary.state for summary in stack.emulator.run_cycle()]
    assert [] == stack.workspace.planned()
    assert 0 == stack.workspace.destroy().code


@pytest.mark.parametrize("argument", ["source", "target", "adopt", "manage_clouds", "manage_partners"])
def test_what_decides_which_resources_there_are_cannot_be_an_output(argument: str) -> None:
    """It is refused on its line, with the remedy; nothing is made of an output's text."""
    world = make_world("quickstart")
    values = {"source": "contoso", "target": "federal", "adopt": "True", "manage_clouds": "True"}
    text = PROGRAM.replace(f"    {argument}={values.get(argument)},\n", "").replace(
        "    enabled=", f"    {argument}=later(lambda: {values.get(argument, 'True')}),\n    enabled="
    )
    with pytest.raises(
        entra.ArgumentError, match=rf'"later": {argument}: must be known .* take it from the configuration \(__main__'
    ):
        world.stack(text).up()


def test_a_link_of_outputs_that_are_known_is_made_at_once() -> None:
    """As in `up`; the address may be one text."""
    world = make_world("quickstart")
    secret = '    secret_values=later(lambda: {"BaseAddress": "https://example.com"}),\n'
    text = PROGRAM.replace('["admin@contoso.com"]', '"admin@contoso.com"').replace(secret, "")
    stack = world.stack(text)
    stack.up()
    start = len(world.emulator.requests)
    stack.up()

    assert [] == world.emulator.requests.calls(start)
    world.works(1)
    stack.destroy()
    world.is_as_before()
