"""Azure Resource Manager, as far as clients ask it before they ask Graph: its metadata, and the subscriptions.

Sources: "Subscriptions - List" and "Tenants - List" of Azure Resource Manager. Tenants of the emulator have no Azure
subscription.
"""

from __future__ import annotations

from typing import Any

from entra_sync.emulator.http.wire import ReceivedRequest, Reply
from entra_sync.emulator.identity.tokens import Issuer
from entra_sync.emulator.state.store import Document
from entra_sync.microsoft.clouds import Cloud

__all__ = ["answer_resource_manager", "audiences"]

_CLOUDS = {
    Cloud.GLOBAL: ("AzureCloud", "https://management.azure.com/", "https://management.core.windows.net/"),
    Cloud.USGOV: (
        "AzureUSGovernment",
        "https://management.usgovcloudapi.net/",
        "https://management.core.usgovcloudapi.net/",
    ),
    Cloud.USGOV_DOD: (
        "AzureUSGovernmentDoD",
        "https://management.usgovcloudapi.net/",
        "https://management.core.usgovcloudapi.net/",
    ),
    Cloud.CHINA: (
        "AzureChinaCloud",
        "https://management.chinacloudapi.cn/",
        "https://management.core.chinacloudapi.cn/",
    ),
}
"""Name of a cloud, address of its Azure Resource Manager, and the audience of tokens for it."""


def audiences(cloud: Cloud) -> frozenset[str]:
    """Returns the audiences that a token for Azure Resource Manager may have, without a slash at the end."""
    return frozenset(url.rstrip("/") for url in _CLOUDS[cloud][1:])


def answer_resource_manager(issuer: Issuer, request: ReceivedRequest) -> Reply | None:
    """Returns the answer to a request to Azure Resource Manager, or None if the path is not one of its own.

    Raises:
        Fault: 401 for a token that is not for Azure Resource Manager.
    """
    path = request.path.strip("/").lower()
    if path == "metadata/endpoints":
        return Reply(200, _metadata(request))
    if request.method != "GET" or path not in {"subscriptions", "tenants"}:
        return None
    claims = issuer.check(request.headers.get("authorization", ""), request.root, audiences(request.cloud))
    if path == "subscriptions":
        return Reply(200, {"value": [], "count": {"type": "Total", "value": 0}})
    return Reply(200, {"value": [{"id": f"/tenants/{claims.tid}", "tenantId": claims.tid}]})


def _metadata(request: ReceivedRequest) -> Any:
    """The cloud's entry of the Azure metadata document; newer API versions answer a list."""
    name, resource_manager, audience = _CLOUDS[request.cloud]
    entry: Document = {
        "name": name,
        "portal": request.root,
        "resourceManager": resource_manager,
        "graph": request.root,
        "microsoftGraphResourceId": f"{request.root}/",
        "authentication": {
            "loginEndpoint": request.root,
            "audiences": [audience, resource_manager],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "suffixes": {},
        "media": request.root,
        "batch": request.root,
    }
    return [entry] if request.query.get("api-version", "") < "2022" else entry
