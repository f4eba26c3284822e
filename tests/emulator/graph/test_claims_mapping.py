"""Claims mapping policies, and the service principals that have one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator.api import Api

JSON = Any
POLICIES = "/policies/claimsMappingPolicies"


def definition(**values: Any) -> list[str]:
    """A definition as clients send it."""
    return [json.dumps({"ClaimsMappingPolicy": {"Version": 1, "IncludeBasicClaimSet": "true", **values}})]


def policy_of(api: Api, name: str = "Claims") -> JSON:
    """A new policy."""
    return api.post(POLICIES, {"definition": definition(), "displayName": name})


def principal_of(api: Api) -> str:
    """Path of a new service principal."""
    app = api.post("/applications", {"displayName": "A"})["appId"]
    return f"/servicePrincipals/{api.post('/servicePrincipals', {'appId': app})['id']}"


def reference(api: Api, id: str) -> JSON:
    """A body that refers to a policy, as Terraform's azuread does."""
    return {"@odata.id": f"{api.tenant.graph_url}/v1.0/directoryObjects/{id}"}


def test_a_policy_is_made_changed_and_deleted(contoso: Api) -> None:
    """As azuread_claims_mapping_policy does it."""
    made = policy_of(contoso)
    path = f"{POLICIES}/{made['id']}"
    contoso.patch(path, {"definition": definition(IncludeBasicClaimSet="false"), "displayName": "Updated"})
    changed = contoso.get(path)
    contoso.ok("DELETE", path)

    assert {
        "@odata.context": f"{contoso.tenant.graph_url}/v1.0/$metadata#policies/claimsMappingPolicies/$entity",
        "id": made["id"],
        "deletedDateTime": None,
        "description": None,
        "isOrganizationDefault": False,
        "definition": definition(),
        "displayName": "Claims",
    } == made
    assert ("Updated", definition(IncludeBasicClaimSet="false")) == (changed["displayName"], changed["definition"])
    assert 404 == contoso.error("GET", path)[0]


@pytest.mark.parametrize(
    "body",
    [
        {"displayName": "x"},
        {"definition": definition()},
        {"definition": [], "displayName": "x"},
        {"definition": definition() * 2, "displayName": "x"},
        {"definition": definition(), "displayName": "x", "color": "red"},
    ],
)
def test_wrong_policies_are_refused(contoso: Api, body: JSON) -> None:
    assert 400 == contoso.error("POST", POLICIES, body)[0]


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"ClaimsMappingPolicy": {"Version": 2}}'])
def test_a_definition_has_to_be_json_of_version_1(contoso: Api, text: str) -> None:
    """Issue 121 of entra-docs shows the message."""
    answer = contoso.error("POST", POLICIES, {"definition": [text], "displayName": "x"})

    assert (400, "Request_BadRequest", "Property definition has an invalid value.") == answer


def test_a_service_principal_has_a_policy_until_it_is_removed(contoso: Api) -> None:
    """As azuread_service_principal_claims_mapping_policy_assignment does it."""
    policy, principal = policy_of(contoso)["id"], principal_of(contoso)
    contoso.post(f"{principal}/claimsMappingPolicies/$ref", reference(contoso, policy))
    again = contoso.error("POST", f"{principal}/claimsMappingPolicies/$ref", reference(contoso, policy))
    assigned = contoso.get(f"{principal}/claimsMappingPolicies")
    applied = contoso.get(f"{POLICIES}/{policy}/appliesTo")["value"]
    contoso.ok("DELETE", f"{principal}/claimsMappingPolicies/{policy}/$ref")

    assert 400 == again[0]
    assert [policy] == [item["id"] for item in assigned["value"]]
    assert ["#microsoft.graph.servicePrincipal"] == [item["@odata.type"] for item in applied]
    assert [] == contoso.get(f"{principal}/claimsMappingPolicies")["value"]
    assert 404 == contoso.error("DELETE", f"{principal}/claimsMappingPolicies/{policy}/$ref")[0]


def test_a_deleted_policy_is_assigned_to_none(contoso: Api) -> None:
    policy, principal = policy_of(contoso)["id"], principal_of(contoso)
    contoso.post(f"{principal}/claimsMappingPolicies/$ref", reference(contoso, policy))
    references = contoso.get(f"{principal}/claimsMappingPolicies/$ref")["value"]
    contoso.ok("DELETE", f"{POLICIES}/{policy}")

    assert 1 == len(references)
    assert [] == contoso.get(f"{principal}/claimsMappingPolicies")["value"]


def test_assigning_needs_both_permissions_and_for_some_the_ownership(contoso: Api) -> None:
    """ "Assign claimsMappingPolicy", Permissions."""
    policy, principal = policy_of(contoso)["id"], principal_of(contoso)
    path, body = f"{principal}/claimsMappingPolicies/$ref", reference(contoso, policy)
    owned_only = ("Application.ReadWrite.OwnedBy", "Policy.Read.All")
    contoso.ok("DELETE", f"{principal}/owners/{contoso.get(f'{principal}/owners')['value'][0]['id']}/$ref")

    assert 403 == contoso.holding("Application.ReadWrite.All").error("POST", path, body)[0]
    assert 403 == contoso.holding(*owned_only).error("POST", path, body)[0]
    contoso.holding("Application.ReadWrite.All", "Policy.Read.All").post(path, body)
    assert [policy] == [item["id"] for item in contoso.get(f"{principal}/claimsMappingPolicies")["value"]]


def test_policies_and_their_assignments_are_audited(contoso: Api) -> None:
    policy, principal = policy_of(contoso)["id"], principal_of(contoso)
    contoso.post(f"{principal}/claimsMappingPolicies/$ref", reference(contoso, policy))
    contoso.ok("DELETE", f"{principal}/claimsMappingPolicies/{policy}/$ref")
    contoso.ok("DELETE", f"{POLICIES}/{policy}")
    found = [entry["activityDisplayName"] for entry in contoso.get("/auditLogs/directoryAudits?$top=4")["value"]]

    assert sorted(
        ["Delete policy", "Remove policy from service principal", "Add policy to service principal"]
    ) == sorted(name for name in found if "policy" in name)
