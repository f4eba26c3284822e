"""An update never replays a creation: outputs hold what was declared, and a list is sent once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from entra_sync.base.args import Args
from entra_sync.base.handler import Handler
from entra_sync.base.principals import Group
from entra_sync.errors import EntraSyncError
from entra_sync.expressions import Mappings, defaults
from entra_sync.resources.app_role_assignments import AppRoleAssignmentsArgs, AppRoleAssignmentsHandler
from entra_sync.resources.cross_tenant_partner import CrossTenantPartnerArgs, CrossTenantPartnerHandler
from entra_sync.resources.identity_synchronization import IdentitySynchronizationArgs, IdentitySynchronizationHandler
from entra_sync.resources.service_principal import ServicePrincipalArgs, ServicePrincipalHandler
from entra_sync.resources.shared.access_settings import AutomaticUserConsent
from entra_sync.resources.synchronization_job import SynchronizationJobArgs, SynchronizationJobHandler
from entra_sync.resources.synchronization_schema import SynchronizationSchemaArgs, SynchronizationSchemaHandler
from entra_sync.resources.synchronization_secrets import SynchronizationSecretsArgs, SynchronizationSecretsHandler
from tests.resources.lifecycle import Lifecycle, Refused

JSON = Any
KINDS = ("application", "partner", "inbound", "assignments", "job", "secrets", "schema")


@pytest.fixture
def resources(contoso, federal, portal, resource) -> Callable[[str], tuple[Lifecycle, Args, Args]]:
    """For each kind: a resource without state, its arguments, and what a read sees instead of them."""
    groups = [group["id"] for group in portal("contoso", "GET", "/v1.0/groups?$select=id")["value"][:2]]
    application = ServicePrincipalArgs(tenant=contoso, display_name="To Federal", cross_cloud=True)

    def owner() -> str:
        made = resource(ServicePrincipalHandler())
        made.up(application)
        return str(made.outputs["servicePrincipalId"])

    def job(service_principal_id: str) -> str:
        made = resource(SynchronizationJobHandler())
        made.up(SynchronizationJobArgs(tenant=contoso, service_principal_id=service_principal_id))
        return str(made.outputs["jobId"])

    def make(kind: str) -> tuple[Handler[Any], Args, Mapping[str, JSON]]:
        if kind == "application":
            return ServicePrincipalHandler(), application, {"display_name": "Renamed"}
        if kind == "partner":
            consent = AutomaticUserConsent(inbound_allowed=True)
            args: Args = CrossTenantPartnerArgs(
                tenant=federal, partner_tenant_id=contoso.tenant_id, automatic_user_consent_settings=consent
            )
            return (
                CrossTenantPartnerHandler(),
                args,
                {"automatic_user_consent_settings": AutomaticUserConsent(inbound_allowed=False)},
            )
        if kind == "inbound":
            partner = CrossTenantPartnerArgs(tenant=federal, partner_tenant_id=contoso.tenant_id)
            resource(CrossTenantPartnerHandler()).up(partner)
            args = IdentitySynchronizationArgs(tenant=federal, partner_tenant_id=contoso.tenant_id)
            return IdentitySynchronizationHandler(), args, {"user_sync_inbound": False}
        if kind == "assignments":
            principals = [Group(id) for id in groups]
            args = AppRoleAssignmentsArgs(tenant=contoso, service_principal_id=owner(), principals=principals)
            return AppRoleAssignmentsHandler(), args, {"principals": []}
        if kind == "job":
            args = SynchronizationJobArgs(tenant=contoso, service_principal_id=owner(), enabled=False)
            return SynchronizationJobHandler(), args, {"enabled": True}
        if kind == "secrets":
            args = SynchronizationSecretsArgs(
                tenant=contoso, service_principal_id=owner(), target_tenant_id=federal.tenant_id
            )
            return SynchronizationSecretsHandler(), args, {"sync_all": True}
        application_id = owner()
        row = Mappings(tuple(defaults("global", "usgov").constant("companyName", "Contoso"))[-1:])
        args = SynchronizationSchemaArgs(
            tenant=contoso, service_principal_id=application_id, job_id=job(application_id), mappings=row
        )
        return SynchronizationSchemaHandler(), args, {"mappings": Mappings(())}

    def get(kind: str) -> tuple[Lifecycle, Args, Args]:
        handler, args, edit = make(kind)
        return resource(handler), args, args.model_copy(update=dict(edit))

    return get


@pytest.mark.parametrize("kind", KINDS)
def test_a_closing_read_that_differs_sends_nothing_more(kind, resources, emulator, monkeypatch) -> None:
    """The object is edited in the portal in that second, or a replica is behind: only a refresh shows it."""
    made, args, seen = resources(kind)
    read_live = type(made.handler).read_live

    def sees_something_else(self: Any, id: str, declared: Args, outputs: Mapping[str, JSON]) -> Any:
        found = read_live(self, id, declared, outputs)
        return found and (seen, found[1])

    with monkeypatch.context() as patched:
        patched.setattr(type(made.handler), "read_live", sees_something_else)
        made.up(args)
    start = len(emulator.requests)

    assert "same" == made.up(args)
    assert [] == emulator.requests.calls(start)


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_whose_outputs_differ_is_compared_with_the_tenant(kind, resources, emulator) -> None:
    """A state of an earlier version may hold what such a read saw. What the tenant has is not made a second time."""
    made, args, seen = resources(kind)
    made.up(args)
    made.outputs.update(seen.body())
    for place in (made.inputs, made.outputs):
        del place["revision"]
    start = len(emulator.requests)
    made.up_unpromised(args)
    creations = [call for call in emulator.requests.calls(start) if call[0] == "POST"]

    assert [] == creations
    assert {} == {key: value for key, value in args.body().items() if made.outputs[key] != value}
    if kind not in {"secrets", "schema"}:  # whose PUT is sent again, as it was listed
        assert [] == emulator.requests.calls(start)


@pytest.mark.parametrize("kind", KINDS)
def test_ids_in_upper_case_are_the_same_ids(kind, resources, emulator) -> None:
    """A program may write an id as another tool shows it; Graph answers in lower case."""
    made, args, _ = resources(kind)
    made.up(args)
    in_upper_case = type(args).model_validate(uppered(args.body()))
    start = len(emulator.requests)

    assert "same" == made.up(in_upper_case)
    made.outputs.update(uppered(args.body()))  # as a state of an earlier version kept them
    assert "same" == made.up(in_upper_case)
    assert [] == emulator.requests.calls(start)


@pytest.mark.parametrize("kind", KINDS)
def test_state_of_a_newer_version_is_an_error_that_names_the_setting(kind, resources, emulator) -> None:
    """A value that this version does not have may decide about users: nothing is planned and nothing is sent."""
    made, args, _ = resources(kind)
    made.up(args)
    for place in (made.inputs, made.outputs):
        place["tenant"] = {**place["tenant"], "settingOfANewerVersion": True}
    start = len(emulator.requests)

    for act in (lambda: made.up(args), made.refresh, made.delete):
        with pytest.raises((EntraSyncError, Refused), match=r"its state does not fit .*settingOfANewerVersion.* newer"):
            act()
    assert [] == emulator.requests.calls(start)


def uppered(values: JSON) -> JSON:
    """The values with each GUID in upper case."""
    text = json.dumps(values)
    return json.loads(re.sub(r'"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"', lambda id: id[0].upper(), text))


def test_the_calls_that_are_not_needed_are_printed(resources, capsys) -> None:
    """The preview lists the calls of the last time; `up` says which of them are not sent, and why."""
    made, args, _ = resources("partner")
    made.up(args)
    made.outputs["provisioningState"] = "incomplete"
    made.up_unpromised(args)

    assert "listed but not needed: POST /v1.0/policies/crossTenantAccessPolicy/partners" in capsys.readouterr().err
    assert "succeeded" == made.outputs["provisioningState"]


def test_a_change_after_a_refresh_starts_from_the_tenant(resources, portal, federal, contoso) -> None:
    """A refresh records the drift; the next run sends only what corrects it."""
    made, args, _ = resources("partner")
    made.up(args)
    path = f"/v1.0/policies/crossTenantAccessPolicy/partners/{contoso.tenant_id}"
    portal("federal", "PATCH", path, {"automaticUserConsentSettings": {"inboundAllowed": False}})

    assert made.refresh()
    assert "update" == made.up(args)
    assert portal("federal", "GET", path)["automaticUserConsentSettings"]["inboundAllowed"]
