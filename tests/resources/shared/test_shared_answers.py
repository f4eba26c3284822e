"""Declarations of one run share what they ask, and each decides as if it had asked by itself."""

from __future__ import annotations

from typing import Any

from entra_sync.base.args import Args
from entra_sync.base.handler import Handler
from entra_sync.base.run.claims import DECLARATION
from entra_sync.emulator import Emulator
from entra_sync.graph.gateway import AGREEING
from entra_sync.graph.loop import together
from entra_sync.graph.paths import ACCESS_POLICY
from entra_sync.graph.requests import Request
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.allowed_cloud_endpoint import AllowedCloudEndpointArgs, AllowedCloudEndpointHandler
from entra_sync.resources.cross_tenant_partner import CrossTenantPartnerArgs, CrossTenantPartnerHandler
from entra_sync.resources.service_principal import ServicePrincipalArgs, ServicePrincipalHandler
from tests.gateways import gateways
from tests.resources.lifecycle import wire

JSON = Any


def check(handler: Handler[Any], name: str, args: Args) -> dict[str, JSON]:
    """The checked inputs of a declaration."""
    result = handler.check({}, {**wire(args.body()), DECLARATION: f"project/test/{name}"})
    assert [] == result.failures
    return {key: value for key, value in wire(result.inputs).items() if key != DECLARATION}


def application(contoso: Tenant, federal: Tenant, name: str) -> ServicePrincipalArgs:
    """The application of a link into another cloud."""
    return ServicePrincipalArgs(tenant=contoso, display_name=name, cross_cloud=True, target=federal)


def test_a_second_link_asks_only_for_its_name(emulator: Emulator, contoso: Tenant, federal: Tenant) -> None:
    """And the settings of a link ask nothing: its application has asked whether they are there."""
    handler = ServicePrincipalHandler()
    first = check(handler, "a", application(contoso, federal, "a"))
    before = len(emulator.requests)
    second = check(handler, "b", application(contoso, federal, "b"))
    named = len(emulator.requests) - before
    check(AllowedCloudEndpointHandler(), "c", AllowedCloudEndpointArgs(tenant=contoso, cloud="usgov"))
    check(CrossTenantPartnerHandler(), "p", CrossTenantPartnerArgs(tenant=contoso, partner_tenant_id=federal.tenant_id))

    assert (AGREEING, AGREEING) == (named, len(emulator.requests) - before)
    assert [call["call"] for call in first["graphCalls"]] == [call["call"] for call in second["graphCalls"]]


def test_what_another_resource_has_written_is_seen(contoso: Tenant, federal: Tenant) -> None:
    """Both were missing when the run began."""
    handler = CrossTenantPartnerHandler()
    args = CrossTenantPartnerArgs(tenant=contoso, partner_tenant_id=federal.tenant_id)
    first = check(handler, "a", args)
    handler.create({**first, DECLARATION: "project/test/a"})

    assert 1 == len(first["graphCalls"])
    assert [] == check(handler, "b", args)["graphCalls"]


def test_a_second_preview_of_a_process_sees_the_tenant_as_it_is_then(contoso: Tenant, emulator: Emulator) -> None:
    """Every declaration of it, also those that are checked after the first one."""
    handler, args = AllowedCloudEndpointHandler(), AllowedCloudEndpointArgs(tenant=contoso, cloud="usgov")
    first = [check(handler, name, args)["graphCalls"] for name in "ab"]
    elsewhere = gateways(emulator)["contoso"].transport  # of another process, whose writes this one does not notice
    together(elsewhere.send(Request("PATCH", ACCESS_POLICY, {"allowedCloudEndpoints": ["microsoftonline.us"]})))

    assert [1, 1] == [len(calls) for calls in first]
    assert [[], []] == [check(handler, name, args)["graphCalls"] for name in "ab"]
