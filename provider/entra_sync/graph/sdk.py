"""What Microsoft's SDKs do for us: tokens of azure-identity, and requests by msgraph's adapter and middleware.

Requests are plain JSON, since the SDK's models take more than a second to import and have no PUT for the
synchronization schema. Retries are ours, since the SDK repeats POSTs after a 503 or 504, where the first one may have
been carried out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from entra_sync.errors import ConfigurationError
from entra_sync.graph.failures import first_line
from entra_sync.graph.requests import Request
from entra_sync.tenant import Tenant

if TYPE_CHECKING:
    import httpx
    from azure.core.credentials import TokenCredential

__all__ = ["adapter", "credential", "exchange", "no_token"]


async def exchange(adapter: Any, tenant: Tenant, request: Request) -> httpx.Response:
    """One answer to one request, as it came.

    Raises:
        ConfigurationError: There is no token.
    """
    from azure.core.exceptions import ClientAuthenticationError
    from kiota_abstractions.method import Method
    from kiota_abstractions.native_response_handler import NativeResponseHandler
    from kiota_abstractions.request_information import RequestInformation
    from kiota_http.middleware.options import ResponseHandlerOption

    information = RequestInformation()
    information.http_method = Method[request.method]
    absolute = request.path.startswith("https://")
    information.url = request.path if absolute else tenant.graph + request.path
    information.headers.try_add("Accept", "application/json")
    for key, value in request.headers:
        information.headers.try_add(key, value)
    if request.body is not None:
        information.set_stream_content(orjson.dumps(request.body), "application/json")
    option = ResponseHandlerOption(NativeResponseHandler())
    information.request_options[ResponseHandlerOption.get_key()] = option
    try:
        response: httpx.Response = await adapter.send_primitive_async(information, "bytes", None)
    except ClientAuthenticationError as problem:
        raise no_token(tenant, problem) from None
    return response


def no_token(tenant: Tenant, problem: Exception) -> ConfigurationError:
    """The error for a sign-in that failed: why, and what to set."""
    reason = first_line(str(getattr(problem, "message", problem)))
    return ConfigurationError(
        f"tenant {tenant}: no token from {tenant.authority}: {reason} "
        f"Set {tenant.variable('CLIENT_ID')} and a credential ({tenant.variable('CLIENT_SECRET')}, "
        f"{tenant.variable('CERTIFICATE_PATH')} or {tenant.variable('FEDERATED_TOKEN_FILE')}) "
        f"of an application in tenant {tenant.tenant_id}."
    )


def credential(tenant: Tenant) -> TokenCredential:
    """An azure-identity credential for *tenant*, from its environment variables or else the default chain.

    Raises:
        ConfigurationError: A variable is there without the one it needs beside it.
    """
    from azure import identity

    common: dict[str, Any] = {"authority": tenant.authority}
    if tenant.authority_url:
        common["disable_instance_discovery"] = True
    if tenant.ca_file:
        common["connection_verify"] = tenant.ca_file
    client_id = tenant.setting("CLIENT_ID")
    secret, certificate, token_file = map(tenant.setting, ("CLIENT_SECRET", "CERTIFICATE_PATH", "FEDERATED_TOKEN_FILE"))
    if not client_id:
        if secret or certificate or token_file:
            raise ConfigurationError(
                f"tenant {tenant}: a credential is set but {tenant.variable('CLIENT_ID')} is not; "
                "set it to the application (client) id"
            )
        return identity.DefaultAzureCredential(**common)
    if secret:
        return identity.ClientSecretCredential(tenant.tenant_id, client_id, secret, **common)
    if certificate:
        password = tenant.setting("CERTIFICATE_PASSWORD")
        return identity.CertificateCredential(tenant.tenant_id, client_id, certificate, password=password, **common)
    if token_file:
        return identity.WorkloadIdentityCredential(
            tenant_id=tenant.tenant_id, client_id=client_id, token_file_path=token_file, **common
        )
    raise ConfigurationError(
        f"tenant {tenant}: {tenant.variable('CLIENT_ID')} is set without a credential; set one of "
        f"{tenant.variable('CLIENT_SECRET')}, {tenant.variable('CERTIFICATE_PATH')}, "
        f"{tenant.variable('FEDERATED_TOKEN_FILE')}"
    )


def adapter(tenant: Tenant, credential: TokenCredential, transport: httpx.AsyncBaseTransport | None) -> Any:
    """The SDK's request adapter for *tenant*: its middleware without its retries."""
    import ssl
    from urllib.parse import urlsplit

    import httpx
    from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
    from kiota_http.middleware.options import RetryHandlerOption
    from msgraph.graph_request_adapter import GraphRequestAdapter, options
    from msgraph_core import GraphClientFactory

    verify: ssl.SSLContext | bool = ssl.create_default_context(cafile=tenant.ca_file) if tenant.ca_file else True
    client = httpx.AsyncClient(verify=verify, transport=transport, timeout=httpx.Timeout(100, connect=15))
    no_retries = {RetryHandlerOption.get_key(): RetryHandlerOption(max_retries=0, should_retry=False)}
    client = GraphClientFactory.create_with_default_middleware(client=client, options={**options, **no_retries})
    provider = AzureIdentityAuthenticationProvider(
        credential, scopes=[f"{tenant.graph}/.default"], allowed_hosts=[urlsplit(tenant.graph).hostname or ""]
    )
    adapter = GraphRequestAdapter(provider, client=client)
    adapter.base_url = f"{tenant.graph}/v1.0"
    return adapter
