"""A delete while no read finds the object: that is no proof that it is gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from entra_sync.base.principals import Group
from entra_sync.emulator import Emulator
from entra_sync.errors import NotFound
from entra_sync.expressions import AttributeMapping
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.app_role_assignments import AppRoleAssignmentsArgs, AppRoleAssignmentsHandler
from entra_sync.resources.identity_synchronization import IdentitySynchronizationArgs, IdentitySynchronizationHandler
from entra_sync.resources.license_assignment import License, LicenseAssignmentArgs, LicenseAssignmentHandler
from entra_sync.resources.licensed_scope import LicensedScopeArgs, LicensedScopeHandler
from entra_sync.resources.synchronization_attribute_mapping import (
    SynchronizationAttributeMappingArgs,
    SynchronizationAttributeMappingHandler,
)
from tests.resources.lifecycle import Lifecycle, wire

JSON = Any
PARTNERS = "/v1.0/policies/crossTenantAccessPolicy/partners"


@pytest.fixture
def groups(portal: Callable[..., JSON]) -> list[Group]:
    """Contoso's groups."""
    return [Group(each["id"]) for each in portal("contoso", "GET", "/v1.0/groups?$select=id")["value"]]


def unread(emulator: Emulator, path: str) -> None:
    """From now on a read of *path* finds nothing."""
    emulator.fault(method="GET", path=path, status=404, times=None)


def destroy(lifecycle: Lifecycle) -> None:
    """Deletes, as a destroy of the stack does. What is sent may be more than was listed."""
    lifecycle.handler.delete(lifecycle.id, wire(lifecycle.outputs))


def test_identity_synchronization_is_deleted(
    emulator: Emulator, contoso: Tenant, federal: Tenant, portal: Callable[..., JSON], resource: Any
) -> None:
    """The answer to the DELETE tells whether there is one."""
    portal("federal", "POST", PARTNERS, {"tenantId": contoso.tenant_id})
    made = resource(IdentitySynchronizationHandler())
    made.up(IdentitySynchronizationArgs(tenant=federal, partner_tenant_id=contoso.tenant_id))
    unread(emulator, "/identitySynchronization")
    destroy(made)
    emulator.service.faults.clear()

    with pytest.raises(NotFound):
        portal("federal", "GET", f"{PARTNERS}/{contoso.tenant_id}/identitySynchronization")


@pytest.mark.parametrize("kind", ["scope", "assignment"])
def test_licenses_are_taken_away(
    kind: str, emulator: Emulator, contoso: Tenant, groups: list[Group], portal: Callable[..., JSON], resource: Any
) -> None:
    """Of each group, although none is found."""
    emulator.tenants["contoso"].add_subscription("AAD_PREMIUM", 20)
    licenses, given = [License(sku="AAD_PREMIUM")], groups[: 2 if kind == "scope" else 1]
    made = resource(LicensedScopeHandler() if kind == "scope" else LicenseAssignmentHandler())
    if kind == "scope":
        made.up(LicensedScopeArgs(tenant=contoso, principals=given, licenses=licenses))
    else:
        made.up(LicenseAssignmentArgs(tenant=contoso, principal=given[0], licenses=licenses))
    unread(emulator, "/groups/")
    destroy(made)
    emulator.service.faults.clear()

    held = [portal("contoso", "GET", f"{each.path}?$select=assignedLicenses")["assignedLicenses"] for each in given]
    assert [[] for _ in given] == held


def test_assignments_are_not_forgotten(
    emulator: Emulator,
    contoso: Tenant,
    groups: list[Group],
    portal: Callable[..., JSON],
    resource: Any,
    application: Any,
) -> None:
    """The service principal is there, so the destroy fails, and the next one deletes them."""
    owner = application.outputs["servicePrincipalId"]
    made = resource(AppRoleAssignmentsHandler())
    made.up(AppRoleAssignmentsArgs(tenant=contoso, service_principal_id=owner, principals=groups[:1]))
    unread(emulator, "/appRoleAssignedTo")
    with pytest.raises(NotFound):
        destroy(made)
    emulator.service.faults.clear()
    destroy(made)

    assert [] == portal("contoso", "GET", f"/v1.0/servicePrincipals/{owner}/appRoleAssignedTo")["value"]


def test_a_mapping_is_not_forgotten(
    emulator: Emulator, contoso: Tenant, portal: Callable[..., JSON], resource: Any, application: Any, job: Any
) -> None:
    """The job is there: refresh and destroy fail while its schema is not found, and the next destroy puts it back."""
    owner, id = application.outputs["servicePrincipalId"], job.outputs["jobId"]
    path = f"/v1.0/servicePrincipals/{owner}/synchronization/jobs/{id}/schema"
    before = portal("contoso", "GET", path)["synchronizationRules"]
    made = resource(SynchronizationAttributeMappingHandler())
    row = AttributeMapping(target="displayName", source="[mail]")
    made.up(SynchronizationAttributeMappingArgs(tenant=contoso, service_principal_id=owner, job_id=id, mapping=row))
    unread(emulator, "/schema")
    with pytest.raises(NotFound):
        made.refresh()
    with pytest.raises(NotFound):
        destroy(made)
    emulator.service.faults.clear()
    destroy(made)

    assert before == portal("contoso", "GET", path)["synchronizationRules"]
