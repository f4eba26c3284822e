"""Functions on application roles and on the service's own identifiers."""

from __future__ import annotations

import json
from typing import NoReturn

from entra_sync.expressions.dotnet.no_value import NoValue
from entra_sync.expressions.language.registry import GRAPH_FUNCTIONS, ROLES, function

__all__ = [
    "alt_sec_id_from_net_id",
    "app_role_assignments",
    "app_role_assignments_complex",
    "assertive_app_role_assignments_complex",
    "default_domain",
    "single_app_role_assignment",
]

_ROLES_ONLY = "it provisions application roles, and the user mapping to another tenant has no attribute for them"


@function("SingleAppRoleAssignment(source: Strings) -> String", page=ROLES, not_run=_ROLES_ONLY)
def single_app_role_assignment(roles: tuple[str, ...]) -> str | None:
    """Returns the name of the user's role. For several roles the service picks any; here it is the first."""
    return roles[0] if roles else None


@function("AppRoleAssignmentsComplex(source: Strings) -> Strings", page=ROLES, not_run=_ROLES_ONLY)
def app_role_assignments_complex(roles: tuple[str, ...]) -> tuple[str, ...] | None:
    """Returns each role as a SCIM role object in JSON. None of them is primary."""
    return (
        tuple(
            json.dumps(
                {"primary": False, "type": "WindowsAzureActiveDirectoryRole", "display": role, "value": role},
                ensure_ascii=False,
            )
            for role in roles
        )
        or None
    )


@function("AssertiveAppRoleAssignmentsComplex(source: Strings) -> Strings", page=ROLES, not_run=_ROLES_ONLY)
def assertive_app_role_assignments_complex(roles: tuple[str, ...]) -> tuple[str, ...] | None:
    """Returns the same as AppRoleAssignmentsComplex. The service replaces the target's roles by them."""
    return app_role_assignments_complex(roles)


@function("AltSecIdFromNetId(netId/source: String) -> String", page="Configure cross-tenant synchronization")
def alt_sec_id_from_net_id(net_id: str | None) -> str | None:
    """Returns the alternative security id of the account in the target tenant. Null stays null.

    It is the matching attribute of cross-tenant synchronization. Its form is not published; what matters is that
    different accounts have different ones.
    """
    return None if net_id is None else f"5::{net_id}"


@function("AppRoleAssignments(source: Strings) -> Strings", page=GRAPH_FUNCTIONS, not_run=_ROLES_ONLY)
def app_role_assignments(roles: tuple[str, ...]) -> NoReturn:
    """Gives an error, because Graph lists it without a description."""
    raise NoValue("Microsoft publishes no rule for it, so its value is not known")


@function(
    "DefaultDomain() -> String",
    page=GRAPH_FUNCTIONS,
    not_run="Microsoft publishes no rule for it, so its value is not known",
)
def default_domain() -> NoReturn:
    """Gives an error, because Graph lists it without a description."""
    raise NoValue("Microsoft publishes no rule for it, so its value is not known")
