"""Arguments that a preview does not know yet: a list, a group of values or a single one, in any position."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pytest
from pulumi.output import Unknown

import entra_sync as entra
from entra_sync.base.handler import Handler
from entra_sync.base.preview import planned_steps
from entra_sync.base.rendering import render_steps
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.allowed_cloud_endpoint import AllowedCloudEndpointHandler
from entra_sync.resources.app_role_assignments import AppRoleAssignmentsHandler
from entra_sync.resources.cross_tenant_access_default import CrossTenantAccessDefaultHandler
from entra_sync.resources.cross_tenant_partner import CrossTenantPartnerHandler
from entra_sync.resources.identity_synchronization import IdentitySynchronizationHandler
from entra_sync.resources.license_assignment import LicenseAssignmentHandler
from entra_sync.resources.licensed_scope import LicensedScopeHandler
from entra_sync.resources.link_impact import LinkImpactHandler
from entra_sync.resources.service_principal import ServicePrincipalHandler
from entra_sync.resources.synchronization_attribute_mapping import SynchronizationAttributeMappingHandler
from entra_sync.resources.synchronization_job import SynchronizationJobHandler
from entra_sync.resources.synchronization_schedule import SynchronizationScheduleHandler
from entra_sync.resources.synchronization_schema import SynchronizationSchemaHandler
from entra_sync.resources.synchronization_secrets import SynchronizationSecretsHandler
from tests.resources.lifecycle import Lifecycle

JSON = Any
LATER = Unknown()
OTHER = "11111111-2222-4333-8444-555555555555"
GROUP = {"id": LATER, "kind": "Group"}
LICENSE = {"sku": "Microsoft_Entra_ID_Governance"}
RULE = {"accessType": "allowed", "targets": [{"target": LATER, "targetType": "group"}]}

UNPLANNED: dict[str, tuple[type[Handler[Any]], dict[str, JSON]]] = {
    "cloud": (AllowedCloudEndpointHandler, {"cloud": LATER}),
    "principals": (AppRoleAssignmentsHandler, {"principals": LATER}),
    "principals[]": (AppRoleAssignmentsHandler, {"principals": [LATER]}),
    "inboundTrust": (CrossTenantAccessDefaultHandler, {"inboundTrust": LATER}),
    "inboundTrust.isMfaAccepted": (CrossTenantPartnerHandler, {"inboundTrust": {"isMfaAccepted": LATER}}),
    "automaticUserConsentSettings": (CrossTenantPartnerHandler, {"automaticUserConsentSettings": LATER}),
    "partnerTenantId": (CrossTenantPartnerHandler, {"partnerTenantId": LATER}),
    "userSyncInbound": (IdentitySynchronizationHandler, {"userSyncInbound": LATER}),
    "licenses": (LicenseAssignmentHandler, {"licenses": LATER}),
    "licenses[].sku": (LicensedScopeHandler, {"licenses": [{"sku": LATER}]}),
    "principal": (LicenseAssignmentHandler, {"principal": LATER}),
    "mappings": (LinkImpactHandler, {"mappings": LATER}),
    "filters": (LinkImpactHandler, {"filters": LATER}),
    "limits": (LinkImpactHandler, {"limits": LATER}),
    "limits.maxRemoved": (LinkImpactHandler, {"limits": {"maxRemoved": LATER}}),
    "everyone": (LinkImpactHandler, {"everyone": LATER}),
    "canaries": (LinkImpactHandler, {"canaries": LATER}),
    "actions[]": (LinkImpactHandler, {"actions": [LATER]}),
    "displayName": (ServicePrincipalHandler, {"displayName": LATER}),
    "mapping": (SynchronizationAttributeMappingHandler, {"mapping": LATER}),
    "enabled": (SynchronizationJobHandler, {"enabled": LATER}),
    "restart.reset[]": (SynchronizationJobHandler, {"restart": {"trigger": "1", "reset": [LATER]}}),
    "restart.trigger": (SynchronizationScheduleHandler, {"restart": {"trigger": LATER}}),
    "actions": (SynchronizationSchemaHandler, {"actions": LATER}),
    "values": (SynchronizationSecretsHandler, {"values": LATER}),
    "notify": (SynchronizationSecretsHandler, {"notify": LATER}),
}
"""Arguments without which no Graph call can be listed."""

LISTED: dict[str, tuple[type[Handler[Any]], dict[str, JSON]]] = {
    "id of an assigned group": (AppRoleAssignmentsHandler, {"principals": [GROUP]}),
    "role": (AppRoleAssignmentsHandler, {"principals": [GROUP], "appRoleId": LATER}),
    "group of an access rule": (CrossTenantPartnerHandler, {"b2bCollaborationInbound": {"usersAndGroups": RULE}}),
    "name of an entry": (IdentitySynchronizationHandler, {"displayName": LATER}),
    "id of a licensed group": (LicenseAssignmentHandler, {"principal": GROUP}),
    "id of a licensed scope": (LicensedScopeHandler, {"principals": [GROUP]}),
    "application": (SynchronizationJobHandler, {"servicePrincipalId": LATER}),
    "job": (SynchronizationScheduleHandler, {"servicePrincipalId": LATER, "jobId": LATER}),
    "job of a schema": (SynchronizationSchemaHandler, {"jobId": LATER, "usersEnabled": False}),
    "secret": (SynchronizationSecretsHandler, {"values": {"SecretToken": LATER}}),
    "mail address": (SynchronizationSecretsHandler, {"notify": ["one@contoso.com", LATER]}),
    "threshold": (SynchronizationSecretsHandler, {"deletionThreshold": LATER}),
}
"""Arguments that are placeholders in the list."""


@pytest.fixture
def inputs(contoso: Tenant, federal: Tenant, job: Lifecycle) -> Callable[..., dict[str, JSON]]:
    """What a program declares for a resource, with some arguments that are not known yet."""
    owner = job.outputs["servicePrincipalId"]
    usual: dict[type[Handler[Any]], dict[str, JSON]] = {
        AllowedCloudEndpointHandler: {"cloud": "usgov"},
        AppRoleAssignmentsHandler: {"principals": []},
        CrossTenantPartnerHandler: {"partnerTenantId": OTHER},
        IdentitySynchronizationHandler: {"partnerTenantId": federal.tenant_id},
        LicenseAssignmentHandler: {"principal": {"id": OTHER, "kind": "Group"}, "licenses": [LICENSE]},
        LicensedScopeHandler: {"principals": [{"id": OTHER, "kind": "Group"}], "licenses": [LICENSE]},
        LinkImpactHandler: {"target": federal.model_dump(mode="json", by_alias=True, exclude_none=True)},
        ServicePrincipalHandler: {"displayName": "Another"},
        SynchronizationAttributeMappingHandler: {"mapping": {"target": "city", "source": "[city]"}},
        SynchronizationSecretsHandler: {"targetTenantId": federal.tenant_id},
    }

    def make(handler: type[Handler[Any]], unknown: Mapping[str, JSON]) -> dict[str, JSON]:
        names = {handler.args.wire(name) for name in handler.args.model_fields}
        about_the_job = {
            name: value
            for name, value in {"servicePrincipalId": owner, "jobId": job.outputs["jobId"]}.items()
            if name in names
        }
        tenant = contoso.model_dump(mode="json", by_alias=True, exclude_none=True)
        return {"tenant": tenant, **about_the_job, **usual.get(handler, {}), **unknown}

    return make


@pytest.mark.parametrize("place", UNPLANNED)
def test_a_preview_says_which_argument_is_not_known(
    place: str, inputs: Callable[..., dict[str, JSON]], capsys: pytest.CaptureFixture[str]
) -> None:
    """The list of calls is not known either, and nothing is read, listed or judged on a guess."""
    handler, unknown = UNPLANNED[place]
    result = handler().check({}, inputs(handler, unknown))

    assert [] == result.failures
    assert [place] == result.inputs["pending"]
    assert isinstance(result.inputs["graphCalls"], Unknown)
    assert isinstance(result.inputs["deleteCalls"], Unknown)
    assert all(isinstance(result.inputs[name], Unknown) for name in handler.computed)
    assert f"{place}: not known in preview" in capsys.readouterr().err


@pytest.mark.parametrize("place", LISTED)
def test_a_preview_lists_calls_with_placeholders(place: str, inputs: Callable[..., dict[str, JSON]]) -> None:
    """A name, an id or a text that is only passed on keeps nothing from being listed."""
    handler, unknown = LISTED[place]
    result = handler().check({}, inputs(handler, unknown))

    assert [] == result.failures
    assert "pending" not in result.inputs
    assert result.inputs["graphCalls"]


def test_what_is_wrong_beside_an_unknown_argument_is_refused(inputs: Callable[..., dict[str, JSON]]) -> None:
    """A value that is known is checked."""
    given = inputs(SynchronizationSecretsHandler, {"values": LATER, "deletionThreshold": -1})
    result = SynchronizationSecretsHandler().check({}, given)

    assert ["deletion_threshold: must be at least 0, not -1"] == [failure.reason for failure in result.failures]


def test_an_update_with_an_unknown_argument_is_a_change(
    inputs: Callable[..., dict[str, JSON]], contoso: Tenant
) -> None:
    """The step is shown, with the reason why its calls are not known."""
    handler = AppRoleAssignmentsHandler()
    before = handler.check({}, inputs(AppRoleAssignmentsHandler, {})).inputs
    after = handler.check(before, inputs(AppRoleAssignmentsHandler, {"principals": LATER})).inputs
    shown = json.loads(json.dumps(after, default=lambda _: "04da6b54-80e4-46f7-96ec-b56ff0331ba9"))
    step = {"op": "update", "urn": "urn:pulumi:s::p::pulumi-python:dynamic/entra:AppRoleAssignments::people"}

    assert handler.diff("an id", before, after).changes
    assert (
        "Graph calls that will be sent (0):\n"
        "update entra:AppRoleAssignments people\n"
        "    not known yet, because principals is not known in preview"
    ) == render_steps(planned_steps({"steps": [{**step, "newState": {"inputs": shown}}]})).plain


TEXTS: dict[str, Callable[[JSON], JSON]] = {
    "value of a clause": lambda output: entra.clause("department").equals(output),
    "one of a clause's values": lambda output: entra.clause("department").is_one_of("Sales", output),
    "source": lambda output: entra.AttributeMapping(target="city", source=output),
    "source of a default row": lambda output: entra.defaults("global", "usgov").replace("city", output),
    "attribute": entra.attribute,
    "constant": entra.constant,
    "expression": entra.expr,
}


@pytest.mark.parametrize("place", TEXTS)
def test_a_text_that_cannot_be_an_output_is_refused_with_the_way_to_write_it(place: str) -> None:
    """Before anything is sent, and never with the output's own text as the value."""

    async def written() -> None:
        TEXTS[place](pulumi.Output.from_input("Sales"))

    with pytest.raises((entra.ConfigurationError, ValueError), match=r"takes a text, not Output; .*\.apply\("):
        asyncio.run(written())
