"""CrossCloudLink: everything that synchronizes people from one tenant to another, on both sides, in the right order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pulumi

from entra_sync.base.kinds import COMPONENT
from entra_sync.base.principals import Principal
from entra_sync.base.resource import Resource
from entra_sync.errors.mistakes import told_methods
from entra_sync.expressions import Mappings, ScopingFilter
from entra_sync.impact.planning.limits import Limits
from entra_sync.licensing.assignment import License
from entra_sync.microsoft.tenant import Tenant
from entra_sync.program.link_arguments import KIND, LinkArguments, Scope, addresses, supported, validated
from entra_sync.program.link_options import ignored_inputs, of_resource, without_effect
from entra_sync.resources.allowed_cloud_endpoint import AllowedCloudEndpoint
from entra_sync.resources.app_role_assignments import AppRoleAssignments
from entra_sync.resources.cross_tenant_partner import CrossTenantPartner
from entra_sync.resources.identity_synchronization import IdentitySynchronization
from entra_sync.resources.licensed_scope import LicensedScope
from entra_sync.resources.link_impact import ImpactOptions, LinkImpact
from entra_sync.resources.service_principal import ServicePrincipal
from entra_sync.resources.shared.access_settings import AutomaticUserConsent
from entra_sync.resources.shared.jobs import Restart
from entra_sync.resources.synchronization_job import SynchronizationJob
from entra_sync.resources.synchronization_schedule import SynchronizationSchedule
from entra_sync.resources.synchronization_schema import SynchronizationSchema
from entra_sync.resources.synchronization_secrets import SynchronizationSecrets

__all__ = ["CrossCloudLink"]


@told_methods(KIND)
class CrossCloudLink(pulumi.ComponentResource):
    """One direction of synchronization between two tenants, usually in two clouds.

    In the target, the link allows the source's cloud, makes the source a partner with automatic consent inbound, and
    lets it synchronize users. In the source, it allows the target's cloud and makes the target a partner with automatic
    consent outbound. It creates an application with its job, settings, schema and assignments, and then starts the job.

    A destroy deletes the job before the assignments, because a running job deletes users who are no longer assigned.
    Synchronized users stay in the target.

    Attributes:
        source_cloud, target_cloud: Allowed cloud in each tenant. None within one cloud or if not managed.
        source_partner, target_partner: Partner entry in each tenant. None if not managed.
        inbound: Permission of the target for the source.
        application, assignments, job, secrets, schema, schedule: The source side.
        licenses: Licenses of the scope. None if no licenses are declared.
        impact: Users that the last change affected. Assignments, settings, schema and schedule wait for it.
        status: Status of the job as of the last update or refresh: ``NotRun`` until its first cycle has ended. Whether
            the job runs is ``schedule.schedule``.

    Raises:
        ArgumentError: The service does not support this pair of clouds, or the pair cannot carry what is asked for.
    """

    # made by scripts/argument_types.py
    def __init__(
        self,
        name: str,
        *,
        source: Tenant,
        target: Tenant,
        scope: Scope | pulumi.Input[Sequence[pulumi.Input[Principal]]],
        mappings: pulumi.Input[Mappings] | None = None,
        filters: pulumi.Input[ScopingFilter] | None = None,
        actions: pulumi.Input[Sequence[pulumi.Input[Literal["create", "update", "delete"]]]] | None = None,
        enabled: pulumi.Input[bool] = True,
        deletion_threshold: pulumi.Input[int] = 500,
        restart: pulumi.Input[Restart] | None = None,
        limits: pulumi.Input[Limits] | None = None,
        canaries: pulumi.Input[Sequence[pulumi.Input[str]]] = (),
        notify: pulumi.Input[str] | pulumi.Input[Sequence[pulumi.Input[str]]] = (),
        display_name: pulumi.Input[str] | None = None,
        application_template_id: pulumi.Input[str] | None = None,
        job_template_id: pulumi.Input[str] | None = None,
        secret_values: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        adopt: bool = False,
        manage_clouds: bool = True,
        manage_partners: bool = True,
        licenses: pulumi.Input[Sequence[pulumi.Input[License]]] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the link.

        Args:
            name: Name of the link. Its resources are called `<name>-job` and so on.
            source: Tenant of the users.
            target: Tenant in which the users get accounts.
            scope: Users and groups in scope, or `Scope.EVERYONE`. Only direct members of a group are in scope.
            mappings: Attribute mappings. Target attributes that are not named keep the mapping of the job's template. A
                Python program that changes single mappings starts from `defaults`.
            filters: Scoping filter. Default: the job's filter stays; a filter that was declared before is emptied.
            actions: What the job may do with accounts in the target. Default: what the job's template allows, which is
                create, update and delete.
            enabled: Whether the job runs. False: everything is set up, but the job is paused.
            deletion_threshold: Number of deletions in one cycle that puts the job into quarantine. 0: no limit.
            restart: Restarts the job when its `trigger` changes.
            limits: How many users a change may affect. Beyond the limits, preview and `up` refuse the change. Default:
                the defaults of `Limits`.
            canaries: Object ids of users in scope. A first start and each change of the schema is provisioned on demand
                for these users first. If the result differs from the plan, the job stays paused. Their accounts are
                changed.
            notify: One or several mail addresses that the service notifies of quarantine and held-back deletions.
            display_name: Name of the application. Default: the name of the link.
            application_template_id: Gallery template of the application, if it cannot be found by name.
            job_template_id: Synchronization template of the job, if the application has several.
            secret_values: Further secret keys of the connection.
            adopt: Whether to take over an application of that name that an administrator or another program made.
            manage_clouds: False if another link or program manages the allowed clouds.
            manage_partners: False if another link or program manages the partner entries.
            licenses: Licenses that every user in scope gets in the source, through the groups of the scope.
            opts: Options of every Pulumi resource. The resources of the link inherit them as children do.
        """
        given = {key: value for key, value in locals().items() if key in LinkArguments.model_fields}
        self._declare(name, given, opts)

    # until here

    def _declare(self, name: str, given: Mapping[str, Any], opts: pulumi.ResourceOptions | None) -> None:
        """Declares the resources of the link."""
        link = validated(name, given, opts)
        cross_cloud = supported(name, link).cross_cloud
        ignored = ignored_inputs(name, opts)
        super().__init__(COMPONENT, name, {}, opts)
        self._ignored = ignored
        if unapplied := without_effect(opts):
            pulumi.log.warn(f'{KIND} "{name}": no effect on a link: {", ".join(unapplied)}', self)
        scope: Any = link.scope
        everyone = scope is Scope.EVERYONE
        principals = [] if everyone else scope
        shares: list[Any] = ["inbound"]
        shares += [*(["clouds"] if link.manage_clouds else []), *(["partners"] if link.manage_partners else [])]
        # The application is made first and deleted last: its tags record what the link makes and uses.
        self.application = ServicePrincipal(
            f"{name}-application",
            tenant=link.source,
            display_name=link.display_name or name,
            cross_cloud=cross_cloud,
            application_template_id=link.application_template_id,
            adopt=link.adopt,
            target=link.target,
            shares=shares,
            opts=self._after(of=ServicePrincipal),
        )
        self._declare_shared(name, link, cross_cloud)
        self.impact = LinkImpact(
            f"{name}-impact",
            tenant=link.source,
            target=link.target,
            service_principal_id=self.application.service_principal_id,
            everyone=everyone,
            principals=principals,
            **{option: getattr(link, option) for option in ImpactOptions.model_fields},
            opts=self._after(self.application, of=LinkImpact),
        )
        self._declare_job(name, link, principals, everyone=everyone)
        self.licenses: LicensedScope | None = None
        if link.licenses and not everyone:
            formerly = pulumi.ResourceOptions(aliases=[pulumi.Alias(name=f"{name}-licences")])
            self.licenses = LicensedScope(
                f"{name}-licenses",
                tenant=link.source,
                principals=principals,
                licenses=link.licenses,
                application=self.application.reference,
                opts=pulumi.ResourceOptions.merge(self._after(self.impact, of=LicensedScope), formerly),
            )
        self.status = self.schedule.status
        self.register_outputs({"status": self.status, "jobId": self.job.job_id})

    def _declare_shared(self, name: str, link: LinkArguments, cross_cloud: bool) -> None:
        """Declares the settings that links may share."""
        source, target, application = link.source, link.target, self.application.reference
        self.source_cloud: AllowedCloudEndpoint | None = None
        self.target_cloud: AllowedCloudEndpoint | None = None
        if cross_cloud and link.manage_clouds:
            self.source_cloud = AllowedCloudEndpoint(
                f"{name}-source-cloud", tenant=source, cloud=target.cloud, application=application, opts=self._after()
            )
            self.target_cloud = AllowedCloudEndpoint(
                f"{name}-target-cloud", tenant=target, cloud=source.cloud, application=application, opts=self._after()
            )
        self.source_partner: CrossTenantPartner | None = None
        self.target_partner: CrossTenantPartner | None = None
        if link.manage_partners:
            self.source_partner = CrossTenantPartner(
                f"{name}-source-partner",
                tenant=source,
                partner_tenant_id=target.tenant_id,
                automatic_user_consent_settings=AutomaticUserConsent(outbound_allowed=True),
                application=application,
                opts=self._after(self.source_cloud),
            )
            self.target_partner = CrossTenantPartner(
                f"{name}-target-partner",
                tenant=target,
                partner_tenant_id=source.tenant_id,
                automatic_user_consent_settings=AutomaticUserConsent(inbound_allowed=True),
                application=application,
                opts=self._after(self.target_cloud),
            )
        self.inbound = IdentitySynchronization(
            f"{name}-inbound",
            tenant=target,
            partner_tenant_id=source.tenant_id,
            display_name=source.name,
            application=application,
            opts=self._after(self.target_partner, self.target_cloud),
        )

    def _declare_job(self, name: str, link: LinkArguments, principals: Any, *, everyone: bool) -> None:
        """Declares the job, with its scope, settings, schema and schedule.

        A running job deletes the accounts of users who fall out of scope. So the assignments are made before the
        setting for all users is switched off, and removed after it is switched on.
        """
        source, target, owner = link.source, link.target, self.application.service_principal_id
        tried = link.canaries

        def assign(*after: pulumi.Resource) -> AppRoleAssignments:
            options = self._after(
                self.application, self.impact, *after, deleted_with=self.application, of=AppRoleAssignments
            )
            return AppRoleAssignments(
                f"{name}-assignments", tenant=source, service_principal_id=owner, principals=principals, opts=options
            )

        first = None if everyone else assign()
        self.job = SynchronizationJob(
            f"{name}-job",
            tenant=source,
            service_principal_id=owner,
            template_id=link.job_template_id,
            target_tenant_id=target.tenant_id,
            opts=self._after(self.inbound, self.source_partner, first, of=SynchronizationJob),
        )
        self.secrets = SynchronizationSecrets(
            f"{name}-secrets",
            tenant=source,
            service_principal_id=owner,
            target_tenant_id=target.tenant_id,
            sync_all=everyone,
            notify=addresses(link.notify),
            deletion_threshold=link.deletion_threshold,
            values=link.secret_values,
            opts=self._after(self.job, self.impact, first, deleted_with=self.application, of=SynchronizationSecrets),
        )
        self.assignments = first or assign(self.secrets)
        self.schema = SynchronizationSchema(
            f"{name}-schema",
            tenant=source,
            service_principal_id=owner,
            job_id=self.job.job_id,
            mappings=link.mappings,
            filters=link.filters,
            actions=link.actions,
            target_cloud=target.cloud,
            canaries=tried,
            target=target if tried else None,
            enabled=link.enabled if tried else True,
            opts=self._after(
                self.job, self.impact, self.secrets, self.assignments, deleted_with=self.job, of=SynchronizationSchema
            ),
        )
        self.schedule = SynchronizationSchedule(
            f"{name}-schedule",
            tenant=source,
            service_principal_id=owner,
            job_id=self.job.job_id,
            enabled=link.enabled,
            restart=link.restart,
            everyone=everyone,
            target_tenant_id=target.tenant_id,
            trial=self.schema.trial if tried else None,
            blocked=self.schema.problem if tried else None,
            opts=self._after(
                self.impact,
                self.schema,
                self.secrets,
                self.assignments,
                deleted_with=self.job,
                of=SynchronizationSchedule,
            ),
        )

    def _after(
        self,
        *dependencies: pulumi.Resource | None,
        deleted_with: pulumi.Resource | None = None,
        of: type[Resource] | None = None,
    ) -> pulumi.ResourceOptions:
        """Options of a resource of this link that needs others first and last.

        Args:
            dependencies: The others.
            deleted_with: The resource with whose deletion this one is gone.
            of: Its class, if it has what the arguments of the link declare.
        """
        return pulumi.ResourceOptions(
            parent=self,
            depends_on=[each for each in dependencies if each is not None],
            deleted_with=deleted_with,
            ignore_changes=of_resource(of, self._ignored) if of else None,
        )
