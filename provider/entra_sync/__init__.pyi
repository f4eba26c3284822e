"""Types of the names that the package loads on first use."""

from .base.principals import Group as Group
from .base.principals import Principal as Principal
from .base.principals import User as User
from .clouds import Cloud as Cloud
from .errors import (
    Ambiguous as Ambiguous,
)
from .errors import (
    BadArgument as BadArgument,
)
from .errors import (
    ConfigurationError as ConfigurationError,
)
from .errors import (
    Conflict as Conflict,
)
from .errors import (
    CredentialsRejected as CredentialsRejected,
)
from .errors import (
    EntraSyncError as EntraSyncError,
)
from .errors import (
    EvaluationError as EvaluationError,
)
from .errors import (
    ExpressionError as ExpressionError,
)
from .errors import (
    GraphError as GraphError,
)
from .errors import (
    NoSuchPerson as NoSuchPerson,
)
from .errors import (
    NotFound as NotFound,
)
from .errors import (
    PermissionMissing as PermissionMissing,
)
from .errors import (
    RegexRefused as RegexRefused,
)
from .errors import (
    RegexTooSlow as RegexTooSlow,
)
from .errors import (
    Throttled as Throttled,
)
from .errors import (
    UnsafePlan as UnsafePlan,
)
from .expressions import (
    AttributeMapping as AttributeMapping,
)
from .expressions import (
    Mappings as Mappings,
)
from .expressions import (
    ScopingFilter as ScopingFilter,
)
from .expressions import (
    all_of as all_of,
)
from .expressions import (
    any_of as any_of,
)
from .expressions import (
    attribute as attribute,
)
from .expressions import (
    clause as clause,
)
from .expressions import (
    constant as constant,
)
from .expressions import (
    defaults as defaults,
)
from .expressions import (
    expr as expr,
)
from .impact.planning.limits import Limits as Limits
from .link import (
    CrossCloudLink as CrossCloudLink,
)
from .link import (
    Scope as Scope,
)
from .lookups import (
    Application as Application,
)
from .lookups import (
    get_application as get_application,
)
from .lookups import (
    get_group as get_group,
)
from .lookups import (
    get_groups as get_groups,
)
from .lookups import (
    get_sku as get_sku,
)
from .lookups import (
    get_user as get_user,
)
from .program import ArgumentError as ArgumentError
from .resources.allowed_cloud_endpoint import (
    AllowedCloudEndpoint as AllowedCloudEndpoint,
)
from .resources.allowed_cloud_endpoint import (
    AllowedCloudEndpointArgs as AllowedCloudEndpointArgs,
)
from .resources.app_role_assignments import (
    AppRoleAssignments as AppRoleAssignments,
)
from .resources.app_role_assignments import (
    AppRoleAssignmentsArgs as AppRoleAssignmentsArgs,
)
from .resources.cross_tenant_access_default import (
    CrossTenantAccessDefault as CrossTenantAccessDefault,
)
from .resources.cross_tenant_access_default import (
    CrossTenantAccessDefaultArgs as CrossTenantAccessDefaultArgs,
)
from .resources.cross_tenant_access_default import (
    InvitationRedemption as InvitationRedemption,
)
from .resources.cross_tenant_partner import (
    Access as Access,
)
from .resources.cross_tenant_partner import (
    AutomaticUserConsent as AutomaticUserConsent,
)
from .resources.cross_tenant_partner import (
    B2BSettings as B2BSettings,
)
from .resources.cross_tenant_partner import (
    CrossTenantPartner as CrossTenantPartner,
)
from .resources.cross_tenant_partner import (
    CrossTenantPartnerArgs as CrossTenantPartnerArgs,
)
from .resources.cross_tenant_partner import (
    InboundTrust as InboundTrust,
)
from .resources.cross_tenant_partner import (
    Target as Target,
)
from .resources.cross_tenant_partner import (
    TenantRestrictions as TenantRestrictions,
)
from .resources.identity_synchronization import (
    IdentitySynchronization as IdentitySynchronization,
)
from .resources.identity_synchronization import (
    IdentitySynchronizationArgs as IdentitySynchronizationArgs,
)
from .resources.license_assignment import (
    License as License,
)
from .resources.license_assignment import (
    LicenseAssignment as LicenseAssignment,
)
from .resources.license_assignment import (
    LicenseAssignmentArgs as LicenseAssignmentArgs,
)
from .resources.licensed_scope import (
    LicensedScope as LicensedScope,
)
from .resources.licensed_scope import (
    LicensedScopeArgs as LicensedScopeArgs,
)
from .resources.link_impact import LinkImpact as LinkImpact
from .resources.link_impact import LinkImpactArgs as LinkImpactArgs
from .resources.service_principal import (
    ServicePrincipal as ServicePrincipal,
)
from .resources.service_principal import (
    ServicePrincipalArgs as ServicePrincipalArgs,
)
from .resources.shared.jobs import ResetScope as ResetScope
from .resources.shared.jobs import Restart as Restart
from .resources.synchronization_attribute_mapping import (
    SynchronizationAttributeMapping as SynchronizationAttributeMapping,
)
from .resources.synchronization_attribute_mapping import (
    SynchronizationAttributeMappingArgs as SynchronizationAttributeMappingArgs,
)
from .resources.synchronization_job import (
    SynchronizationJob as SynchronizationJob,
)
from .resources.synchronization_job import (
    SynchronizationJobArgs as SynchronizationJobArgs,
)
from .resources.synchronization_schedule import (
    SynchronizationSchedule as SynchronizationSchedule,
)
from .resources.synchronization_schedule import (
    SynchronizationScheduleArgs as SynchronizationScheduleArgs,
)
from .resources.synchronization_schema import (
    SynchronizationSchema as SynchronizationSchema,
)
from .resources.synchronization_schema import (
    SynchronizationSchemaArgs as SynchronizationSchemaArgs,
)
from .resources.synchronization_secrets import (
    SynchronizationSecrets as SynchronizationSecrets,
)
from .resources.synchronization_secrets import (
    SynchronizationSecretsArgs as SynchronizationSecretsArgs,
)
from .tenant import Tenant as Tenant
