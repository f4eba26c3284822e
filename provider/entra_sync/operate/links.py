"""Links that exist: those of a stack's state, of a file, or of a tenant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from entra_sync.base.kinds import link_of
from entra_sync.errors import ConfigurationError
from entra_sync.graph import paths
from entra_sync.graph.gateway import Graph, connect
from entra_sync.graph.paths import segment
from entra_sync.impact.declared.file import LinkFile
from entra_sync.microsoft.assumptions import CROSS_CLOUD_WORDS, SAME_CLOUD_TEMPLATE
from entra_sync.microsoft.clouds import pair
from entra_sync.microsoft.tenant import Tenant

__all__ = ["ExistingLink", "from_file", "from_state", "in_tenant", "job_of"]

JSON = Any


@dataclass(frozen=True, slots=True)
class ExistingLink:
    """A link by the application that runs it.

    Attributes:
        name: Its name: that of the program's resource, or of the application.
        source: Tenant that users come from.
        target_id: Directory (tenant) id of the target; empty if the application does not say.
        target_name: What the target is called; its id if nothing else is known.
        service_principal_id: The application's service principal.
        crosses: Whether the target is in another cloud.
    """

    name: str
    source: Tenant
    target_id: str
    target_name: str
    service_principal_id: str
    crosses: bool


def from_state(resources: Sequence[Mapping[str, JSON]]) -> list[ExistingLink]:
    """Returns the links of a stack, by the applications in its state.

    Args:
        resources: The resources of the state.
    """
    found = []
    names = {}
    for each in resources:
        for side in ("tenant", "target"):
            tenant = (each.get("inputs") or {}).get(side)
            if isinstance(tenant, Mapping):
                names[tenant["tenantId"]] = tenant["name"]
    for each in resources:
        if not each["type"].endswith(":ServicePrincipal"):
            continue
        outputs = each.get("outputs") or {}
        if not outputs.get("servicePrincipalId"):
            continue  # nothing was created yet
        target = (outputs.get("target") or {}).get("tenantId") or ""
        crosses = bool(outputs.get("crossCloud"))
        found.append(
            ExistingLink(
                link_of(each["urn"], each.get("parent")),
                Tenant(**each["inputs"]["tenant"]),
                target,
                names.get(target, target),
                outputs["servicePrincipalId"],
                crosses,
            )
        )
    return found


def from_file(path: Path) -> ExistingLink:
    """Returns the link of a file.

    Raises:
        ConfigurationError: The file cannot be read, or does not name the application.
    """
    link = LinkFile.read(path)
    if link.service_principal_id is None:
        raise ConfigurationError(f"{path}: servicePrincipalId: is missing, so the link does not exist yet")
    name = f"{link.source.name}-to-{link.target.name}"
    crosses = pair(link.source.cloud, link.target.cloud).cross_cloud
    owner = link.service_principal_id
    return ExistingLink(name, link.source, link.target.tenant_id, link.target.name, owner, crosses)


def in_tenant(tenant: Tenant) -> Iterator[ExistingLink]:
    """Yields the links that start in a tenant: applications of the templates for synchronization between tenants.

    Raises:
        GraphError: The applications cannot be read.
    """
    graph = connect(tenant)
    query = quote(" or ".join(f"contains(displayName,'{words}')" for words in CROSS_CLOUD_WORDS))
    path = f"{paths.GALLERY}?$filter={query}&$select=id"
    crossing = [each["id"] for each in graph.pages(path, "looking for the templates of cross-cloud synchronization")]
    for template in (SAME_CLOUD_TEMPLATE, *crossing):
        path = f"{paths.APPLICATIONS}?$filter=applicationTemplateId eq '{segment(template)}'&$select=appId,displayName"
        for application in list(graph.pages(path, "looking for synchronization applications")):
            path = f"{paths.service_principal_of(segment(application['appId']))}?$select=id"
            principal = graph.find(path, f'looking for the service principal of "{application["displayName"]}"')
            if principal is not None:
                target = _target(graph, principal["id"])
                crosses = template != SAME_CLOUD_TEMPLATE
                yield ExistingLink(application["displayName"], tenant, target, target, principal["id"], crosses)


def job_of(link: ExistingLink) -> JSON:
    """Reads the link's job.

    Raises:
        ConfigurationError: It has none.
        GraphError: It cannot be read.
    """
    path = paths.jobs(segment(link.service_principal_id))
    jobs = list(connect(link.source).pages(path, f"reading the job of link {link.name}"))
    if not jobs:
        raise ConfigurationError(f"link {link.name} of tenant {link.source} has no synchronization job")
    return jobs[0]


def _target(graph: Graph, owner: str) -> str:
    purpose = "reading which tenant is synchronized to"
    pairs = graph.get(paths.secrets(segment(owner)), purpose)["value"]
    return next((str(each.get("value") or "") for each in pairs if each["key"] == "CompanyId"), "")
