"""Contract with Microsoft's JavaScript and Go clients: each runs one program against the emulator, over TLS.

The programs are in ``js`` and ``go``. They set what every client sets for a cloud that is not the global one, the
authority and the Graph root, and are otherwise as their documentation writes them. The one in Go also uses the library
below Terraform's azuread provider.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from entra_sync.emulator import Emulator
from entra_sync.emulator.conditions.faults import Injection
from tests.contract import programs
from tests.emulator.api import Api

JSON = Any


@dataclass
class Outcome:
    """What a program printed, and what was true of the tenant when it ran.

    Attributes:
        steps: What each step came to.
        users: Ids of the tenant's users.
        throttled: The refusal that one request met.
    """

    steps: dict[str, JSON]
    contoso: Api
    federal: Api
    users: list[str]
    throttled: Injection


def _client(name: str, *tools: str) -> Any:
    return pytest.param(name, marks=[pytest.mark.toolchain(*tools), pytest.mark.xdist_group(f"contract-{name}")])


JAVASCRIPT, GO = _client("javascript", "node", "npm"), _client("go", "go")
shown_in_javascript = pytest.mark.parametrize("outcome", [JAVASCRIPT], indirect=True)
shown_in_go = pytest.mark.parametrize("outcome", [GO], indirect=True)


@pytest.fixture(scope="module", params=[JAVASCRIPT, GO])
def outcome(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """One run of a language's program, against tenants of its own."""
    make: Callable[[Path], list[str]] = {"javascript": programs.javascript, "go": programs.go}[request.param]
    try:
        command = make(tmp_path_factory.mktemp(request.param))
    except programs.Unavailable as failed:
        if os.environ.get("ENTRA_CONTRACT") == "all":
            raise
        pytest.skip(f"libraries for {request.param} cannot be had: {str(failed).splitlines()[0]}")
    emulator = Emulator.sample("contoso", people=150)
    contoso, federal = (Api(emulator, name) for name in ("contoso", "federal"))
    consent = {"automaticUserConsentSettings": {"outboundAllowed": True}}
    partner = {"tenantId": federal.tenant.tenant_id, **consent}
    contoso.post("/policies/crossTenantAccessPolicy/partners", partner)
    reader_id, reader_secret = _reader(contoso)
    throttled = emulator.fault(path=r"^v1\.0/organization$", status=429, retry_after=1)
    with emulator.serve() as server:
        environment = {
            "ROOT": server.url(contoso.tenant.cloud),
            "TENANT_ID": contoso.tenant.tenant_id,
            "PARTNER_ID": federal.tenant.tenant_id,
            "CLIENT_ID": contoso.tenant.client_id,
            "CLIENT_SECRET": contoso.tenant.client_secret,
            "READER_ID": reader_id,
            "READER_SECRET": reader_secret,
        }
        steps = programs.run(command, environment, server.ca_file)
    users = [user["id"] for user in contoso.pages("/users?$select=id&$top=999")]
    return Outcome(steps, contoso, federal, users, throttled)


def _reader(contoso: Api) -> tuple[str, str]:
    """Client id and secret of a new application that may read users and nothing else."""
    application = contoso.post("/applications", {"displayName": "Reader"})
    principal = contoso.post("/servicePrincipals", {"appId": application["appId"]})
    graph = contoso.get("/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")
    role = next(role["id"] for role in graph["appRoles"] if role["value"] == "User.Read.All")
    body = {"principalId": principal["id"], "resourceId": graph["id"], "appRoleId": role}
    contoso.post(f"/servicePrincipals/{principal['id']}/appRoleAssignments", body)
    added = contoso.post(f"/applications/{application['id']}/addPassword", {"passwordCredential": {}})
    return application["appId"], added["secretText"]


def test_client_secret_gives_a_token_of_the_tenant(outcome: Outcome) -> None:
    """The claims are those of the tenant, the application, and this Graph."""
    token, tenant = outcome.steps["token"], outcome.contoso.tenant

    assert (tenant.tenant_id, tenant.client_id) == (token["tid"], token["appid"])
    assert 3500 < token["expires"] - outcome.contoso.emulator.clock.wall() <= 3600
    assert token["roles"] > 10


