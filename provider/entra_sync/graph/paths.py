"""The paths that this package asks Microsoft Graph for, and the ids that resources have in the state.

Ids in paths are given as they go into a path: quoted by :func:`segment`, or a placeholder for what is not known yet.
"""

from __future__ import annotations

from urllib.parse import quote

from entra_sync.errors import ConfigurationError

__all__ = [
    "ACCESS_POLICY",
    "AUTHORIZATION_POLICY",
    "BETA_ACCESS_POLICY",
    "DEFAULT_SETTINGS",
    "GROUPS",
    "ORGANIZATION",
    "PARTNERS",
    "PRINCIPAL",
    "SMS_POLICY",
    "USERS",
    "application",
    "assigned",
    "connections",
    "job",
    "jobs",
    "principal",
    "resource_id",
    "schema",
    "secrets",
    "segment",
    "service_principal",
    "template_schema",
    "templates",
]

USERS = "/v1.0/users"
GROUPS = "/v1.0/groups"
ORGANIZATION = "/v1.0/organization"
ACCESS_POLICY = "/v1.0/policies/crossTenantAccessPolicy"
BETA_ACCESS_POLICY = "/beta/policies/crossTenantAccessPolicy"
AUTHORIZATION_POLICY = "/v1.0/policies/authorizationPolicy"
SMS_POLICY = "/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/sms"
PARTNERS = f"{ACCESS_POLICY}/partners"
DEFAULT_SETTINGS = f"{ACCESS_POLICY}/default"
PRINCIPAL = "$select=id,appId,displayName,applicationTemplateId,appRoles,accountEnabled"
"""The properties of a service principal that a link needs."""


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


def application(app_id: str) -> str:
    """Name and object id of the application with an application (client) id."""
    return f"/v1.0/applications(appId='{app_id}')?$select=id,displayName"


def assigned(service_principal_id: str) -> str:
    """The first page of the assignments to a service principal."""
    return f"{service_principal(service_principal_id, 'appRoleAssignedTo')}?$top=999"


def principal(service_principal_id: str) -> str:
    """A service principal with what a link needs of it."""
    return f"{service_principal(service_principal_id)}?{PRINCIPAL}"


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


def template_schema(service_principal_id: str, template_id: str) -> str:
    """The schema that a job starts with that is made from a template."""
    return _joined(templates(service_principal_id), template_id, "schema")


def connections(service_principal_id: str, job_id: str) -> str:
    """Which account a job has linked to each user; the beta version only."""
    return job(service_principal_id, job_id, "objectConnections").replace("/v1.0", "/beta", 1)


def _joined(*parts: str) -> str:
    return "/".join(part for part in parts if part)
