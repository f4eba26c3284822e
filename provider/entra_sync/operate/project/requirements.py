"""The requests that each resource of a program makes in each tenant, and the permissions that they need.

The requests are written down per type of resource. Tests run every program on the emulator, which checks permissions on
each request, with exactly the permissions that follow from this table, and compare the requests with the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from entra_sync.graph.permissions import least
from entra_sync.microsoft.tenant import Tenant
from entra_sync.operate.project.purpose import Purpose

__all__ = ["COMMANDS", "Declared", "Need", "needs", "operations", "tenants"]

JSON = Any


@dataclass(frozen=True, slots=True)
class Declared:
    """One resource of a program.

    Attributes:
        kind: Its type.
        inputs: Its arguments; None is one that is not known before up.
        deleted_with: A destroy sends nothing for it, because it goes with another resource.
        urn: The engine's name for it.
        parent: The same of the resource that it is declared in.
    """

    kind: str
    inputs: Mapping[str, JSON]
    deleted_with: bool = False
    urn: str = ""
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Need:
    """A permission that a program needs in a tenant, and the requests that need it."""

    tenant: str
    permission: str
    operations: Sequence[str]


_POLICY = "/policies/crossTenantAccessPolicy"
_PARTNER = f"{_POLICY}/partners/{{id}}"
_INBOUND = f"{_PARTNER}/identitySynchronization"
_INVITATIONS = "GET /policies/authorizationPolicy"
_OWNER = "/servicePrincipals/{id}"
_JOBS = f"{_OWNER}/synchronization/jobs"
_JOB = f"{_JOBS}/{{id}}"
_TEMPLATES = f"{_OWNER}/synchronization/templates"
_DELETED = "/directory/deletedItems/microsoft.graph"

_SMS = "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/{id}"

_ASSIGNED = (f"GET {_OWNER}", f"GET {_OWNER}/appRoleAssignedTo", "GET /groups/{id}", "GET /users/{id}")
_LICENSED = ("GET /groups/{id}", "GET /users/{id}", "GET /subscribedSkus", "GET /applications")
_PAUSED = (f"GET {_JOBS}", f"POST {_JOB}/pause")
_SETTING = ("GET /applications", f"GET {_POLICY}", f"GET {_POLICY}/partners", f"GET {_PARTNER}", f"GET {_INBOUND}")

READS: Mapping[str, tuple[str, ...]] = {
    "AllowedCloudEndpoint": (f"GET {_POLICY}",),
    "AppRoleAssignments": _ASSIGNED,
    "CrossTenantAccessDefault": (f"GET {_POLICY}/default",),
    "CrossTenantPartner": (f"GET {_POLICY}", f"GET {_PARTNER}", f"GET {_INBOUND}"),
    "IdentitySynchronization": (f"GET {_POLICY}", f"GET {_PARTNER}", f"GET {_INBOUND}"),
    "LicenseAssignment": (*_LICENSED, "GET /groups/{id}/membersWithLicenseErrors"),
    "LicensedScope": (*_LICENSED, "GET /groups/{id}/members/microsoft.graph.user"),
    "LinkImpact": (
        "GET /groups/delta",
        "GET /groups/{id}",
        "GET /groups/{id}/members",
        "GET /groups/{id}/members/microsoft.graph.user",
        "GET /groups/{id}/transitiveMembers",
        "GET /organization",
        "GET /subscribedSkus",
        "GET /users",
        "GET /users/delta",
        "GET /users/{id}",
        f"GET {_DELETED}.user",
        f"GET {_JOBS}",
        f"GET {_JOB}/schema",
        f"GET {_JOB}/objectConnections",
        f"GET {_OWNER}/synchronization/secrets",
        f"GET {_OWNER}/appRoleAssignedTo",
        f"GET {_TEMPLATES}",
        f"GET {_TEMPLATES}/{{id}}/schema",
        "GET /auditLogs/provisioning",
        f"GET {_PARTNER}",
        f"GET {_SMS}",
    ),
    "ServicePrincipal": (
        "GET /applications",
        "GET /applications/{id}",
        "GET /applicationTemplates",
        "GET /servicePrincipals",
        f"GET {_OWNER}",
        f"GET {_DELETED}.servicePrincipal",
        f"GET {_POLICY}",
        f"GET {_PARTNER}",
        f"GET {_TEMPLATES}",
    ),
    "SynchronizationAttributeMapping": (f"GET {_JOB}", f"GET {_JOB}/schema", f"GET {_TEMPLATES}/{{id}}/schema"),
    "SynchronizationJob": (f"GET {_JOBS}", f"GET {_JOB}", f"GET {_TEMPLATES}"),
    "SynchronizationSchedule": (f"GET {_JOB}",),
    "SynchronizationSchema": (f"GET {_JOB}", f"GET {_JOB}/schema", f"GET {_TEMPLATES}/{{id}}/schema"),
    "SynchronizationSecrets": (f"GET {_OWNER}/synchronization/secrets",),
}
"""What a resource asks in its own tenant to preview a change, to refresh, and to look at what it has done."""

WRITES: Mapping[str, tuple[str, ...]] = {
    "AllowedCloudEndpoint": (f"PATCH {_POLICY}",),
    "AppRoleAssignments": (f"POST {_OWNER}/appRoleAssignedTo", f"DELETE {_OWNER}/appRoleAssignedTo/{{id}}"),
    "CrossTenantAccessDefault": (f"PATCH {_POLICY}/default",),
    "CrossTenantPartner": (f"POST {_POLICY}/partners", f"PATCH {_PARTNER}"),
    "IdentitySynchronization": (f"PUT {_INBOUND}", f"PATCH {_INBOUND}"),
    "LicenseAssignment": ("POST /groups/{id}/assignLicense", "POST /users/{id}/assignLicense"),
    "LicensedScope": ("POST /groups/{id}/assignLicense", "POST /users/{id}/assignLicense"),
    "ServicePrincipal": ("POST /applicationTemplates/{id}/instantiate", "PATCH /applications/{id}"),
    "SynchronizationAttributeMapping": (f"PUT {_JOB}/schema",),
    "SynchronizationJob": (f"POST {_JOBS}", f"POST {_JOBS}/validateCredentials"),
    "SynchronizationSchedule": (
        f"POST {_JOB}/start",
        f"POST {_JOB}/pause",
        f"POST {_JOB}/restart",
        f"POST {_JOB}/validateCredentials",
    ),
    "SynchronizationSchema": (f"PUT {_JOB}/schema",),
    "SynchronizationSecrets": (f"PUT {_OWNER}/synchronization/secrets",),
}
"""What a resource sends in its own tenant to create or to update."""

DELETES: Mapping[str, tuple[str, ...]] = {
    "AllowedCloudEndpoint": (*_SETTING, f"PATCH {_POLICY}"),
    "AppRoleAssignments": (*_ASSIGNED, *_PAUSED, f"DELETE {_OWNER}/appRoleAssignedTo/{{id}}"),
    "CrossTenantAccessDefault": (f"GET {_POLICY}/default", f"PATCH {_POLICY}/default"),
    "CrossTenantPartner": (*_SETTING, f"PATCH {_PARTNER}", f"DELETE {_PARTNER}"),
    "IdentitySynchronization": (*_SETTING, f"PATCH {_INBOUND}", f"DELETE {_INBOUND}"),
    "LicenseAssignment": (*_LICENSED, "POST /groups/{id}/assignLicense", "POST /users/{id}/assignLicense"),
    "LicensedScope": (*_LICENSED, "POST /groups/{id}/assignLicense", "POST /users/{id}/assignLicense"),
    "ServicePrincipal": (
        "GET /applications/{id}",
        f"GET {_OWNER}",
        "PATCH /applications/{id}",
        "DELETE /applications/{id}",
    ),
    "SynchronizationAttributeMapping": (f"GET {_JOB}/schema", f"PUT {_JOB}/schema", f"DELETE {_JOB}/schema"),
    "SynchronizationJob": (f"GET {_JOB}", f"DELETE {_JOB}"),
    "SynchronizationSchedule": (f"GET {_JOB}", f"POST {_JOB}/pause"),
    "SynchronizationSchema": (
        *_PAUSED,
        f"GET {_JOB}",
        f"GET {_JOB}/schema",
        f"PUT {_JOB}/schema",
        f"DELETE {_JOB}/schema",
    ),
    "SynchronizationSecrets": (
        f"GET {_OWNER}/synchronization/secrets",
        f"PUT {_OWNER}/synchronization/secrets",
    ),
}
"""What a resource asks and sends in its own tenant to delete."""

TARGET: Mapping[str, tuple[str, ...]] = {
    "LinkImpact": (
        "GET /groups",
        "GET /organization",
        "GET /users",
        "GET /users/delta",
        "GET /users/{id}",
        f"GET {_DELETED}.user",
        f"GET {_OWNER}",
        f"GET {_OWNER}/appRoleAssignments",
        f"GET {_PARTNER}",
        f"GET {_INBOUND}",
        _INVITATIONS,
    ),
    "ServicePrincipal": ("GET /applications", f"GET {_POLICY}", f"GET {_PARTNER}", f"GET {_INBOUND}"),
}
"""What a resource asks in the link's other tenant, in preview and in `up`."""

