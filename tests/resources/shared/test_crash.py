"""A run that dies after any of its writes, or loses any answer: the tenants end as if nothing had happened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from entra_sync.base.args import Args
from entra_sync.base.handler import Handler
from entra_sync.base.principals import Group
from entra_sync.base.run.memory import forget
from entra_sync.emulator import Emulator
from entra_sync.expressions import Mappings, all_of, any_of, clause, defaults, read_filter, read_mappings
from entra_sync.graph.gateway import Graph, connecting
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.allowed_cloud_endpoint import AllowedCloudEndpointArgs, AllowedCloudEndpointHandler
from entra_sync.resources.app_role_assignments import AppRoleAssignmentsArgs, AppRoleAssignmentsHandler
from entra_sync.resources.cross_tenant_partner import CrossTenantPartnerArgs, CrossTenantPartnerHandler
from entra_sync.resources.identity_synchronization import IdentitySynchronizationArgs, IdentitySynchronizationHandler
from entra_sync.resources.service_principal import ServicePrincipalArgs, ServicePrincipalHandler
from entra_sync.resources.shared.access_settings import AutomaticUserConsent
from entra_sync.resources.shared.ownership.reference import LinkReference
from entra_sync.resources.synchronization_job import SynchronizationJobArgs, SynchronizationJobHandler
from entra_sync.resources.synchronization_schedule import SynchronizationScheduleArgs, SynchronizationScheduleHandler
from entra_sync.resources.synchronization_schema import SynchronizationSchemaArgs, SynchronizationSchemaHandler
from entra_sync.resources.synchronization_secrets import SynchronizationSecretsArgs, SynchronizationSecretsHandler
from tests.crashes import LOST, killed_at, losing
from tests.gateways import gateways
from tests.ownership.tenants import held
from tests.resources.conftest import tenant
from tests.resources.lifecycle import wire

JSON = Any
POLICY = "/v1.0/policies/crossTenantAccessPolicy"
WRITES = 13
"""Writes of the whole link with two groups."""


SECOND_OF_BATCH = 8
"""Number of the write that goes in one JSON batch with the one before it, so that it has no answer of its own."""


class Run:
    """The link's resources in their order, with the state that the engine would have after a crash."""

    def __init__(self, contoso: Tenant, federal: Tenant, groups: list[str]) -> None:
        self.contoso, self.federal, self.groups = contoso, federal, groups
        self.states: dict[str, tuple[str, dict[str, JSON], dict[str, JSON]]] = {}

    def up(self) -> None:
        """Creates what has no state; what has one is unchanged."""
        for name, handler, make in self.steps():
            if name in self.states:
                continue
            checked = handler.check({}, wire(make().body()))
            assert not checked.failures, [failure.reason for failure in checked.failures]
            inputs = wire(checked.inputs)
            result = handler.create(inputs)
            self.states[name] = (result.id, inputs, wire(result.outs))

    def destroy(self) -> None:
        """Deletes everything, dependents first."""
        for name, handler, _ in reversed(self.steps()):
            id, _, outputs = self.states.pop(name)
            handler.delete(id, outputs)

    def steps(self) -> list[tuple[str, Handler[Any], Callable[[], Args]]]:
        """Name, handler and arguments of each resource."""
        contoso, federal = self.contoso, self.federal
        out, into = AutomaticUserConsent(outbound_allowed=True), AutomaticUserConsent(inbound_allowed=True)

        def owner() -> str:
            return str(self.states["application"][2]["servicePrincipalId"])

        def link() -> LinkReference:
            id = str(self.states["application"][2]["applicationId"])
            return LinkReference(tenant=contoso, target=federal, application_id=id)

        def job() -> str:
            return str(self.states["job"][2]["jobId"])

        return [
            (
                "application",
                ServicePrincipalHandler(),
                lambda: ServicePrincipalArgs(
                    tenant=contoso, display_name="To Federal", cross_cloud=True, target=federal
                ),
            ),
            (
                "source cloud",
                AllowedCloudEndpointHandler(),
                lambda: AllowedCloudEndpointArgs(tenant=contoso, cloud="usgov", application=link()),
            ),
            (
                "target cloud",
                AllowedCloudEndpointHandler(),
                lambda: AllowedCloudEndpointArgs(tenant=federal, cloud="global", application=link()),
            ),
            (
                "source partner",
                CrossTenantPartnerHandler(),
                lambda: CrossTenantPartnerArgs(
                    tenant=contoso,
                    partner_tenant_id=federal.tenant_id,
                    automatic_user_consent_settings=out,
                    application=link(),
                ),
            ),
            (
                "target partner",
                CrossTenantPartnerHandler(),
                lambda: CrossTenantPartnerArgs(
                    tenant=federal,
                    partner_tenant_id=contoso.tenant_id,
                    automatic_user_consent_settings=into,
                    application=link(),
                ),
            ),
            (
                "inbound",
                IdentitySynchronizationHandler(),
                lambda: IdentitySynchronizationArgs(
                    tenant=federal, partner_tenant_id=contoso.tenant_id, application=link()
                ),
            ),
            (
                "assignments",
                AppRoleAssignmentsHandler(),
                lambda: AppRoleAssignmentsArgs(
                    tenant=contoso, service_principal_id=owner(), principals=[Group(id) for id in self.groups]
                ),
            ),
            (
                "job",
                SynchronizationJobHandler(),
                lambda: SynchronizationJobArgs(
                    tenant=contoso, service_principal_id=owner(), target_tenant_id=federal.tenant_id
                ),
            ),
            (
                "secrets",
                SynchronizationSecretsHandler(),
                lambda: SynchronizationSecretsArgs(
                    tenant=contoso, service_principal_id=owner(), target_tenant_id=federal.tenant_id
                ),
            ),
            (
                "schema",
                SynchronizationSchemaHandler(),
                lambda: SynchronizationSchemaArgs(
                    tenant=contoso,
                    service_principal_id=owner(),
                    job_id=job(),
                    mappings=Mappings(tuple(defaults("global", "usgov").constant("companyName", "Contoso"))[-1:]),
                    filters=any_of(all_of(clause("country").equals("US"))),
                ),
            ),
            (
                "schedule",
                SynchronizationScheduleHandler(),
                lambda: SynchronizationScheduleArgs(tenant=contoso, service_principal_id=owner(), job_id=job()),
            ),
        ]


