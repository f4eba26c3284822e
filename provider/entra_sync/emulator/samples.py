"""Sample tenants: people, groups and licences of any number, the same ones for the same seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from entra_sync.clouds import Cloud

from .clock import iso
from .sample_people import add_people, plain
from .store import Document
from .tenants import Tenant, create_tenant

if TYPE_CHECKING:
    from .service import Service

__all__ = ["SAMPLES", "build_sample"]


def add_domain(tenant: Tenant, name: str) -> None:
    """Verify a custom domain and make it the default."""
    domains = [{**domain, "isDefault": False} for domain in tenant.document["verifiedDomains"]]
    added = {
        "capabilities": "Email, OfficeCommunicationsOnline",
        "isDefault": True,
        "isInitial": False,
        "name": name,
        "type": "Managed",
    }
    tenant.change(verifiedDomains=[*domains, added])


def add_group(tenant: Tenant, name: str, *, unified: bool = False, description: str | None = None) -> str:
    """Add a group. Returns its id."""
    service = tenant.service
    alias = plain(name)
    doc: Document = {
        "displayName": name,
        "description": description or f"{name} of {tenant.document['displayName']}",
        "groupTypes": ["Unified"] if unified else [],
        "mailEnabled": unified,
        "mailNickname": alias,
        "securityEnabled": not unified,
        "createdDateTime": iso(service.clock.now()),
        "renewedDateTime": iso(service.clock.now()),
    }
    if unified:
        doc |= {
            "mail": f"{alias}@{tenant.domain}",
            "proxyAddresses": [f"SMTP:{alias}@{tenant.domain}"],
            "visibility": "Public",
        }
    return service.directory(tenant.tenant_id).create("group", doc).id


def _contoso(service: Service, seed: int, people: int) -> None:
    """Contoso in the global cloud, and Contoso Federal with a tenth as many people in the US Government cloud."""
    contoso = create_tenant(service, "contoso", Cloud.GLOBAL, display_name="Contoso")
    federal = create_tenant(service, "federal", Cloud.USGOV, display_name="Contoso Federal")
    add_domain(contoso, "contoso.com")
    add_domain(federal, "contosofederal.us")
    for tenant, count, domain in (
        (contoso, people, "contoso.com"),
        (federal, max(people // 10, 5), "contosofederal.us"),
    ):
        label = tenant.document["displayName"]
        departments = add_people(tenant, count, seed=seed, company=label, domain=domain)
        groups = {name: add_group(tenant, name) for name in departments}
        members = {groups[name]: ids for name, ids in departments.items()}
        everybody = add_group(tenant, "All company", unified=True)
        members[everybody] = [id for ids in departments.values() for id in ids]
        platform = add_group(tenant, "Platform team", description="Part of Engineering")
        members[platform] = departments["Engineering"][::5]
        members[groups["Engineering"]] = [*departments["Engineering"], platform]
        pairs = sorted((group, member) for group, ids in members.items() for member in ids)
        service.store.connect_many(tenant.tenant_id, "member", pairs)
        managers = ((id, ids[0]) for ids in departments.values() for id in ids[1:])
        service.store.connect_many(tenant.tenant_id, "manager", managers)
    contoso.add_subscription("AAD_PREMIUM_P2", people + people // 10 + 10)
    contoso.add_subscription("Microsoft_Entra_ID_Governance", people + people // 20 + 10)
    federal.add_subscription("AAD_PREMIUM_USGOV_GCCHIGH", people + people // 10 + 10)


SAMPLES: dict[str, Callable[[Service, int, int], None]] = {"contoso": _contoso}
"""Sample tenants by name; each takes the service, a seed and a number of people."""


def build_sample(service: Service, name: str, *, seed: int, people: int) -> None:
    """Make the tenants of a sample.

    Raises:
        ValueError: no sample of that name.
    """
    if name not in SAMPLES:
        raise ValueError(f'there is no sample "{name}"; known are {", ".join(sorted(SAMPLES))}')
    with service.store.transaction():
        SAMPLES[name](service, seed, people)
