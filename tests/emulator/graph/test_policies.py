"""Cross-tenant access: the policy, its default, partners, identity synchronization, and what was deleted of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.emulator.api import Api

JSON = Any
POLICY = "/policies/crossTenantAccessPolicy"
PARTNERS = f"{POLICY}/partners"
OTHER = "3d0f5dec-5d3d-455c-8016-e2af1ae4d31a"
DELETED = "/policies/deletedItems/crossTenantPartners"


def test_allowed_clouds_are_replaced_as_a_list(contoso: Api) -> None:
    """PATCH replaces the list; only clouds that exist are accepted."""
    contoso.patch(POLICY, {"allowedCloudEndpoints": ["microsoftonline.us"]})
    contoso.patch(POLICY, {"allowedCloudEndpoints": ["partner.microsoftonline.cn"]})
    assert ["partner.microsoftonline.cn"] == contoso.get(POLICY)["allowedCloudEndpoints"]

    assert 400 == contoso.error("PATCH", POLICY, {"allowedCloudEndpoints": ["example.com"]})[0]
    assert "Request_BadRequest" == contoso.error("PATCH", POLICY, {"allowedClouds": []})[1]


def test_default_is_the_services_until_it_is_changed(contoso: Api) -> None:
    """isServiceDefault says whether anything was changed; a reset forgets it."""
    assert contoso.get(f"{POLICY}/default")["isServiceDefault"] is True
    contoso.patch(f"{POLICY}/default", {"inboundTrust": {"isMfaAccepted": True}})
    assert contoso.get(f"{POLICY}/default")["isServiceDefault"] is False
    contoso.post(f"{POLICY}/default/resetToSystemDefault")

    assert contoso.get(f"{POLICY}/default")["isServiceDefault"] is True
    assert (
        400
        == contoso.error("PATCH", f"{POLICY}/default", {"automaticUserConsentSettings": {"inboundAllowed": True}})[0]
    )


def test_new_partner_inherits_everything(contoso: Api) -> None:
    """Sections that were not given are null, pairs of switches hold nulls."""
    made = contoso.post(PARTNERS, {"tenantId": OTHER})

    assert OTHER == made["tenantId"]
    assert made["inboundTrust"] is None
    assert {"inboundAllowed": None, "outboundAllowed": None} == made["automaticUserConsentSettings"]


def test_partner_exists_once(contoso: Api) -> None:
    """A second one with the same tenant id is a conflict that names the property."""
    contoso.post(PARTNERS, {"tenantId": OTHER})
    answer = contoso.send("POST", PARTNERS, {"tenantId": OTHER.upper()})

    assert 409 == answer.status_code
    error = answer.json()["error"]
    assert "Request_MultipleObjectsWithSameKeyValue" == error["code"]
    assert "Another object with the same value for property tenantId already exists." == error["message"]
    assert "ConflictingObjects" == error["details"][0]["code"]


def test_null_returns_a_setting_to_the_default(contoso: Api) -> None:
    """PATCH with null inherits again; what is not named stays."""
    trust = {"isMfaAccepted": True}
    contoso.post(PARTNERS, {"tenantId": OTHER, "inboundTrust": trust})
    contoso.patch(f"{PARTNERS}/{OTHER}", {"automaticUserConsentSettings": {"inboundAllowed": True}})
    assert contoso.get(f"{PARTNERS}/{OTHER}")["inboundTrust"]["isMfaAccepted"] is True
    contoso.patch(f"{PARTNERS}/{OTHER}", {"inboundTrust": None})

    partner = contoso.get(f"{PARTNERS}/{OTHER}")
    assert partner["inboundTrust"] is None
    assert partner["automaticUserConsentSettings"]["inboundAllowed"] is True


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"tenantId": "contoso.com"},
        {"tenantId": OTHER, "color": "blue"},
        {"tenantId": OTHER, "automaticUserConsentSettings": {"inboundAllowed": "yes"}},
        {"tenantId": OTHER, "b2bCollaborationInbound": {"usersAndGroups": {"accessType": "maybe"}}},
    ],
)
def test_partner_with_a_wrong_property_is_refused(contoso: Api, body: JSON) -> None:
    """A missing or malformed id, an unknown property, or a value that a setting cannot have."""
    assert 400 == contoso.error("POST", PARTNERS, body)[0]
    assert [] == contoso.get(PARTNERS)["value"]


def test_identity_synchronization_is_made_with_put_and_changed_with_patch(contoso: Api) -> None:
    """PUT where one is there is a conflict, PATCH and GET where none is there is not found."""
    contoso.post(PARTNERS, {"tenantId": OTHER})
    path = f"{PARTNERS}/{OTHER}/identitySynchronization"
    missing = (404, "Directory_ObjectNotFound", "Unable to read the company information from the directory.")
    assert contoso.error("GET", path) == missing
    assert contoso.error("PATCH", path, {"userSyncInbound": {"isSyncAllowed": True}}) == missing
    contoso.ok("PUT", path, {"displayName": "Other", "userSyncInbound": {"isSyncAllowed": True}})

    assert (
        409,
        "Request_MultipleObjectsWithSameKeyValue",
    ) == contoso.error("PUT", path, {"userSyncInbound": {"isSyncAllowed": True}})[:2]
    contoso.patch(path, {"userSyncInbound": {"isSyncAllowed": False}})
    found = contoso.get(path)
    assert ("Other", {"isSyncAllowed": False}) == (found["displayName"], found["userSyncInbound"])


def test_group_synchronization_is_beta_only(contoso: Api) -> None:
    """v1.0 does not know groupSyncInbound."""
    contoso.post(PARTNERS, {"tenantId": OTHER})
    path = f"{PARTNERS}/{OTHER}/identitySynchronization"
    body = {"userSyncInbound": {"isSyncAllowed": True}, "groupSyncInbound": {"isSyncAllowed": True}}
    assert 400 == contoso.error("PUT", path, body)[0]
    contoso.ok("PUT", path, body, version="beta")

    assert {"isSyncAllowed": True} == contoso.get(path, version="beta")["groupSyncInbound"]
    assert "groupSyncInbound" not in contoso.get(path)


def test_partners_can_be_read_with_their_identity_synchronization(contoso: Api) -> None:
    """$expand=identitySynchronization works on the list."""
    contoso.post(PARTNERS, {"tenantId": OTHER})
    contoso.ok("PUT", f"{PARTNERS}/{OTHER}/identitySynchronization", {"userSyncInbound": {"isSyncAllowed": True}})
    (partner,) = contoso.get(f"{PARTNERS}?$expand=identitySynchronization")["value"]

    assert {"isSyncAllowed": True} == partner["identitySynchronization"]["userSyncInbound"]


def test_deleted_partner_can_be_restored_for_thirty_days(contoso: Api) -> None:
    """Deleting takes the identity synchronization along; a signed-in user restores both."""
    contoso.post(PARTNERS, {"tenantId": OTHER, "inboundTrust": {"isMfaAccepted": True}})
    contoso.ok("PUT", f"{PARTNERS}/{OTHER}/identitySynchronization", {"userSyncInbound": {"isSyncAllowed": True}})
    contoso.ok("DELETE", f"{PARTNERS}/{OTHER}")
    assert 404 == contoso.error("GET", f"{PARTNERS}/{OTHER}")[0]
    user = contoso.user("Administrator")["id"]
    admin = contoso.signed_in(user, ["Policy.Read.All", "Policy.ReadWrite.CrossTenantAccess"])

    assert 403 == contoso.error("GET", DELETED, version="beta")[0]
    (listed,) = admin.get(DELETED, version="beta")["value"]
    assert OTHER == listed["tenantId"]
    admin.post(f"{DELETED}/{OTHER}/restore", version="beta")
    admin.post(f"/policies/deletedItems/crossTenantSyncPolicyPartners/{OTHER}/restore", version="beta")
    assert contoso.get(f"{PARTNERS}/{OTHER}")["inboundTrust"]["isMfaAccepted"] is True
    assert {"isSyncAllowed": True} == contoso.get(f"{PARTNERS}/{OTHER}/identitySynchronization")["userSyncInbound"]

    contoso.ok("DELETE", f"{PARTNERS}/{OTHER}")
    contoso.emulator.clock.advance(timedelta(days=31))
    contoso.emulator.run_due()
    assert [] == admin.get(DELETED, version="beta")["value"]


def test_deleted_partner_can_be_made_again(contoso: Api) -> None:
    """A partner in the deleted items does not stand in the way of a new one."""
    contoso.post(PARTNERS, {"tenantId": OTHER, "inboundTrust": {"isMfaAccepted": True}})
    contoso.ok("DELETE", f"{PARTNERS}/{OTHER}")
    contoso.post(PARTNERS, {"tenantId": OTHER})

    assert contoso.get(f"{PARTNERS}/{OTHER}")["inboundTrust"] is None


def test_deleted_policies_exist_in_the_global_cloud_only(federal: Api) -> None:
    """National clouds do not have these paths."""
    user = federal.user("Administrator")["id"]
    admin = federal.signed_in(user, ["Policy.Read.All"])

    assert (400, "BadRequest") == admin.error("GET", DELETED, version="beta")[:2]


def test_policy_changes_are_in_the_audit_log(contoso: Api) -> None:
    """Category CrossTenantAccessSettings, with the application that did it."""
    contoso.post(PARTNERS, {"tenantId": OTHER})
    entry = contoso.get("/auditLogs/directoryAudits?$filter=category eq 'CrossTenantAccessSettings'")["value"][0]

    assert "Add a partner to cross-tenant access setting" == entry["activityDisplayName"]
    assert "Emulator administration" == entry["initiatedBy"]["app"]["displayName"]


AUTHORIZATION = "/policies/authorizationPolicy"


def test_authorization_policy_says_who_may_invite(contoso: Api) -> None:
    """With none no one can be invited, not even by an administrator."""
    assert {"allowInvitesFrom": "everyone"} == {
        name: value
        for name, value in contoso.get(f"{AUTHORIZATION}?$select=allowInvitesFrom").items()
        if "@odata" not in name
    }
    contoso.patch(AUTHORIZATION, {"allowInvitesFrom": "none"})
    invitation = {"invitedUserEmailAddress": "ada@example.com", "inviteRedirectUrl": "https://example.com"}

    assert 403 == contoso.error("POST", "/invitations", invitation)[0]
    assert "none" == contoso.get(AUTHORIZATION)["allowInvitesFrom"]


def test_authorization_policy_keeps_members_of_complex_properties(contoso: Api) -> None:
    contoso.patch(AUTHORIZATION, {"defaultUserRolePermissions": {"allowedToCreateApps": False}})
    found = contoso.get(AUTHORIZATION)["defaultUserRolePermissions"]

    assert (False, True) == (found["allowedToCreateApps"], found["allowedToReadOtherUsers"])


@pytest.mark.parametrize("body", [{"allowInvitesFrom": "admins"}, {"allowedToUseSSPR": "yes"}, {"guests": "none"}])
def test_authorization_policy_refuses_other_values_and_names(contoso: Api, body: JSON) -> None:
    assert (400, "Request_BadRequest") == contoso.error("PATCH", AUTHORIZATION, body)[:2]
