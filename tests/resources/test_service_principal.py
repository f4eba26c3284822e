"""ServicePrincipal: the synchronization application."""

from datetime import timedelta

import pytest

from entra_sync.errors import PermissionMissing
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.service_principal import SAME_CLOUD_TEMPLATE, ServicePrincipalArgs, ServicePrincipalHandler
from entra_sync.resources.shared.ownership import ledger
from tests.crashes import losing
from tests.resources.lifecycle import Lifecycle, Refused


@pytest.fixture
def application(resource) -> Lifecycle:
    """The resource under test."""
    return resource(ServicePrincipalHandler())


def named(portal, name: str) -> list[dict]:
    """Applications of that name."""
    return portal("contoso", "GET", f"/v1.0/applications?$filter=displayName eq '{name}'")["value"]


def test_basic(application, contoso, portal) -> None:
    """Made from the documented template; application and service principal are there."""
    application.up(ServicePrincipalArgs(tenant=contoso, display_name="To Federal"))
    outputs = application.outputs

    assert [outputs["applicationId"]] == [each["id"] for each in named(portal, "To Federal")]
    assert SAME_CLOUD_TEMPLATE == outputs["template"]
    assert f"{contoso.tenant_id}/servicePrincipals/{outputs['servicePrincipalId']}" == application.id


def test_cross_cloud_looks_the_template_up_in_the_gallery(application, contoso) -> None:
    """It is another one than the documented template for one cloud."""
    application.up(ServicePrincipalArgs(tenant=contoso, display_name="To Federal", cross_cloud=True))

    assert SAME_CLOUD_TEMPLATE != application.outputs["template"]


def test_update(application, contoso, portal) -> None:
    """Renaming is a PATCH of the application."""
    application.up(ServicePrincipalArgs(tenant=contoso, display_name="To Federal"))

    assert "update" == application.up(ServicePrincipalArgs(tenant=contoso, display_name="To USA"))
    assert 1 == len(named(portal, "To USA"))


@pytest.mark.parametrize("enabled", [True, False])
def test_only_an_application_that_is_to_be_disabled_is_switched(enabled, application, contoso) -> None:
    """A new one is enabled."""
    application.up(ServicePrincipalArgs(tenant=contoso, display_name="To Federal", enabled=enabled))

    assert enabled is application.outputs["enabled"]
    assert ["POST", *([] if enabled else ["PATCH"])] == [
        call["call"].split()[0] for call in application.inputs["graphCalls"]
    ]


def test_the_list_of_an_update_names_the_objects_by_their_ids(application, contoso, federal) -> None:
    args = ServicePrincipalArgs(tenant=contoso, display_name="To Federal", cross_cloud=True)
    application.up(args)
    made, owner = application.outputs["applicationId"], application.outputs["servicePrincipalId"]
    application.up(args.model_copy(update={"display_name": "To USA", "enabled": False, "target": federal}))

    assert [
        f"PATCH /v1.0/applications/{made}",
        f"PATCH /v1.0/applications/{made}",
        f"PATCH /v1.0/servicePrincipals/{owner}",
    ] == [call["call"] for call in application.inputs["graphCalls"]]


def test_replace(application, contoso) -> None:
    """Within a cloud or across is decided when the application is made."""
    application.up(ServicePrincipalArgs(tenant=contoso, display_name="To Federal"))

    assert "replace" == application.up(
        ServicePrincipalArgs(tenant=contoso, display_name="To Federal", cross_cloud=True)
    )


def test_a_second_run_after_a_crash_takes_the_application_that_the_first_made(application, contoso, portal) -> None:
    """The state was lost, the application is ours: no second one is made."""
    args = ServicePrincipalArgs(tenant=contoso, display_name="To Federal")
    application.up(args)
    made = application.outputs["applicationId"]
    again = Lifecycle(ServicePrincipalHandler(), application.emulator)
    again.up(args)

    assert made == again.outputs["applicationId"]
    assert 1 == len(named(portal, "To Federal"))


def test_what_was_made_is_finished_if_the_answer_is_lost(application, contoso, federal, portal, emulator) -> None:
    """The application is there when the run looks: it is still to be disabled, and to get its record."""
    args = ServicePrincipalArgs(
        tenant=contoso, display_name="To Federal", cross_cloud=True, target=federal, enabled=False
    )
    with losing(emulator, 0, "after"):
        application.up_unpromised(args)
    (made,) = named(portal, "To Federal")
    owner = application.outputs["servicePrincipalId"]

    assert "succeeded" == application.outputs["provisioningState"]
    assert portal("contoso", "GET", f"/v1.0/servicePrincipals/{owner}")["accountEnabled"] is False
    assert ledger.is_recorded(made, federal)


