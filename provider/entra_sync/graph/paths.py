"""The paths that this package asks Microsoft Graph for, and the ids that resources have in the state.

Ids in paths are given as they go into a path: quoted by :func:`segment`, or a placeholder for what is not known yet.
"""

from __future__ import annotations

from urllib.parse import quote

from entra_sync.errors import ConfigurationError

__all__ = [
    "ACCESS_POLICY",
    "ALLOWED_CLOUDS",
    "APPLICATIONS",
    "AUTHORIZATION_POLICY",
    "BETA_ACCESS_POLICY",
    "DEFAULT_SETTINGS",
    "DELETED",
    "DELETED_SERVICE_PRINCIPALS",
    "DELETED_USERS",
    "DIRECTORY_AUDITS",
    "GALLERY",
    "GROUPS",
    "ORGANIZATION",
    "PARTNERS",
    "PRINCIPAL",
    "PROVISIONING_LOG",
    "SERVICE_PRINCIPALS",
    "SMS_POLICY",
    "SUBSCRIBED_SKUS",
    "USERS",
    "application",
    "application_of",
    "assigned",
    "connections",
    "deleted",
    "gallery_template",
    "identity_synchronization",
    "is_beta",
    "job",
    "jobs",
    "member",
    "named_application",
    "partner",
    "principal",
    "resource_id",
    "roles",
    "schema",
    "secrets",
    "segment",
    "service_principal",
    "service_principal_of",
    "template_schema",
    "templates",
]

APPLICATIONS = "/v1.0/applications"
DELETED = "/v1.0/directory/deletedItems"
DELETED_SERVICE_PRINCIPALS = f"{DELETED}/microsoft.graph.servicePrincipal"
DELETED_USERS = f"{DELETED}/microsoft.graph.user"
DIRECTORY_AUDITS = "/v1.0/auditLogs/directoryAudits"
GALLERY = "/v1.0/applicationTemplates"
PROVISIONING_LOG = "/v1.0/auditLogs/provisioning"
SERVICE_PRINCIPALS = "/v1.0/servicePrincipals"
SUBSCRIBED_SKUS = "/v1.0/subscribedSkus"
USERS = "/v1.0/users"
GROUPS = "/v1.0/groups"
ORGANIZATION = "/v1.0/organization"
ACCESS_POLICY = "/v1.0/policies/crossTenantAccessPolicy"
BETA_ACCESS_POLICY = "/beta/policies/crossTenantAccessPolicy"
AUTHORIZATION_POLICY = "/v1.0/policies/authorizationPolicy"
SMS_POLICY = "/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/sms"
PARTNERS = f"{ACCESS_POLICY}/partners"
DEFAULT_SETTINGS = f"{ACCESS_POLICY}/default"
ALLOWED_CLOUDS = f"{ACCESS_POLICY}/allowedCloudEndpoints"
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
    return _joined(SERVICE_PRINCIPALS, id, relation)


def service_principal_of(app_id: str) -> str:
    """The service principal of the application with an application (client) id."""
    return f"{SERVICE_PRINCIPALS}(appId='{app_id}')"


def application(id: str, relation: str = "") -> str:
    """An application by its object id, or a relation of it such as ``owners``."""
    return _joined(APPLICATIONS, id, relation)


def application_of(app_id: str) -> str:
    """The application with an application (client) id."""
    return f"{APPLICATIONS}(appId='{app_id}')"


def named_application(app_id: str) -> str:
    """Object id and name of the application with an application (client) id."""
    return f"{application_of(app_id)}?$select=id,displayName"


def gallery_template(id: str, action: str = "") -> str:
    """A template of the application gallery, or an action of it such as ``instantiate``."""
    return _joined(GALLERY, id, action)


def deleted(id: str, action: str = "") -> str:
    """An object that was deleted and can be restored, or an action of it such as ``restore``."""
    return _joined(DELETED, id, action)


def member(kind: str, id: str, relation: str = "") -> str:
    """A ``User`` or a ``Group``, or a relation of it."""
    return _joined({"User": USERS, "Group": GROUPS}[kind], id, relation)


def partner(tenant_id: str) -> str:
    """The cross-tenant access settings for another tenant."""
    return _joined(PARTNERS, tenant_id)


def identity_synchronization(tenant_id: str, *, beta: bool = False) -> str:
    """Whether a partner may synchronize users in; the beta version has more members."""
    path = _joined(partner(tenant_id), "identitySynchronization")
    return _in_beta(path) if beta else path


def assigned(service_principal_id: str) -> str:
    """The first page of the assignments to a service principal."""
    return f"{service_principal(service_principal_id, 'appRoleAssignedTo')}?$top=999"


def principal(service_principal_id: str) -> str:
    """A service principal with what a link needs of it."""
    return f"{service_principal(service_principal_id)}?{PRINCIPAL}"


def roles(service_principal_id: str) -> str:
    """The roles of a service principal."""
    return f"{service_principal(service_principal_id)}?$select=id,appRoles"


def group_name(group_id: str) -> str:
    """The id and the name of a group."""
    return f"{_joined(GROUPS, group_id)}?$select=id,displayName"


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
    return _in_beta(job(service_principal_id, job_id, "objectConnections"))


def is_beta(path: str) -> bool:
    """Whether a path is of the beta version."""
    return path.startswith("/beta/")


def _in_beta(path: str) -> str:
    return f"/beta{path.removeprefix('/v1.0')}"


def _joined(*parts: str) -> str:
    return "/".join(part for part in parts if part)