_CANARIES = (f"POST {_JOB}/provisionOnDemand", f"POST {_JOB}/pause", f"POST {_JOB}/start")
_CANARIES_IN_TARGET = ("GET /users/{id}",)

_REPORTED = ("GET /subscribedSkus", "GET /groups/{id}/members/microsoft.graph.user", "GET /users/{id}/licenseDetails")
"""What a report also asks in the source: who holds which license."""

_COMPARED = (
    "GET /applicationTemplates",
    "GET /applicationTemplates/{id}",
    "GET /applications",
    f"GET {_OWNER}",
    f"GET {_OWNER}/synchronization/secrets",
    f"GET {_JOBS}",
    f"GET {_JOB}",
    f"GET {_JOB}/objectConnections/{{id}}",
    f"GET {_TEMPLATES}",
    f"GET {_TEMPLATES}/{{id}}",
    f"GET {_TEMPLATES}/{{id}}/schema",
    f"GET {_POLICY}",
    f"GET {_POLICY}/default",
    f"GET {_PARTNER}",
    "GET /auditLogs/provisioning",
)
_COMPARED_IN_TARGET = (
    f"GET {_OWNER}",
    f"GET {_OWNER}/appRoleAssignments",
    f"GET {_POLICY}",
    f"GET {_POLICY}/default",
    f"GET {_PARTNER}",
    "GET /auditLogs/directoryAudits",
)
_TRIED = (
    "POST /applicationTemplates/{id}/instantiate",
    f"PUT {_OWNER}/synchronization/secrets",
    f"POST {_JOBS}",
    f"POST {_JOBS}/validateCredentials",
    "GET /applications/{id}",
    "PATCH /applications/{id}",
    f"PATCH {_OWNER}",
    "DELETE /applications/{id}",
)

COMMANDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "why": (
        (
            "GET /users",
            "GET /users/{id}",
            "GET /groups/{id}",
            "GET /users/{id}/memberOf",
            f"GET {_JOBS}",
            f"GET {_JOB}/schema",
            f"GET {_JOB}/objectConnections",
            f"GET {_OWNER}/synchronization/secrets",
            f"GET {_OWNER}/appRoleAssignedTo",
            "GET /auditLogs/provisioning",
            f"GET {_PARTNER}",
            f"GET {_SMS}",
        ),
        (
            "GET /users",
            f"GET {_DELETED}.user",
            "GET /groups",
            "GET /organization",
            f"GET {_PARTNER}",
            f"GET {_INBOUND}",
            _INVITATIONS,
        ),
    ),
    "status": ((f"GET {_JOBS}", "GET /subscribedSkus"), ()),
    "logs": (("GET /auditLogs/provisioning",), ()),
    "logs --audit": (("GET /auditLogs/directoryAudits",), ()),
    "watch": ((f"GET {_JOB}",), ()),
    "restart, pause, resume": ((f"GET {_JOB}", f"POST {_JOB}/restart", f"POST {_JOB}/pause", f"POST {_JOB}/start"), ()),
    "provision": (("GET /users/{id}", f"GET {_JOB}/schema", f"POST {_JOB}/provisionOnDemand"), ()),
    "import": (
        (
            "GET /applications",
            "GET /applicationTemplates",
            f"GET {_OWNER}",
            f"GET {_OWNER}/appRoleAssignedTo",
            "GET /groups/{id}",
            "GET /users/{id}",
            f"GET {_JOBS}",
            f"GET {_JOB}/schema",
            f"GET {_TEMPLATES}/{{id}}/schema",
            f"GET {_OWNER}/synchronization/secrets",
        ),
        (),
    ),
    "doctor": (
        (
            "GET /organization",
            f"GET {_POLICY}",
            f"GET {_PARTNER}",
            "GET /subscribedSkus",
            "GET /groups/{id}/members/microsoft.graph.user",
            "GET /users",
        ),
        (
            "GET /organization",
            f"GET {_POLICY}",
            f"GET {_PARTNER}",
            f"GET {_INBOUND}",
            _INVITATIONS,
            f"GET {_OWNER}",
            f"GET {_OWNER}/appRoleAssignments",
        ),
    ),
    "graph": ((), ()),
    "verify": (_COMPARED, _COMPARED_IN_TARGET),
    "verify --write": ((*_COMPARED, *_TRIED), _COMPARED_IN_TARGET),
}
"""What commands about existing links ask in the source and in the target."""


