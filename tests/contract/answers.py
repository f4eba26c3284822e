"""Which model of msgraph-sdk reads the answer of each route, what its request sends, and what ``{id}`` is in it."""

from __future__ import annotations

from typing import Any

__all__ = ["BODIES", "CLAIMS", "DEFINITION", "MODELS", "NO_BODY", "PLACES", "PRINTERS", "ROLES", "SLACK", "UNITS"]

JSON = Any
SLACK = "4f2fc37d-967b-4929-9959-fbe9c9dbccca"
NO_ROLE = "00000000-0000-0000-0000-000000000000"
UNITS = "/directory/administrativeUnits"
ROLES = "/scopedRoleMembers"
CLAIMS = "/policies/claimsMappingPolicies"
SYNC = "/servicePrincipals/{id}/synchronization"
JOB = f"{SYNC}/jobs/{{jobId}}"
ASSIGNMENT = {"principalId": "{new}", "resourceId": "{bare}", "appRoleId": NO_ROLE}
LICENSES = {"addLicenses": [{"skuId": "{sku}", "disabledPlans": []}], "removeLicenses": []}

MODULES = {"servicePrincipals": "service_principals"}
"""Folders of the SDK that are not named as their path is."""

MODELS: dict[str, str] = {
    "GET /policies/crossTenantAccessPolicy": "CrossTenantAccessPolicy",
    "GET /policies/crossTenantAccessPolicy/default": "CrossTenantAccessPolicyConfigurationDefault",
    "GET /policies/crossTenantAccessPolicy/partners": "CrossTenantAccessPolicyConfigurationPartner*",
    "POST /policies/crossTenantAccessPolicy/partners": "CrossTenantAccessPolicyConfigurationPartner",
    "GET /policies/crossTenantAccessPolicy/partners/{id}": "CrossTenantAccessPolicyConfigurationPartner",
    "GET /policies/crossTenantAccessPolicy/partners/{tenantId}/identitySynchronization": (
        "CrossTenantIdentitySyncPolicyPartner"
    ),
    "GET /policies/authorizationPolicy": "AuthorizationPolicy",
    "GET /policies/authenticationMethodsPolicy/authenticationMethodConfigurations/{id}": (
        "SmsAuthenticationMethodConfiguration"
    ),
    "GET /users/{id}/authentication/phoneMethods": "PhoneAuthenticationMethod*",
    "POST /users/{id}/authentication/phoneMethods": "PhoneAuthenticationMethod",
    "GET /users/{id}/authentication/phoneMethods/{phone}": "PhoneAuthenticationMethod",
    "GET /applicationTemplates": "ApplicationTemplate*",
    "GET /applicationTemplates/{id}": "ApplicationTemplate",
    "POST /applicationTemplates/{id}/instantiate": "ApplicationServicePrincipal",
    "GET /applications": "Application*",
    "POST /applications": "Application",
    "GET /applications/{id}": "Application",
    "POST /applications/{id}/addPassword": "PasswordCredential",
    "GET /applications/{id}/federatedIdentityCredentials": "FederatedIdentityCredential*",
    "POST /applications/{id}/federatedIdentityCredentials": "FederatedIdentityCredential",
    "GET /applications/{id}/federatedIdentityCredentials/{credential}": "FederatedIdentityCredential",
    "POST /servicePrincipals/{id}/addPassword": "PasswordCredential",
    "POST /servicePrincipals/{id}/addTokenSigningCertificate": "SelfSignedCertificate",
    "GET /oauth2PermissionGrants": "OAuth2PermissionGrant*",
    "POST /oauth2PermissionGrants": "OAuth2PermissionGrant",
    "GET /oauth2PermissionGrants/{id}": "OAuth2PermissionGrant",
    **{
        f"GET /{name}/{{id}}/oauth2PermissionGrants": "OAuth2PermissionGrant*"
        for name in ("users", "servicePrincipals")
    },
    **{f"GET /servicePrincipals/{{id}}/{name}": "DirectoryObject*" for name in ("memberOf", "transitiveMemberOf")},
    "GET /domains": "Domain*",
    "GET /domains/{id}": "Domain",
    "GET /directoryRoles": "DirectoryRole*",
    "GET /directoryRoles/{id}": "DirectoryRole",
    "POST /directoryRoles": "DirectoryRole",
    "GET /directoryRoleTemplates": "DirectoryRoleTemplate*",
    "GET /directoryRoleTemplates/{id}": "DirectoryRoleTemplate",
    f"GET {UNITS}/{{id}}/scopedRoleMembers": "ScopedRoleMembership*",
    f"GET {UNITS}/{{id}}/scopedRoleMembers/{{member}}": "ScopedRoleMembership",
    f"POST {UNITS}/{{id}}/scopedRoleMembers": "ScopedRoleMembership",
    "GET /servicePrincipals": "ServicePrincipal*",
    "GET /servicePrincipals/{id}": "ServicePrincipal",
    "POST /servicePrincipals": "ServicePrincipal",
    **{f"GET /{name}/{{id}}/owners": "DirectoryObject*" for name in ("applications", "servicePrincipals", "groups")},
    "GET /servicePrincipals/{id}/appRoleAssignedTo": "AppRoleAssignment*",
    "POST /servicePrincipals/{id}/appRoleAssignedTo": "AppRoleAssignment",
    "GET /servicePrincipals/{id}/appRoleAssignedTo/{assignment}": "AppRoleAssignment",
    **{
        f"{method} /{name}/{{id}}/appRoleAssignments{rest}": model
        for name in ("servicePrincipals", "users", "groups")
        for method, rest, model in (
            ("GET", "", "AppRoleAssignment*"),
            ("POST", "", "AppRoleAssignment"),
            ("GET", "/{assignment}", "AppRoleAssignment"),
        )
    },
    **{
        f"GET /{name}/{{id}}/synchronization/templates{rest}": model
        for name in ("servicePrincipals", "applications")
        for rest, model in (
            ("", "SynchronizationTemplate*"),
            ("/{templateId}", "SynchronizationTemplate"),
            ("/{templateId}/schema", "SynchronizationSchema"),
        )
    },
    f"GET {SYNC}/secrets": "service_principals.item.synchronization.secrets.SecretsPutResponse",
    f"GET {SYNC}/jobs": "SynchronizationJob*",
    f"POST {SYNC}/jobs": "SynchronizationJob",
    f"GET {JOB}": "SynchronizationJob",
    f"POST {JOB}/provisionOnDemand": "StringKeyStringValuePair",
    f"GET {JOB}/schema": "SynchronizationSchema",
    **{
        f"{method} {SYNC}/{place}/schema/{rest}": model
        for place in ("jobs/{jobId}", "templates/{templateId}")
        for method, rest, model in (
            ("GET", "functions", "AttributeMappingFunctionSchema*"),
            ("GET", "filterOperators", "FilterOperatorSchema*"),
            ("POST", "parseExpression", "ParseExpressionResponse"),
        )
    },
    f"GET {JOB}/schema/directories": "DirectoryDefinition*",
    f"GET {JOB}/schema/directories/{{directoryId}}": "DirectoryDefinition",
    f"POST {JOB}/schema/directories/{{directoryId}}/discover": "DirectoryDefinition",
    "GET /users": "User*",
    "GET /users/{id}": "User",
    "POST /users": "User",
    "GET /users/{id}/manager": "DirectoryObject",
    **{f"GET /users/{{id}}/{name}": "DirectoryObject*" for name in ("directReports", "memberOf", "transitiveMemberOf")},
    "GET /groups": "Group*",
    "GET /groups/{id}": "Group",
    "POST /groups": "Group",
    **{
        f"GET /groups/{{id}}/{name}": "DirectoryObject*"
        for name in ("members", "transitiveMembers", "memberOf", "transitiveMemberOf", "membersWithLicenseErrors")
    },
    "GET /groups/{id}/members/$ref": "String*",
    **{f"GET /{name}/{{id}}/owners/$ref": "String*" for name in ("applications", "servicePrincipals", "groups")},
    "GET /users/{id}/manager/$ref": "ReferenceUpdate",
    "POST /invitations": "Invitation",
    "GET /subscribedSkus": "SubscribedSku*",
    "GET /subscribedSkus/{id}": "SubscribedSku",
    "POST /users/{id}/assignLicense": "User",
    "POST /users/{id}/reprocessLicenseAssignment": "User",
    "POST /groups/{id}/assignLicense": "Group",
    "GET /users/{id}/licenseDetails": "LicenseDetails*",
    "GET /directoryObjects/{id}": "DirectoryObject",
    "POST /directoryObjects/getByIds": "directory_objects.get_by_ids.GetByIdsPostResponse",
    **{
        f"POST /{name}/{{id}}/{action}": (f"directory_objects.item.{words}.{action[0].upper()}{action[1:]}PostResponse")
        for name in ("users", "groups", "servicePrincipals", "directoryObjects")
        for action, words in (
            ("checkMemberGroups", "check_member_groups"),
            ("checkMemberObjects", "check_member_objects"),
            ("getMemberGroups", "get_member_groups"),
            ("getMemberObjects", "get_member_objects"),
        )
    },
    "GET /directory/deletedItems/microsoft.graph.user": "User*",
    "GET /directory/deletedItems/microsoft.graph.group": "Group*",
    "GET /directory/deletedItems/microsoft.graph.application": "Application*",
    "GET /directory/deletedItems/microsoft.graph.servicePrincipal": "ServicePrincipal*",
    "GET /directory/deletedItems/{id}": "DirectoryObject",
    "POST /directory/deletedItems/{id}/restore": "DirectoryObject",
    **{
        f"GET /{name}/{rest}": f"{MODULES.get(name, name)}.delta.DeltaGetResponse"
        for name in ("users", "groups", "applications", "servicePrincipals")
        for rest in ("delta", "microsoft.graph.delta")
    },
    "GET /directory/deletedItems/microsoft.graph.administrativeUnit": "AdministrativeUnit*",
    f"GET {UNITS}": "AdministrativeUnit*",
    f"POST {UNITS}": "AdministrativeUnit",
    f"GET {UNITS}/{{id}}": "AdministrativeUnit",
    f"GET {UNITS}/{{id}}/members": "DirectoryObject*",
    f"POST {UNITS}/{{id}}/members": "DirectoryObject",
    f"GET {UNITS}/{{id}}/members/$ref": "String*",
    **{
        f"GET {UNITS}/{rest}": "directory.administrative_units.delta.DeltaGetResponse"
        for rest in ("delta", "microsoft.graph.delta")
    },
    f"GET {CLAIMS}": "ClaimsMappingPolicy*",
    f"POST {CLAIMS}": "ClaimsMappingPolicy",
    f"GET {CLAIMS}/{{id}}": "ClaimsMappingPolicy",
    f"GET {CLAIMS}/{{id}}/appliesTo": "DirectoryObject*",
    "GET /servicePrincipals/{id}/claimsMappingPolicies": "ClaimsMappingPolicy*",
    "GET /servicePrincipals/{id}/claimsMappingPolicies/$ref": "String*",
    **{f"GET /{name}/{{id}}/ownedObjects": "DirectoryObject*" for name in ("users", "servicePrincipals")},
    "GET /auditLogs/provisioning": "ProvisioningObjectSummary*",
    "GET /auditLogs/directoryAudits": "DirectoryAudit*",
    "GET /auditLogs/directoryAudits/{id}": "DirectoryAudit",
    "GET /organization": "Organization*",
    "GET /organization/{id}": "Organization",
    "GET /tenantRelationships/findTenantInformationByTenantId/{key}": "TenantInformation",
    "GET /tenantRelationships/findTenantInformationByDomainName/{key}": "TenantInformation",
}
"""Model of each answer; an asterisk stands for a collection of it, a dotted name for one of an operation."""

