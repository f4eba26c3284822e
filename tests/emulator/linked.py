"""A link between two sample tenants, made with Graph calls as an administrator makes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from entra_sync.clouds import CLOUDS
from entra_sync.emulator import Emulator, Tenant

JSON = Any

_CROSS_CLOUD_GALLERY_NAME = "Cross-tenant synchronization across Microsoft clouds"


@dataclass
class Linked:
    """Two tenants and the job that synchronizes the first into the second."""

    emulator: Emulator
    source: Tenant
    target: Tenant
    principal: str = ""
    job: str = ""

    def ask(self, tenant: Tenant, method: str, path: str, body: JSON = None) -> JSON:
        """One Graph call of a tenant's administrator; an error answer raises."""
        headers = {"Authorization": f"Bearer {self.emulator.token(tenant)}"}
        with httpx.Client(transport=self.emulator.transport(), base_url=tenant.graph_url, headers=headers) as client:
            answer = client.request(method, path, json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def group(self, name: str) -> str:
        """Id of a group of the source tenant."""
        groups = self.ask(self.source, "GET", "/v1.0/groups")["value"]
        return next(group["id"] for group in groups if group["displayName"] == name)

    def assign(self, kind: str, id: str) -> None:
        """Put a user or a group into scope."""
        principal = self.ask(self.source, "GET", f"/v1.0/servicePrincipals/{self.principal}")
        role = principal["appRoles"][0]["id"]
        body = {"principalId": id, "resourceId": self.principal, "appRoleId": role}
        self.ask(self.source, "POST", f"/v1.0/{kind}/{id}/appRoleAssignments", body)


def link(emulator: Emulator, *groups: str) -> Linked:
    """Contoso linked to Contoso Federal, with the people of these groups in scope and the job started."""
    source, target = emulator.tenants["contoso"], emulator.tenants["federal"]
    made = Linked(emulator, source, target)
    target.allow_cross_cloud_synchronization_from(source.cloud)
    policy = "/v1.0/policies/crossTenantAccessPolicy"
    for here, there, direction in ((source, target, "outboundAllowed"), (target, source, "inboundAllowed")):
        made.ask(here, "PATCH", policy, {"allowedCloudEndpoints": [CLOUDS[there.cloud].endpoint]})
        consent = {direction: True}
        partner = {"tenantId": there.tenant_id, "automaticUserConsentSettings": consent}
        made.ask(here, "POST", f"{policy}/partners", partner)
    inbound = {"userSyncInbound": {"isSyncAllowed": True}}
    made.ask(target, "PUT", f"{policy}/partners/{source.tenant_id}/identitySynchronization", inbound)
    templates = made.ask(source, "GET", "/v1.0/applicationTemplates")["value"]
    template = next(item["id"] for item in templates if item["displayName"] == _CROSS_CLOUD_GALLERY_NAME)
    name = {"displayName": "Contoso to Federal"}
    application = made.ask(source, "POST", f"/v1.0/applicationTemplates/{template}/instantiate", name)
    made.principal = application["servicePrincipal"]["id"]
    synchronization = f"/v1.0/servicePrincipals/{made.principal}/synchronization"
    known = made.ask(source, "GET", f"{synchronization}/templates")["value"][0]["id"]
    secrets = [{"key": "CompanyId", "value": target.tenant_id}, {"key": "AuthenticationType", "value": "SyncPolicy"}]
    made.ask(source, "PUT", f"{synchronization}/secrets", {"value": secrets})
    made.job = made.ask(source, "POST", f"{synchronization}/jobs", {"templateId": known})["id"]
    for group in groups:
        made.assign("groups", made.group(group))
    made.ask(source, "POST", f"{synchronization}/jobs/{made.job}/start", {})
    return made
