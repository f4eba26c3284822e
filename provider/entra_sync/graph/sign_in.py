"""Signing in to a tenant: its credential from the environment, and what to do about each way in which that fails.

Codes are those of "Microsoft Entra authentication and authorization error codes" and of the pages on workload identity
federation.
"""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from entra_sync.errors import ConfigurationError
from entra_sync.errors.visible import visible
from entra_sync.graph.answers.failures import first_line
from entra_sync.microsoft.tenant import Tenant

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, TokenCredential
    from azure.core.exceptions import AzureError

__all__ = ["OfTenant", "credential", "no_token", "readable_claims"]

# Without a handler, Python would print azure-identity's own words beside ours.
for _name in ("azure", "msal"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


def credential(tenant: Tenant) -> TokenCredential:
    """Returns an azure-identity credential for *tenant*, from its environment variables or else the default chain.

    Raises:
        ConfigurationError: A variable lacks the one that it needs beside it, or names a file that cannot be used.
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
        _readable(tenant, "CERTIFICATE_PATH", certificate)
        password = tenant.setting("CERTIFICATE_PASSWORD")
        try:
            return identity.CertificateCredential(tenant.tenant_id, client_id, certificate, password=password, **common)
        except (ValueError, TypeError):
            raise ConfigurationError(
                f"tenant {tenant}: {certificate} cannot be used as a certificate; "
                f"{tenant.variable('CERTIFICATE_PATH')} needs a PEM or PFX file with certificate and private key, and "
                f"{tenant.variable('CERTIFICATE_PASSWORD')} its password if it has one"
            ) from None
    if token_file:
        _readable(tenant, "FEDERATED_TOKEN_FILE", token_file)
        return identity.WorkloadIdentityCredential(
            tenant_id=tenant.tenant_id, client_id=client_id, token_file_path=token_file, **common
        )
    raise ConfigurationError(
        f"tenant {tenant}: {tenant.variable('CLIENT_ID')} is set without a credential; set one of "
        f"{tenant.variable('CLIENT_SECRET')}, {tenant.variable('CERTIFICATE_PATH')}, "
        f"{tenant.variable('FEDERATED_TOKEN_FILE')}"
    )


class OfTenant:
    """A credential whose tokens are of one tenant: another one's would read and change the wrong directory.

    Azure CLI and others of the default chain give tokens of the tenant that they are signed in to. A token that cannot
    be read is taken as it is.

    Args:
        tenant: Whose tokens are wanted.
        inner: Where they come from.
    """

    def __init__(self, tenant: Tenant, inner: TokenCredential) -> None:
        self._tenant, self._inner = tenant, inner
        self._seen = ""

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """A token.

        Raises:
            ConfigurationError: It is another tenant's.
        """
        token = self._inner.get_token(*scopes, **options)
        if token.token != self._seen:
            home = readable_claims(token.token).get("tid")
            if isinstance(home, str) and home.lower() != self._tenant.tenant_id:
                raise self._of_another(home)
            self._seen = token.token
        return token

    def _of_another(self, home: str) -> ConfigurationError:
        tenant = self._tenant
        remedy = f"Check the tenantId of {tenant.name}"
        if not tenant.setting("CLIENT_ID"):
            remedy = (
                f"Sign in to that tenant, with Azure CLI by `az login --tenant {tenant.tenant_id}`, or set "
                f"{tenant.variable('CLIENT_ID')} and a credential of an application in it"
            )
        return ConfigurationError(
            f"tenant {tenant}: the token is of tenant {visible(home)}, not of {tenant.tenant_id}, so nothing was sent",
            remedy=remedy,
        )


def _readable(tenant: Tenant, suffix: str, path: str) -> None:
    try:
        with Path(path).open("rb"):
            pass
    except OSError as problem:
        raise ConfigurationError(
            f"tenant {tenant}: {tenant.variable(suffix)} names {path}, which cannot be read: {problem.strerror}"
        ) from None


def readable_claims(token: str) -> Mapping[str, Any]:
    """Returns what an access token says; empty if it is none that can be read.

    Tokens for Microsoft Graph have no promised format for clients ("Access tokens in the Microsoft identity platform").
    """
    payload = f"{token}.".split(".")[1]
    try:
        found = orjson.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except ValueError:
        return {}
    return found if isinstance(found, Mapping) else {}


def no_token(tenant: Tenant, problem: AzureError) -> ConfigurationError:
    """Returns the error for a sign-in that failed: what happened, and the one remedy that fits the cause."""
    text = problem.message
    code = next(iter(re.findall(r"AADSTS\d+", text)), "")
    remedy = _BY_CODE.get(code) or next((remedy for words, remedy in _BY_WORDS if re.search(words, text, re.I)), "")
    reason = f"{code}: " if code else ""
    reason += _reason(text, code)
    used = next((name for name in _CREDENTIALS if tenant.setting(name)), "")
    if not remedy:
        remedy = _OTHERWISE if used else _NOTHING_SET
    filled = remedy.format(
        secret=tenant.variable("CLIENT_SECRET"),
        certificate=tenant.variable("CERTIFICATE_PATH"),
        token=tenant.variable("FEDERATED_TOKEN_FILE"),
        ca=tenant.variable("CA_FILE"),
        client=tenant.variable("CLIENT_ID"),
        used=tenant.variable(used or "CLIENT_SECRET"),
        application=tenant.setting("CLIENT_ID") or "that is used",
        authority=tenant.authority,
        name=tenant.name,
        id=tenant.tenant_id,
    )
    return ConfigurationError(
        f"tenant {tenant}: no token from {tenant.authority}: {reason.rstrip('. ')}", remedy=filled
    )


_CREDENTIALS = ("CLIENT_SECRET", "CERTIFICATE_PATH", "FEDERATED_TOKEN_FILE")


def _reason(text: str, code: str) -> str:
    """The first sentence of what went wrong, without the noise of the libraries that pass it on."""
    line = re.split(r"\s(?:Trace|Correlation) ID:", first_line(text))[0]
    if code:
        line = line.partition(code)[2].lstrip(": ")
        return re.split(r"(?<=[.])\s", line)[0]
    inner = re.search(
        r"(\[SSL[^\]]*\][^'\")]*|\[Errno[^\]]*\] [^'\")]*|Failed to resolve '[^']*'|Connection refused)", line
    )
    line = inner[1] if inner else line.removeprefix("Authentication failed: ")
    return re.sub(r"\s*\(_ssl\.c:\d+\)?", "", line)[:300]


_BY_CODE = {
    "AADSTS7000215": "{secret} does not hold a secret of application {application}. Use the secret's value, not its id",
    "AADSTS7000222": "The secret in {secret} has expired. Make a new one for application {application}",
    "AADSTS700016": (
        "Tenant {id} has no application {application}. Check {client}, and that the application is registered in or "
        "consented to in this tenant"
    ),
    "AADSTS7000112": "Application {application} is disabled in tenant {id}. Enable its service principal",
    "AADSTS7000229": "Application {application} has no service principal in tenant {id}. Grant consent to it there",
    "AADSTS90002": "Check the tenantId and the cloud of {name}: {authority} knows no tenant {id}",
    "AADSTS900023": "Check the tenantId of {name}: {id} is not a tenant",
    "AADSTS900382": "Check the cloud of {name}: tenant {id} is in another cloud than {authority}",
    "AADSTS700027": (
        "The certificate in {certificate} is not one of application {application}. Upload its public part there"
    ),
    "AADSTS700024": "The token in {used} is not valid at this time. Check this machine's clock, and get a new token",
    "AADSTS70021": (
        "No federated credential of application {application} fits the token in {token}. Compare issuer, subject and "
        "audience"
    ),
    "AADSTS700211": "No federated credential of application {application} has the issuer of the token in {token}",
    "AADSTS700212": "No federated credential of application {application} has the audience of the token in {token}",
    "AADSTS700213": "No federated credential of application {application} has the subject of the token in {token}",
    "AADSTS53003": "A Conditional Access policy of tenant {id} blocks application {application} from here",
    "AADSTS500011": "Tenant {id} does not know this Microsoft Graph. Check the cloud and graphUrl of {name}",
}
_BY_WORDS = (
    (
        r"certificate.verify.failed|certificate verify|self.signed certificate|hostname.*match|SSLCert|\[SSL",
        "The certificate of {authority} is not trusted. Behind a proxy that inspects TLS, or on the emulator, set {ca} "
        "to a file with its root certificate",
    ),
    (
        r"proxy",
        "The proxy does not let the sign-in through. Check HTTPS_PROXY and NO_PROXY",
    ),
    (
        r"name or service not known|failed to resolve|name resolution|getaddrinfo|nodename nor servname|no address",
        "The host of {authority} cannot be found. Check the network, authorityUrl, and HTTPS_PROXY if there is a proxy",
    ),
    (
        r"connection refused|connection reset|connection aborted|unreachable|timed? ?out|max retries exceeded",
        "{authority} cannot be reached. Check the network, a firewall, and HTTPS_PROXY if there is a proxy",
    ),
    (
        r"unable to get authority configuration|tenant.*not found|double check your tenant",
        "Check the tenantId and the cloud of {name}: {authority} knows no tenant {id}",
    ),
)
_OTHERWISE = "Check {client} and {used}: they must belong to an application in tenant {id}"
_NOTHING_SET = (
    "Set {client} and a credential ({secret}, {certificate} or {token}) of an application in tenant {id}, "
    "or sign in with Azure CLI"
)
