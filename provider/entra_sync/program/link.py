"""CrossCloudLink: everything that synchronizes people from one tenant to another, on both sides, in the right order."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Literal

import pulumi
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    StrictBool,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from entra_sync.base.args import Values
from entra_sync.base.kinds import COMPONENT
from entra_sync.base.principals import Canaries, Principal
from entra_sync.base.resource import Resource, refuse_options
from entra_sync.errors.argument import ArgumentError, refusal
from entra_sync.errors.mistakes import ToldWords, told_methods
from entra_sync.errors.problems import problems
from entra_sync.expressions import Mappings, ScopingFilter
from entra_sync.impact.planning.limits import Limits
from entra_sync.licensing.assignment import License
from entra_sync.microsoft.clouds import Pair, pair
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.allowed_cloud_endpoint import AllowedCloudEndpoint
from entra_sync.resources.app_role_assignments import AppRoleAssignments
from entra_sync.resources.cross_tenant_partner import CrossTenantPartner
from entra_sync.resources.identity_synchronization import IdentitySynchronization
from entra_sync.resources.licensed_scope import LicensedScope
from entra_sync.resources.link_impact import LinkImpact
from entra_sync.resources.service_principal import ServicePrincipal
from entra_sync.resources.shared.access_settings import AutomaticUserConsent
from entra_sync.resources.shared.jobs import Restart
from entra_sync.resources.synchronization_job import SynchronizationJob
from entra_sync.resources.synchronization_schedule import SynchronizationSchedule
from entra_sync.resources.synchronization_schema import SynchronizationSchema
from entra_sync.resources.synchronization_secrets import SynchronizationSecrets

__all__ = ["CrossCloudLink", "LinkArguments", "Scope"]


class Scope(StrEnum, metaclass=ToldWords):
    """A scope other than a list of users and groups."""

    EVERYONE = "everyone"


def _scope(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """The scope: everyone, or a list of users and groups."""
    if isinstance(value, Scope):
        return value
    if isinstance(value, Principal):
        raise ValueError(f'must be a list; write [entra.{value.kind}("{value.id}")]')
    if not isinstance(value, list | tuple):
        raise ValueError('must be entra.Scope.EVERYONE, or a list such as [entra.Group("id")]')
    return validate(list(value))


@told_methods("entra:CrossCloudLink")
class CrossCloudLink(pulumi.ComponentResource):
    """One direction of synchronization between two tenants, usually in two clouds.

    In the target, the link allows the source's cloud, makes the source a partner with automatic consent inbound, and
    lets it synchronize users. In the source, it allows the target's cloud and makes the target a partner with automatic
    consent outbound. It creates an application with its job, settings, schema and assignments, and then starts the job.

    A destroy deletes the job before the assignments, because a running job deletes users who are no longer assigned.
    Synchronized users stay in the target.

    Args:
        name: Name of the link. Its resources are called ``<name>-job`` and so on.
        source: Tenant of the users.
        target: Tenant in which the users get accounts.
        scope: Users and groups in scope, or ``Scope.EVERYONE``. Only direct members of a group are in scope.
        mappings: Attribute mappings; start from :func:`defaults`. Default: the mappings of the job's template.
        filters: Scoping filter. Default: the job's filter stays; a filter that was declared before is emptied.
        actions: What the job may do with accounts in the target: ``create``, ``update``, ``delete``. Default: what the
            job's template allows, which is all three.
        notify: One or several mail addresses that the service notifies of quarantine and held-back deletions.
        deletion_threshold: Number of deletions in one cycle that puts the job into quarantine. 0: no limit.
        limits: How many users a change may affect. Beyond the limits, preview and `up` refuse the change. Default: the
            defaults of :class:`Limits`.
        canaries: Object ids of users in scope. A first start and each change of the schema is provisioned on demand for
            these users first. If the result differs from the plan, the job stays paused. Their accounts are changed.
        enabled: Whether the job runs. False sets up everything and leaves the job paused.
        display_name: Name of the application. Default: the name of the link.
        restart: Restart on demand.
        application_template_id: Gallery template of the application, if it cannot be found by name.
        job_template_id: Synchronization template of the job, if the application has several.
        secret_values: Further secret keys of the connection.
        adopt: Whether to take over an application of that name that an administrator or another program made.
        manage_clouds: False if another link or program manages the allowed clouds.
        manage_partners: False if another link or program manages the partner entries.
        licenses: Licenses that every user in scope gets in the source, through the groups of the scope.

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

    def __init__(
        self,
        name: str,
        *,
        source: Tenant,
        target: Tenant,
        scope: pulumi.Input[Sequence[Principal]] | Scope,
        mappings: pulumi.Input[Mappings] | None = None,
        filters: pulumi.Input[ScopingFilter] | None = None,
        actions: pulumi.Input[Sequence[Literal["create", "update", "delete"]]] | None = None,
        notify: pulumi.Input[str] | pulumi.Input[Sequence[pulumi.Input[str]]] = (),
        deletion_threshold: pulumi.Input[int] = 500,
        limits: pulumi.Input[Limits] | None = None,
        canaries: pulumi.Input[Sequence[Any]] = (),
        enabled: pulumi.Input[bool] = True,
        display_name: pulumi.Input[str] | None = None,
        restart: pulumi.Input[Restart] | None = None,
        application_template_id: pulumi.Input[str] | None = None,
        job_template_id: pulumi.Input[str] | None = None,
        secret_values: pulumi.Input[Mapping[str, Any]] | None = None,
        adopt: bool = False,
        manage_clouds: bool = True,
        manage_partners: bool = True,
        licenses: pulumi.Input[Sequence[License]] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        _refuse_misfits(name, locals())
        fixed = {"source": source, "target": target, "adopt": adopt}
        fixed |= {"manage_clouds": manage_clouds, "manage_partners": manage_partners}
        for argument, value in fixed.items():
            if isinstance(value, pulumi.Output):
                raise ArgumentError(
                    f'entra:CrossCloudLink "{name}": {argument}: must be known when the program runs, and an output is '
                    "not; take it from the configuration"
                )
        clouds = _supported(name, source, target, mappings)
        if licenses and scope is Scope.EVERYONE:
            raise ArgumentError(
                f'entra:CrossCloudLink "{name}": licenses: a link assigns them to the groups and users of its scope, '
                "but the scope is everyone; assign them to a group of all users with LicenseAssignment"
            )
        super().__init__(COMPONENT, name, {}, opts)
        self._name = name
        everyone = scope is Scope.EVERYONE
        chosen: Any = [] if isinstance(scope, Scope) else _items(scope)
        tried = _items(canaries)

        shares: list[Any] = ["inbound"]
        shares += [*(["clouds"] if manage_clouds else []), *(["partners"] if manage_partners else [])]
        # The application is made first and deleted last: its tags record what the link makes and uses.
        self.application = ServicePrincipal(
            f"{name}-application",
            tenant=source,
            display_name=display_name or name,
            cross_cloud=clouds.cross_cloud,
            application_template_id=application_template_id,
            adopt=adopt,
            target=target,
            shares=shares,
            opts=self._after(),
        )
        link = self.application.reference
        self.source_cloud: AllowedCloudEndpoint | None = None
        self.target_cloud: AllowedCloudEndpoint | None = None
        if clouds.cross_cloud and manage_clouds:
            self.source_cloud = AllowedCloudEndpoint(
                f"{name}-source-cloud", tenant=source, cloud=target.cloud, application=link, opts=self._after()
            )
            self.target_cloud = AllowedCloudEndpoint(
                f"{name}-target-cloud", tenant=target, cloud=source.cloud, application=link, opts=self._after()
            )
        self.source_partner: CrossTenantPartner | None = None
        self.target_partner: CrossTenantPartner | None = None
        if manage_partners:
            self.source_partner = CrossTenantPartner(
                f"{name}-source-partner",
                tenant=source,
                partner_tenant_id=target.tenant_id,
                automatic_user_consent_settings=AutomaticUserConsent(outbound_allowed=True),
                application=link,
                opts=self._after(self.source_cloud),
            )
            self.target_partner = CrossTenantPartner(
                f"{name}-target-partner",
                tenant=target,
                partner_tenant_id=source.tenant_id,
                automatic_user_consent_settings=AutomaticUserConsent(inbound_allowed=True),
                application=link,
                opts=self._after(self.target_cloud),
            )
        self.inbound = IdentitySynchronization(
            f"{name}-inbound",
            tenant=target,
            partner_tenant_id=source.tenant_id,
            display_name=source.name,
            application=link,
            opts=self._after(self.target_partner, self.target_cloud),
        )
        owner = self.application.service_principal_id
        declared = mappings if mappings is not None else Mappings(())
        # A job that synchronized all users keeps those who fell out of scope until it is restarted.
        restart = restart or Restart(trigger=f"scope: {'everyone' if everyone else 'assigned'}")
        self.impact = LinkImpact(
            f"{name}-impact",
            tenant=source,
            target=target,
            service_principal_id=owner,
            everyone=everyone,
            principals=chosen,
            mappings=declared,
            filters=filters,
            actions=None if actions is None else _items(actions),
            deletion_threshold=deletion_threshold,
            enabled=enabled,
            restart=restart,
            limits=limits or Limits(),
            canaries=tried,
            opts=self._after(self.application),
        )
        self.assignments = AppRoleAssignments(
            f"{name}-assignments",
            tenant=source,
            service_principal_id=owner,
            principals=chosen,
            opts=self._after(self.application, self.impact, deleted_with=self.application),
        )
        self.job = SynchronizationJob(
            f"{name}-job",
            tenant=source,
            service_principal_id=owner,
            template_id=job_template_id,
            target_tenant_id=target.tenant_id,
            opts=self._after(self.inbound, self.source_partner, self.assignments),
        )
        self.secrets = SynchronizationSecrets(
            f"{name}-secrets",
            tenant=source,
            service_principal_id=owner,
            target_tenant_id=target.tenant_id,
            sync_all=everyone,
            notify=_addresses(notify),
            deletion_threshold=deletion_threshold,
            values=secret_values,
            opts=self._after(self.job, self.impact, deleted_with=self.application),
        )
        self.schema = SynchronizationSchema(
            f"{name}-schema",
            tenant=source,
            service_principal_id=owner,
            job_id=self.job.job_id,
            mappings=declared,
            filters=filters,
            actions=None if actions is None else _items(actions),
            target_cloud=target.cloud,
            canaries=tried,
            target=target if tried else None,
            enabled=enabled if tried else True,
            opts=self._after(self.job, self.impact, self.secrets, self.assignments, deleted_with=self.job),
        )
        self.schedule = SynchronizationSchedule(
            f"{name}-schedule",
            tenant=source,
            service_principal_id=owner,
            job_id=self.job.job_id,
            enabled=enabled,
            restart=restart,
            trial=self.schema.trial if tried else None,
            blocked=self.schema.problem if tried else None,
            opts=self._after(self.impact, self.schema, self.secrets, self.assignments, deleted_with=self.job),
        )
        self.licenses: LicensedScope | None = None
        if licenses and not isinstance(scope, Scope):
            self.licenses = LicensedScope(
                f"{name}-licenses",
                tenant=source,
                principals=chosen,
                licenses=_items(licenses),
                application=link,
                opts=pulumi.ResourceOptions.merge(
                    self._after(self.impact), pulumi.ResourceOptions(aliases=[pulumi.Alias(name=f"{name}-licences")])
                ),
            )
        self.status = self.schedule.status
        self.register_outputs({"status": self.status, "jobId": self.job.job_id})

    def _after(
        self, *dependencies: pulumi.Resource | None, deleted_with: pulumi.Resource | None = None
    ) -> pulumi.ResourceOptions:
        """Options of a resource of this link that needs others first and last."""
        return pulumi.ResourceOptions(
            parent=self,
            depends_on=[each for each in dependencies if each is not None],
            deleted_with=deleted_with,
        )


def _addresses(notify: Any) -> Any:
    """One mail address, or several, as a list."""
    if isinstance(notify, pulumi.Output):
        return notify.apply(_addresses)
    return [notify] if isinstance(notify, str) else list(notify)


def _items(values: Any) -> Any:
    """The values as a list; an output stays one, and may not be known in preview."""
    return values if isinstance(values, pulumi.Output) else list(values)


def _several(value: Any) -> Any:
    """The value as a list, if it is one; a model would pass for the list of its fields."""
    if isinstance(value, BaseModel):
        raise ValueError("must be a list, as in [...]")
    return list(value) if isinstance(value, tuple) else value


def _mails(value: Any) -> Any:
    return [value] if isinstance(value, str) else _several(value)


def _mail(value: str) -> str:
    if not re.fullmatch(r"[^@\s;,]+@[^@\s;,]+", value):
        raise ValueError(f'"{value}" is not a mail address')
    return value


class LinkArguments(Values):
    """What the arguments of a link must be; each of its resources checks the rest."""

    source: Tenant
    target: Tenant
    scope: Annotated[list[Principal], WrapValidator(_scope)]
    mappings: Mappings | None
    filters: ScopingFilter | None
    actions: list[Literal["create", "update", "delete"]] | None
    notify: Annotated[list[Annotated[str, AfterValidator(_mail)]], BeforeValidator(_mails)]
    deletion_threshold: Annotated[int, Field(strict=True, ge=0)]
    limits: Limits | None
    canaries: Annotated[Canaries, BeforeValidator(_several)]
    enabled: StrictBool
    display_name: Annotated[str, Field(min_length=1)] | None
    restart: Restart | None
    application_template_id: str | None
    job_template_id: str | None
    secret_values: dict[Annotated[str, Field(min_length=1)], str] | None
    adopt: StrictBool
    manage_clouds: StrictBool
    manage_partners: StrictBool
    licenses: Annotated[list[License], BeforeValidator(_several)]


def _refuse_misfits(name: str, arguments: Mapping[str, Any]) -> None:
    """Refuses arguments of another type by their own names, before the resources do by theirs."""
    refuse_options("entra:CrossCloudLink", name, arguments["opts"])
    given = {key: arguments[key] for key in LinkArguments.model_fields}
    try:
        LinkArguments.model_validate(given)
    except ValidationError as error:
        found = problems(LinkArguments, error, json=Resource.packaged)
        raise refusal(f'entra:CrossCloudLink "{name}"', found) from None


def _supported(name: str, source: Tenant, target: Tenant, mappings: pulumi.Input[Mappings] | None) -> Pair:
    """What the pair of clouds can do; refused is what it cannot, before any call."""
    title = f'entra:CrossCloudLink "{name}"'
    if source.tenant_id == target.tenant_id:
        raise ArgumentError(f"{title}: source and target are the same tenant ({source.tenant_id})")
    found = pair(source.cloud, target.cloud)
    if not found.supported:
        raise ArgumentError(f"{title}: {source} cannot be synchronized to {target}: {found.reason}")
    if not found.manager and isinstance(mappings, Mappings) and mappings.active.get("manager"):
        raise ArgumentError(
            f'{title}: mappings: the service carries "manager" within the global cloud only; '
            'leave it out with .without("manager")'
        )
    return found
