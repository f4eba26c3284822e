"""Microsoft Entra cross-cloud synchronization as code: what programs import, loaded when it is first used.

import entra_sync as entra

link = entra.CrossCloudLink("contoso-to-federal", source=..., target=..., scope=[entra.Group("...")])
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "entra_sync.clouds": ("Cloud",),
    "entra_sync.errors": (
        "Ambiguous",
        "BadArgument",
        "ConfigurationError",
        "Conflict",
        "CredentialsRejected",
        "EntraSyncError",
        "EvaluationError",
        "ExpressionError",
        "GraphError",
        "NoSuchPerson",
        "NotFound",
        "PermissionMissing",
        "RegexRefused",
        "RegexTooSlow",
        "Throttled",
        "UnsafePlan",
    ),
    "entra_sync.expressions": (
        "AttributeMapping",
        "Mappings",
        "ScopingFilter",
        "all_of",
        "any_of",
        "attribute",
        "clause",
        "constant",
        "defaults",
        "expr",
    ),
    "entra_sync.impact.planning.limits": ("Limits",),
    "entra_sync.resources.shared.jobs": ("ResetScope", "Restart"),
    "entra_sync.link": ("CrossCloudLink", "Scope"),
    "entra_sync.base.principals": ("Group", "Principal", "User"),
    "entra_sync.program": ("ArgumentError",),
    "entra_sync.resources.allowed_cloud_endpoint": ("AllowedCloudEndpoint", "AllowedCloudEndpointArgs"),
    "entra_sync.resources.app_role_assignments": ("AppRoleAssignments", "AppRoleAssignmentsArgs"),
    "entra_sync.resources.cross_tenant_access_default": (
        "CrossTenantAccessDefault",
        "CrossTenantAccessDefaultArgs",
        "InvitationRedemption",
    ),
    "entra_sync.resources.cross_tenant_partner": (
        "Access",
        "AutomaticUserConsent",
        "B2BSettings",
        "CrossTenantPartner",
        "CrossTenantPartnerArgs",
        "InboundTrust",
        "Target",
        "TenantRestrictions",
    ),
    "entra_sync.resources.identity_synchronization": ("IdentitySynchronization", "IdentitySynchronizationArgs"),
    "entra_sync.resources.license_assignment": ("License", "LicenseAssignment", "LicenseAssignmentArgs"),
    "entra_sync.resources.licensed_scope": ("LicensedScope", "LicensedScopeArgs"),
    "entra_sync.resources.link_impact": ("LinkImpact", "LinkImpactArgs"),
    "entra_sync.resources.service_principal": ("ServicePrincipal", "ServicePrincipalArgs"),
    "entra_sync.resources.synchronization_attribute_mapping": (
        "SynchronizationAttributeMapping",
        "SynchronizationAttributeMappingArgs",
    ),
    "entra_sync.resources.synchronization_job": ("SynchronizationJob", "SynchronizationJobArgs"),
    "entra_sync.resources.synchronization_schedule": ("SynchronizationSchedule", "SynchronizationScheduleArgs"),
    "entra_sync.resources.synchronization_schema": ("SynchronizationSchema", "SynchronizationSchemaArgs"),
    "entra_sync.resources.synchronization_secrets": ("SynchronizationSecrets", "SynchronizationSecretsArgs"),
    "entra_sync.tenant": ("Tenant",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
