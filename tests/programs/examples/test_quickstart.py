"""The quickstart, as an engineer lives with it."""

import json

from entra_sync.graph.requests import Request
from tests.programs.conftest import Stack


def people(stack: Stack) -> dict[str, str]:
    """User principal name → display name of each user of the target."""
    users = stack.graphs["federal"].pages("/v1.0/users?$select=displayName,userPrincipalName&$top=999")
    return {user["userPrincipalName"]: user["displayName"] for user in users}


def test_up_sends_what_preview_listed_and_people_arrive(stack: Stack) -> None:
    """From nothing to synchronized people, then nothing more to do, then a narrower scope, then nothing left."""
    before = people(stack)
    stack.configure(groups=stack.groups("Engineering", "Support"))
    stack.up()
    stack.emulator.run_cycle()
    arrived = {name: display for name, display in people(stack).items() if name not in before}

    assert arrived
    assert all("#EXT#" in name and display.endswith(" (Contoso)") for name, display in arrived.items())

    requests = len(stack.emulator.requests)
    assert [] == stack.workspace.planned()
    assert "unchanged" in stack.workspace.up().output
    assert requests == len(stack.emulator.requests), "an unchanged program asks Graph nothing"

    stack.configure(groups=stack.groups("Engineering"), allow=["removed"])
    stack.up()
    stack.emulator.run_cycle()

    assert people(stack).keys() < {*before, *arrived}

    stack.destroy()
    policy = stack.graphs["federal"].get("/beta/policies/crossTenantAccessPolicy")
    assert [] == (policy["allowedCloudEndpoints"] or [])
    assert [] == list(stack.graphs["federal"].pages("/v1.0/policies/crossTenantAccessPolicy/partners"))


def test_a_log_of_a_preview_has_each_line_of_the_plan_once(stack: Stack) -> None:
    """The engine shows the first line of a message beside the resource, and the whole message below "Diagnostics"."""
    stack.configure(groups=stack.groups("Support"))
    tree, _, diagnostics = stack.workspace.preview().output.partition("Diagnostics:")
    plan = diagnostics.partition("\n\n")[0].splitlines()[2:]

    assert ["removed", "created", "unchanged", "skipped", "note:", "licenses"] == [line.split()[0] for line in plan[1:]]
    assert plan[0].strip() in tree
    assert [] == [line for line in plan[1:] if line.strip() in tree]
    assert "1 message" in tree


def test_state_holds_no_credential(stack: Stack) -> None:
    """Neither the exported state nor anything that was printed has a client secret or a token."""
    stack.configure(groups=stack.groups("Support"))
    printed = stack.workspace.up().raise_for_code().output
    state = json.dumps(stack.workspace.export())

    for tenant in stack.emulator.tenants.values():
        assert tenant.client_secret not in state + printed
    assert "eyJ" not in state + printed


def test_a_portal_edit_shows_as_drift_and_is_fixed(stack: Stack) -> None:
    """Refresh sees the edited display name; the next up puts it back."""
    stack.configure(groups=stack.groups("Support"))
    stack.made()
    application = next(
        iter(stack.graphs["contoso"].pages("/v1.0/applications?$filter=displayName eq 'contoso-to-federal'"))
    )
    rename = Request("PATCH", f"/v1.0/applications/{application['id']}", {"displayName": "renamed"})
    stack.graphs["contoso"].send(rename)

    refreshed = stack.workspace.refresh().output
    stack.up()
    restored = stack.graphs["contoso"].get(f"/v1.0/applications/{application['id']}")

    assert "updated" in refreshed
    assert "contoso-to-federal" == restored["displayName"]


def test_a_new_link_that_declares_the_template_s_mappings_sends_what_was_listed(stack: Stack) -> None:
    """The preview cannot read the schema of a job that is not there yet; the promise holds all the same."""
    program = stack.workspace.project / "__main__.py"
    text = program.read_text()
    filters, mappings = text.index("    filters="), text.index("    mappings=")
    edits, rest = text.index("    .replace("), text.index("    notify=")
    program.write_text(text[:filters] + text[mappings:edits].rstrip() + ",\n" + text[rest:])
    stack.configure(groups=stack.groups("Support"))

    assert "SynchronizationSchema" in stack.up().output
