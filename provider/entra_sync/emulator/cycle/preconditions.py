"""What both tenants have to allow before one can synchronize into the other.

Codes and texts from "Configure cross-tenant synchronization", troubleshooting; order and rules also from "Cross-tenant
access overview" and "Configure Microsoft cloud settings for B2B collaboration".
"""

from __future__ import annotations

from entra_sync.emulator.errors import Fault, bad_request
from entra_sync.emulator.state.state import State
from entra_sync.emulator.state.tenants import Tenant
from entra_sync.microsoft.clouds import CLOUDS, Cloud, pair

__all__ = ["check_link", "target_of"]

_PREFIX = (
    "You appear to have entered invalid credentials. Please confirm you are using the correct information for an"
    " administrative account."
)
_HELP = "aka.ms/TroubleshootingCrossTenantSyncPolicyCheck"


def _refused(code: str, details: str) -> Fault:
    return bad_request(f"{_PREFIX} Error code: {code} Details: {details}", code)


def _unknown(state: State, asked: Tenant, company: str) -> Fault:
    """The answer for a tenant that an authority does not know."""
    answer = state.store.facts["error.unknown-tenant"]
    details = (
        f"This tenant was not found by the authentication authority of the current cloud: {company}. The"
        f" authentication authority is {CLOUDS[asked.cloud].authority}/{company}."
    )
    return Fault(answer["status"], answer["code"], _refused(answer["code"], details).message)


def target_of(state: State, values: dict[str, str]) -> Tenant | None:
    """The tenant that the connection settings point at, in whatever cloud."""
    return state.tenant(str(values.get("CompanyId") or "").lower())


def check_link(state: State, source_tid: str, template_id: str | None, values: dict[str, str]) -> Tenant:
    """The target tenant of a connection that would work.

    Raises:
        Fault: 400 with the service's code for the first precondition that is missing.
    """
    source = state.tenant(source_tid)
    assert source is not None, "a job's tenant exists"
    if values.get("AuthenticationType") != "SyncPolicy" or not values.get("CompanyId"):
        raise _refused("InvalidCredentials", "The connection needs AuthenticationType SyncPolicy and a CompanyId.")
    target = target_of(state, values)
    crosses = template_id == state.store.facts["job-template.cross-cloud"]
    if target is None or (not crosses and _authority(target.cloud) != _authority(source.cloud)):
        company = values["CompanyId"]
        raise _unknown(state, source, company)
    if target.tenant_id == source.tenant_id:
        raise _refused("InvalidCredentials", "A tenant cannot be synchronized into itself.")
    if crosses:
        _check_clouds(state, source, target)
    _check_policies(state, source, target)
    return target


def _authority(cloud: Cloud) -> str:
    return CLOUDS[cloud].authority


def _check_clouds(state: State, source: Tenant, target: Tenant) -> None:
    if not pair(source.cloud, target.cloud).supported:
        raise _unknown(state, target, target.tenant_id)
    both = (
        (target, CLOUDS[source.cloud].endpoint),
        (source, CLOUDS[target.cloud].endpoint),
    )
    allowed = all(endpoint in _allowed_clouds(state, tenant) for tenant, endpoint in both)
    if not allowed or not target.is_synchronized_into_from(source.cloud):
        raise _refused(
            "AzureActiveDirectoryTokenExpired", "The identity of the calling application could not be established."
        )


def _allowed_clouds(state: State, tenant: Tenant) -> list[str]:
    entry = state.store.get(tenant.tenant_id, "crossTenantAccessPolicy", tenant.tenant_id)
    return list(entry.doc["allowedCloudEndpoints"]) if entry is not None else []


def _check_policies(state: State, source: Tenant, target: Tenant) -> None:
    if not _consents(state, source, target, "outboundAllowed"):
        raise _refused(
            "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure",
            "The source tenant has not enabled automatic user consent with the target tenant. Please enable the"
            " outbound"
            f" cross-tenant access policy for automatic user consent in the source tenant. {_HELP}",
        )
    sync = state.store.get(target.tenant_id, "identitySynchronization", source.tenant_id)
    inbound = sync is not None and (sync.doc.get("userSyncInbound") or {}).get("isSyncAllowed") is True
    if not inbound or not _consents(state, target, source, "inboundAllowed"):
        raise _refused(
            "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure",
            "The target tenant has not enabled inbound synchronization with this tenant. Please request the"
            " target tenant"
            f" admin to enable the inbound synchronization on their cross-tenant access policy. Learn more: {_HELP}",
        )


def _consents(state: State, tenant: Tenant, other: Tenant, direction: str) -> bool:
    """Whether a tenant's partner entry redeems invitations by itself; the default for all partners never does."""
    partner = state.store.get(tenant.tenant_id, "partner", other.tenant_id)
    settings = (partner.doc.get("automaticUserConsentSettings") or {}) if partner is not None else {}
    return settings.get(direction) is True
