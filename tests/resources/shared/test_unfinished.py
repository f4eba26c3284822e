"""Resources that are not finished, and objects that are gone before they are deleted."""

from __future__ import annotations

from typing import Any

import pytest

from entra_sync.base.handler import Handler
from entra_sync.base.principals import Group
from entra_sync.errors import EntraSyncError, NotFound
from entra_sync.resources.app_role_assignments import AppRoleAssignmentsArgs, AppRoleAssignmentsHandler
from entra_sync.resources.service_principal import ServicePrincipalArgs, ServicePrincipalHandler
from entra_sync.resources.synchronization_job import SynchronizationJobArgs, SynchronizationJobHandler
from entra_sync.resources.synchronization_schedule import SynchronizationScheduleArgs, SynchronizationScheduleHandler
from entra_sync.resources.synchronization_secrets import SynchronizationSecretsArgs, SynchronizationSecretsHandler
from tests.resources.lifecycle import Lifecycle, Refused

JSON = Any


@pytest.fixture
def unfinished(resource, contoso, monkeypatch) -> Lifecycle:
    """An application that was made and could not be read back."""
    made = resource(ServicePrincipalHandler())

    def settle(self: Any, id: str, args: Any) -> None:
        raise EntraSyncError("tenant contoso (global): Graph is not available")

    with monkeypatch.context() as patched:
        patched.setattr(ServicePrincipalHandler, "wait_until_ready", settle)
        made.up(ServicePrincipalArgs(tenant=contoso, display_name="To Federal", cross_cloud=True))
    return made


def test_the_ids_of_an_unfinished_resource_are_known(unfinished, portal) -> None:
    """They stood in the answer to the creation."""
    owner = unfinished.outputs["servicePrincipalId"]

    assert "incomplete" == unfinished.outputs["provisioningState"]
    assert owner == portal("contoso", "GET", f"/v1.0/servicePrincipals/{owner}")["id"]
    assert {"applicationId", "appId"} <= unfinished.outputs.keys()


def test_a_dependent_names_the_unfinished_resource_and_its_problem(unfinished, resource, contoso) -> None:
    """It is not built on something that may be half there."""
    args = SynchronizationJobArgs(tenant=contoso, service_principal_id=unfinished.outputs["servicePrincipalId"])

    with pytest.raises(Refused, match=r"entra:ServicePrincipal .* was not finished: .*Graph is not available; run"):
        resource(SynchronizationJobHandler()).up(args)


def test_a_dependent_without_its_argument_names_the_cause(unfinished, resource, contoso) -> None:
    """Not the program, which did pass it."""
    news = {"tenant": contoso.model_dump(mode="json", by_alias=True, exclude_none=True)}
    failures = SynchronizationJobHandler().check({}, news).failures

    assert 1 == len(failures)
    assert failures[0].reason.startswith("service_principal_id: ")
    assert "was not finished: tenant contoso (global): Graph is not available" in failures[0].reason


def test_the_next_run_finishes_it_and_its_dependents(unfinished, resource, contoso) -> None:
    """Nothing is sent twice."""
    unfinished.up_unpromised(ServicePrincipalArgs(tenant=contoso, display_name="To Federal", cross_cloud=True))
    args = SynchronizationJobArgs(tenant=contoso, service_principal_id=unfinished.outputs["servicePrincipalId"])

    assert "succeeded" == unfinished.outputs["provisioningState"]
    assert "create" == resource(SynchronizationJobHandler()).up(args)


def test_an_unfinished_application_that_is_gone_is_made_again_after_a_refresh(unfinished, contoso, portal) -> None:
    """Without one the state holds its ids, and another run would wait for them in vain."""
    portal("contoso", "DELETE", f"/v1.0/applications/{unfinished.outputs['applicationId']}")
    args = ServicePrincipalArgs(tenant=contoso, display_name="To Federal", cross_cloud=True)

    with pytest.raises(NotFound, match='application "To Federal" is gone; run `pulumi up --refresh`, which makes it'):
        unfinished.up(args)
    assert not unfinished.refresh()
    assert "create" == unfinished.up(args)


@pytest.mark.parametrize("kind", ["assignments", "job", "secrets", "schedule"])
def test_undoing_what_is_gone_is_a_success(kind, application, job, resource, contoso, federal, portal) -> None:
    """Whatever the verb of the call: the application was deleted in the portal."""
    owner = application.outputs["servicePrincipalId"]
    group = portal("contoso", "GET", "/v1.0/groups?$select=id")["value"][0]["id"]
    settings = SynchronizationSecretsArgs(
        tenant=contoso, service_principal_id=owner, target_tenant_id=federal.tenant_id
    )
    made: dict[str, tuple[Handler[Any], Any]] = {
        "assignments": (
            AppRoleAssignmentsHandler(),
            AppRoleAssignmentsArgs(tenant=contoso, service_principal_id=owner, principals=[Group(group)]),
        ),
        "secrets": (SynchronizationSecretsHandler(), settings),
        "schedule": (
            SynchronizationScheduleHandler(),
            SynchronizationScheduleArgs(
                tenant=contoso, service_principal_id=owner, job_id=job.outputs["jobId"], enabled=False
            ),
        ),
    }
    each = job
    if kind != "job":
        handler, args = made[kind]
        each = resource(handler)
        each.up(args)
    if kind == "schedule":
        each.outputs["enabled"] = True  # so that its removal pauses the job
    portal("contoso", "DELETE", f"/v1.0/applications/{application.outputs['applicationId']}")

    each.handler.delete(each.id, each.outputs)


def test_a_delete_that_is_not_found_on_one_replica_is_sent_again(job, emulator, portal, application) -> None:
    """The look finds the job, so "not found" was wrong."""
    emulator.fault(method="DELETE", path="/jobs/", status=404)
    job.handler.delete(job.id, job.outputs)
    owner = application.outputs["servicePrincipalId"]

    assert [] == portal("contoso", "GET", f"/v1.0/servicePrincipals/{owner}/synchronization/jobs")["value"]


def test_one_replica_that_does_not_find_it_does_not_make_it_gone(job, emulator) -> None:
    """A refresh believes "gone" only if it is repeated."""
    emulator.fault(method="GET", path="/jobs/", status=404)

    assert job.refresh()


@pytest.mark.parametrize("command", ["preview", "diff", "refresh", "delete"])
def test_a_state_that_does_not_fit_is_an_error_that_says_what_to_do(command, application, emulator) -> None:
    """It is not taken for nothing, which would be created a second time."""
    args = application.handler.args.read(application.inputs)
    checked = application.preview(args)
    for bag in (application.inputs, application.outputs):
        bag["displayName"] = ["To Federal"]
    writes = len(emulator.requests.writes)
    act = {
        "preview": lambda: application.preview(args),
        "diff": lambda: application.handler.diff(application.id, application.outputs, checked),
        "refresh": application.refresh,
        "delete": lambda: application.handler.delete(application.id, application.outputs),
    }[command]
    with pytest.raises(
        (EntraSyncError, Refused), match=r"\S: its state does not fit .*displayName.*`pulumi stack export`"
    ):
        act()

    assert writes == len(emulator.requests.writes)
