"""azure-identity and msgraph-sdk as their documentation sets them up for another cloud."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any

import httpx
from azure.core.credentials import TokenCredential
from azure.identity import ClientSecretCredential
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph_core import GraphClientFactory

from entra_sync.emulator.serving.server import Server

__all__ = ["graph_client", "leftovers", "secret_credential"]

KNOWN_ANNOTATIONS = ("@odata.", "@microsoft.graph.")
"""Annotations that the models keep apart, since they are no properties."""


def secret_credential(server: Server, name: str) -> ClientSecretCredential:
    """The credential of a tenant's administration."""
    tenant = server.emulator.tenants[name]
    return ClientSecretCredential(
        tenant.tenant_id,
        tenant.client_id,
        tenant.client_secret,
        authority=server.url(tenant.cloud),
        disable_instance_discovery=True,
        connection_verify=str(server.ca_file),
    )


def graph_client(server: Server, name: str, credential: TokenCredential | None = None) -> GraphServiceClient:
    """A Graph client of a tenant."""
    root = server.url(server.emulator.tenants[name].cloud)
    provider = AzureIdentityAuthenticationProvider(
        credential or secret_credential(server, name), scopes=[f"{root}/.default"], allowed_hosts=["localhost"]
    )
    trust = ssl.create_default_context(cafile=server.ca_file)
    client = GraphClientFactory.create_with_default_middleware(client=httpx.AsyncClient(verify=trust))
    adapter = GraphRequestAdapter(provider, client)
    adapter.base_url = f"{root}/v1.0"
    return GraphServiceClient(request_adapter=adapter)


def _is_kept_apart(key: str, path: str) -> bool:
    """Annotations are no properties, and ``details`` of the logs take any property."""
    return key.startswith(KNOWN_ANNOTATIONS) or key.endswith(("@delta", "@removed")) or path.endswith("/details")


def leftovers(model: Any, path: str = "") -> Iterator[str]:
    """Properties of an answer that its model, and the models in it, did not know."""
    if isinstance(model, list | tuple):
        for number, item in enumerate(model):
            yield from leftovers(item, f"{path}[{number}]")
    elif hasattr(model, "backing_store"):
        for name, value in model.backing_store.enumerate_():
            if name == "additional_data":
                yield from (f"{path}/{key}" for key in value or {} if not _is_kept_apart(key, path))
            else:
                yield from leftovers(value, f"{path}/{name}")
