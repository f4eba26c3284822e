"""What the tenants hold of everything that a link makes or changes."""

from __future__ import annotations

from typing import Any

from entra_sync.graph.gateway import Graph

JSON = Any
POLICY = "/v1.0/policies/crossTenantAccessPolicy"


def held(graphs: dict[str, Graph]) -> dict[str, JSON]:
    """The shared settings, applications and licenses of each tenant."""
    return {name: _tenant(graph) for name, graph in graphs.items()}


def _tenant(graph: Graph) -> dict[str, JSON]:
    partners = list(graph.pages(f"{POLICY}/partners"))
    return {
        "clouds": sorted(graph.get(POLICY.replace("v1.0", "beta"))["allowedCloudEndpoints"] or []),
        "default": graph.get(f"{POLICY}/default"),
        "partners": {each["tenantId"]: each for each in partners},
        "inbound": {
            each["tenantId"]: graph.find(f"{POLICY}/partners/{each['tenantId']}/identitySynchronization")
            for each in partners
        },
        "applications": sorted(each["id"] for each in graph.pages("/v1.0/applications?$select=id")),
        "principals": sorted(each["id"] for each in graph.pages("/v1.0/servicePrincipals?$select=id")),
        "licenses": {
            group["id"]: group["assignedLicenses"] for group in graph.pages("/v1.0/groups?$select=id,assignedLicenses")
        },
    }