@pytest.mark.parametrize(
    ("shares", "made"),
    [
        (["clouds"], {"source-cloud", "target-cloud"}),
        (["partners"], {"source-partner", "target-partner"}),
        (["inbound"], {"inbound"}),
        ([], set()),
    ],
)
def test_the_record_names_only_settings_that_the_program_declares(shares, made, application, contoso, federal) -> None:
    """The others may be managed elsewhere."""
    application.up(
        ServicePrincipalArgs(tenant=contoso, display_name="To Federal", cross_cloud=True, target=federal, shares=shares)
    )
    (record,) = ledger.records(contoso, ledger.target_tag(federal.tenant_id))

    assert made == {str(each) for each in record.made}


def test_links_from_the_target_count_as_none_only_if_the_token_may_not_read_them(
    application, contoso, federal, monkeypatch
) -> None:
    """With the permission, Graph refuses for a while only, and the record would lack what these links have made."""
    refusal, read = PermissionMissing("403 Authorization_RequestDenied", status=403), ledger.records
    refusal.needed = ("Application.Read.All",)

    def records(tenant: Tenant, tag: str) -> list[ledger.Record]:
        if tenant.name == federal.name:
            raise refusal
        return read(tenant, tag)

    monkeypatch.setattr(ledger, "records", records)
    args = ServicePrincipalArgs(tenant=contoso, display_name="To Federal", cross_cloud=True, target=federal)
    refusal.held = frozenset({"Application.ReadWrite.OwnedBy"})
    with pytest.raises(Refused, match="403 Authorization_RequestDenied"):
        application.preview(args)
    refusal.held = frozenset({"Policy.Read.All"})
    application.up(args)

    assert "succeeded" == application.outputs["provisioningState"]


def test_adopt(application, contoso, portal) -> None:
    """What another identity made is refused, and adopted if the program asks for it."""
    made = portal(
        "contoso", "POST", f"/v1.0/applicationTemplates/{SAME_CLOUD_TEMPLATE}/instantiate", {"displayName": "Old"}
    )
    owners = f"/v1.0/applications/{made['application']['id']}/owners"
    for owner in portal("contoso", "GET", owners)["value"]:
        portal("contoso", "DELETE", f"{owners}/{owner['id']}/$ref")
    args = ServicePrincipalArgs(tenant=contoso, display_name="Old")

    with pytest.raises(Refused, match=r"displayName: .* was made by another identity; set adopt=True"):
        application.up(args)
    application.up(args.model_copy(update={"adopt": True}))
    assert made["application"]["id"] == application.outputs["applicationId"]


def test_drift(application, contoso, portal) -> None:
    """A name that was changed elsewhere is seen and repaired."""
    args = ServicePrincipalArgs(tenant=contoso, display_name="To Federal")
    application.up(args)
    portal("contoso", "PATCH", f"/v1.0/applications/{application.outputs['applicationId']}", {"displayName": "Other"})

    assert application.refresh()
    assert "Other" == application.outputs["displayName"]
    assert "update" == application.up(args)


def test_gone(application, contoso, portal) -> None:
    """Deleted elsewhere."""
    application.up(ServicePrincipalArgs(tenant=contoso, display_name="To Federal"))
    portal("contoso", "DELETE", f"/v1.0/applications/{application.outputs['applicationId']}")

    assert not application.refresh()


def test_delete(application, contoso, portal) -> None:
    """One call takes both; the application can be restored for 30 days."""
    application.up(ServicePrincipalArgs(tenant=contoso, display_name="To Federal"))
    service_principal = application.outputs["servicePrincipalId"]
    application.delete()
    left = portal("contoso", "GET", "/v1.0/servicePrincipals?$select=id&$top=999")["value"]

    assert [] == named(portal, "To Federal")
    assert service_principal not in {each["id"] for each in left}


def test_a_deleted_service_principal_is_restored(application, contoso, portal) -> None:
    """A refresh keeps the application as unfinished, and the next run restores the same service principal."""
    args = ServicePrincipalArgs(tenant=contoso, display_name="To Federal", cross_cloud=True)
    application.up(args)
    owner = application.outputs["servicePrincipalId"]
    portal("contoso", "DELETE", f"/v1.0/servicePrincipals/{owner}")

    assert application.refresh()
    assert "incomplete" == application.outputs["provisioningState"]
    application.up_unpromised(args)

    assert "succeeded" == application.outputs["provisioningState"]
    assert owner == portal("contoso", "GET", f"/v1.0/servicePrincipals/{owner}")["id"]


