"""Every answer with a body is read by the model that msgraph-sdk has for it, and nothing in it is left over.

The answers are those of the routes, one by one, so none can be without a model; ``test_python`` has the SDK ask for
many of them itself.
"""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from kiota_serialization_json.json_parse_node import JsonParseNode

from entra_sync.emulator import Emulator
from entra_sync.emulator.graph import ROUTES
from tests.contract.leftovers import EXPECTED_LEFTOVERS
from tests.contract.python_client import leftovers
from tests.emulator.api import Api
from tests.emulator.linking import connect

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

ROUTES_WITH_BODY = [
    f"{route.method} {route.template}"
    for route in ROUTES.routes
    if route.method in {"GET", "POST"}
    and "v1.0" in route.versions
    and not route.template.endswith("/$count")
    and "{cast}" not in route.template
    and f"{route.method} {route.template}" not in NO_BODY
]


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


@pytest.fixture(scope="module")
def contoso() -> Api:
    """A tenant that other tests do not see."""
    return Api(Emulator.sample("contoso", seed=2, people=60), "contoso")


@pytest.fixture(scope="module")
def world(contoso: Api) -> dict[str, str]:
    """A link with history, deleted objects of every kind, licenses, and what they are called."""
    federal = Api(contoso.emulator, "federal")
    link = connect(contoso, federal)
    link.start()
    person = contoso.user("Person", mail="person@contoso.com", usageLocation="US", city="Ulm")["id"]
    mobile = {"phoneType": "mobile", "phoneNumber": "+1 4255550101"}
    phone = contoso.post(f"/users/{person}/authentication/phoneMethods", mobile)["id"]
    boss = contoso.user("Boss")["id"]
    for one, other in ((person, boss), (contoso.user("Report")["id"], person)):
        contoso.ok("PUT", f"/users/{one}/manager/$ref", {"@odata.id": f"{contoso.tenant.graph_url}/v1.0/users/{other}"})
    members = [person, boss, contoso.group("Inner")["id"], link.principal]
    group = contoso.group("Group", members, unified=True)["id"]
    sku = contoso.get("/subscribedSkus")["value"][0]
    for place in (f"/users/{person}", f"/groups/{group}"):
        contoso.post(f"{place}/assignLicense", {"addLicenses": [{"skuId": sku["skuId"]}], "removeLicenses": []})
    contoso.tenant.add_subscription("FLOW_FREE", 1)
    scarce = contoso.get("/subscribedSkus")["value"][-1]["skuId"]
    contoso.post(f"/groups/{group}/assignLicense", {"addLicenses": [{"skuId": scarce}], "removeLicenses": []})
    federal.user("In The Way", mail="way@contoso.com")
    link.assign(contoso.user("Fails", mail="way@contoso.com")["id"])
    assignments = {"person": link.assign(person), "group": link.assign(group)}
    link.cycle()
    path = f"/policies/crossTenantAccessPolicy/partners/{federal.tenant.tenant_id}/identitySynchronization"
    contoso.ok("PUT", path, {"displayName": "Federal", "userSyncInbound": {"isSyncAllowed": True}})
    slack = contoso.application(SLACK, "Slack")["servicePrincipal"]["id"]
    gone = contoso.user("Gone")["id"]
    unit, deleted = (contoso.post(UNITS, {"displayName": name})["id"] for name in ("Unit", "Gone"))
    role = contoso.post("/directoryRoles", {"roleTemplateId": PRINTERS})["id"]
    member = contoso.post(f"{UNITS}/{unit}{ROLES}", {"roleId": role, "roleMemberInfo": {"id": person}})["id"]
    claims = contoso.post(CLAIMS, {"displayName": "Claims", "definition": [DEFINITION]})["id"]
    for path, target in (
        (f"{UNITS}/{unit}/members", person),
        (f"/servicePrincipals/{link.principal}/claimsMappingPolicies", claims),
        (f"/groups/{group}/owners", person),
    ):
        reference = {"@odata.id": f"{contoso.tenant.graph_url}/v1.0/directoryObjects/{target}"}
        contoso.post(f"{path}/$ref", reference)
    for path in (
        f"{UNITS}/{deleted}",
        f"/users/{gone}",
        f"/groups/{contoso.group('Gone', unified=True)['id']}",
        f"/applications/{contoso.application(SLACK, 'Gone')['application']['id']}",
    ):
        contoso.ok("DELETE", path)
    bare, lonely = (contoso.post("/applications", {"displayName": name})["appId"] for name in ("Bare", "Lonely"))
    app_id = contoso.get(f"/servicePrincipals/{link.principal}")["appId"]
    federated = {
        **BODIES["POST /applications/{id}/federatedIdentityCredentials"],
        "name": "earlier",
        "subject": "before",
    }
    contoso.post(f"/applications(appId='{app_id}')/federatedIdentityCredentials", federated)
    graph = contoso.get("/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")["id"]
    granted = {"clientId": link.principal, "consentType": "Principal", "principalId": person, "scope": "openid"}
    grant = contoso.post("/oauth2PermissionGrants", {**granted, "resourceId": graph})["id"]
    admin = contoso.get(f"/servicePrincipals(appId='{contoso.tenant.client_id}')")["id"]
    schema = contoso.get(f"{link.job}/schema")
    return {
        "admin": admin,
        "application": contoso.get(f"/applications(appId='{app_id}')")["id"],
        "audit": contoso.get("/auditLogs/directoryAudits")["value"][0]["id"],
        "claims": claims,
        "member": member,
        "role": role,
        "roleTemplate": PRINTERS,
        "definition": DEFINITION,
        "unit": unit,
        "bare": contoso.post("/servicePrincipals", {"appId": bare})["id"],
        "directoryId": schema["directories"][0]["id"],
        "gallery": SLACK,
        "phone": phone,
        "sms": "sms",
        "gone": gone,
        "granted to admin": contoso.get(f"/servicePrincipals/{admin}/appRoleAssignments")["value"][0]["id"],
        "granted to group": assignments["group"],
        "granted to person": assignments["person"],
        "granted to principal": assignments["person"],
        "group": group,
        "credential": "earlier",
        "directoryRole": contoso.get("/directoryRoles")["value"][0]["id"],
        "domain": contoso.tenant.domain,
        "grant": grant,
        "graph": graph,
        "jobId": link.job_id,
        "lonely": lonely,
        "outer": contoso.group("Outer", [group])["id"],
        "new": contoso.user("Unassigned")["id"],
        "person": person,
        "principal": link.principal,
        "rule": schema["synchronizationRules"][0]["id"],
        "sku": sku["skuId"],
        "slack": slack,
        "slackTemplate": contoso.get(f"/servicePrincipals/{slack}/synchronization/templates")["value"][0]["id"],
        "subscription": sku["id"],
        "templateId": contoso.get(f"{link.sync}/templates")["value"][0]["id"],
        "tenant": contoso.tenant.tenant_id,
        "tenantId": federal.tenant.tenant_id,
    }


