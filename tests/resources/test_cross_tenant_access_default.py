"""CrossTenantAccessDefault: a singleton of the tenant, of which declared sections are managed."""

import pytest

from entra_sync.resources.cross_tenant_access_default import (
    CrossTenantAccessDefaultArgs,
    CrossTenantAccessDefaultHandler,
    InvitationRedemption,
)
from entra_sync.resources.shared.access_settings import Access, B2BSettings, InboundTrust, Target, TenantRestrictions
from tests.resources.lifecycle import Lifecycle, Refused

DEFAULT = "/v1.0/policies/crossTenantAccessPolicy/default"
NO_USER = Access(access_type="blocked", targets=[Target(target="AllUsers", target_type="user")])
CLOSED = B2BSettings(users_and_groups=NO_USER)
TRUST = InboundTrust(is_mfa_accepted=True)


@pytest.fixture
def default(resource) -> Lifecycle:
    """The resource under test."""
    return resource(CrossTenantAccessDefaultHandler())


@pytest.fixture
def declared(contoso):
    """Makes arguments for Contoso."""

    def make(**sections) -> CrossTenantAccessDefaultArgs:
        return CrossTenantAccessDefaultArgs(tenant=contoso, **sections)

    return make


def collaboration(portal) -> str:
    """Whether other tenants' users may be guests in Contoso."""
    return portal("contoso", "GET", DEFAULT)["b2bCollaborationInbound"]["usersAndGroups"]["accessType"]


def test_basic(default, declared, portal) -> None:
    """One PATCH of the declared section, with what stands beside the declared values; others are left alone."""
    before = portal("contoso", "GET", DEFAULT)
    default.up(declared(b2b_collaboration_inbound=CLOSED))
    after = portal("contoso", "GET", DEFAULT)

    assert "blocked" == after["b2bCollaborationInbound"]["usersAndGroups"]["accessType"]
    assert before["b2bCollaborationInbound"]["applications"] == after["b2bCollaborationInbound"]["applications"]
    assert before["b2bCollaborationOutbound"] == after["b2bCollaborationOutbound"]
    assert before["inboundTrust"] == after["inboundTrust"]
    assert default.id.endswith("/policies/crossTenantAccessPolicy/default")
    assert default.outputs["isServiceDefault"] is False


def test_adopt_of_what_is_so_already_sends_nothing(default, declared) -> None:
    """Settings that are as declared are taken over as they are."""
    start = len(default.emulator.requests)
    default.up(declared(inbound_trust=InboundTrust(is_mfa_accepted=False)))

    assert [] == [record for record in default.emulator.requests[start:] if record.writes]
    assert default.outputs["isServiceDefault"] is True


def test_update(default, declared, portal) -> None:
    """A section that is no longer declared stays as it is."""
    default.up(declared(b2b_collaboration_inbound=CLOSED))

    assert "update" == default.up(declared(inbound_trust=TRUST))
    assert portal("contoso", "GET", DEFAULT)["inboundTrust"]["isMfaAccepted"] is True
    assert "blocked" == collaboration(portal)


def test_update_keeps_what_another_administrator_has_set_beside(default, declared, portal) -> None:
    """What stands beside a declared value is read when it is sent, not remembered from the first time."""
    default.up(declared(inbound_trust=TRUST))
    portal("contoso", "PATCH", DEFAULT, {"inboundTrust": {"isMfaAccepted": True, "isCompliantDeviceAccepted": True}})
    default.up(declared(inbound_trust=InboundTrust(is_mfa_accepted=False)))

    assert portal("contoso", "GET", DEFAULT)["inboundTrust"]["isCompliantDeviceAccepted"] is True


def test_replace(default, declared, federal, portal) -> None:
    """Another tenant has defaults of its own; the first tenant's stay."""
    default.up(declared(b2b_collaboration_inbound=CLOSED))

    assert "replace" == default.up(CrossTenantAccessDefaultArgs(tenant=federal, inbound_trust=TRUST))
    assert "blocked" == collaboration(portal)
    assert portal("federal", "GET", DEFAULT)["inboundTrust"]["isMfaAccepted"] is True


def test_drift(default, declared, portal) -> None:
    """A declared value that was changed elsewhere is seen, and repaired by the next up."""
    default.up(declared(inbound_trust=TRUST))
    portal("contoso", "PATCH", DEFAULT, {"inboundTrust": {"isMfaAccepted": False}})

    assert default.refresh()
    assert {"isMfaAccepted": False} == default.outputs["inboundTrust"]
    assert "update" == default.up(declared(inbound_trust=TRUST))
    assert portal("contoso", "GET", DEFAULT)["inboundTrust"]["isMfaAccepted"] is True


def test_gone_it_never_is(default, declared, portal) -> None:
    """A reset by another administrator is drift: every tenant has defaults."""
    default.up(declared(b2b_collaboration_inbound=CLOSED))
    portal("contoso", "POST", f"{DEFAULT}/resetToSystemDefault")

    assert default.refresh()
    assert default.outputs["isServiceDefault"] is True
    assert "update" == default.up(declared(b2b_collaboration_inbound=CLOSED))
    assert "blocked" == collaboration(portal)


def test_delete_opens_nothing(default, declared, portal) -> None:
    """A destroy leaves the settings as they are, and the preview shows it: no call is listed."""
    default.up(declared(b2b_collaboration_inbound=CLOSED))

    assert [] == default.inputs["deleteCalls"]
    default.delete()
    assert "blocked" == collaboration(portal)


