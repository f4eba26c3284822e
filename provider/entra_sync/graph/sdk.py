"""What Microsoft's SDKs do for us: requests by msgraph's adapter and middleware.

Requests are plain JSON, since the SDK's models take more than a second to import and have no PUT for the
synchronization schema. Retries are ours, since the SDK repeats POSTs after a 503 or 504, where the first one may have
been carried out.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson

from entra_sync.errors import ConfigurationError
from entra_sync.graph.links import address
from entra_sync.graph.requests import Request
from entra_sync.graph.sign_in import no_token
from entra_sync.microsoft.tenant import Tenant

if TYPE_CHECKING:
    import httpx
    from azure.core.credentials import TokenCredential

__all__ = ["adapter", "exchange", "trust"]


async def exchange(adapter: Any, tenant: Tenant, request: Request) -> httpx.Response:
    """One answer to one request, as it came.

    Raises:
        ConfigurationError: There is no token.
    """
    from azure.core.exceptions import AzureError
    from kiota_abstractions.method import Method
    from kiota_abstractions.native_response_handler import NativeResponseHandler
    from kiota_abstractions.request_information import RequestInformation
    from kiota_http.middleware.options import ResponseHandlerOption

    information = RequestInformation()
    information.http_method = Method[request.method]
    information.url = address(tenant, request.path, request.purpose or "calling Microsoft Graph")
    information.headers.try_add("Accept", "application/json")
    for key, value in request.headers:
        information.headers.try_add(key, value)
    if request.body is not None:
        information.set_stream_content(_encoded(tenant, request), "application/json")
    option = ResponseHandlerOption(NativeResponseHandler())
    information.request_options[ResponseHandlerOption.get_key()] = option
    try:
        response: httpx.Response = await adapter.send_primitive_async(information, "bytes", None)
    except AzureError as problem:
        raise no_token(tenant, problem) from None
    except UnicodeEncodeError:  # its text would hold a part of the token
        raise ConfigurationError(
            f"tenant {tenant}: the credential gave a token that no request can carry; it has other characters than "
            "ASCII. Check what the credential returns"
        ) from None
    return response


def _encoded(tenant: Tenant, request: Request) -> bytes:
    """The body of a request.

    Raises:
        ConfigurationError: JSON has no form for a value in it: half of a surrogate pair, or a very large number.
    """
    try:
        return orjson.dumps(request.body)
    except TypeError as problem:
        purpose = request.purpose or "calling Microsoft Graph"
        raise ConfigurationError(
            f"tenant {tenant}: while {purpose}: the body cannot be written as JSON ({problem}), so nothing was sent. "
            "Correct the value in the program"
        ) from None


def trust(tenant: Tenant) -> ssl.SSLContext | bool:
    """Returns the authorities to trust: those of the tenant's CA file, or True for the usual ones.

    Raises:
        ConfigurationError: The file is not one of certificates in PEM.
    """
    path = tenant.ca_file
    if not path:
        return True
    reason = "holds no certificates in PEM"
    try:
        context = ssl.create_default_context(cafile=path)
        if context.cert_store_stats()["x509"]:
            return context
    except ssl.SSLError:
        pass
    except OSError as problem:
        reason = f"cannot be read: {problem.strerror}"
    raise ConfigurationError(f"tenant {tenant}: {tenant.variable('CA_FILE')} names {path}, which {reason}")


def adapter(tenant: Tenant, credential: TokenCredential, transport: httpx.AsyncBaseTransport | None) -> Any:
    """The SDK's request adapter for *tenant*: its middleware without its retries and redirects."""
    import httpx
    from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
    from kiota_http.middleware.options import RedirectHandlerOption, RetryHandlerOption
    from msgraph.graph_request_adapter import GraphRequestAdapter, options
    from msgraph_core import GraphClientFactory

    client = httpx.AsyncClient(verify=trust(tenant), transport=transport, timeout=httpx.Timeout(100, connect=15))
    ours = {
        RetryHandlerOption.get_key(): RetryHandlerOption(max_retries=0, should_retry=False),
        RedirectHandlerOption.get_key(): RedirectHandlerOption(max_redirect=0, should_redirect=False),
    }
    client = GraphClientFactory.create_with_default_middleware(client=client, options={**options, **ours})
    provider = AzureIdentityAuthenticationProvider(
        credential, scopes=[f"{tenant.graph}/.default"], allowed_hosts=[urlsplit(tenant.graph).hostname or ""]
    )
    adapter = GraphRequestAdapter(provider, client=client)
    adapter.base_url = f"{tenant.graph}/v1.0"
    return adapter
