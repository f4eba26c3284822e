"""SynchronizationJob and SynchronizationSchedule: made paused, started behind the gate, paused, restarted."""

import pytest

from entra_sync.errors import CredentialsRejected
from entra_sync.microsoft.restarts import ResetScope
from entra_sync.resources.shared.jobs import Restart
from entra_sync.resources.synchronization_job import SynchronizationJobArgs, SynchronizationJobHandler
from entra_sync.resources.synchronization_schedule import (
    SynchronizationScheduleArgs,
    SynchronizationScheduleHandler,
)
from entra_sync.resources.synchronization_secrets import SynchronizationSecretsArgs, SynchronizationSecretsHandler
from tests.resources.lifecycle import Lifecycle

POLICY = "/v1.0/policies/crossTenantAccessPolicy"


@pytest.fixture
def agreed(portal, contoso, federal) -> None:
    """Both tenants agree to the link."""
    portal("contoso", "PATCH", POLICY, {"allowedCloudEndpoints": ["microsoftonline.us"]})
    portal("federal", "PATCH", POLICY.replace("v1.0", "beta"), {"allowedCloudEndpoints": ["microsoftonline.com"]})
    out, into = {"outboundAllowed": True}, {"inboundAllowed": True}
    partners = f"{POLICY}/partners"
    portal("contoso", "POST", partners, {"tenantId": federal.tenant_id, "automaticUserConsentSettings": out})
    portal("federal", "POST", partners, {"tenantId": contoso.tenant_id, "automaticUserConsentSettings": into})
    allowed = {"userSyncInbound": {"isSyncAllowed": True}}
    portal("federal", "PUT", f"{partners}/{contoso.tenant_id}/identitySynchronization", allowed)


@pytest.fixture
def declared(contoso, application):
    """Makes arguments for a job of the application."""

    def make(**values) -> SynchronizationJobArgs:
        owner = application.outputs["servicePrincipalId"]
        return SynchronizationJobArgs(tenant=contoso, service_principal_id=owner, **values)

    return make


@pytest.fixture
def started(declared, resource, agreed, contoso, federal, application) -> Lifecycle:
    """A job with its settings, that runs."""
    owner = application.outputs["servicePrincipalId"]
    job = resource(SynchronizationJobHandler())
    job.up(declared(target_tenant_id=federal.tenant_id))
    settings = SynchronizationSecretsArgs(
        tenant=contoso, service_principal_id=owner, target_tenant_id=federal.tenant_id
    )
    resource(SynchronizationSecretsHandler()).up(settings)
    job.up(declared(target_tenant_id=federal.tenant_id, enabled=True))
    return job


def test_basic(resource, declared) -> None:
    """The template is the application's own; the service makes a job paused."""
    job = resource(SynchronizationJobHandler())
    job.up(declared())

    assert ("Paused", "Disabled") == (job.outputs["status"], job.outputs["schedule"])
    assert job.id.endswith(f"/synchronization/jobs/{job.outputs['jobId']}")


def test_the_gate_closes_before_the_job_is_made(resource, declared, federal) -> None:
    """A tenant that does not agree: nothing is created, and the message says what to do."""
    job = resource(SynchronizationJobHandler())
    with pytest.raises(CredentialsRejected, match="Microsoft cloud settings, and select it"):
        job.handler.create(job.preview(declared(target_tenant_id=federal.tenant_id)))
    jobs = f"/v1.0/servicePrincipals/{declared().service_principal_id}/synchronization/jobs"

    assert [] == job.handler.graph(declared()).get(jobs)["value"]


