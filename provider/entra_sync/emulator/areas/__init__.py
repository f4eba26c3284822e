"""The Graph surface, one module per area; ``ROUTES`` is all of it."""

from ..router import merged
from . import (
    app_roles,
    application_templates,
    applications,
    credentials,
    deleted_items,
    deleted_policies,
    delta,
    groups,
    licences,
    logs,
    organization,
    owners,
    policies,
    service_principals,
    sync_expressions,
    sync_jobs,
    sync_schema,
    sync_secrets,
    sync_templates,
    users,
)

__all__ = ["ROUTES"]

ROUTES = merged(
    policies.routes,
    application_templates.routes,
    applications.routes,
    credentials.routes,
    service_principals.routes,
    owners.routes,
    app_roles.routes,
    sync_templates.routes,
    sync_secrets.routes,
    sync_jobs.routes,
    sync_schema.routes,
    sync_expressions.routes,
    users.routes,
    groups.routes,
    licences.routes,
    deleted_items.routes,
    deleted_policies.routes,
    delta.routes,
    logs.routes,
    organization.routes,
)
