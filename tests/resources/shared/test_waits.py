"""A resource is finished when replicas show it: what each waits for, and when it is there."""

from __future__ import annotations

from typing import Any

import pytest

from entra_sync.base.handler import Handler
from entra_sync.base.principals import Group, User
from entra_sync.graph.answers.fresh import second_look
from entra_sync.graph.gateway import Awaited, Graph
from entra_sync.resources.app_role_assignments import AppRoleAssignmentsHandler
from entra_sync.resources.cross_tenant_partner import CrossTenantPartnerHandler
from entra_sync.resources.identity_synchronization import IdentitySynchronizationHandler
from entra_sync.resources.service_principal import ServicePrincipalHandler
from entra_sync.resources.synchronization_job import SynchronizationJobHandler
from entra_sync.resources.synchronization_schedule import SynchronizationScheduleHandler
from entra_sync.resources.synchronization_secrets import SynchronizationSecretsHandler

JSON = Any
OWNER, OTHER, GROUP, USER = (f"{number}0000000-0000-4000-8000-000000000000" for number in range(1, 5))
ABOUT = {"service_principal_id": OWNER}
BOTH = {**ABOUT, "principals": [Group(GROUP), User(USER)]}
RUNS, PAUSED = {"schedule": {"state": "Active"}}, {"schedule": {"state": "Disabled"}}
PARTNER = f"/crossTenantAccessPolicy/partners/{OTHER}"
SYNCHRONIZATION = f"/servicePrincipals/{OWNER}/synchronization"


def listed(*ids: str, **more: str) -> JSON:
    """Assignments of principals."""
    return {"value": [{"principalId": id} for id in ids], **more}


def keys(**values: str) -> JSON:
    """A set of secrets."""
    return {"value": [{"key": key, "value": value} for key, value in values.items()]}


WAITS: list[tuple[type[Handler[Any]], dict[str, JSON], str, list[JSON], list[JSON]]] = [
    # resource, arguments, the end of the path that is read, answers that end the wait, answers that do not
    (CrossTenantPartnerHandler, {"partner_tenant_id": OTHER}, PARTNER, [{"tenantId": OTHER}], [{}]),
    (
        IdentitySynchronizationHandler,
        {"partner_tenant_id": OTHER},
        f"{PARTNER}/identitySynchronization",
        [{"tenantId": OTHER}],
        [{}],
    ),
    (
        AppRoleAssignmentsHandler,
        BOTH,
        f"/servicePrincipals/{OWNER}/appRoleAssignedTo?$top=999",
        [listed(GROUP, USER), listed(USER, OTHER, GROUP), listed(**{"@odata.nextLink": "https://next"})],
        [listed(), listed(GROUP), listed(USER, OTHER)],
    ),
    (SynchronizationJobHandler, {**ABOUT, "enabled": True}, f"{SYNCHRONIZATION}/jobs/job", [RUNS], [PAUSED]),
    (SynchronizationJobHandler, {**ABOUT, "enabled": False}, f"{SYNCHRONIZATION}/jobs/job", [PAUSED], [RUNS]),
    (SynchronizationJobHandler, ABOUT, f"{SYNCHRONIZATION}/jobs/job", [PAUSED, RUNS], []),
    (
        SynchronizationScheduleHandler,
        {**ABOUT, "job_id": "job", "enabled": True},
        f"{SYNCHRONIZATION}/jobs/job",
        [RUNS],
        [PAUSED],
    ),
    (
        SynchronizationScheduleHandler,
        {**ABOUT, "job_id": "job", "enabled": False},
        f"{SYNCHRONIZATION}/jobs/job",
        [PAUSED],
        [RUNS],
    ),
    (
        SynchronizationSecretsHandler,
        {**ABOUT, "target_tenant_id": OTHER, "sync_all": True},
        f"{SYNCHRONIZATION}/secrets",
        [keys(CompanyId=OTHER, SyncAll="true"), keys(CompanyId=OTHER, SyncAll="true", More="x")],
        [keys(CompanyId=OTHER, SyncAll="false"), keys(CompanyId=GROUP, SyncAll="true"), keys()],
    ),
    (
        ServicePrincipalHandler,
        {"display_name": "Link"},
        f"{SYNCHRONIZATION}/templates?$select=id",
        [{"value": [{"id": "Azure2Azure"}]}],
        [{"value": []}],
    ),
]


@pytest.mark.parametrize(
    ("handler", "arguments", "path", "ready", "unready"),
    WAITS,
    ids=[f"{each[0].__name__}-{number}" for number, each in enumerate(WAITS)],
)
def test_a_resource_waits_until_it_is_there(
    handler: type[Handler[Any]],
    arguments: dict[str, JSON],
    path: str,
    ready: list[JSON],
    unready: list[JSON],
    contoso,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The last answer that is waited for decides."""
    waits: list[Awaited] = []
    monkeypatch.setattr(Graph, "wait_for_each", lambda self, wanted, **_: waits.extend(wanted) or [{}] * len(wanted))
    ends = {ServicePrincipalHandler: OWNER, SynchronizationJobHandler: "job"}
    handler().wait_until_ready(
        f"tenant/x/{ends.get(handler, '')}", handler.args.model_validate({"tenant": contoso, **arguments})
    )
    last = waits[-1]

    assert last.path.endswith(path)
    assert [True] * len(ready) == [bool(last.until(body)) for body in ready]
    assert [False] * len(unready) == [bool(last.until(body)) for body in unready]


def test_a_list_that_lacks_a_principal_is_read_again_later(resource, application, portal, emulator, contoso) -> None:
    """Before a destroy takes an assignment for gone, a replica that is behind has time to show it."""
    made, owner = resource(AppRoleAssignmentsHandler()), application.outputs["servicePrincipalId"]
    group = Group(portal("contoso", "GET", "/v1.0/groups?$filter=displayName eq 'Engineering'")["value"][0]["id"])
    made.up(AppRoleAssignmentsHandler.args(tenant=contoso, service_principal_id=owner, principals=[group]))
    path = f"/v1.0/servicePrincipals/{owner}/appRoleAssignedTo"
    portal("contoso", "DELETE", f"{path}/{portal('contoso', 'GET', path)['value'][0]['id']}")
    before = emulator.clock.now()
    made.handler.delete(made.id, made.outputs)

    assert (emulator.clock.now() - before).total_seconds() >= second_look()
