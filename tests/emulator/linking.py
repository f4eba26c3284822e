"""A whole link between two tenants, made through Graph as an administrator makes it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from entra_sync.microsoft.clouds import CLOUDS
from tests.emulator.api import Api

JSON = Any
CROSS_CLOUD = "across Microsoft clouds"


@dataclass
class Link:
    """A link whose parts are addressed by what the tenants answered."""

    source: Api
    target: Api
    principal: str
    role: str
    job_id: str

    @property
    def sync(self) -> str:
        """Path of the synchronization of the service principal."""
        return f"/servicePrincipals/{self.principal}/synchronization"

    @property
    def job(self) -> str:
        """Path of the job."""
        return f"{self.sync}/jobs/{self.job_id}"

    def assign(self, principal: str) -> str:
        """Put a user or group into scope. Returns the assignment's id."""
        body = {"principalId": principal, "resourceId": self.principal, "appRoleId": self.role}
        return str(self.source.post(f"/servicePrincipals/{self.principal}/appRoleAssignedTo", body)["id"])

    def unassign(self, assignment: str) -> None:
        """Take an assignment away."""
        self.source.ok("DELETE", f"/servicePrincipals/{self.principal}/appRoleAssignedTo/{assignment}")

    def secrets(self, *, sync_all: bool = False, threshold: int | None = None) -> None:
        """Save the connection's settings."""
        notification: JSON = {"Enabled": False, "DeleteThresholdEnabled": threshold is not None}
        if threshold is not None:
            notification["DeleteThresholdValue"] = threshold
        value = [
            *credentials(self.target),
            {"key": "SyncNotificationSettings", "value": json.dumps(notification)},
            {"key": "SyncAll", "value": str(sync_all).lower()},
        ]
        self.source.ok("PUT", f"{self.sync}/secrets", {"value": value})

    def start(self) -> None:
        """Start the job."""
        self.source.post(f"{self.job}/start")

    def cycle(self) -> dict[str, int]:
        """Run a cycle; how many people by what happened to them."""
        (summary,) = self.source.emulator.run_cycle(self.job_id)
        return summary.counts

    def status(self) -> JSON:
        """The job's status."""
        return self.source.get(self.job)["status"]

    def map(self, target: str, expression: str, **properties: Any) -> None:
        """Change one attribute mapping; other properties are those of the row, such as ``flowType``."""
        schema = self.source.get(f"{self.job}/schema")
        parsed = self.source.post(f"{self.job}/schema/parseExpression", {"expression": expression})
        rows = schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]
        row = next((row for row in rows if row["targetAttributeName"] == target), None)
        if row is None:
            row = {**rows[-1], "targetAttributeName": target, "matchingPriority": 0, "flowType": "Always"}
            rows.append(row)
        row.update({"source": parsed["parsedExpression"], **properties})
        self.source.ok("PUT", f"{self.job}/schema", schema)

    def filter(self, *clauses: tuple[str, str, str]) -> None:
        """Set the scoping filter to one group of (attribute, operator, value)."""
        schema = self.source.get(f"{self.job}/schema")
        scope = schema["synchronizationRules"][0]["objectMappings"][0]["scope"]
        scope["groups"] = [
            {
                "name": "Filter 1",
                "clauses": [
                    {"operatorName": operator, "sourceOperandName": name, "targetOperand": {"values": [value]}}
                    for name, operator, value in clauses
                ],
            }
        ]
        self.source.ok("PUT", f"{self.job}/schema", schema)

    def account(self, user: JSON) -> JSON | None:
        """The live account of a source user in the target, or None."""
        name = f"{user['userPrincipalName'].replace('@', '_')}#EXT#@{self.target.tenant.domain}"
        found = self.target.get(f"/users?$filter=userPrincipalName eq '{name.replace('#', '%23')}'&$select={ACCOUNT}")
        return found["value"][0] if found["value"] else None

    def log(self, user: JSON) -> list[JSON]:
        """The provisioning log of a source user, newest first."""
        entries = self.source.pages("/auditLogs/provisioning")
        return [entry for entry in entries if entry["sourceIdentity"]["id"] == user["id"]]


ACCOUNT = (
    "id,displayName,userPrincipalName,mail,userType,accountEnabled,department,jobTitle,city,country,creationType,"
    "externalUserState,employeeType,showInAddressList,onPremisesExtensionAttributes"
)


def credentials(target: Api) -> list[JSON]:
    """What the connection to a target is made of."""
    return [
        {"key": "CompanyId", "value": target.tenant.tenant_id},
        {"key": "AuthenticationType", "value": "SyncPolicy"},
    ]


def allow(source: Api, target: Api) -> None:
    """Everything that both tenants have to allow."""
    if source.tenant.cloud is not target.tenant.cloud:
        for one, other in ((source, target), (target, source)):
            endpoint = CLOUDS[other.tenant.cloud].endpoint
            one.patch("/policies/crossTenantAccessPolicy", {"allowedCloudEndpoints": [endpoint]}, version="beta")
        target.tenant.allow_links_from(source.tenant)
    partners = "/policies/crossTenantAccessPolicy/partners"
    here, there = source.tenant.tenant_id, target.tenant.tenant_id
    source.post(partners, {"tenantId": there, "automaticUserConsentSettings": {"outboundAllowed": True}})
    target.post(partners, {"tenantId": here, "automaticUserConsentSettings": {"inboundAllowed": True}})
    target.ok("PUT", f"{partners}/{here}/identitySynchronization", {"userSyncInbound": {"isSyncAllowed": True}})


def connect(source: Api, target: Api, *, threshold: int | None = None, sync_all: bool = False) -> Link:
    """A link with a job that is not started, with no user in scope."""
    allow(source, target)
    crosses = source.tenant.cloud is not target.tenant.cloud
    wanted = f"contains(displayName,'{CROSS_CLOUD}')" if crosses else "displayName eq 'Cross-tenant synchronization'"
    (template,) = source.get(f"/applicationTemplates?$filter={wanted}&$select=id")["value"]
    made = source.application(template["id"], "Link")["servicePrincipal"]
    link = Link(source, target, made["id"], made["appRoles"][0]["id"], "")
    job_template = next(item["id"] for item in source.get(f"{link.sync}/templates")["value"] if item["default"])
    link.job_id = source.post(f"{link.sync}/jobs", {"templateId": job_template})["id"]
    link.secrets(sync_all=sync_all, threshold=threshold)
    return link
