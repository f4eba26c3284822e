"""The login authority of each cloud: OpenID configuration, signing keys, token endpoint, and cloud metadata.

Sources: "OpenID Connect on the Microsoft identity platform", "OAuth 2.0 client credentials flow", "Microsoft Entra
authentication and authorization error codes"; for the metadata document, Azure Resource Manager's
``/metadata/endpoints?api-version=2022-09-01`` as Terraform's azuread reads it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from entra_sync.emulator.http.call import Claims
from entra_sync.emulator.http.wire import ReceivedRequest, Reply
from entra_sync.emulator.identity.resource_manager import audiences
from entra_sync.emulator.identity.tokens import LIFETIME, Issuer
from entra_sync.emulator.state.catalog.graph_roles import GRAPH_APP_ID
from entra_sync.emulator.state.clock import iso
from entra_sync.emulator.state.spelling import b64
from entra_sync.emulator.state.state import State
from entra_sync.emulator.state.store import Document
from entra_sync.emulator.state.tenants import Tenant
from entra_sync.microsoft.clouds import CLOUDS, Cloud

__all__ = ["Authority", "answer_login", "roles_of"]

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class Authority:
    """What the login endpoints work with.

    Attributes:
        state: Tenants with their applications.
        issuers: Token services by cloud.
        trusted: JWKS of outside issuers whose federated assertions are accepted, by issuer.
    """

    state: State
    issuers: Mapping[Cloud, Issuer]
    trusted: Mapping[str, dict[str, Any]]


class _Refused(Exception):
    """An error of the token service: OAuth error, AADSTS number, description, status."""

    def __init__(self, error: str, number: int, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.error, self.number, self.text, self.status = error, number, text, status


def answer_login(authority: Authority, request: ReceivedRequest) -> Reply | None:
    """Answer a request to the authority, or None when the path is not one of its own."""
    parts = [unquote(part) for part in request.path.strip("/").split("/")]
    if parts[-2:] == ["discovery", "instance"]:
        return Reply(200, _instance(request))
    try:
        match parts[1:]:
            case ["v2.0", ".well-known", "openid-configuration"] | [".well-known", "openid-configuration"]:
                return Reply(200, _openid(authority, request, parts[0]))
            case ["discovery", "v2.0", "keys"] | ["discovery", "keys"]:
                return Reply(200, authority.issuers[request.cloud].jwks())
            case ["oauth2", "v2.0", "token"]:
                return Reply(200, _token(authority, request, parts[0]))
    except _Refused as refused:
        moment = iso(authority.state.clock.now()).replace("T", " ")
        trace = authority.state.store.new_id()
        return Reply(
            refused.status,
            {
                "error": refused.error,
                "error_description": f"AADSTS{refused.number}: {refused.text} Trace ID: {trace} Correlation ID:"
                f" {trace} Timestamp: {moment}",
                "error_codes": [refused.number],
                "timestamp": moment,
                "trace_id": trace,
                "correlation_id": trace,
                "error_uri": f"{request.root}/error?code={refused.number}",
            },
        )
    return None


def _tenant(authority: Authority, cloud: Cloud, name: str) -> Tenant:
    """A tenant by id or by one of its verified domains."""
    for tenant in authority.state.tenants():
        if tenant.cloud is cloud and name.lower() in {tenant.tenant_id, *tenant.domains}:
            return tenant
    raise _Refused(
        "invalid_request",
        90002,
        f"Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing into the"
        " correct cloud.",
    )


def _openid(authority: Authority, request: ReceivedRequest, name: str) -> Document:
    tid = name if name in {"common", "organizations"} else _tenant(authority, request.cloud, name).tenant_id
    base = f"{request.root}/{tid}"
    issued = "{tenantid}" if tid == name and name in {"common", "organizations"} else tid
    return {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"{request.root}/{issued}/v2.0",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "http_logout_supported": True,
        "frontchannel_logout_supported": True,
        "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "tid", "ver", "oid"],
        "tenant_region_scope": "USGov" if request.cloud in (Cloud.USGOV, Cloud.USGOV_DOD) else "NA",
        "cloud_instance_name": request.root.split("://")[1],
        "cloud_graph_host_name": request.root.split("://")[1],
        "msgraph_host": request.root.split("://")[1],
        "rbac_url": f"{request.root}/rbac",
    }


def _instance(request: ReceivedRequest) -> Document:
    host = request.root.split("://")[1]
    endpoint = request.query.get("authorization_endpoint", f"{request.root}/common/oauth2/v2.0/authorize")
    return {
        "tenant_discovery_endpoint": f"{endpoint.split('/oauth2/')[0]}/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    }


# Tokens


def _token(authority: Authority, request: ReceivedRequest, name: str) -> Document:
    form = dict(parse_qsl(request.content.decode("utf-8", "replace"), keep_blank_values=True))
    tenant = _tenant(authority, request.cloud, name)
    if request.method != "POST":
        raise _Refused("invalid_request", 900561, "The endpoint only accepts POST requests. Received a GET request.")
    if form.get("grant_type") != "client_credentials":
        raise _Refused(
            "unsupported_grant_type",
            70003,
            f"The app requested an unsupported grant type '{form.get('grant_type', '')}'.",
        )
    basic = request.headers.get("authorization", "")
    if basic.lower().startswith("basic "):
        user, _, password = _decoded(basic[6:]).partition(":")
        form.setdefault("client_id", unquote(user))
        form.setdefault("client_secret", unquote(password))
    application = _application(authority, tenant, form.get("client_id", ""))
    _authenticate(authority, request, tenant, application, form)
    audience = _audience(request, form.get("scope", ""))
    principal = authority.state.store.find(tenant.tenant_id, "servicePrincipal.appId", application["appId"])
    if not principal:
        raise _Refused(
            "unauthorized_client",
            7000229,
            f"The client application '{application['appId']}' is missing service principal in the tenant"
            f" '{tenant.tenant_id}'.",
            401,
        )
    roles = roles_of(authority.state, tenant.tenant_id, principal[0])
    claims = Claims(tenant.tenant_id, principal[0], application["appId"], roles)
    token = authority.issuers[request.cloud].issue(
        claims, audience, extra={"app_displayname": application["displayName"]}
    )
    return {"token_type": "Bearer", "expires_in": LIFETIME, "ext_expires_in": LIFETIME, "access_token": token}


def roles_of(state: State, tid: str, principal: str) -> frozenset[str]:
    """Application permissions on Microsoft Graph that a service principal has been granted."""
    resource = state.directory(tid).get(
        "servicePrincipal", state.store.find(tid, "servicePrincipal.appId", GRAPH_APP_ID)[0]
    )
    names = {role["id"]: role["value"] for role in resource.doc["appRoles"]}
    granted = state.directory(tid).assignments(principal=principal)
    return frozenset(
        names[entry.doc["appRoleId"]]
        for entry in granted
        if entry.parent == resource.id and entry.doc["appRoleId"] in names
    )


def _application(authority: Authority, tenant: Tenant, client_id: str) -> Document:
    found = authority.state.store.find(tenant.tenant_id, "application.appId", client_id) if client_id else []
    if not client_id:
        raise _Refused("invalid_request", 900144, "The request body must contain the following parameter: 'client_id'.")
    if not found:
        raise _Refused(
            "unauthorized_client",
            700016,
            f"Application with identifier '{client_id}' was not found in the directory"
            f" '{tenant.document['displayName']}'."
            " This can happen if the application has not been installed by the administrator of the tenant or"
            " consented to"
            " by any user in the tenant. You may have sent your authentication request to the wrong tenant.",
        )
    return authority.state.directory(tenant.tenant_id).get("application", found[0]).doc


def _audience(request: ReceivedRequest, scope: str) -> str:
    wanted = scope.split(" ")[0]
    if not wanted.endswith("/.default"):
        raise _Refused(
            "invalid_scope",
            1002012,
            f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value"
            " with /.default suffixed to the resource identifier (application ID URI).",
        )
    resource = wanted.removesuffix("/.default").rstrip("/")
    if resource not in {CLOUDS[request.cloud].graph, request.root, GRAPH_APP_ID} | audiences(request.cloud):
        raise _Refused(
            "invalid_resource", 500011, f"The resource principal named {resource} was not found in the tenant."
        )
    return resource


def _decoded(text: str) -> str:
    """Base64 as text; what is not Base64 names no client."""
    try:
        return base64.b64decode(text.encode("ascii", "replace") + b"===").decode("utf-8", "replace")
    except ValueError:
        return ""


def _authenticate(
    authority: Authority, request: ReceivedRequest, tenant: Tenant, application: Document, form: dict[str, str]
) -> None:
    app_id = application["appId"]
    if form.get("client_assertion"):
        if form.get("client_assertion_type") != _ASSERTION:
            raise _Refused(
                "invalid_request",
                900144,
                "The request body must contain the following parameter: 'client_assertion_type'.",
            )
        _check_assertion(authority, request, tenant, application, form["client_assertion"])
        return
    secret = form.get("client_secret")
    if not secret:
        raise _Refused(
            "invalid_client",
            7000218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
            401,
        )
    now = iso(authority.state.clock.now())
    for credential in _credentials(authority, tenant, application, "passwordCredentials"):
        if credential.get("_secret") == secret:
            if credential["endDateTime"] < now:
                raise _Refused(
                    "invalid_client", 7000222, f"The provided client secret keys for app '{app_id}' are expired.", 401
                )
            return
    raise _Refused(
        "invalid_client",
        7000215,
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value,"
        " not the"
        f" client secret ID, for a secret added to app '{app_id}'.",
        401,
    )


def _credentials(authority: Authority, tenant: Tenant, application: Document, name: str) -> list[Document]:
    """Returns what an application can sign in with: its own credentials and those of its service principal."""
    state, tid = authority.state, tenant.tenant_id
    principals = state.store.find(tid, "servicePrincipal.appId", application["appId"])
    docs = [state.directory(tid).get("servicePrincipal", id).doc for id in principals]
    return [credential for doc in [application, *docs] for credential in doc.get(name, [])]


def _check_assertion(
    authority: Authority, request: ReceivedRequest, tenant: Tenant, application: Document, assertion: str
) -> None:
    try:
        header = jwt.get_unverified_header(assertion)
        payload = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        raise _Refused("invalid_client", 50027, "JWT token is invalid or malformed.", 401) from None
    if payload.get("iss") == application["appId"]:
        _check_certificate(authority, request, tenant, application, assertion, header)
    else:
        _check_federated(authority, application, assertion, payload)


def _check_certificate(
    authority: Authority,
    request: ReceivedRequest,
    tenant: Tenant,
    application: Document,
    assertion: str,
    header: dict[str, Any],
) -> None:
    for credential in _credentials(authority, tenant, application, "keyCredentials"):
        if credential["key"] is None:
            continue
        certificate = x509.load_der_x509_certificate(base64.b64decode(credential["key"]))
        thumbprints = {b64(certificate.fingerprint(hashes.SHA1())), b64(certificate.fingerprint(hashes.SHA256()))}
        if {str(header.get(name)).rstrip("=") for name in ("x5t", "x5t#S256")} & thumbprints:
            break
    else:
        raise _Refused(
            "invalid_client",
            700027,
            "The certificate with identifier used to sign the client assertion is not registered on application.",
            401,
        )
    base = f"{request.root}/{tenant.tenant_id}"
    audiences = [f"{base}/oauth2/v2.0/token", f"{base}/v2.0", f"{request.root}/{tenant.domain}/oauth2/v2.0/token"]
    _verify(assertion, certificate.public_key(), audiences, application["appId"])


def _check_federated(authority: Authority, application: Document, assertion: str, payload: dict[str, Any]) -> None:
    for credential in application.get("_federated", []):
        if credential["issuer"] == payload.get("iss") and credential["subject"] == payload.get("sub"):
            break
    else:
        raise _Refused(
            "invalid_client",
            700213,
            f"No matching federated identity record found for presented assertion subject '{payload.get('sub')}'"
            f" and issuer '{payload.get('iss')}'.",
            401,
        )
    keys = authority.trusted.get(credential["issuer"])
    if keys is None:
        raise _Refused(
            "invalid_request",
            50166,
            f"Request to External OIDC endpoint failed: the emulator has no keys of {credential['issuer']}.",
        )
    kid = jwt.get_unverified_header(assertion).get("kid")
    known = [key for key in jwt.PyJWKSet.from_dict(keys).keys if kid is None or key.key_id == kid]
    if not known:
        raise _Refused("invalid_client", 50027, "JWT token is invalid or malformed.", 401)
    _verify(assertion, known[0].key, credential["audiences"], None)


def _verify(assertion: str, key: Any, audiences: list[str], subject: str | None) -> None:
    try:
        payload = jwt.decode(
            assertion, key, algorithms=["RS256", "PS256", "ES256"], audience=audiences, options={"require": ["exp"]}
        )
    except jwt.ExpiredSignatureError:
        raise _Refused("invalid_client", 700024, "Client assertion is not within its valid time range.", 401) from None
    except jwt.InvalidAudienceError:
        raise _Refused(
            "invalid_client", 700023, "Client assertion audience claim does not match Realm issuer.", 401
        ) from None
    except jwt.InvalidTokenError:
        raise _Refused("invalid_client", 700027, "Client assertion failed signature validation.", 401) from None
    if subject is not None and payload.get("sub") != subject:
        raise _Refused(
            "invalid_client",
            700021,
            "Client assertion application identifier doesn't match 'client_id' parameter.",
            401,
        )
