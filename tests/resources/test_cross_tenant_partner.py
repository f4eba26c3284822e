"""CrossTenantPartner: declared sections are managed, others are left alone."""

import pytest

from entra_sync.errors import EntraSyncError
from entra_sync.microsoft.assumptions import REGISTER, Facts
from entra_sync.resources.cross_tenant_partner import CrossTenantPartnerArgs, CrossTenantPartnerHandler
from entra_sync.resources.shared.access_settings import (
    Access,
    AutomaticUserConsent,
    B2BSettings,
    InboundTrust,
    Target,
    TenantRestrictions,
)
from tests.resources.lifecycle import Lifecycle, Refused

PARTNERS = "/v1.0/policies/crossTenantAccessPolicy/partners"


@pytest.fixture
def partner(resource) -> Lifecycle:
    """The resource under test."""
    return resource(CrossTenantPartnerHandler())


@pytest.fixture
def declared(contoso, federal):
    """Makes arguments for Federal as a partner of Contoso."""

    def make(**sections) -> CrossTenantPartnerArgs:
        return CrossTenantPartnerArgs(tenant=contoso, partner_tenant_id=federal.tenant_id, **sections)

    return make


OUTBOUND = AutomaticUserConsent(outbound_allowed=True)


def test_basic(partner, declared, federal, portal) -> None:
    """One POST with the declared sections; the others inherit the tenant's defaults."""
    partner.up(declared(automatic_user_consent_settings=OUTBOUND))
    found = portal("contoso", "GET", f"{PARTNERS}/{federal.tenant_id}")

    assert {"inboundAllowed": None, "outboundAllowed": True} == found["automaticUserConsentSettings"]
    assert found["inboundTrust"] is None
    assert partner.id.endswith(f"/policies/crossTenantAccessPolicy/partners/{federal.tenant_id}")


def test_update(partner, declared, federal, portal) -> None:
    """A new section is a PATCH of that section; a section that is dropped inherits again."""
    partner.up(declared(automatic_user_consent_settings=OUTBOUND))
    operation = partner.up(declared(inbound_trust=InboundTrust(is_mfa_accepted=True)))
    found = portal("contoso", "GET", f"{PARTNERS}/{federal.tenant_id}")

    assert "update" == operation
    assert found["inboundTrust"]["isMfaAccepted"] is True
    assert not (found["automaticUserConsentSettings"] or {}).get("outboundAllowed")


def test_update_keeps_what_others_set_beside_it(partner, declared, federal, portal) -> None:
    """A value of the same section that an administrator set since the last run stays."""
    partner.up(declared(inbound_trust=InboundTrust(is_mfa_accepted=False)))
    beside = {"isMfaAccepted": False, "isCompliantDeviceAccepted": True}
    portal("contoso", "PATCH", f"{PARTNERS}/{federal.tenant_id}", {"inboundTrust": beside})
    partner.up(declared(inbound_trust=InboundTrust(is_mfa_accepted=True)))
    trust = portal("contoso", "GET", f"{PARTNERS}/{federal.tenant_id}")["inboundTrust"]

    assert (True, True) == (trust["isMfaAccepted"], trust["isCompliantDeviceAccepted"])


def test_a_value_that_is_declared_no_longer_is_trusted_no_longer(partner, declared, federal, portal) -> None:
    """It becomes what it was before this resource: here, nothing of its own."""
    partner.up(declared(inbound_trust=InboundTrust(is_mfa_accepted=True, is_compliant_device_accepted=True)))
    partner.up(declared(inbound_trust=InboundTrust(is_mfa_accepted=True)))
    trust = portal("contoso", "GET", f"{PARTNERS}/{federal.tenant_id}")["inboundTrust"]

    assert trust["isMfaAccepted"] is True
    assert not trust["isCompliantDeviceAccepted"]


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize(
    "later",
    [
        {"automatic_user_consent_settings": OUTBOUND},
        {"inbound_trust": InboundTrust(is_hybrid_azure_ad_joined_device_accepted=False)},
    ],
    ids=["section", "value"],
)
def test_what_is_declared_no_longer_leaves_what_others_set_beside_it(
    partner, declared, federal, portal, there, later
) -> None:
    """A value that an administrator set since the last run stays, whether or not the entry was there before."""
    path = f"{PARTNERS}/{federal.tenant_id}"
    if there:
        portal("contoso", "POST", PARTNERS, {"tenantId": federal.tenant_id})
    partner.up(declared(inbound_trust=InboundTrust(is_mfa_accepted=True)))
    portal("contoso", "PATCH", path, {"inboundTrust": {"isMfaAccepted": True, "isCompliantDeviceAccepted": True}})
    partner.up(declared(**later))
    trust = portal("contoso", "GET", path)["inboundTrust"]

    assert (None, True) == (trust["isMfaAccepted"], trust["isCompliantDeviceAccepted"])