def configuration(portal: Callable[..., JSON]) -> JSON:
    """Everything that the link sets, without ids that are drawn again."""
    applications = portal("contoso", "GET", "/v1.0/applications?$filter=displayName eq 'To Federal'")["value"]
    owner = portal("contoso", "GET", f"/v1.0/servicePrincipals(appId='{applications[0]['appId']}')")["id"]
    synchronization = f"/v1.0/servicePrincipals/{owner}/synchronization"
    jobs = portal("contoso", "GET", f"{synchronization}/jobs")["value"]
    schema = portal("contoso", "GET", f"{synchronization}/jobs/{jobs[0]['id']}/schema")
    assigned = portal("contoso", "GET", f"/v1.0/servicePrincipals/{owner}/appRoleAssignedTo")["value"]
    return {
        "policies": [portal(name, "GET", POLICY) for name in ("contoso", "federal")],
        "partners": [portal(name, "GET", f"{POLICY}/partners")["value"] for name in ("contoso", "federal")],
        "applications": len(applications),
        "jobs": [(each["templateId"], each["schedule"]["state"]) for each in jobs],
        "secrets": portal("contoso", "GET", f"{synchronization}/secrets")["value"],
        "assigned": sorted(each["principalId"] for each in assigned),
        "mappings": [str(mapping) for mapping in read_mappings(schema)],
        "filter": read_filter(schema).graph(),
    }


@pytest.fixture
def groups(portal) -> list[str]:
    """Two groups of Contoso."""
    return [group["id"] for group in portal("contoso", "GET", "/v1.0/groups?$select=id")["value"][:2]]


@pytest.fixture
def before(emulator) -> JSON:
    """What the tenants hold before the first run."""
    return held(gateways(emulator))


@pytest.fixture(scope="module")
def undisturbed() -> JSON:
    """The tenants after a run that nothing disturbed, on an emulator of its own, whose ids are the same."""
    other = Emulator.sample("contoso", seed=3, people=20)
    other.tenants["federal"].allow_cross_cloud_synchronization_from("global")
    found = [group["id"] for group in gateways(other)["contoso"].get("/v1.0/groups?$select=id")["value"][:2]]
    run = Run(tenant(other, "contoso"), tenant(other, "federal"), found)
    with connecting(lambda each: Graph(each, credential=other.credential(each.name), transport=other.transport())):
        run.up()

    assert WRITES == len(other.requests.writes)
    return configuration(lambda name, method, path: gateways(other)[name].get(path))


@pytest.mark.parametrize("last", range(1, WRITES + 1))
def test_a_second_run_ends_in_the_same_tenants_and_a_destroy_in_those_before(
    last, undisturbed, before, contoso, federal, groups, emulator, portal
) -> None:
    """Whatever the write was after which the process died."""
    run = Run(contoso, federal, groups)
    with killed_at(emulator, last):
        run.up()
    forget()
    run.up()

    assert undisturbed == configuration(portal)
    forget()
    run.destroy()
    assert before == held(gateways(emulator))


@pytest.mark.parametrize("drop", ["before", "after"])
@pytest.mark.parametrize("number", [number for number in range(WRITES) if number != SECOND_OF_BATCH])
def test_an_answer_that_is_lost_is_made_up_for(
    number, drop, undisturbed, before, contoso, federal, groups, emulator, portal
) -> None:
    """The connection breaks at any one write, before it is carried out or after: one run is enough all the same."""
    run = Run(contoso, federal, groups)
    with losing(emulator, number, drop):
        run.up()

    assert 1 == len(LOST)
    assert undisturbed == configuration(portal)
    forget()
    run.destroy()
    assert before == held(gateways(emulator))
