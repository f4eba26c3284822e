"""Types of the names that the package loads on first use."""

from entra_sync.base.principals import Group as Group
from entra_sync.base.principals import Principal as Principal
from entra_sync.base.principals import User as User
from entra_sync.clouds import Cloud as Cloud
from entra_sync.errors import (
    Ambiguous as Ambiguous,
)
from entra_sync.errors import (
    BadArgument as BadArgument,
)
from entra_sync.errors import (
    ConfigurationError as ConfigurationError,
)
from entra_sync.errors import (
    Conflict as Conflict,
)
from entra_sync.errors import (
    CredentialsRejected as CredentialsRejected,
)
from entra_sync.errors import (
    EntraSyncError as EntraSyncError,
)
from entra_sync.errors import (
    EvaluationError as EvaluationError,
)
from entra_sync.errors import (
    ExpressionError as ExpressionError,
)
from entra_sync.errors import (
    GraphError as GraphError,
)
from entra_sync.errors import (
    NoSuchPerson as NoSuchPerson,
)
from entra_sync.errors import (
    NotFound as NotFound,
)
from entra_sync.errors import (
    PermissionMissing as PermissionMissing,
)
from entra_sync.errors import (
    RegexRefused as RegexRefused,
)
from entra_sync.errors import (
    RegexTooSlow as RegexTooSlow,
)
from entra_sync.errors import (
    Throttled as Throttled,
)
from entra_sync.errors import (
    UnsafePlan as UnsafePlan,
)
from entra_sync.expressions import (
    AttributeMapping as AttributeMapping,
)
from entra_sync.expressions import (
    Mappings as Mappings,
)
from entra_sync.expressions import (
    ScopingFilter as ScopingFilter,
)
from entra_sync.expressions import (
    all_of as all_of,
)
from entra_sync.expressions import (
    any_of as any_of,
)
from entra_sync.expressions import (
    attribute as attribute,
)
from entra_sync.expressions import (
    clause as clause,
)
from entra_sync.expressions import (
    constant as constant,
)
from entra_sync.expressions import (
    defaults as defaults,
)
from entra_sync.expressions import (
    expr as expr,
)
from entra_sync.impact.planning.limits import Limits as Limits
from entra_sync.link import (
    CrossCloudLink as CrossCloudLink,
)
from entra_sync.link import (
    Scope as Scope,
)
from entra_sync.program import ArgumentError as ArgumentError
from entra_sync.resources.allowed_cloud_endpoint import (
    AllowedCloudEndpoint as AllowedCloudEndpoint,
)
from entra_sync.resources.allowed_cloud_endpoint import (
    AllowedCloudEndpointArgs as AllowedCloudEndpointArgs,
)
from entra_sync.resources.app_role_assignments import (
    AppRoleAssignments as AppRoleAssignments,
)
from entra_sync.resources.app_role_assignments import (
    AppRoleAssignmentsArgs as AppRoleAssignmentsArgs,
)
from entra_sync.resources.cross_tenant_access_default import (
    CrossTenantAccessDefault as CrossTenantAccessDefault,
)
from entra_sync.resources.cross_tenant_access_default import (
    CrossTenantAccessDefaultArgs as CrossTenantAccessDefaultArgs,
)
from entra_sync.resources.cross_tenant_access_default import (
    InvitationRedemption as InvitationRedemption,
)
from entra_sync.resources.cross_tenant_partner import (
    Access as Access,
)
from entra_sync.resources.cross_tenant_partner import (
    AutomaticUserConsent as AutomaticUserConsent,
)
from entra_sync.resources.cross_tenant_partner import (
    B2BSettings as B2BSettings,
)
from entra_sync.resources.cross_tenant_partner import (
    CrossTenantPartner as CrossTenantPartner,
)
from entra_sync.resources.cross_tenant_partner import (
    CrossTenantPartnerArgs as CrossTenantPartnerArgs,
)
from entra_sync.resources.cross_tenant_partner import (
    InboundTrust as InboundTrust,
)
from entra_sync.resources.cross_tenant_partner import (
    Target as Target,
)
from entra_sync.resources.cross_tenant_partner import (
    TenantRestrictions as TenantRestrictions,
)
from entra_sync.resources.identity_synchronization import (
    IdentitySynchronization as IdentitySynchronization,
)
from entra_sync.resources.identity_synchronization import (
    IdentitySynchronizationArgs as IdentitySynchronizationArgs,
)
from entra_sync.resources.license_assignment import (
    License as License,
)
from entra_sync.resources.license_assignment import (
    LicenseAssignment as LicenseAssignment,
)
from entra_sync.resources.license_assignment import (
    LicenseAssignmentArgs as LicenseAssignmentArgs,
)
from entra_sync.resources.licensed_scope import (
    LicensedScope as LicensedScope,
)
from entra_sync.resources.licensed_scope import (
    LicensedScopeArgs as LicensedScopeArgs,
)
from entra_sync.resources.link_impact import LinkImpact as LinkImpact
from entra_sync.resources.link_impact import LinkImpactArgs as LinkImpactArgs
from entra_sync.resources.service_principal import (
    ServicePrincipal as ServicePrincipal,
)
from entra_sync.resources.service_principal import (
    ServicePrincipalArgs as ServicePrincipalArgs,
)
from entra_sync.resources.shared.jobs import ResetScope as ResetScope
from entra_sync.resources.shared.jobs import Restart as Restart
from entra_sync.resources.synchronization_attribute_mapping import (
    SynchronizationAttributeMapping as SynchronizationAttributeMapping,
)
from entra_sync.resources.synchronization_attribute_mapping import (
    SynchronizationAttributeMappingArgs as SynchronizationAttributeMappingArgs,
)
from entra_sync.resources.synchronization_job import (
    SynchronizationJob as SynchronizationJob,
)
from entra_sync.resources.synchronization_job import (
    SynchronizationJobArgs as SynchronizationJobArgs,
)
from entra_sync.resources.synchronization_schedule import (
    SynchronizationSchedule as SynchronizationSchedule,
)
from entra_sync.resources.synchronization_schedule import (
    SynchronizationScheduleArgs as SynchronizationScheduleArgs,
)
from entra_sync.resources.synchronization_schema import (
    SynchronizationSchema as SynchronizationSchema,
)
from entra_sync.resources.synchronization_schema import (
    SynchronizationSchemaArgs as SynchronizationSchemaArgs,
)
from entra_sync.resources.synchronization_secrets import (
    SynchronizationSecrets as SynchronizationSecrets,
)
from entra_sync.resources.synchronization_secrets import (
    SynchronizationSecretsArgs as SynchronizationSecretsArgs,
)
from entra_sync.tenant import Tenant as Tenant
