"""A link from a US Government tenant, whose Graph does not show which account a user is linked to."""

from __future__ import annotations

import pytest

from entra_sync.graph.requests import Request
from tests.ownership.engine import Refused, Stack
from tests.ownership.world import World, make_world

PROGRAM = """
import pulumi
import entra_sync as entra

config = pulumi.Config()
entra.CrossCloudLink(
    "back",
    source=entra.Tenant("federal", **config.require_object("federal")),
    target=entra.Tenant("contoso", **config.require_object("contoso")),
    scope=[entra.Group(group) for group in config.require_object("chosen")],
    deletion_threshold=50,
)
"""


@pytest.fixture
def world() -> World:
    """Contoso and Contoso Federal."""
    return make_world("quickstart")


@pytest.fixture
def stack(world: World) -> Stack:
    """A link from Federal that has run."""
    groups = world.graphs["federal"].pages("/v1.0/groups?$select=id,displayName")
    world.config["chosen"] = [each["id"] for each in groups if each["displayName"] in {"Support", "Platform team"}]
    made = world.stack(PROGRAM)
    made.up()
    world.works(1)
    made.text = PROGRAM.replace(
        "deletion_threshold=50", 'deletion_threshold=50, mappings=entra.defaults("usgov", "global").without("city")'
    )
    return made


def test_a_change_passes_the_default_limits_if_names_and_count_agree(
    stack: Stack, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """The preview says that the links are inferred."""
    stack.up()

    assert (
        "Microsoft Graph does not show the job's links in the US Government cloud, so they are inferred from the names "
        "of accounts."
    ) in capsys.readouterr().out
    world.works(1)


def test_a_change_is_refused_if_an_account_carries_a_name_that_the_job_does_not_count(
    stack: Stack, world: World
) -> None:
    """The refusal has both numbers and where to look; nothing is sent."""
    federal = world.graphs["federal"]
    (priya,) = [each for each in federal.pages("/v1.0/users?$select=id,mail") if str(each["mail"]).startswith("priya")]
    invitation = {"invitedUserEmailAddress": priya["mail"], "inviteRedirectUrl": "https://contoso.com"}
    world.graphs["contoso"].send(Request("POST", "/v1.0/invitations", invitation, "inviting"))
    member = {"@odata.id": f"{federal.tenant.graph}/v1.0/users/{priya['id']}"}
    path = f"/v1.0/groups/{world.config['chosen'][0]}/members/$ref"
    federal.send(Request("POST", path, member, "adding a member"))
    start = len(world.emulator.requests)

    with pytest.raises(Refused, match=r"the job reports .* synchronized users. Find the difference in the job's"):
        stack.up()
    assert [] == world.emulator.requests.calls(start)
