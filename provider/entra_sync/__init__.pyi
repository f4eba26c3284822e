"""Types of the names that the package loads on first use."""

from .base.principals import Group as Group, Principal as Principal, User as User
from .errors import (
    Ambiguous as Ambiguous,
    BadArgument as BadArgument,
    ConfigurationError as ConfigurationError,
    Conflict as Conflict,
    CredentialsRejected as CredentialsRejected,
    EntraSyncError as EntraSyncError,
    EvaluationError as EvaluationError,
    ExpressionError as ExpressionError,
    GraphError as GraphError,
    NoSuchPerson as NoSuchPerson,
    NotFound as NotFound,
    PermissionMissing as PermissionMissing,
    RegexRefused as RegexRefused,
    RegexTooSlow as RegexTooSlow,
    Throttled as Throttled,
)
from .errors.argument import ArgumentError as ArgumentError, UnknownName as UnknownName
from .expressions import (
    AttributeMapping as AttributeMapping,
    Mappings as Mappings,
    ScopingFilter as ScopingFilter,
    all_of as all_of,
    any_of as any_of,
    attribute as attribute,
    clause as clause,
    constant as constant,
    defaults as defaults,
    expr as expr,
)
from .impact.planning.limits import Limits as Limits
from .microsoft.clouds import Cloud as Cloud
from .microsoft.restarts import ResetScope as ResetScope
from .microsoft.tenant import Tenant as Tenant
from .program.link import CrossCloudLink as CrossCloudLink
from .program.link_arguments import Scope as Scope
from .program.lookups import (
    Application as Application,
    get_application as get_application,
    get_group as get_group,
    get_groups as get_groups,
    get_sku as get_sku,
    get_user as get_user,
)
from .resources.allowed_cloud_endpoint import (
    AllowedCloudEndpoint as AllowedCloudEndpoint,
    AllowedCloudEndpointArgs as AllowedCloudEndpointArgs,
)
from .resources.app_role_assignments import (
    AppRoleAssignments as AppRoleAssignments,
    AppRoleAssignmentsArgs as AppRoleAssignmentsArgs,
)
from .resources.cross_tenant_access_default import (
    CrossTenantAccessDefault as CrossTenantAccessDefault,
    CrossTenantAccessDefaultArgs as CrossTenantAccessDefaultArgs,
    InvitationRedemption as InvitationRedemption,
)
from .resources.cross_tenant_partner import (
    CrossTenantPartner as CrossTenantPartner,
    CrossTenantPartnerArgs as CrossTenantPartnerArgs,
)
from .resources.identity_synchronization import (
    IdentitySynchronization as IdentitySynchronization,
    IdentitySynchronizationArgs as IdentitySynchronizationArgs,
)
from .resources.license_assignment import (
    License as License,
    LicenseAssignment as LicenseAssignment,
    LicenseAssignmentArgs as LicenseAssignmentArgs,
)
from .resources.licensed_scope import (
    LicensedScope as LicensedScope,
    LicensedScopeArgs as LicensedScopeArgs,
)
from .resources.link_impact import LinkImpact as LinkImpact, LinkImpactArgs as LinkImpactArgs
from .resources.service_principal import (
    ServicePrincipal as ServicePrincipal,
    ServicePrincipalArgs as ServicePrincipalArgs,
)
from .resources.shared.access_settings import (
    Access as Access,
    AutomaticUserConsent as AutomaticUserConsent,
    B2BSettings as B2BSettings,
    InboundTrust as InboundTrust,
    Target as Target,
    TenantRestrictions as TenantRestrictions,
)
from .resources.shared.jobs import Restart as Restart
from .resources.synchronization_attribute_mapping import (
    SynchronizationAttributeMapping as SynchronizationAttributeMapping,
    SynchronizationAttributeMappingArgs as SynchronizationAttributeMappingArgs,
)
from .resources.synchronization_job import (
    SynchronizationJob as SynchronizationJob,
    SynchronizationJobArgs as SynchronizationJobArgs,
)
from .resources.synchronization_schedule import (
    SynchronizationSchedule as SynchronizationSchedule,
    SynchronizationScheduleArgs as SynchronizationScheduleArgs,
)
from .resources.synchronization_schema import (
    SynchronizationSchema as SynchronizationSchema,
    SynchronizationSchemaArgs as SynchronizationSchemaArgs,
)
from .resources.synchronization_secrets import (
    SynchronizationSecrets as SynchronizationSecrets,
    SynchronizationSecretsArgs as SynchronizationSecretsArgs,
)
