"""Which tenants a cloud has: the public OpenID discovery of its login authority tells."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import orjson

from entra_sync.errors import GraphError
from entra_sync.graph import sdk
from entra_sync.graph.answers.checked import ATTEMPTS, LONGEST_WAIT, pause_before
from entra_sync.graph.paths import segment
from entra_sync.microsoft.tenant import Tenant

if TYPE_CHECKING:
    import httpx

__all__ = ["tenants_in"]

TOGETHER = 8
"""Questions under way at a time."""


async def tenants_in(
    tenant: Tenant,
    authority: str,
    tenant_ids: Sequence[str],
    *,
    transport: httpx.AsyncBaseTransport | None,
    sleep: Callable[[float], Awaitable[None]],
) -> list[str]:
    """Returns those of *tenant_ids* that the authority knows as tenants of its own cloud.

    It refuses a tenant that it does not know, and for a tenant of another cloud it may name that cloud's endpoints.

    Raises:
        ConfigurationError: The CA file of *tenant*, for which this is asked, cannot be used.
        GraphError: The authority gives no usable answer.
    """
    import httpx

    free = asyncio.Semaphore(TOGETHER)

    async def is_there(client: httpx.AsyncClient, tenant_id: str) -> bool:
        url = f"{authority}/{segment(tenant_id)}/v2.0/.well-known/openid-configuration"
        problem = ""
        wait = 0.0
        for attempt in range(ATTEMPTS):
            if attempt:
                await sleep(wait)
            try:
                async with free:
                    response = await client.get(url)
            except (httpx.RequestError, OSError) as failed:
                problem, wait = f"{failed or type(failed).__name__}", pause_before(attempt, {})
                continue
            if response.status_code in {400, 404}:
                return False
            endpoint = _token_endpoint(response.content) if response.is_success else ""
            if endpoint:
                return urlsplit(endpoint).netloc == urlsplit(authority).netloc
            problem = f"it answered {response.status_code} without its OpenID configuration"
            if not (response.is_success or response.status_code == 429 or response.status_code >= 500):
                break
            wait = pause_before(attempt, response.headers)
            if wait > LONGEST_WAIT:
                problem += f", and asks to wait {wait:.0f} s"
                break
        raise GraphError(
            f"tenant {tenant}: while asking {authority} which cloud tenant {tenant_id} is in: {problem}. "
            "Check the network and any proxy, then run again"
        )

    async with httpx.AsyncClient(verify=sdk.trust(tenant), transport=transport, timeout=30) as client:
        answers = await asyncio.gather(*(is_there(client, each) for each in tenant_ids))
    return [each for each, there in zip(tenant_ids, answers, strict=True) if there]


def _token_endpoint(content: bytes) -> str:
    """The token endpoint that an OpenID configuration names; empty if it is no such document."""
    try:
        endpoint = orjson.loads(content)["token_endpoint"]
        return endpoint if isinstance(endpoint, str) and urlsplit(endpoint).netloc else ""
    except (ValueError, KeyError, TypeError):
        return ""
