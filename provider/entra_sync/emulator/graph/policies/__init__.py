"""Cross-tenant access settings, and the other policies that synchronization depends on."""

from entra_sync.emulator.graph.policies import (
    access_policy,
    authentication_methods,
    authorization,
    claims_mapping,
    deleted,
    identity_synchronization,
    partners,
)

__all__ = ["ROUTES"]

ROUTES = (
    access_policy.routes,
    authorization.routes,
    authentication_methods.routes,
    partners.routes,
    identity_synchronization.routes,
    deleted.routes,
    claims_mapping.routes,
)