def operations(declared: Iterable[Declared], purpose: Purpose) -> dict[str, list[tuple[str, str]]]:
    """Returns the requests of a program by tenant, as method and path.

    Args:
        declared: The resources of the program.
        purpose: What it is run for.
    """
    found: dict[str, dict[tuple[str, str], None]] = {}

    def add(tenant: Mapping[str, JSON] | None, requests: Iterable[str]) -> None:
        for each in requests if tenant else ():
            method, path = each.split(" ", 1)
            found.setdefault(str((tenant or {})["name"]), {})[method, path] = None

    for resource in declared:
        own, target = resource.inputs.get("tenant"), resource.inputs.get("target")
        if purpose is Purpose.DESTROY:
            add(own, () if resource.deleted_with else DELETES.get(resource.kind, ()))
            continue
        add(own, READS.get(resource.kind, ()))
        add(target, TARGET.get(resource.kind, ()))
        if purpose is Purpose.UP:
            add(own, WRITES.get(resource.kind, ()))
            if resource.kind == "SynchronizationSchema" and resource.inputs.get("canaries"):
                add(own, _CANARIES)
                add(target, _CANARIES_IN_TARGET)
        if purpose in (Purpose.IMPACT, Purpose.PULL_REQUEST) and resource.kind == "LinkImpact":
            add(own, _REPORTED)
    return {tenant: list(requests) for tenant, requests in found.items()}


def needs(declared: Sequence[Declared], purpose: Purpose) -> list[Need]:
    """Returns the fewest least privileged permissions for a purpose, tenant by tenant."""
    return [
        Need(tenant, permission, tuple(reasons))
        for tenant, requests in operations(declared, purpose).items()
        for permission, reasons in least(requests).items()
    ]


def tenants(declared: Iterable[Declared]) -> list[Tenant]:
    """Returns the tenants of a program, each once, in the order of the program."""
    found: dict[str, Tenant] = {}
    for resource in declared:
        for side in ("tenant", "target"):
            values = resource.inputs.get(side)
            if values:
                found.setdefault(values["name"], Tenant(**values))
    return list(found.values())
