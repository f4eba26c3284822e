"""Which application permissions a request to Microsoft Graph needs.

The rows follow the permission tables of the API reference for what this package sends. They are made from
microsoft-graph-devx-content, ``permissions/new/permissions.json``. ``User.ReadBasic.All`` and ``Group.ReadBasic.All``
are left out, although they are the least privileged ones there: they show basic properties only. For organizations
the table on the page is followed, which names ``Organization.Read.All``. Of object connections the reference names
``SynchronizationMetadata.*``, which that file has as disabled, and the how-to ``Synchronization.*``: both count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["GRAPH_APPLICATION", "alternatives", "least"]

GRAPH_APPLICATION = "00000003-0000-0000-c000-000000000000"
"""Application id of Microsoft Graph, which the permissions are roles of, in every cloud."""


@dataclass(frozen=True, slots=True)
class Row:
    """Permissions to read and to write below a part of a path; each is an alternative, ``A+B`` is both together."""

    part: str
    reading: tuple[str, ...]
    writing: tuple[str, ...] = ()


_APPLICATIONS = ("Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All")
_OWN = ("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All", "Directory.ReadWrite.All")
_ROLES = ("AppRoleAssignment.ReadWrite.All+Application.Read.All", "AppRoleAssignment.ReadWrite.All+Directory.Read.All")
_USERS = ("User.Read.All", "User.ReadWrite.All", "Directory.Read.All")
_MEMBERS = ("GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All")

_ROWS = (
    Row(
        "/policies/crossTenantAccessPolicy",
        ("Policy.Read.All", "Policy.ReadWrite.CrossTenantAccess"),
        ("Policy.ReadWrite.CrossTenantAccess",),
    ),
    Row(
        "/policies/authorizationPolicy",
        ("Policy.Read.All", "Policy.ReadWrite.Authorization"),
        ("Policy.ReadWrite.Authorization",),
    ),
    Row(
        "/policies/authenticationMethodsPolicy",
        ("Policy.Read.AuthenticationMethod", "Policy.Read.All", "Policy.ReadWrite.AuthenticationMethod"),
        ("Policy.ReadWrite.AuthenticationMethod",),
    ),
    Row(
        "/authentication/phoneMethods",
        ("UserAuthMethod-Phone.Read.All", "UserAuthenticationMethod.Read.All"),
        ("UserAuthMethod-Phone.ReadWrite.All", "UserAuthenticationMethod.ReadWrite.All"),
    ),
    Row(
        "/objectConnections",
        (
            "SynchronizationMetadata.Read.All",
            "SynchronizationMetadata.ReadWrite.All",
            "Synchronization.Read.All",
            "Synchronization.ReadWrite.All",
        ),
        ("SynchronizationMetadata.ReadWrite.All",),
    ),
    Row(
        "/synchronization",
        ("Synchronization.Read.All", "Synchronization.ReadWrite.All"),
        ("Synchronization.ReadWrite.All",),
    ),
    Row("/appRoleAssignedTo", _APPLICATIONS, _ROLES),
    Row("/appRoleAssignments", _APPLICATIONS, _ROLES),
    Row("/assignLicense", (), ("LicenseAssignment.ReadWrite.All", "Directory.ReadWrite.All")),
    Row("/licenseDetails", ("LicenseAssignment.Read.All", "Directory.Read.All")),
    Row("/subscribedSkus", ("LicenseAssignment.Read.All", "Organization.Read.All", "Directory.Read.All")),
    Row("/applicationTemplates", (), _OWN),
    Row("/directory/deletedItems/microsoft.graph.application", _APPLICATIONS, _OWN),
    Row("/directory/deletedItems/microsoft.graph.servicePrincipal", _APPLICATIONS, _OWN),
    Row("/applications", _APPLICATIONS, _OWN),
    Row("/servicePrincipals", _APPLICATIONS, _OWN),
    Row("/auditLogs/provisioning", ("ProvisioningLog.Read.All", "AuditLog.Read.All", "Directory.Read.All")),
    Row("/auditLogs", ("AuditLog.Read.All", "Directory.Read.All")),
    Row("/directory/deletedItems", _USERS, ("User.ReadWrite.All",)),
    Row("/groups", _MEMBERS, ("Group.ReadWrite.All", "Directory.ReadWrite.All")),
    Row("/users", _USERS, ("User.ReadWrite.All", "Directory.ReadWrite.All")),
    Row(
        "/organization",
        ("Organization.Read.All", "Organization.ReadWrite.All", "Directory.Read.All"),
        ("Organization.ReadWrite.All",),
    ),
)


def alternatives(method: str, path: str) -> tuple[frozenset[str], ...]:
    """Returns the sets of permissions that allow a request, the least privileged first.

    Empty if no permission is needed, or none is known for the path.
    """
    for row in _ROWS:
        if row.part in path:
            found = row.reading if method == "GET" else row.writing
            return tuple(frozenset(each.split("+")) for each in found)
    return ()


def least(operations: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Returns the fewest least privileged permissions that allow all *operations*, and what each is needed for.

    A permission that another operation needs anyway is used again: who may write a policy may also read it.

    Args:
        operations: Method and path of each.

    Returns:
        Permissions in alphabetical order, each with its operations as ``GET /users``.
    """
    needed: dict[str, list[str]] = {}
    rows = [(operation, alternatives(*operation)) for operation in dict.fromkeys(operations)]
    # What only one permission allows comes first; the others may be allowed by it.
    for (method, path), sets in sorted(rows, key=lambda row: (len(row[1]), row[0])):
        if not sets:
            continue
        chosen = next((each for each in sets if needed.keys() >= each), sets[0])
        for permission in chosen:
            needed.setdefault(permission, []).append(f"{method} {path}")
    return dict(sorted(needed.items()))