def test_what_is_declared_no_longer_stays_if_others_have_changed_it(partner, declared, federal, portal) -> None:
    """As on a destroy."""
    path = f"{PARTNERS}/{federal.tenant_id}"
    partner.up(declared(inbound_trust=InboundTrust(is_mfa_accepted=False)))
    portal("contoso", "PATCH", path, {"inboundTrust": {"isMfaAccepted": True}})
    partner.up(declared(automatic_user_consent_settings=OUTBOUND))

    assert portal("contoso", "GET", path)["inboundTrust"]["isMfaAccepted"] is True


def test_replace(partner, declared, contoso, portal) -> None:
    """Another partner is another entry."""
    other = "3d0f5dec-5d3d-455c-8016-e2af1ae4d31a"
    partner.up(declared())

    assert "replace" == partner.up(CrossTenantPartnerArgs(tenant=contoso, partner_tenant_id=other))
    assert [other] == [each["tenantId"] for each in portal("contoso", "GET", PARTNERS)["value"]]


def test_adopt(partner, declared, federal, portal) -> None:
    """A partner that is there is changed, and put back when the resource goes."""
    trust = {"isMfaAccepted": True}
    portal("contoso", "POST", PARTNERS, {"tenantId": federal.tenant_id, "inboundTrust": trust})
    partner.up(declared(automatic_user_consent_settings=OUTBOUND))
    adopted = portal("contoso", "GET", f"{PARTNERS}/{federal.tenant_id}")
    partner.delete()
    after = portal("contoso", "GET", f"{PARTNERS}/{federal.tenant_id}")

    assert adopted["inboundTrust"]["isMfaAccepted"] is True
    assert adopted["automaticUserConsentSettings"]["outboundAllowed"] is True
    assert after["inboundTrust"]["isMfaAccepted"] is True
    assert not after["automaticUserConsentSettings"]["outboundAllowed"]


def test_drift(partner, declared, federal, portal) -> None:
    """A declared value that was changed is seen, and repaired by the next up."""
    partner.up(declared(automatic_user_consent_settings=OUTBOUND))
    change = {"automaticUserConsentSettings": {"outboundAllowed": False}}
    portal("contoso", "PATCH", f"{PARTNERS}/{federal.tenant_id}", change)

    assert partner.refresh()
    assert {"outboundAllowed": False} == partner.outputs["automaticUserConsentSettings"]
    assert "update" == partner.up(declared(automatic_user_consent_settings=OUTBOUND))


def test_gone(partner, declared, federal, portal) -> None:
    """A partner that was deleted elsewhere is gone after a refresh."""
    partner.up(declared())
    portal("contoso", "DELETE", f"{PARTNERS}/{federal.tenant_id}")

    assert not partner.refresh()


def test_delete(partner, declared, portal) -> None:
    """What the resource made is deleted."""
    partner.up(declared())
    partner.delete()

    assert [] == portal("contoso", "GET", PARTNERS)["value"]


def test_sections_of_b2b_go_by_graphs_names(partner, declared, federal, portal) -> None:
    """``b2bCollaborationInbound``, not ``b2B…``, which Graph does not know."""
    blocked = Access(access_type="blocked", targets=[Target(target="AllUsers", target_type="user")])
    partner.up(declared(b2b_collaboration_inbound=B2BSettings(users_and_groups=blocked)))
    found = portal("contoso", "GET", f"{PARTNERS}/{federal.tenant_id}")

    assert "blocked" == found["b2bCollaborationInbound"]["usersAndGroups"]["accessType"]