def test_wrong_secret_is_reported_with_the_services_number(outcome: Outcome) -> None:
    """The client's own exception carries the number that people search for."""
    error = outcome.steps["wrongSecret"]["error"]

    assert error["kind"] in {"AuthenticationRequiredError", "*azidentity.AuthenticationFailedError"}
    assert "AADSTS7000215" in error["message"]


def test_pages_are_followed_to_the_last(outcome: Outcome) -> None:
    """The SDK's page iterator finds every user once."""
    users = outcome.steps["users"]

    assert sorted(outcome.users) == sorted(users["ids"])
    assert 40 == users["onFirstPage"]


def test_group_gets_a_member_and_is_changed_and_deleted(outcome: Outcome) -> None:
    """Create, add by reference, read, patch, read, delete."""
    group = outcome.steps["group"]

    assert [group["added"]] == group["members"]
    assert "made by a client" == group["description"]


def test_partner_of_the_cross_tenant_access_policy_is_read(outcome: Outcome) -> None:
    """One partner by its tenant id, and the list."""
    partner = outcome.steps["partner"]

    assert {"inboundAllowed": None, "outboundAllowed": True} == partner["consent"]
    assert [outcome.federal.tenant.tenant_id] == partner["partners"]


def test_batch_answers_each_request_and_keeps_dependencies(outcome: Outcome) -> None:
    """What depends on a failed request is not tried."""
    batch = outcome.steps["batch"]

    assert {"1": 200, "2": 404, "3": 424} == batch["statuses"]
    assert outcome.contoso.tenant.tenant_id == batch["organization"]
    assert "Request_ResourceNotFound" == batch["failure"]["code"]


