"""Mistakes, on the real engine: one clear line each that names resource and property, and nothing is changed."""

import re
from collections.abc import Callable

import pytest

from entra_sync.graph.requests import Request
from tests.programs.conftest import Stack

HEADER = """
import pulumi
import entra_sync as entra

config = pulumi.Config()
contoso = entra.Tenant("contoso", **config.require_object("contoso"))
federal = entra.Tenant("federal", **config.require_object("federal"))
"""
PARTNER = 'entra.CrossTenantPartner("federal-partner", tenant=contoso, partner_tenant_id=federal.tenant_id)'
UNKNOWN_ID = "3d0f5dec-5d3d-455c-8016-e2af1ae4d31a"


@pytest.fixture
def refused(stack: Stack) -> Callable[..., str]:
    """Previews and ups a program, which must fail both times and send nothing; returns what the preview said."""

    def run(program: str, **configuration: object) -> str:
        (stack.workspace.project / "__main__.py").write_text(HEADER + program)
        stack.configure(**configuration)
        start = len(stack.emulator.requests)
        preview, up = stack.workspace.preview(), stack.workspace.run("up", "--yes")

        assert preview.code and up.code, preview.output + up.output
        assert [] == stack.emulator.requests.calls(start)
        assert "Traceback" not in preview.output
        return preview.output

    return run


def test_a_typo_in_an_argument(refused) -> None:
    """Named with the nearest argument, at the program's own line."""
    said = refused('entra.CrossTenantPartner("federal-partner", tenant=contoso, partner_tenantid=federal.tenant_id)')

    assert 'entra:CrossTenantPartner "federal-partner": ' in said
    assert 'there is no argument "partner_tenantid", did you mean "partner_tenant_id"?' in said
    assert re.search(r"__main__\.py:\d+\)", said)


def test_a_wrong_tenant_id(refused, stack: Stack) -> None:
    """The login authority does not know it."""
    wrong = {**stack.connections["contoso"], "tenantId": UNKNOWN_ID}
    said = refused(PARTNER, contoso=wrong)

    assert "tenant contoso (global): no token from https://localhost" in said
    assert UNKNOWN_ID in said


def test_a_tenant_id_that_is_none(refused, stack: Stack) -> None:
    """A domain name instead of a GUID."""
    said = refused(PARTNER, contoso={**stack.connections["contoso"], "tenantId": "contoso.com"})

    assert 'Tenant "contoso": tenant_id: "contoso.com" is not a directory (tenant) id' in said


def test_a_pair_of_clouds_that_is_not_supported(refused, stack: Stack) -> None:
    """Before the first call, with the reason."""
    start = len(stack.emulator.requests)
    china = {**stack.connections["federal"], "cloud": "china"}
    said = refused('entra.CrossCloudLink("back", source=federal, target=contoso, scope=[])', federal=china)

    assert 'entra:CrossCloudLink "back": federal (China (21Vianet)) cannot be synchronized to contoso (global)' in said
    assert "can only receive people" in said
    assert start == len(stack.emulator.requests)


def test_what_a_pair_cannot_carry(refused) -> None:
    """manager stays within the global cloud."""
    said = refused(
        'entra.CrossCloudLink("link", source=contoso, target=federal, scope=[],'
        ' mappings=entra.Mappings((entra.AttributeMapping(target="manager", source="[manager]"),)))'
    )

    assert 'entra:CrossCloudLink "link": mappings: the service carries "manager" within the global cloud only' in said


def test_credentials_that_are_missing(refused, stack: Stack) -> None:
    """The variable that is not set is named."""
    environment = dict(stack.workspace.environment)
    del environment["ENTRA_CONTOSO_CLIENT_SECRET"]
    object.__setattr__(stack.workspace, "environment", environment)
    said = refused(PARTNER)

    assert "tenant contoso (global): ENTRA_CONTOSO_CLIENT_ID is set without a credential" in said


def test_a_permission_that_the_token_lacks(refused, stack: Stack) -> None:
    """Known in preview: the token says what it may do."""
    graph, tenant = stack.graphs["contoso"], stack.emulator.tenants["contoso"]
    own = graph.get(f"/v1.0/servicePrincipals(appId='{tenant.client_id}')")["id"]
    roles = {
        role["id"]: role["value"]
        for role in graph.get("/v1.0/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")["appRoles"]
    }
    for assignment in list(graph.pages(f"/v1.0/servicePrincipals/{own}/appRoleAssignments")):
        if roles.get(assignment["appRoleId"]) == "Policy.ReadWrite.CrossTenantAccess":
            graph.send(Request("DELETE", f"/v1.0/servicePrincipals/{own}/appRoleAssignments/{assignment['id']}"))
    said = refused(PARTNER)

    assert "federal-partner" in said
    assert "the application lacks the permission Policy.ReadWrite.CrossTenantAccess" in said


def test_a_license_that_the_tenant_does_not_own(refused, stack: Stack) -> None:
    """With the nearest one that it owns."""
    group = stack.groups("Support")[0]
    said = refused(
        f'entra.LicenseAssignment("seats", tenant=contoso, principal=entra.Group("{group}"),'
        ' licenses=[entra.License(sku="Microsoft_Entra_ID_Governanse")])'
    )

    assert "licenses[0].sku" in said
    assert 'owns no SKU "Microsoft_Entra_ID_Governanse"; did you mean "Microsoft_Entra_ID_Governance"?' in said


def test_a_group_that_does_not_exist(refused) -> None:
    """Named by its place in the scope."""
    said = refused(f'entra.CrossCloudLink("link", source=contoso, target=federal, scope=[entra.Group("{UNKNOWN_ID}")])')

    assert "link-impact" in said
    assert "principals[0]: tenant contoso (global) has no group" in said
    assert " value {" not in said
    assert f"tenant contoso (global) has no group {UNKNOWN_ID}" in said


def test_an_attribute_in_the_wrong_case(refused) -> None:
    """The mapping's place, and a caret under the attribute."""
    said = refused(
        'entra.CrossCloudLink("link", source=contoso, target=federal, scope=[],'
        " mappings=entra.Mappings((entra.AttributeMapping(target=\"city\", source='ToUpper([City])'),)))"
    )

    assert "mappings[0].source" in said
    assert 'did you mean "city"?' in said
    assert "^^^^^^" in said


@pytest.mark.parametrize(
    ("program", "line", "carets"),
    [
        ("entra.expr('Append([displayName] \" x\")')", 'expr: expected "," or ")", found \'"\'', "^"),
        ("entra.expr('Append([displayName], “ x”)')", 'write " before and after a text', "^"),
        ("entra.Limits(max_removed_percent=200)", "Limits: max_removed_percent: must be at most 100, not 200", ""),
        ("entra.clause('country').equal('US')", 'clause(…) has no "equal", did you mean "equals"?', ""),
        ("entra.CrossCloudLink('l', source=contoso, target=federal, scop=[])", 'did you mean "scope"?', ""),
    ],
)
def test_a_mistake_in_a_value_is_one_line_on_the_engine(stack: Stack, program: str, line: str, carets: str) -> None:
    """The table of mistakes runs without an engine; these show that the engine prints the same. Nothing is read."""
    (stack.workspace.project / "__main__.py").write_text(HEADER + program)
    stack.configure()
    start = len(stack.emulator.requests)
    preview = stack.workspace.preview()

    assert preview.code
    assert line in preview.output
    assert re.search(r"__main__\.py:\d+\)", preview.output)
    assert "Traceback" not in preview.output
    assert not carets or f" {carets}\n" in preview.output
    assert start == len(stack.emulator.requests)
