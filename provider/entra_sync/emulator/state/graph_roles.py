"""The Microsoft Graph service principal of every tenant: its application roles and delegated scopes."""

from __future__ import annotations

from typing import Any

__all__ = ["APP_ROLES", "GRAPH_APP_ID", "delegated_scopes", "graph_app_roles"]

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"

# Identifiers of Microsoft Graph's application permissions ("Microsoft Graph permissions reference").
APP_ROLES = {
    "AppRoleAssignment.ReadWrite.All": "06b708a9-e830-4db3-a914-8e69da51d44f",
    "Application.Read.All": "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
    "Application.ReadWrite.All": "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9",
    "Application.ReadWrite.OwnedBy": "18a4783c-866b-4cc7-a460-3d5e5662c884",
    "AuditLog.Read.All": "b0afded3-3588-46d8-8b3d-9842eff778da",
    "CrossTenantInformation.ReadBasic.All": "cac88765-0581-4025-9725-5ebc13f729ee",
    "Directory.Read.All": "7ab1d382-f21e-4acd-a863-ba3e13f7da61",
    "Directory.ReadWrite.All": "19dbc75e-c2e2-444c-a770-ec69d8559fc7",
    "Group.Create": "bf7b1a76-6e77-406b-b258-bf5c7720e98f",
    "Group.Read.All": "5b567255-7703-4780-807c-7be8301ae99b",
    "Group.ReadWrite.All": "62a82d76-70ea-41e2-9197-370581804d09",
    "GroupMember.Read.All": "98830695-27a2-44f7-8c18-0c3ebc9698f6",
    "GroupMember.ReadWrite.All": "dbaae8cf-10b5-4b86-a4a1-f871c94c6695",
    "LicenseAssignment.ReadWrite.All": "5facf0c1-8979-4e95-abcf-ff3d079771c0",
    "Organization.Read.All": "498476ce-e0fe-48b0-b801-37ba7e2685c6",
    "Organization.ReadWrite.All": "292d869f-3427-49a8-9dab-8c70152b74e9",
    "Policy.Read.All": "246dd0d5-5bd0-4def-940b-0421030a5b68",
    "Policy.ReadWrite.CrossTenantAccess": "338163d7-f101-4c92-94ba-ca46fe52447c",
    "ProvisioningLog.Read.All": "091937d3-3e38-47a1-8649-b2f99d3035f1",
    "Synchronization.Read.All": "5ba43d2f-fa88-4db2-bd1c-a67c5f0fb1ce",
    "Synchronization.ReadWrite.All": "9b50c33d-700f-43b1-b2eb-87e89b703581",
    "User.DeleteRestore.All": "eccc023d-eccf-4e7b-9683-8813ab36cecc",
    "User.Invite.All": "09850681-111b-4a89-9bed-3f2cae46d706",
    "User.Read.All": "df021288-bdef-4463-88db-98f22de89214",
    "User.ReadBasic.All": "97235f07-e226-4f63-ace3-39588e11d3a1",
    "User.ReadWrite.All": "741f803b-c850-494e-b5df-cde7c675a1ca",
    "User.ReadWrite.CrossCloud": "5652f862-b626-407b-a3e6-248aeb95763c",
}


def graph_app_roles() -> list[dict[str, Any]]:
    """``appRoles`` of the Microsoft Graph service principal, in the order of their names."""
    return [
        {
            "allowedMemberTypes": ["Application"],
            "description": f"Allows the app to use {value} without a signed-in user.",
            "displayName": value,
            "id": id,
            "isEnabled": True,
            "origin": "Application",
            "value": value,
        }
        for value, id in APP_ROLES.items()
    ]


def delegated_scopes() -> list[dict[str, Any]]:
    """``oauth2PermissionScopes`` of the Microsoft Graph service principal: those that every application asks for."""
    scopes = {"profile": "14dad69e-099b-42c9-810b-d002981feec1", "User.Read": "e1fe6dd8-ba31-4d61-89e7-88639da4683d"}
    return [
        {
            "adminConsentDescription": f"Allows the app to use {value} on behalf of the signed-in user.",
            "adminConsentDisplayName": value,
            "id": id,
            "isEnabled": True,
            "type": "User",
            "userConsentDescription": f"Allows the app to use {value} on your behalf.",
            "userConsentDisplayName": value,
            "value": value,
        }
        for value, id in scopes.items()
    ]