def test_delete_restores_what_stood_there_on_request(default, declared, portal) -> None:
    """Declared sections only; other changes stay."""
    default.up(declared(b2b_collaboration_inbound=CLOSED, on_delete="restore"))
    portal("contoso", "PATCH", DEFAULT, {"inboundTrust": {"isMfaAccepted": True}})
    default.delete()

    assert "allowed" == collaboration(portal)
    assert portal("contoso", "GET", DEFAULT)["inboundTrust"]["isMfaAccepted"] is True


def test_delete_restores_what_stood_there_when_it_was_declared(default, declared, portal) -> None:
    """An administrator closed the tenant after the resource was made, and before the program declared this section."""
    options = {"on_delete": "restore", "inbound_trust": TRUST}
    default.up(declared(**options))
    portal("contoso", "PATCH", DEFAULT, {"b2bCollaborationInbound": CLOSED.body()})
    everyone = Access(access_type="allowed", targets=[Target(target="AllUsers", target_type="user")])
    default.up(declared(**options, b2b_collaboration_inbound=B2BSettings(users_and_groups=everyone)))
    opened = collaboration(portal)
    default.delete()

    assert ("allowed", "blocked") == (opened, collaboration(portal))
    assert portal("contoso", "GET", DEFAULT)["inboundTrust"]["isMfaAccepted"] is False


def test_update_restores_what_is_no_longer_declared_on_request(default, declared, portal) -> None:
    """The same for a section that leaves the program."""
    default.up(declared(b2b_collaboration_inbound=CLOSED, on_delete="restore"))
    default.up(declared(inbound_trust=TRUST, on_delete="restore"))

    assert "allowed" == collaboration(portal)


BESIDE = {"isMfaAccepted": True, "isCompliantDeviceAccepted": True}


@pytest.mark.parametrize(
    "gives_up",
    [
        lambda default, declared: default.handler.delete(default.id, default.outputs),
        lambda default, declared: default.up(declared(b2b_collaboration_inbound=CLOSED, on_delete="restore")),
        lambda default, declared: default.up(
            declared(inbound_trust=InboundTrust(is_hybrid_azure_ad_joined_device_accepted=False), on_delete="restore")
        ),
    ],
    ids=["destroyed", "section declared no longer", "value declared no longer"],
)
def test_what_another_administrator_has_set_beside_stays(default, declared, portal, gives_up) -> None:
    """Only what the program declared goes back to what it was."""
    default.up(declared(inbound_trust=TRUST, on_delete="restore"))
    portal("contoso", "PATCH", DEFAULT, {"inboundTrust": BESIDE})
    gives_up(default, declared)
    trust = portal("contoso", "GET", DEFAULT)["inboundTrust"]

    assert (False, True) == (trust["isMfaAccepted"], trust["isCompliantDeviceAccepted"])


def test_what_another_administrator_has_changed_since_stays(default, declared, portal) -> None:
    """A destroy does not open what was closed since."""
    everyone = Access(access_type="allowed", targets=[Target(target="AllUsers", target_type="user")])
    default.up(declared(inbound_trust=TRUST, on_delete="restore"))
    default.up(declared(b2b_collaboration_inbound=B2BSettings(users_and_groups=everyone), on_delete="restore"))
    portal("contoso", "PATCH", DEFAULT, {"b2bCollaborationInbound": CLOSED.body()})
    default.handler.delete(default.id, default.outputs)

    assert "blocked" == collaboration(portal)


def test_delete_resets_on_request(default, declared, portal) -> None:
    """Everything is as Microsoft ships it, settings of others too."""
    default.up(declared(b2b_collaboration_inbound=CLOSED, on_delete="reset"))
    portal("contoso", "PATCH", DEFAULT, {"inboundTrust": {"isMfaAccepted": True}})
    default.delete()

    assert portal("contoso", "GET", DEFAULT)["isServiceDefault"] is True


def test_redemption_goes_by_graphs_names(default, declared, portal) -> None:
    """Where guests sign in."""
    redemption = InvitationRedemption(
        primary_identity_provider_precedence_order=["externalFederation", "azureActiveDirectory"],
        fallback_identity_provider="emailOneTimePasscode",
    )
    default.up(declared(invitation_redemption_identity_provider_configuration=redemption))
    found = portal("contoso", "GET", DEFAULT)["invitationRedemptionIdentityProviderConfiguration"]

    assert "emailOneTimePasscode" == found["fallbackIdentityProvider"]
    assert ["externalFederation", "azureActiveDirectory"] == found["primaryIdentityProviderPrecedenceOrder"]


def test_automatic_redemption_is_no_default(default, contoso) -> None:
    """Graph refuses it, so the program hears of it before anything is sent."""
    args = CrossTenantAccessDefaultArgs(tenant=contoso).body()
    result = default.handler.check({}, {**args, "automaticUserConsentSettings": {"inboundAllowed": True}})
    expected = (
        "Graph refuses automatic redemption as a default: both sides agree to it partner by partner; declare it in "
        "CrossTenantPartner"
    )

    assert [expected] == [failure.reason for failure in result.failures]


def test_missing_permission_is_told_in_preview(default, declared, emulator) -> None:
    """What cannot be read or written is an error that names the permission."""
    emulator.fault(path="crossTenantAccessPolicy/default", status=403, times=None)

    with pytest.raises(Refused, match=r"Policy\.Read\.All"):
        default.up(declared(inbound_trust=TRUST))


def test_setting_that_the_cloud_lacks_is_refused_before_anything_is_sent(default, federal) -> None:
    """Version 1.0 of US Government does not have tenant restrictions."""
    declared = CrossTenantAccessDefaultArgs(
        tenant=federal, tenant_restrictions=TenantRestrictions(users_and_groups=NO_USER)
    )
    start = len(default.emulator.requests)
    with pytest.raises(Refused, match="of the US Government cloud does not have this setting"):
        default.preview(declared)

    assert [] == [record for record in default.emulator.requests[start:] if record.writes]
