"""A tenant with something of every type, and a body that each operation on it accepts."""

from __future__ import annotations

from typing import Any

from tests.emulator.api import Api
from tests.emulator.linking import connect

__all__ = ["CASES", "filled", "furnished", "state"]

JSON = Any
POLICY = "/policies/crossTenantAccessPolicy"
SLACK = "4f2fc37d-967b-4929-9959-fbe9c9dbccca"
PARTNER = "9c5d131d-b1c3-4fc4-9e3f-c6557947d551"
SUBJECT = {"objectId": "{user}", "objectTypeName": "User"}
ON_DEMAND = {"ruleId": "{rule}", "subjects": [SUBJECT]}
SETTING = {"accessType": "allowed", "targets": [{"target": "AllUsers", "targetType": "user"}]}


def furnished(contoso: Api, federal: Api) -> dict[str, str]:
    """Something of every type, by the names in the paths below."""
    link = connect(contoso, federal)
    link.assign(contoso.user("Assigned")["id"])
    contoso.post(f"{POLICY}/partners", {"tenantId": PARTNER})
    contoso.ok(
        "PUT", f"{POLICY}/partners/{PARTNER}/identitySynchronization", {"userSyncInbound": {"isSyncAllowed": True}}
    )
    slack = contoso.application(SLACK, "Slack")["servicePrincipal"]["id"]
    schema = contoso.get(f"{link.job}/schema")
    return {
        "user": contoso.user("Somebody", usageLocation="US")["id"],
        "group": contoso.group("Some group")["id"],
        "application": contoso.post("/applications", {"displayName": "Some application"})["id"],
        "appId": contoso.post("/applications", {"displayName": "Without service principal"})["appId"],
        "principal": link.principal,
        "role": link.role,
        "job": link.job,
        "slack": f"/servicePrincipals/{slack}/synchronization",
        "template": contoso.get(f"/servicePrincipals/{slack}/synchronization/templates")["value"][0]["id"],
        "rule": schema["synchronizationRules"][0]["id"],
        "directory": schema["directories"][0]["id"],
        "organization": contoso.tenant.tenant_id,
        "sku": contoso.get("/subscribedSkus")["value"][0]["skuId"],
    }


