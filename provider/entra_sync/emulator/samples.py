"""Sample tenants: people, groups and licences of any number, the same ones for the same seed."""

from __future__ import annotations

import random
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import orjson

from entra_sync.clouds import Cloud

from .clock import iso
from .directory import security_identifier
from .store import Document
from .tenants import Tenant, create_tenant

if TYPE_CHECKING:
    from .service import Service

__all__ = ["SAMPLES", "add_people", "build_sample"]

_TYPES = ("Employee", "Contractor", "Intern", None)
_TYPE_WEIGHTS = (80, 12, 3, 5)
_GUESTS = 0.04
_DISABLED = 0.03
_TRANSLATION = str.maketrans({"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "\u0131": "i", "ß": "ss", "æ": "ae", "'": ""})
_WORDS: dict[str, Any] = orjson.loads(files("entra_sync.emulator").joinpath("samples.json").read_bytes())


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


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.translate(_TRANSLATION))
    return "".join(ch for ch in plain if ch.isascii() and ch.isalnum()).lower()


def add_people(tenant: Tenant, count: int, *, seed: int, company: str, domain: str) -> dict[str, list[str]]:
    """Add people to a tenant. Returns ids of internal people by department, in order of id."""
    service = tenant.service
    draw = random.Random(f"{seed}/{tenant.name}/people")
    ids = sorted(str(uuid.UUID(int=draw.getrandbits(128), version=4)) for _ in range(count))
    by_department: dict[str, list[str]] = {name: [] for name in _WORDS["departments"]}
    now = service.clock.now()
    created = iso(now)
    seen = [iso(now - timedelta(hours=7 * step)) for step in range(1, 100)]

    def rows() -> Iterator[tuple[str, Document, Document]]:
        taken: dict[str, int] = {}
        given_names, surnames, departments = _WORDS["givenNames"], _WORDS["surnames"], _WORDS["departments"]
        aliases = {name: _ascii(name) for name in {*given_names, *surnames}}
        weights = [department["weight"] for department in departments.values()]
        columns = zip(
            ids,
            draw.choices(given_names, k=count),
            draw.choices(surnames, k=count),
            draw.choices(list(departments), weights, k=count),
            draw.choices(_WORDS["cities"], k=count),
            draw.choices(_TYPES, _TYPE_WEIGHTS, k=count),
            draw.choices(_WORDS["streets"], k=count),
            (draw.random() for _ in range(count)),
            strict=True,
        )
        for number, (id, given, surname, department, city, kind, street, chance) in enumerate(columns, 1):
            alias = f"{aliases[given]}.{aliases[surname]}"
            again = taken.get(alias, 0)
            taken[alias] = again + 1
            if again:
                alias = f"{alias}{again + 1}"
            titles = departments[department]["titles"]
            doc: Document = {
                "id": id,
                "accountEnabled": not _GUESTS <= chance < _GUESTS + _DISABLED,
                "displayName": f"{given} {surname}",
                "givenName": given,
                "surname": surname,
                "userPrincipalName": f"{alias}@{domain}",
                "mail": f"{alias}@{domain}",
                "mailNickname": alias,
                "proxyAddresses": [f"SMTP:{alias}@{domain}"],
                "userType": "Member",
                "createdDateTime": created,
                "securityIdentifier": security_identifier(id),
                "department": department,
                "jobTitle": titles[number % len(titles)],
                "companyName": company,
                "city": city["city"],
                "state": city["state"],
                "country": city["country"],
                "postalCode": city["postalCode"],
                "preferredLanguage": city["language"],
                "usageLocation": city["country"],
                "streetAddress": f"{1 + number % 198} {street}",
                "officeLocation": f"{1 + number % 40}/{1000 + number % 900}",
                "mobilePhone": f"+1 206 555 {number % 10000:04}" if chance < 0.6 else None,
                "businessPhones": [f"+1 425 555 {number % 10000:04}"],
                "employeeId": f"{100000 + number}",
                "employeeType": kind,
                "signInActivity": {"lastSignInDateTime": seen[number % len(seen)], "lastSignInRequestId": id},
                "_netId": f"1003{number:012X}",
            }
            doc = {name: value for name, value in doc.items() if value is not None}
            if chance < _GUESTS:
                _make_guest(doc, tenant, alias, number)
            else:
                by_department[department].append(id)
            yield id, doc, {"userPrincipalName": doc["userPrincipalName"], "address": doc["mail"]}

    service.store.put_many(tenant.tenant_id, "user", rows(), now=service.clock.now().timestamp())
    return by_department


def _make_guest(doc: Document, tenant: Tenant, alias: str, number: int) -> None:
    """Turn a person into somebody whom another company sent."""
    home = ("fabrikam.com", "adatum.com", "woodgrove.com")[number % 3]
    accepted = number % 4 != 0
    for name in ("employeeId", "employeeType", "officeLocation", "companyName"):
        doc.pop(name, None)
    doc.update(
        mail=f"{alias}@{home}",
        proxyAddresses=[f"SMTP:{alias}@{home}"],
        otherMails=[f"{alias}@{home}"],
        userPrincipalName=f"{alias}_{home}#EXT#@{tenant.domain}",
        mailNickname=f"{alias}_{home}#EXT#",
        userType="Guest",
        creationType="Invitation",
        externalUserState="Accepted" if accepted else "PendingAcceptance",
    )
    if accepted:
        doc["_alternativeSecurityIds"] = f"5::9{doc['_netId'][1:]}"


def add_group(
    tenant: Tenant, name: str, members: list[str], *, unified: bool = False, description: str | None = None
) -> str:
    """Add a group with members. Returns its id."""
    service = tenant.service
    alias = _ascii(name)
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
    entry = service.directory(tenant.tenant_id).create("group", doc)
    service.store.connect_many(tenant.tenant_id, "member", ((entry.id, member) for member in members))
    return entry.id


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
        everybody = sorted(id for ids in departments.values() for id in ids)
        groups = {name: add_group(tenant, name, ids) for name, ids in departments.items()}
        add_group(tenant, "All company", everybody, unified=True)
        platform = add_group(
            tenant, "Platform team", departments["Engineering"][::5], description="Part of Engineering"
        )
        service.store.connect(tenant.tenant_id, "member", groups["Engineering"], platform)
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
