"""The organization, and basic information about another tenant of the same cloud."""

from __future__ import annotations

import re

from entra_sync.emulator.errors import bad_request, not_found
from entra_sync.emulator.graph.audit import audit
from entra_sync.emulator.graph.bodies import invalid_value
from entra_sync.emulator.graph.collection import documents
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.state.store import Document
from entra_sync.emulator.state.tenants import Tenant

__all__ = ["routes"]

routes = Router()

_BY_DOMAIN = re.compile(r"\(domainName='([^']*)'\)\Z", re.IGNORECASE)
_BY_TENANT = re.compile(r"\(tenantId='([^']*)'\)\Z", re.IGNORECASE)
_WRITABLE = {
    "marketingNotificationEmails": list,
    "privacyProfile": dict,
    "securityComplianceNotificationMails": list,
    "securityComplianceNotificationPhones": list,
    "technicalNotificationMails": list,
}
_QUOTA = 300_000
"""Objects of a tenant that has verified a domain ("Microsoft Entra service limits and restrictions")."""


def _document(call: Call) -> Document:
    tenant = call.tenant.document
    used = call.store.query("SELECT count(*) FROM objects WHERE tenant = ? AND kind IN ('user', 'group')", [call.tid])
    plans = _plans(call)
    return {
        "id": call.tid,
        "deletedDateTime": None,
        "businessPhones": ["425-555-0100"],
        "city": tenant.get("city"),
        "country": tenant.get("country"),
        "countryLetterCode": tenant["countryLetterCode"],
        "createdDateTime": tenant["createdDateTime"],
        "defaultUsageLocation": tenant.get("defaultUsageLocation", tenant["countryLetterCode"]),
        "displayName": tenant["displayName"],
        "isMultipleDataLocationsForServicesEnabled": None,
        "marketingNotificationEmails": tenant.get("marketingNotificationEmails", []),
        "onPremisesLastSyncDateTime": None,
        "onPremisesSyncEnabled": None,
        "onPremisesSyncStatus": [],
        "partnerTenantType": None,
        "postalCode": None,
        "preferredLanguage": tenant["preferredLanguage"],
        "securityComplianceNotificationMails": tenant.get("securityComplianceNotificationMails", []),
        "securityComplianceNotificationPhones": tenant.get("securityComplianceNotificationPhones", []),
        "state": None,
        "street": None,
        "technicalNotificationMails": tenant["technicalNotificationMails"],
        "tenantType": "AAD",
        "directorySizeQuota": {"used": used[0][0], "total": _QUOTA},
        "privacyProfile": {"contactEmail": "", "statementUrl": "", **tenant.get("privacyProfile", {})},
        "assignedPlans": [
            {
                "assignedDateTime": tenant["createdDateTime"],
                "capabilityStatus": "Enabled",
                "service": plan["servicePlanName"],
                "servicePlanId": plan["servicePlanId"],
            }
            for plan in plans
        ],
        "provisionedPlans": [
            {"capabilityStatus": "Enabled", "provisioningStatus": "Success", "service": plan["servicePlanName"]}
            for plan in plans
        ],
        "verifiedDomains": tenant["verifiedDomains"],
    }


def _plans(call: Call) -> list[Document]:
    found = {
        plan["servicePlanId"]: plan for sku in call.store.objects(call.tid, "sku") for plan in sku.doc["servicePlans"]
    }
    return list(found.values())


documents(routes, "/organization", lambda call: [_document(call)])


@routes.on("PATCH", "/organization/{id}")
def patch_organization(call: Call, id: str) -> Reply:
    """Change who gets the service's mail, and the privacy profile."""
    if id.lower() != call.tid:
        raise not_found(id)
    body = {name: value for name, value in call.json().items() if "@odata" not in name}
    for name, value in body.items():
        if name not in _WRITABLE:
            known = name in _document(call)
            raise bad_request(
                f"Property '{name}' is read-only and cannot be set." if known else f"Invalid property '{name}'."
            )
        if not isinstance(value, _WRITABLE[name]):
            raise invalid_value(name, "Organization")
    call.tenant.change(**body)
    audit(call, "DirectoryManagement", "Set Company Information", "Directory", call.tid, call.tenant.name)
    return Reply(204)


@routes.on("GET", "/tenantRelationships/findTenantInformationByTenantId/{key}")
def find_tenant(call: Call, key: str) -> Reply:
    """Name and default domain of a tenant of this cloud; tenants of other clouds are not found."""
    found = _BY_TENANT.match(key)
    if found is None:
        raise bad_request("A value is required for parameter 'tenantId'.", "BadRequest")
    return _information(call, call.state.tenant(found[1].lower()), found[1])


@routes.on("GET", "/tenantRelationships/findTenantInformationByDomainName/{key}")
def find_tenant_by_domain(call: Call, key: str) -> Reply:
    """The same, of the tenant that has verified a domain."""
    found = _BY_DOMAIN.match(key)
    if found is None:
        raise bad_request("A value is required for parameter 'domainName'.", "BadRequest")
    name = found[1].lower()
    owners = [tenant for tenant in call.state.tenants() if name in map(str.lower, tenant.domains)]
    return _information(call, owners[0] if owners else None, found[1])


def _information(call: Call, tenant: Tenant | None, asked: str) -> Reply:
    if tenant is None or tenant.cloud is not call.tenant.cloud:
        raise not_found(asked)
    default = next(item["name"] for item in tenant.document["verifiedDomains"] if item["isDefault"])
    shown = {
        "tenantId": tenant.tenant_id,
        "federationBrandName": None,
        "displayName": tenant.document["displayName"],
        "defaultDomainName": default,
    }
    return call.entity(shown, "microsoft.graph.tenantInformation")
