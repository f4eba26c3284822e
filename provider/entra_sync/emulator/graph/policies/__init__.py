"""Cross-tenant access settings."""

from entra_sync.emulator.graph.policies import access_policy, authorization, deleted, identity_synchronization, partners

__all__ = ["ROUTES"]

ROUTES = (
    access_policy.routes,
    authorization.routes,
    partners.routes,
    identity_synchronization.routes,
    deleted.routes,
)
