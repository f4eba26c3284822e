"""What a tenant's Graph says about other clouds: those it allows, and what synchronization from one needs.

An administrator of the target ticks "cross-cloud synchronization" for the source's cloud in the portal. This makes a
service principal with four application permissions ("Configure cross-tenant synchronization", cross-cloud steps). No
page names the Graph call, so the product only looks.

The application is published for one direction (see :mod:`entra_sync.microsoft.assumptions`). In another direction a
service principal is found by the beginning of its name, which is a guess.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple
from weakref import WeakKeyDictionary

from entra_sync.errors import EntraSyncError, PermissionMissing
from entra_sync.graph.gateway import Graph
from entra_sync.graph.paths import (
    ACCESS_POLICY,
    BETA_ACCESS_POLICY,
    SERVICE_PRINCIPALS,
    service_principal,
    service_principal_of,
)
from entra_sync.microsoft.assumptions import CROSS_CLOUD_NAMES, REGISTER, Basis
from entra_sync.microsoft.clouds import Cloud, family, pair

__all__ = ["APPLICATIONS", "PERMISSIONS", "Lack", "Missing", "allowed_clouds", "asked", "lacking", "policy_path"]

PERMISSIONS = {
    "User.ReadWrite.CrossCloud": "5652f862-b626-407b-a3e6-248aeb95763c",
    "User.Invite.All": "09850681-111b-4a89-9bed-3f2cae46d706",
    "Organization.Read.All": "498476ce-e0fe-48b0-b801-37ba7e2685c6",
    "Policy.Read.All": "246dd0d5-5bd0-4def-940b-0421030a5b68",
}
"""Application permissions of Microsoft Graph that the service principal has, with their ids."""

APPLICATIONS = {
    (source, target): str(REGISTER[key].value["appId"])
    for source in Cloud
    for target in Cloud
    if (key := f"box.{family(source)}.{family(target)}") in REGISTER and REGISTER[key].basis is not Basis.GUESS
}
"""The application by source and target cloud, where it is published."""


class Lack(StrEnum):
    """What a target lacks for synchronization from another cloud."""

    NOT_SET_UP = "not-set-up"
    NOT_SET_UP_GUESS = "not-set-up-guess"
    DISABLED = "disabled"
    PERMISSIONS = "permissions-missing"
    NOT_READABLE = "not-readable"


class Missing(NamedTuple):
    """One thing that a target lacks. The words are in :mod:`entra_sync.impact.words`.

    Attributes:
        lack: What it is.
        tenant: The target's name.
        subject: The application's id, the beginning of its name if the id is not published, or the name of the
            service principal that is there.
        permissions: What that service principal lacks on Microsoft Graph.
    """

    lack: Lack
    tenant: str
    subject: str = ""
    permissions: str = ""


_lists: WeakKeyDictionary[Graph, str] = WeakKeyDictionary()
"""The path of the policy in the version whose schema has the list, by gateway."""


def policy_path(graph: Graph) -> str:
    """Path of the policy in the version that has the list of allowed clouds."""
    return _lists.get(graph) or allowed_clouds(graph)[0]


def allowed_clouds(graph: Graph) -> tuple[str, list[str]]:
    """Reads the list of other clouds that the tenant allows.

    The v1.0 schema of the US Government and China clouds lacks the list, although its page shows it for every cloud. So
    v1.0 is asked first and beta second, and later the version that had it.

    Returns:
        Path of the policy in the version that has the list, and the list.

    Raises:
        EntraSyncError: Neither version has it.
    """
    for path in dict.fromkeys((_lists.get(graph, ACCESS_POLICY), ACCESS_POLICY, BETA_ACCESS_POLICY)):
        policy = graph.get(path, "reading the cross-tenant access policy")
        if "allowedCloudEndpoints" in policy:
            _lists[graph] = path
            return path, list(policy["allowedCloudEndpoints"] or [])
    raise EntraSyncError(
        f"tenant {graph.tenant} ({graph.tenant.info.label}): the cross-tenant access policy has no"
        " allowedCloudEndpoints, neither in v1.0 nor in beta; allow the cloud in the portal (Microsoft cloud settings)"
    )


def lacking(graph: Graph, source: Cloud) -> list[Missing]:
    """What a target lacks for synchronization from a cloud; empty if nothing is missing.

    Args:
        graph: Gateway to the target.
        source: The source's cloud.
    """
    if not pair(source, graph.tenant.cloud).cross_cloud:
        return []
    app_id = APPLICATIONS.get((source, graph.tenant.cloud))
    try:
        found = _principals(graph, app_id)
        if not found and app_id is None:
            return [Missing(Lack.NOT_SET_UP_GUESS, graph.tenant.name, CROSS_CLOUD_NAMES)]
        if not found and app_id is not None:
            return [Missing(Lack.NOT_SET_UP, graph.tenant.name, app_id)]
        return [missing for each in found for missing in _incomplete(graph, each)]
    except PermissionMissing:
        return [Missing(Lack.NOT_READABLE, graph.tenant.name)]


def asked(graph: Graph, source: Cloud) -> list[str]:
    """Paths that :func:`lacking` reads first."""
    if not pair(source, graph.tenant.cloud).cross_cloud:
        return []
    return [_principals_path(APPLICATIONS.get((source, graph.tenant.cloud)))]


def _principals(graph: Graph, app_id: str | None) -> list[dict[str, object]]:
    path, purpose = _principals_path(app_id), "looking for the service principal of cross-cloud synchronization"
    if app_id is not None:
        found = graph.find(path, purpose)
        return [] if found is None else [found]
    return list(graph.pages(path, purpose))


def _principals_path(app_id: str | None) -> str:
    select = "$select=id,displayName,accountEnabled"
    if app_id is not None:
        return f"{service_principal_of(app_id)}?{select}"
    return f"{SERVICE_PRINCIPALS}?$filter=startswith(displayName,'{CROSS_CLOUD_NAMES}')&{select}"


def _incomplete(graph: Graph, principal: dict[str, object]) -> list[Missing]:
    path = service_principal(str(principal["id"]), "appRoleAssignments")
    held = {item["appRoleId"] for item in graph.pages(path, "reading the permissions of cross-cloud synchronization")}
    name, missing = str(principal["displayName"]), [each for each, id in PERMISSIONS.items() if id not in held]
    found = []
    if principal.get("accountEnabled") is False:
        found.append(Missing(Lack.DISABLED, graph.tenant.name, name))
    if missing:
        found.append(Missing(Lack.PERMISSIONS, graph.tenant.name, name, ", ".join(missing)))
    return found
