"""Requests for an application, a job, secrets and two assignments, beside those of Terraform's azuread provider.

    python benchmarks/azuread.py

Both make the same objects in the same emulated tenants, one resource after the other. What azuread sends is replayed in
the order in which ``tests/contract/go/azuread.go`` sends it: it reads a new object until five answers in a row have it.
Its pauses between them are left out. Ours are added up, as seconds that nothing waits for.
"""

from __future__ import annotations

from typing import Any

from calls import Counted, Sent

from entra_sync.graph.gateway import Graph
from entra_sync.graph.requests import Request
from entra_sync.microsoft.tenant import Tenant

AGREEING = 5
"""Answers that have to agree before azuread goes on."""

PROGRAM = """
import pulumi
import entra_sync as entra

config = pulumi.Config()
contoso = entra.Tenant("contoso", **config.require_object("contoso"))
federal = entra.Tenant("federal", **config.require_object("federal"))
application = entra.ServicePrincipal("application", tenant=contoso, display_name="Ours", cross_cloud=True)
owner = application.service_principal_id
secrets = entra.SynchronizationSecrets(
    "secrets", tenant=contoso, service_principal_id=owner, target_tenant_id=federal.tenant_id
)
scope = [entra.Group(each) for each in config.require_object("groups")[:2]]
assigned = entra.AppRoleAssignments("scope", tenant=contoso, service_principal_id=owner, principals=scope)
job = entra.SynchronizationJob(
    "job", tenant=contoso, service_principal_id=owner, enabled=True,
    opts=pulumi.ResourceOptions(depends_on=[secrets, assigned]),
)
"""


def prepare(counted: Counted) -> None:
    """Makes what an administrator of both tenants sets up first: each is a partner of the other."""
    contoso, federal = (Tenant(name, **counted.values[name]) for name in ("contoso", "federal"))
    for tenant, other, allowed in ((contoso, federal, "outboundAllowed"), (federal, contoso, "inboundAllowed")):
        graph, version = counted.connect(tenant), "v1.0" if tenant is contoso else "beta"
        policy = "policies/crossTenantAccessPolicy"
        clouds = {"allowedCloudEndpoints": [other.info.endpoint]}
        entry = {"tenantId": other.tenant_id, "automaticUserConsentSettings": {allowed: True}}
        graph.send(Request("PATCH", f"/{version}/{policy}", clouds, "allowing the cloud"))
        graph.send(Request("POST", f"/v1.0/{policy}/partners", entry, "making the partner"))
    inbound = f"/v1.0/policies/crossTenantAccessPolicy/partners/{contoso.tenant_id}/identitySynchronization"
    body = {"displayName": "Contoso", "userSyncInbound": {"isSyncAllowed": True}}
    counted.connect(federal).send(Request("PUT", inbound, body, "allowing synchronization"))


def azuread(graph: Graph, target: str, template: str, groups: list[str]) -> None:
    """Sends what azuread sends."""

    def write(method: str, path: str, body: Any = None) -> Any:
        return graph.send(Request(method, f"/v1.0/{path}", body, "replaying azuread")).body

    def settled(path: str) -> Any:
        return [graph.get(f"/v1.0/{path}") for _ in range(AGREEING)][-1]

    (found,) = graph.get(f"/v1.0/applicationTemplates?$filter=displayName eq '{template}'")["value"]
    made = write("POST", f"applicationTemplates/{found['id']}/instantiate", {"displayName": "Theirs"})
    owner = f"servicePrincipals/{made['servicePrincipal']['id']}"
    principal = settled(owner)
    pairs = [{"key": "CompanyId", "value": target}, {"key": "AuthenticationType", "value": "SyncPolicy"}]
    write("PUT", f"{owner}/synchronization/secrets", {"value": pairs})
    settled(f"{owner}/synchronization/secrets")
    for group in groups:
        role = principal["appRoles"][0]["id"]
        body = {"appRoleId": role, "principalId": group, "resourceId": principal["id"]}
        write("POST", f"{owner}/appRoleAssignedTo", body)
        settled(f"{owner}/appRoleAssignedTo")
    job = write("POST", f"{owner}/synchronization/jobs", {"templateId": "Azure2AzureCrossCloud"})
    settled(f"{owner}/synchronization/jobs/{job['id']}")
    write("POST", f"{owner}/synchronization/jobs/{job['id']}/start")
    graph.get(f"/v1.0/{owner}/synchronization/jobs/{job['id']}")


def writes(sent: list[Sent]) -> int:
    """How many of the requests change something."""
    return len([each for each in sent if each.writes])


def main() -> None:
    """Prints both counts and their ratio."""
    counted = Counted(1, 1, PROGRAM)
    prepare(counted)
    contoso = Tenant("contoso", **counted.values["contoso"])
    gallery = "/v1.0/applicationTemplates?$filter=contains(displayName,'across Microsoft clouds')"
    templates = counted.connect(contoso).get(gallery)
    name, groups = templates["value"][0]["displayName"], counted.values["groups"][:2]
    ours = counted.count(lambda: counted.run("up", counted.program))
    waited = counted.waited
    target = counted.values["federal"]["tenant_id"]
    theirs = counted.count(lambda: azuread(counted.connect(contoso), target, name, groups))
    ratio = len(ours) / len(theirs)
    figures = f"{len(ours)} requests, {writes(ours)} writes, {waited:.1f} s of pauses"
    print(f"application, job, secrets, two assignments: {figures}; azuread {len(theirs)} requests; ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
