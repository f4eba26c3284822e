"""Sample tenants: people, groups and licenses of any number, the same ones for the same seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from entra_sync.emulator.samples.people import add_people, plain
from entra_sync.emulator.state.clock import iso
from entra_sync.emulator.state.directory import Directory
from entra_sync.emulator.state.state import State
from entra_sync.emulator.state.store import Document
from entra_sync.emulator.state.tenants import Tenant, create_tenant
from entra_sync.microsoft.clouds import Cloud

__all__ = ["add_group", "build_sample", "refuse_unknown"]


def add_group(
    tenant: Tenant, name: str, *, unified: bool = False, description: str | None = None, id: str | None = None
) -> str:
    """Add a group, with a given id or a new one. Returns its id."""
    alias = plain(name)
    doc: Document = {
        **({"id": id} if id is not None else {}),
        "displayName": name,
        "description": description or f"{name} of {tenant.document['displayName']}",
        "groupTypes": ["Unified"] if unified else [],
        "mailEnabled": unified,
        "mailNickname": alias,
        "securityEnabled": not unified,
        "createdDateTime": iso(tenant.clock.now()),
        "renewedDateTime": iso(tenant.clock.now()),
    }
    if unified:
        doc |= {
            "mail": f"{alias}@{tenant.domain}",
            "proxyAddresses": [f"SMTP:{alias}@{tenant.domain}"],
            "visibility": "Public",
        }
    return Directory(tenant.store, tenant.clock, tenant.tenant_id).create("group", doc).id


@dataclass(frozen=True, slots=True)
class _Branch:
    """A tenant of the company: its people are a share of those that the sample is asked for."""

    name: str
    cloud: Cloud
    label: str
    domain: str
    share: int
    premium: str


_HEADQUARTERS = _Branch("contoso", Cloud.GLOBAL, "Contoso", "contoso.com", 1, "AAD_PREMIUM_P2")
_FEDERAL = _Branch("federal", Cloud.USGOV, "Contoso Federal", "contosofederal.us", 10, "AAD_PREMIUM_USGOV_GCCHIGH")
_SHANGHAI = _Branch("shanghai", Cloud.CHINA, "Contoso Shanghai", "contoso.cn", 10, "AAD_PREMIUM_P2")


def _company(state: State, seed: int, people: int, branches: Sequence[_Branch]) -> None:
    """Tenants of one company, with departments, groups, managers and licenses; the first has Governance for all."""
    tenants = [
        (branch, create_tenant(state.store, state.clock, branch.name, branch.cloud, display_name=branch.label))
        for branch in branches
    ]
    for branch, tenant in tenants:
        tenant.add_domain(branch.domain)
    for branch, tenant in tenants:
        count = people if branch.share == 1 else max(people // branch.share, 5)
        departments = add_people(tenant, count, seed=seed, company=branch.label, domain=branch.domain)
        groups = {name: add_group(tenant, name) for name in departments}
        members = {groups[name]: ids for name, ids in departments.items()}
        company = add_group(tenant, "All company", unified=True)
        members[company] = [id for ids in departments.values() for id in ids]
        platform = add_group(tenant, "Platform team", description="Part of Engineering")
        members[platform] = departments["Engineering"][::5]
        members[groups["Engineering"]] = [*departments["Engineering"], platform]
        pairs = sorted((group, member) for group, ids in members.items() for member in ids)
        state.store.connect_many(tenant.tenant_id, "member", pairs)
        managers = ((id, ids[0]) for ids in departments.values() for id in ids[1:])
        state.store.connect_many(tenant.tenant_id, "manager", managers)
    for number, (branch, tenant) in enumerate(tenants):
        tenant.add_subscription(branch.premium, people + people // 10 + 10)
        if number == 0:
            tenant.add_subscription("Microsoft_Entra_ID_Governance", people + people // 20 + 10)


SAMPLES: dict[str, Sequence[_Branch]] = {
    "contoso": (_HEADQUARTERS, _FEDERAL),
    "worldwide": (_HEADQUARTERS, _FEDERAL, _SHANGHAI),
}
"""Tenants of each sample: Contoso in the global cloud, and a tenth as many people in each other cloud."""


def build_sample(state: State, name: str, *, seed: int, people: int) -> None:
    """Make the tenants of a sample.

    Raises:
        ValueError: no sample of that name.
    """
    refuse_unknown(name)
    with state.store.transaction():
        _company(state, seed, people, SAMPLES[name])


def refuse_unknown(name: str) -> None:
    """Refuses a sample that does not exist.

    Raises:
        ValueError: The message names those that do.
    """
    if name not in SAMPLES:
        raise ValueError(f'there is no sample "{name}"; known are {", ".join(sorted(SAMPLES))}')
