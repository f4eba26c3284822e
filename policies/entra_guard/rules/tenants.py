"""Rules for the tenants that a link connects: pairs of clouds, and partner tenants."""

from __future__ import annotations

from typing import Annotated

from pulumi_policy import Severity
from pydantic import AfterValidator, Field

from entra_guard.rule import Config, Report, rule
from entra_sync.microsoft.clouds import CLOUDS, Cloud, pair
from entra_sync.resources.allowed_cloud_endpoint import AllowedCloudEndpointArgs
from entra_sync.resources.cross_tenant_partner import CrossTenantPartnerArgs
from entra_sync.resources.identity_synchronization import IdentitySynchronizationArgs
from entra_sync.resources.synchronization_job import SynchronizationJobArgs
from entra_sync.resources.synchronization_schema import SynchronizationSchemaArgs
from entra_sync.resources.synchronization_secrets import SynchronizationSecretsArgs

__all__ = ["cloud_pair_allowed", "partner_tenant_allowed"]


def _is_pair(text: str) -> str:
    source, arrow, target = text.partition("->")
    if not arrow or source not in list(Cloud) or target not in list(Cloud):
        raise ValueError(f'"{text}" is not a pair of clouds; write, for example, "global->usgov"')
    return text


SUPPORTED = [f"{source}->{target}" for source in Cloud for target in Cloud if pair(source, target).supported]
"""Pairs that the service supports."""


class Pairs(Config):
    """Configuration of ``cloud-pair-allowed``."""

    pairs: list[Annotated[str, AfterValidator(_is_pair)]] = Field(
        default=SUPPORTED, description='Allowed pairs, source first, such as "global->usgov".'
    )


@rule(
    (SynchronizationSchemaArgs, AllowedCloudEndpointArgs),
    "cloud-pair-allowed",
    "Checks that users are synchronized only between allowed clouds.",
    severity=Severity.CRITICAL,
)
def cloud_pair_allowed(
    args: SynchronizationSchemaArgs | AllowedCloudEndpointArgs, report: Report, config: Pairs
) -> None:
    """For a link, the pair from the source's cloud to the target's cloud must be allowed. For an
    ``AllowedCloudEndpoint``, one direction is enough, because both tenants of a link need one. If some pairs are not
    allowed, a schema must say its target's cloud."""
    here = args.tenant.cloud
    if isinstance(args, AllowedCloudEndpointArgs):
        pairs = (f"{here}->{args.cloud}", f"{args.cloud}->{here}")
        if not set(pairs) & set(config.pairs):
            concerned = [each for each in config.pairs if here in each.split("->")]
            report(
                f"tenant {args.tenant} allows the {CLOUDS[args.cloud].label} cloud, but {_refusal(*pairs)}; "
                f"{_allowed(concerned, f'with {here}')}"
            )
    elif args.target_cloud is None:
        offered = {each for each in SUPPORTED if each.startswith(f"{here}->")}
        if not offered <= set(config.pairs):
            report(f"it is not known into which cloud users of {args.tenant} would be synchronized; set target_cloud")
    elif (declared := f"{here}->{args.target_cloud}") not in config.pairs:
        concerned = [each for each in config.pairs if each.startswith(f"{here}->")]
        report(
            f"users of {args.tenant} would be synchronized into the {CLOUDS[args.target_cloud].label} cloud, but "
            f"{_refusal(declared)}; {_allowed(concerned, f'from {here}')}"
        )


def _refusal(*pairs: str) -> str:
    """Says that none of *pairs* is allowed, and whether the service offers them at all."""
    why = "among the pairs of this rule" if set(pairs) & set(SUPPORTED) else "offered by the service"
    return f"{' and '.join(dict.fromkeys(pairs))} {'is' if len(set(pairs)) == 1 else 'are'} not {why}"


def _allowed(pairs: list[str], of: str) -> str:
    """Names the allowed pairs that concern the reader."""
    return f"allowed {of}: {', '.join(pairs) or 'no pair'}"


class Partners(Config):
    """Configuration of ``partner-tenant-allowed``."""

    tenants: list[str] = Field(default=[], description="Ids of tenants that may be partners. Empty: any tenant.")


@rule(
    (CrossTenantPartnerArgs, IdentitySynchronizationArgs, SynchronizationSecretsArgs, SynchronizationJobArgs),
    "partner-tenant-allowed",
    "Checks that only known tenants are partners.",
    severity=Severity.CRITICAL,
)
def partner_tenant_allowed(
    args: CrossTenantPartnerArgs | IdentitySynchronizationArgs | SynchronizationSecretsArgs | SynchronizationJobArgs,
    report: Report,
    config: Partners,
) -> None:
    """A tenant id is a GUID: a typo can link a tenant of another company."""
    if isinstance(args, (CrossTenantPartnerArgs, IdentitySynchronizationArgs)):
        partner: str | None = args.partner_tenant_id
    else:
        partner = args.target_tenant_id
    allowed = {tenant.casefold() for tenant in config.tenants}
    if allowed and partner is not None and partner.casefold() not in allowed:
        report(
            f"tenant {partner} is not an allowed partner of {args.tenant.name}; if it should be, add it to the "
            f"rule's tenants"
        )
