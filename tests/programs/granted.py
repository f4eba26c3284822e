"""Tenants in which the applications of a stack have certain permissions only."""

from __future__ import annotations

from collections.abc import Collection

from entra_sync.graph.requests import Request
from tests.programs.conftest import Stack

__all__ = ["leave_only"]


def leave_only(stack: Stack, name: str, permissions: Collection[str]) -> None:
    """Takes all other application permissions from the application that the tenant's credentials are of."""
    graph, tenant = stack.graphs[name], stack.emulator.tenants[name]
    microsoft_graph = graph.get("/v1.0/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")
    roles = {role["id"]: role["value"] for role in microsoft_graph["appRoles"]}
    granted = f"/v1.0/servicePrincipals(appId='{tenant.client_id}')/appRoleAssignments"
    own = graph.get(f"/v1.0/servicePrincipals(appId='{tenant.client_id}')")["id"]
    surplus = [each for each in graph.pages(granted) if roles.get(each["appRoleId"]) not in permissions]
    # The permission to do this goes last.
    for assignment in sorted(surplus, key=lambda each: roles[each["appRoleId"]] == "AppRoleAssignment.ReadWrite.All"):
        graph.send(Request("DELETE", f"/v1.0/servicePrincipals/{own}/appRoleAssignments/{assignment['id']}"))