def test_an_unfinished_application_can_be_renamed(application, contoso, portal) -> None:
    """It is found by its id, and is repaired with the rename: here its service principal was deleted."""
    args = ServicePrincipalArgs(tenant=contoso, display_name="To Federal", cross_cloud=True)
    application.up(args)
    made, owner = application.outputs["applicationId"], application.outputs["servicePrincipalId"]
    portal("contoso", "DELETE", f"/v1.0/servicePrincipals/{owner}")
    assert application.refresh()
    application.up_unpromised(args.model_copy(update={"display_name": "To the agency"}))

    assert "succeeded" == application.outputs["provisioningState"]
    assert [made] == [each["id"] for each in named(portal, "To the agency")]
    assert owner == portal("contoso", "GET", f"/v1.0/servicePrincipals/{owner}")["id"]


def test_a_service_principal_that_is_gone_for_good_is_made_again(application, contoso, portal) -> None:
    """The application is adopted, as it is ours, and gets a new service principal by a listed call."""
    args = ServicePrincipalArgs(tenant=contoso, display_name="To Federal", cross_cloud=True)
    application.up(args)
    made, owner = application.outputs["applicationId"], application.outputs["servicePrincipalId"]
    portal("contoso", "DELETE", f"/v1.0/servicePrincipals/{owner}")
    portal("contoso", "DELETE", f"/v1.0/directory/deletedItems/{owner}")

    assert not application.refresh()
    assert "create" == application.up(args)
    assert made == application.outputs["applicationId"]
    assert owner != application.outputs["servicePrincipalId"]
    application.delete()
    assert [] == named(portal, "To Federal")


def test_an_empty_copy_of_an_interrupted_run_is_deleted(application, contoso, portal, emulator) -> None:
    """Two applications of ours, of which the second is empty: the older stays, and the deletion is a listed call."""
    args = ServicePrincipalArgs(tenant=contoso, display_name="To Federal", cross_cloud=True)
    template = Lifecycle(ServicePrincipalHandler(), application.emulator).preview(args)["template"]
    path, body = f"/v1.0/applicationTemplates/{template}/instantiate", {"displayName": "To Federal"}
    first = portal("contoso", "POST", path, body)["application"]["id"]
    emulator.clock.advance(timedelta(minutes=1))
    portal("contoso", "POST", path, body)

    assert "create" == application.up(args)
    assert [first] == [each["id"] for each in named(portal, "To Federal")]


def test_a_used_application_stays_although_an_empty_copy_is_older(application, contoso, portal, emulator) -> None:
    """Its job and its users would go with it."""
    args = ServicePrincipalArgs(tenant=contoso, display_name="To Federal", cross_cloud=True)
    template = Lifecycle(ServicePrincipalHandler(), application.emulator).preview(args)["template"]
    path, body = f"/v1.0/applicationTemplates/{template}/instantiate", {"displayName": "To Federal"}
    portal("contoso", "POST", path, body)
    emulator.clock.advance(timedelta(minutes=1))
    used = portal("contoso", "POST", path, body)
    jobs = f"/v1.0/servicePrincipals/{used['servicePrincipal']['id']}/synchronization"
    found = portal("contoso", "GET", f"{jobs}/templates")["value"][0]["id"]
    portal("contoso", "POST", f"{jobs}/jobs", {"templateId": found})

    assert "create" == application.up(args)
    assert [used["application"]["id"]] == [each["id"] for each in named(portal, "To Federal")]


def test_two_used_applications_are_refused(application, contoso, portal) -> None:
    """Which of them is meant cannot be told."""
    args = ServicePrincipalArgs(tenant=contoso, display_name="To Federal", cross_cloud=True)
    template = Lifecycle(ServicePrincipalHandler(), application.emulator).preview(args)["template"]
    for _ in range(2):
        path = f"/v1.0/applicationTemplates/{template}/instantiate"
        made = portal("contoso", "POST", path, {"displayName": "To Federal"})["servicePrincipal"]["id"]
        jobs = f"/v1.0/servicePrincipals/{made}/synchronization"
        found = portal("contoso", "GET", f"{jobs}/templates")["value"][0]["id"]
        portal("contoso", "POST", f"{jobs}/jobs", {"templateId": found})

    with pytest.raises(Refused, match='2 applications named "To Federal" come from that template'):
        application.up(args)