def test_update(started, declared, federal) -> None:
    """enabled starts and pauses; a new trigger restarts by its criteria, and a paused job is paused again."""
    assert "Active" == started.outputs["schedule"]

    started.up(declared(target_tenant_id=federal.tenant_id, enabled=False))
    assert "Paused" == started.outputs["status"]

    restart = Restart(trigger="ticket 12", reset=[ResetScope.WATERMARK])
    started.up(declared(target_tenant_id=federal.tenant_id, enabled=False, restart=restart))
    sent, after = started.emulator.requests.writes[-2:]
    assert sent.path.endswith("/restart")
    assert {"criteria": {"resetScope": "Watermark"}} == sent.body
    assert after.path.endswith("/pause")
    assert ("succeeded", "Disabled") == (started.outputs["provisioningState"], started.outputs["schedule"])


def test_adopt(resource, declared, portal) -> None:
    """A job that is there is taken, not made again."""
    owner = declared().service_principal_id
    templates = portal("contoso", "GET", f"/v1.0/servicePrincipals/{owner}/synchronization/templates")["value"]
    path = f"/v1.0/servicePrincipals/{owner}/synchronization/jobs"
    made = portal("contoso", "POST", path, {"templateId": templates[0]["id"]})
    job = resource(SynchronizationJobHandler())
    job.up(declared())

    assert made["id"] == job.outputs["jobId"]


def test_drift(started, declared, federal, portal) -> None:
    """A job that was paused in the portal is seen and started again."""
    owner, job_id = declared().service_principal_id, started.outputs["jobId"]
    portal("contoso", "POST", f"/v1.0/servicePrincipals/{owner}/synchronization/jobs/{job_id}/pause")

    assert started.refresh()
    assert started.outputs["enabled"] is False
    assert "update" == started.up(declared(target_tenant_id=federal.tenant_id, enabled=True))


def test_gone(job, declared, portal) -> None:
    """Deleted elsewhere."""
    owner, job_id = declared().service_principal_id, job.outputs["jobId"]
    portal("contoso", "DELETE", f"/v1.0/servicePrincipals/{owner}/synchronization/jobs/{job_id}")

    assert not job.refresh()


def test_delete(job, declared) -> None:
    """One call."""
    job.delete()
    jobs = f"/v1.0/servicePrincipals/{declared().service_principal_id}/synchronization/jobs"

    assert [] == job.handler.graph(declared()).get(jobs)["value"]


def test_a_schedule_starts_pauses_and_leaves_a_running_job_alone(started, declared, resource, contoso, federal) -> None:
    """It sends start only where the job does not run: the service warns of repeated starts."""
    schedule = resource(SynchronizationScheduleHandler())
    where = {"service_principal_id": declared().service_principal_id, "job_id": started.outputs["jobId"]}
    before = len(schedule.emulator.requests.writes)
    schedule.up(SynchronizationScheduleArgs(tenant=contoso, **where))

    assert before == len(schedule.emulator.requests.writes)
    schedule.up(SynchronizationScheduleArgs(tenant=contoso, enabled=False, **where))
    assert "Paused" == schedule.outputs["status"]
    schedule.up(SynchronizationScheduleArgs(tenant=contoso, enabled=True, **where))
    schedule.delete()
    assert started.refresh()
    assert "Paused" == started.outputs["status"]


@pytest.mark.parametrize("seconds", [5, 30])
def test_the_outputs_are_those_after_the_start_and_after_the_pause(
    started, declared, resource, contoso, federal, emulator, seconds
) -> None:
    """Replicas that still have the job from before are waited for, by the job and by the schedule."""
    emulator.delay_replication(seconds)
    started.up(declared(target_tenant_id=federal.tenant_id, enabled=False))
    schedule = resource(SynchronizationScheduleHandler())
    where = {"service_principal_id": declared().service_principal_id, "job_id": started.outputs["jobId"]}
    schedule.up(SynchronizationScheduleArgs(tenant=contoso, **where))
    running = (schedule.outputs["schedule"], schedule.outputs["status"])
    schedule.up(SynchronizationScheduleArgs(tenant=contoso, enabled=False, **where))

    assert ("Disabled", "Paused") == (started.outputs["schedule"], started.outputs["status"])
    assert ("Active", "NotRun") == running
    assert ("Disabled", "Paused") == (schedule.outputs["schedule"], schedule.outputs["status"])
