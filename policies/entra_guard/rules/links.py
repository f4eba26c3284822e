"""Rules for whole links: their settings in both tenants, and the status of their jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pulumi_policy import EnforcementLevel, Severity
from pydantic import Field

from entra_guard.rule import Config
from entra_guard.stack import Declared, Stack, StackReport, stack_rule
from entra_guard.values import NotKnown
from entra_sync.base.args import Args
from entra_sync.microsoft.clouds import CLOUDS, pair
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.allowed_cloud_endpoint import AllowedCloudEndpointArgs
from entra_sync.resources.cross_tenant_partner import CrossTenantPartnerArgs
from entra_sync.resources.identity_synchronization import IdentitySynchronizationArgs
from entra_sync.resources.synchronization_job import SynchronizationJobArgs
from entra_sync.resources.synchronization_schedule import SynchronizationScheduleArgs
from entra_sync.resources.synchronization_schema import SynchronizationSchemaArgs
from entra_sync.resources.synchronization_secrets import SynchronizationSecretsArgs

__all__ = ["automatic_redemption_agreed", "job_not_in_quarantine", "no_dangling_half", "schema_declared"]


@dataclass(frozen=True)
class DeclaredLink:
    """One direction between two tenants, as far as the stack has it.

    Attributes:
        source: Directory id of the tenant that people come from.
        target: Directory id of the tenant that they are synchronized into.
        outgoing: The settings in the source that name the target.
        incoming: The permission in the target for the source.
    """

    source: str
    target: str
    outgoing: Declared[SynchronizationSecretsArgs] | None
    incoming: Declared[IdentitySynchronizationArgs] | None

    @property
    def half(self) -> Declared[Any]:
        """A resource to report about."""
        found = self.outgoing or self.incoming
        assert found is not None  # a link is found by one of them
        return found


def links(stack: Stack) -> list[DeclaredLink]:
    """Every direction of which the stack has at least one half."""
    outgoing = {
        (each.args.tenant.tenant_id, each.args.target_tenant_id): each for each in stack.of(SynchronizationSecretsArgs)
    }
    incoming = {
        (each.args.partner_tenant_id, each.args.tenant.tenant_id): each
        for each in stack.of(IdentitySynchronizationArgs)
    }
    directions = list(dict.fromkeys([*outgoing, *incoming]))
    return [
        DeclaredLink(source, target, outgoing.get((source, target)), incoming.get((source, target)))
        for source, target in directions
    ]


def partners(stack: Stack) -> dict[tuple[str, str], Declared[CrossTenantPartnerArgs]]:
    """Partner entries by (id of the tenant that has it, id of the partner)."""
    return {
        (each.args.tenant.tenant_id, each.args.partner_tenant_id): each for each in stack.of(CrossTenantPartnerArgs)
    }


def tenants(stack: Stack) -> dict[str, Tenant]:
    """Tenants that resources of the stack live in, by id."""
    kinds: tuple[type[Args], ...] = (
        SynchronizationSecretsArgs,
        IdentitySynchronizationArgs,
        CrossTenantPartnerArgs,
        AllowedCloudEndpointArgs,
        SynchronizationJobArgs,
    )
    return {each.args.tenant.tenant_id: each.args.tenant for kind in kinds for each in stack.of(kind)}


@stack_rule(
    "automatic-redemption-agreed",
    "Checks that both sides of a link redeem invitations automatically.",
    severity=Severity.HIGH,
)
def automatic_redemption_agreed(stack: Stack, report: StackReport) -> None:
    """Synchronization needs automatic redemption outbound in the source and inbound in the target. With one side only,
    it fails at the first user ("Configure cross-tenant synchronization")."""
    entries, known = partners(stack), tenants(stack)
    for link in links(stack):
        sides: tuple[tuple[str, str, Literal["outbound_allowed", "inbound_allowed"]], ...] = (
            (link.source, link.target, "outbound_allowed"),
            (link.target, link.source, "inbound_allowed"),
        )
        for here, there, direction in sides:
            entry = entries.get((here, there))
            if entry is None:
                continue  # no-dangling-half reports missing entries
            consent = entry.args.automatic_user_consent_settings
            if consent is None or not getattr(consent, direction):
                report(
                    f"{_name(known, here)} does not redeem invitations automatically "
                    f"({direction.removesuffix('_allowed')}) for {_name(known, there)}; set "
                    f"AutomaticUserConsent({direction}=True)",
                    entry,
                )


class Halves(Config):
    """Configuration of ``no-dangling-half``."""

    elsewhere: list[str] = Field(default=[], description="Ids of tenants that another stack configures.")
    managed_elsewhere: list[Literal["clouds", "partners"]] = Field(
        default=[], description="Settings that another stack manages for all links."
    )


@stack_rule("no-dangling-half", "Checks that both tenants of a link are configured.", severity=Severity.HIGH)
def no_dangling_half(stack: Stack, report: StackReport, config: Halves) -> None:
    """If the target does not permit synchronization from the source, the job fails. If the source has no job, the
    target's permission is unused but stays open. If the target withdraws its permission, deletions stop too, so the
    accounts stay."""
    known = tenants(stack)
    elsewhere = {id.casefold() for id in config.elsewhere}
    jobs = {each.owner("servicePrincipalId") for each in stack.of(SynchronizationJobArgs)}
    entries = set(partners(stack))
    clouds = {
        (each.args.tenant.tenant_id, CLOUDS[each.args.cloud].endpoint) for each in stack.of(AllowedCloudEndpointArgs)
    }
    for link in links(stack):
        missing = []
        if link.target.casefold() not in elsewhere:
            missing += _missing_in_target(link)
        if link.source.casefold() not in elsewhere:
            missing += _missing_in_source(link, jobs)
        for here, there in ((link.source, link.target), (link.target, link.source)):
            if here.casefold() in elsewhere:
                continue
            if "partners" not in config.managed_elsewhere and (here, there) not in entries:
                missing.append(f"{_name(known, here)} has no CrossTenantPartner for {_name(known, there)}")
            one, other = known.get(here), known.get(there)
            if "clouds" in config.managed_elsewhere or one is None or other is None:
                continue
            if pair(one.cloud, other.cloud).cross_cloud and (here, other.info.endpoint) not in clouds:
                missing.append(f"{one.name} has no AllowedCloudEndpoint for the {other.info.label} cloud")
        title = f"link {_name(known, link.source)} → {_name(known, link.target)}"
        for what in missing:
            report(f"{title}: {what}; declare it, or remove the other half", link.half)


def _missing_in_target(link: DeclaredLink) -> list[str]:
    if link.incoming is None:
        return ["the target has no IdentitySynchronization for the source"]
    if link.outgoing is not None and not link.incoming.args.user_sync_inbound:
        return ["the target's IdentitySynchronization does not let users in (user_sync_inbound)"]
    return []


def _missing_in_source(link: DeclaredLink, jobs: set[tuple[str, ...]]) -> list[str]:
    if link.outgoing is None:
        return ["the source has no SynchronizationSecrets that name the target"]
    if link.outgoing.owner("servicePrincipalId") not in jobs:
        return ["the source has no SynchronizationJob"]
    return []


@stack_rule(
    "schema-declared",
    "Checks that the mappings and the filter of every job are declared.",
    severity=Severity.MEDIUM,
    level=EnforcementLevel.ADVISORY,
)
def schema_declared(stack: Stack, report: StackReport) -> None:
    """If a SynchronizationSchema is removed from the program, the template's schema applies again. It has no filter, so
    all assigned users are in scope, and it writes all default attributes. No canaries are provisioned first."""
    described = {each.owner("servicePrincipalId") for each in stack.of(SynchronizationSchemaArgs)}
    for job in stack.of(SynchronizationJobArgs):
        if job.owner("servicePrincipalId") not in described:
            report(
                "the job has no SynchronizationSchema: the template's mappings apply without a filter; declare it",
                job,
            )


class Quarantine(Config):
    """Configuration of ``job-not-in-quarantine``."""

    tolerated: list[str] = Field(
        default=[], description="Accepted quarantine reasons, as Graph names them, e.g. TooManyDeletes."
    )


@stack_rule("job-not-in-quarantine", "Checks that no job is in quarantine.", severity=Severity.HIGH)
def job_not_in_quarantine(stack: Stack, report: StackReport, config: Quarantine) -> None:
    """A job in quarantine runs once a day, and the service disables it after four weeks. The rule uses the status of
    the last refresh. A job that does not exist yet is in no quarantine."""
    seen: set[str] = set()
    jobs: list[Declared[Any]] = [*stack.of(SynchronizationScheduleArgs), *stack.of(SynchronizationJobArgs)]
    for job in jobs:
        status = job.outputs.get("status")
        if isinstance(status, NotKnown) or status != "Quarantine" or job.outputs["jobId"] in seen:
            continue
        seen.add(job.outputs["jobId"])
        quarantine = job.outputs.get("quarantine") or {}
        reason = quarantine.get("reason", "Unknown")
        if reason not in config.tolerated:
            since = quarantine.get("seriesBegan") or quarantine.get("currentBegan")
            report(
                f"the job is in quarantine ({reason}{f' since {since}' if since else ''}); "
                + (
                    "undo the change that removes so many users, or accept it with a restart with ForceDeletes"
                    if reason == "TooManyDeletes"
                    else "fix the cause, then change `restart.trigger`"
                ),
                job,
            )


def _name(known: dict[str, Tenant], id: str) -> str:
    return known[id].name if id in known else id
