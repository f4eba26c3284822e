"""The synchronization API."""

from entra_sync.emulator.graph.synchronization import expressions, jobs, schema, secrets, templates

__all__ = ["ROUTES"]

ROUTES = (
    templates.routes,
    secrets.routes,
    jobs.routes,
    schema.routes,
    expressions.routes,
)
