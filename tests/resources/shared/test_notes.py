"""What a preview says beside its calls: an object that exists already is noted, unless it is adopted or unchanged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from entra_sync.base.args import Args
from entra_sync.base.principals import Group
from entra_sync.resources.allowed_cloud_endpoint import AllowedCloudEndpointArgs, AllowedCloudEndpointHandler
from entra_sync.resources.cross_tenant_partner import CrossTenantPartnerArgs, CrossTenantPartnerHandler
from entra_sync.resources.identity_synchronization import IdentitySynchronizationArgs, IdentitySynchronizationHandler
from entra_sync.resources.license_assignment import License, LicenseAssignmentArgs, LicenseAssignmentHandler
from entra_sync.resources.licensed_scope import LicensedScopeArgs, LicensedScopeHandler
from entra_sync.resources.synchronization_secrets import read_notification
from tests.resources.lifecycle import Lifecycle

JSON = Any
POLICY = "/v1.0/policies/crossTenantAccessPolicy"
P2 = "84a661c4-e949-4bd2-a560-ed7766fcaf2b"
LEFT = "a destroy leaves it as it was"
NOTED = {
    "cloud": "the usgov cloud is allowed already",
    "partner": "is there already",
    "inbound": "may synchronize already",
    "license": "has 1 of these licenses already",
    "scope": "1 of 1 principals have the licenses already",
}
Prepare = Callable[[str], tuple[Lifecycle, Callable[..., Args], Callable[[], Any]]]


@pytest.fixture
def prepare(resource, portal, contoso, federal) -> Prepare:
    """A kind of resource, what makes its arguments, and what makes its object elsewhere."""
    other, cloud = federal.tenant_id, {"allowedCloudEndpoints": ["microsoftonline.us"]}
    group = Group(portal("contoso", "GET", "/v1.0/groups?$filter=displayName eq 'Engineering'")["value"][0]["id"])
    mine = {"licenses": [License(sku="AAD_PREMIUM_P2")]}
    give = {"addLicenses": [{"skuId": P2, "disabledPlans": []}], "removeLicenses": []}
    partners = f"{POLICY}/partners"
    inbound = f"{partners}/{contoso.tenant_id}/identitySynchronization"
    kinds = {
        "cloud": (
            AllowedCloudEndpointHandler,
            lambda **k: AllowedCloudEndpointArgs(tenant=contoso, cloud="usgov", **k),
            lambda: portal("contoso", "PATCH", POLICY, cloud),
        ),
        "partner": (
            CrossTenantPartnerHandler,
            lambda **k: CrossTenantPartnerArgs(tenant=contoso, partner_tenant_id=other, **k),
            lambda: portal("contoso", "POST", partners, {"tenantId": other}),
        ),
        "inbound": (
            IdentitySynchronizationHandler,
            lambda **k: IdentitySynchronizationArgs(tenant=federal, partner_tenant_id=contoso.tenant_id, **k),
            lambda: portal("federal", "PUT", inbound, {"userSyncInbound": {"isSyncAllowed": True}}),
        ),
        "license": (
            LicenseAssignmentHandler,
            lambda **k: LicenseAssignmentArgs(tenant=contoso, principal=group, **mine, **k),
            lambda: portal("contoso", "POST", f"{group.path}/assignLicense", give),
        ),
        "scope": (
            LicensedScopeHandler,
            lambda **k: LicensedScopeArgs(tenant=contoso, principals=[group], **mine, **k),
            lambda: portal("contoso", "POST", f"{group.path}/assignLicense", give),
        ),
    }

    def make(kind: str) -> tuple[Lifecycle, Callable[..., Args], Callable[[], Any]]:
        handler, args, elsewhere = kinds[kind]
        if kind == "inbound":
            portal("federal", "POST", partners, {"tenantId": contoso.tenant_id})
        return resource(handler()), args, elsewhere

    return make


@pytest.mark.parametrize("kind", NOTED)
def test_what_exists_already_is_noted_in_the_first_preview(prepare: Prepare, kind: str, capfd) -> None:
    made, args, elsewhere = prepare(kind)
    elsewhere()
    made.up(args())
    first = capfd.readouterr().err
    made.preview(args())

    assert f"{NOTED[kind]}; {LEFT}" in first
    assert 1 == first.count(LEFT)
    assert "" == capfd.readouterr().err


@pytest.mark.parametrize("kind", NOTED)
def test_what_is_adopted_is_not_noted(prepare: Prepare, kind: str, capfd) -> None:
    made, args, elsewhere = prepare(kind)
    elsewhere()
    made.preview(args(adopt=True))

    assert LEFT not in capfd.readouterr().err


@pytest.mark.parametrize("kind", NOTED)
def test_what_is_new_is_not_noted(prepare: Prepare, kind: str, capfd) -> None:
    made, args, _ = prepare(kind)
    made.preview(args())

    assert LEFT not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"Enabled":true,"Recipients":"a@b; c@d,","DeleteThresholdEnabled":true,"DeleteThresholdValue":7}',
         (["a@b", "c@d"], 7)),
        ('{"Enabled":false,"Recipients":"a@b","DeleteThresholdEnabled":true,"DeleteThresholdValue":7}', ([], 7)),
        ('{"Enabled":true,"Recipients":"a@b","DeleteThresholdEnabled":false,"DeleteThresholdValue":7}', (["a@b"], 0)),
        ('{"Enabled":true,"Recipients":null,"DeleteThresholdEnabled":true}', ([], 500)),
        ('{"DeleteThresholdEnabled":true,"DeleteThresholdValue":-3}', ([], 0)),
        ("{}", ([], 0)),
    ],
)  # fmt: skip
def test_the_notification_settings_are_read_as_the_service_writes_them(text: str, expected: JSON) -> None:
    assert expected == read_notification(text)


@pytest.mark.parametrize("text", ["", "[]", "5", '{"DeleteThresholdEnabled":true,"DeleteThresholdValue":"x"}'])
def test_other_notification_settings_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a JSON object of notification settings"):
        read_notification(text)