CASES: dict[str, tuple[str, str, JSON]] = {
    "policy": ("PATCH", POLICY, {"displayName": "Other"}),
    "default": ("PATCH", f"{POLICY}/default", {"inboundTrust": {"isMfaAccepted": True}}),
    "new partner": ("POST", f"{POLICY}/partners", {"tenantId": "2c38da9c-6d47-4620-8397-dcfafd759c17"}),
    "partner": ("PATCH", f"{POLICY}/partners/{PARTNER}", {"automaticUserConsentSettings": {"inboundAllowed": True}}),
    "inbound trust": ("PATCH", f"{POLICY}/partners/{PARTNER}", {"inboundTrust": {"isMfaAccepted": True, "*": 1}}),
    "consent": ("PATCH", f"{POLICY}/partners/{PARTNER}", {"automaticUserConsentSettings": {"*": True}}),
    "B2B": ("PATCH", f"{POLICY}/partners/{PARTNER}", {"b2bCollaborationInbound": {"usersAndGroups": SETTING, "*": 1}}),
    "target configuration": (
        "PATCH",
        f"{POLICY}/default",
        {"b2bDirectConnectInbound": {"usersAndGroups": {**SETTING, "*": 1}}},
    ),
    "target": (
        "PATCH",
        f"{POLICY}/default",
        {"b2bDirectConnectOutbound": {"applications": {"accessType": "blocked", "targets": [{"*": "x"}]}}},
    ),
    "restrictions": ("PATCH", f"{POLICY}/default", {"tenantRestrictions": {"applications": SETTING, "*": 1}}),
    "identity synchronization": (
        "PATCH",
        f"{POLICY}/partners/{PARTNER}/identitySynchronization",
        {"displayName": "Fabrikam"},
    ),
    "user sync": (
        "PATCH",
        f"{POLICY}/partners/{PARTNER}/identitySynchronization",
        {"userSyncInbound": {"isSyncAllowed": False, "*": 1}},
    ),
    "new user": (
        "POST",
        "/users",
        {
            "accountEnabled": True,
            "displayName": "New",
            "mailNickname": "new",
            "userPrincipalName": "new@contoso.com",
            "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"},
        },
    ),
    "user": ("PATCH", "/users/{user}", {"jobTitle": "Other"}),
    "new group": (
        "POST",
        "/groups",
        {"displayName": "New", "mailEnabled": False, "mailNickname": "new", "securityEnabled": True},
    ),
    "group": ("PATCH", "/groups/{group}", {"description": "Other"}),
    "new application": ("POST", "/applications", {"displayName": "New"}),
    "application": ("PATCH", "/applications/{application}", {"displayName": "Other"}),
    "from a template": ("POST", f"/applicationTemplates/{SLACK}/instantiate", {"displayName": "Another"}),
    "client secret": ("POST", "/applications/{application}/addPassword", {"passwordCredential": {"displayName": "x"}}),
    "one client secret": ("POST", "/applications/{application}/addPassword", {"passwordCredential": {"*": "x"}}),
    "federated identity": (
        "POST",
        "/applications/{application}/federatedIdentityCredentials",
        {"name": "x", "issuer": "https://example.com", "subject": "x", "audiences": ["x"]},
    ),
    "new service principal": ("POST", "/servicePrincipals", {"appId": "{appId}"}),
    "service principal": ("PATCH", "/servicePrincipals/{principal}", {"notes": "Other"}),
    "assignment": (
        "POST",
        "/servicePrincipals/{principal}/appRoleAssignedTo",
        {"principalId": "{user}", "resourceId": "{principal}", "appRoleId": "{role}"},
    ),
    "user license": (
        "POST",
        "/users/{user}/assignLicense",
        {"addLicenses": [{"skuId": "{sku}"}], "removeLicenses": []},
    ),
    "group license": ("POST", "/groups/{group}/assignLicense", {"addLicenses": [], "removeLicenses": []}),
    "license": (
        "POST",
        "/users/{user}/assignLicense",
        {"addLicenses": [{"skuId": "{sku}", "*": 1}], "removeLicenses": []},
    ),
    "invitation": (
        "POST",
        "/invitations",
        {"invitedUserEmailAddress": "new@fabrikam.com", "inviteRedirectUrl": "https://contoso.com"},
    ),
    "organization": ("PATCH", "/organization/{organization}", {"technicalNotificationMails": ["x@contoso.com"]}),
    "schema": ("PUT", "{job}/schema", "schema"),
    "new job": ("POST", "{slack}/jobs", {"templateId": "{template}"}),
    "start": ("POST", "{job}/start", {}),
    "pause": ("POST", "{job}/pause", {}),
    "restart": ("POST", "{job}/restart", {"criteria": {"resetScope": "Escrows"}}),
    "criteria": ("POST", "{job}/restart", {"criteria": {"resetScope": "Escrows", "*": 1}}),
    "credentials": ("POST", "{job}/validateCredentials", {"useSavedCredentials": True}),
    "one credential": (
        "POST",
        "{slack}/jobs/validateCredentials",
        {"templateId": "{template}", "credentials": [{"key": "SecretToken", "value": "x", "*": 1}]},
    ),
    "secrets": ("PUT", "{slack}/secrets", {"value": [{"key": "BaseAddress", "value": "https://example.com"}]}),
    "secret": ("PUT", "{slack}/secrets", {"value": [{"key": "BaseAddress", "value": "https://example.com", "*": 1}]}),
    "token": ("POST", "{slack}/acquireAccessToken", {"credentials": [{"key": "SecretToken", "value": "x"}]}),
    "on demand": ("POST", "{job}/provisionOnDemand", {"parameters": [ON_DEMAND]}),
    "one on demand": ("POST", "{job}/provisionOnDemand", {"parameters": [{**ON_DEMAND, "*": 1}]}),
    "subject": (
        "POST",
        "{job}/provisionOnDemand",
        {"parameters": [{"ruleId": "{rule}", "subjects": [{**SUBJECT, "*": 1}]}]},
    ),
    "links of a subject": (
        "POST",
        "{job}/provisionOnDemand",
        {"parameters": [{"ruleId": "{rule}", "subjects": [{**SUBJECT, "links": {"members": [{**SUBJECT, "*": 1}]}}]}]},
    ),
    "expression": ("POST", "{job}/schema/parseExpression", {"expression": "[mail]"}),
    "test object": (
        "POST",
        "{job}/schema/parseExpression",
        {"expression": "[mail]", "testInputObject": {"properties": [{"key": "mail", "value": "x", "*": 1}]}},
    ),
    "discovery": ("POST", "{job}/schema/directories/{directory}/discover", {}),
}


def filled(value: JSON, places: dict[str, str], name: str) -> JSON:
    """A body for this tenant, with a property of a name in place of every asterisk."""
    if isinstance(value, dict):
        return {name if key == "*" else key: filled(item, places, name) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, places, name) for item in value]
    return places.get(value[1:-1], value) if isinstance(value, str) else value


def state(api: Api) -> list[tuple[Any, ...]]:
    """All objects of all tenants, and what leads from one to another."""
    store = api.emulator.service.store
    objects = store.query("SELECT tenant, kind, id, deleted, doc FROM objects ORDER BY rowid", [])
    return objects + store.query("SELECT * FROM edges", [])
