"""The paths that this package asks Microsoft Graph for, and the ids that resources have in the state.

Ids in paths are given as they go into a path: quoted by :func:`segment`, or a placeholder for what is not known yet.
"""

from __future__ import annotations

from urllib.parse import quote

from entra_sync.errors import ConfigurationError

__all__ = [
    "ACCESS_POLICY",
    "AUTHORIZATION_POLICY",
    "DEFAULT_SETTINGS",
    "GROUPS",
    "ORGANIZATION",
    "PARTNERS",
    "SMS_POLICY",
    "USERS",
    "connections",
    "job",
    "jobs",
    "resource_id",
    "schema",
    "secrets",
    "segment",
    "service_principal",
    "templates",
]

USERS = "/v1.0/users"
GROUPS = "/v1.0/groups"
ORGANIZATION = "/v1.0/organization"
ACCESS_POLICY = "/v1.0/policies/crossTenantAccessPolicy"
AUTHORIZATION_POLICY = "/v1.0/policies/authorizationPolicy"
SMS_POLICY = "/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/sms"
PARTNERS = f"{ACCESS_POLICY}/partners"
DEFAULT_SETTINGS = f"{ACCESS_POLICY}/default"


def segment(value: str) -> str:
    """Returns *value* quoted for use as one segment of a path.

    Raises:
        ConfigurationError: It is empty or made of dots, so that the path would be another one once it is sent.
    """
    if value in ("", ".", ".."):
        raise ConfigurationError(f'"{value}" is not an id')
    return quote(value, safe="", errors="surrogatepass")


def resource_id(tenant_id: str, path: str) -> str:
    """The id of a resource in the state: its tenant, and its path without the version."""
    return f"{tenant_id}{path.removeprefix('/v1.0')}"


def service_principal(id: str, relation: str = "") -> str:
    """A service principal, or a relation of it such as ``appRoleAssignedTo``."""
    return _joined("/v1.0/servicePrincipals", id, relation)


def jobs(service_principal_id: str) -> str:
    """The synchronization jobs of a service principal."""
    return service_principal(service_principal_id, "synchronization/jobs")


def job(service_principal_id: str, job_id: str, part: str = "") -> str:
    """A job, or a part or action of it such as ``start``."""
    return _joined(jobs(service_principal_id), job_id, part)


def schema(service_principal_id: str, job_id: str) -> str:
    """The synchronization schema of a job."""
    return job(service_principal_id, job_id, "schema")


def secrets(service_principal_id: str) -> str:
    """The settings of a service principal's synchronization, which Graph calls secrets."""
    return service_principal(service_principal_id, "synchronization/secrets")


def templates(service_principal_id: str) -> str:
    """The templates that jobs of a service principal can be made from."""
    return service_principal(service_principal_id, "synchronization/templates")


def connections(service_principal_id: str, job_id: str) -> str:
    """Which account a job has linked to each user; the beta version only."""
    return job(service_principal_id, job_id, "objectConnections").replace("/v1.0", "/beta", 1)


def _joined(*parts: str) -> str:
    return "/".join(part for part in parts if part)