@pytest.mark.parametrize(
    ("step", "status", "code", "start"),
    [
        ("missing", 404, "Request_ResourceNotFound", "Resource '11111111-2222-4333-8444-555555555555' does not exist"),
        ("forbidden", 403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
        ("invalid", 400, "BadRequest", "Invalid filter clause: Could not find a property named 'color'"),
    ],
)
def test_error_body_becomes_the_clients_error(outcome: Outcome, step: str, status: int, code: str, start: str) -> None:
    """Status, code, message and request id arrive, and the request id is the one in the request log."""
    error = outcome.steps[step]["error"]
    logged = {record.request_id: record.code for record in outcome.contoso.emulator.requests}

    assert error["kind"] in {"GraphError", "odataError"}
    assert (status, code) == (error["statusCode"], error["code"])
    assert error["message"].startswith(start)
    assert code == logged[error["requestId"]]


def test_application_does_what_its_permission_allows(outcome: Outcome) -> None:
    """The application that was refused a group reads users."""
    assert 1 == len(outcome.steps["allowed"]["value"])


def test_throttled_request_is_sent_again(outcome: Outcome) -> None:
    """The SDK waits as Retry-After says and asks again, without the program knowing."""
    assert [outcome.contoso.tenant.tenant_id] == [item["id"] for item in outcome.steps["throttled"]["value"]]
    assert 1 == outcome.throttled.hits


@shown_in_javascript
def test_delta_query_ends_in_a_link_that_has_nothing_new(outcome: Outcome) -> None:
    """The page iterator keeps the delta link."""
    delta = outcome.steps["delta"]

    assert sorted(outcome.users) == sorted(delta["ids"])
    assert [] == delta["later"]


@shown_in_javascript
def test_search_counts_what_it_finds(outcome: Outcome) -> None:
    """An advanced query: $search with $count and ConsistencyLevel."""
    search = outcome.steps["search"]

    assert 5 == len(search["names"])
    assert search["count"] > 5
    assert all(any(word.lower().startswith("a") for word in name.split()) for name in search["names"])


@shown_in_javascript
def test_beta_shows_more_than_the_first_version(outcome: Outcome) -> None:
    """The same user has properties in beta that v1.0 does not show."""
    shown = set(outcome.contoso.get("/users?$top=1")["value"][0])

    assert shown < set(outcome.steps["beta"])


@shown_in_go
def test_terraforms_library_finds_the_cloud_by_its_metadata_and_reads_every_page(outcome: Outcome) -> None:
    """What Terraform's azuread provider is built on is given the metadata host alone."""
    terraform = outcome.steps["terraform"]

    assert "AzureCloud" == terraform["cloud"]
    assert sorted(outcome.users) == sorted(terraform["users"])


def resource(outcome: Outcome, name: str) -> JSON:
    """What the life of one of Terraform's resources came to; it has to end well."""
    found = outcome.steps["terraform"]["resources"][name]
    assert "error" not in found, found["error"]
    return found


@shown_in_go
@pytest.mark.parametrize(
    ("name", "before", "after"), [("application", "TERRAFORM_UPDATE_1", "acceptance"), ("user", None, "Tester")]
)
def test_terraform_makes_changes_imports_and_deletes_a(outcome: Outcome, name: str, before: JSON, after: JSON) -> None:
    """Its provider reads five times what it has written, and sends the object's own id along with a change."""
    assert {"created": before, "updated": after, "imported": True} == resource(outcome, name)


@shown_in_go
def test_terraform_gives_a_service_principal_a_password_and_a_signing_certificate(outcome: Outcome) -> None:
    """It takes the home page from its application."""
    found = resource(outcome, "servicePrincipal")

    assert "https://a.example" == found["homepage"]
    assert (True, True, True) == (found["password"], found["thumbprint"], found["metadata"])
    assert ["Sign", "Verify"] == sorted(found["usages"])
    assert ["terraform"] == found["tags"]


@shown_in_go
def test_terraform_starts_a_job_before_its_secrets(outcome: Outcome) -> None:
    """In the order of its documentation, with the template that it uses there."""
    assert {"template": "dataBricks", "started": "Active", "paused": "Disabled"} == resource(outcome, "job")


@shown_in_go
def test_terraforms_destroy_of_a_synchronization_secret_ends(outcome: Outcome) -> None:
    """It blanks the values and waits until none of their keys is listed."""
    assert {"listed": [2, 2, 0]} == resource(outcome, "secret")


@shown_in_go
def test_terraform_assigns_a_group_to_a_role(outcome: Outcome) -> None:
    """The assignment is read in the list of the resource."""
    assert {"type": "Group", "role": True} == resource(outcome, "assignment")


@shown_in_go
def test_terraform_makes_a_group_with_owner_and_members(outcome: Outcome) -> None:
    """The owner is bound in the creation."""
    found = resource(outcome, "group")

    assert ([found["owner"]], [found["owner"]]) == (found["members"], found["owners"])


@shown_in_go
def test_terraform_invites_a_guest(outcome: Outcome) -> None:
    """The invited user is read and deleted."""
    assert {"type": "Guest", "state": "PendingAcceptance"} == resource(outcome, "invitation")


@shown_in_go
def test_terraform_grants_delegated_permissions_of_graph(outcome: Outcome) -> None:
    """Of those that Graph's service principal publishes."""
    found = resource(outcome, "delegated")

    assert "openid User.Read email" == found["scope"]
    assert {"openid", "email", "profile", "offline_access", "User.Read"} <= set(found["published"])


@shown_in_go
def test_terraform_makes_an_administrative_unit_with_members(outcome: Outcome) -> None:
    """It deletes the unit by beta's older path."""
    assert {"created": "Public", "updated": "HiddenMembership", "members": 1, "left": 0} == resource(outcome, "unit")


@shown_in_go
def test_terraform_finds_a_member_of_a_unit_by_its_id(outcome: Outcome) -> None:
    """Before it adds it, afterwards, and when it is removed."""
    assert {"found": [0, 1, 0]} == resource(outcome, "unitMember")


@shown_in_go
def test_terraform_gives_a_role_for_a_unit(outcome: Outcome) -> None:
    """It activates the role first."""
    assert {"before": 0, "role": True, "member": True} == resource(outcome, "unitRole")


@shown_in_go
def test_terraform_makes_a_group_in_units(outcome: Outcome) -> None:
    """In the first of them; it reads them among what the group is a member of."""
    found = resource(outcome, "groupInUnits")

    assert "#microsoft.graph.group" == found["type"]
    assert ["#microsoft.graph.administrativeUnit"] * 2 == found["units"]


@shown_in_go
def test_terraform_assigns_a_claims_mapping_policy(outcome: Outcome) -> None:
    """It refers to the policy as a directory object."""
    found = resource(outcome, "claims")

    assert 1 == found["assigned"]
    assert '"IncludeBasicClaimSet":"true"' in found["definition"][0]
