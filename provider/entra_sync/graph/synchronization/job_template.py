"""The templates that jobs of a service principal can be made from, and the schema that a job starts with.

Sources: "List synchronizationTemplates", "Get synchronizationTemplate". Both can be read as soon as the application
exists, before it has a job.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from entra_sync.errors import NotFound
from entra_sync.graph import paths
from entra_sync.graph.gateway import Graph
from entra_sync.graph.paths import segment

__all__ = ["known_schema", "template_schema", "templates", "templates_path", "usual_template"]

JSON = Any


def templates(graph: Graph, service_principal_id: str) -> list[JSON]:
    """Returns the templates of a service principal, each with ``id`` and ``default``."""
    purpose = "listing the service principal's synchronization templates"
    return list(graph.pages(templates_path(service_principal_id), purpose))


def templates_path(service_principal_id: str) -> str:
    """Path of :func:`templates`."""
    return f"{paths.templates(segment(service_principal_id))}?$select=id,default"


def usual_template(found: Sequence[JSON]) -> str | None:
    """Returns the id of the default template, or of the only one; None if neither exists."""
    for candidates in ([each for each in found if each.get("default")], found):
        if len(candidates) == 1:
            return str(candidates[0]["id"])
    return None


def template_schema(graph: Graph, service_principal_id: str, template_id: str | None = None) -> JSON | None:
    """Returns the schema that a job of a service principal starts with.

    Args:
        graph: Gateway to the tenant.
        service_principal_id: The application.
        template_id: The job's template. Without it the default one counts, or the only one; None if neither exists.

    Raises:
        NotFound: The application does not exist.
    """
    id = template_id or usual_template(templates(graph, service_principal_id))
    if id is None:
        return None
    path = paths.template_schema(segment(service_principal_id), segment(id))
    return graph.get(path, "reading the schema of the job's template")


def known_schema(graph: Graph, service_principal_id: str | None, template_id: str | None = None) -> JSON | None:
    """Returns :func:`template_schema`, or None while the application does not exist or its id is not known (None)."""
    if service_principal_id is None:
        return None
    try:
        return template_schema(graph, service_principal_id, template_id)
    except NotFound:
        return None