NO_BODY = {
    "POST /policies/crossTenantAccessPolicy/default/resetToSystemDefault",
    "POST /applications/{id}/removePassword",
    f"POST {SYNC}/acquireAccessToken",
    f"POST {SYNC}/jobs/validateCredentials",
    *(f"POST {JOB}/{action}" for action in ("start", "pause", "restart", "validateCredentials")),
    *(f"POST /{name}/{{id}}/owners/$ref" for name in ("applications", "servicePrincipals", "groups")),
    "POST /groups/{id}/members/$ref",
    "POST /groups/{id}/members",
    "POST /servicePrincipals/{id}/removePassword",
    "GET /applications/{id}/logo",
    f"POST {UNITS}/{{id}}/members/$ref",
    "POST /servicePrincipals/{id}/claimsMappingPolicies/$ref",
    "GET /devices",
    "GET /devices/{id}",
    *(f"GET /users/{{id}}/{name}" for name in ("ownedDevices", "registeredDevices")),
    *(
        f"POST /users/{{id}}/authentication/phoneMethods/{{phone}}/{action}SmsSignIn"
        for action in ("enable", "disable")
    ),
}
"""Routes without a body in JSON, or with nothing in it: no emulated tenant has a device."""

PRINTERS = "644ef478-e28f-4e28-b9dc-3fdde9aa0b1f"
DEFINITION = '{"ClaimsMappingPolicy":{"Version":1,"IncludeBasicClaimSet":"true"}}'
EXPRESSION = {"expression": "ToUpper([displayName])", "targetAttributeDefinition": None}
BODIES: dict[str, JSON] = {
    "POST /policies/crossTenantAccessPolicy/partners": {"tenantId": "9c5d131d-b1c3-4fc4-9e3f-c6557947d551"},
    "POST /applicationTemplates/{id}/instantiate": {"displayName": "Another"},
    "POST /applications": {"displayName": "Bare", "passwordCredentials": [{"displayName": "First"}]},
    "POST /applications/{id}/addPassword": {"passwordCredential": {"displayName": "Second"}},
    "POST /applications/{id}/federatedIdentityCredentials": {
        "name": "pipeline",
        "issuer": "https://issuer.example.com",
        "subject": "job",
        "audiences": ["api://AzureADTokenExchange"],
    },
    "POST /servicePrincipals": {"appId": "{lonely}"},
    "POST /servicePrincipals/{id}/addPassword": {"passwordCredential": {"displayName": "Second"}},
    "POST /servicePrincipals/{id}/addTokenSigningCertificate": {"displayName": "CN=contoso.com"},
    "POST /oauth2PermissionGrants": {
        "clientId": "{bare}",
        "consentType": "AllPrincipals",
        "resourceId": "{graph}",
        "scope": "User.Read",
    },
    "POST /servicePrincipals/{id}/appRoleAssignedTo": ASSIGNMENT,
    "POST /servicePrincipals/{id}/appRoleAssignments": {**ASSIGNMENT, "principalId": "{principal}"},
    "POST /users/{id}/appRoleAssignments": {**ASSIGNMENT, "principalId": "{person}"},
    "POST /groups/{id}/appRoleAssignments": {**ASSIGNMENT, "principalId": "{group}"},
    f"POST {SYNC}/jobs": {"templateId": "{slackTemplate}"},
    f"POST {JOB}/provisionOnDemand": {
        "parameters": [{"ruleId": "{rule}", "subjects": [{"objectId": "{person}", "objectTypeName": "User"}]}]
    },
    f"POST {JOB}/schema/parseExpression": EXPRESSION,
    f"POST {SYNC}/templates/{{templateId}}/schema/parseExpression": EXPRESSION,
    "POST /users": {
        "accountEnabled": True,
        "displayName": "New",
        "mailNickname": "brandnew",
        "userPrincipalName": "brandnew@contoso.com",
        "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"},
    },
    "POST /users/{id}/authentication/phoneMethods": {"phoneType": "office", "phoneNumber": "+1 4255550102"},
    "POST /groups": {
        "displayName": "New",
        "groupTypes": ["Unified"],
        "mailEnabled": True,
        "mailNickname": "newgroup",
        "securityEnabled": False,
    },
    f"POST {UNITS}": {"displayName": "Sales", "visibility": "Public"},
    f"POST {UNITS}/{{id}}/members": {
        "@odata.type": "#microsoft.graph.group",
        "displayName": "Inside",
        "mailEnabled": False,
        "mailNickname": "inside",
        "securityEnabled": True,
    },
    "POST /directoryRoles": {"roleTemplateId": "fe930be7-5e62-47db-91af-98c3a49a38b1"},
    f"POST {UNITS}/{{id}}/scopedRoleMembers": {"roleId": "{role}", "roleMemberInfo": {"id": "{principal}"}},
    f"POST {CLAIMS}": {"displayName": "Claims", "definition": ["{definition}"]},
    "POST /invitations": {"invitedUserEmailAddress": "jo@fabrikam.com", "inviteRedirectUrl": "https://contoso.com"},
    "POST /users/{id}/assignLicense": LICENSES,
    "POST /groups/{id}/assignLicense": LICENSES,
    "POST /directoryObjects/getByIds": {"ids": ["{person}", "{group}", "{principal}", "{application}"]},
    **{
        f"POST /{name}/{{id}}/{action}": body
        for name in ("users", "groups", "servicePrincipals", "directoryObjects")
        for action, body in (
            ("checkMemberGroups", {"groupIds": ["{group}", "{outer}"]}),
            ("checkMemberObjects", {"ids": ["{group}", "{outer}"]}),
            ("getMemberGroups", {"securityEnabledOnly": False}),
            ("getMemberObjects", {"securityEnabledOnly": False}),
        )
    },
}

