"""What other tools' own suites send, and no other test here: each is answered as those tools need it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.api import Api

JSON = Any
DEFAULT = "/policies/crossTenantAccessPolicy/default"


@pytest.mark.parametrize(
    "name",
    ["errorUrl", "passwordSingleSignOnSettings", "publishedPermissionScopes", "publisherName", "samlMetadataUrl"],
)
def test_beta_shows_what_azuread_selects_of_a_service_principal(contoso: Api, name: str) -> None:
    found = contoso.get(f"/servicePrincipals?$top=1&$select=id,{name}", version="beta")["value"][0]

    assert {"id", name} == {key for key in found if "@" not in key}


def test_beta_writes_whether_tokens_need_a_post(contoso: Api) -> None:
    path = f"/applications/{contoso.post('/applications', {'displayName': 'A'})['id']}"
    contoso.ok("PATCH", path, {"oauth2RequirePostResponse": True}, version="beta")

    assert contoso.get(path, version="beta")["oauth2RequirePostResponse"] is True


def test_policy_and_default_have_an_id(contoso: Api) -> None:
    policy, default = contoso.get("/policies/crossTenantAccessPolicy"), contoso.get(DEFAULT, version="beta")

    assert f"CrossTenantAccessPolicy for {contoso.tenant.tenant_id}" == policy["displayName"]
    assert policy["id"] and default["id"]


def test_no_licenses_to_remove_may_be_null(contoso: Api) -> None:
    group = contoso.post(
        "/groups", {"displayName": "G", "mailNickname": "g", "mailEnabled": False, "securityEnabled": True}
    )["id"]
    sku = contoso.get("/subscribedSkus")["value"][0]["skuId"]
    answer = contoso.send(
        "POST", f"/groups/{group}/assignLicense", {"addLicenses": [{"skuId": sku}], "removeLicenses": None}
    )

    assert 202 == answer.status_code


def test_default_may_repeat_what_cannot_be_changed(contoso: Api) -> None:
    """microsoft365wp sends the object as a whole."""
    same = {"automaticUserConsentSettings": {"inboundAllowed": False, "outboundAllowed": False}}
    other = {"automaticUserConsentSettings": {"inboundAllowed": True, "outboundAllowed": False}}

    contoso.patch(DEFAULT, same)

    assert 400 == contoso.error("PATCH", DEFAULT, other)[0]


@pytest.mark.parametrize("name", ["Azure Databricks SCIM Provisioning Connector", "Marketo"])
def test_templates_of_azureads_examples_are_in_the_gallery(contoso: Api, name: str) -> None:
    found = contoso.get(f"/applicationTemplates?$filter=displayName eq '{name}'")["value"]

    assert [name] == [each["displayName"] for each in found]


def test_databricks_has_its_job_template(contoso: Api) -> None:
    name = "Azure Databricks SCIM Provisioning Connector"
    template = contoso.get(f"/applicationTemplates?$filter=displayName eq '{name}'")["value"][0]["id"]
    made = contoso.post(f"/applicationTemplates/{template}/instantiate", {"displayName": "D"})["servicePrincipal"]
    found = contoso.get(f"/servicePrincipals/{made['id']}/synchronization/templates")["value"]

    assert ["dataBricks"] == [each["id"] for each in found]


def test_an_empty_value_removes_a_secret(contoso: Api) -> None:
    """azuread's destroy waits until no blanked key is listed."""
    template = contoso.get("/applicationTemplates?$filter=displayName eq 'Cross-tenant synchronization'")["value"][0]
    made = contoso.post(f"/applicationTemplates/{template['id']}/instantiate", {"displayName": "S"})
    path = f"/servicePrincipals/{made['servicePrincipal']['id']}/synchronization/secrets"
    for value in ("x", ""):
        contoso.ok("PUT", path, {"value": [{"key": "CompanyId", "value": value}]})

    assert [] == contoso.get(path)["value"]


def test_graph_shows_the_delegated_permissions_of_sign_in(contoso: Api) -> None:
    graph = contoso.get("/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")

    assert {"email", "offline_access", "openid", "profile", "User.Read"} <= {
        scope["value"] for scope in graph["oauth2PermissionScopes"]
    }
