"""Asks a cloud's login authority which tenants it knows, by its public OpenID discovery."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from entra_sync.errors import GraphError
from entra_sync.graph.paths import segment
from entra_sync.tenant import Tenant

if TYPE_CHECKING:
    import httpx

__all__ = ["tenants_in"]

DISCOVERIES = 8
"""Questions to a login authority under way at a time."""


async def tenants_in(
    tenant: Tenant, below: httpx.AsyncBaseTransport | None, authority: str, tenant_ids: Sequence[str]
) -> list[str]:
    """Which of *tenant_ids* are tenants of the cloud whose login authority is *authority*, as one answer each says.

    It refuses a tenant that it does not know, and for a tenant of another cloud it may name that cloud's endpoints.

    Raises:
        GraphError: The authority gives no usable answer.
    """
    import httpx

    verify: ssl.SSLContext | bool = ssl.create_default_context(cafile=tenant.ca_file) if tenant.ca_file else True
    free = asyncio.Semaphore(DISCOVERIES)

    async def is_there(client: httpx.AsyncClient, tenant_id: str) -> bool:
        url = f"{authority}/{segment(tenant_id)}/v2.0/.well-known/openid-configuration"
        try:
            async with free:
                response = await client.get(url)
            if response.status_code in {400, 404}:
                return False
            body = response.raise_for_status().json()
            return bool(urlsplit(body["token_endpoint"]).netloc == urlsplit(authority).netloc)
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as problem:
            raise GraphError(
                f"tenant {tenant}: while asking {authority} which cloud tenant {tenant_id} is in: "
                f"{problem or type(problem).__name__}"
            ) from None

    async with httpx.AsyncClient(verify=verify, transport=below, timeout=30) as client:
        answers = await asyncio.gather(*(is_there(client, each) for each in tenant_ids))
    return [each for each, there in zip(tenant_ids, answers, strict=True) if there]