PLACES = {
    "POST /servicePrincipals/{id}/appRoleAssignedTo": "bare",
    f"POST {SYNC}/jobs": "slack",
    "GET /servicePrincipals/{id}/appRoleAssignments": "admin",
    "GET /servicePrincipals/{id}/appRoleAssignments/{assignment}": "admin",
    "applicationTemplates": "gallery",
    "applications": "application",
    "servicePrincipals": "principal",
    "users": "person",
    "groups": "group",
    "directoryObjects": "person",
    "directory": "gone",
    "subscribedSkus": "subscription",
    "auditLogs": "audit",
    "organization": "tenant",
    "oauth2PermissionGrants": "grant",
    "domains": "domain",
    "directoryRoles": "directoryRole",
    "directoryRoleTemplates": "roleTemplate",
    **{
        f"{method} {UNITS}/{{id}}{rest}": "unit"
        for method, rest in (
            *(
                ("GET", rest)
                for rest in ("", "/members", "/members/$ref", *(f"{ROLES}{end}" for end in ("", "/{member}")))
            ),
            *(("POST", rest) for rest in ("/members", ROLES)),
        )
    },
    **{f"GET {CLAIMS}/{{id}}{rest}": "claims" for rest in ("", "/appliesTo")},
    "GET /servicePrincipals/{id}/ownedObjects": "admin",
    "GET /policies/crossTenantAccessPolicy/partners/{id}": "tenantId",
    "GET /policies/authenticationMethodsPolicy/authenticationMethodConfigurations/{id}": "sms",
}
"""What ``{id}`` is in a route, or in the routes of a collection."""
