"""`pulumi import`: what a program made is found by its id, and the same program then has nothing to send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from entra_sync.base.args import Args
from entra_sync.base.run import claims
from entra_sync.errors import BadArgument, EntraSyncError
from entra_sync.microsoft.tenant import Tenant
from entra_sync.program.packaged.import_kinds import IMPORTS
from entra_sync.program.packaged.importing import configured
from entra_sync.program.packaged.serving import resource_classes
from tests.resources.lifecycle import Lifecycle, wire
from tests.resources.shared.importing import STACK, args_of, handler, imported, named

JSON = Any
OTHER = "99999999-1111-1111-1111-111111111111"


def test_every_kind_is_imported_but_the_one_that_is_no_object() -> None:
    """A new resource says how it is imported."""
    assert {"LinkImpact"} == resource_classes().keys() - IMPORTS.keys()


@pytest.mark.parametrize("kind", IMPORTS)
def test_round_trip(kind: str, made: Callable[[str], tuple[Lifecycle, Args]], contoso: Tenant, federal: Tenant) -> None:
    """Made by a program, forgotten, imported: nothing is written, and the same program writes nothing afterwards."""
    resource, args = made(kind)
    writes = len(resource.emulator.requests.writes)
    before = (resource.id, resource.outputs)
    result = imported(kind, named(kind, resource, args), contoso, federal)

    assert resource.id == result.id
    resource.inputs, resource.outputs = wire(result.inputs), wire(result.outs)
    assert [] == resource.preview(args)["graphCalls"]
    resource.up(args)
    assert writes == len(resource.emulator.requests.writes)
    found_out = before[1].keys() - resource.outputs.keys() - {claims.DECLARATION}
    assert found_out <= {"existing", "problem", "provisioningState", "warnings"}, (
        "an import knows what a creation knows"
    )


@pytest.mark.parametrize("kind", IMPORTS)
def test_what_an_import_prints_is_what_is_there(
    kind: str, made: Callable[[str], tuple[Lifecycle, Args]], contoso: Tenant, federal: Tenant
) -> None:
    """A program with the printed declaration has nothing to do: no update either, which would send nothing."""
    resource, args = made(kind)
    found = imported(kind, named(kind, resource, args), contoso, federal)
    arguments = {handler(kind).args.wire(name) for name in handler(kind).args.model_fields}
    printed = {key: value for key, value in wire(found.inputs).items() if key in arguments}
    inputs = handler(kind).check(wire(found.inputs), {**printed, claims.DECLARATION: f"{STACK}/{kind}/it"}).inputs

    assert [] == inputs["graphCalls"]
    assert not handler(kind).diff(found.id, wire(found.outs), wire(inputs)).changes


@pytest.mark.parametrize("kind", [kind for kind in IMPORTS if kind != "CrossTenantAccessDefault"])
def test_what_is_not_there_is_not_imported(kind: str, contoso: Tenant, federal: Tenant) -> None:
    """The engine says then that the resource does not exist. Every tenant has the default settings."""
    id = IMPORTS[kind].id.replace("<tenant id>", contoso.tenant_id).replace("<endpoint>", "microsoftonline.us")
    id = id.replace("<groups or users>", "groups")
    while "<" in id:
        start, end = id.index("<"), id.index(">")
        id = id[:start] + "12345678-1234-1234-1234-123456789012" + id[end + 1 :]

    assert "" == imported(kind, id, contoso, federal).id


def test_an_imported_setting_stays_if_a_program_did_not_make_it(
    contoso: Tenant, portal: Callable[..., JSON], resource: Callable[..., Lifecycle]
) -> None:
    """As one that is declared where it exists; adopt removes it."""
    policy = "/v1.0/policies/crossTenantAccessPolicy"
    portal("contoso", "PATCH", policy, {"allowedCloudEndpoints": ["microsoftonline.us"]})
    id = f"{contoso.tenant_id}/policies/crossTenantAccessPolicy/allowedCloudEndpoints/microsoftonline.us"
    found = imported("AllowedCloudEndpoint", id, contoso)

    assert [] == found.inputs["deleteCalls"]
    made = resource(handler("AllowedCloudEndpoint"))
    made.id, made.inputs, made.outputs = found.id, wire(found.inputs), wire(found.outs)
    made.up(args_of("AllowedCloudEndpoint", tenant=contoso, cloud="usgov", adopt=True))
    made.delete()
    assert [] == portal("contoso", "GET", policy)["allowedCloudEndpoints"]


@pytest.mark.parametrize(
    ("kind", "id", "said"),
    [
        ("CrossTenantPartner", "partner", "which has the form <tenant id>/policies/crossTenantAccessPolicy/partners/"),
        (
            "AllowedCloudEndpoint",
            "{tenant}/policies/crossTenantAccessPolicy/allowedCloudEndpoints/x.y",
            "a known cloud",
        ),
        ("CrossTenantAccessDefault", f"{OTHER}/policies/crossTenantAccessPolicy/default", "does not know the tenant 9"),
        ("LicenseAssignment", f"{{tenant}}/devices/{OTHER}/assignedLicenses", "not of devices"),
        ("LinkImpact", "{tenant}/impact/x", "nothing to import"),
    ],
)
def test_refusals(kind: str, id: str, said: str, contoso: Tenant) -> None:
    """One line that says what the id must be."""
    with pytest.raises(EntraSyncError, match=said):
        imported(kind, id.format(tenant=contoso.tenant_id), contoso)


def test_a_scope_of_which_one_has_no_license(
    made: Callable[[str], tuple[Lifecycle, Args]], portal: Callable[..., JSON], contoso: Tenant
) -> None:
    """It is named, and nothing is imported."""
    resource, _ = made("LicensedScope")
    groups = portal("contoso", "GET", "/v1.0/groups?$select=id,displayName")["value"]
    (sales,) = (each["id"] for each in groups if each["displayName"] == "Sales")

    with pytest.raises(EntraSyncError, match=f"without a license of its own, or not there: {sales}; leave it out"):
        imported("LicensedScope", f"{resource.id},{sales}", contoso)


def test_a_scope_without_a_common_license(
    made: Callable[[str], tuple[Lifecycle, Args]], portal: Callable[..., JSON], contoso: Tenant
) -> None:
    """There is nothing that could be declared for all of them."""
    resource, _ = made("LicensedScope")
    groups = portal("contoso", "GET", "/v1.0/groups?$select=id,displayName")["value"]
    (sales,) = (each["id"] for each in groups if each["displayName"] == "Sales")
    skus = portal("contoso", "GET", "/v1.0/subscribedSkus")["value"]
    other = next(each["skuId"] for each in skus if each["skuPartNumber"] != "AAD_PREMIUM_P2")
    added = {"addLicenses": [{"skuId": other, "disabledPlans": []}], "removeLicenses": []}
    portal("contoso", "POST", f"/v1.0/groups/{sales}/assignLicense", added)

    with pytest.raises(EntraSyncError, match="these principals have no license in common"):
        imported("LicensedScope", f"{resource.id},{sales}", contoso)


def test_a_link_to_a_tenant_that_is_not_configured(
    made: Callable[[str], tuple[Lifecycle, Args]], contoso: Tenant
) -> None:
    """Without it the next program would write the record again."""
    resource, _ = made("ServicePrincipal")

    with pytest.raises(EntraSyncError, match="add it to the configuration entra:tenants"):
        imported("ServicePrincipal", resource.id, contoso)


@pytest.mark.parametrize(
    ("tenants", "said"),
    [
        ("contoso", "must be a list of tenants"),
        ({"contoso": {}}, "must be a list of tenants"),
        ('[{"name": "contoso"}]', r"entra:tenants\[0\].tenantId: is required"),
    ],
)
def test_a_configuration_that_does_not_fit(tenants: JSON, said: str) -> None:
    """One line that says where."""
    with pytest.raises(BadArgument, match=said):
        configured({"tenants": tenants})


def test_tenants_are_known_by_id(contoso: Tenant) -> None:
    """As a list, and as the text that the engine makes of it; none if nothing is configured."""
    value = contoso.model_dump(mode="json", by_alias=True, exclude_none=True)

    assert {contoso.tenant_id: contoso} == configured({"tenants": [value]})
    assert {} == configured({})
