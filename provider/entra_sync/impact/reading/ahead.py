"""What the plan of a link reads anyhow, for one batch of each tenant: the first of its readers does not wait alone."""

from __future__ import annotations

from entra_sync.graph import paths
from entra_sync.graph.gateway import Graph
from entra_sync.graph.paths import segment
from entra_sync.graph.requests import Request
from entra_sync.graph.synchronization import cross_cloud
from entra_sync.graph.synchronization.job_template import templates_path
from entra_sync.impact.reading.settings import ORGANIZATION, settings_of_source, settings_of_target
from entra_sync.impact.reading.sms import sms_policy
from entra_sync.impact.reading.users import counting

__all__ = ["asked_of"]


def asked_of(
    source: Graph, target: Graph, service_principal_id: str | None, *, everyone: bool
) -> list[tuple[Graph, Request]]:
    """Gateways and reads whose answers are short; what the plan does not need after all costs an item of the batch.

    Args:
        source, target: Gateways to the two tenants.
        service_principal_id: The link's application; None while it does not exist.
        everyone: Whether all users of the source are in scope.
    """
    there, here, linked = source.tenant, target.tenant, service_principal_id is not None
    of_link: list[str] = []
    if service_principal_id is not None:
        owner = segment(service_principal_id)
        of_link = [paths.jobs(owner), paths.secrets(owner), paths.assigned(owner), templates_path(owner)]
    sms = sms_policy(there)
    of_source = [
        *(Request("GET", path, None, "reading the link") for path in (*of_link, paths.SUBSCRIBED_SKUS)),
        ORGANIZATION,
        *settings_of_source(here.tenant_id, ran=linked).values(),
        *([sms] if sms is not None else []),
        *([counting("")] if everyone else []),
    ]
    of_target = [
        *(Request("GET", path, None, "reading the target") for path in cross_cloud.asked(target, there.cloud)),
        ORGANIZATION,
        *settings_of_target(there.tenant_id, ran=linked).values(),
        counting(""),
    ]
    return [*((source, request) for request in of_source), *((target, request) for request in of_target)]