def test_an_entry_that_was_hidden_from_the_preview_stays(partner, declared, federal, portal, monkeypatch) -> None:
    """Reads answer "not found" and the creation 409: the run fails, and the next one knows the entry as found."""
    portal("contoso", "POST", PARTNERS, {"tenantId": federal.tenant_id, "inboundTrust": {"isMfaAccepted": True}})
    before = portal("contoso", "GET", f"{PARTNERS}/{federal.tenant_id}")
    with monkeypatch.context() as hidden:
        hidden.setattr(CrossTenantPartnerHandler, "find_existing", lambda self, args: None)
        inputs = partner.preview(declared(automatic_user_consent_settings=OUTBOUND))
    with pytest.raises(EntraSyncError, match="is there already, although Graph answered before that it is not"):
        partner.handler.create(inputs)
    unchanged = portal("contoso", "GET", f"{PARTNERS}/{federal.tenant_id}")
    partner.up(declared(automatic_user_consent_settings=OUTBOUND))
    partner.delete()

    assert before == unchanged
    assert before == portal("contoso", "GET", f"{PARTNERS}/{federal.tenant_id}")


RESTRICTIONS = TenantRestrictions(
    users_and_groups=Access(access_type="blocked", targets=[Target(target="AllUsers", target_type="user")])
)


@pytest.mark.parametrize("there", [False, True])
def test_setting_that_the_cloud_lacks_is_refused_before_anything_is_sent(
    there, partner, contoso, federal, portal
) -> None:
    """For a new partner and for one that is there: v1.0 of US Government does not have tenant restrictions."""
    if there:
        portal("federal", "POST", PARTNERS, {"tenantId": contoso.tenant_id})
    declared = CrossTenantPartnerArgs(
        tenant=federal, partner_tenant_id=contoso.tenant_id, tenant_restrictions=RESTRICTIONS
    )
    start = len(partner.emulator.requests)
    with pytest.raises(Refused, match="of the US Government cloud does not have this setting"):
        partner.preview(declared)

    assert [] == [record for record in partner.emulator.requests[start:] if record.writes]


@pytest.mark.parametrize(
    ("tenant", "declared"),
    [("contoso", {"tenant_restrictions": RESTRICTIONS}), ("federal", {"automatic_user_consent_settings": OUTBOUND})],
    ids=["in the global cloud", "a setting that each cloud has"],
)
def test_the_defaults_are_read_only_if_a_cloud_may_lack_a_setting(tenant, declared, partner, contoso, federal) -> None:
    """They show which settings it has."""
    own, other = (contoso, federal) if tenant == "contoso" else (federal, contoso)
    start = len(partner.emulator.requests)
    partner.preview(CrossTenantPartnerArgs(tenant=own, partner_tenant_id=other.tenant_id, **declared))

    assert [] == [record.path for record in partner.emulator.requests[start:] if "/default" in record.path]


def test_setting_that_the_cloud_has_after_all_is_sent(partner, contoso, federal, portal) -> None:
    """The tenant's own answer decides, not the list of this package."""
    has = {f"v1.{part}.usgov": REGISTER[f"v1.{part}.global"].value for part in ("partner", "default")}
    partner.emulator.service.store.assume(Facts(has))
    partner.up(
        CrossTenantPartnerArgs(tenant=federal, partner_tenant_id=contoso.tenant_id, tenant_restrictions=RESTRICTIONS)
    )
    found = portal("federal", "GET", f"{PARTNERS}/{contoso.tenant_id}")

    assert "blocked" == found["tenantRestrictions"]["usersAndGroups"]["accessType"]


@pytest.mark.parametrize("first", [{}, {"inbound_trust": InboundTrust(is_mfa_accepted=True)}])
def test_an_entry_that_was_there_gets_back_what_it_had_when_a_value_was_declared(
    partner, declared, federal, portal, first
) -> None:
    """Another administrator set the value after the resource was made, and before the program declared it."""
    path = f"{PARTNERS}/{federal.tenant_id}"
    portal("contoso", "POST", PARTNERS, {"tenantId": federal.tenant_id})
    partner.up(declared(automatic_user_consent_settings=OUTBOUND, **first))
    live = {"isMfaAccepted": bool(first), "isCompliantDeviceAccepted": True}
    portal("contoso", "PATCH", path, {"inboundTrust": live})
    trust = InboundTrust(is_mfa_accepted=bool(first), is_compliant_device_accepted=False)
    partner.up(declared(automatic_user_consent_settings=OUTBOUND, inbound_trust=trust))
    between = portal("contoso", "GET", path)["inboundTrust"]["isCompliantDeviceAccepted"]
    partner.delete()

    assert (False, True) == (between, portal("contoso", "GET", path)["inboundTrust"]["isCompliantDeviceAccepted"])
