"""Applications, service principals, and their credentials and roles."""

from entra_sync.emulator.graph.applications import (
    app_roles,
    application_templates,
    applications,
    credentials,
    logos,
    permission_grants,
    service_principals,
)

__all__ = ["ROUTES"]

ROUTES = (
    application_templates.routes,
    applications.routes,
    credentials.routes,
    logos.routes,
    permission_grants.routes,
    service_principals.routes,
    app_roles.routes,
)
