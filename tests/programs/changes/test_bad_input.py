"""Mistakes, on the real engine: one clear line each that names resource and property, and nothing is changed.

One of each form in which a mistake is told. ``tests/mistakes`` has the tables of mistakes, which run without an engine.
"""

import re

import pytest

from tests.programs.conftest import Stack

HEADER = """
import pulumi
import entra_sync as entra

config = pulumi.Config()
contoso = entra.Tenant("contoso", **config.require_object("contoso"))
federal = entra.Tenant("federal", **config.require_object("federal"))
"""
UNKNOWN_ID = "3d0f5dec-5d3d-455c-8016-e2af1ae4d31a"


def refused(stack: Stack, program: str, **configuration: object) -> str:
    """Previews and ups a program, which must fail both times and send nothing; returns what the preview said."""
    (stack.workspace.project / "__main__.py").write_text(HEADER + program)
    stack.configure(**configuration)
    start = len(stack.emulator.requests)
    preview, up = stack.workspace.preview(), stack.workspace.run("up", "--yes")

    assert preview.code and up.code, preview.output + up.output
    assert [] == stack.emulator.requests.calls(start)
    assert "Traceback" not in preview.output + up.output
    return preview.output


def test_a_mistake_that_the_program_finds(stack: Stack) -> None:
    """The argument is named with the nearest one, at the program's own line, and no tenant is asked."""
    typo = 'entra.CrossTenantPartner("federal-partner", tenant=contoso, partner_tenantid=federal.tenant_id)'
    start = len(stack.emulator.requests)
    said = refused(stack, typo)

    assert 'entra:CrossTenantPartner "federal-partner": ' in said
    assert 'there is no argument "partner_tenantid", did you mean "partner_tenant_id"?' in said
    assert re.search(r"__main__\.py:\d+\)", said)
    assert start == len(stack.emulator.requests)


LINK = 'entra.CrossCloudLink("link", source=contoso, target=federal, scope=[], mappings=entra.Mappings((%s,)))'
CARETS = [
    ("entra.expr('Append([displayName] \" x\")')", ['expr: expected "," or ")", found \'"\'', "__main__.py:", " ^\n"]),
    (
        LINK % "entra.AttributeMapping(target='city', source='ToUpper([City])')",
        ["mappings[0].source", 'did you mean "city"?', "^^^^^^"],
    ),
]


@pytest.mark.parametrize(("program", "told"), CARETS, ids=["by the program", "by the provider"])
def test_carets_below_an_expression(stack: Stack, program: str, told: list[str]) -> None:
    """The engine keeps their place, whichever process finds the mistake."""
    (stack.workspace.project / "__main__.py").write_text(HEADER + program)
    stack.configure()
    preview = stack.workspace.preview()

    assert preview.code
    assert [] == [text for text in told if text not in preview.output], preview.output
    assert "Traceback" not in preview.output


def test_a_mistake_that_the_login_authority_finds(stack: Stack) -> None:
    """It does not know the tenant's id."""
    partner = 'entra.CrossTenantPartner("federal-partner", tenant=contoso, partner_tenant_id=federal.tenant_id)'
    said = refused(stack, partner, contoso={**stack.connections["contoso"], "tenantId": UNKNOWN_ID})

    assert "tenant contoso (global): no token from https://localhost" in said
    assert UNKNOWN_ID in said


def test_a_mistake_that_the_tenant_finds(stack: Stack) -> None:
    """Named by its place in the link."""
    said = refused(
        stack, f'entra.CrossCloudLink("link", source=contoso, target=federal, scope=[entra.Group("{UNKNOWN_ID}")])'
    )

    assert "link-impact" in said
    assert f"principals[0]: tenant contoso (global) has no group {UNKNOWN_ID}" in said
    assert " value {" not in said