def path_of(route: str, world: dict[str, str]) -> str:
    """The path of a route for something that is there."""
    template = route.split(" ")[1]
    place = PLACES.get(route) or PLACES.get(template.split("/")[1], "")
    key = "(domainName='contoso.com')" if "Domain" in template else f"(tenantId='{world['tenant']}')"
    names = {**world, "id": world.get(place, ""), "assignment": world.get(f"granted to {place}", ""), "key": key}
    return template.replace("/{key}", "{key}").format(**names)


def filled(value: JSON, world: dict[str, str]) -> JSON:
    """A body for this tenant."""
    if isinstance(value, dict):
        return {name: filled(item, world) for name, item in value.items()}
    if isinstance(value, list):
        return [filled(item, world) for item in value]
    return world[value[1:-1]] if isinstance(value, str) and value.startswith("{") else value


def model_of(name: str) -> Any:
    """The SDK's class."""
    folder, _, own = f"models.{name}".rpartition(".") if "." not in name else name.rpartition(".")
    own = own.replace("*", "CollectionResponse")
    module = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in own).lstrip("_")
    return getattr(importlib.import_module(f"msgraph.generated.{folder}.{module}"), own)


def test_each_route_that_answers_with_a_body_has_a_model() -> None:
    """A new route needs a line here."""
    assert sorted(ROUTES_WITH_BODY) == sorted(MODELS)


@pytest.mark.parametrize("route", ROUTES_WITH_BODY)
def test_answer_fits_its_model(contoso: Api, world: dict[str, str], route: str) -> None:
    """The model reads it, and nothing is left over but what the reference documents all the same."""
    answer = contoso.ok(route.split(" ")[0], path_of(route, world), filled(BODIES.get(route), world))
    read = JsonParseNode(answer).get_object_value(model_of(MODELS[route]))
    left = {path.rsplit("/", 1)[1] for path in leftovers(read)} - set(EXPECTED_LEFTOVERS)

    assert [] != answer.get("value"), "nothing to read"
    assert set() == left
